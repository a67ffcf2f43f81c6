// A report without findings says what was looked at, and where the limits of that are.

import type { Page } from "../model";
import { href } from "../route";
import { count, Words } from "../text";
import { Problems } from "./problems";

export function Empty({ page }: { page: Page }) {
  const { nodes, edges } = page.graph;
  const events = page.runs.reduce((sum, run) => sum + run.events, 0);
  return (
    <>
      <div class="card empty">
        <svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true">
          <circle cx="24" cy="24" r="22" />
          <path d="M14 25l7 7 13-15" />
        </svg>
        <h1>Nothing was found</h1>
        <p>Nothing hung, and no locks were taken in an order that could hang, in what was looked at:</p>
        <ul class="looked">
          <Looked n={page.runs.length} one="run" />
          {events > 0 && <Looked n={events} one="event" />}
          <Looked n={nodes.length} one="class of locks" more="classes of locks" />
          <Looked n={edges.length} one="pair of locks held together" more="pairs of locks held together" />
        </ul>
        <p class="soft">
          <Words text={page.summary} />
        </p>
        <p>
          Only what ran can be judged: code that no test runs has no events.
          {nodes.length > 0 && (
            <>
              {" "}
              <a href={href("graph")}>See the order in which locks are taken</a>
            </>
          )}
        </p>
      </div>
      <Problems page={page} />
    </>
  );
}

function Looked({ n, one, more }: { n: number; one: string; more?: string }) {
  return <li>{count(n, one, more)}</li>;
}
