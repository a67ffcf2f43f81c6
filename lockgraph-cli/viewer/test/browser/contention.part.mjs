// The table of waits and holds: sorted by its columns, filtered by a text, with the source.

import assert from "node:assert/strict";
import { check } from "./check.mjs";
import { text, texts, until, untilLike } from "./chromium.mjs";

const at = { hash: "#/contention" };
const waits = (page) => page.locator(".contention-part").first();
const locks = (page) => texts(page, ".contention-part:first-of-type tbody td:first-child");
const sorted = (page) => texts(page, ".contention-part:first-of-type th[aria-sort]");

const COLUMNS = [
  ["Lock", ["Bank::new.accounts", "LEDGER"], "Lock \u25b4"],
  ["Place", ["Bank::new.accounts", "LEDGER"], "Place \u25b4"],
  ["Times", ["Bank::new.accounts", "LEDGER"], "Times \u25be"],
  ["In all", ["Bank::new.accounts", "LEDGER"], "In all \u25be"],
  ["Thread of it", ["LEDGER", "Bank::new.accounts"], "Thread of it \u25b4"],
];

for (const [column, wanted, said] of COLUMNS) {
  check(`the waits sorted by ${column}`, at, async (page) => {
    const heading = waits(page).getByRole("button", { name: column });
    await heading.click();
    await until(() => locks(page), wanted);
    await until(() => sorted(page), [said]);
    await heading.click();
    await until(() => locks(page), wanted.toReversed());
    await until(async () => (await sorted(page)).length, 1);
  });
}

check("durations are told in units", at, async (page) => {
  await until(() => texts(page, ".contention-part:first-of-type tbody tr:first-child td"), ["Bank::new.accounts", "src/bank.rs:18:42 source", "120", "83 ms", "12.4 ms", "tests::transfers", "a.lgt"]);
});

check("a text leaves the rows that have it", at, async (page) => {
  await page.getByLabel("Show only rows with this").fill("ledger.rs");
  await until(() => locks(page), ["LEDGER"]);
  await page.getByLabel("Show only rows with this").fill("tests::reviews");
  await until(() => texts(page, ".contention tbody td:first-child"), ["LEDGER", "Bank::new.audit"]);
});

check("the source of a place unfolds", at, async (page) => {
  await waits(page).getByRole("button", { name: "source" }).click();
  await until(() => waits(page).locator(".source li.marked").count(), 1);
  await untilLike(() => text(page, ".contention-part .source li.marked"), /18/);
  await waits(page).getByRole("button", { name: "hide source" }).click();
  await until(() => waits(page).locator(".source").count(), 0);
});

check("many rows sort by their longest", { page: "graph500", hash: "#/contention" }, async (page) => {
  await until(() => waits(page).locator("tbody tr").count(), 40);
  await until(() => sorted(page), ["Longest \u25be"]);
  const widths = await waits(page).locator("tbody svg rect:last-child").evaluateAll((all) => all.map((it) => Number(it.getAttribute("width"))));
  assert.equal(widths.length, 40);
  assert.deepEqual(widths, widths.toSorted((one, two) => two - one));
});
