import assert from "node:assert/strict";
import { test } from "node:test";
import { BarKind } from "../../src/model";
import { type Bars, barAt, bytesOf, decode, firstAbove, holderOf, laneOf } from "../../src/timeline/bars";
import { encode } from "./encode";

function column(bars: Bars, name: "begin" | "end" | "kind" | "depth" | "lock" | "place" | "by"): number[] {
  return [...bars[name].slice(0, bars.count)];
}

test("bytes are bars", () => {
  // A hold of lock 0 at place 1, 5 to 8; a wait of 300 from 5 + 130 on for lock 1, which thread 2 has.
  const bars = decode(Uint8Array.from([5, 3, 0, 0, 1, 2, 0x82, 0x01, 0xac, 0x02, 2, 1, 2, 0, 3]));
  assert.equal(bars.count, 2);
  assert.deepEqual(column(bars, "begin"), [5, 135]);
  assert.deepEqual(column(bars, "end"), [8, 435]);
  assert.deepEqual(column(bars, "kind"), [BarKind.Held, BarKind.Waited]);
  assert.deepEqual(column(bars, "depth"), [0, 1]);
  assert.deepEqual(column(bars, "lock"), [0, 1]);
  assert.deepEqual(column(bars, "place"), [1, -1]);
  assert.deepEqual(column(bars, "by"), [-1, 2]);
});

test("base64 is bytes", () => {
  assert.deepEqual([...bytesOf("BQMAAAEC/w==")], [5, 3, 0, 0, 1, 2, 255]);
});

test("bytes that end too early are told", () => {
  assert.throws(() => decode(Uint8Array.from([5, 3, 0, 0, 1])), /ends in the middle of a bar, at byte 5/);
  assert.throws(() => decode(Uint8Array.from([5, 3, 0, 0, 1, 0x80])), /at byte 6/);
  assert.throws(() => decode(Uint8Array.from([...Array(12).fill(0xff), 1])), /too large/);
});

test("what has no end goes on to the end of the run", () => {
  const lane = laneOf(encode([{ begin: 4, length: 0, kind: BarKind.HeldForEver, lock: 0 }, { begin: 6, length: 2, kind: BarKind.WaitsForEver, depth: 1, lock: 1, by: 3 }]), 50);
  assert.deepEqual(column(lane.bars, "end"), [50, 50]);
});

test("a lock that is given back out of order does not lie across another one", () => {
  // a 0 to 10; b on it, 5 to 30; c on b alone, from 12 on.
  const lane = laneOf(encode([{ begin: 0, length: 10, lock: 0 }, { begin: 5, length: 25, depth: 1, lock: 1 }, { begin: 12, length: 4, depth: 1, lock: 2 }]), 40);
  assert.deepEqual(column(lane.bars, "depth"), [0, 1, 2]);
  assert.equal(lane.rows.length, 3);
});

test("moments are in no row", () => {
  const lane = laneOf(encode([{ begin: 1, length: 0, kind: BarKind.Begins }, { begin: 2, length: 3, lock: 0 }, { begin: 9, length: 0, kind: BarKind.Ends }]), 10);
  assert.deepEqual([...lane.moments], [0, 2]);
  assert.deepEqual([...lane.rows[0]!.bars], [1]);
});

test("the first above a bound is the same from anywhere before it", () => {
  const numbers = Float64Array.from([1, 1, 3, 3, 3, 8, 9, 20, 20, 31]);
  const naive = (bound: number): number => [...numbers].filter((number) => number <= bound).length;
  for (let bound = 0; bound <= 32; bound++) {
    for (let from = 0; from <= naive(bound); from++) assert.equal(firstAbove(numbers, bound, from), naive(bound), `${bound} from ${from}`);
  }
});

test("the bar at an event, and who holds what is waited for", () => {
  const lane = laneOf(encode([{ begin: 2, length: 30, lock: 7 }, { begin: 5, length: 5, depth: 1, lock: 3 }, { begin: 20, length: 5, depth: 1, lock: 3 }]), 40);
  assert.deepEqual([1, 2, 31, 32].map((event) => barAt(lane.bars, lane.rows[0]!, event)), [-1, 0, 0, -1]);
  assert.deepEqual([5, 12, 24].map((event) => holderOf(lane, 3, event)), [1, -1, 2]);
  assert.equal(holderOf(lane, 7, 24), 0);
});
