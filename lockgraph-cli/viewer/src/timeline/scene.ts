// Where the lanes of a run lie, one below the other, and what is at a point.

import type { Run } from "../model";
import { type Bars, type Lane, type Row, NOBODY, barAt, firstAbove } from "./bars";
import type { Range } from "./columns";

export const ROW = 15;
/** Between two lanes, with the ticks of the moments in it. */
export const GAP = 11;

export interface Scene {
  run: Run;
  /** Null until it is read. */
  lanes: (Lane | null)[];
  /** Of each lane, and the end of the last one. */
  tops: Float64Array;
}

export interface Spot {
  lane: number;
  bar: number;
}

export function sceneOf(run: Run, lanes: (Lane | null)[]): Scene {
  const tops = new Float64Array(run.threads.length + 1);
  for (let lane = 0; lane < run.threads.length; lane++) {
    const rows = Math.max(1, lanes[lane]?.rows.length ?? 1);
    tops[lane + 1] = tops[lane]! + rows * ROW + GAP;
  }
  return { run, lanes, tops };
}

export function heightOf(scene: Scene): number {
  return scene.tops[scene.tops.length - 1]!;
}

/** The lanes from `top` to `bottom`, the second one not included. */
export function lanesBetween(scene: Scene, top: number, bottom: number): [number, number] {
  const first = Math.max(0, firstAbove(scene.tops, top) - 1);
  let past = first;
  while (past < scene.lanes.length && scene.tops[past]! < bottom) past++;
  return [first, past];
}

export function rowTop(scene: Scene, lane: number, depth: number): number {
  return scene.tops[lane]! + GAP / 2 + depth * ROW;
}

export interface Found extends Spot {
  /** How many bars are in the pixel. */
  of: number;
}

/** `reach` is the extent of a pixel or two. */
export function spotAt(scene: Scene, y: number, event: number, reach: number): Found | null {
  const [lane] = lanesBetween(scene, y, y + 1);
  const found = scene.lanes[lane];
  if (!found || y < 0 || y >= heightOf(scene)) return null;
  const depth = Math.floor((y - rowTop(scene, lane, 0)) / ROW);
  const row = found.rows[depth];
  const of = row ? inRow(found.bars, row, event, reach) : null;
  if (of !== null) return { lane, ...of };
  const moment = momentNear(found, event, reach * 2);
  return moment === NOBODY ? null : { lane, bar: moment, of: 1 };
}

function inRow(bars: Bars, row: Row, event: number, reach: number): { bar: number; of: number } | null {
  const exact = barAt(bars, row, event);
  if (exact !== NOBODY && bars.end[exact]! - bars.begin[exact]! >= reach) return { bar: exact, of: 1 };
  const first = firstAbove(row.latest, event - reach);
  const past = firstAbove(row.begin, event + reach, first);
  if (past <= first) return null;
  const bar = exact === NOBODY ? row.bars[first]! : exact;
  return { bar, of: past - first };
}

function momentNear(lane: Lane, event: number, reach: number): number {
  const at = firstMoment(lane, event - reach);
  const moment = lane.moments[at];
  return moment !== undefined && lane.bars.begin[moment]! <= event + reach ? moment : NOBODY;
}

/** The first one from an event on. */
export function firstMoment(lane: Lane, event: number): number {
  let low = 0;
  let high = lane.moments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lane.bars.begin[lane.moments[middle]!]! < event) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Next to a bar in its lane, by its beginning; the same one at the ends. */
export function beside(scene: Scene, spot: Spot, by: 1 | -1): Spot {
  const lane = scene.lanes[spot.lane];
  const bar = spot.bar + by;
  return lane && bar >= 0 && bar < lane.bars.count ? { ...spot, bar } : spot;
}

/** In the next lane that has bars: the last one that has begun when this one begins. */
export function across(scene: Scene, spot: Spot, by: 1 | -1): Spot {
  const event = scene.lanes[spot.lane]?.bars.begin[spot.bar] ?? 0;
  for (let lane = spot.lane + by; lane >= 0 && lane < scene.lanes.length; lane += by) {
    const bars = scene.lanes[lane]?.bars;
    if (bars && bars.count > 0) return { lane, bar: begun(bars, event) };
  }
  return spot;
}

export function begun(bars: Bars, event: number): number {
  return Math.max(0, firstAbove(bars.begin.subarray(0, bars.count), event) - 1);
}

/** Where the keyboard begins: what is first in the range, in the first lane that has it. */
export function firstSpot(scene: Scene, range: Range, fromLane: number): Spot | null {
  for (let step = 0; step < scene.lanes.length; step++) {
    const lane = (fromLane + step) % scene.lanes.length;
    const bars = scene.lanes[lane]?.bars;
    if (!bars || bars.count === 0) continue;
    const at = firstAbove(bars.begin.subarray(0, bars.count), range.from - 1e-9);
    return { lane, bar: Math.min(at, bars.count - 1) };
  }
  return null;
}
