// Pictures of the main views: npm run shots [DIRECTORY]
// Without a directory they go to fixtures/pictures: those that are shown to readers of the project, all
// of the page that the program writes of a run that really deadlocked (LOCKGRAPH names the program).
// With one, every view goes there too, light, dark and narrow, to be looked at.

import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { closeBrowser, open } from "./browser/chromium.mjs";
import { BANK, PHILOSOPHERS, file, removePages } from "./browser/pages.mjs";

const to = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "../../../fixtures/pictures");
const MOST = 120_000;

// Name, page, hash, height, and what is done first.
const SHOWN = [
  ["finding", "recorded", "", 820, (page) => page.locator(".findings a").first().click()],
  ["graph", "sample", "#/graph/Bank%3A%3Anew.accounts?to=Bank%3A%3Anew.audit", 730, null],
  ["timeline", "recorded", "#/timeline", 700, lastWait],
];

const LOOKED_AT = ["#/findings", `#/finding/${PHILOSOPHERS}`, `#/finding/${BANK}`, `#/finding/${PHILOSOPHERS}/waits?step=3`, "#/graph", "#/graph/LEDGER", "#/timeline", "#/contention"];

await mkdir(to, { recursive: true });
for (const [name, page, hash, height, act] of SHOWN) await shoot(name, page, hash, { viewport: { width: 1280, height } }, act);
if (process.argv[2]) {
  for (const [i, hash] of LOOKED_AT.entries()) {
    for (const [look, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 480, height: 900 } }]]) {
      await shoot(`${i}-${look}`, "sample", hash, options, null, true);
    }
  }
  for (const [name, page, hash] of [["hostile", "hostile", ""], ["empty", "empty", ""], ["graph500", "graph500", "#/graph"], ["graph5000", "graph5000", "#/graph"], ["events", "large", "#/timeline"], ["recorded-graph", "recorded", "#/graph"], ["recorded-list", "recorded", "#/findings"]]) {
    await shoot(name, page, hash, {}, null, true);
  }
}
await closeBrowser();
await removePages();

async function shoot(name, page, hash, options, act, fullPage = false) {
  const { page: shown, problems, close } = await open(await file(page), hash, options);
  await act?.(shown);
  await shown.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  const path = join(to, `${name}.png`);
  await shown.screenshot({ path, fullPage });
  await close();
  const { size } = await stat(path);
  console.log(`${path} ${size} bytes${problems.length ? `, ${problems.join("; ")}` : ""}`);
  if (!fullPage && size > MOST) throw new Error(`${path} is larger than ${MOST} bytes`);
}

/** The panel of a wait that does not end. */
async function lastWait(page) {
  await page.locator(".tl-stage canvas").focus();
  for (const key of ["ArrowRight", "ArrowDown", "End", "Enter"]) await page.keyboard.press(key);
  await page.locator(".side").waitFor();
}
