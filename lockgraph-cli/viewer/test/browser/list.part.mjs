// The list of findings: filters, search, keys, and a thousand of them.

import assert from "node:assert/strict";
import { check } from "./check.mjs";
import { focused, hash, text, texts, until, untilLike } from "./chromium.mjs";
import { BANK, CACHE, PHILOSOPHERS, POOL } from "./pages.mjs";

const ids = (page) => page.locator(".findings a").evaluateAll((all) => all.map((it) => it.getAttribute("href").replace("#/finding/", "")));
const select = (page, field) => page.getByRole("combobox", { name: field, exact: true });
const said = (page) => text(page, ".filters [role=status]");

const FILTERS = [
  ["verdict", "proved", [BANK], "1 of 4 findings", "#/findings?verdict=proved"],
  ["verdict", "actual", [PHILOSOPHERS, POOL], "2 of 4 findings", "#/findings?verdict=actual"],
  ["kind", "lock-order-cycle", [BANK, CACHE], "2 of 4 findings", "#/findings?kind=lock-order-cycle"],
  ["crate", "cache", [CACHE], "1 of 4 findings", "#/findings?crate=cache"],
  ["module", "bank::ledger", [BANK], "1 of 4 findings", "#/findings?module=bank%3A%3Aledger"],
  ["test", "pool::tests::drains", [POOL], "1 of 4 findings", "#/findings?test=pool%3A%3Atests%3A%3Adrains"],
];

for (const [field, value, wanted, count, at] of FILTERS) {
  check(`the filter ${field} = ${value}`, {}, async (page) => {
    await select(page, field).selectOption(value);
    await until(() => ids(page), wanted);
    await until(() => said(page), count);
    await until(() => hash(page), at);
    await page.reload();
    await until(() => ids(page), wanted);
    await page.getByRole("button", { name: "Clear" }).click();
    await until(() => ids(page), [PHILOSOPHERS, BANK, POOL, CACHE]);
    await until(() => said(page), "4 findings");
  });
}

const SEARCHES = [
  ["LEDGER", [BANK]],
  ["hypatia", [PHILOSOPHERS]],
  ["bank.rs:26", [BANK]],
  ["both orders never", [CACHE]],
  ["tests::warm", [CACHE]],
  ["nowhere", []],
];

for (const [words, wanted] of SEARCHES) {
  check(`the search for ${words}`, {}, async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type(words);
    await until(() => ids(page), wanted);
    await until(() => said(page), `${wanted.length} of 4 findings`);
  });
}

check("filters together, and what to do when nothing is left", { hash: "#/findings?verdict=proved&q=hypatia" }, async (page) => {
  await until(() => text(page, ".nothing p"), "No finding is like that.");
  await page.getByRole("button", { name: "Show all 4" }).click();
  await until(() => ids(page), [PHILOSOPHERS, BANK, POOL, CACHE]);
});

check("how many there are is said at every value", { hash: "#/findings?kind=lock-order-cycle" }, async (page) => {
  await until(async () => (await select(page, "verdict").locator("option").allTextContents()).map((it) => it.replace(/\s+/g, " ")), ["any", "actual (0)", "proved (1)", "excluded (1)"]);
});

for (const [j, k] of ["jk", "JK"]) {
  check(`${j} and ${k} go through the list, Enter opens`, {}, async (page) => {
    await page.keyboard.press(j);
    await untilLike(() => focused(page), /^5 threads wait/);
    await page.keyboard.press(j);
    await page.keyboard.press(j);
    await page.keyboard.press(k);
    await page.keyboard.press("Enter");
    await until(() => hash(page), `#/finding/${BANK}`);
  });
}

check("a row says what it is at a glance", {}, async (page) => {
  assert.deepEqual(await texts(page, ".findings > li"), [
    "actual deadlock 5 threads wait for each other in a circle, for ever fixtures/philosophers.rs:61:32 5 threads 1 program",
    "proved lock-order-cycle new Bank::new.accounts and Bank::new.audit are taken in both orders src/bank.rs:18:42 2 threads 2 tests with a schedule",
    "actual semaphore-over-release accepted until 2027-01-01: Pool is replaced by then Pool::slots got back more permits than were taken: 5 of 4 1 test 1 program inside dependencies",
    "excluded lock-order-cycle Cache::new.index and Cache::new.pages are taken in both orders, but never at the same time src/cache.rs:41:32 2 threads 1 test",
  ]);
});

check("the headline of a row is below its verdict, and the whole row is the link", {}, async (page) => {
  const row = page.locator(".findings > li").nth(1);
  const [badge, link, box] = [await row.locator(".badge").boundingBox(), await row.locator("a").boundingBox(), await row.boundingBox()];
  assert.ok(link.y >= badge.y + badge.height, `the link at ${link.y} is not below the verdict at ${badge.y}`);
  await page.mouse.click(box.x + box.width - 30, box.y + box.height - 12);
  await until(() => hash(page), `#/finding/${BANK}`);
});

check("what could not be read is told first", {}, async (page) => {
  await until(() => text(page, ".problems li"), "c.lgt: ends in the middle of a record; what came before it was read");
  await page.getByText("1 note on what was read").click();
  await until(() => text(page, ".notes li"), "b.lgt has the level graph, so nothing in it can be proved");
});

check("a thousand findings are drawn, filtered and opened", { page: "many" }, async (page) => {
  await until(() => said(page), "1,000 findings");
  await until(() => page.locator(".findings > li").count(), 1000);
  await page.getByLabel("Search").fill("number 777");
  await until(() => ids(page), ["f777"]);
  await until(() => said(page), "1 of 1,000 findings");
  await page.getByLabel("Search").fill("");
  await select(page, "verdict").selectOption("excluded");
  await until(() => page.locator(".findings > li").count(), 250);
  await page.locator(".findings a").nth(249).click();
  await until(() => hash(page), "#/finding/f999");
  await until(() => text(page, ".top span"), "Previous 1000 of 1000");
  await page.keyboard.press("k");
  await until(() => hash(page), "#/finding/f998");
});
