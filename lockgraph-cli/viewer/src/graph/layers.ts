// Layers for a part of the graph that is spread thinly over the layers of the whole. A box then comes
// right below what leads to it (the longest path), and boxes of a layer are ordered by their
// neighbours above and below, as the program does it for the whole graph: what goes down still does.
// Linear in boxes and links for each of the few sweeps.

import type { Box, Link } from "./choose";

const SWEEPS = 6;

export interface Seat {
  layer: number;
  order: number;
}

/** Fewer boxes in a layer than this, on the average, are thin. */
const THIN = 5;
const FEW_LAYERS = 9;

export function seatsOf(boxes: Box[], links: Link[]): Seat[] {
  const layers = new Set(boxes.map((box) => box.layer)).size;
  const isThin = layers > FEW_LAYERS && boxes.length / layers < THIN;
  return isThin ? compact(boxes, links) : boxes.map(({ layer, order }) => ({ layer, order }));
}

export function compact(boxes: Box[], links: Link[]): Seat[] {
  const down = links.filter((link) => boxes[link.from]!.layer < boxes[link.to]!.layer);
  const layers = longestPaths(boxes, down);
  const near: number[][] = boxes.map(() => []);
  for (const { from, to } of down) {
    near[from]!.push(to);
    near[to]!.push(from);
  }
  return ordered(boxes, layers, near);
}

function longestPaths(boxes: Box[], down: Link[]): number[] {
  const layers = boxes.map(() => 0);
  for (const { from, to } of [...down].sort((one, two) => boxes[one.from]!.layer - boxes[two.from]!.layer)) {
    layers[to] = Math.max(layers[to]!, layers[from]! + 1);
  }
  // Nobody is further above than need be: from below, each goes right above the highest it leads to.
  const below: number[][] = boxes.map(() => []);
  for (const { from, to } of down) below[from]!.push(to);
  const upwards = boxes.map((_, at) => at).sort((one, two) => boxes[two]!.layer - boxes[one]!.layer);
  for (const at of upwards) {
    if (below[at]!.length > 0) layers[at] = below[at]!.reduce((least, to) => Math.min(least, layers[to]! - 1), Infinity);
  }
  return layers;
}

function ordered(boxes: Box[], layers: number[], near: number[][]): Seat[] {
  const rows: number[][] = [];
  boxes.forEach((_, at) => (rows[layers[at]!] ??= []).push(at));
  const place = boxes.map((box) => box.order);
  for (const row of rows) arrange(row ?? [], place);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const order = sweep % 2 === 0 ? rows : [...rows].reverse();
    for (const row of order) {
      const wish = new Map((row ?? []).map((at) => [at, mean(near[at]!, place, place[at]!)]));
      for (const [at, to] of wish) place[at] = to;
      arrange(row ?? [], place);
    }
  }
  return boxes.map((_, at) => ({ layer: layers[at]!, order: place[at]! }));
}

/** Places become parts of the width, in their order. */
function arrange(row: number[], place: number[]): void {
  row.sort((one, two) => place[one]! - place[two]! || one - two);
  row.forEach((at, index) => (place[at] = (index + 0.5) / row.length));
}

function mean(near: number[], place: number[], own: number): number {
  if (near.length === 0) return own;
  return near.reduce((sum, at) => sum + place[at]!, 0) / near.length;
}
