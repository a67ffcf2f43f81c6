// What a page is told, as JSON in `<script type="application/json" id="page">`. The program writes it
// (`lockgraph-cli/src/view`), all of its sentences too, so that the page and the terminal use the
// same words. Positions are indices into the lists named beside them.

export interface Page {
  version: 1;
  /** What was read: the name of a project, a trace or a report. */
  title: string;
  /** "lockgraph 0.1.0". */
  made_by: string;
  /** The last line of the terminal report. */
  summary: string;
  /** What could not be read, one sentence each. */
  problems: string[];
  /** What is less than it could be, one sentence each. */
  notes: string[];
  /** Surest first. */
  findings: Finding[];
  /** By kind, verdict and condition, those that occur: what `lockgraph explain` says of it. */
  help: Record<string, Help>;
  /** Lines of source files around every place that is named, by file and line (a decimal number). */
  sources: Record<string, Record<string, string>>;
  graph: Graph;
  runs: Run[];
  contention: Contention;
}

export interface Help {
  /** One sentence. */
  summary: string;
  /** Paragraphs of plain text; one that is indented by four spaces is code. */
  paragraphs: string[];
}

export interface Place {
  file: string;
  line: number;
  /** In characters, from 1; 0 if it is not known. */
  column: number;
}

export type Severity = "error" | "warning" | "note";

export interface Finding {
  /** Unique in the page and the same from run to run: the permalink is `#/finding/ID`. */
  id: string;
  fingerprint: string;
  kind: string;
  verdict: string;
  severity: Severity;
  /** What the gate makes of it ("new", "accepted until ..."); null without a gate. */
  standing: string | null;
  /** What happened, in one sentence. */
  headline: string;
  /** One for each thread of the circle, in its order. */
  columns: Column[];
  circle: Circle | null;
  schedule: Schedule | null;
  /** All four, or none if no thread waits for another. */
  conditions: Condition[];
  way_out: { breaks: string; advice: string; alternatives: string[] };
  /** Why the verdict is not higher or lower. */
  verdict_because: string;
  /** Further lines of the terminal report: why it is excluded, who keeps it from being certain,
   *  how often it was seen. */
  remarks: string[];
  tests: string[];
  programs: string[];
  /** Tests and programs in which it was seen with less certainty. */
  could: string[];
  /** Whether tests and programs are all there are. */
  are_all_named: boolean;
  traces: string[];
  trace_count: number;
  /** For filters: crates and modules of its places ("bank", "bank::transfer"). */
  crates: string[];
  modules: string[];
  /** Whether no place of it is in a package of the workspace. */
  is_inside: boolean;
  /** For an issue: the whole finding. */
  markdown: string;
  /** What the terminal prints. */
  text: string;
  /** Who waited for whom when the run stopped, for what happened; null if it only could have, or
   *  nothing is known beyond the circle. */
  snapshot: Snapshot | null;
}

/** What one thread did, in order. */
export interface Column {
  thread: string;
  /** "thread `a` holds `x` and waits for `y`" */
  summary: string;
  steps: ColumnStep[];
  /** Of the wait, user frames first; empty if there is none. */
  stack: Frame[];
}

export interface ColumnStep {
  act: "took" | "also holds" | "wants" | "does" | "gone";
  /** "took `x`", "waits for `y`, for ever" */
  text: string;
  /** The lock that it is about, as it is named everywhere; null if it is none. */
  lock: string | null;
  place: Place | null;
  /** What that place calls, where the lock is really taken. */
  through: Place | null;
}

export interface Frame {
  function: string;
  place: Place | null;
  /** Whether it is in the user's own packages. */
  is_own: boolean;
}

/** Threads and what they wait for, in a ring. Coordinates in CSS pixels from the top left. */
export interface Circle {
  width: number;
  height: number;
  nodes: { kind: "thread" | "lock" | "signal"; name: string; detail: string; x: number; y: number }[];
  edges: {
    /** Positions in nodes. */
    from: number;
    to: number;
    act: "holds" | "waits";
    /** The sentence of the edge. */
    text: string;
    /** Position in columns, for a click. */
    column: number;
    place: Place | null;
  }[];
}

export interface Schedule {
  /** Names, in the order of their columns. */
  threads: string[];
  moves: Move[];
  /** Reads in it that would see something else than they did. */
  changed_reads: number;
  /** What the verdict says of it, in a sentence. */
  summary: string;
}

export interface Move {
  /** Position in threads. */
  thread: number;
  act: "takes" | "gives back" | "begins" | "joins" | "tells" | "hears" | "wants";
  /** "takes `x`" */
  text: string;
  /** The lock as it is named everywhere, if it is about one. */
  lock: string | null;
  place: Place | null;
}

export interface Condition {
  name: "mutual exclusion" | "hold and wait" | "no preemption" | "circular wait";
  /** What makes it true here. */
  because: string[];
  /** Whether it is the one that is easiest to break here. */
  is_easiest: boolean;
}

/** The wait-for graph at the end, and its reduction: who can go on lets others go on. */
export interface Snapshot {
  threads: {
    name: string;
    state: "waits" | "runs" | "gone";
    /** "waits for `y`"; empty if it does not wait. */
    waits: string;
    place: Place | null;
    /** Names of locks. */
    holds: string[];
    /** It goes on as soon as each of these has so many of its threads going on. */
    needs: { count: number; of: number[]; text: string }[];
  }[];
  /** Who goes on in each round, by position, and why. */
  rounds: { freed: number[]; text: string }[];
  /** Who is left, by position: nobody can free them. */
  stuck: number[];
}

/** Classes of locks, and which was wanted while which was held. */
export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  /** Positions of the nodes of each cycle. */
  cycles: number[][];
  /** Groups of nodes that are shown as one while they are folded, where there are too many. */
  groups: { name: string; nodes: number[] }[];
}

export interface GraphNode {
  name: string;
  /** "mutex", "rwlock" .. */
  kind: string;
  place: Place | null;
  crate: string;
  module: string;
  /** The layer, from the top, and the place in it, from the left: computed for the graph as a whole;
   *  the page closes the gaps between those that it shows. */
  layer: number;
  order: number;
  /** Position in cycles; null if it is in none. */
  cycle: number | null;
  /** Position in groups; null if there are none. */
  group: number | null;
  /** How many locks of the class there were; the first of them. */
  instance_count: number;
  instances: { id: number; run: string; acquisitions: number; contended: number }[];
}

export interface GraphEdge {
  /** Positions in nodes: `to` was wanted while `from` was held. */
  from: number;
  to: number;
  count: number;
  is_in_cycle: boolean;
  /** Names; the first of them. */
  threads: string[];
  tests: string[];
  functions: string[];
  held_at: Place | null;
  wanted_at: Place | null;
  /** Which findings have this edge, by position. */
  findings: number[];
}

/** A recorded run with all of its events. */
export interface Run {
  name: string;
  /** The tests or the program that ran, in words. */
  seen: string;
  /** Names of threads, one lane each. */
  threads: string[];
  /** Names of locks and of what else is waited for, with the node of the graph. */
  locks: { name: string; node: number | null }[];
  places: Place[];
  /** How many events there are: the length of the axis, whose unit is an event. 0: only the order
   *  graph was recorded. */
  events: number;
  /** How many events at the beginning were left out; 0 if none. */
  left_out: number;
  /** Columns of bars by thread (see `src/timeline/bars.ts`): base64, or where to get the bytes if
   *  the page is served. */
  lanes: ({ base64: string } | { url: string })[];
  /** Events at which something in the findings happened: where to zoom to. */
  marks: { event: number; text: string; finding: number }[];
}

/**
 * The bytes of a lane: bars in the order of their beginnings, each of them unsigned LEB128 numbers:
 *   beginning, as difference to the one before; length in events; kind (see BarKind); depth (how
 *   many holds it lies on); position of the lock, plus 1, or 0; position of the place, plus 1, or 0;
 *   for waits: position of the thread that has it, plus 1, or 0.
 */
export const enum BarKind {
  Held = 0,
  HeldShared = 1,
  Waited = 2,
  /** A wait that does not end. */
  WaitsForEver = 3,
  /** A hold that does not end. */
  HeldForEver = 4,
  /** Moments: length 0. */
  Begins = 5,
  Ends = 6,
  Forks = 7,
  Joins = 8,
  Tells = 9,
}

export interface Contention {
  waits: ContentionRow[];
  holds: ContentionRow[];
}

export interface ContentionRow {
  /** What was waited for, or held. */
  what: string;
  place: Place | null;
  /** 0 where they are not counted. */
  count: number;
  total_nanos: number | null;
  longest_nanos: number;
  thread: string;
  run: string;
}
