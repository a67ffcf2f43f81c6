// The keys of the page, and the dialog that tells them.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

export interface KeyGroup {
  where: string;
  keys: [keys: string[], does: string][];
}

/** What the dialog tells; each view adds its own group. */
export const KEYS: KeyGroup[] = [
  {
    where: "Everywhere",
    keys: [
      [["1", "2", "3", "4"], "findings, graph, timeline, contention"],
      [["t"], "light, dark, or as the system has it"],
      [["?"], "this list"],
      [["Esc"], "close it"],
    ],
  },
  {
    where: "Findings",
    keys: [
      [["/"], "search"],
      [["j", "k"], "the next, the one before"],
      [["Enter"], "open it"],
    ],
  },
  {
    where: "A finding",
    keys: [
      [["j", "k"], "the next finding, the one before"],
      [["u"], "back to the list"],
      [["w"], "who waits for whom, if that is known"],
    ],
  },
  {
    where: "A schedule, or rounds, that has the focus",
    keys: [
      [["\u2190", "\u2192"], "a step back, a step on"],
      [["Home", "End"], "to the first, to the last"],
    ],
  },
  {
    where: "The graph, when it has the focus",
    keys: [
      [["\u2190", "\u2191", "\u2192", "\u2193"], "to the next box there; from a line, to its end there"],
      [["Home", "End"], "the first box, the last one"],
      [["j", "k"], "the next line of the box, the one before"],
      [["Enter"], "choose it, with what is beside it"],
      [["Esc"], "choose nothing"],
      [["+", "\u2212", "0"], "larger, smaller, all of it"],
      [["Shift"], "with arrows: move the picture"],
    ],
  },
  {
    where: "The timeline, when it has the focus",
    keys: [
      [["\u2190", "\u2192"], "the bar before, the next one"],
      [["\u2191", "\u2193"], "the thread above, the one below"],
      [["Enter", "z"], "tell more of the bar, zoom to it"],
      [["+", "\u2212", "0"], "larger, smaller, all of it"],
      [["Shift"], "with arrows: move the picture"],
      [["[", "]"], "to what is in a finding"],
    ],
  },
];

const OFF = "lockgraph-keys-off";
let areOn = kept();

function kept(): boolean {
  try {
    return localStorage.getItem(OFF) === null;
  } catch {
    return true;
  }
}

// Whoever speaks to the computer sends letters without meaning them as keys.
function turn(on: boolean): void {
  areOn = on;
  try {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  } catch {
    // It lasts as long as the page then.
  }
}

/** Hands keys that are meant for the page to `press`. With the drawing, not after it: none is lost between. */
export function useKeys(press: (event: KeyboardEvent) => void, of: unknown[]): void {
  useLayoutEffect(() => {
    const heard = (event: KeyboardEvent) => {
      if (!isTyping(event) && !document.querySelector("dialog[open]")) press(event);
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, of);
}

/** The key that was pressed. A letter is a small one, as the dialog tells it, with caps lock and Shift too. */
export function keyOf({ key }: KeyboardEvent): string {
  return key.length === 1 ? key.toLowerCase() : key;
}

/** Whether a key means something else to whoever has the focus, so that it is not ours. */
function isTyping(event: KeyboardEvent): boolean {
  if (!areOn) return true;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  const at = event.target;
  return at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
}

export function KeysDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="keys" aria-labelledby="keys-title" onClose={onClose}>
      <h2 id="keys-title">Keys</h2>
      {KEYS.map((group) => (
        <section key={group.where}>
          <h3>{group.where}</h3>
          <dl>
            {group.keys.map(([keys, does]) => (
              <div key={does}>
                <dt>
                  {keys.map((it) => (
                    <kbd key={it}>{it}</kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <label class="turn">
        <input type="checkbox" checked={areOn} onChange={(event) => turn(event.currentTarget.checked)} /> Single letters are keys
      </label>
      <form method="dialog">
        <button class="button">Close</button>
      </form>
    </dialog>
  );
}
