// The page that the program writes of a run that really deadlocks: it records its own demonstration,
// which hangs and is killed, and makes a page of the trace. LOCKGRAPH names the program.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const LIMIT = 60_000;

/** The text of the page. */
export async function recorded() {
  const lockgraph = program();
  const directory = await mkdtemp(join(tmpdir(), "lockgraph-trace-"));
  try {
    const traces = join(directory, "traces");
    // All events of the one, the order of the other.
    for (const level of ["full", "graph"]) await hang(lockgraph, traces, level);
    const out = join(directory, "report.html");
    // From there, so that the names of the runs are short.
    const made = spawnSync(lockgraph, ["view", "traces", "-o", out], { cwd: directory, encoding: "utf8", timeout: LIMIT });
    if (!existsSync(out)) throw new Error(`\`lockgraph view\` made no page (${made.status}): ${made.stderr}`);
    return await readFile(out, "utf8");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function program() {
  // From where npm was called, which runs this elsewhere.
  const path = process.env.LOCKGRAPH && resolve(process.env.INIT_CWD ?? ".", process.env.LOCKGRAPH);
  if (path && existsSync(path)) return path;
  throw new Error(`LOCKGRAPH has to name the program${path ? `, and ${path} is none` : ""}: cargo build -p lockgraph-cli, then LOCKGRAPH=target/debug/lockgraph npm test`);
}

/** Lets the demonstration run until it says that it has deadlocked and all its threads sleep, and kills it. */
async function hang(lockgraph, traces, level) {
  const settings = { LOCKGRAPH_TRACE: traces, LOCKGRAPH_LEVEL: level, LOCKGRAPH_ON_DEADLOCK: "report" };
  const child = spawn(lockgraph, ["demo", "--in-this-process", "philosophers"], { env: { ...process.env, ...settings }, stdio: ["ignore", "ignore", "pipe"] });
  const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let isFound = false;
  for await (const line of createInterface({ input: child.stderr })) {
    if (!line.startsWith("error[deadlock]")) continue;
    isFound = true;
    break;
  }
  // Who is not in the circle may not have come to its wait yet.
  while (isFound && child.exitCode === null && !(await allSleep(child.pid))) await new Promise((soon) => setTimeout(soon, 5));
  child.kill("SIGKILL");
  await ended;
  clearTimeout(limit);
  if (!isFound) throw new Error("the demonstration did not deadlock");
}

/** Whether the kernel says three times that all threads of a process sleep. */
async function allSleep(pid) {
  for (let time = 0; time < 3; time++) {
    await new Promise((soon) => setTimeout(soon, 5));
    const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
    // The state follows the name in parentheses.
    const stats = await Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/stat`, "utf8").catch(() => ") gone")));
    if (!stats.every((stat) => stat.slice(stat.lastIndexOf(")")).startsWith(") S"))) return false;
  }
  return true;
}
