// The canvas of the timeline: what part of the run it shows, and when it is drawn. It knows no keys and
// no pointers (`gestures.ts`), and draws at most once a frame.

import type { Row } from "./bars";
import { around, clamp, pan, zoom } from "./axis";
import type { Range } from "./columns";
import { AXIS, type Frame, paint } from "./paint";
import { type Found, type Scene, type Spot, heightOf, spotAt } from "./scene";
import { type Theme, themeOf, watchTheme } from "./theme";

export interface Stage {
  range(): Range;
  width(): number;
  scroll(): number;
  setRange(range: Range): void;
  zoom(factor: number, x?: number): void;
  /** In pixels. */
  pan(by: number): void;
  setScroll(top: number): void;
  setScene(scene: Scene): void;
  setMatches(matches: Frame["matches"]): void;
  setSpot(spot: Spot | null): void;
  setHover(spot: Spot | null): void;
  /** Scrolls and moves so that it is seen. */
  reveal(spot: Spot): void;
  zoomTo(spot: Spot): void;
  find(x: number, y: number): Found | null;
  end(): void;
}

export interface Moved {
  range: Range;
  scroll: number;
  height: number;
}

export function startStage(canvas: HTMLCanvasElement, scroller: HTMLElement, first: Scene, marks: number[], moved: (to: Moved) => void): Stage {
  const pen = canvas.getContext("2d", { alpha: false });
  if (pen === null) throw new Error("this browser has no canvas");
  let scene = first;
  let range: Range = clamp({ from: 0, to: scene.run.events }, scene.run.events);
  let scroll = 0;
  let width = 1;
  let height = 1;
  let theme: Theme | null = null;
  let spot: Spot | null = null;
  let hover: Spot | null = null;
  let matches: ((lane: number) => Row[]) | null = null;
  let pending = 0;

  const draw = (): void => {
    pending = 0;
    theme ??= themeOf(canvas.parentElement ?? canvas, pen, devicePixelRatio);
    pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    paint({ pen, width, height, range, scroll, scene, theme, spot, hover, matches, marks });
    moved({ range, scroll, height });
  };
  const ask = (): void => {
    if (pending === 0) pending = requestAnimationFrame(draw);
  };
  const fit = (): void => {
    width = Math.max(1, canvas.clientWidth);
    height = Math.max(1, canvas.clientHeight);
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    theme = null;
    ask();
  };
  const setRange = (to: Range): void => {
    range = clamp(to, scene.run.events);
    ask();
  };
  const eventAt = (x: number): number => range.from + (x / width) * (range.to - range.from);
  const scrolled = (): void => {
    scroll = scroller.scrollTop;
    ask();
  };
  const reveal = (to: Spot): void => {
    const bars = scene.lanes[to.lane]?.bars;
    if (!bars) return;
    const top = scene.tops[to.lane]!;
    const bottom = scene.tops[to.lane + 1]!;
    if (top < scroll) scroller.scrollTop = top;
    else if (bottom > scroll + height - AXIS) scroller.scrollTop = bottom - height + AXIS;
    const begin = bars.begin[to.bar]!;
    const length = range.to - range.from;
    if (begin < range.from || begin > range.to) setRange({ from: begin - length / 3, to: begin + (length * 2) / 3 });
  };
  const observer = new ResizeObserver(fit);
  observer.observe(canvas);
  scroller.addEventListener("scroll", scrolled, { passive: true });
  const unwatch = watchTheme(fit);
  fit();

  return {
    range: () => range,
    width: () => width,
    scroll: () => scroll,
    setRange,
    zoom: (factor, x = width / 2) => setRange(zoom(range, factor, eventAt(x), scene.run.events)),
    pan: (by) => setRange(pan(range, (by / width) * (range.to - range.from), scene.run.events)),
    setScroll: (top) => {
      scroller.scrollTop = Math.max(0, Math.min(top, heightOf(scene) + AXIS));
    },
    setScene: (to) => {
      scene = to;
      ask();
    },
    setMatches: (to) => {
      matches = to;
      ask();
    },
    setSpot: (to) => {
      spot = to;
      ask();
    },
    setHover: (to) => {
      hover = to;
      ask();
    },
    reveal,
    zoomTo: (to) => {
      const bars = scene.lanes[to.lane]?.bars;
      if (!bars) return;
      setRange(around(bars.begin[to.bar]!, bars.end[to.bar]!, scene.run.events));
      reveal(to);
    },
    find: (x, y) => (y < AXIS ? null : spotAt(scene, y - AXIS + scroll, eventAt(x), (1.5 * (range.to - range.from)) / width)),
    end: () => {
      cancelAnimationFrame(pending);
      observer.disconnect();
      scroller.removeEventListener("scroll", scrolled);
      unwatch();
    },
  };
}
