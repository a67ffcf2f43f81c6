// Large pages: 30, 500 and 5,000 classes, 1,000,000 events. Not how fast they are (see
// test/measure.mjs), but that they answer, and say what they leave out.

import assert from "node:assert/strict";
import { check } from "./check.mjs";
import { hash, text, texts, until, untilLike, untilSo } from "./chromium.mjs";

const drawn = async (page) => [await page.locator(".g-box").count(), await page.locator(".g-link").count()];
const foot = (page) => text(page, ".tl-foot [role=status]");

check("30 classes are all drawn", { page: "graph30", hash: "#/graph?all=1" }, async (page) => {
  await until(async () => (await drawn(page))[0], 30);
  await untilLike(() => foot(page), /^30 classes, \d+ edges, 2 cycles$/);
});

for (const [page, classes] of [["graph500", "500"], ["graph5000", "5,000"]]) {
  check(`${classes} classes: cycles, then everything as far as there is room, folded, found`, { page, hash: "#/graph" }, async (page) => {
    await untilSo(() => foot(page), (it) => it.startsWith(`${classes} classes, `));
    const [first] = await untilSo(() => drawn(page), ([boxes]) => boxes >= 12);
    assert.ok(first <= 100, `${first} boxes at first`);
    await page.getByRole("button", { name: "Everything" }).click();
    await until(async () => (await drawn(page))[0] > first, true);
    const [boxes, lines] = await drawn(page);
    assert.ok(boxes <= 350 && boxes + lines <= 800, `${boxes} boxes and ${lines} lines`);
    await page.getByRole("button", { name: "Fold groups" }).click();
    await untilLike(() => foot(page), /not drawn/);
    await page.getByLabel(/^Look for a lock/).fill("ledger");
    await page.keyboard.press("Enter");
    await untilLike(() => text(page, ".side h2"), /ledger/i);
    await page.getByRole("button", { name: "Table", exact: true }).click();
    await until(() => page.locator("table tbody tr").count(), 200);
    await page.getByRole("button", { name: /^Show more/ }).click();
    await until(() => page.locator("table tbody tr").count(), 1200);
  });
}

check("a folded group opens and folds again", { page: "graph500", hash: "#/graph?all=1" }, async (page) => {
  const group = page.getByRole("button", { name: /classes, folded/ }).first();
  const name = await group.getAttribute("aria-label");
  await group.press("Enter");
  await until(() => page.locator(".side").count(), 1);
  await page.locator(".side").getByRole("button", { name: /open|unfold/i }).first().click();
  await until(() => page.getByRole("button", { name, exact: true }).count(), 0);
});

check("1,000,000 events: all at once, one of them, and back", { page: "large", hash: "#/timeline" }, async (page) => {
  const shown = () => text(page, ".tl-foot p");
  await until(shown, "Events 0 to 1,000,000 of 1,000,000");
  const canvas = page.locator(".tl-stage canvas");
  await canvas.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await page.keyboard.press("Z");
  await untilLike(() => shown(), /^Events 970,020 to 970,036 of 1,000,000/);
  await page.keyboard.press("Home");
  await page.keyboard.press("z");
  await untilLike(() => shown(), /^Events 0 to \d{1,3} of/);
  await page.keyboard.press("]");
  await untilLike(() => shown(), /^Events 333,3\d\d to 333,3\d\d of/);
  await untilLike(() => hash(page), /from=333\d{3}&to=333\d{3}/);
  await page.reload();
  await untilLike(() => shown(), /^Events 333,3\d\d to 333,3\d\d of/);
  await page.getByRole("button", { name: "Fit" }).click();
  await until(shown, "Events 0 to 1,000,000 of 1,000,000");
});

check("of 500 threads the names of those in sight are there", { page: "threads", hash: "#/timeline" }, async (page) => {
  await until(() => text(page, ".tl-name"), "main");
  assert.ok((await page.locator(".tl-name").count()) < 60);
  await page.locator(".tl-scroller").evaluate((it) => (it.scrollTop = it.scrollHeight));
  await until(async () => (await texts(page, ".tl-name")).at(-1), "worker-499");
  assert.ok((await page.locator(".tl-name").count()) < 60);
});

check("a lane that ends in the middle of a bar is told, the others are drawn", { page: "broken", hash: "#/timeline" }, async (page) => {
  await until(() => text(page, "[role=alert] li"), "Plato: the lane ends in the middle of a bar, at byte 5");
  await page.locator(".tl-stage canvas").focus();
  await page.keyboard.press("ArrowRight");
  await until(() => text(page, ".tl-board [aria-live]"), "Thread main begins, event 0");
});
