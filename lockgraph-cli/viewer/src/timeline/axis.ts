// The part of the run that is shown: moved and zoomed, never beyond the run, never below a few events.

import type { Range } from "./columns";

export const SMALLEST = 4;

export function clamp(range: Range, events: number): Range {
  const least = Math.min(SMALLEST, events);
  const length = Math.min(Math.max(range.to - range.from, least), events);
  const from = Math.min(Math.max(range.from, 0), events - length);
  return { from, to: from + length };
}

/** `factor` above 1 shows less; the event at `at` stays where it is. */
export function zoom(range: Range, factor: number, at: number, events: number): Range {
  const length = Math.min(Math.max((range.to - range.from) / factor, Math.min(SMALLEST, events)), events);
  const part = (at - range.from) / (range.to - range.from);
  return clamp({ from: at - part * length, to: at + (1 - part) * length }, events);
}

export function pan(range: Range, by: number, events: number): Range {
  return clamp({ from: range.from + by, to: range.to + by }, events);
}

/** Some room on both sides of a bar. */
export function around(begin: number, end: number, events: number): Range {
  const room = Math.max((end - begin) * 0.5, SMALLEST * 2);
  return clamp({ from: begin - room, to: end + room }, events);
}

/** Round numbers in the range, some `wanted` of them. */
export function ticks(range: Range, wanted: number): number[] {
  const rough = (range.to - range.from) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough) ?? power * 10);
  const found: number[] = [];
  for (let tick = Math.ceil(range.from / step) * step; tick <= range.to; tick += step) found.push(tick);
  return found;
}
