// Where the keys lead in the drawing, which is one stop of Tab: from box to box by the rows that they
// lie in, and along the lines of a box. Arrows reach every box, for a row is walked from end to end, and
// up and down lead to the next row wherever its boxes are. Linear in boxes and lines.

import type { Drawn } from "./choose";
import type { Chosen } from "./chosen";
import { isBox, isLink } from "./chosen";
import { BOX_HEIGHT, type Packed, type Placed, type Point } from "./pack";
import type { Part } from "./zoom";

/** A box or a line, by its position among those that are drawn. */
export interface Stop {
  what: "box" | "link";
  at: number;
}

export const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"] as const;
export type Arrow = (typeof ARROWS)[number];

/** It stays the same when others come and go: of a line it is its heaviest edge. */
export function idOf(drawn: Drawn, stop: Stop): string {
  return stop.what === "box" ? drawn.boxes[stop.at]!.id : `e${drawn.links[stop.at]!.edges[0]!}`;
}

/** What has this id, or is chosen, or comes first; null if nothing is drawn. */
export function stopOf(drawn: Drawn, packed: Packed, id: string | null, chosen: Chosen | null): Stop | null {
  const first = inOrder(packed.boxes)[0];
  return withId(drawn, id) ?? chosenStop(drawn, chosen) ?? (first ? { what: "box", at: first.box } : null);
}

function withId(drawn: Drawn, id: string | null): Stop | null {
  if (id === null) return null;
  const edge = id.startsWith("e") ? Number(id.slice(1)) : -1;
  if (edge >= 0) return found("link", drawn.links.findIndex((link) => link.edges.includes(edge)));
  return found("box", drawn.boxes.findIndex((box) => box.id === id));
}

export function chosenStop(drawn: Drawn, chosen: Chosen | null): Stop | null {
  if (chosen?.what === "edges") return found("link", drawn.links.findIndex((link) => isLink(link, chosen)));
  return found("box", drawn.boxes.findIndex((box) => isBox(box, chosen)));
}

function found(what: Stop["what"], at: number): Stop | null {
  return at < 0 ? null : { what, at };
}

/** As one reads: by rows, from left to right. */
export function inOrder(places: Placed[]): Placed[] {
  return [...places].sort((one, two) => one.top - two.top || one.left - two.left);
}

/** Where a key leads from `stop`; `origin` is the box whose lines are gone through. Null: nowhere. */
export function next(drawn: Drawn, packed: Packed, stop: Stop, origin: number | null, key: string): Stop | null {
  const order = inOrder(packed.boxes);
  if (key === "Home" || key === "End") return box(order.at(key === "Home" ? 0 : -1));
  if (key === "j" || key === "k") return along(drawn, stop, origin, key === "j" ? 1 : -1);
  if (!isArrow(key)) return null;
  if (stop.what === "link") return end(drawn, packed, stop.at, origin, key);
  return box(beside(order, packed.boxes[stop.at]!, key));
}

export function isArrow(key: string): key is Arrow {
  return (ARROWS as readonly string[]).includes(key);
}

function box(place: Placed | undefined): Stop | null {
  return place ? { what: "box", at: place.box } : null;
}

/** The nearest box in the row, or the one in the next row that lies least to the side. */
function beside(order: Placed[], from: Placed, arrow: Arrow): Placed | undefined {
  if (arrow === "ArrowLeft" || arrow === "ArrowRight") {
    const at = order.indexOf(from) + (arrow === "ArrowLeft" ? -1 : 1);
    return order[at]?.top === from.top ? order[at] : undefined;
  }
  const isUp = arrow === "ArrowUp";
  const beyond = order.filter((place) => (isUp ? place.top < from.top : place.top > from.top));
  const row = (isUp ? beyond.at(-1) : beyond[0])?.top;
  const aside = (place: Placed): number => Math.abs(middle(place).x - middle(from).x);
  return beyond.filter((place) => place.top === row).sort((one, two) => aside(one) - aside(two))[0];
}

function middle(place: Placed): Point {
  return { x: place.left + place.width / 2, y: place.top + BOX_HEIGHT / 2 };
}

/** The lines of a box, round and round: first those that leave it. */
function along(drawn: Drawn, stop: Stop, origin: number | null, way: 1 | -1): Stop | null {
  const of = stop.what === "box" ? stop.at : originOf(drawn, stop.at, origin);
  const lines = linesOf(drawn, of);
  if (lines.length === 0) return null;
  const now = stop.what === "link" ? lines.indexOf(stop.at) : way === 1 ? -1 : 0;
  return { what: "link", at: lines[(now + way + lines.length) % lines.length]! };
}

export function linesOf(drawn: Drawn, at: number): number[] {
  const outward = drawn.links.flatMap((link, line) => (link.from === at ? [line] : []));
  const inward = drawn.links.flatMap((link, line) => (link.to === at && link.from !== at ? [line] : []));
  return [...outward, ...inward];
}

function originOf(drawn: Drawn, line: number, origin: number | null): number {
  const { from, to } = drawn.links[line]!;
  return origin === to ? to : from;
}

/** The end of a line that lies farther that way; if neither does, the one that one does not come from. */
function end(drawn: Drawn, packed: Packed, line: number, origin: number | null, arrow: Arrow): Stop {
  const { from, to } = drawn.links[line]!;
  const [one, two] = [middle(packed.boxes[from]!), middle(packed.boxes[to]!)];
  const across = arrow === "ArrowLeft" || arrow === "ArrowRight";
  const sign = arrow === "ArrowLeft" || arrow === "ArrowUp" ? -1 : 1;
  const further = sign * (across ? two.x - one.x : two.y - one.y);
  const other = originOf(drawn, line, origin) === from ? to : from;
  return { what: "box", at: further === 0 ? other : further > 0 ? to : from };
}

/** What has to be seen of it: a box, or the middle of a line. */
export function partOf(packed: Packed, stop: Stop): Part | null {
  if (stop.what === "box") {
    const place = packed.boxes[stop.at];
    return place ? { left: place.left, top: place.top, width: place.width, height: BOX_HEIGHT } : null;
  }
  const points = packed.routes[stop.at]?.points ?? [];
  const [one, two] = [points[Math.floor((points.length - 1) / 2)], points[Math.floor(points.length / 2)]];
  return one && two ? { left: (one.x + two.x) / 2, top: (one.y + two.y) / 2, width: 0, height: 0 } : null;
}
