import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page, Snapshot } from "../../src/model";
import { around, layout } from "../../src/waits/layout";
import { lastStep, said, states } from "../../src/waits/rounds";
import { touches } from "../../src/waits/ways";
import sample from "../sample.json";

const dining = (sample as unknown as Page).findings[0]!.snapshot!;

function thread(name: string, needs: Snapshot["threads"][number]["needs"]): Snapshot["threads"][number] {
  return { name, state: "waits", waits: "waits", place: null, holds: [], needs };
}

/** `count` threads, each of which needs the next. */
function circle(count: number): Snapshot {
  const threads = Array.from({ length: count }, (_, i) => thread(`t${i}`, [{ count: 1, of: [(i + 7) % count], text: "" }]));
  return { threads, rounds: [], stuck: threads.map((_, i) => i) };
}

test("each in the ring is followed by whom it needs", () => {
  assert.deepEqual(around(dining), [0, 1, 2, 3, 4]);
  assert.deepEqual(around(circle(10)), [0, 7, 4, 1, 8, 5, 2, 9, 6, 3]);
});

test("a need of very many is followed", () => {
  const many = Array.from({ length: 500_000 }, () => 0);
  const threads = [thread("a", [{ count: 1, of: [1], text: "" }]), thread("b", [{ count: 1, of: many, text: "" }])];
  assert.deepEqual(around({ threads, rounds: [], stuck: [0, 1] }), [0, 1]);
});

test("no two boxes lie on each other", () => {
  for (const snapshot of [dining, ...Array.from({ length: 40 }, (_, i) => circle(i + 1))]) {
    const { width, height, boxes } = layout(snapshot);
    boxes.forEach((a, i) => {
      assert.ok(a.x >= a.width / 2 && a.x <= width - a.width / 2, `${boxes.length}: ${i} is in the picture`);
      assert.ok(a.y >= a.height / 2 && a.y <= height - a.height / 2, `${boxes.length}: ${i} is in the picture`);
      for (const b of boxes.slice(i + 1)) {
        const isApart = Math.abs(a.x - b.x) >= a.width + 8 || Math.abs(a.y - b.y) >= a.height + 8;
        assert.ok(isApart, `${boxes.length}: ${JSON.stringify([a, b])}`);
      }
    });
  }
});

test("an arrow that goes through a box is told from one that goes round", () => {
  const box = (x: number) => ({ x, y: 0, width: 100, height: 40 });
  const [a, between, b] = [box(0), box(200), box(400)];
  assert.ok(touches(a, b, 0, [a, between, b]) > 0);
  assert.equal(touches(a, b, 95, [a, between, b]), 0);
});

test("rounds free one after the other, and then is told who is left", () => {
  assert.equal(lastStep(dining), 3);
  assert.deepEqual(states(dining, 0), [...Array(6).fill("unknown"), "runs", "unknown", "unknown"]);
  assert.deepEqual(states(dining, 1).slice(6), ["runs", "freed now", "unknown"]);
  assert.deepEqual(states(dining, 3), [...Array(6).fill("stuck"), "runs", "freed", "freed"]);
  assert.deepEqual(said(dining, 1), ["thread `waiter` can go on, as thread `clock` runs"]);
  assert.equal(said(dining, 3)[0], "thread `Hypatia` waits for `fork 4`: thread `Plato` must give `fork 4` back, but is stuck as well");
});

test("who is left is told by the need that is not met", () => {
  type Needs = Snapshot["threads"][number]["needs"];
  const check = (needs: Needs, expected: string, freed: number[] = []) => {
    const threads = [thread("a", needs), thread("b", []), thread("c", []), thread("d", [])];
    const stuck = [0, 1, 2, 3].filter((it) => !freed.includes(it));
    const snapshot: Snapshot = { threads, rounds: freed.length ? [{ freed, text: "" }] : [], stuck };
    assert.equal(said(snapshot, lastStep(snapshot))[0], expected);
  };
  const need = (count: number, of: number[]) => ({ count, of, text: `${count} of ${of}` });
  check([need(1, [])], "a waits: 1 of ");
  check([need(1, [0])], "a waits: 1 of 0, but waits itself");
  check([need(1, [1])], "a waits: 1 of 1, but is stuck as well");
  check([need(1, [1]), need(2, [1, 2])], "a waits: 2 of 1,2, but c is stuck as well", [1]);
  check([need(1, [1, 2])], "a waits: 1 of 1,2, but both are stuck as well");
  check([need(1, [1, 2, 3])], "a waits: 1 of 1,2,3, but all of them are stuck as well");
  check([], "a waits");
  assert.deepEqual(said({ threads: [], rounds: [], stuck: [] }, 1), ["nobody is left: each of these threads goes on by itself"]);
});
