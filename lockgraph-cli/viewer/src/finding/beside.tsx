// The circle with what stands beside it: the arrow that is chosen, and the same in words.

import type { Circle, Finding, Page } from "../model";
import { href } from "../route";
import { At, Words } from "../text";
import { CircleView } from "./circle";
import { Source } from "./source";

interface CircleProps {
  page: Page;
  finding: Finding;
  circle: Circle;
  edge: number;
  onChoose: (edge: number) => void;
}

export function CirclePart({ page, finding, circle, edge, onChoose }: CircleProps) {
  const chosen = circle.edges[edge];
  return (
    <div class="circle-part">
      <figure class="card">
        <CircleView circle={circle} chosen={edge} onChoose={onChoose} />
        <figcaption>
          <Legend isOfSignals={circle.nodes.some((it) => it.kind === "signal")} />
        </figcaption>
      </figure>
      <div class="beside">
        <div class="card chosen-edge" aria-live="polite">
          {chosen ? (
            <>
              <p>
                <Words text={chosen.text} />
              </p>
              {chosen.place && (
                <>
                  <At place={chosen.place} />
                  <Source sources={page.sources} at={chosen.place} />
                </>
              )}
            </>
          ) : (
            <p class="soft">Choose an arrow to see the line of code that it comes from.</p>
          )}
        </div>
        <ol class="in-words">
          {finding.columns.map((column, i) => (
            <li key={i} class={chosen?.column === i ? "chosen" : undefined}>
              <Words text={column.summary} />
            </li>
          ))}
        </ol>
        {finding.snapshot && (
          <a class="button strong" href={href("finding", finding.id, "waits")}>
            See why nobody can free them
          </a>
        )}
      </div>
    </div>
  );
}

function Legend({ isOfSignals }: { isOfSignals: boolean }) {
  return (
    <ul class="legend">
      <li>
        <svg width="44" height="12" aria-hidden="true">
          <path class="line holds" d="M2 6H42" />
        </svg>
        {isOfSignals ? "is held by, comes from" : "is held by"}
      </li>
      <li>
        <svg width="44" height="12" aria-hidden="true">
          <path class="line waits" d="M2 6H42" />
        </svg>
        waits for
      </li>
    </ul>
  );
}
