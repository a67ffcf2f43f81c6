// What could not be read, and what is less than it could be.

import type { Page } from "../model";
import { count, Words } from "../text";

const FEW = 5;

export function Problems({ page }: { page: Page }) {
  const { problems, notes } = page;
  return (
    <>
      {problems.length > 0 && (
        <section class="card problems" aria-label="Could not be read">
          <h2>Could not be read</h2>
          <Lines lines={problems.slice(0, FEW)} />
          {problems.length > FEW && (
            <details>
              <summary>{count(problems.length - FEW, "more", "more")}</summary>
              <Lines lines={problems.slice(FEW)} />
            </details>
          )}
        </section>
      )}
      {notes.length > 0 && (
        <details class="notes">
          <summary>{count(notes.length, "note")} on what was read</summary>
          <Lines lines={notes} />
        </details>
      )}
    </>
  );
}

function Lines({ lines }: { lines: string[] }) {
  return (
    <ul class="lines">
      {lines.map((it, i) => (
        <li key={i}>
          <Words text={it} />
        </li>
      ))}
    </ul>
  );
}
