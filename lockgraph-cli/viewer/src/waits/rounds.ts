// What is seen and said at each step of a reduction: first all threads, then a round each, then
// those who are left. Who runs is in no round.

import type { Snapshot } from "../model";

export type State = "unknown" | "runs" | "freed now" | "freed" | "stuck";

/** The last step. */
export function lastStep(snapshot: Snapshot): number {
  return snapshot.rounds.length + 1;
}

/** How every thread stands at a step. */
export function states(snapshot: Snapshot, step: number): State[] {
  const all: State[] = snapshot.threads.map((it) => (it.state === "runs" ? "runs" : "unknown"));
  snapshot.rounds.slice(0, step).forEach((round, i) => {
    for (const thread of round.freed) all[thread] = i + 1 === step ? "freed now" : "freed";
  });
  if (step >= lastStep(snapshot)) for (const thread of snapshot.stuck) all[thread] = "stuck";
  return all;
}

/** What is said of a step: one sentence, or one for each thread that is left. */
export function said(snapshot: Snapshot, step: number): string[] {
  const round = snapshot.rounds[step - 1];
  if (round) return [round.text];
  if (step === 0) return [beginning(snapshot)];
  if (!snapshot.stuck.length) return ["nobody is left: each of these threads goes on by itself"];
  return snapshot.stuck.map((it) => why(snapshot, it));
}

function beginning(snapshot: Snapshot): string {
  const n = snapshot.threads.filter((it) => it.state === "waits").length;
  const all = snapshot.threads.length;
  return `${n} of ${all} ${all === 1 ? "thread" : "threads"} ${n === 1 ? "waits" : "wait"}. Who is not blocked goes on, and may free others; step by step it turns out who is left.`;
}

/** Why a thread that is left cannot go on. */
export function why(snapshot: Snapshot, at: number): string {
  const thread = snapshot.threads[at];
  if (!thread) return "";
  const isLeft = new Set(snapshot.stuck);
  // As many of them as are not left could go on; if that is enough, it is not this that holds.
  const unmet = thread.needs.find((it) => it.of.filter((other) => !isLeft.has(other)).length < it.count);
  const does = thread.waits || (thread.state === "gone" ? "is gone" : "does not go on");
  const needs = unmet ? `: ${unmet.text}${but(snapshot, at, unmet.of.filter((it) => isLeft.has(it)), unmet.of.length)}` : "";
  return `${thread.name} ${does}${needs}`;
}

/** ", but is stuck as well", of those `left` among `all` who are needed. */
function but(snapshot: Snapshot, at: number, left: number[], all: number): string {
  if (!left.length) return "";
  if (all === 1) return left[0] === at ? ", but waits itself" : ", but is stuck as well";
  if (left.length === all) return all === 2 ? ", but both are stuck as well" : ", but all of them are stuck as well";
  const names = left.map((it) => snapshot.threads[it]?.name ?? "");
  const shown = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} others`] : names;
  return `, but ${series(shown)} ${shown.length === 1 ? "is" : "are"} stuck as well`;
}

function series(names: string[]): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
