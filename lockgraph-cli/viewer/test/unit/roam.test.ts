import assert from "node:assert/strict";
import { test } from "node:test";
import type { Drawn } from "../../src/graph/choose";
import { type Packed, pack } from "../../src/graph/pack";
import { ARROWS, type Stop, idOf, inOrder, linesOf, next, partOf, stopOf } from "../../src/graph/roam";
import { chance } from "./chance";

/** Boxes by their layers, from left to right, and lines between them: [from, to]. */
function staged(layers: number[], lines: [number, number][]): { drawn: Drawn; packed: Packed } {
  const boxes = layers.map((layer, at) => ({ id: `n${at}`, label: `lock ${at}`, detail: "mutex", nodes: [at], group: null, layer, order: at, is_in_cycle: false, more: 0 }));
  const links = lines.map(([from, to], at) => ({ id: `${from}-${to}`, from, to, edges: [at + 100], count: 1, is_in_cycle: false }));
  return { drawn: { boxes, links, leftOut: 0, linksLeftOut: 0 }, packed: pack(boxes, links) };
}

const box = (at: number): Stop => ({ what: "box", at });
const link = (at: number): Stop => ({ what: "link", at });

test("arrows go to the next box of the row, and to the nearest of the next row", () => {
  // Five boxes above, two below: the row of two lies in the middle.
  const { drawn, packed } = staged([0, 0, 0, 0, 0, 1, 1], []);
  const centre = (at: number): number => packed.boxes[at]!.left + packed.boxes[at]!.width / 2;
  assert.ok(centre(1) < centre(5) && centre(6) < centre(3), "as the cases take it");
  const aside = (at: number): number => Math.abs(centre(at) - centre(6));
  const nearest = [0, 1, 2, 3, 4].sort((one, two) => aside(one) - aside(two))[0]!;
  const cases: [from: number, key: string, to: number | null][] = [
    [0, "ArrowRight", 1],
    [4, "ArrowRight", null],
    [4, "ArrowLeft", 3],
    [0, "ArrowLeft", null],
    [0, "ArrowDown", 5],
    [4, "ArrowDown", 6],
    [5, "ArrowRight", 6],
    [6, "ArrowUp", nearest],
    [2, "ArrowUp", null],
    [5, "ArrowDown", null],
    [3, "Home", 0],
    [3, "End", 6],
    [3, "x", null],
    [3, "j", null],
  ];
  for (const [from, key, to] of cases) assert.deepEqual(next(drawn, packed, box(from), null, key), to === null ? null : box(to), `${key} from ${from}`);
});

test("arrows reach every box from every other one", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = chance(seed);
    const count = 1 + Math.floor(random() * 60);
    const layers = Array.from({ length: count }, () => Math.floor(random() * 8));
    const lines = Array.from({ length: count }, (): [number, number] => [Math.floor(random() * count), Math.floor(random() * count)]);
    const { drawn, packed } = staged(layers, lines);
    const start = Math.floor(random() * count);
    const reached = new Set([start]);
    for (const at of reached) {
      for (const arrow of ARROWS) {
        const to = next(drawn, packed, box(at), null, arrow);
        if (to) reached.add(to.at);
      }
    }
    assert.equal(reached.size, count, `seed ${seed}, from ${start}`);
    const order = inOrder(packed.boxes).map((place) => place.box);
    assert.deepEqual([next(drawn, packed, box(start), null, "Home"), next(drawn, packed, box(start), null, "End")], [box(order[0]!), box(order.at(-1)!)]);
  }
});

test("j and k go round the lines of a box, those that leave it first", () => {
  const { drawn, packed } = staged([0, 1, 1, 2], [[0, 1], [1, 3], [0, 2], [1, 1], [3, 1]]);
  assert.deepEqual(linesOf(drawn, 1), [1, 3, 0, 4]);
  const seen: Stop[] = [];
  let stop: Stop = box(1);
  for (let press = 0; press < 5; press++) seen.push((stop = next(drawn, packed, stop, 1, "j")!));
  assert.deepEqual(seen, [link(1), link(3), link(0), link(4), link(1)]);
  assert.deepEqual(next(drawn, packed, box(1), 1, "k"), link(4));
  assert.deepEqual(next(drawn, packed, link(1), 1, "k"), link(4));
  // Not come from a box, or from one that is no end: the lines of the one that it leaves.
  for (const origin of [null, 2, 3]) assert.deepEqual(next(drawn, packed, link(4), origin, "k"), link(1));
  assert.deepEqual(next(drawn, packed, link(4), 1, "k"), link(0));
});

test("an arrow on a line leads to its end there", () => {
  const { drawn, packed } = staged([0, 1, 0], [[0, 1], [1, 0], [0, 0], [0, 2]]);
  const cases: [line: number, origin: number | null, key: string, to: number][] = [
    [0, 0, "ArrowDown", 1],
    [0, 0, "ArrowUp", 0],
    [1, 0, "ArrowDown", 1],
    [1, 0, "ArrowUp", 0],
    [2, 0, "ArrowLeft", 0],
    [3, 0, "ArrowRight", 2],
    [3, 0, "ArrowLeft", 0],
    // Neither end is above the other: away from where one comes from.
    [3, 0, "ArrowUp", 2],
    [3, 2, "ArrowUp", 0],
  ];
  for (const [line, origin, key, to] of cases) assert.deepEqual(next(drawn, packed, link(line), origin, key), box(to), `${key} on ${line} from ${origin}`);
});

test("a stop is known again when others come and go", () => {
  const before = staged([0, 1, 2], [[0, 1], [1, 2]]);
  const after = staged([0, 1, 2], [[0, 1], [1, 2]]);
  after.drawn.boxes.reverse();
  after.drawn.links.reverse();
  const same = (stop: Stop): Stop | null => stopOf(after.drawn, after.packed, idOf(before.drawn, stop), null);
  assert.deepEqual([same(box(0)), same(link(0))], [box(2), link(1)]);
  const first = box(inOrder(after.packed.boxes)[0]!.box);
  for (const gone of [null, "n7", "g1", "e7"]) assert.deepEqual(stopOf(after.drawn, after.packed, gone, null), first, `${gone}`);
  assert.deepEqual(stopOf(after.drawn, after.packed, "n7", { what: "node", node: 0 }), box(2));
  assert.deepEqual(stopOf(after.drawn, after.packed, null, { what: "edges", edges: [100] }), link(1));
  const nothing = staged([], []);
  assert.equal(stopOf(nothing.drawn, nothing.packed, "n1", null), null);
});

test("what has to be seen of a line is its middle", () => {
  const { packed } = staged([0, 1], [[0, 1]]);
  const [above, below] = packed.boxes;
  assert.deepEqual(partOf(packed, box(0)), { left: above!.left, top: above!.top, width: above!.width, height: 44 });
  const { top } = partOf(packed, link(0))!;
  assert.ok(above!.top + 44 < top && top < below!.top);
});
