// What is chosen in the graph, and how the address names it: a node by its name, an edge by the names
// of its ends. Groups and lines between them have no address.

import type { Graph } from "../model";
import type { Route } from "../route";
import type { Box, Link } from "./choose";

export type Chosen = { what: "node"; node: number } | { what: "group"; group: number } | { what: "edges"; edges: number[] };

export function fromRoute(graph: Graph, route: Route): Chosen | null {
  const node = named(graph, route.of);
  if (node === null) return null;
  const to = named(graph, route.query.get("to"));
  const edge = to === null ? -1 : graph.edges.findIndex((one) => one.from === node && one.to === to);
  return edge >= 0 ? { what: "edges", edges: [edge] } : { what: "node", node };
}

function named(graph: Graph, name: string | null): number | null {
  const at = name === null ? -1 : graph.nodes.findIndex((node) => node.name === name);
  return at < 0 ? null : at;
}

/** The node, and the end of the edge, that the address names. */
export function toRoute(graph: Graph, chosen: Chosen | null): { of: string | null; to: string | null } {
  if (chosen?.what === "node") return { of: graph.nodes[chosen.node]?.name ?? null, to: null };
  const edge = chosen?.what === "edges" && chosen.edges.length === 1 ? graph.edges[chosen.edges[0]!] : undefined;
  if (!edge) return { of: null, to: null };
  return { of: graph.nodes[edge.from]?.name ?? null, to: graph.nodes[edge.to]?.name ?? null };
}

/** Nodes that have to be seen for it. */
export function nodesOf(graph: Graph, chosen: Chosen | null): number[] {
  if (chosen?.what === "node") return [chosen.node];
  if (chosen?.what !== "edges" || chosen.edges.length > 1) return [];
  const edge = graph.edges[chosen.edges[0]!];
  return edge ? [edge.from, edge.to] : [];
}

export function isBox(box: Box, chosen: Chosen | null): boolean {
  if (chosen?.what === "group") return box.group === chosen.group;
  return chosen?.what === "node" && box.group === null && box.nodes[0] === chosen.node;
}

export function isLink(link: Link, chosen: Chosen | null): boolean {
  return chosen?.what === "edges" && chosen.edges.some((edge) => link.edges.includes(edge));
}

export function boxChosen(box: Box): Chosen {
  return box.group === null ? { what: "node", node: box.nodes[0]! } : { what: "group", group: box.group };
}
