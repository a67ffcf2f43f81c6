// The whole run as a strip: how many threads held something, and how many waited, with the part that
// is shown below as a window that can be dragged; a press beside it brings it there.

import { useEffect, useRef } from "preact/hooks";
import type { Range } from "./columns";
import { overview } from "./columns";
import type { Scene } from "./scene";
import { themeOf, watchTheme } from "./theme";

interface Props {
  scene: Scene;
  /** It is drawn once, when all is read: that takes a look at every bar. */
  isDone: boolean;
  range: Range;
  onMove: (range: Range) => void;
}

const HEIGHT = 40;

export function Overview({ scene, isDone, range, onMove }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    if (!element || !isDone) return;
    const draw = (): void => paint(element, scene);
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    const unwatch = watchTheme(draw);
    return () => {
      observer.disconnect();
      unwatch();
    };
  }, [scene, isDone]);
  const events = scene.run.events;
  // How far the middle of the window is from the pointer that has it.
  const held = useRef<number | null>(null);
  const at = (event: PointerEvent): number => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * events;
  };
  const half = (range.to - range.from) / 2;
  const drag = (event: PointerEvent): void => {
    if (held.current === null || !event.isPrimary) return;
    const middle = at(event) + held.current;
    onMove({ from: middle - half, to: middle + half });
  };
  const press = (event: PointerEvent): void => {
    if (event.button !== 0 || !event.isPrimary) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    const isOnWindow = range.from <= at(event) && at(event) <= range.to;
    held.current = isOnWindow ? range.from + half - at(event) : 0;
    drag(event);
  };
  const drop = (event: PointerEvent): void => {
    if (event.isPrimary) held.current = null;
  };
  const part = (event: number): string => `${((event / events) * 100).toFixed(3)}%`;
  // The keyboard moves the same range on the canvas below.
  return (
    <div class="tl-overview" aria-hidden="true" onPointerDown={press} onPointerMove={drag} onPointerUp={drop} onPointerCancel={drop}>
      <canvas ref={canvas} />
      <div class="tl-window" style={{ left: part(range.from), width: part(range.to - range.from) }} />
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, scene: Scene): void {
  const pen = canvas.getContext("2d");
  const width = Math.max(1, canvas.clientWidth);
  canvas.width = width * devicePixelRatio;
  canvas.height = HEIGHT * devicePixelRatio;
  if (pen === null) return;
  const theme = themeOf(canvas.parentElement ?? canvas, pen, devicePixelRatio);
  const bars = scene.lanes.flatMap((lane) => (lane ? [lane.bars] : []));
  const { held, waited } = overview(bars, scene.run.events, width);
  const most = Math.max(1, ...held.map((part, at) => part + waited[at]!));
  pen.scale(devicePixelRatio, devicePixelRatio);
  for (let x = 0; x < width; x++) {
    const low = (held[x]! / most) * (HEIGHT - 4);
    const high = (waited[x]! / most) * (HEIGHT - 4);
    pen.fillStyle = theme.dense;
    pen.fillRect(x, HEIGHT - low, 1, low);
    pen.fillStyle = theme.mark;
    pen.fillRect(x, HEIGHT - low - high, 1, high);
  }
}
