// What the program itself writes of a run that really deadlocked: every view of it, and that the file
// is what it promises to be.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { add, check } from "./check.mjs";
import { hash, text, texts, until, untilLike, untilSo, violations, visit } from "./chromium.mjs";
import { file } from "./pages.mjs";

const page = "recorded";
const PHILOSOPHERS = ["Aristotle", "Diogenes", "Hypatia", "Plato", "Socrates"];

add("the file names nobody to ask and allows only its own script and style", async () => {
  const html = await readFile(await file(page), "utf8");
  const policy = html.match(/http-equiv="Content-Security-Policy" content="([^"]*)"/)[1];
  const rules = Object.fromEntries(policy.split("; ").map((it) => [it.split(" ")[0], it.split(" ").slice(1).join(" ")]));
  assert.equal(rules["default-src"], "'none'");
  assert.match(rules["script-src"], /^'sha256-[A-Za-z0-9+/]{43}='$/);
  assert.match(rules["style-src"], /^'sha256-[A-Za-z0-9+/]{43}='$/);
  const markup = html.replace(/<script[^>]*>[^]*?<\/script>/g, "");
  assert.equal(html.match(/<script/g).length, 2);
  assert.doesNotMatch(markup, /<(link|img|iframe|object|embed)\b|\ssrc=|@import|url\(/i);
  // Whoever reads the file without it knows what to do.
  assert.match(markup, /<noscript>[^]*lockgraph check/);
});

check("a real deadlock is the first finding", { page }, async (page) => {
  await untilLike(() => text(page, ".findings > li"), /^actual deadlock 5 threads wait for each other/);
  await page.locator(".findings a").first().click();
  await until(async () => (await texts(page, "main h2")).slice(0, 2), ["Who waits for whom", "What each thread did"]);
  const threads = (await page.locator("svg.circle .node.thread .name").allTextContents()).map((it) => it.replace(/^thread /, "")).sort();
  assert.deepEqual(threads, PHILOSOPHERS);
  await until(() => page.locator("svg.circle .edge").count(), 10);
  await until(() => page.locator(".column").count(), 5);
  await until(() => page.locator(".condition").count(), 4);
  await page.locator("svg.circle .edge").first().press("Enter");
  await untilLike(() => text(page, ".chosen-edge"), /philosophers\.rs:\d+/);
});

check("who waits for whom ends with the five and the one that joins them", { page }, async (page) => {
  await page.locator(".findings a").first().click();
  // The key is heard once the finding is there.
  await untilLike(() => text(page, "h1"), /wait for each other/);
  await page.keyboard.press("w");
  await until(() => text(page, "h1"), "Why nobody can free them");
  await page.getByRole("button", { name: "To the end" }).click();
  await until(() => text(page, ".stepper span"), "Who is left");
  const stuck = await texts(page, "tr.stuck th");
  for (const name of PHILOSOPHERS) assert.ok(stuck.some((it) => it.includes(name)), name);
});

check("the graph has the five forks in a cycle", { page, hash: "#/graph" }, async (page) => {
  await until(async () => (await page.locator(".g-box.is-cycle .g-label").allTextContents()).sort(), ["fork 1", "fork 2", "fork 3", "fork 4", "fork 5"]);
  await until(() => page.locator(".g-link.is-cycle").count(), 5);
});

check("the timeline ends with five waits for ever", { page, hash: "#/timeline" }, async (page) => {
  await untilSo(() => texts(page, ".tl-name"), (names) => PHILOSOPHERS.every((name) => names.includes(name)));
  await page.locator(".tl-stage canvas").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await untilLike(() => text(page, ".tl-board [aria-live]"), /waits for `[^`]*fork \d`, which thread `\w+` has, for ever/);
  await page.keyboard.press("]");
  await untilLike(() => hash(page), /from=\d+&to=\d+/);
});

for (const colorScheme of ["light", "dark"]) {
  check(`axe on every view of it, ${colorScheme}`, { page, colorScheme }, async (page) => {
    for (const at of ["#/findings", "#/graph", "#/timeline", "#/contention"]) {
      await visit(page, at);
      assert.deepEqual(await violations(page), [], at);
    }
  });
}
