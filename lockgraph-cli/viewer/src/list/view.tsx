// The list of findings, with filters. The first slice is drawn at once, the others in the pauses
// that follow, so that a thousand do not keep the page from answering.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ViewProps } from "../app";
import { keyOf, useKeys } from "../keys";
import type { Finding, Page } from "../model";
import { amend, href } from "../route";
import { At, count, visible, Words } from "../text";
import { Empty } from "./empty";
import { choices, FIELDS, passing, read, write, type Filter } from "./filter";
import { Problems } from "./problems";

const SLICE = 50;

export function FindingsView({ page, route }: ViewProps) {
  const filter = read(route.query);
  const key = write(filter).toString();
  const shown = useMemo(() => passing(page.findings, filter), [page, key]);
  const set = (to: Filter) => amend(route, write(to));
  if (!page.findings.length) return <Empty page={page} />;
  return (
    <>
      <h1>Findings</h1>
      <Problems page={page} />
      <Filters page={page} filter={filter} shown={shown.length} onChange={set} />
      {shown.length > 0 ? (
        <Rows key={key} findings={shown.map((at) => page.findings[at]!)} />
      ) : (
        <div class="card nothing">
          <p>No finding is like that.</p>
          <button class="button" onClick={() => set({ chosen: {}, words: "" })}>
            Show all {page.findings.length.toLocaleString("en")}
          </button>
        </div>
      )}
    </>
  );
}

interface FilterProps {
  page: Page;
  filter: Filter;
  shown: number;
  onChange: (to: Filter) => void;
}

function Filters({ page, filter, shown, onChange }: FilterProps) {
  const search = useRef<HTMLInputElement>(null);
  useListKeys(search);
  const key = write(filter).toString();
  const fields = useMemo(
    () => FIELDS.map((field) => ({ field, all: choices(page.findings, filter, field) })),
    [page, key],
  );
  const isSet = key !== "";
  return (
    <form class="filters" role="search" aria-label="Findings" onSubmit={(event) => event.preventDefault()}>
      <label class="search">
        <span>Search</span>
        <input
          ref={search}
          type="search"
          value={filter.words}
          placeholder="a lock, a thread, a file, a test"
          onInput={(event) => onChange({ ...filter, words: event.currentTarget.value })}
        />
      </label>
      {fields.map(
        ({ field, all }) =>
          all.length > 0 && (
            <label key={field}>
              <span>{field}</span>
              <select
                value={filter.chosen[field] ?? ""}
                onChange={(event) => onChange({ ...filter, chosen: { ...filter.chosen, [field]: event.currentTarget.value } })}
              >
                <option value="">any</option>
                {all.map((it) => (
                  <option key={it.value} value={it.value}>
                    {visible(it.value).slice(0, 80)} ({it.count})
                  </option>
                ))}
              </select>
            </label>
          ),
      )}
      <p class="said soft" role="status">
        {isSet ? `${shown.toLocaleString("en")} of ${count(page.findings.length, "finding")}` : count(shown, "finding")}
      </p>
      {isSet && (
        <button type="button" class="button quiet" onClick={() => onChange({ chosen: {}, words: "" })}>
          Clear
        </button>
      )}
    </form>
  );
}

function Rows({ findings }: { findings: Finding[] }) {
  const [drawn, setDrawn] = useState(SLICE);
  useEffect(() => {
    if (drawn >= findings.length) return;
    const timer = setTimeout(() => setDrawn((it) => it + 2 * SLICE), 0);
    return () => clearTimeout(timer);
  }, [drawn, findings.length]);
  // Paper has no pauses.
  useEffect(() => {
    const all = () => setDrawn(findings.length);
    addEventListener("beforeprint", all);
    return () => removeEventListener("beforeprint", all);
  }, [findings.length]);
  return (
    <ul class="findings">
      {findings.slice(0, drawn).map((it) => (
        <Row key={it.id} finding={it} />
      ))}
    </ul>
  );
}

function Row({ finding }: { finding: Finding }) {
  const at = finding.columns.flatMap((it) => it.steps).find((it) => it.place)?.place;
  return (
    <li class={`card row ${finding.severity}`}>
      <p class="badges">
        <span class={`badge ${finding.severity}`}>{visible(finding.verdict)}</span>
        <span class="kind">{visible(finding.kind)}</span>
        {finding.standing && (
          <span class="soft">
            <Words text={finding.standing} />
          </span>
        )}
      </p>
      <a href={href("finding", finding.id)}>
        <Words text={finding.headline} />
      </a>
      <p class="facts soft">
        {at && <At place={at} />}
        {finding.columns.length > 0 && <span>{count(finding.columns.length, "thread")}</span>}
        {finding.tests.length > 0 && <span>{count(finding.tests.length, "test")}</span>}
        {finding.programs.length > 0 && <span>{count(finding.programs.length, "program")}</span>}
        {finding.schedule && <span>with a schedule</span>}
        {finding.is_inside && <span>inside dependencies</span>}
      </p>
    </li>
  );
}

function useListKeys(search: { current: HTMLInputElement | null }): void {
  const press = (event: KeyboardEvent) => {
    const key = keyOf(event);
    if (key === "/") search.current?.focus();
    else if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
    else return;
    event.preventDefault();
  };
  useKeys(press, []);
}

/** Moves the focus to the next finding, or to the one before. */
function step(by: number): void {
  const links = [...document.querySelectorAll<HTMLElement>(".findings .row > a")];
  const at = links.findIndex((it) => it === document.activeElement);
  const next = at < 0 ? links[0] : links[at + by];
  next?.focus();
}
