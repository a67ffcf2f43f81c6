import assert from "node:assert/strict";
import { test } from "node:test";
import { href, parse } from "../../src/route";

function check(hash: string, expected: [string, string | null, string | null, string]): void {
  const { view, of, part, query } = parse(hash);
  assert.deepEqual([view, of, part, query.toString()], expected, hash);
}

test("an address is read", () => {
  check("", ["findings", null, null, ""]);
  check("#", ["findings", null, null, ""]);
  check("#/findings?verdict=actual&q=a+b", ["findings", null, null, "verdict=actual&q=a+b"]);
  check("#/finding/5b02/waits", ["finding", "5b02", "waits", ""]);
  check("#/graph/src%2Flib.rs%3F%3A%20a?x=1", ["graph", "src/lib.rs?: a", null, "x=1"]);
  check("#/timeline/0?from=1&to=9", ["timeline", "0", null, "from=1&to=9"]);
});

test("what nobody knows is the list", () => {
  check("#/nothing/like/that?q=1", ["findings", null, null, ""]);
  check("#/finding", ["findings", null, null, ""]);
  check("#main", ["findings", null, null, ""]);
});

test("a lone percent sign stays", () => check("#/graph/100%", ["graph", "100%", null, ""]));

test("what is written is read again", () => {
  const name = "a/b?c#d e%20\u202e\u{1f600}</script>";
  check(href("graph", name, null, new URLSearchParams({ q: name })), ["graph", name, null, new URLSearchParams({ q: name }).toString()]);
});
