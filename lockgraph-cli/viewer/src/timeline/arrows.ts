// Arrows from a wait to the bar of who has what is waited for. Only of waits that are wide enough to be
// seen, and of those for ever; no more than a reader can follow.

import { BarKind } from "../model";
import { type Lane, NOBODY, firstAbove, holderOf, isWait } from "./bars";
import { type Frame, xOf, yOf } from "./paint";
import { ROW, type Spot } from "./scene";

const MOST = 60;
const NARROWEST = 12;

export function paintArrows(frame: Frame, first: number, past: number): void {
  const waits = waitsSeen(frame, first, past);
  const chosen = [frame.spot, frame.hover].filter((spot) => spot !== null && isWaitSpot(frame, spot));
  for (const spot of waits.length > MOST ? waits.filter((one) => isStuck(frame, one)).slice(0, MOST) : waits) {
    paintArrow(frame, spot, isStuck(frame, spot), 1);
  }
  for (const spot of chosen) if (spot) paintArrow(frame, spot, isStuck(frame, spot), 2);
}

function isStuck(frame: Frame, spot: Spot): boolean {
  return frame.scene.lanes[spot.lane]!.bars.kind[spot.bar] === BarKind.WaitsForEver;
}

function isWaitSpot(frame: Frame, spot: Spot): boolean {
  const bars = frame.scene.lanes[spot.lane]?.bars;
  return bars !== undefined && spot.bar < bars.count && isWait(bars.kind[spot.bar]!);
}

/** Leaps over what is too narrow, as drawing does. */
function waitsSeen(frame: Frame, first: number, past: number): Spot[] {
  const { range } = frame;
  const pixel = (range.to - range.from) / frame.width;
  const found: Spot[] = [];
  for (let at = first; at < past; at++) {
    const lane = frame.scene.lanes[at];
    for (const row of lane?.rows ?? []) {
      let one = firstAbove(row.latest, range.from);
      while (one < row.bars.length && row.begin[one]! < range.to && found.length < MOST * 4) {
        const bar = row.bars[one]!;
        const extent = lane!.bars.end[bar]! - row.begin[one]!;
        const isWide = extent >= pixel * NARROWEST;
        if (isWide && isWait(lane!.bars.kind[bar]!)) found.push({ lane: at, bar });
        one = extent >= pixel ? one + 1 : Math.max(one + 1, firstAbove(row.begin, row.begin[one]! + pixel, one + 1) - 1);
      }
    }
  }
  return found;
}

function paintArrow(frame: Frame, spot: Spot, isStuck: boolean, thick: number): void {
  const { pen, theme } = frame;
  const lane = frame.scene.lanes[spot.lane]!;
  const by = lane.bars.by[spot.bar]!;
  if (by === NOBODY || by === spot.lane || by >= frame.scene.lanes.length) return;
  // Two that wait for each other do not lie on each other.
  const x = startX(frame, lane, spot.bar) + (by > spot.lane ? 0 : 9);
  const from = yOf(frame, spot.lane, rowOf(lane, spot.bar)) + (by > spot.lane ? ROW - 2 : 0);
  const to = holderY(frame, lane, spot.bar, by) + (by > spot.lane ? 0 : ROW - 2);
  pen.strokeStyle = isStuck ? theme.stuck : theme.text;
  pen.fillStyle = pen.strokeStyle;
  pen.lineWidth = thick;
  pen.beginPath();
  pen.moveTo(x, from);
  pen.lineTo(x, to);
  pen.stroke();
  const up = to < from ? 6 : -6;
  pen.beginPath();
  pen.moveTo(x, to);
  pen.lineTo(x - 3.5, to + up);
  pen.lineTo(x + 3.5, to + up);
  pen.fill();
}

function rowOf(lane: Lane, bar: number): number {
  return Math.min(lane.bars.depth[bar]!, lane.rows.length - 1);
}

/** A little inside of the wait, where it is seen. */
function startX(frame: Frame, lane: Lane, bar: number): number {
  const left = Math.max(0, xOf(frame, lane.bars.begin[bar]!));
  const right = Math.min(frame.width, xOf(frame, lane.bars.end[bar]!));
  return left + Math.min(10, Math.max(0, right - left) / 2);
}

function holderY(frame: Frame, lane: Lane, bar: number, by: number): number {
  const holder = frame.scene.lanes[by];
  if (!holder) return yOf(frame, by, 0);
  const held = holderOf(holder, lane.bars.lock[bar]!, lane.bars.begin[bar]!);
  return yOf(frame, by, held === NOBODY ? 0 : rowOf(holder, held));
}
