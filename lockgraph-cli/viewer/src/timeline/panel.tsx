// What a bar is: in words, with its source and where to go from it.

import { Excerpt } from "../excerpt";
import type { Page, Run } from "../model";
import { href } from "../route";
import { Words } from "../text";
import { type Lane, NOBODY, holderOf, isWait } from "./bars";
import type { Scene, Spot } from "./scene";
import { say } from "./words";

interface Props {
  page: Page;
  scene: Scene;
  spot: Spot;
  onGo: (to: Spot) => void;
  onZoom: (to: Spot) => void;
  onClose: () => void;
}

export function BarPanel({ page, scene, spot, onGo, onZoom, onClose }: Props) {
  const lane = scene.lanes[spot.lane];
  if (!lane || spot.bar >= lane.bars.count) return null;
  const said = say(scene.run, lane.bars, spot.bar);
  const holder = holderSpot(scene, lane, spot);
  const node = scene.run.locks[lane.bars.lock[spot.bar]!]?.node ?? null;
  const name = node === null ? undefined : page.graph.nodes[node]?.name;
  return (
    <aside class="side card" aria-label="What is chosen">
      <div class="side-head">
        <h2>
          <Words text={`Thread \`${scene.run.threads[spot.lane] ?? "?"}\` ${said.what}`} />
        </h2>
        <button class="button quiet" onClick={onClose} aria-label="Close">
          {"\u2715"}
        </button>
      </div>
      <p class="soft">{said.when}</p>
      <Excerpt page={page} place={said.place} />
      <div class="v-row">
        <button class="button" onClick={() => onZoom(spot)}>
          Zoom to it
        </button>
        {holder && (
          <button class="button" onClick={() => onGo(holder)}>
            Go to who has it
          </button>
        )}
        {name !== undefined && (
          <a class="button" href={href("graph", name)}>
            Show in graph
          </a>
        )}
      </div>
      <Marks page={page} run={scene.run} lane={lane} bar={spot.bar} />
    </aside>
  );
}

function holderSpot(scene: Scene, lane: Lane, spot: Spot): Spot | null {
  const by = lane.bars.by[spot.bar]!;
  const holder = by === NOBODY || !isWait(lane.bars.kind[spot.bar]!) ? null : scene.lanes[by];
  if (!holder) return null;
  const bar = holderOf(holder, lane.bars.lock[spot.bar]!, lane.bars.begin[spot.bar]!);
  return bar === NOBODY ? null : { lane: by, bar };
}

/** Findings in which something happened at the ends of the bar. */
function Marks({ page, run, lane, bar }: { page: Page; run: Run; lane: Lane; bar: number }) {
  const begin = lane.bars.begin[bar]!;
  const end = lane.bars.end[bar]!;
  const marks = run.marks.filter(({ event }) => event === begin || event === end).slice(0, 8);
  if (marks.length === 0) return null;
  return (
    <>
      <h3>In findings</h3>
      <ul>
        {marks.map((mark, at) => {
          const finding = page.findings[mark.finding];
          return (
            <li key={at}>
              <Words text={mark.text} />{" "}
              {finding && (
                <a href={href("finding", finding.id)}>
                  <Words text={finding.headline} />
                </a>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}
