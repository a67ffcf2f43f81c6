// What a bar says, in the words of the report.

import { BarKind, type Place, type Run } from "../model";
import { type Bars, NOBODY } from "./bars";

export interface Said {
  what: string;
  place: Place | null;
  /** "events 12 to 40, 28 long" */
  when: string;
}

export function say(run: Run, bars: Bars, bar: number): Said {
  const place = bars.place[bar]!;
  return { what: actOf(run, bars, bar), place: place === NOBODY ? null : (run.places[place] ?? null), when: when(bars, bar) };
}

function actOf(run: Run, bars: Bars, bar: number): string {
  const name = lockName(run, bars.lock[bar]!);
  const by = bars.by[bar]!;
  const holder = by === NOBODY ? "" : `, which thread \`${run.threads[by] ?? "?"}\` has`;
  switch (bars.kind[bar] as BarKind) {
    case BarKind.Held:
      return `holds ${name}`;
    case BarKind.HeldShared:
      return `holds ${name} for reading`;
    case BarKind.Waited:
      return `waits for ${name}${holder}`;
    case BarKind.WaitsForEver:
      return `waits for ${name}${holder}, for ever`;
    case BarKind.HeldForEver:
      return `holds ${name} to the end`;
    case BarKind.Begins:
      return "begins";
    case BarKind.Ends:
      return "ends";
    case BarKind.Forks:
      return "starts a thread";
    case BarKind.Joins:
      return "joins a thread";
    case BarKind.Tells:
      return bars.lock[bar] === NOBODY ? "tells another thread" : `tells ${name}`;
    default:
      return "something this page does not know";
  }
}

export function lockName(run: Run, lock: number): string {
  return lock === NOBODY ? "something unknown" : `\`${run.locks[lock]?.name ?? "?"}\``;
}

function when(bars: Bars, bar: number): string {
  const begin = bars.begin[bar]!;
  const end = bars.end[bar]!;
  if (bars.kind[bar]! >= BarKind.Begins) return `event ${group(begin)}`;
  return `events ${group(begin)} to ${group(end)}, ${group(end - begin)} long`;
}

/** 1000000 as 1,000,000. */
export function group(number: number): string {
  return Math.round(number).toLocaleString("en-US");
}
