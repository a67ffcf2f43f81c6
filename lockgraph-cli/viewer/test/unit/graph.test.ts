import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding, Graph, GraphEdge, GraphNode, Page } from "../../src/model";
import { type Choice, MOST_BOXES, MOST_DRAWN, choose } from "../../src/graph/choose";
import { fromRoute, toRoute } from "../../src/graph/chosen";
import { ALL, type Filter, edgesOf, passed } from "../../src/graph/filter";
import { parse } from "../../src/route";
import { chance } from "./chance";

const NONE: Choice = { isAll: false, isFolded: false, expanded: new Set(), asked: new Set(), hidden: new Set(), open: new Set() };

function node(name: string, over: Partial<GraphNode> = {}): GraphNode {
  return { name, kind: "mutex", place: null, crate: "bank", module: "bank", layer: 0, order: 0, cycle: null, group: null, instance_count: 1, instances: [], ...over };
}

function edge(from: number, to: number, over: Partial<GraphEdge> = {}): GraphEdge {
  return { from, to, count: 1, is_in_cycle: false, threads: [], tests: [], functions: [], held_at: null, wanted_at: null, findings: [], ...over };
}

function pageOf(graph: Graph, verdicts: string[] = []): Page {
  const findings = verdicts.map((verdict) => ({ verdict })) as Finding[];
  return { version: 1, title: "", made_by: "", summary: "", problems: [], notes: [], findings, help: {}, sources: {}, graph, runs: [], contention: { waits: [], holds: [] } };
}

/** a and b in a cycle, c beside b, d beside c, e alone. */
const small = pageOf(
  {
    nodes: [node("a", { cycle: 0 }), node("b", { cycle: 0, layer: 1 }), node("c", { layer: 2, kind: "rwlock" }), node("d", { layer: 3, crate: "store" }), node("e")],
    edges: [
      edge(0, 1, { is_in_cycle: true, tests: ["t1"], findings: [0] }),
      edge(1, 0, { is_in_cycle: true, tests: ["t2"], findings: [0] }),
      edge(1, 2, { tests: ["t1"], count: 9 }),
      edge(2, 3, { findings: [1] }),
    ],
    cycles: [[0, 1]],
    groups: [],
  },
  ["certain", "possible"],
);

function drawn(page: Page, choice: Partial<Choice>, filter: Partial<Filter> = {}): { boxes: string[]; more: number[]; links: string[]; leftOut: number } {
  const out = choose(page.graph, edgesOf(page.graph), passed(page, { ...ALL, ...filter }), { ...NONE, ...choice });
  const label = (at: number): string => out.boxes[at]!.label;
  return { boxes: out.boxes.map((box) => box.label), more: out.boxes.map((box) => box.more), links: out.links.map((link) => `${label(link.from)}${label(link.to)}`), leftOut: out.leftOut };
}

test("cycles and their neighbours come first", () => {
  assert.deepEqual(drawn(small, {}), { boxes: ["a", "b", "c"], more: [0, 0, 1], links: ["ab", "ba", "bc"], leftOut: 2 });
});

test("what is expanded brings its neighbours, what is asked for is there, what is hidden is not", () => {
  assert.deepEqual(drawn(small, { expanded: new Set([2]) }).boxes.sort(), ["a", "b", "c", "d"]);
  assert.deepEqual(drawn(small, { asked: new Set([4]) }).boxes, ["e", "a", "b", "c"]);
  assert.deepEqual(drawn(small, { hidden: new Set([1]) }), { boxes: ["a", "c"], more: [1, 2], links: [], leftOut: 3 });
  assert.deepEqual(drawn(small, { isAll: true }).boxes.sort(), ["a", "b", "c", "d", "e"]);
});

test("filters take nodes by what they are and edges by where they were seen", () => {
  const cases: [Partial<Filter>, string[], string[]][] = [
    [{ kind: "rwlock" }, ["c"], []],
    [{ crate: "store" }, ["d"], []],
    [{ test: "t1" }, ["a", "b", "c"], ["ab", "bc"]],
    [{ verdict: "certain" }, ["a", "b"], ["ab", "ba"]],
    [{ verdict: "possible" }, ["c", "d"], ["cd"]],
    [{ verdict: "possible", crate: "bank" }, [], []],
  ];
  for (const [filter, boxes, links] of cases) {
    const out = drawn(small, { isAll: true }, filter);
    assert.deepEqual([out.boxes.sort(), out.links.sort(), out.leftOut], [boxes, links, 0], JSON.stringify(filter));
  }
});

test("a folded group is one box; cycles and what was asked for stay out of it", () => {
  const graph: Graph = { ...small.graph, nodes: small.graph.nodes.map((one) => ({ ...one, group: 0 })), groups: [{ name: "all", nodes: [0, 1, 2, 3, 4] }] };
  const folded = drawn(pageOf(graph), { isAll: true, isFolded: true });
  assert.deepEqual(folded.boxes, ["a", "b", "all"]);
  assert.deepEqual(folded.links, ["ab", "ba", "ball"]);
  assert.deepEqual(drawn(pageOf(graph), { isAll: true, isFolded: true, asked: new Set([3]) }).boxes.sort(), ["a", "all", "b", "d"]);
  assert.deepEqual(drawn(pageOf(graph), { isAll: true, isFolded: true, open: new Set([0]) }).boxes.length, 5);
});

test("a class that is wanted while one of it is held keeps its edge, in a group it is inside", () => {
  const graph: Graph = { nodes: [node("a", { cycle: 0, group: 0 })], edges: [edge(0, 0, { is_in_cycle: true })], cycles: [[0]], groups: [{ name: "g", nodes: [0] }] };
  assert.deepEqual(drawn(pageOf(graph), {}).links, ["aa"]);
});

function huge(): Page {
  const next = chance(3);
  const nodes = Array.from({ length: 5000 }, (_, at) => node(`n${at}`, { layer: at % 40, order: at }));
  const edges = Array.from({ length: 50_000 }, () => edge(Math.floor(next() * 5000), Math.floor(next() * 5000), { count: 1 + Math.floor(next() * 99) }));
  return pageOf({ nodes, edges, cycles: [], groups: [] });
}

test("a huge graph is not drawn whole, and what is missing is counted", () => {
  const page = huge();
  const all = choose(page.graph, edgesOf(page.graph), passed(page, ALL), { ...NONE, isAll: true });
  assert.equal(all.boxes.length, MOST_BOXES);
  assert.equal(all.leftOut, 5000 - MOST_BOXES);
  assert.ok(all.boxes.length + all.links.length <= MOST_DRAWN);
  const first = choose(page.graph, edgesOf(page.graph), passed(page, ALL), NONE);
  assert.equal(first.boxes.length, 60);
});

test("the address names a node or an edge", () => {
  const at = (hash: string) => fromRoute(small.graph, parse(hash));
  assert.deepEqual(at("#/graph"), null);
  assert.deepEqual(at("#/graph/b"), { what: "node", node: 1 });
  assert.deepEqual(at("#/graph/b?to=c"), { what: "edges", edges: [2] });
  assert.deepEqual(at("#/graph/c?to=b"), { what: "node", node: 2 });
  assert.deepEqual(at("#/graph/nobody"), null);
  assert.deepEqual(toRoute(small.graph, { what: "edges", edges: [2] }), { of: "b", to: "c" });
  assert.deepEqual(toRoute(small.graph, { what: "node", node: 4 }), { of: "e", to: null });
});
