// The names of the lanes that are seen, beside the canvas.

import { visible } from "../text";
import { AXIS } from "./paint";
import { type Scene, lanesBetween } from "./scene";

export function LaneNames({ scene, scroll, height, current }: { scene: Scene; scroll: number; height: number; current: number | null }) {
  const [first, past] = lanesBetween(scene, scroll, scroll + height - AXIS);
  const names = [];
  for (let lane = first; lane < past; lane++) {
    const top = scene.tops[lane]! - scroll + AXIS;
    const name = visible(scene.run.threads[lane] ?? "?");
    names.push(
      <div
        key={lane}
        class={lane === current ? "tl-name current" : "tl-name"}
        title={name.slice(0, 500)}
        style={{ transform: `translateY(${top}px)`, height: `${scene.tops[lane + 1]! - scene.tops[lane]!}px` }}
      >
        <bdi>{name.slice(0, 200)}</bdi>
      </div>,
    );
  }
  return (
    <div class="tl-names" aria-hidden="true">
      {names}
      <div class="tl-corner">thread</div>
    </div>
  );
}
