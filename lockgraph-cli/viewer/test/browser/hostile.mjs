// A page whose names do what names must not: end elements, run from right to left, hide, be long, or
// be those of every object.

const LONG = "long_name_".repeat(1024);

export const NAMES = [
  "</script><script>alert(1)</script>",
  "<!--<script>",
  "<img src=x onerror=alert(2)>",
  "\"quoted\" 'twice' & `ticked`",
  "\u{1f512}\u{1f469}\u200d\u{1f4bb} lock",
  LONG,
  "\u05e0\u05e2\u05d9\u05dc\u05d4 \u0642\u0641\u0644",
  "evil\u202egnp.exe\u2066x",
  "nul\u0000bell\u0007esc\u001b[31m",
  "__proto__",
  "constructor",
  "toString",
  "{{JS}} $& $1 ${name}",
  "a lone ` tick",
];

/** The sample with these names for threads, locks, crates, files, tests and all that is said. */
export function hostile(page) {
  let next = 0;
  const name = () => NAMES[next++ % NAMES.length];
  const findings = NAMES.map((bad, at) => finding(structuredClone(page.findings[at % page.findings.length]), bad, at));
  const nodes = page.graph.nodes.map((node, at) => ({ ...node, name: NAMES[at % NAMES.length], kind: name(), crate: name(), module: name(), place: place(name()) }));
  const run = { ...page.runs[0], name: NAMES[0], seen: name(), threads: page.runs[0].threads.map(name), locks: page.runs[0].locks.map((it) => ({ ...it, name: name() })) };
  const row = (it) => ({ ...it, what: name(), place: place(name()), thread: name(), run: name() });
  const lines = Object.fromEntries(NAMES.map((it, at) => [String(at + 1), it]));
  return {
    ...page,
    title: NAMES[0],
    summary: `4 findings in \`${NAMES[0]}\` and \`${NAMES[7]}\``,
    made_by: NAMES[2],
    problems: NAMES,
    notes: NAMES,
    findings,
    // A key of every object, which must be a name like all others. (As JSON it is one.)
    sources: { ...Object.fromEntries(NAMES.map((it) => [it, lines])), ["constructor"]: lines },
    help: { ...page.help, [NAMES[2]]: { summary: NAMES[0], paragraphs: NAMES } },
    graph: { ...page.graph, nodes, edges: page.graph.edges.map((edge) => ({ ...edge, threads: NAMES, tests: NAMES, functions: NAMES, held_at: place(name()), wanted_at: place(name()) })) },
    runs: [{ ...run, marks: run.marks.map((mark) => ({ ...mark, text: NAMES[0] })) }],
    contention: { waits: page.contention.waits.map(row), holds: page.contention.holds.map(row) },
  };
}

function place(file) {
  return { file, line: 3, column: 2 };
}

function finding(one, bad, at) {
  const said = `\`${bad}\` waits for \`${bad}\``;
  return {
    ...one,
    id: `${bad}${at}`,
    fingerprint: bad,
    // Some of them are a kind or a verdict of their own, too.
    kind: at % 3 === 0 ? bad : one.kind,
    verdict: at % 3 === 1 ? bad : one.verdict,
    standing: bad,
    headline: `${bad} and \`${bad}\` are taken in both orders`,
    columns: one.columns.map((column) => ({
      thread: bad,
      summary: said,
      steps: column.steps.map((step) => ({ ...step, text: said, lock: bad, place: place(bad) })),
      stack: [{ function: bad, place: place(bad), is_own: true }, { function: bad, place: null, is_own: false }],
    })),
    circle: one.circle && {
      ...one.circle,
      nodes: one.circle.nodes.map((node) => ({ ...node, name: bad, detail: bad })),
      edges: one.circle.edges.map((edge) => ({ ...edge, text: said, place: place(bad) })),
    },
    schedule: one.schedule && {
      ...one.schedule,
      threads: one.schedule.threads.map(() => bad),
      moves: one.schedule.moves.map((move) => ({ ...move, text: said, lock: bad, place: place(bad) })),
      summary: said,
    },
    conditions: one.conditions.map((it) => ({ ...it, because: [said, bad] })),
    way_out: { breaks: bad, advice: said, alternatives: [bad] },
    verdict_because: said,
    remarks: [bad],
    tests: NAMES,
    programs: NAMES,
    could: NAMES,
    traces: NAMES,
    crates: [bad],
    modules: [bad],
    markdown: bad,
    text: bad,
    snapshot: one.snapshot && {
      ...one.snapshot,
      threads: one.snapshot.threads.map((thread) => ({ ...thread, name: bad, waits: said, place: place(bad), holds: NAMES, needs: thread.needs.map((need) => ({ ...need, text: said })) })),
      rounds: one.snapshot.rounds.map((round) => ({ ...round, text: said })),
    },
  };
}
