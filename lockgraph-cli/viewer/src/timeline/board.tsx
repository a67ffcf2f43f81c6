// One run: the strip above, the names of the lanes, the canvas, what is under the pointer and what is
// chosen.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { keyOf } from "../keys";
import type { Page, Run } from "../model";
import { Words, visible } from "../text";
import { type Row, rowsOf } from "./bars";
import { clamp } from "./axis";
import type { Range } from "./columns";
import { listen } from "./gestures";
import { press } from "./keys";
import { LaneNames } from "./lanes";
import type { Loaded } from "./load";
import { Overview } from "./overview";
import { AXIS } from "./paint";
import { BarPanel } from "./panel";
import { type Found, type Scene, type Spot, heightOf, sceneOf } from "./scene";
import { type Moved, type Stage, startStage } from "./stage";
import { group, say } from "./words";

interface Props {
  page: Page;
  run: Run;
  loaded: Loaded;
  /** Where to begin. */
  start: Range | null;
  /** Positions of locks that are looked for; null if none is. */
  wanted: Set<number> | null;
  /** Where the part that is shown is to go, each time it is another object. */
  target: Range | null;
  onMoved: (range: Range) => void;
}

interface Tip extends Found {
  x: number;
  y: number;
}

export function Board({ page, run, loaded, start, wanted, target, onMoved }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const stage = useRef<Stage | null>(null);
  const scene = useMemo(() => sceneOf(run, loaded.lanes), [run, loaded]);
  const [moved, setMoved] = useState<Moved>({ range: start ?? clamp({ from: 0, to: run.events }, run.events), scroll: 0, height: 0 });
  const [spot, setSpot] = useState<Spot | null>(null);
  const [isOpen, setOpen] = useState(false);
  const [tip, setTip] = useState<Tip | null>(null);
  const heard = useRef({ scene, spot });
  heard.current = { scene, spot };

  const go = (to: Spot): void => {
    setSpot(to);
    setTip(null);
    stage.current?.reveal(to);
  };
  useEffect(() => {
    if (!canvas.current || !scroller.current) return;
    const marks = run.marks.map((mark) => mark.event).sort((one, two) => one - two);
    const onMove = (to: Moved): void => {
      setMoved((was) => (isSame(was, to) ? was : to));
      onMoved(to.range);
    };
    const begun = startStage(canvas.current, scroller.current, scene, marks, onMove);
    if (start) begun.setRange(start);
    stage.current = begun;
    const choose = (x: number, y: number): void => {
      const found = begun.find(x, y);
      setSpot(found && { lane: found.lane, bar: found.bar });
      setOpen(found !== null);
    };
    const unlisten = listen(canvas.current, begun, {
      hover: (x, y) => {
        const found = begun.find(x, y);
        begun.setHover(found);
        setTip(found && { ...found, x, y });
      },
      leave: () => {
        begun.setHover(null);
        setTip(null);
      },
      click: choose,
      double: (x, y) => {
        const found = begun.find(x, y);
        if (found) begun.zoomTo(found);
      },
    });
    return () => {
      unlisten();
      begun.end();
    };
  }, [run]);
  useEffect(() => stage.current?.setScene(scene), [scene]);
  useEffect(() => stage.current?.setSpot(spot), [spot]);
  useEffect(() => stage.current?.setMatches(wanted && matchesOf(scene, wanted)), [scene, wanted]);
  useEffect(() => {
    if (target) stage.current?.setRange(target);
  }, [target]);

  const fit = (): void => stage.current?.setRange({ from: 0, to: run.events });
  const key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || !stage.current) return;
    const at = {
      scene,
      stage: stage.current,
      spot,
      go,
      fit,
      open: () => setOpen(spot !== null),
      close: () => {
        setOpen(false);
        setSpot(null);
      },
      mark: (by: 1 | -1) => {
        const event = nextMark(run, moved.range, by);
        if (event !== null) stage.current?.setRange(centred(event, moved.range));
      },
    };
    if (press(keyOf(event), event.shiftKey, at)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const total = heightOf(scene) + AXIS;
  return (
    <div class={isOpen && spot ? "tl-board with-side" : "tl-board"}>
      <div class="tl-main">
        <Overview scene={scene} isDone={loaded.isDone} range={moved.range} onMove={(range) => stage.current?.setRange(range)} />
        <div class="tl-scroller" ref={scroller} style={{ height: `${Math.min(total, 640)}px` }}>
          <div style={{ height: `${total}px` }}>
            <div class="tl-sticky" style={{ height: `${Math.min(total, 640)}px` }}>
              <LaneNames scene={scene} scroll={moved.scroll} height={moved.height} current={spot?.lane ?? null} />
              <div class="tl-stage">
                <canvas
                  ref={canvas}
                  tabIndex={0}
                  role="application"
                  aria-roledescription="timeline"
                  aria-label={`${run.threads.length} threads, ${group(run.events)} events. Arrows go from bar to bar, Enter tells more.`}
                  onKeyDown={key}
                />
                {tip && <Tooltip scene={scene} tip={tip} width={stage.current?.width() ?? 0} />}
              </div>
            </div>
          </div>
        </div>
        <div class="tl-foot">
          <p class="soft">
            Events {group(moved.range.from)} to {group(moved.range.to)} of {group(run.events)}
            {run.left_out > 0 && `, after ${group(run.left_out)} that are left out`}
            {!loaded.isDone && ". Reading the rest …"}
          </p>
          <span class="v-row">
            <button class="button" onClick={() => stage.current?.zoom(1.6)} aria-label="Zoom in">
              +
            </button>
            <button class="button" onClick={() => stage.current?.zoom(1 / 1.6)} aria-label="Zoom out">
              {"\u2212"}
            </button>
            <button class="button" onClick={fit}>
              Fit
            </button>
          </span>
        </div>
      </div>
      <p class="unseen" aria-live="polite">
        {spot && spoken(scene, spot)}
      </p>
      {isOpen && spot && (
        <BarPanel page={page} scene={scene} spot={spot} onGo={go} onZoom={(to) => stage.current?.zoomTo(to)} onClose={() => setOpen(false)} />
      )}
    </div>
  );
}

function isSame(was: Moved, to: Moved): boolean {
  return was.range.from === to.range.from && was.range.to === to.range.to && was.scroll === to.scroll && was.height === to.height;
}

function centred(event: number, range: Range): Range {
  const half = (range.to - range.from) / 2;
  return { from: event - half, to: event + half };
}

function nextMark(run: Run, range: Range, by: 1 | -1): number | null {
  const middle = (range.from + range.to) / 2;
  const beyond = run.marks.map((mark) => mark.event).filter((event) => (event - middle) * by > 0.5);
  return beyond.length === 0 ? null : by > 0 ? Math.min(...beyond) : Math.max(...beyond);
}

/** Made for the lanes that are drawn, when they are. */
function matchesOf(scene: Scene, wanted: Set<number>): (lane: number) => Row[] {
  const made = new Map<number, Row[]>();
  return (lane) => {
    const known = made.get(lane);
    if (known) return known;
    const bars = scene.lanes[lane]?.bars;
    const rows = bars ? rowsOf(bars, (bar) => wanted.has(bars.lock[bar]!)) : [];
    made.set(lane, rows);
    return rows;
  };
}

function spoken(scene: Scene, spot: Spot): string {
  const lane = scene.lanes[spot.lane];
  if (!lane || spot.bar >= lane.bars.count) return "";
  const said = say(scene.run, lane.bars, spot.bar);
  const where = said.place ? `, at ${said.place.file} line ${said.place.line}` : "";
  return visible(`Thread ${scene.run.threads[spot.lane] ?? "?"} ${said.what}${where}, ${said.when}`).slice(0, 600);
}

function Tooltip({ scene, tip, width }: { scene: Scene; tip: Tip; width: number }) {
  const lane = scene.lanes[tip.lane];
  if (!lane) return null;
  const said = say(scene.run, lane.bars, tip.bar);
  const isRight = tip.x > width / 2;
  const style = isRight ? { right: `${width - tip.x + 14}px`, top: `${tip.y + 14}px` } : { left: `${tip.x + 14}px`, top: `${tip.y + 14}px` };
  return (
    <div class="tl-tip" style={style} role="presentation">
      <p>
        <Words text={`\`${scene.run.threads[tip.lane] ?? "?"}\` ${said.what}`} most={48} />
      </p>
      {said.place && (
        <p class="place">
          {visible(said.place.file).slice(-60)}:{said.place.line}
        </p>
      )}
      <p class="soft">{said.when}</p>
      {tip.of > 1 && <p class="soft">{group(tip.of)} bars are here: zoom in to tell them apart.</p>}
    </div>
  );
}
