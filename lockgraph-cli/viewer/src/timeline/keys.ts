// The keys of the canvas: they move a cursor from bar to bar, and the part of the run that is shown.

import { type Scene, type Spot, across, beside, firstSpot, lanesBetween } from "./scene";
import type { Stage } from "./stage";

export interface Cursor {
  scene: Scene;
  stage: Stage;
  spot: Spot | null;
  go(to: Spot): void;
  open(): void;
  close(): void;
  fit(): void;
  mark(by: 1 | -1): void;
}

/** Whether the key was one of them. */
export function press(key: string, isShift: boolean, at: Cursor): boolean {
  const step = at.stage.width() / 8;
  const lane = at.spot === null ? null : at.scene.lanes[at.spot.lane];
  const acts: Record<string, () => void> = {
    ArrowRight: () => (isShift ? at.stage.pan(step) : along(at, 1)),
    ArrowLeft: () => (isShift ? at.stage.pan(-step) : along(at, -1)),
    ArrowDown: () => (isShift ? at.stage.setScroll(at.stage.scroll() + 60) : over(at, 1)),
    ArrowUp: () => (isShift ? at.stage.setScroll(at.stage.scroll() - 60) : over(at, -1)),
    Home: () => at.spot && lane && at.go({ ...at.spot, bar: 0 }),
    End: () => at.spot && lane && at.go({ ...at.spot, bar: lane.bars.count - 1 }),
    "+": () => at.stage.zoom(1.6),
    "=": () => at.stage.zoom(1.6),
    "-": () => at.stage.zoom(1 / 1.6),
    "0": () => at.fit(),
    z: () => at.spot && at.stage.zoomTo(at.spot),
    "[": () => at.mark(-1),
    "]": () => at.mark(1),
    Enter: () => at.open(),
    Escape: () => at.close(),
  };
  const act = acts[key];
  act?.();
  return act !== undefined;
}

function along(at: Cursor, by: 1 | -1): void {
  const to = at.spot === null ? begin(at) : beside(at.scene, at.spot, by);
  if (to) at.go(to);
}

function over(at: Cursor, by: 1 | -1): void {
  const to = at.spot === null ? begin(at) : across(at.scene, at.spot, by);
  if (to) at.go(to);
}

function begin(at: Cursor): Spot | null {
  const [first] = lanesBetween(at.scene, at.stage.scroll(), at.stage.scroll() + 1);
  return firstSpot(at.scene, at.stage.range(), first);
}
