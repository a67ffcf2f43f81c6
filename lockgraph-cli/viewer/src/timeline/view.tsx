// The timeline of a recorded run: which run, what is looked for, where to jump to. The address keeps
// the run and the part that is shown.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ViewProps } from "../app";
import type { Page, Run } from "../model";
import { type Route, go, href, keep } from "../route";
import { Words, count, shorten, visible } from "../text";
import { SMALLEST, clamp } from "./axis";
import { Board } from "./board";
import type { Range } from "./columns";
import { type Loaded, load } from "./load";
import { group } from "./words";

const SAVE_MS = 250;

export function TimelineView({ page, route }: ViewProps) {
  const run = chosen(page, route);
  return (
    <div class="wide">
      <h1>Timeline</h1>
      {run === null ? (
        <p class="soft">No run was read: a report has none, a trace has one.</p>
      ) : (
        <>
          <RunHead page={page} run={run} />
          {run.events === 0 ? <OnlyOrder /> : <Recorded key={page.runs.indexOf(run)} page={page} run={run} route={route} />}
        </>
      )}
    </div>
  );
}

/** By name; without one, the first run with events. */
function chosen(page: Page, route: Route): Run | null {
  const named = page.runs.find((run) => run.name === route.of);
  return named ?? page.runs.find((run) => run.events > 0) ?? page.runs[0] ?? null;
}

function RunHead({ page, run }: { page: Page; run: Run }) {
  const seen = run.seen && (
    <span class="soft">
      <Words text={run.seen} />
    </span>
  );
  if (page.runs.length < 2) return <p class="views-lead">{seen}</p>;
  const pick = (event: Event): void => {
    const run = page.runs[Number((event.currentTarget as HTMLSelectElement).value)];
    if (run) go(href("timeline", run.name));
  };
  return (
    <p class="views-lead v-row">
      <label>
        Run{" "}
        <select value={String(page.runs.indexOf(run))} onChange={pick}>
          {page.runs.map((one, at) => (
            <option key={at} value={String(at)}>
              {shorten(visible(one.name), 60)}, {one.events === 0 ? "order only" : count(one.events, "event")}
            </option>
          ))}
        </select>
      </label>
      {seen}
    </p>
  );
}

function OnlyOrder() {
  return (
    <div class="card">
      <p>
        Of this run only the order was recorded: which lock was wanted while which was held. To see who did what when, record all
        events and make the page again:
      </p>
      <pre>LOCKGRAPH_TRACE=traces LOCKGRAPH_LEVEL=full cargo test</pre>
      <p class="soft">The trace is larger then, and the run somewhat slower.</p>
    </div>
  );
}

function Recorded({ page, run, route }: { page: Page; run: Run; route: Route }) {
  const [loaded, setLoaded] = useState<Loaded>({ lanes: run.threads.map(() => null), problems: [], isDone: false });
  const [text, setText] = useState(route.query.get("q") ?? "");
  const [target, setTarget] = useState<Range | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    void load(run, setLoaded, stop.signal);
    return () => stop.abort();
  }, [run]);
  const shown = asked(route, run);
  const own = useRef("");
  useEffect(() => {
    const now = `${shown?.from}-${shown?.to}`;
    if (shown && now !== own.current) setTarget(shown);
  }, [route]);
  const save = useSave(run, text, (range) => (own.current = `${range.from}-${range.to}`));
  const wanted = useMemo(() => locksNamed(run, text), [run, text]);
  return (
    <>
      <div class="views-bar">
        <input type="search" placeholder="Look for a lock" aria-label="Look for a lock" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        {wanted && <span class="soft">{count(wanted.size, "lock")}</span>}
        <Jump page={page} run={run} onJump={setTarget} />
        <Legend />
      </div>
      {loaded.problems.length > 0 && (
        <ul class="card tl-problems" role="alert">
          {loaded.problems.slice(0, 5).map((problem) => (
            <li key={problem}>{visible(problem)}</li>
          ))}
        </ul>
      )}
      <Board page={page} run={run} loaded={loaded} start={shown} wanted={wanted} target={target} onMoved={save} />
    </>
  );
}

function asked(route: Route, run: Run): Range | null {
  const [from, to] = [route.query.get("from"), route.query.get("to")];
  if (from === null || to === null) return null;
  const range = { from: Number(from), to: Number(to) };
  return range.to > range.from ? clamp(range, run.events) : null;
}

function locksNamed(run: Run, text: string): Set<number> | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return null;
  return new Set(run.locks.flatMap((lock, at) => (lock.name.toLowerCase().includes(wanted) ? [at] : [])));
}

/** Keeps the address true, but not at every frame: browsers count the changes. */
function useSave(run: Run, text: string, own: (range: Range) => void): (range: Range) => void {
  const timer = useRef(0);
  const last = useRef<Range | null>(null);
  const said = useRef(text);
  said.current = text;
  const save = (range: Range): void => {
    last.current = range;
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      const at = { from: Math.floor(range.from), to: Math.ceil(range.to) };
      own(at);
      const query = new URLSearchParams({ from: String(at.from), to: String(at.to) });
      if (said.current.trim() !== "") query.set("q", said.current.trim());
      keep(href("timeline", run.name, null, query));
    }, SAVE_MS);
  };
  useEffect(() => {
    if (last.current) save(last.current);
  }, [text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return save;
}

const MOST_MARKS = 200;

function Jump({ page, run, onJump }: { page: Page; run: Run; onJump: (to: Range) => void }) {
  if (run.marks.length === 0) return null;
  const pick = (event: Event): void => {
    const select = event.currentTarget as HTMLSelectElement;
    const mark = run.marks[Number(select.value)];
    select.value = "";
    if (mark) onJump(clamp({ from: mark.event - SMALLEST * 10, to: mark.event + SMALLEST * 10 }, run.events));
  };
  return (
    <select aria-label="Jump to what is in a finding" onChange={pick} value="">
      <option value="">Jump to …</option>
      {run.marks.slice(0, MOST_MARKS).map((mark, at) => (
        <option key={at} value={String(at)}>
          {group(mark.event)}: {shorten(visible(mark.text), 60)} ({shorten(visible(page.findings[mark.finding]?.kind ?? ""), 30)})
        </option>
      ))}
    </select>
  );
}

function Legend() {
  return (
    <ul class="tl-legend" aria-label="What the bars mean">
      <li>
        <i class="tl-key held" /> holds
      </li>
      <li>
        <i class="tl-key shared" /> holds for reading
      </li>
      <li>
        <i class="tl-key wait" /> waits
      </li>
      <li>
        <i class="tl-key for-ever" /> waits for ever
      </li>
      <li>
        <i class="tl-key dense" /> many, a wait below
      </li>
    </ul>
  );
}
