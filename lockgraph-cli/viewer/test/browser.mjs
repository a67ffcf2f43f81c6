// Tests of the page in a real Chromium: LOCKGRAPH=target/debug/lockgraph npm test [-- WORD]
// All of them share one browser, so they are parts of this one file. A word runs those with it in
// their names.

import { after } from "node:test";
import { runAll } from "./browser/check.mjs";
import { closeBrowser } from "./browser/chromium.mjs";
import { removePages } from "./browser/pages.mjs";
import "./browser/watch.part.mjs";
import "./browser/shell.part.mjs";
import "./browser/list.part.mjs";
import "./browser/finding.part.mjs";
import "./browser/waits.part.mjs";
import "./browser/graph.part.mjs";
import "./browser/timeline.part.mjs";
import "./browser/contention.part.mjs";
import "./browser/looks.part.mjs";
import "./browser/access.part.mjs";
import "./browser/hostile.part.mjs";
import "./browser/large.part.mjs";
import "./browser/program.part.mjs";

runAll(process.argv[2]);

after(async () => {
  await closeBrowser();
  await removePages();
});
