// The schedule that ends in the deadlock, move by move: a column a thread, a row a move, and beside
// it who holds what by then.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Schedule } from "../model";
import { Stepper, stepKeys } from "../stepper";
import { At, count, visible, Words } from "../text";
import { sentence, standings } from "./held";

export function ScheduleView({ schedule }: { schedule: Schedule }) {
  const last = schedule.moves.length;
  const [at, setAt] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => showRow(box.current), [at]);
  const label = at === 0 ? `Before the first of ${count(last, "step")}` : `Step ${at} of ${last}`;
  return (
    <div class="schedule" onKeyDown={stepKeys(at, last, setAt)}>
      <Stepper label={label} at={at} last={last} onStep={setAt} />
      <div class="side-by-side">
        <div class="scroll rows card" ref={box} tabIndex={0} role="group" aria-label="The schedule. Arrow keys step through it.">
          <Rows schedule={schedule} at={at} onStep={setAt} />
        </div>
        <StandingView schedule={schedule} at={at} on="screen" />
        <StandingView schedule={schedule} at={last} on="paper" />
      </div>
      <p class="unseen" aria-live="polite">
        {told(schedule, at)}
      </p>
    </div>
  );
}

function StandingView({ schedule, at, on }: { schedule: Schedule; at: number; on: "screen" | "paper" }) {
  const now = standings(schedule, at);
  const last = schedule.moves.length;
  return (
    <section class={`card standing on-${on}`} aria-label="Who holds what then">
      <h3>{at === last ? "At the end" : at === 0 ? "At the beginning" : `After step ${at}`}</h3>
      <dl>
        {schedule.threads.map((thread, i) => (
          <div key={i} class={now[i]?.wants ? "waits" : now[i]?.holds.length ? "holds" : undefined}>
            <dt>
              <Words text={thread} />
            </dt>
            <dd>
              <Words text={sentence(schedule, now, i)} />
            </dd>
          </div>
        ))}
      </dl>
      {at === last && <p class="stuck">The waits are a circle: none of them ends.</p>}
    </section>
  );
}

function Rows({ schedule, at, onStep }: { schedule: Schedule; at: number; onStep: (to: number) => void }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Step</th>
          {schedule.threads.map((thread, i) => (
            <th key={i} scope="col">
              <Words text={thread} most={40} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {schedule.moves.map((move, i) => (
          <tr key={i} class={i + 1 < at ? "done" : i + 1 > at ? "later" : "now"} aria-current={i + 1 === at ? "step" : undefined} onClick={() => onStep(i + 1)}>
            <th scope="row">{i + 1}</th>
            {schedule.threads.map((_, thread) => (
              <td key={thread}>
                {thread === move.thread && (
                  <div class={`move ${move.act.replace(" ", "-")}`}>
                    <Words text={move.text} />
                    {move.place && <At place={move.place} />}
                  </div>
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function told(schedule: Schedule, at: number): string {
  const move = schedule.moves[at - 1];
  if (!move) return "";
  const now = standings(schedule, at);
  const all = schedule.threads.map((thread, i) => `${thread} ${sentence(schedule, now, i)}`).join(". ");
  const said = `Step ${at}: ${schedule.threads[move.thread] ?? ""} ${move.text}. Now ${all}.`;
  return visible(said.replaceAll("`", "")).slice(0, 2000);
}

// Within its own box only: the page itself stays where it is.
function showRow(box: HTMLElement | null): void {
  const row = box?.querySelector<HTMLElement>("tr.now");
  if (!box || !row) return;
  const head = box.querySelector("thead")?.offsetHeight ?? 0;
  const [top, end] = [row.offsetTop - head, row.offsetTop + row.offsetHeight];
  if (top < box.scrollTop) box.scrollTop = top;
  else if (end > box.scrollTop + box.clientHeight) box.scrollTop = end - box.clientHeight;
}
