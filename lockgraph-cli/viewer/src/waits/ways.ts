// How arrows go round the boxes between their ends: of a few bows the first that touches none.
// Arrows times boxes; past a limit they go straight.

import { arrow, type Arrow, type Box } from "../drawing";

const BOWS = [0, 50, -50, 95, -95, 150, -150];
const SAMPLES = 16;
const MOST = 40_000;

export function ways(pairs: [number, number][], boxes: Box[]): Arrow[] {
  const isLarge = pairs.length * boxes.length > MOST;
  const known = new Set(pairs.map(([from, to]) => `${from} ${to}`));
  return pairs.map(([from, to]) => {
    const [a, b] = [boxes[from]!, boxes[to]!];
    // There and back bow apart, each to its left.
    const first = from !== to && known.has(`${to} ${from}`) ? BOWS.slice(1) : BOWS;
    if (isLarge || from === to) return arrow(a, b, first[0]);
    return arrow(a, b, best(first, a, b, boxes));
  });
}

function best(bows: number[], a: Box, b: Box, boxes: Box[]): number {
  let [least, found] = [Infinity, bows[0] ?? 0];
  for (const bow of bows) {
    const touched = touches(a, b, bow, boxes);
    if (touched < least) [least, found] = [touched, bow];
    if (touched === 0) break;
  }
  return found;
}

/** How many points of the arrow lie in boxes other than its ends. */
export function touches(a: Box, b: Box, bow: number, boxes: Box[]): number {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const over = { x: (a.x + b.x) / 2 + ((b.y - a.y) / length) * bow, y: (a.y + b.y) / 2 - ((b.x - a.x) / length) * bow };
  const others = boxes.filter((it) => it !== a && it !== b);
  let count = 0;
  for (let i = 1; i < SAMPLES; i++) {
    const [t, s] = [i / SAMPLES, 1 - i / SAMPLES];
    const x = s * s * a.x + 2 * s * t * over.x + t * t * b.x;
    const y = s * s * a.y + 2 * s * t * over.y + t * t * b.y;
    if (others.some((it) => Math.abs(x - it.x) < it.width / 2 + 6 && Math.abs(y - it.y) < it.height / 2 + 6)) count++;
  }
  return count;
}
