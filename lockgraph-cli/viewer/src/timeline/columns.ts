// What a row looks like in a range of the axis, at some width. A bar that is a pixel wide or wider is
// told as itself; those that are not are told together, by how much of their pixel they cover. So the
// work is a few steps for each pixel, whatever lies behind it.

import { type Bars, type Row, firstAbove, isWait } from "./bars";
import { BarKind } from "../model";

export interface Range {
  from: number;
  to: number;
}

/** What draws. Pixels are from the left edge of the range. */
export interface Pen {
  bar(bar: number, left: number, right: number): void;
  /** Bars from `first` to before `past` of the row, which cover parts (0 to 1) of the pixel. */
  many(left: number, right: number, cover: Cover): void;
}

/** Parts, in steps of a quarter so that equal neighbours can be drawn at once. */
export interface Cover {
  held: number;
  shared: number;
  hasWait: boolean;
}

const NARROWEST = 1;

export function drawRow(bars: Bars, row: Row, range: Range, width: number, pen: Pen): void {
  const scale = width / (range.to - range.from);
  const pending = new Pending(pen);
  let at = firstAbove(row.latest, range.from);
  while (at < row.bars.length && row.begin[at]! < range.to) {
    const bar = row.bars[at]!;
    const left = (row.begin[at]! - range.from) * scale;
    const right = (bars.end[bar]! - range.from) * scale;
    if (right - left >= NARROWEST) {
      pen.bar(bar, left, right);
      at++;
      continue;
    }
    const pixel = Math.floor(left);
    const next = firstAbove(row.begin, range.from + (pixel + 1) / scale - 1e-9, at + 1);
    const past = beforeWide(bars, row, at, next, NARROWEST / scale);
    pending.add(pixel, coverOf(row, at, past, scale));
    at = past;
  }
  pending.flush();
}

/** Only the last bar of a pixel can reach further than it, unless bars of a row overlap. */
function beforeWide(bars: Bars, row: Row, at: number, next: number, wide: number): number {
  const last = row.bars[next - 1]!;
  const isWide = bars.end[last]! - bars.begin[last]! >= wide;
  return isWide && next - 1 > at ? next - 1 : next;
}

function coverOf(row: Row, at: number, past: number, scale: number): Cover {
  return {
    held: quarter((row.held[past]! - row.held[at]!) * scale),
    shared: quarter((row.shared[past]! - row.shared[at]!) * scale),
    hasWait: row.waits[past]! > row.waits[at]!,
  };
}

/** Upwards, so that what is there is seen. */
function quarter(part: number): number {
  return Math.min(1, Math.ceil(part * 4) / 4);
}

/** Pixels beside each other that look the same, as one. */
class Pending {
  left = 0;
  right = 0;
  cover: Cover | null = null;
  constructor(readonly pen: Pen) {}

  add(pixel: number, cover: Cover): void {
    const last = this.cover;
    const isSame = last !== null && last.held === cover.held && last.shared === cover.shared && last.hasWait === cover.hasWait;
    if (isSame && pixel <= this.right) {
      this.right = pixel + 1;
      return;
    }
    this.flush();
    this.left = pixel;
    this.right = pixel + 1;
    this.cover = cover;
  }

  flush(): void {
    if (this.cover !== null) this.pen.many(this.left, this.right, this.cover);
    this.cover = null;
  }
}

/** For the strip above: which part of each pixel's threads held something, and which waited. */
export function overview(lanes: Bars[], events: number, width: number): { held: Float32Array; waited: Float32Array } {
  const held = new Float32Array(width);
  const waited = new Float32Array(width);
  const scale = width / Math.max(1, events);
  for (const bars of lanes) {
    for (let at = 0; at < bars.count; at++) {
      const kind = bars.kind[at]!;
      if (kind >= BarKind.Begins) continue;
      const waits = isWait(kind);
      if (!waits && bars.depth[at]! > 0) continue;
      spread(waits ? waited : held, bars.begin[at]! * scale, bars.end[at]! * scale);
    }
  }
  return { held, waited };
}

function spread(parts: Float32Array, left: number, right: number): void {
  const last = Math.min(parts.length - 1, Math.floor(right));
  for (let pixel = Math.max(0, Math.floor(left)); pixel <= last; pixel++) {
    parts[pixel]! += Math.min(right, pixel + 1) - Math.max(left, pixel);
  }
}
