// One frame of the timeline. Touches a few bars for each pixel of the lanes that are seen.

import { BarKind } from "../model";
import { type Lane, type Row, NOBODY, isForEver, isWait } from "./bars";
import { type Cover, type Pen, type Range, drawRow } from "./columns";
import { type Scene, type Spot, GAP, ROW, firstMoment, lanesBetween, rowTop } from "./scene";
import { paintArrows } from "./arrows";
import { type Theme, LOCK_COLOURS } from "./theme";
import { ticks } from "./axis";
import { group } from "./words";

export const AXIS = 22;

export interface Frame {
  pen: CanvasRenderingContext2D;
  width: number;
  height: number;
  range: Range;
  /** How far the lanes are scrolled. */
  scroll: number;
  scene: Scene;
  theme: Theme;
  spot: Spot | null;
  hover: Spot | null;
  /** Rows of what is looked for, by lane; null if nothing is. */
  matches: ((lane: number) => Row[]) | null;
  marks: number[];
}

export function xOf(frame: Frame, event: number): number {
  return ((event - frame.range.from) / (frame.range.to - frame.range.from)) * frame.width;
}

export function yOf(frame: Frame, lane: number, depth: number): number {
  return rowTop(frame.scene, lane, depth) - frame.scroll + AXIS;
}

export function paint(frame: Frame): void {
  const { pen, theme, width, height } = frame;
  pen.fillStyle = theme.back;
  pen.fillRect(0, 0, width, height);
  pen.font = theme.font;
  pen.textBaseline = "middle";
  pen.save();
  pen.beginPath();
  pen.rect(0, AXIS, width, height - AXIS);
  pen.clip();
  const [first, past] = lanesBetween(frame.scene, frame.scroll, frame.scroll + height - AXIS);
  for (let lane = first; lane < past; lane++) paintBand(frame, lane);
  paintMarks(frame);
  for (let lane = first; lane < past; lane++) paintLane(frame, lane);
  paintEnd(frame);
  paintArrows(frame, first, past);
  if (frame.hover) paintRing(frame, frame.hover, theme.text, 1);
  if (frame.spot) paintRing(frame, frame.spot, theme.focus, 2);
  pen.restore();
  paintAxis(frame);
}

function paintBand(frame: Frame, lane: number): void {
  const { pen, theme, scene } = frame;
  const top = scene.tops[lane]! - frame.scroll + AXIS;
  if (lane % 2 === 1) {
    pen.fillStyle = theme.band;
    pen.fillRect(0, top, frame.width, scene.tops[lane + 1]! - scene.tops[lane]!);
  }
}

function paintLane(frame: Frame, at: number): void {
  const lane = frame.scene.lanes[at];
  if (!lane) return;
  const { pen } = frame;
  if (frame.matches !== null) pen.globalAlpha = 0.18;
  paintRows(frame, lane, lane.rows, at);
  pen.globalAlpha = 1;
  if (frame.matches !== null) paintRows(frame, lane, frame.matches(at), at);
  paintMoments(frame, lane, at);
}

function paintRows(frame: Frame, lane: Lane, rows: Row[], at: number): void {
  rows.forEach((row, depth) => {
    const top = yOf(frame, at, depth);
    drawRow(lane.bars, row, frame.range, frame.width, penOf(frame, lane, top));
  });
}

function penOf(frame: Frame, lane: Lane, top: number): Pen {
  return {
    bar: (bar, left, right) => paintBar(frame, lane, bar, Math.max(left, -9), Math.min(right, frame.width + 9), top),
    many: (left, right, cover) => paintMany(frame, cover, left, right, top),
  };
}

const THICK = ROW - 2;

function paintBar(frame: Frame, lane: Lane, bar: number, left: number, right: number, top: number): void {
  const { pen, theme } = frame;
  const kind = lane.bars.kind[bar]!;
  const lock = lane.bars.lock[bar]!;
  const colour = lock === NOBODY ? theme.faint : theme.locks[lock % LOCK_COLOURS]!;
  const width = Math.max(1, right - left - (right - left > 3 ? 1 : 0));
  if (isWait(kind)) {
    paintWait(frame, kind, lock, left, width, top);
  } else {
    const isShared = kind === BarKind.HeldShared;
    const alpha = pen.globalAlpha;
    pen.globalAlpha = alpha * (isShared ? 0.4 : 1);
    pen.fillStyle = colour;
    pen.fillRect(left, top, width, THICK);
    pen.globalAlpha = alpha;
    if (isShared && width > 2) outline(pen, colour, left, top, width);
  }
  if (isForEver(kind)) paintJags(frame, left + width, top);
  if (width > 26 && lock !== NOBODY) paintName(frame, lock, kind, left, right, top);
}

function paintWait(frame: Frame, kind: number, lock: number, left: number, width: number, top: number): void {
  const { pen, theme } = frame;
  const isStuck = kind === BarKind.WaitsForEver;
  const at = lock === NOBODY ? 0 : lock % LOCK_COLOURS;
  pen.fillStyle = theme.back;
  pen.fillRect(left, top, width, THICK);
  if (width < 4) {
    pen.fillStyle = isStuck ? theme.stuck : theme.mark;
    pen.fillRect(left, top, width, THICK);
    return;
  }
  pen.fillStyle = isStuck ? theme.hatchedStuck : theme.hatched[at]!;
  pen.fillRect(left, top, width, THICK);
  outline(pen, isStuck ? theme.stuck : theme.locks[at]!, left, top, width);
}

function outline(pen: CanvasRenderingContext2D, colour: string, left: number, top: number, width: number): void {
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  pen.strokeRect(left + 0.5, top + 0.5, width - 1, THICK - 1);
}

/** Torn off: what has no end. */
function paintJags(frame: Frame, right: number, top: number): void {
  const { pen, theme } = frame;
  pen.fillStyle = theme.back;
  pen.beginPath();
  pen.moveTo(right + 1, top - 1);
  for (let at = 0; at <= 4; at++) pen.lineTo(right - (at % 2 === 0 ? 0 : 5), top + (THICK * at) / 4);
  pen.lineTo(right + 1, top + THICK + 1);
  pen.closePath();
  pen.fill();
}

const LETTER = 6.65;

function paintName(frame: Frame, lock: number, kind: number, left: number, right: number, top: number): void {
  const { pen, theme } = frame;
  const from = Math.max(left, 0) + 4;
  const room = Math.floor((Math.min(right, frame.width) - from - 6) / LETTER);
  const text = fitting(frame.scene.run.locks[lock]?.name ?? "?", room);
  if (text === "") return;
  if (isWait(kind)) {
    pen.fillStyle = theme.back;
    pen.fillRect(from - 2, top + 1, text.length * LETTER + 4, THICK - 2);
  }
  pen.fillStyle = isWait(kind) || kind === BarKind.HeldShared ? theme.text : theme.back;
  pen.fillText(text, from, top + THICK / 2 + 0.5);
}

/** The last part of a path says the most. */
function fitting(name: string, room: number): string {
  if (name.length <= room) return name;
  const last = name.slice(name.lastIndexOf("::") + 1).replace(/^:/, "");
  if (last.length > 0 && last.length <= room) return last;
  return room < 4 ? "" : `${last.slice(0, room - 1)}…`;
}

function paintMany(frame: Frame, cover: Cover, left: number, right: number, top: number): void {
  const { pen, theme } = frame;
  const alpha = pen.globalAlpha;
  const part = Math.min(1, cover.held + cover.shared * 0.5);
  pen.globalAlpha = alpha * (0.25 + 0.75 * part);
  pen.fillStyle = theme.dense;
  if (part > 0) pen.fillRect(left, top, right - left, THICK);
  pen.globalAlpha = alpha;
  if (cover.hasWait) {
    pen.fillStyle = theme.mark;
    pen.fillRect(left, top + THICK - 4, right - left, 4);
  }
}

function paintMoments(frame: Frame, lane: Lane, at: number): void {
  const { pen, theme, range } = frame;
  const top = yOf(frame, at, lane.rows.length === 0 ? 1 : lane.rows.length) - 1;
  pen.fillStyle = theme.text;
  let last = -2;
  for (let one = firstMoment(lane, range.from); one < lane.moments.length; ) {
    const bar = lane.moments[one]!;
    const event = lane.bars.begin[bar]!;
    if (event > range.to) return;
    const x = xOf(frame, event);
    if (x - last >= 2) paintTick(pen, lane.bars.kind[bar]!, x, top);
    last = x;
    const next = firstMoment(lane, event + (range.to - range.from) / frame.width);
    one = Math.max(one + 1, next);
  }
}

/** Begins and ends point right and left, forks and joins down and up; a message is a dot. */
function paintTick(pen: CanvasRenderingContext2D, kind: number, x: number, top: number): void {
  const half = (GAP - 4) / 2;
  const corners: Record<number, [number, number][]> = {
    [BarKind.Begins]: [[0, -half], [half * 1.6, 0], [0, half]],
    [BarKind.Ends]: [[0, -half], [-half * 1.6, 0], [0, half]],
    [BarKind.Forks]: [[-half, -half], [half, -half], [0, half]],
    [BarKind.Joins]: [[-half, half], [half, half], [0, -half]],
  };
  pen.beginPath();
  const shape = corners[kind];
  if (shape === undefined) pen.arc(x, top + half, 2, 0, 7);
  else for (const [dx, dy] of shape) pen.lineTo(x + dx, top + half + dy);
  pen.fill();
}

function paintMarks(frame: Frame): void {
  const { pen, theme, height } = frame;
  pen.strokeStyle = theme.mark;
  pen.lineWidth = 1;
  pen.setLineDash([2, 3]);
  pen.beginPath();
  let last = -9;
  for (const event of frame.marks) {
    const x = Math.round(xOf(frame, event)) + 0.5;
    if (x < 0 || x > frame.width || x - last < 3) continue;
    last = x;
    pen.moveTo(x, AXIS);
    pen.lineTo(x, height);
  }
  pen.stroke();
  pen.setLineDash([]);
}

function paintEnd(frame: Frame): void {
  const { pen, theme } = frame;
  const x = xOf(frame, frame.scene.run.events);
  if (x > frame.width + 1) return;
  pen.fillStyle = theme.line;
  pen.fillRect(x - 1, AXIS, 2, frame.height);
}

function paintRing(frame: Frame, spot: Spot, colour: string, thick: number): void {
  const bars = frame.scene.lanes[spot.lane]?.bars;
  if (!bars || spot.bar >= bars.count) return;
  const isMoment = bars.kind[spot.bar]! >= BarKind.Begins;
  const rows = frame.scene.lanes[spot.lane]!.rows.length || 1;
  const depth = isMoment ? rows : Math.min(bars.depth[spot.bar]!, rows - 1);
  const top = yOf(frame, spot.lane, depth) - (isMoment ? 2 : 0);
  const left = Math.max(xOf(frame, bars.begin[spot.bar]!), -9);
  const right = Math.min(xOf(frame, bars.end[spot.bar]!), frame.width + 9);
  frame.pen.strokeStyle = colour;
  frame.pen.lineWidth = thick;
  const wide = Math.max(right - left, 3);
  frame.pen.strokeRect(left - 1 - (isMoment ? 4 : 0), top - 1, wide + (isMoment ? 6 : 2), isMoment ? GAP : THICK + 2);
}

function paintAxis(frame: Frame): void {
  const { pen, theme, width } = frame;
  pen.fillStyle = theme.back;
  pen.fillRect(0, 0, width, AXIS);
  pen.fillStyle = theme.line;
  pen.fillRect(0, AXIS - 1, width, 1);
  for (const tick of ticks(frame.range, width / 110)) {
    const x = xOf(frame, tick);
    const text = group(tick);
    const room = text.length * LETTER;
    pen.fillStyle = theme.line;
    pen.fillRect(x, AXIS - 6, 1, 5);
    pen.fillStyle = theme.faint;
    pen.fillText(text, Math.min(Math.max(x - room / 2, 2), width - room - 2), 8);
  }
}
