// Reads the lanes of a run, some milliseconds at a time, so that the page stays alive meanwhile. Fails,
// in words, if a lane cannot be fetched or read; the others are shown all the same.

import type { Run } from "../model";
import { type Lane, bytesOf, laneOf } from "./bars";

const SLICE_MS = 20;

export interface Loaded {
  lanes: (Lane | null)[];
  problems: string[];
  isDone: boolean;
}

/** Tells what there is after each slice, until `stop` says so. */
export async function load(run: Run, tell: (loaded: Loaded) => void, stop: AbortSignal): Promise<void> {
  const lanes: (Lane | null)[] = run.threads.map(() => null);
  const problems: string[] = [];
  let since = performance.now();
  for (let at = 0; at < run.lanes.length && at < lanes.length; at++) {
    const source = run.lanes[at]!;
    try {
      lanes[at] = laneOf(await bytes(source, stop), run.events);
    } catch (error) {
      if (stop.aborted) return;
      problems.push(`${run.threads[at] ?? "a thread"}: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (performance.now() - since < SLICE_MS) continue;
    tell({ lanes: [...lanes], problems: [...problems], isDone: false });
    await nextFrame();
    if (stop.aborted) return;
    since = performance.now();
  }
  if (!stop.aborted) tell({ lanes, problems, isDone: true });
}

async function bytes(source: Run["lanes"][number], stop: AbortSignal): Promise<Uint8Array> {
  if ("base64" in source) return bytesOf(source.base64);
  const answer = await fetch(source.url, { signal: stop });
  if (!answer.ok) throw new Error(`the lane cannot be fetched (${answer.status})`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** A hidden page draws no frames, but may go on reading. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
