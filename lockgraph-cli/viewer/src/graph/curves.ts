// Lines of the links as SVG paths.

import type { Point, Route } from "./pack";
import { BOX_HEIGHT } from "./pack";

export function pathOf(route: Route): string {
  const [first, ...rest] = route.points;
  if (first === undefined || rest.length === 0) return "";
  switch (route.way) {
    case "down":
      return down(first, rest);
    case "up":
      return up(route.points);
    case "flat":
      return flat(first, rest[0]!);
    case "loop":
      return loop(first, rest[0]!);
  }
}

function n(number: number): string {
  return String(Math.round(number * 10) / 10);
}

function to(one: Point, two: Point, end: Point): string {
  return `C${n(one.x)},${n(one.y)} ${n(two.x)},${n(two.y)} ${n(end.x)},${n(end.y)}`;
}

/** Straight through the height of a row, so that the line stays between the boxes there, and in a
 *  curve from row to row. */
function down(first: Point, rest: Point[]): string {
  const parts = [`M${n(first.x)},${n(first.y)}`];
  let at = first;
  rest.forEach((point, index) => {
    const isLast = index === rest.length - 1;
    const end = isLast ? point : { x: point.x, y: point.y - BOX_HEIGHT / 2 };
    const half = (end.y - at.y) / 2;
    parts.push(to({ x: at.x, y: at.y + half }, { x: end.x, y: end.y - half }, end));
    at = isLast ? end : { x: point.x, y: point.y + BOX_HEIGHT / 2 };
    if (!isLast) parts.push(`V${n(at.y)}`);
  });
  return parts.join("");
}

/** Out of the right side, up, and in at the right side. */
function up(points: Point[]): string {
  const first = points[0]!;
  const last = points.at(-1)!;
  const stops = points.slice(1, -1);
  if (stops.length === 0) {
    const far = Math.max(first.x, last.x) + 40;
    return `M${n(first.x)},${n(first.y)}${to({ x: far, y: first.y }, { x: far, y: last.y }, last)}`;
  }
  const half = BOX_HEIGHT / 2;
  const begin = stops[0]!;
  const parts = [`M${n(first.x)},${n(first.y)}`, to({ x: begin.x, y: first.y }, { x: begin.x, y: first.y }, { x: begin.x, y: first.y - half })];
  let at = { x: begin.x, y: first.y - half };
  stops.slice(1).forEach((stop, index) => {
    const isLast = index === stops.length - 2;
    const end = { x: stop.x, y: stop.y + half };
    const bend = (at.y - end.y) / 2;
    parts.push(to({ x: at.x, y: at.y - bend }, { x: end.x, y: end.y + bend }, end));
    at = end;
    if (!isLast) {
      at = { x: stop.x, y: stop.y - half };
      parts.push(`V${n(at.y)}`);
    }
  });
  parts.push(to({ x: at.x, y: last.y }, { x: at.x, y: last.y }, last));
  return parts.join("");
}

function flat(from: Point, end: Point): string {
  const rise = Math.min(46, 18 + Math.abs(end.x - from.x) / 12) * (from.x < end.x ? 1 : -1);
  return `M${n(from.x)},${n(from.y)}${to({ x: from.x, y: from.y - rise }, { x: end.x, y: end.y - rise }, end)}`;
}

function loop(from: Point, end: Point): string {
  return `M${n(from.x)},${n(from.y)}${to({ x: from.x + 34, y: from.y - 8 }, { x: end.x + 34, y: end.y + 8 }, end)}`;
}

/** By the logarithm: a count of a million is a few times as wide as one. */
export function strokeOf(count: number, is_in_cycle: boolean): number {
  return Math.round(((is_in_cycle ? 1.8 : 1.2) + Math.log10(Math.max(1, count)) * 0.6) * 10) / 10;
}
