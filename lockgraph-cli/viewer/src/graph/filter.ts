// Which nodes and edges of the graph are asked for. A node is asked for by its crate, module and kind;
// an edge by its tests and the verdicts of its findings, and then so are its ends.

import type { Graph, Page } from "../model";

export interface Filter {
  crate: string;
  module: string;
  kind: string;
  test: string;
  verdict: string;
}

/** Empty: all. */
export const ALL: Filter = { crate: "", module: "", kind: "", test: "", verdict: "" };

export interface Passed {
  nodes: boolean[];
  edges: boolean[];
}

export function passed(page: Page, filter: Filter): Passed {
  const { graph } = page;
  const nodes = graph.nodes.map(
    (node) => fits(filter.crate, node.crate) && fits(filter.module, node.module) && fits(filter.kind, node.kind),
  );
  const isByEdge = filter.test !== "" || filter.verdict !== "";
  const edges = graph.edges.map((edge) => {
    const hasTest = filter.test === "" || edge.tests.includes(filter.test);
    const hasVerdict = filter.verdict === "" || edge.findings.some((at) => page.findings[at]?.verdict === filter.verdict);
    return hasTest && hasVerdict && nodes[edge.from]! && nodes[edge.to]!;
  });
  if (!isByEdge) return { nodes, edges };
  const ends = new Set<number>();
  graph.edges.forEach((edge, at) => {
    if (edges[at]) ends.add(edge.from).add(edge.to);
  });
  return { nodes: nodes.map((isIn, at) => isIn && ends.has(at)), edges };
}

function fits(asked: string, has: string): boolean {
  return asked === "" || asked === has;
}

/** What can be chosen in each filter, in order. */
export function choices(page: Page): Record<keyof Filter, string[]> {
  const { nodes, edges } = page.graph;
  return {
    crate: sorted(nodes.map((node) => node.crate)),
    module: sorted(nodes.map((node) => node.module)),
    kind: sorted(nodes.map((node) => node.kind)),
    test: sorted(edges.flatMap((edge) => edge.tests)),
    verdict: sorted(edges.flatMap((edge) => edge.findings.map((at) => page.findings[at]?.verdict ?? ""))),
  };
}

function sorted(names: string[]): string[] {
  return [...new Set(names)].filter((name) => name !== "").sort();
}

/** The edges of each node, by position. */
export function edgesOf(graph: Graph): number[][] {
  const lists: number[][] = graph.nodes.map(() => []);
  graph.edges.forEach((edge, at) => {
    lists[edge.from]?.push(at);
    if (edge.to !== edge.from) lists[edge.to]?.push(at);
  });
  return lists;
}
