// Who holds what, and who waits for what, after some moves of a schedule. Linear in the moves.

import type { Move, Schedule } from "../model";

export interface Standing {
  /** Names of locks, in the order in which they were taken. */
  holds: string[];
  /** What the thread wants and has not got. */
  wants: Move | null;
  /** Who has that, by position. */
  from: number[];
}

/** How each thread stands after so many moves. */
export function standings(schedule: Schedule, moves: number): Standing[] {
  const all: Standing[] = schedule.threads.map(() => ({ holds: [], wants: null, from: [] }));
  for (const move of schedule.moves.slice(0, moves)) {
    const one = all[move.thread];
    if (one) apply(one, move);
  }
  for (const one of all) {
    const lock = one.wants?.lock ?? null;
    if (lock === null) continue;
    all.forEach((other, i) => {
      if (other.holds.includes(lock)) one.from.push(i);
    });
  }
  return all;
}

function apply(one: Standing, move: Move): void {
  // Whoever does something more does not wait any longer.
  one.wants = move.act === "wants" ? move : null;
  if (move.lock === null) return;
  if (move.act === "takes") one.holds.push(move.lock);
  if (move.act === "gives back") {
    const at = one.holds.lastIndexOf(move.lock);
    if (at >= 0) one.holds.splice(at, 1);
  }
}

/** What is said of a thread: "holds `a`; wants `b`, which thread `t` has". */
export function sentence(schedule: Schedule, all: Standing[], thread: number): string {
  const one = all[thread];
  if (!one) return "";
  const parts = [one.holds.length ? `holds ${one.holds.map((it) => `\`${it}\``).join(", ")}` : ""];
  if (one.wants) {
    const others = one.from.map((i) => (i === thread ? "it has itself" : `${schedule.threads[i]} has`));
    parts.push(one.wants.text + (others.length ? `, which ${others.join(" and ")}` : ""));
  }
  return parts.filter(Boolean).join("; ") || "holds nothing";
}
