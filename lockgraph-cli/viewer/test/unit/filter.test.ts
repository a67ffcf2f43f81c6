import assert from "node:assert/strict";
import { test } from "node:test";
import { choices, passing, read, write } from "../../src/list/filter";
import type { Page } from "../../src/model";
import sample from "../sample.json";

const { findings } = sample as unknown as Page;

function check(query: string, expected: number[]): void {
  assert.deepEqual(passing(findings, read(new URLSearchParams(query))), expected, query);
}

test("findings pass by what is chosen and by all words", () => {
  check("", [0, 1, 2, 3]);
  check("verdict=actual", [0, 2]);
  check("verdict=actual&kind=deadlock", [0]);
  check("crate=bank", [1]);
  check("module=bank::ledger", [1]);
  check("test=tests::month_end", [1]);
  check("q=BANK::new", [1]);
  check("q=hypatia+philosophers.rs:61", [0]);
  check("q=hypatia+bank", []);
  check("verdict=nothing", []);
});

test("a choice is counted as if it were taken", () => {
  const filter = read(new URLSearchParams("verdict=actual"));
  assert.deepEqual(choices(findings, filter, "kind"), [
    { value: "deadlock", count: 1 },
    { value: "lock-order-cycle", count: 0 },
    { value: "semaphore-over-release", count: 1 },
  ]);
  assert.deepEqual(choices(findings, filter, "verdict"), [
    { value: "actual", count: 2 },
    { value: "proved", count: 1 },
    { value: "excluded", count: 1 },
  ]);
});

test("a filter is written as it is read", () => {
  const query = "verdict=actual&test=a%26b&q=x+y";
  assert.equal(write(read(new URLSearchParams(query))).toString(), query);
});
