// Who waited for whom when the run stopped, reduced round by round: who can go on is taken away,
// with what it holds, until only those are left whom nobody can free.

import { useId, useMemo, useState } from "preact/hooks";
import type { ViewProps } from "../app";
import { Heads } from "../finding/circle";
import { useFindingKeys } from "../finding/keys";
import type { Finding, Snapshot } from "../model";
import { amend, href, type Route } from "../route";
import { Stepper, stepKeys } from "../stepper";
import { At, shorten, visible, Words } from "../text";
import { layout } from "./layout";
import { lastStep, said, states, type State } from "./rounds";
import { ways } from "./ways";

export function WaitsView({ page, route }: ViewProps) {
  const at = page.findings.findIndex((it) => it.id === route.of);
  const finding = page.findings[at];
  useFindingKeys(page, at);
  if (!finding?.snapshot) {
    return (
      <div class="card">
        <h1>Nothing is known of who waited for whom</h1>
        <p>
          <a href={finding ? href("finding", finding.id) : href("findings")}>Back</a>
        </p>
      </div>
    );
  }
  return <Rounds key={finding.id} finding={finding} snapshot={finding.snapshot} route={route} />;
}

function Rounds({ finding, snapshot, route }: { finding: Finding; snapshot: Snapshot; route: Route }) {
  const last = lastStep(snapshot);
  const [step, setStep] = useState(() => Math.max(0, Math.min(last, Number(route.query.get("step")) || 0)));
  const now = states(snapshot, step);
  const go = (to: number) => {
    setStep(to);
    amend(route, new URLSearchParams(to ? { step: String(to) } : {}));
  };
  const label = step === 0 ? "All threads" : step === last ? "Who is left" : `Round ${step} of ${last - 1}`;
  return (
    <article class="waits" onKeyDown={stepKeys(step, last, go)}>
      <nav class="top" aria-label="Finding">
        <a href={href("finding", finding.id)}>{"\u2190"} The finding</a>
      </nav>
      <h1>Why nobody can free them</h1>
      <p class="lead">
        <Words text={finding.headline} />
      </p>
      <Stepper label={label} at={step} last={last} onStep={go} />
      <div class="card sentence on-screen" aria-live="polite">
        <Said lines={said(snapshot, step)} isLast={step === last} isStuck={snapshot.stuck.length > 0} />
      </div>
      <div class="card on-paper">
        <ol>
          {snapshot.rounds.map((_, i) => (
            <li key={i}>
              <Said lines={said(snapshot, i + 1)} isLast={false} isStuck={false} />
            </li>
          ))}
        </ol>
        <Said lines={said(snapshot, last)} isLast isStuck={snapshot.stuck.length > 0} />
      </div>
      <figure class="card">
        <Picture snapshot={snapshot} now={now} />
        <figcaption>
          An arrow leads from a thread to the one that it needs. Who goes on is drawn with a dotted frame, who is stuck with a thick one.
          {snapshot.threads.some(share) && " Where some of several are needed, it says how many."}
        </figcaption>
      </figure>
      <Table snapshot={snapshot} now={now} />
    </article>
  );
}

const SAID = 6;

function Said({ lines, isLast, isStuck }: { lines: string[]; isLast: boolean; isStuck: boolean }) {
  if (!isLast || !isStuck) return <p>{lines.map((it, i) => <Words key={i} text={it} />)}</p>;
  const line = (it: string, i: number) => (
    <li key={i}>
      <Words text={it} />
    </li>
  );
  return (
    <>
      <p>
        <strong>{lines.length === 1 ? "One thread is left" : `${lines.length} threads are left`}</strong>, and nobody else can help:
      </p>
      <ul class="lines">{lines.slice(0, SAID).map(line)}</ul>
      {lines.length > SAID && (
        <details>
          <summary>{lines.length - SAID} more</summary>
          <ul class="lines">{lines.slice(SAID).map(line)}</ul>
        </details>
      )}
    </>
  );
}

function Picture({ snapshot, now }: { snapshot: Snapshot; now: State[] }) {
  const id = useId();
  // Who is free changes at every step, where the arrows run does not.
  const { width, height, boxes, needs, drawn } = useMemo(() => {
    const laid = layout(snapshot);
    const needs = pairs(snapshot);
    return { ...laid, needs, drawn: ways(needs.map((it) => [it.from, it.to]), laid.boxes) };
  }, [snapshot]);
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Who needs whom, as a picture; the table below says the same">
      <svg class="snapshot" viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
        <Heads id={id} />
        {needs.map(({ from, to }, i) => (
          <g key={i} class={`edge waits${isFree(now[from]) || isFree(now[to]) ? " faded" : ""}`}>
            <path class="line" d={drawn[i]!.path} marker-end={`url(#${id}waits)`} />
          </g>
        ))}
        {snapshot.threads.map((thread, i) => {
          const box = boxes[i]!;
          return (
            <g key={i} class={`node thread ${(now[i] ?? "unknown").replace(" ", "-")}`}>
              <rect x={box.x - box.width / 2} y={box.y - box.height / 2} width={box.width} height={box.height} rx="8" />
              <text class="name" x={box.x} y={box.y - 2}>
                {shorten(visible(bare(thread.name)), 20)}
              </text>
              <text class="detail" x={box.x} y={box.y + 15}>
                {shorten(visible(below(thread)), 27)}
              </text>
              {share(thread) && (
                <text class="share" x={box.x + box.width / 2} y={box.y - box.height / 2 - 6}>
                  {share(thread)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

/** Who needs whom. */
function pairs(snapshot: Snapshot): { from: number; to: number }[] {
  const all = snapshot.threads.flatMap((thread, from) => thread.needs.flatMap((need) => need.of.map((to) => ({ from, to }))));
  return all.filter(({ to }) => to < snapshot.threads.length);
}

/** "1 of 2" where some of several are needed. */
function share(thread: Snapshot["threads"][number]): string {
  const several = thread.needs.filter((it) => it.of.length > 1);
  return several.map((it) => `${it.count} of ${it.of.length}`).join(", ");
}

function Table({ snapshot, now }: { snapshot: Snapshot; now: State[] }) {
  return (
    <div class="scroll card" tabIndex={0} role="group" aria-label="The same as a table">
      <table class="threads">
        <caption class="unseen">Threads, what they hold, what they need, and how they stand</caption>
        <thead>
          <tr>
            <th scope="col">Thread</th>
            <th scope="col">Holds</th>
            <th scope="col">Waits</th>
            <th scope="col">Needs</th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>
          {snapshot.threads.map((thread, i) => (
            <tr key={i} class={(now[i] ?? "unknown").replace(" ", "-")}>
              <th scope="row">
                <Words text={thread.name} />
              </th>
              <td>{thread.holds.length ? <Words text={thread.holds.map((it) => `\`${it}\``).join(", ")} /> : <span class="soft">nothing</span>}</td>
              <td>
                <Words text={thread.waits || (thread.state === "gone" ? "is gone" : "runs")} />
                {thread.place && (
                  <>
                    <br />
                    <At place={thread.place} />
                  </>
                )}
              </td>
              <td>
                {thread.needs.map((need, k) => (
                  <p key={k}>
                    <Words text={need.text || who(snapshot, need)} />
                  </p>
                ))}
              </td>
              <td>{STATES[now[i] ?? "unknown"]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const STATES: Record<State, string> = {
  unknown: "open",
  runs: "runs",
  "freed now": "goes on now",
  freed: "goes on",
  stuck: "stuck",
};

function who(snapshot: Snapshot, need: Snapshot["threads"][number]["needs"][number]): string {
  const names = need.of.map((it) => snapshot.threads[it]?.name ?? "").join(", ");
  return need.of.length > 1 ? `${need.count} of ${names}` : names;
}

function below(thread: Snapshot["threads"][number]): string {
  if (thread.state === "gone") return "gone";
  return thread.waits.replaceAll("`", "") || "runs";
}

function bare(name: string): string {
  return name.replace(/^thread `(.*)`$/s, "$1");
}

function isFree(state: State | undefined): boolean {
  return state === "freed" || state === "freed now";
}
