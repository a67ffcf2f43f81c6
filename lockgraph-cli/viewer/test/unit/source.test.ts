import assert from "node:assert/strict";
import { test } from "node:test";
import { lines, split } from "../../src/finding/source";

test("the lines around a place lose the indentation that all have", () => {
  const sources = { "a.rs": { "2": "    {", "3": "        take();", "4": "", "9": "x" } };
  assert.deepEqual(lines(sources, { file: "a.rs", line: 3, column: 9 }), [
    { number: 2, text: "{", isMarked: false, indent: 4 },
    { number: 3, text: "    take();", isMarked: true, indent: 4 },
    { number: 4, text: "", isMarked: false, indent: 4 },
  ]);
  assert.deepEqual(lines(sources, { file: "a.rs", line: 5, column: 1 }), []);
  assert.deepEqual(lines(sources, { file: "constructor", line: 3, column: 1 }), []);
});

test("a line is split at the word of a column", () => {
  assert.deepEqual(split("a.lock().b", 3), ["a.", "lock", "().b"]);
  assert.deepEqual(split("\u{1f512}.lock()", 3), ["\u{1f512}.", "lock", "()"]);
  assert.deepEqual(split("a", 0), ["a", "", ""]);
  assert.deepEqual(split("a", 7), ["a", "", ""]);
});
