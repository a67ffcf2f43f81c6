// Writes what a page is told for a project of any size, the same each time, to look at and to measure:
//   node test/large.mjs NODES EDGES EVENTS [THREADS] > page.json

import { fileURLToPath } from "node:url";

const CRATES = ["bank", "store", "net", "cache", "search", "queue", "audit", "web"];
const NOUNS = ["accounts", "ledger", "index", "peers", "routes", "sessions", "jobs", "blobs", "quota", "tree", "log", "names"];
const KINDS = ["mutex", "mutex", "mutex", "rwlock", "rwlock", "condvar", "channel"];

/** A small generator of numbers, from 0 to below 1. */
function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function large({ nodes = 500, edges = 5000, events = 1_000_000, threads = 24 }) {
  const next = chance(nodes * 7 + edges);
  const graph = graphOf(nodes, edges, next);
  return {
    version: 1,
    title: `${nodes} classes, ${edges} edges, ${events} events`,
    made_by: "lockgraph 0.1.0",
    summary: "a page of made-up locks",
    problems: [],
    notes: [],
    findings: [],
    help: {},
    sources: sourcesOf(graph),
    graph,
    runs: [runOf(graph, events, threads, next), { ...emptyRun("order-only"), threads: ["main"] }],
    contention: contentionOf(graph, next),
  };
}

function graphOf(count, edgeCount, next) {
  const depth = Math.max(3, Math.ceil(Math.sqrt(count) * 0.8));
  const seats = new Array(depth).fill(0);
  const nodes = Array.from({ length: count }, (_, at) => {
    const crate = CRATES[Math.floor(at / Math.max(1, count / CRATES.length)) % CRATES.length];
    const noun = NOUNS[Math.floor(next() * NOUNS.length)];
    const layer = Math.floor(next() * depth);
    return {
      name: `${crate}::${noun}::${["Inner", "Table", "State", "Slot"][at % 4]}.${noun}${at}`,
      kind: KINDS[Math.floor(next() * KINDS.length)],
      place: { file: `crates/${crate}/src/${noun}.rs`, line: 10 + (at % 300), column: 9 },
      crate,
      module: `${crate}::${noun}`,
      layer,
      order: seats[layer]++,
      cycle: null,
      group: null,
      instance_count: 1 + Math.floor(next() * 4) * (at % 5 === 0 ? 20 : 1),
      instances: [],
    };
  });
  for (const node of nodes) {
    const shown = Math.min(8, node.instance_count);
    node.instances = Array.from({ length: shown }, (_, id) => ({ id: id + 1, run: "tests-1", acquisitions: Math.floor(next() * 9000), contended: Math.floor(next() * 80) }));
  }
  const edges = edgesOf(nodes, edgeCount, next);
  const cycles = cyclesOf(nodes, edges);
  const groups = count > 150 ? groupsOf(nodes) : [];
  return { nodes, edges, cycles, groups };
}

function edgesOf(nodes, count, next) {
  const seen = new Set();
  const edges = [];
  for (let tries = 0; edges.length < count && tries < count * 20; tries++) {
    const from = Math.floor(next() * nodes.length);
    // Mostly to what is near, as in real programs.
    const near = Math.floor((next() + next() - 1) * Math.max(8, nodes.length / 6));
    const to = (from + near + nodes.length) % nodes.length;
    const key = `${from} ${to}`;
    if (nodes[from].layer >= nodes[to].layer || seen.has(key)) continue;
    seen.add(key);
    edges.push(edgeOf(nodes, from, to, Math.ceil(Math.exp(next() * 9)), next));
  }
  return edges;
}

function edgeOf(nodes, from, to, count, next) {
  return {
    from,
    to,
    count,
    is_in_cycle: false,
    threads: [`worker-${Math.floor(next() * 9)}`],
    tests: [`${nodes[from].crate}::tests::t${Math.floor(next() * 20)}`],
    functions: [`${nodes[from].module}::update`],
    held_at: nodes[from].place,
    wanted_at: { ...nodes[to].place, line: nodes[to].place.line + 1 },
    findings: [],
  };
}

/** Turns a few edges round, and names those that close a circle. */
function cyclesOf(nodes, edges) {
  const cycles = [];
  const wanted = Math.min(6, Math.max(1, Math.floor(nodes.length / 12)));
  for (let at = 0; at < edges.length && cycles.length < wanted; at += Math.floor(edges.length / wanted)) {
    const forth = edges[at];
    if (nodes[forth.from].cycle !== null || nodes[forth.to].cycle !== null) continue;
    const back = { ...forth, from: forth.to, to: forth.from, count: 3, is_in_cycle: true, threads: ["late"] };
    forth.is_in_cycle = true;
    edges.push(back);
    nodes[forth.from].cycle = nodes[forth.to].cycle = cycles.length;
    cycles.push([forth.from, forth.to]);
  }
  return cycles;
}

function groupsOf(nodes) {
  const byModule = new Map();
  nodes.forEach((node, at) => byModule.set(node.module, [...(byModule.get(node.module) ?? []), at]));
  const groups = [];
  for (const [name, members] of byModule) {
    if (members.length < 2) continue;
    for (const at of members) nodes[at].group = groups.length;
    groups.push({ name, nodes: members });
  }
  return groups;
}

function sourcesOf(graph) {
  const sources = {};
  for (const { place } of graph.nodes.slice(0, 400)) {
    const lines = (sources[place.file] ??= {});
    for (let line = place.line - 2; line <= place.line + 3; line++) lines[line] = line === place.line ? "    let state = self.state.lock().unwrap();" : "    // ..";
  }
  return sources;
}

function emptyRun(name) {
  return { name, seen: "the tests of bank", threads: [], locks: [], places: [], events: 0, left_out: 0, lanes: [], marks: [] };
}

/** Threads that take a few locks and give them back, sometimes after a wait; two are stuck at the end. */
function runOf(graph, events, threads, next) {
  const used = Math.min(graph.nodes.length, 40);
  const run = emptyRun("tests-1");
  run.threads = Array.from({ length: threads }, (_, at) => (at === 0 ? "main" : `worker-${at}`));
  run.locks = graph.nodes.slice(0, used).map(({ name }, node) => ({ name, node }));
  run.places = graph.nodes.slice(0, used).map(({ place }) => place);
  run.events = events;
  const lanes = run.threads.map((_, thread) => laneOf(thread, run, used, next));
  run.lanes = lanes.map((bars) => ({ base64: Buffer.from(encode(bars)).toString("base64") }));
  run.marks = events === 0 ? [] : [{ event: Math.floor(events / 3), text: "worker-2 waits", finding: 0 }, { event: events - 1, text: "the end", finding: 0 }];
  return run;
}

function laneOf(thread, run, used, next) {
  const bars = [{ begin: 0, length: 0, kind: 5, depth: 0 }];
  const share = run.threads.length;
  const end = Math.floor(run.events * 0.97);
  let now = Math.floor(next() * share * 3);
  while (now < end) {
    const depth = 1 + Math.floor(next() * 3);
    const first = Math.floor(next() * used);
    const step = Math.max(1, Math.floor(share * (0.5 + next())));
    // In the order of the locks, from outside to inside.
    for (let at = 0; at < depth; at++) {
      const begin = now + at * step;
      const length = (depth - at) * 2 * step - step;
      const lock = (first + at) % used;
      const waits = next() < 0.08 ? Math.max(1, Math.floor(step * 0.7)) : 0;
      if (waits) bars.push({ begin, length: waits, kind: 2, depth: at, lock, place: lock, by: (thread + 1) % share });
      bars.push({ begin: begin + waits, length: Math.max(1, length - waits), kind: next() < 0.2 ? 1 : 0, depth: at, lock, place: lock });
    }
    now += depth * 2 * step + Math.floor(next() * share * 2);
  }
  if (run.events === 0) return [];
  if (thread === 1 || thread === 2) {
    bars.push({ begin: now, length: run.events - now, kind: 4, depth: 0, lock: thread, place: thread });
    bars.push({ begin: now + share, length: run.events - now - share, kind: 3, depth: 1, lock: 3 - thread, place: 3 - thread, by: 3 - thread });
  } else {
    bars.push({ begin: now, length: 0, kind: 6, depth: 0 });
  }
  return bars.sort((one, two) => one.begin - two.begin);
}

export function encode(bars) {
  const bytes = [];
  const put = (number) => {
    while (number >= 128) {
      bytes.push((number % 128) | 128);
      number = Math.floor(number / 128);
    }
    bytes.push(number);
  };
  let before = 0;
  for (const bar of bars) {
    put(bar.begin - before);
    before = bar.begin;
    put(bar.length);
    put(bar.kind);
    put(bar.depth);
    put((bar.lock ?? -1) + 1);
    put((bar.place ?? -1) + 1);
    if (bar.kind === 2 || bar.kind === 3) put((bar.by ?? -1) + 1);
  }
  return Uint8Array.from(bytes);
}

function contentionOf(graph, next) {
  const row = (at) => ({
    what: graph.nodes[at % graph.nodes.length].name,
    place: graph.nodes[at % graph.nodes.length].place,
    count: Math.ceil(next() * 900),
    total_nanos: at % 7 === 0 ? null : Math.ceil(Math.exp(next() * 24)),
    longest_nanos: Math.ceil(Math.exp(next() * 20)),
    thread: `worker-${at % 9}`,
    run: "tests-1",
  });
  return { waits: Array.from({ length: 40 }, (_, at) => row(at)), holds: Array.from({ length: 40 }, (_, at) => row(at * 3)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [nodes, edges, events, threads] = process.argv.slice(2).map(Number);
  process.stdout.write(JSON.stringify(large({ nodes, edges, events, threads })));
}
