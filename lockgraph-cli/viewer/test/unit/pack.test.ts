import assert from "node:assert/strict";
import { test } from "node:test";
import type { Box, Link } from "../../src/graph/choose";
import { pathOf } from "../../src/graph/curves";
import { compact } from "../../src/graph/layers";
import { BOX_HEIGHT, pack, settle } from "../../src/graph/pack";
import { chance } from "./chance";

function box(label: string, layer: number, order: number): Box {
  return { id: label, label, detail: "mutex", nodes: [], group: null, layer, order, is_in_cycle: false, more: 0 };
}

function link(from: number, to: number): Link {
  return { id: `${from}-${to}`, from, to, edges: [0], count: 1, is_in_cycle: false };
}

function random(seed: number, count: number, layers: number): { boxes: Box[]; links: Link[] } {
  const next = chance(seed);
  const boxes = Array.from({ length: count }, (_, at) => box("x".repeat(1 + Math.floor(next() * 30)), Math.floor(next() * layers) * 3, at));
  const pairs = new Map<string, Link>();
  for (let at = 0; at < count * 2; at++) {
    const one = link(Math.floor(next() * count), Math.floor(next() * count));
    pairs.set(one.id, one);
  }
  return { boxes, links: [...pairs.values()] };
}

test("boxes lie apart, in the order of their layers", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { boxes, links } = random(seed, 40, 6);
    const { boxes: placed, width, height } = pack(boxes, links);
    for (const one of placed) {
      assert.ok(one.left >= -0.01 && one.left + one.width <= width + 0.01 && one.top + BOX_HEIGHT <= height, `seed ${seed}: in the picture`);
      for (const two of placed) {
        if (one === two) continue;
        const isApart = one.top !== two.top || one.left + one.width <= two.left || two.left + two.width <= one.left;
        assert.ok(isApart, `seed ${seed}: ${JSON.stringify([one, two])}`);
        if (boxes[one.box]!.layer < boxes[two.box]!.layer) assert.ok(one.top < two.top, `seed ${seed}: layers`);
      }
    }
  }
});

test("no line runs behind a box where it passes its row", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { boxes, links } = random(seed, 30, 5);
    const { boxes: placed, routes } = pack(boxes, links);
    for (const route of routes) {
      for (const stop of route.points.slice(1, -1)) {
        const hit = placed.find((one) => one.top < stop.y && stop.y < one.top + BOX_HEIGHT && one.left < stop.x && stop.x < one.left + one.width);
        assert.equal(hit, undefined, `seed ${seed}: line ${route.link}`);
      }
    }
  }
});

test("a line that goes down leaves below and arrives above, one that goes up is at the right side", () => {
  const { boxes, routes } = pack([box("a", 0, 0), box("b", 4, 0)], [link(0, 1), link(1, 0), link(0, 0)]);
  const [a, b] = [boxes[0]!, boxes[1]!];
  assert.deepEqual(routes.map((route) => route.way), ["down", "up", "loop"]);
  assert.equal(routes[0]!.points[0]!.y, a.top + BOX_HEIGHT);
  assert.equal(routes[0]!.points.at(-1)!.y, b.top);
  assert.equal(routes[1]!.points[0]!.x, b.left + b.width);
  assert.equal(routes[1]!.points.at(-1)!.x, a.left + a.width);
  assert.ok(routes[1]!.points.slice(1, -1).every((stop) => stop.x > Math.min(a.left + a.width, b.left + b.width)));
  for (const route of routes) assert.match(pathOf(route), /^M[-\d.,]+(C[-\d., ]+|V[-\d.]+)+$/);
});

test("boxes come as near to their wishes as order and distance let them", () => {
  // Rows of three unit boxes at whole places: settle is compared with the best of all of them.
  const cost = (places: number[], wishes: number[]): number => places.reduce((sum, place, at) => sum + (place - wishes[at]!) ** 2, 0);
  for (const wishes of [[0, 0, 0], [5, 0, 9], [3, 2, 1], [0, 100, 200], [50, 50, 0]]) {
    const row = wishes.map(() => ({ width: 74, x: 0 }));
    settle(row, wishes.map((wish) => wish * 10));
    const mine = cost(row.map((item) => item.x), wishes.map((wish) => wish * 10));
    let best = Infinity;
    for (let a = -200; a <= 600; a += 10) {
      for (let b = a + 100; b <= 1200; b += 10) {
        for (let c = b + 100; c <= 2100; c += 10) best = Math.min(best, cost([a, b, c], wishes.map((wish) => wish * 10)));
      }
    }
    assert.ok(mine <= best + 1e-6, `${wishes}: ${mine} is more than ${best}`);
    assert.ok(row[1]!.x - row[0]!.x >= 100 - 1e-6 && row[2]!.x - row[1]!.x >= 100 - 1e-6, `${wishes}: apart`);
  }
});

test("what goes down still does in fewer layers, and what leads nowhere has no layer of its own", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { boxes, links } = random(seed, 40, 30);
    const seats = compact(boxes, links);
    for (const { from, to } of links) {
      if (boxes[from]!.layer < boxes[to]!.layer) assert.ok(seats[from]!.layer < seats[to]!.layer, `seed ${seed}`);
    }
    const used = new Set(seats.map((seat) => seat.layer));
    assert.ok(used.size <= new Set(boxes.map((one) => one.layer)).size, `seed ${seed}`);
  }
  const chain = compact([box("a", 0, 0), box("b", 10, 0), box("c", 50, 0), box("d", 7, 0)], [link(0, 1), link(1, 2), link(3, 2)]);
  assert.deepEqual(chain.map((seat) => seat.layer), [0, 1, 2, 1]);
});
