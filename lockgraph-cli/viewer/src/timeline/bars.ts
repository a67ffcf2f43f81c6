// The bars of one lane, as columns of numbers. The bytes are told in `model.ts`; bytes that end in
// the middle of a bar, or a number that is too large, are an error with the position.
//
// A lane is then laid out in rows, one for each depth. A row keeps running sums, so that what lies in
// any range is found by two binary searches, however many bars are in it.

import { BarKind } from "../model";

export const NOBODY = -1;

export interface Bars {
  count: number;
  begin: Float64Array;
  /** Where it ends: the beginning, for a moment. */
  end: Float64Array;
  kind: Uint8Array;
  depth: Uint16Array;
  /** Positions in the run's lists, or NOBODY. */
  lock: Int32Array;
  place: Int32Array;
  by: Int32Array;
}

/** The bars of one depth, in the order of their beginnings. */
export interface Row {
  /** Positions in the bars of the lane. */
  bars: Uint32Array;
  begin: Float64Array;
  /** The latest end up to and including this bar: it rises, where the ends alone need not. */
  latest: Float64Array;
  /** Extents of all bars before this one, and of all: one longer than `bars`. */
  held: Float64Array;
  shared: Float64Array;
  /** How many waits are before this one. */
  waits: Uint32Array;
  waited: Float64Array;
}

export interface Lane {
  bars: Bars;
  rows: Row[];
  /** Positions of the bars that are moments. */
  moments: Uint32Array;
}

/** Deeper bars share the last row. */
export const MOST_ROWS = 16;

export function isWait(kind: number): boolean {
  return kind === BarKind.Waited || kind === BarKind.WaitsForEver;
}

export function isForEver(kind: number): boolean {
  return kind === BarKind.WaitsForEver || kind === BarKind.HeldForEver;
}

export function isMoment(kind: number): boolean {
  return kind >= BarKind.Begins;
}

export function bytesOf(base64: string): Uint8Array {
  // It is many times faster, but not every browser has it yet.
  const { fromBase64 } = Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array };
  if (fromBase64) return fromBase64.call(Uint8Array, base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

class Numbers {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}

  next(): number {
    let number = 0;
    let factor = 1;
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte === undefined) throw new Error(`the lane ends in the middle of a bar, at byte ${this.at}`);
      this.at++;
      number += (byte & 0x7f) * factor;
      if (number > Number.MAX_SAFE_INTEGER) throw new Error(`a number is too large, at byte ${this.at}`);
      if (byte < 0x80) return number;
      factor *= 128;
    }
  }
}

/** Six numbers a bar, seven for waits: no bar takes fewer bytes than six. */
export function decode(bytes: Uint8Array): Bars {
  const most = Math.floor(bytes.length / 6);
  const bars = empty(most);
  const numbers = new Numbers(bytes);
  let at = 0;
  let begin = 0;
  while (numbers.at < bytes.length) {
    begin += numbers.next();
    const length = numbers.next();
    const kind = numbers.next();
    const depth = numbers.next();
    const lock = numbers.next() - 1;
    const place = numbers.next() - 1;
    const by = isWait(kind) ? numbers.next() - 1 : NOBODY;
    bars.begin[at] = begin;
    bars.end[at] = begin + length;
    bars.kind[at] = kind;
    bars.depth[at] = Math.min(depth, 0xffff);
    bars.lock[at] = lock;
    bars.place[at] = place;
    bars.by[at] = by;
    at++;
  }
  return { ...bars, count: at };
}

function empty(most: number): Bars {
  return {
    count: 0,
    begin: new Float64Array(most),
    end: new Float64Array(most),
    kind: new Uint8Array(most),
    depth: new Uint16Array(most),
    lock: new Int32Array(most),
    place: new Int32Array(most),
    by: new Int32Array(most),
  };
}

/** What is without an end ends where the run does. */
function stretch(bars: Bars, events: number): void {
  for (let at = 0; at < bars.count; at++) {
    if (isForEver(bars.kind[at]!)) bars.end[at] = Math.max(bars.end[at]!, events);
  }
}

/** Locks need not be given back in the order in which they were taken: a bar that would lie across
 *  another one of its depth goes deeper. */
function settle(bars: Bars): void {
  const ends: number[] = [];
  for (let at = 0; at < bars.count; at++) {
    if (isMoment(bars.kind[at]!)) continue;
    let depth = bars.depth[at]!;
    while (depth < MOST_ROWS && (ends[depth] ?? 0) > bars.begin[at]!) depth++;
    bars.depth[at] = depth;
    if (depth < MOST_ROWS) ends[depth] = bars.end[at]!;
  }
}

export function laneOf(bytes: Uint8Array, events: number): Lane {
  const bars = decode(bytes);
  stretch(bars, events);
  settle(bars);
  const moments: number[] = [];
  for (let at = 0; at < bars.count; at++) if (isMoment(bars.kind[at]!)) moments.push(at);
  return { bars, rows: rowsOf(bars, () => true), moments: Uint32Array.from(moments) };
}

/** Rows of the bars that are wanted; there are as many as the lane has, empty ones too. */
export function rowsOf(bars: Bars, isWanted: (at: number) => boolean): Row[] {
  const counts: number[] = [];
  for (let at = 0; at < bars.count; at++) {
    if (isMoment(bars.kind[at]!)) continue;
    const depth = depthOf(bars, at);
    while (counts.length <= depth) counts.push(0);
    if (isWanted(at)) counts[depth]!++;
  }
  const lists = counts.map((count) => new Uint32Array(count));
  counts.fill(0);
  for (let at = 0; at < bars.count; at++) {
    if (isMoment(bars.kind[at]!) || !isWanted(at)) continue;
    const depth = depthOf(bars, at);
    lists[depth]![counts[depth]!++] = at;
  }
  return lists.map((list) => rowOf(bars, list));
}

function depthOf(bars: Bars, at: number): number {
  return Math.min(bars.depth[at]!, MOST_ROWS - 1);
}

function rowOf(bars: Bars, list: Uint32Array): Row {
  const count = list.length;
  const row: Row = {
    bars: list,
    begin: new Float64Array(count),
    latest: new Float64Array(count),
    held: new Float64Array(count + 1),
    shared: new Float64Array(count + 1),
    waits: new Uint32Array(count + 1),
    waited: new Float64Array(count + 1),
  };
  let latest = 0;
  for (let at = 0; at < count; at++) {
    const bar = list[at]!;
    const kind = bars.kind[bar]!;
    const extent = bars.end[bar]! - bars.begin[bar]!;
    latest = Math.max(latest, bars.end[bar]!);
    row.begin[at] = bars.begin[bar]!;
    row.latest[at] = latest;
    const waits = isWait(kind);
    const shared = kind === BarKind.HeldShared;
    row.held[at + 1] = row.held[at]! + (waits || shared ? 0 : extent);
    row.shared[at + 1] = row.shared[at]! + (shared ? extent : 0);
    row.waits[at + 1] = row.waits[at]! + (waits ? 1 : 0);
    row.waited[at + 1] = row.waited[at]! + (waits ? extent : 0);
  }
  return row;
}

/** The first position whose number is greater than `bound`, from `from` on. Gallops, so that near
 *  ones are found at once; `numbers` must rise. */
export function firstAbove(numbers: Float64Array, bound: number, from = 0): number {
  let step = 1;
  let low = from;
  let high = from;
  while (high < numbers.length && numbers[high]! <= bound) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  high = Math.min(high, numbers.length);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The bar of a row at a moment, the innermost if there are several; NOBODY if there is none. */
export function barAt(bars: Bars, row: Row, event: number): number {
  const past = firstAbove(row.begin, event);
  for (let at = past - 1; at >= 0 && row.latest[at]! > event; at--) {
    if (bars.end[row.bars[at]!]! > event) return row.bars[at]!;
  }
  return NOBODY;
}

/** Where the lock that a wait is for is held in the lane of who has it, when the wait begins: the
 *  position of that bar. */
export function holderOf(holder: Lane, lock: number, event: number): number {
  for (const row of holder.rows) {
    const past = firstAbove(row.begin, event);
    for (let at = past - 1; at >= 0 && row.latest[at]! >= event; at--) {
      const bar = row.bars[at]!;
      const isIt = holder.bars.lock[bar] === lock && !isWait(holder.bars.kind[bar]!);
      if (isIt && holder.bars.end[bar]! >= event) return bar;
    }
  }
  return NOBODY;
}
