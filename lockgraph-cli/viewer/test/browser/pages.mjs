// The pages under test, as files in a directory that is removed at the end: the sample and pages made
// from it, large ones, and one that the program wrote of a run that really deadlocked.

import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assemble } from "../../demo.mjs";
import { large } from "../large.mjs";
import { hostile } from "./hostile.mjs";
import { recorded } from "./program.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const sample = JSON.parse(readFileSync(join(here, "../sample.json"), "utf8"));

/** A copy, to be changed. */
export const sampled = () => structuredClone(sample);

/** Ids of the sample's findings. */
export const PHILOSOPHERS = "149e6969b93317c4";
export const BANK = "5b02c77d1e0f4a91";
export const POOL = "e0d41f6a93c2b875";
export const CACHE = "77aa0c1db2e94f03";

const MADE = {
  sample: () => assemble(sampled()),
  empty: () => assemble(empty()),
  many: () => assemble(many(1000)),
  hostile: () => assemble(hostile(sampled())),
  broken: () => assemble(broken()),
  graph30: () => assemble(large({ nodes: 30, edges: 60, events: 0, threads: 2 })),
  graph500: () => assemble(large({ nodes: 500, edges: 5000, events: 0, threads: 2 })),
  graph5000: () => assemble(large({ nodes: 5000, edges: 20_000, events: 0, threads: 2 })),
  threads: () => assemble(large({ nodes: 30, edges: 60, events: 20_000, threads: 500 })),
  large: () => assemble(large({ nodes: 500, edges: 5000, events: 1_000_000, threads: 24 })),
  recorded,
};

let directory = null;
const files = new Map();

/** The file of a page, made when it is first asked for. */
export function file(name) {
  if (!files.has(name)) files.set(name, write(name));
  return files.get(name);
}

async function write(name) {
  directory ??= mkdtemp(join(tmpdir(), "lockgraph-page-"));
  const path = join(await directory, `${name}.html`);
  await writeFile(path, await MADE[name]());
  return path;
}

export async function removePages() {
  if (directory) await rm(await directory, { recursive: true, force: true });
  directory = null;
  files.clear();
}

function empty() {
  const page = sampled();
  return {
    ...page,
    summary: "no findings (2 traces: 14 threads, 11 locks)",
    problems: [],
    notes: [],
    findings: [],
    graph: { nodes: [], edges: [], cycles: [], groups: [] },
    runs: [],
    contention: { waits: [], holds: [] },
  };
}

/** A lane that ends in the middle of a bar. */
function broken() {
  const page = sampled();
  page.runs[0].lanes[2] = { base64: "AgAFAAA=" };
  return page;
}

function many(count) {
  const page = sampled();
  const findings = Array.from({ length: count }, (_, at) => {
    const one = structuredClone(sample.findings[at % sample.findings.length]);
    return { ...one, id: `f${at}`, headline: `${one.headline}, number ${at}` };
  });
  return { ...page, findings, summary: `${count} findings` };
}
