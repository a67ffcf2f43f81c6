// Fingers on the page, through the debugger: Playwright itself has one finger, which taps.

/** Options of a context with a screen to be touched. */
export const TOUCH = { hasTouch: true };

/**
 * Puts fingers down, moves them in steps and lifts them. Of each finger its places, the first and the
 * last: [[x, y], [x, y]]. At each step one finger after the other moves, as hands do.
 */
export async function touch(page, fingers, steps = 5) {
  const debug = await page.context().newCDPSession(page);
  const send = (type, places) => debug.send("Input.dispatchTouchEvent", { type, touchPoints: places.map(([x, y], id) => ({ x, y, id })) });
  const now = fingers.map(([from]) => from);
  for (let down = 1; down <= now.length; down++) await send("touchStart", now.slice(0, down));
  for (let step = 1; step <= steps; step++) {
    for (const [at, [from, to]] of fingers.entries()) {
      if (same(from, to)) continue;
      now[at] = from.map((start, axis) => start + ((to[axis] - start) * step) / steps);
      await send("touchMove", now);
    }
  }
  for (let left = now.length - 1; left >= 0; left--) await send("touchEnd", now.slice(0, left));
  await debug.detach();
}

function same([x, y], [toX, toY]) {
  return x === toX && y === toY;
}
