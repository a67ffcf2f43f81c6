import assert from "node:assert/strict";
import { test } from "node:test";
import { arrange } from "../../src/contention";
import { duration } from "../../src/duration";
import type { ContentionRow } from "../../src/model";

function row(what: string, over: Partial<ContentionRow> = {}): ContentionRow {
  return { what, place: null, count: 1, total_nanos: null, longest_nanos: 1, thread: "main", run: "r", ...over };
}

test("times are told as people say them", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [7, "7 ns"],
    [999, "999 ns"],
    [1_250, "1.25 µs"],
    [12_345_678, "12.3 ms"],
    [1_000_000_000, "1 s"],
    [59_900_000_000, "59.9 s"],
    [120_000_000_000, "2 min"],
    [125_400_000_000, "2 min 5 s"],
  ];
  for (const [nanos, text] of cases) assert.equal(duration(nanos), text);
});

test("rows are arranged by any column, and those with the text are left", () => {
  const rows = [
    row("b", { longest_nanos: 5, place: { file: "src/a.rs", line: 9, column: 1 } }),
    row("a", { longest_nanos: 9, total_nanos: 3, place: { file: "src/a.rs", line: 10, column: 1 }, thread: "worker" }),
    row("c", { longest_nanos: 5, count: 0 }),
  ];
  const names = (text: string, key: Parameters<typeof arrange>[2]["key"], isDown: boolean): string => arrange(rows, text, { key, isDown }).map((one) => one.what).join("");
  assert.equal(names("", "longest", true), "abc");
  assert.equal(names("", "longest", false), "bca");
  assert.equal(names("", "what", false), "abc");
  assert.equal(names("", "total", true), "abc");
  assert.equal(names("A.RS", "place", false), "ba");
  assert.equal(names("worker", "what", false), "a");
  assert.equal(names("a.rs:9", "what", false), "b");
  assert.equal(names("nothing", "what", false), "");
});
