import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence, standings } from "../../src/finding/held";
import type { Page, Schedule } from "../../src/model";
import sample from "../sample.json";

const schedule = (sample as unknown as Page).findings[1]!.schedule!;

function check(of: Schedule, moves: number, expected: string[]): void {
  const now = standings(of, moves);
  assert.deepEqual(of.threads.map((_, i) => sentence(of, now, i)), expected, `after ${moves}`);
}

test("who holds what follows from the moves", () => {
  check(schedule, 0, ["holds nothing", "holds nothing", "holds nothing"]);
  check(schedule, 3, ["holds nothing", "holds `LEDGER`", "holds nothing"]);
  check(schedule, 4, ["holds nothing", "holds nothing", "holds nothing"]);
  check(schedule, 9, [
    "holds nothing",
    "holds `Bank::new.accounts`; wants `Bank::new.audit`, which thread `tests::reviews` has",
    "holds `LEDGER`, `Bank::new.audit`; wants `Bank::new.accounts`, which thread `tests::transfers` has",
  ]);
});

test("whoever takes what it wanted does not want it", () => {
  const move = (thread: number, act: Schedule["moves"][number]["act"], lock: string | null) => ({ thread, act, text: `${act} it`, lock, place: null });
  const one: Schedule = {
    threads: ["thread 1", "thread 2"],
    moves: [move(0, "takes", "a"), move(0, "takes", "a"), move(0, "wants", "a"), move(0, "takes", "a"), move(0, "gives back", "a"), move(0, "gives back", "b"), move(1, "hears", null)],
    changed_reads: 0,
    summary: "",
  };
  check(one, 3, ["holds `a`, `a`; wants it, which it has itself", "holds nothing"]);
  check(one, 4, ["holds `a`, `a`, `a`", "holds nothing"]);
  check(one, 7, ["holds `a`, `a`", "holds nothing"]);
});
