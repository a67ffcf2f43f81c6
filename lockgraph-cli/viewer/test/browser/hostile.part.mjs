// Names that are markup, controls, very long, of another direction, or those of every object: each view
// shows them as text, keeps its width and runs no script of theirs.

import assert from "node:assert/strict";
import { NAMES } from "./hostile.mjs";
import { check } from "./check.mjs";
import { text, until, visit } from "./chromium.mjs";

const page = "hostile";
const idOf = (at) => `${encodeURIComponent(`${NAMES[at]}${at}`)}`;
const FINDINGS = NAMES.map((_, at) => `#/finding/${idOf(at)}`);
// Two with a picture of who waits, among them the long name.
const WAITS = NAMES.flatMap((_, at) => (at % 4 === 0 ? [`#/finding/${idOf(at)}/waits?step=4`] : []));
const NODES = NAMES.slice(0, 11).map((name) => `#/graph/${encodeURIComponent(name)}`);

async function isHarmless(page, where) {
  const seen = await page.evaluate(() => ({
    // The data and the bundle.
    scripts: document.scripts.length,
    pictures: document.images.length,
    width: document.documentElement.scrollWidth,
    // Nothing that turns direction, or is not seen, is left in what is read.
    controls: (document.body.innerText.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g) ?? []).length,
    prototype: Object.keys(Object.prototype).length,
  }));
  assert.deepEqual(seen, { scripts: 2, pictures: 0, width: 1280, controls: 0, prototype: 0 }, where);
}

const WHOLES = ["#/findings", "#/graph", "#/graph?all=1", "#/timeline", `#/timeline/${encodeURIComponent(NAMES[0])}?q=${encodeURIComponent(NAMES[1])}`, "#/contention"];

for (const [what, hashes] of Object.entries({ findings: FINDINGS, "who waits for whom": WAITS, "chosen boxes": NODES, "views of the whole": WHOLES })) {
  check(`hostile names do no harm: ${what}`, { page }, async (page) => {
    for (const hash of hashes) {
      await visit(page, hash);
      assert.ok((await text(page, "h1")).length > 3, hash);
      assert.notEqual(await text(page, "h1"), "There is no such finding in this report", hash);
      await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
      await isHarmless(page, hash.slice(0, 80));
    }
  });
}

check("names of another direction stay apart from the words around them", { page, hash: FINDINGS[6] }, async (page) => {
  await until(() => page.locator("h1 bdi").allTextContents(), [NAMES[6]]);
});

check("marks that turn the direction are shown, not followed", { page, hash: FINDINGS[7] }, async (page) => {
  await until(() => page.locator("h1 bdi").allTextContents(), ["evil\u27e8U+202E\u27e9gnp.exe\u27e8U+2066\u27e9x"]);
});

check("each hostile name is a finding that the list leads to", { page }, async (page) => {
  await until(() => page.locator(".findings > li").count(), NAMES.length);
  await page.locator(".findings a").first().click();
  await until(() => text(page, "h1"), "</script><script>alert(1)</script> and </script><script>alert(1)</script> are taken in both orders");
});

for (const field of ["verdict", "kind", "crate", "module", "test"]) {
  check(`filters by ${field} take hostile names`, { page }, async (page) => {
    const select = page.getByRole("combobox", { name: field, exact: true });
    const values = await select.locator("option").evaluateAll((all) => all.map((it) => it.value));
    for (const name of values.slice(1)) {
      await select.selectOption(name);
      await until(async () => (await page.locator(".findings > li").count()) > 0, true);
    }
    await page.reload();
    await until(() => select.inputValue(), values.at(-1));
    await isHarmless(page);
  });
}

check("the search takes what is a pattern elsewhere", { page }, async (page) => {
  for (const words of ["<script>", "$& $1", "constructor", "\\", "[", "(?:", "\u05e0\u05e2"]) await page.getByLabel("Search").fill(words);
  await isHarmless(page);
});

check("the name of every object finds only its own source", { page, hash: `#/finding/${idOf(10)}` }, async (page) => {
  assert.ok((await text(page, "h1")).startsWith("constructor and constructor"));
  await isHarmless(page);
});

check("a hostile graph is saved as SVG that parses", { page, hash: "#/graph?all=1" }, async (page) => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "SVG", exact: true }).click()]);
  const stream = await download.createReadStream();
  let svg = "";
  for await (const part of stream) svg += part;
  assert.equal(await page.evaluate((source) => new DOMParser().parseFromString(source, "image/svg+xml").querySelector("parsererror, script, img, [onload]")?.outerHTML ?? null, svg), null);
});
