// Geometry of boxes and the arrows between them, shared by the pictures.

export interface Box {
  /** The middle. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Arrow {
  path: string;
  length: number;
  /** Where a word about it fits. */
  x: number;
  y: number;
}

/** An arrow from the rim of one box to the rim of the other, bowed to its left by `bow` pixels, so
 *  that there and back do not lie on each other. */
export function arrow(from: Box, to: Box, bow = 0): Arrow {
  if (from === to) return loop(from);
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const middle = {
    x: (from.x + to.x) / 2 + (dy / length) * bow,
    y: (from.y + to.y) / 2 - (dx / length) * bow,
  };
  const start = rim(from, middle.x, middle.y, 3);
  const end = rim(to, middle.x, middle.y, 5);
  const on = { x: (start.x + 2 * middle.x + end.x) / 4, y: (start.y + 2 * middle.y + end.y) / 4 };
  const at = bow ? on : { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
  const span = Math.hypot(end.x - start.x, end.y - start.y);
  const line = bow ? `Q${round(middle.x)} ${round(middle.y)} ` : "L";
  return { path: `M${round(start.x)} ${round(start.y)} ${line}${round(end.x)} ${round(end.y)}`, length: span, x: round(at.x), y: round(at.y) };
}

/** Where the line from the middle of a box to a point leaves the box, and `gap` further. */
export function rim(box: Box, x: number, y: number, gap: number): { x: number; y: number } {
  const [dx, dy] = [x - box.x, y - box.y];
  const length = Math.hypot(dx, dy);
  if (length === 0) return { x: box.x, y: box.y };
  const across = dx === 0 ? Infinity : box.width / 2 / Math.abs(dx);
  const down = dy === 0 ? Infinity : box.height / 2 / Math.abs(dy);
  const share = Math.min(across, down, 1) + gap / length;
  return { x: box.x + dx * share, y: box.y + dy * share };
}

function loop(box: Box): Arrow {
  const [left, right, top] = [box.x - 22, box.x + 22, box.y - box.height / 2 - 4];
  return {
    path: `M${round(left)} ${round(top)} C${round(left - 26)} ${round(top - 46)} ${round(right + 26)} ${round(top - 46)} ${round(right)} ${round(top)}`,
    length: 100,
    x: round(box.x),
    y: round(top - 36),
  };
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
