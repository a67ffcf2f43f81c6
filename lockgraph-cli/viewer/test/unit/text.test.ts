import assert from "node:assert/strict";
import { test } from "node:test";
import { count, shorten, visible } from "../../src/text";

test("what is not seen is shown", () => {
  assert.equal(visible("a\nb\u0000\u007f"), "a\u240ab\u2400\u2421");
  assert.equal(visible("a\u200db \u{1f469}\u200d\u{1f4bb}"), "a\u27e8U+200D\u27e9b \u{1f469}\u200d\u{1f4bb}");
  assert.equal(visible("a\u202eb"), "a\u27e8U+202E\u27e9b");
  assert.equal(visible("caf\u00e9 \u{1f512} \u05d0"), "caf\u00e9 \u{1f512} \u05d0");
});

test("what is long keeps its beginning and its end", () => {
  assert.equal(shorten("abc", 3), "abc");
  assert.equal(shorten("abcdefghij", 8), "abcde\u2026ij");
  assert.equal(shorten("\u{1f512}".repeat(8), 8), "\u{1f512}".repeat(8));
  assert.equal([...shorten("\u{1f512}".repeat(1_000_000), 20)].length, 20);
});

test("one and more", () => {
  assert.equal(count(1, "finding"), "1 finding");
  assert.equal(count(1234, "finding"), "1,234 findings");
});
