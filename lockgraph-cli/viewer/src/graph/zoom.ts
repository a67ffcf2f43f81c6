// Moving and zooming of the drawing: d3-zoom on the frame, its transform on the two layers.

import { select } from "d3-selection";
import { type ZoomTransform, zoom, zoomIdentity, zoomTransform } from "d3-zoom";

export interface Lens {
  by(factor: number): void;
  pan(x: number, y: number): void;
  fit(width: number, height: number): void;
  /** So that a place of the drawing is in the middle, large enough to be read. */
  centre(x: number, y: number): void;
  /** Moves the drawing against a change of its places, so that what one looks at stays. */
  shift(x: number, y: number): void;
  /** Moves no more than it must for this part to be seen, now and when the frame changes. */
  reveal(part: Part | null): void;
  end(): void;
}

export interface Part {
  left: number;
  top: number;
  width: number;
  height: number;
}

const SMALLEST = 0.05;
const LARGEST = 4;
const MARGIN = 28;
const READABLE = 0.8;

export function startZoom(frame: HTMLElement, layers: SVGGElement[]): Lens {
  const behaviour = zoom<HTMLElement, unknown>()
    .scaleExtent([SMALLEST, LARGEST])
    .clickDistance(4)
    .on("zoom", (event: { transform: ZoomTransform }) => {
      for (const layer of layers) layer.setAttribute("transform", event.transform.toString());
      frame.classList.toggle("far", event.transform.k < 0.45);
    });
  const chosen = select(frame).call(behaviour).on("dblclick.zoom", null);
  const size = (): { width: number; height: number } => ({ width: frame.clientWidth, height: frame.clientHeight });
  const set = (transform: ZoomTransform): void => void chosen.call(behaviour.transform, transform);
  // What all of it was fitted to, until somebody moves it.
  let fitted: { width: number; height: number } | null = null;
  // A press alone moves nothing.
  behaviour.on("zoom.fitted", (event: { sourceEvent: unknown }) => {
    if (event.sourceEvent) fitted = null;
  });
  const fit = (width: number, height: number): void => {
    fitted = { width, height };
    const room = size();
    const across = (room.width - MARGIN * 2) / Math.max(1, width);
    const k = Math.max(SMALLEST, Math.min(1.1, across, (room.height - MARGIN * 2) / Math.max(1, height)));
    set(zoomIdentity.translate((room.width - width * k) / 2, (room.height - height * k) / 2).scale(k));
  };
  let watched: Part | null = null;
  const reveal = (): void => {
    if (watched === null) return;
    const { k, x, y } = zoomTransform(frame);
    const now = size();
    const across = missing(watched.left * k + x, watched.width * k, now.width);
    const down = missing(watched.top * k + y, watched.height * k, now.height);
    if (across !== 0 || down !== 0) chosen.call(behaviour.translateBy, across / k, down / k);
  };
  // The panel at the side takes room away: what was in the middle stays there.
  let before = size();
  const resized = (): void => {
    const now = size();
    const [across, down] = [now.width - before.width, now.height - before.height];
    before = now;
    if (fitted) return fit(fitted.width, fitted.height);
    const { k } = zoomTransform(frame);
    if (across !== 0 || down !== 0) chosen.call(behaviour.translateBy, across / 2 / k, down / 2 / k);
    reveal();
  };
  const observer = new ResizeObserver(resized);
  observer.observe(frame);
  const moved = (move: () => void): void => {
    fitted = null;
    move();
  };
  return {
    by: (factor) => moved(() => chosen.call(behaviour.scaleBy, factor)),
    pan: (x, y) => moved(() => chosen.call(behaviour.translateBy, x / zoomTransform(frame).k, y / zoomTransform(frame).k)),
    fit,
    centre: (x, y) =>
      moved(() => {
        const now = size();
        const k = Math.max(READABLE, Math.min(1.1, zoomTransform(frame).k));
        set(zoomIdentity.translate(now.width / 2 - x * k, now.height / 2 - y * k).scale(k));
      }),
    shift: (x, y) => {
      if (x !== 0 || y !== 0) moved(() => chosen.call(behaviour.translateBy, x, y));
    },
    reveal: (part) => {
      watched = part;
      reveal();
    },
    end: () => {
      observer.disconnect();
      select(frame).on(".zoom", null);
    },
  };
}

/** How far a part must go to be inside. */
function missing(from: number, length: number, room: number): number {
  if (from < MARGIN) return MARGIN - from;
  return Math.min(0, Math.max(MARGIN - from, room - MARGIN - from - length));
}
