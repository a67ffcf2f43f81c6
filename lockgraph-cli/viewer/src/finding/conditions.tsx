// The four conditions of a deadlock as cards, and the way out.

import type { Condition, Finding, Page } from "../model";
import { count, Name, Words } from "../text";
import { helpOf } from "./help";

const MOST = 3;

export function Conditions({ conditions, help }: { conditions: Condition[]; help: Page["help"] }) {
  return (
    <div class="conditions">
      {conditions.map((it) => (
        <section key={it.name} class={`card condition${it.is_easiest ? " easiest" : ""}`}>
          <h3>
            {it.name}
            {it.is_easiest && <span class="badge warning">easiest to break here</span>}
          </h3>
          {helpOf(help, it.name) && <p class="soft">{helpOf(help, it.name)?.summary}</p>}
          <Because lines={it.because} />
        </section>
      ))}
    </div>
  );
}

function Because({ lines }: { lines: string[] }) {
  // One line more costs less room than the words that hide it.
  const most = lines.length <= MOST + 1 ? lines.length : MOST;
  return (
    <>
      <Lines lines={lines.slice(0, most)} />
      {lines.length > most && (
        <details>
          <summary>{count(lines.length - most, "more", "more")}</summary>
          <Lines lines={lines.slice(most)} />
        </details>
      )}
    </>
  );
}

function Lines({ lines }: { lines: string[] }) {
  return (
    <ul class="lines">
      {lines.map((line, i) => (
        <li key={i}>
          <Words text={line} />
        </li>
      ))}
    </ul>
  );
}

export function WayOut({ way }: { way: Finding["way_out"] }) {
  return (
    <div class="card way-out">
      {way.breaks && (
        <p class="soft">
          This breaks <strong>
            <Name text={way.breaks} />
          </strong>:
        </p>
      )}
      <p class="advice">
        <Words text={way.advice} />
      </p>
      {way.alternatives.length > 0 && (
        <>
          <p class="soft">Or:</p>
          <Lines lines={way.alternatives} />
        </>
      )}
    </div>
  );
}
