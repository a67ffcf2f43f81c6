// Where boxes and links lie. Layers and orders come with the graph and are kept: layers without boxes
// are dropped, a layer that is too wide becomes several rows, and in a few sweeps each box is pulled
// to the middle of its neighbours, as near as its neighbours in the row let it (isotonic regression:
// the best places that keep order and distance, in linear time).
//
// A link that passes rows has a stop in each of them, which takes room as a box does, so that no line
// runs behind a box. A link that goes up leaves and arrives at the right side of its boxes.

import type { Box, Link } from "./choose";
import { labelOf, widthOf } from "./label";
import { type Seat, seatsOf } from "./layers";

export interface Point {
  x: number;
  y: number;
}

export interface Placed {
  box: number;
  label: string;
  left: number;
  top: number;
  width: number;
}

export interface Route {
  link: number;
  /** From the box, by its stops, to the box. */
  points: Point[];
  way: "down" | "up" | "flat" | "loop";
}

export interface Packed {
  boxes: Placed[];
  routes: Route[];
  width: number;
  height: number;
}

export const BOX_HEIGHT = 44;
const BETWEEN = 26;
const ROW_GAP = 62;
const STOP_WIDTH = 14;
const MOST_STOPS = 2500;
const SWEEPS = 6;

/** A box or a stop in a row. */
interface Item {
  box: number;
  order: number;
  width: number;
  x: number;
  near: Item[];
}

export function pack(boxes: Box[], links: Link[]): Packed {
  const rows = rowsOf(boxes, seatsOf(boxes, links));
  const items: Item[] = [];
  const rowOf: number[] = [];
  rows.forEach((row, at) => {
    for (const item of row) {
      items[item.box] = item;
      rowOf[item.box] = at;
    }
  });
  for (const row of rows) placeBeside(row);
  const stops = links.map((link) => addStops(rows, items, rowOf, link));
  thin(rows, stops);
  for (const row of rows) row.sort((one, two) => one.order - two.order);
  join(items, links, stops);
  sweep(rows);
  return measure(boxes, links, rows, items, rowOf, stops);
}

function rowsOf(boxes: Box[], seats: Seat[]): Item[][] {
  const layers = new Map<number, Item[]>();
  boxes.forEach((box, at) => {
    const { layer, order } = seats[at]!;
    const item = { box: at, order, width: widthOf(box), x: 0, near: [] };
    layers.set(layer, [...(layers.get(layer) ?? []), item]);
  });
  const sorted = [...layers].sort(([one], [two]) => one - two).map(([, row]) => row.sort((one, two) => one.order - two.order));
  const area = sorted.flat().reduce((sum, item) => sum + (item.width + BETWEEN) * (BOX_HEIGHT + ROW_GAP), 0);
  const widest = Math.max(900, Math.sqrt(area) * 1.5);
  return sorted.flatMap((row) => split(row, widest));
}

/** Every second one into the second row and so on, so that left stays left. */
function split(row: Item[], widest: number): Item[][] {
  const width = row.reduce((sum, item) => sum + item.width + BETWEEN, 0);
  const parts = Math.ceil(width / widest);
  return Array.from({ length: parts }, (_, part) => row.filter((_, at) => at % parts === part));
}

/** From left to right, the row's middle at 0; the order becomes the place, so that stops find theirs. */
function placeBeside(row: Item[]): void {
  const width = row.reduce((sum, item) => sum + item.width + BETWEEN, -BETWEEN);
  let left = -width / 2;
  for (const item of row) {
    item.x = left + item.width / 2;
    item.order = item.x;
    left += item.width + BETWEEN;
  }
}

/** The rows that the link passes; for one that goes up, those of its ends too. */
function addStops(rows: Item[][], items: Item[], rowOf: number[], link: Link): Item[] {
  const from = rowOf[link.from]!;
  const to = rowOf[link.to]!;
  const [a, b] = [items[link.from]!, items[link.to]!];
  if (from === to && a !== b) return [];
  if (from >= to) return stopsUp(rows, a, b, from, to);
  const stops: Item[] = [];
  for (let row = from + 1; row < to; row++) {
    const part = (row - from) / (to - from);
    stops.push(stop(rows[row]!, a.order + (b.order - a.order) * part));
  }
  return stops;
}

function stopsUp(rows: Item[][], a: Item, b: Item, from: number, to: number): Item[] {
  const stops: Item[] = [];
  for (let row = from; row >= to; row--) {
    const part = from === to ? 0 : (from - row) / (from - to);
    const end = row === from ? a : row === to ? b : null;
    const order = end === null ? Math.max(a.order, b.order) * 0.5 + (a.order + (b.order - a.order) * part) * 0.5 : end.order + 0.01;
    stops.push(stop(rows[row]!, order));
  }
  return stops;
}

function stop(row: Item[], order: number): Item {
  const item = { box: -1, order, width: STOP_WIDTH, x: order, near: [] };
  row.push(item);
  return item;
}

/** So many stops that they would need more room than the boxes are worth nothing: lines then run
 *  behind boxes, which are drawn above them. */
function thin(rows: Item[][], stops: Item[][]): void {
  if (stops.reduce((sum, list) => sum + list.length, 0) <= MOST_STOPS) {
    const boxes = rows.flat().filter((item) => item.box >= 0).length;
    const most = Math.max(12, Math.round(Math.sqrt(boxes) * 3));
    for (const row of rows) {
      const many = row.filter((item) => item.box < 0).length;
      if (many > most) for (const item of row) if (item.box < 0) item.width = (STOP_WIDTH * most) / many;
    }
    return;
  }
  rows.forEach((row, at) => (rows[at] = row.filter((item) => item.box >= 0)));
  for (const list of stops) list.length = 0;
}

function join(items: Item[], links: Link[], stops: Item[][]): void {
  links.forEach((link, at) => {
    const chain = [items[link.from]!, ...stops[at]!, items[link.to]!];
    for (let one = 0; one + 1 < chain.length; one++) {
      if (chain[one] === chain[one + 1]) continue;
      chain[one]!.near.push(chain[one + 1]!);
      chain[one + 1]!.near.push(chain[one]!);
    }
  });
}

function sweep(rows: Item[][]): void {
  for (const row of rows) settle(row, row.map((item) => item.x));
  for (let round = 0; round < SWEEPS; round++) {
    const order = round % 2 === 0 ? rows : [...rows].reverse();
    for (const row of order) settle(row, row.map((item) => middle(item)));
  }
}

function middle(item: Item): number {
  if (item.near.length === 0) return item.x;
  const places = item.near.map((near) => near.x).sort((one, two) => one - two);
  const half = places.length >> 1;
  const median = places.length % 2 === 1 ? places[half]! : (places[half - 1]! + places[half]!) / 2;
  // A part of the way keeps what has one far neighbour from drifting off with it.
  return item.x * 0.3 + median * 0.7;
}

/** As near to the wished places as order and distance let them be: neighbours that would overlap move
 *  together, as one block. */
export function settle(row: { width: number; x: number }[], wishes: number[]): void {
  const blocks: { sum: number; count: number }[] = [];
  const offsets: number[] = [];
  let offset = 0;
  row.forEach((item, at) => {
    if (at > 0) offset += (row[at - 1]!.width + item.width) / 2 + gap(row[at - 1]!, item);
    offsets.push(offset);
    let block = { sum: wishes[at]! - offset, count: 1 };
    for (let last = blocks.at(-1); last && last.sum / last.count >= block.sum / block.count; last = blocks.at(-1)) {
      block = { sum: last.sum + block.sum, count: last.count + block.count };
      blocks.pop();
    }
    blocks.push(block);
  });
  let at = 0;
  for (const block of blocks) {
    for (let one = 0; one < block.count; one++, at++) row[at]!.x = block.sum / block.count + offsets[at]!;
  }
}

/** Lines may lie closer to each other than boxes. */
function gap(one: { width: number }, two: { width: number }): number {
  const isLine = (item: { width: number }): boolean => item.width <= STOP_WIDTH;
  return isLine(one) && isLine(two) ? 0 : isLine(one) || isLine(two) ? 4 : BETWEEN;
}

function measure(boxes: Box[], links: Link[], rows: Item[][], items: Item[], rowOf: number[], stops: Item[][]): Packed {
  const all = rows.flat();
  const left = Math.min(0, ...all.map((item) => item.x - item.width / 2));
  const right = Math.max(0, ...all.map((item) => item.x + item.width / 2));
  const tops = rows.map((_, at) => at * (BOX_HEIGHT + ROW_GAP));
  const placed = boxes.map((box, at) => {
    const item = items[at]!;
    return { box: at, label: labelOf(box), left: item.x - item.width / 2 - left, top: tops[rowOf[at]!]!, width: item.width };
  });
  const ports = portsOf(links, items, rowOf);
  const routes = links.map((link, at) => {
    const places = stops[at]!.map((item) => item.x - left);
    return routeOf(link, at, placed, rowOf, tops, places, ports);
  });
  return { boxes: placed, routes, width: right - left, height: Math.max(0, rows.length * (BOX_HEIGHT + ROW_GAP) - ROW_GAP) };
}

interface Ports {
  out: number[];
  in: number[];
}

/** Lines leave and arrive beside each other, in the order of where they go: parts of the width. */
function portsOf(links: Link[], items: Item[], rowOf: number[]): Ports {
  const ports: Ports = { out: links.map(() => 0.5), in: links.map(() => 0.5) };
  const down = links.flatMap((link, at) => (rowOf[link.from]! < rowOf[link.to]! ? [at] : []));
  const spread = (key: (link: Link) => number, other: (link: Link) => number, into: number[]): void => {
    const byBox = new Map<number, number[]>();
    for (const at of down) byBox.set(key(links[at]!), [...(byBox.get(key(links[at]!)) ?? []), at]);
    for (const list of byBox.values()) {
      list.sort((one, two) => items[other(links[one]!)]!.x - items[other(links[two]!)]!.x);
      list.forEach((at, place) => (into[at] = (place + 1) / (list.length + 1)));
    }
  };
  spread((link) => link.from, (link) => link.to, ports.out);
  spread((link) => link.to, (link) => link.from, ports.in);
  return ports;
}

function routeOf(link: Link, at: number, placed: Placed[], rowOf: number[], tops: number[], stops: number[], ports: Ports): Route {
  const from = placed[link.from]!;
  const to = placed[link.to]!;
  const [a, b] = [rowOf[link.from]!, rowOf[link.to]!];
  const middleOf = (row: number): number => tops[row]! + BOX_HEIGHT / 2;
  if (a < b) {
    const start = { x: port(from, ports.out[at]!), y: from.top + BOX_HEIGHT };
    const end = { x: port(to, ports.in[at]!), y: to.top };
    const inner = stops.map((x, one) => ({ x, y: middleOf(a + 1 + one) }));
    return { link: at, way: "down", points: [start, ...inner, end] };
  }
  if (link.from === link.to) {
    const side = { x: from.left + from.width, y: from.top };
    return { link: at, way: "loop", points: [{ ...side, y: side.y + 12 }, { ...side, y: side.y + BOX_HEIGHT - 12 }] };
  }
  if (a === b) {
    // There above the boxes, back below them.
    const y = from.left < to.left ? from.top : from.top + BOX_HEIGHT;
    const point = (box: Placed): Point => ({ x: box.left + box.width / 2, y });
    return { link: at, way: "flat", points: [point(from), point(to)] };
  }
  const inner = stops.map((x, one) => ({ x, y: middleOf(a - one) }));
  const side = (box: Placed): Point => ({ x: box.left + box.width, y: box.top + BOX_HEIGHT / 2 });
  return { link: at, way: "up", points: [side(from), ...inner, side(to)] };
}

/** The outer quarters stay free: the corners are round. */
function port(box: Placed, part: number): number {
  return box.left + box.width * (0.12 + 0.76 * part);
}
