import assert from "node:assert/strict";
import { test } from "node:test";
import { BarKind } from "../../src/model";
import { around, clamp, ticks, zoom } from "../../src/timeline/axis";
import { type Lane, laneOf } from "../../src/timeline/bars";
import { type Cover, type Range, drawRow, overview } from "../../src/timeline/columns";
import { chance } from "./chance";
import { type Written, encode } from "./encode";

function drawn(lane: Lane, range: Range, width: number): { bars: number[]; many: [number, number, Cover][]; steps: number } {
  const bars: number[] = [];
  const many: [number, number, Cover][] = [];
  drawRow(lane.bars, lane.rows[0]!, range, width, { bar: (bar) => bars.push(bar), many: (left, right, cover) => many.push([left, right, cover]) });
  return { bars, many, steps: bars.length + many.length };
}

function random(seed: number, count: number): Lane {
  const next = chance(seed);
  const bars: Written[] = [];
  let now = 0;
  for (let at = 0; at < count; at++) {
    now += Math.floor(next() * 6);
    const length = 1 + Math.floor(next() ** 8 * 300);
    bars.push({ begin: now, length, kind: next() < 0.1 ? BarKind.Waited : BarKind.Held, lock: 0 });
    now += length;
  }
  return laneOf(encode(bars), now + 5);
}

test("every pixel of a bar is drawn, and no other one", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const lane = random(seed, 400);
    const next = chance(seed * 77);
    const end = lane.bars.end[lane.bars.count - 1]!;
    const from = next() * end * 0.8;
    const range = { from, to: from + 5 + next() * (end - from) };
    const width = 20 + Math.floor(next() * 300);
    const { bars, many } = drawn(lane, range, width);
    const scale = width / (range.to - range.from);
    const seen = new Set<number>();
    for (const [left, right] of many) for (let pixel = left; pixel < right; pixel++) seen.add(pixel);
    const wide = new Set(bars);
    for (let bar = 0; bar < lane.bars.count; bar++) {
      const left = (lane.bars.begin[bar]! - range.from) * scale;
      const right = (lane.bars.end[bar]! - range.from) * scale;
      if (right <= 0 || left >= width) continue;
      const isSeen = wide.has(bar) || seen.has(Math.floor(left));
      assert.ok(isSeen, `seed ${seed}: bar ${bar} from ${left} to ${right}`);
      if (right - left >= 1) assert.ok(wide.has(bar), `seed ${seed}: bar ${bar} is wide`);
    }
    for (const pixel of seen) {
      const isTrue = [...lane.bars.begin.keys()].some((bar) => bar < lane.bars.count && Math.floor((lane.bars.begin[bar]! - range.from) * scale) === pixel);
      assert.ok(isTrue, `seed ${seed}: nothing begins in pixel ${pixel}`);
    }
  }
});

test("a frame takes a few steps for each pixel, however many bars there are", () => {
  const lane = random(5, 200_000);
  const { steps } = drawn(lane, { from: 0, to: lane.bars.end[lane.bars.count - 1]! }, 1000);
  assert.ok(steps <= 2000, `${steps} steps`);
});

test("how much of a pixel is covered", () => {
  // Four events a pixel: one held, all held, a wait, none.
  const bars = [{ begin: 1, length: 1 }, { begin: 4, length: 2 }, { begin: 6, length: 2 }, { begin: 9, length: 1, kind: BarKind.Waited, by: 1 }];
  const { many } = drawn(laneOf(encode(bars), 16), { from: 0, to: 16 }, 4);
  assert.deepEqual(many, [
    [0, 1, { held: 0.25, shared: 0, hasWait: false }],
    [1, 2, { held: 1, shared: 0, hasWait: false }],
    [2, 3, { held: 0, shared: 0, hasWait: true }],
  ]);
});

test("neighbours that look the same are one", () => {
  const bars = Array.from({ length: 100 }, (_, at) => ({ begin: at * 2, length: 1 }));
  const { many } = drawn(laneOf(encode(bars), 200), { from: 0, to: 200 }, 50);
  assert.deepEqual(many, [[0, 50, { held: 0.5, shared: 0, hasWait: false }]]);
});

test("the strip has how many threads hold and wait", () => {
  const one = laneOf(encode([{ begin: 0, length: 10 }, { begin: 2, length: 3, depth: 1 }]), 20);
  const two = laneOf(encode([{ begin: 5, length: 10, kind: BarKind.Waited, by: 0 }]), 20);
  const { held, waited } = overview([one.bars, two.bars], 20, 4);
  assert.deepEqual([...held], [1, 1, 0, 0]);
  assert.deepEqual([...waited], [0, 1, 1, 0]);
});

test("zooming keeps the event under the pointer, and stays in the run", () => {
  assert.deepEqual(zoom({ from: 0, to: 100 }, 2, 50, 100), { from: 25, to: 75 });
  assert.deepEqual(zoom({ from: 0, to: 100 }, 4, 20, 100), { from: 15, to: 40 });
  assert.deepEqual(zoom({ from: 80, to: 100 }, 0.5, 100, 100), { from: 60, to: 100 });
  assert.deepEqual(zoom({ from: 40, to: 44 }, 100, 42, 100), { from: 40, to: 44 });
  assert.deepEqual(clamp({ from: -5, to: 5 }, 100), { from: 0, to: 10 });
  assert.deepEqual(clamp({ from: 0, to: 900 }, 100), { from: 0, to: 100 });
  assert.deepEqual(clamp({ from: 0, to: 9 }, 2), { from: 0, to: 2 });
  assert.deepEqual(around(50, 70, 1000), { from: 40, to: 80 });
});

test("ticks are round", () => {
  assert.deepEqual(ticks({ from: 3, to: 52 }, 5), [10, 20, 30, 40, 50]);
  assert.deepEqual(ticks({ from: 0, to: 1_000_000 }, 4), [0, 500_000, 1_000_000]);
  assert.deepEqual(ticks({ from: 7.2, to: 11 }, 10), [8, 9, 10, 11]);
});
