// Filters, the search and the buttons above the graph.

import { shorten, visible } from "../text";
import type { Page } from "../model";
import { type Filter, choices } from "./filter";
import { useMemo } from "preact/hooks";

const NAMES: [keyof Filter, string][] = [
  ["crate", "All crates"],
  ["module", "All modules"],
  ["kind", "All kinds"],
  ["test", "All tests"],
  ["verdict", "All verdicts"],
];

export function Filters({ page, filter, onFilter }: { page: Page; filter: Filter; onFilter: (filter: Filter) => void }) {
  const known = useMemo(() => choices(page), [page]);
  return (
    <>
      {NAMES.map(([name, all]) =>
        known[name].length < 2 && filter[name] === "" ? null : (
          <select key={name} aria-label={name} value={filter[name]} onChange={(event) => onFilter({ ...filter, [name]: event.currentTarget.value })}>
            <option value="">{all}</option>
            {known[name].map((one) => (
              <option key={one} value={one}>
                {shorten(visible(one), 60)}
              </option>
            ))}
          </select>
        ),
      )}
    </>
  );
}

interface SearchProps {
  text: string;
  count: number | null;
  onText: (text: string) => void;
  onNext: () => void;
}

export function Search({ text, count, onText, onNext }: SearchProps) {
  const press = (event: KeyboardEvent): void => {
    if (event.key === "Enter") onNext();
  };
  return (
    <>
      <input type="search" placeholder="Look for a lock" aria-label="Look for a lock, Enter goes to the next one" value={text} onInput={(event) => onText(event.currentTarget.value)} onKeyDown={press} />
      {count !== null && (
        <span class="soft" role="status">
          {count === 0 ? "none" : `${count.toLocaleString("en")} found`}
        </span>
      )}
    </>
  );
}

interface ToggleProps {
  isOn: boolean;
  onToggle: (isOn: boolean) => void;
  children: preact.ComponentChildren;
  ref?: preact.Ref<HTMLButtonElement>;
}

export function Toggle({ isOn, onToggle, children, ref }: ToggleProps) {
  return (
    <button ref={ref} class={isOn ? "button on" : "button"} aria-pressed={isOn} onClick={() => onToggle(!isOn)}>
      {children}
    </button>
  );
}
