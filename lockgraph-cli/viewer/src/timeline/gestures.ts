// Wheel, drag and pinch on the canvas of the timeline. A press that does not move is a click.

import type { Range } from "./columns";
import type { Stage } from "./stage";

export interface Heard {
  hover(x: number, y: number): void;
  leave(): void;
  click(x: number, y: number): void;
  double(x: number, y: number): void;
}

const STILL = 4;

export function listen(canvas: HTMLCanvasElement, stage: Stage, heard: Heard): () => void {
  const fingers = new Map<number, { x: number; y: number }>();
  // Where two fingers began. What is shown follows from that and from where they are, not from each
  // step, or what is lost at an end of the run would be lost for good.
  let pinch: { range: Range; middle: number; wide: number } | null = null;
  let way = 0;
  const at = (event: MouseEvent): { x: number; y: number } => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const spread = (): { middle: number; wide: number } => {
    const [one, two] = [...fingers.values()];
    return { middle: (one!.x + two!.x) / 2, wide: Math.max(8, Math.hypot(one!.x - two!.x, one!.y - two!.y)) };
  };
  const begin = (): void => {
    pinch = fingers.size === 2 ? { range: stage.range(), ...spread() } : null;
  };
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const scale = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const sideways = event.deltaX + (event.shiftKey ? event.deltaY : 0);
    if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) stage.pan(sideways * scale);
    else stage.zoom(Math.exp(-event.deltaY * scale * (event.ctrlKey ? 0.01 : 0.0025)), at(event).x);
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    // Two fingers are no click, even if neither moves.
    way = fingers.size > 1 ? Infinity : 0;
    begin();
  };
  const move = (event: PointerEvent): void => {
    const now = at(event);
    const was = fingers.get(event.pointerId);
    if (was === undefined) return heard.hover(now.x, now.y);
    fingers.set(event.pointerId, now);
    way += Math.abs(now.x - was.x) + Math.abs(now.y - was.y);
    if (pinch !== null) {
      const { middle, wide } = spread();
      stage.setRange(pinch.range);
      stage.zoom(wide / pinch.wide, pinch.middle);
      stage.pan(pinch.middle - middle);
    } else if (way > STILL) {
      heard.leave();
      stage.pan(was.x - now.x);
      stage.setScroll(stage.scroll() + was.y - now.y);
    }
  };
  const up = (event: PointerEvent): void => {
    const wasDown = fingers.delete(event.pointerId);
    begin();
    const { x, y } = at(event);
    if (wasDown && way <= STILL && event.type === "pointerup") heard.click(x, y);
  };
  const double = (event: MouseEvent): void => heard.double(at(event).x, at(event).y);
  canvas.addEventListener("wheel", wheel, { passive: false });
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", heard.leave);
  canvas.addEventListener("dblclick", double);
  return () => {
    canvas.removeEventListener("wheel", wheel);
    canvas.removeEventListener("pointerdown", down);
    canvas.removeEventListener("pointermove", move);
    canvas.removeEventListener("pointerup", up);
    canvas.removeEventListener("pointercancel", up);
    canvas.removeEventListener("pointerleave", heard.leave);
    canvas.removeEventListener("dblclick", double);
  };
}
