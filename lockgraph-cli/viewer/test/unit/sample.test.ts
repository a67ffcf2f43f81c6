// The sample obeys the contract: the compiler says so where the types are read from JSON, as far
// as literals allow; the positions are checked here.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "../../src/model";
import sample from "../sample.json";

const page = sample as unknown as Page;

test("every position of the sample leads somewhere", () => {
  for (const finding of page.findings) {
    for (const edge of finding.circle?.edges ?? []) {
      assert.ok(finding.circle?.nodes[edge.from] && finding.circle.nodes[edge.to], finding.id);
      assert.ok(finding.columns[edge.column], finding.id);
    }
    for (const move of finding.schedule?.moves ?? []) {
      assert.ok(finding.schedule?.threads[move.thread], finding.id);
    }
    const { threads = [], rounds = [], stuck = [] } = finding.snapshot ?? {};
    const running = threads.flatMap((it, i) => (it.state === "runs" ? [i] : []));
    const named = [...running, ...rounds.flatMap((it) => it.freed), ...stuck].sort((a, b) => a - b);
    assert.deepEqual(named, threads.map((_, i) => i), `${finding.id}: each thread runs, is freed once, or is stuck`);
    assert.ok(page.help[finding.kind] && page.help[finding.verdict], finding.id);
  }
});
