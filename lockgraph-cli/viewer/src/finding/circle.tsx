// The circle of a finding: threads as boxes, what they wait for as pills, arrows that can be chosen.
// The same is said in words beside it, for whoever does not see the picture.

import { useId } from "preact/hooks";
import { arrow, type Box } from "../drawing";
import type { Circle } from "../model";
import { shorten, visible } from "../text";

type Edge = Circle["edges"][number];
type Node = Circle["nodes"][number];

const CHAR = 7.9;
const LONGEST = 24;
/** An arrow shorter than this would vanish below its word. */
const ROOM_FOR_WORD = 76;

export function CircleView({ circle, chosen, onChoose }: { circle: Circle; chosen: number; onChoose: (edge: number) => void }) {
  const id = useId();
  const boxes = circle.nodes.map(box);
  const { left, right } = sides(circle, boxes);
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="The circle as a picture">
      <svg class="circle" viewBox={`${left} 0 ${right - left} ${circle.height}`} width={right - left} height={circle.height}>
        <Heads id={id} />
        {circle.edges.map((edge, i) => (
          <EdgeView key={i} edge={edge} circle={circle} boxes={boxes} id={id} isChosen={i === chosen} onChoose={() => onChoose(i === chosen ? -1 : i)} />
        ))}
        {circle.nodes.map((node, i) => (
          <NodeView key={i} node={node} box={boxes[i]!} isChosen={isEnd(circle.edges[chosen], i)} />
        ))}
      </svg>
    </div>
  );
}

/** Heads of arrows: a solid one for what is held, an open one for what is waited for. */
export function Heads({ id }: { id: string }) {
  return (
    <defs>
      <marker id={`${id}holds`} class="head holds" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" markerHeight="7" orient="auto">
        <path d="M0 0L10 5L0 10Z" />
      </marker>
      <marker id={`${id}waits`} class="head waits" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="8" markerHeight="8" orient="auto">
        <path d="M1 1L9 5L1 9" />
      </marker>
    </defs>
  );
}

/** What an edge that is no wait says, by where it begins: a signal is held by nobody. */
const HELD = { thread: "holds", lock: "held by", signal: "comes from" };

interface EdgeProps {
  edge: Edge;
  circle: Circle;
  boxes: Box[];
  id: string;
  isChosen: boolean;
  onChoose: () => void;
}

function EdgeView({ edge, circle, boxes, id, isChosen, onChoose }: EdgeProps) {
  const [from, to] = [boxes[edge.from], boxes[edge.to]];
  if (!from || !to) return null;
  const { path, length, x, y } = arrow(from, to, hasTwin(circle, edge) ? 46 : 0);
  const word = edge.act === "waits" ? "waits for" : HELD[circle.nodes[edge.from]?.kind ?? "lock"];
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onChoose();
  };
  return (
    <g
      class={`edge ${edge.act}${isChosen ? " chosen" : ""}`}
      role="button"
      tabindex={0}
      aria-pressed={isChosen}
      aria-label={[circle.nodes[edge.from], circle.nodes[edge.to]].map((it) => shorten(visible(it?.name ?? ""), 100)).join(` ${word} `)}
      onClick={onChoose}
      onKeyDown={press}
    >
      <path class="hit" d={path} />
      <path class="line" d={path} marker-end={`url(#${id}${edge.act})`} />
      {length >= ROOM_FOR_WORD && (
        <text x={x} y={y + 4}>
          {word}
        </text>
      )}
    </g>
  );
}

function NodeView({ node, box, isChosen }: { node: Node; box: Box; isChosen: boolean }) {
  const name = visible(node.name);
  return (
    <g class={`node ${node.kind}${isChosen ? " chosen" : ""}`}>
      <title>{shorten(name, 600)}</title>
      <rect
        x={box.x - box.width / 2}
        y={box.y - box.height / 2}
        width={box.width}
        height={box.height}
        rx={node.kind === "thread" ? 8 : box.height / 2}
      />
      <text class="name" x={box.x} y={box.y + (node.detail ? -1 : 5)}>
        {shorten(name, LONGEST)}
      </text>
      {node.detail && (
        <text class="detail" x={box.x} y={box.y + 15}>
          {shorten(visible(node.detail), 30)}
        </text>
      )}
    </g>
  );
}

function box(node: Node): Box {
  const name = [...shorten(visible(node.name), LONGEST)];
  // Beyond Latin, Greek and Cyrillic letters are wider as a rule.
  const letters = Math.max(name.length + name.filter((it) => it > "\u0700").length * 0.6, Math.min(node.detail.length, 30) * 0.85);
  return { x: node.x, y: node.y, width: Math.max(84, letters * CHAR + 36), height: node.detail ? 48 : 38 };
}

// A long name may need more room than the picture was given.
function sides(circle: Circle, boxes: Box[]): { left: number; right: number } {
  return {
    left: Math.min(0, ...boxes.map((it) => Math.floor(it.x - it.width / 2 - 4))),
    right: Math.max(circle.width, ...boxes.map((it) => Math.ceil(it.x + it.width / 2 + 4))),
  };
}

function hasTwin(circle: Circle, edge: Edge): boolean {
  return circle.edges.some((it) => it !== edge && it.from === edge.to && it.to === edge.from);
}

function isEnd(edge: Edge | undefined, node: number): boolean {
  return !!edge && (edge.from === node || edge.to === node);
}
