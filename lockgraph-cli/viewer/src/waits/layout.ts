// Where the threads of a snapshot are drawn: those that wait in circles in a ring, so that these
// are seen; below them the others that are stuck, who runs, then those that can go on, in the order
// of their rounds. Linear in the needs but for the search of the circles.

import type { Box } from "../drawing";
import type { Snapshot } from "../model";

const WIDTH = 172;
const HEIGHT = 50;
/** More than these do not fit on an ellipse without getting small. */
const ON_ELLIPSE = 10;
const CELL = { width: 214, height: 92 };
const ACROSS = 6;
const MARGIN = 24;

export interface Layout {
  width: number;
  height: number;
  /** By position of the thread. */
  boxes: Box[];
}

export function layout(snapshot: Snapshot): Layout {
  const ring = around(snapshot);
  const places = ring.length > ON_ELLIPSE ? frame(ring.length) : ellipse(ring.length);
  const below = outside(snapshot, ring);
  const boxes: Box[] = snapshot.threads.map(() => ({ x: 0, y: 0, width: WIDTH, height: HEIGHT }));
  const put = (thread: number | undefined, x: number, y: number) => {
    const box = thread === undefined ? undefined : boxes[thread];
    if (box) Object.assign(box, { x: x + MARGIN, y: y + MARGIN });
  };
  const columns = Math.min(below.length, ACROSS);
  const inner = Math.max(places.width, columns * CELL.width);
  places.at.forEach(([x, y], i) => put(ring[i], x + (inner - places.width) / 2, y));
  const top = places.height + (ring.length && below.length ? 34 : 0);
  const indent = (inner - columns * CELL.width) / 2;
  below.forEach((thread, i) => {
    put(thread, indent + ((i % ACROSS) + 0.5) * CELL.width, top + (Math.floor(i / ACROSS) + 0.5) * CELL.height);
  });
  const height = top + Math.ceil(below.length / ACROSS) * CELL.height;
  return { width: inner + 2 * MARGIN, height: height + 2 * MARGIN, boxes };
}

/** All who are not in the ring, in the order in which they are drawn. */
function outside(snapshot: Snapshot, ring: number[]): number[] {
  const freed = snapshot.rounds.flatMap((it) => it.freed);
  const placed = new Set([...ring, ...snapshot.stuck, ...freed]);
  const running = snapshot.threads.flatMap((_, i) => (placed.has(i) ? [] : [i]));
  return [...snapshot.stuck.filter((it) => !ring.includes(it)), ...running, ...freed];
}

/** Those on circles, each followed by somebody it needs, where that is possible. */
export function around(snapshot: Snapshot): number[] {
  const circles = inCircles(snapshot);
  const left = new Set(circles);
  const order: number[] = [];
  for (const first of circles) {
    let at: number | undefined = first;
    while (at !== undefined && left.delete(at)) {
      order.push(at);
      at = snapshot.threads[at]?.needs.flatMap((it) => it.of).find((it) => left.has(it));
    }
  }
  return order;
}

// Whoever only waits for a circle would tear it apart.
function inCircles(snapshot: Snapshot): number[] {
  const isOn = (start: number) => {
    const seen = new Set<number>();
    const next = (at: number) => snapshot.threads[at]?.needs.flatMap((it) => it.of) ?? [];
    const open = next(start);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === start) return true;
      if (seen.has(at)) continue;
      seen.add(at);
      // One by one: as many arguments as there may be do not fit on the stack.
      for (const it of next(at)) open.push(it);
    }
    return false;
  };
  // Each search is linear, and a snapshot of hundreds is not looked at thread by thread.
  if (snapshot.stuck.length > 200) return snapshot.stuck;
  return snapshot.stuck.filter(isOn);
}

interface Places {
  width: number;
  height: number;
  at: [number, number][];
}

function ellipse(count: number): Places {
  if (count === 0) return { width: 0, height: 0, at: [] };
  if (count === 1) return { width: WIDTH, height: HEIGHT + 50, at: [[WIDTH / 2, HEIGHT / 2 + 50]] };
  const [across, down] = [count === 2 ? 190 : 100 + count * 31, count === 2 ? 0 : 50 + count * 27];
  const at = Array.from({ length: count }, (_, i): [number, number] => {
    const angle = (count === 2 ? Math.PI : -Math.PI / 2) + (2 * Math.PI * i) / count;
    return [across + WIDTH / 2 + across * Math.cos(angle), down + HEIGHT / 2 + down * Math.sin(angle)];
  });
  const pad = count === 2 ? 40 : 0;
  at.forEach((it) => (it[1] += pad));
  return { width: 2 * across + WIDTH, height: 2 * down + HEIGHT + 2 * pad, at };
}

/** Along the sides of a rectangle, clockwise from the top left. */
function frame(count: number): Places {
  const columns = ACROSS;
  const rows = Math.max(2, Math.ceil((count + 4) / 2) - columns);
  const cells: [number, number][] = [];
  for (let x = 0; x < columns; x++) cells.push([x, 0]);
  for (let y = 1; y < rows; y++) cells.push([columns - 1, y]);
  for (let x = columns - 2; x >= 0; x--) cells.push([x, rows - 1]);
  for (let y = rows - 2; y > 0; y--) cells.push([0, y]);
  const at = cells.slice(0, count).map(([x, y]): [number, number] => [(x + 0.5) * CELL.width, (y + 0.5) * CELL.height]);
  return { width: columns * CELL.width, height: rows * CELL.height, at };
}
