// The graph as SVG. Boxes, lines of cycles and other lines are three layers, one above the other: in the
// document the boxes come first, so that whoever has it read out hears them first, but they are painted
// last, so that no line covers one. All of it is one stop of Tab (see stops.ts).

import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { keyOf } from "../keys";
import type { Graph } from "../model";
import { shorten, visible } from "../text";
import type { Box, Drawn, Link } from "./choose";
import { type Chosen, isBox, isLink } from "./chosen";
import { pathOf, strokeOf } from "./curves";
import { BOX_HEIGHT, type Packed, type Placed } from "./pack";
import { type Arrow, type Stop, idOf, inOrder, isArrow } from "./roam";
import { useStops } from "./stops";
import { type Lens, startZoom } from "./zoom";

interface Props {
  graph: Graph;
  drawn: Drawn;
  packed: Packed;
  chosen: Chosen | null;
  found: ReadonlySet<number>;
  /** What stays in its place when boxes come and go; null to show all. */
  anchor: string | null;
  onBox: (box: Box) => void;
  onLink: (link: Link) => void;
  onClear: () => void;
  lens: { current: Lens | null };
  layers: { current: SVGGElement[] };
}

/** Lines fade then, but for those of cycles. */
const MANY = 120;

export function Drawing({ graph, drawn, packed, chosen, found, anchor, onBox, onLink, onClear, lens, layers }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const boxes = useRef<SVGGElement>(null);
  const cycles = useRef<SVGGElement>(null);
  const lines = useRef<SVGGElement>(null);
  useLayoutEffect(() => {
    if (!frame.current || !boxes.current || !cycles.current || !lines.current) return;
    layers.current = [lines.current, cycles.current, boxes.current];
    const started = startZoom(frame.current, layers.current);
    lens.current = started;
    return () => started.end();
  }, []);
  useStay(drawn, packed, anchor, lens);
  useEffect(() => {
    const at = drawn.boxes.findIndex((box) => isBox(box, chosen));
    const place = packed.boxes[at];
    if (place && anchor === null) lens.current?.centre(place.left + place.width / 2, place.top + BOX_HEIGHT / 2);
    lens.current?.reveal(place ? { left: place.left, top: place.top, width: place.width, height: BOX_HEIGHT } : null);
  }, [chosen, packed]);
  const { stop, press, onFocus, reveal } = useStops(frame, drawn, packed, chosen, lens);
  const choose = (at: Stop): void => (at.what === "box" ? onBox(drawn.boxes[at.at]!) : onLink(drawn.links[at.at]!));
  const heard = (event: KeyboardEvent): void => {
    if (!lens.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const name = keyOf(event);
    if (stop && (name === "Enter" || name === " ") && event.target !== frame.current) choose(stop);
    else if (event.shiftKey && isArrow(name)) lens.current.pan(...PANS[name]);
    else if (!press(name)) {
      if (!key(name, lens.current, packed, onClear)) return;
      reveal();
    }
    event.preventDefault();
  };
  const order = useMemo(() => inOrder(packed.boxes), [packed]);
  const isStop = (what: Stop["what"], at: number): boolean => stop?.what === what && stop.at === at;
  const near = nearBoxes(drawn, chosen);
  const classes = ["graph-frame", chosen && "has-chosen", drawn.links.length > MANY && "dense"];
  return (
    <div class={classes.filter(Boolean).join(" ")} ref={frame} onKeyDown={heard} onFocusIn={onFocus} tabIndex={-1} role="group" aria-label={`The graph: ${drawn.boxes.length} boxes, ${drawn.links.length} lines. Arrows go to the next box there, j and k to the next line of the box and the one before; plus, minus and 0: larger, smaller, all of it.`}>
      <svg class="g-boxes" aria-label="locks" role="group">
        <g ref={boxes}>
          {order.map((place) => {
            const box = drawn.boxes[place.box]!;
            return <BoxView key={box.id} box={box} place={place} isChosen={isBox(box, chosen)} isNear={near.has(place.box)} isFound={box.nodes.some((node) => found.has(node))} isStop={isStop("box", place.box)} onBox={onBox} />;
          })}
        </g>
      </svg>
      {[true, false].map((is_in_cycle) => (
        <svg key={String(is_in_cycle)} class={is_in_cycle ? "g-lines is-cycle" : "g-lines"} aria-label={is_in_cycle ? "edges of cycles" : "other edges"} role="group">
          <Heads />
          <g ref={is_in_cycle ? cycles : lines}>
            {packed.routes.map((route) => {
              const link = drawn.links[route.link]!;
              if (link.is_in_cycle !== is_in_cycle) return null;
              const isNear = isLink(link, chosen) || (chosen !== null && (isBox(drawn.boxes[link.from]!, chosen) || isBox(drawn.boxes[link.to]!, chosen)));
              const id = idOf(drawn, { what: "link", at: route.link });
              return <LinkView key={id} id={id} graph={graph} drawn={drawn} link={link} path={pathOf(route)} isChosen={isLink(link, chosen)} isNear={isNear} isStop={isStop("link", route.link)} onLink={onLink} />;
            })}
          </g>
        </svg>
      ))}
    </div>
  );
}

function Heads() {
  return (
    <defs>
      {["plain", "cycle", "chosen"].map((kind) => (
        <marker key={kind} id={`head-${kind}`} viewBox="0 0 10 10" refX="9" refY="5" markerWidth="11" markerHeight="11" markerUnits="userSpaceOnUse" orient="auto-start-reverse">
          <path d="M0,0.8L10,5L0,9.2L2.4,5z" class={`g-head is-${kind}`} />
        </marker>
      ))}
    </defs>
  );
}

/** An anchor that is no box: nothing moves. */
export const STAYS = "stays";

/** Fits what is new; keeps the anchor where it is when only its surroundings change. */
function useStay(drawn: Drawn, packed: Packed, anchor: string | null, lens: { current: Lens | null }): void {
  const was = useRef<Map<string, Placed>>(new Map());
  useLayoutEffect(() => {
    const places = new Map(packed.boxes.map((place) => [drawn.boxes[place.box]!.id, place]));
    const [before, now] = anchor === null ? [] : [was.current.get(anchor), places.get(anchor)];
    if (before && now) lens.current?.shift(before.left - now.left, before.top - now.top);
    else if (anchor === null || was.current.size === 0 || anchor !== STAYS) lens.current?.fit(packed.width, packed.height);
    was.current = places;
  }, [packed]);
}

function nearBoxes(drawn: Drawn, chosen: Chosen | null): Set<number> {
  const near = new Set<number>();
  if (chosen === null) return near;
  for (const link of drawn.links) {
    const isEnd = isBox(drawn.boxes[link.from]!, chosen) || isBox(drawn.boxes[link.to]!, chosen);
    if (isEnd || isLink(link, chosen)) near.add(link.from).add(link.to);
  }
  return near;
}

const STEP = 60;
const PANS: Record<Arrow, [x: number, y: number]> = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };

function key(name: string, lens: Lens, packed: Packed, clear: () => void): boolean {
  const acts: Record<string, () => void> = {
    "+": () => lens.by(1.4),
    "=": () => lens.by(1.4),
    "-": () => lens.by(1 / 1.4),
    "0": () => lens.fit(packed.width, packed.height),
    Escape: clear,
  };
  acts[name]?.();
  return acts[name] !== undefined;
}

interface BoxProps {
  box: Box;
  place: Placed;
  isChosen: boolean;
  isNear: boolean;
  isFound: boolean;
  isStop: boolean;
  onBox: (box: Box) => void;
}

function BoxView({ box, place, isChosen, isNear, isFound, isStop, onBox }: BoxProps) {
  const classes = ["g-box", box.is_in_cycle && "is-cycle", isChosen && "is-chosen", isNear && "is-near", isFound && "is-found"];
  const name = shorten(visible(box.label), 400);
  const more = box.more === 0 ? "" : `, ${box.more} more beside it`;
  return (
    <g
      class={classes.filter(Boolean).join(" ")}
      transform={`translate(${place.left.toFixed(1)},${place.top})`}
      onClick={() => onBox(box)}
    >
      <title>{name}</title>
      {box.group !== null && <rect class="g-behind" x="4" y="-4" width={place.width} height={BOX_HEIGHT} rx="8" />}
      <rect
        class="g-body"
        width={place.width}
        height={BOX_HEIGHT}
        rx="8"
        tabindex={isStop ? 0 : -1}
        data-stop={box.id}
        role="button"
        aria-pressed={isChosen}
        aria-label={`${name}, ${box.detail}${box.is_in_cycle ? ", in a cycle" : ""}${more}`}
      />
      {isStop && <rect class="g-ring" aria-hidden="true" x="-5" y="-5" width={place.width + 10} height={BOX_HEIGHT + 10} rx="12" />}
      <text class="g-label" aria-hidden="true" x={place.width / 2} y="19" text-anchor="middle">
        {place.label}
      </text>
      <text class="g-detail" aria-hidden="true" x={place.width / 2} y="34" text-anchor="middle">
        {box.detail}
      </text>
      {box.more > 0 && <Badge more={box.more} x={place.width} />}
    </g>
  );
}

function Badge({ more, x }: { more: number; x: number }) {
  const text = `+${Math.min(more, 9999)}`;
  const width = 10 + text.length * 6.4;
  return (
    <g class="g-more" aria-hidden="true" transform={`translate(${x - width + 7},${BOX_HEIGHT - 8})`}>
      <rect width={width} height="16" rx="8" />
      <text x={width / 2} y="11.5" text-anchor="middle">
        {text}
      </text>
    </g>
  );
}

interface LinkProps {
  id: string;
  graph: Graph;
  drawn: Drawn;
  link: Link;
  path: string;
  isChosen: boolean;
  isNear: boolean;
  isStop: boolean;
  onLink: (link: Link) => void;
}

function LinkView({ id, graph, drawn, link, path, isChosen, isNear, isStop, onLink }: LinkProps) {
  const kind = link.is_in_cycle ? "cycle" : "plain";
  const classes = ["g-link", `is-${kind}`, isChosen && "is-chosen", isNear && "is-near"];
  const name = (at: number): string => shorten(visible(drawn.boxes[at]!.label), 200);
  const times = link.count === 1 ? "once" : `${link.count.toLocaleString("en")} times`;
  const tests = graph.edges[link.edges[0]!]?.tests.length ?? 0;
  const text = `${name(link.to)} was wanted while ${name(link.from)} was held, ${times}${link.is_in_cycle ? ", in a cycle" : ""}${tests > 0 ? `, in ${tests} ${tests === 1 ? "test" : "tests"}` : ""}`;
  return (
    <g class={classes.filter(Boolean).join(" ")} tabindex={isStop ? 0 : -1} data-stop={id} role="button" aria-pressed={isChosen} aria-label={text} onClick={() => onLink(link)}>
      <title>{text}</title>
      <path class="g-hit" d={path} />
      <path class="g-line" d={path} stroke-width={strokeOf(link.count, link.is_in_cycle)} marker-end={`url(#head-${isChosen ? "chosen" : kind})`} />
    </g>
  );
}
