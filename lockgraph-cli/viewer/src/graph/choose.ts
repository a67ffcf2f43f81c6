// Which boxes and links are drawn. A graph of thousands of nodes is not drawn whole: cycles and their
// neighbours come first, then what was asked for by hand, then what has the most edges; what is left
// out is counted. A group that is folded is one box. Linear in nodes and edges, beside the sorting.

import type { Graph } from "../model";
import { shorten, visible } from "../text";
import type { Passed } from "./filter";

export interface Choice {
  /** Cycles with their neighbours, or everything. */
  isAll: boolean;
  isFolded: boolean;
  /** Nodes whose neighbours are shown too. */
  expanded: ReadonlySet<number>;
  /** Nodes that are shown in any case: chosen, or found. */
  asked: ReadonlySet<number>;
  hidden: ReadonlySet<number>;
  /** Groups that are open although groups are folded. */
  open: ReadonlySet<number>;
}

export interface Box {
  /** "n12", or "g3" for a group. */
  id: string;
  label: string;
  detail: string;
  nodes: number[];
  group: number | null;
  layer: number;
  order: number;
  is_in_cycle: boolean;
  /** Neighbours that are not drawn. */
  more: number;
}

export interface Link {
  id: string;
  /** Positions in boxes. */
  from: number;
  to: number;
  /** Positions in the edges of the graph; the heaviest first. */
  edges: number[];
  count: number;
  is_in_cycle: boolean;
}

export interface Drawn {
  boxes: Box[];
  links: Link[];
  /** Nodes that pass the filters, but are in no box. */
  leftOut: number;
  /** Links between boxes that are too light to be drawn. */
  linksLeftOut: number;
}

/** Of boxes and links together. */
export const MOST_DRAWN = 800;
export const MOST_BOXES = 350;
/** Until somebody asks for more: what can be read at once. */
const FIRST_BOXES = 60;
const FIRST_LINKS = 120;

export function choose(graph: Graph, lists: number[][], pass: Passed, choice: Choice): Drawn {
  const weights = weightsOf(graph, pass);
  const { must, may } = wantedNodes(graph, lists, pass, choice, weights);
  const boxOf = new Map<number, number>();
  const boxes: Box[] = [];
  const isShown = (node: number): boolean => pass.nodes[node]! && !choice.hidden.has(node);
  addBoxes(graph, must.filter(isShown), choice, boxOf, boxes, MOST_BOXES);
  addBoxes(graph, may.filter(isShown), choice, boxOf, boxes, choice.isAll ? MOST_BOXES : FIRST_BOXES);
  for (const box of boxes) finish(box);
  const isFocus = boxes.map((box) => box.is_in_cycle || box.nodes.some((node) => choice.asked.has(node) || choice.expanded.has(node)));
  const links = linksOf(graph, pass, boxOf, isFocus);
  const kept = links.slice(0, mostLinks(links, boxes, isFocus, choice));
  countMore(graph, lists, pass, boxes, boxOf);
  const all = pass.nodes.filter((isIn) => isIn).length;
  return { boxes, links: kept, leftOut: all - boxOf.size, linksLeftOut: links.length - kept.length };
}

/** By default, lines between the neighbours of cycles are drawn only if there are few. */
function mostLinks(links: Link[], boxes: Box[], isFocus: boolean[], choice: Choice): number {
  const room = MOST_DRAWN - boxes.length;
  if (choice.isAll) return room;
  const near = links.filter((link) => isFocus[link.from] || isFocus[link.to]).length;
  return Math.min(room, Math.max(near, FIRST_LINKS));
}

function weightsOf(graph: Graph, pass: Passed): number[] {
  const weights = graph.nodes.map(() => 0);
  graph.edges.forEach((edge, at) => {
    if (!pass.edges[at]) return;
    weights[edge.from]! += 1 + Math.log2(1 + edge.count);
    weights[edge.to]! += 1 + Math.log2(1 + edge.count);
  });
  return weights;
}

/** What has to be in the picture, and what comes into it while there is room, in that order. */
function wantedNodes(graph: Graph, lists: number[][], pass: Passed, choice: Choice, weights: number[]): { must: number[]; may: number[] } {
  const byWeight = (nodes: number[]): number[] => nodes.sort((one, two) => weights[two]! - weights[one]! || one - two);
  const around = (node: number): number[] => byWeight(neighbours(graph, lists, pass, node));
  const must = new Set<number>(choice.asked);
  for (const node of choice.expanded) for (const near of [node, ...around(node)]) must.add(near);
  const inCycles = graph.nodes.flatMap((node, at) => (node.cycle !== null && pass.nodes[at] ? [at] : []));
  for (const node of inCycles) must.add(node);
  const may = new Set<number>(inTurns(inCycles.map(around)));
  if (choice.isAll || inCycles.length === 0) {
    for (const node of byWeight(graph.nodes.flatMap((_, at) => (pass.nodes[at] ? [at] : [])))) may.add(node);
  }
  return { must: [...must], may: [...may].filter((node) => !must.has(node)) };
}

/** The first of each list, the second of each, and so on: no cycle takes all the room. */
function inTurns(lists: number[][]): number[] {
  const turns: number[] = [];
  const longest = lists.reduce((most, list) => Math.max(most, list.length), 0);
  for (let turn = 0; turn < longest; turn++) {
    for (const list of lists) if (turn < list.length) turns.push(list[turn]!);
  }
  return turns;
}

export function neighbours(graph: Graph, lists: number[][], pass: Passed, node: number): number[] {
  const found = new Set<number>();
  for (const at of lists[node] ?? []) {
    const edge = graph.edges[at]!;
    if (pass.edges[at]) found.add(edge.from === node ? edge.to : edge.from);
  }
  found.delete(node);
  return [...found];
}

/** What is in a cycle, or was asked for, stays out of folded groups. */
function addBoxes(graph: Graph, nodes: number[], choice: Choice, boxOf: Map<number, number>, boxes: Box[], most: number): void {
  const folded = new Map<number, number>();
  boxes.forEach((box, at) => box.group !== null && folded.set(box.group, at));
  for (const at of nodes) {
    const node = graph.nodes[at]!;
    const isSingle = !choice.isFolded || node.group === null || choice.open.has(node.group) || node.cycle !== null || choice.asked.has(at) || choice.expanded.has(at);
    const known = isSingle ? undefined : folded.get(node.group!);
    if (known !== undefined) {
      join(boxes[known]!, at, node);
      boxOf.set(at, known);
      continue;
    }
    if (boxes.length >= most) continue;
    boxOf.set(at, boxes.length);
    if (!isSingle) folded.set(node.group!, boxes.length);
    boxes.push(isSingle ? single(graph, at) : groupBox(graph, at));
  }
}

function single(graph: Graph, at: number): Box {
  const node = graph.nodes[at]!;
  const many = node.instance_count > 1 ? `, ${node.instance_count.toLocaleString("en")} locks` : "";
  return {
    id: `n${at}`,
    label: node.name,
    detail: shorten(visible(node.kind), 40) + many,
    nodes: [at],
    group: null,
    layer: node.layer,
    order: node.order,
    is_in_cycle: node.cycle !== null,
    more: 0,
  };
}

function groupBox(graph: Graph, at: number): Box {
  const group = graph.nodes[at]!.group!;
  return { ...single(graph, at), id: `g${group}`, label: graph.groups[group]?.name ?? "a group", group };
}

function join(box: Box, at: number, node: { layer: number; order: number }): void {
  box.nodes.push(at);
  box.layer += node.layer;
  box.order += node.order;
}

/** A group lies where its nodes do on the average. */
function finish(box: Box): void {
  if (box.group === null) return;
  box.layer = Math.round(box.layer / box.nodes.length);
  box.order /= box.nodes.length;
  box.detail = `${box.nodes.length.toLocaleString("en")} classes, folded`;
}

/** Cycles first, then what leads to and from what is in focus, then by weight. */
function linksOf(graph: Graph, pass: Passed, boxOf: Map<number, number>, isFocus: boolean[]): Link[] {
  const links = new Map<string, Link>();
  graph.edges.forEach((edge, at) => {
    const from = boxOf.get(edge.from);
    const to = boxOf.get(edge.to);
    if (!pass.edges[at] || from === undefined || to === undefined) return;
    if (from === to && edge.from !== edge.to) return;
    const id = `${from}-${to}`;
    const link = links.get(id) ?? { id, from, to, edges: [], count: 0, is_in_cycle: false };
    link.edges.push(at);
    link.count += edge.count;
    link.is_in_cycle ||= edge.is_in_cycle;
    links.set(id, link);
  });
  const rank = (link: Link): number => (link.is_in_cycle ? 2 : isFocus[link.from] || isFocus[link.to] ? 1 : 0);
  const sorted = [...links.values()].sort((one, two) => rank(two) - rank(one) || two.count - one.count);
  for (const link of sorted) link.edges.sort((one, two) => graph.edges[two]!.count - graph.edges[one]!.count);
  return sorted;
}

function countMore(graph: Graph, lists: number[][], pass: Passed, boxes: Box[], boxOf: Map<number, number>): void {
  for (const box of boxes) {
    const out = new Set<number>();
    for (const node of box.nodes) {
      for (const near of neighbours(graph, lists, pass, node)) if (!boxOf.has(near)) out.add(near);
    }
    box.more = out.size;
  }
}
