// The shell: each view by its link, by clicks and by keys; the way back; the focus; the dialog of keys.

import assert from "node:assert/strict";
import { check } from "./check.mjs";
import { focused, hash, text, until, untilLike, visit } from "./chromium.mjs";
import { BANK, PHILOSOPHERS } from "./pages.mjs";

const VIEWS = [
  ["", "Findings", "Findings"],
  ["#/findings", "Findings", "Findings"],
  ["#/nothing-of-ours", "Findings", "Findings"],
  ["#/%", "Findings", "Findings"],
  ["#/finding", "Findings", "Findings"],
  [`#/finding/${PHILOSOPHERS}`, "5 threads wait for each other in a circle, for ever", "Findings"],
  [`#/finding/${BANK}`, "Bank::new.accounts and Bank::new.audit are taken in both orders", "Findings"],
  [`#/finding/${PHILOSOPHERS}/waits`, "Why nobody can free them", "Findings"],
  [`#/finding/${BANK}/waits`, "Nothing is known of who waited for whom", "Findings"],
  ["#/finding/gone", "There is no such finding in this report", "Findings"],
  ["#/graph", "Graph", "Graph"],
  ["#/timeline", "Timeline", "Timeline"],
  ["#/contention", "Contention", "Contention"],
];

for (const [at, heading, tab] of VIEWS) {
  check(`the link ${at || "without a hash"} opens its view`, { hash: at }, async (page) => {
    await until(() => text(page, "h1"), heading);
    await untilLike(() => text(page, "nav [aria-current=page]"), new RegExp(`^${tab}`));
    await until(() => page.title(), `${heading} \u00b7 bank \u00b7 lockgraph`);
  });
}

check("a click on a tab opens its view, with the focus on its heading", {}, async (page) => {
  for (const [label, at] of [["Graph", "#/graph"], ["Timeline", "#/timeline"], ["Contention", "#/contention"], ["Findings", "#/findings"]]) {
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: label }).click();
    await until(() => text(page, "h1"), label);
    await until(async () => (await hash(page)).split("?")[0], at);
    await until(() => focused(page), label);
  }
});

check("the digits open the views", {}, async (page) => {
  for (const [key, heading] of [["2", "Graph"], ["3", "Timeline"], ["4", "Contention"], ["1", "Findings"]]) {
    await page.keyboard.press(key);
    await until(() => text(page, "h1"), heading);
  }
});

check("back and forward go through the views", {}, async (page) => {
  await page.getByRole("link", { name: "5 threads wait" }).click();
  await page.getByRole("link", { name: "See why nobody can free them" }).click();
  await until(() => text(page, "h1"), "Why nobody can free them");
  await page.goBack();
  await until(() => text(page, "h1"), "5 threads wait for each other in a circle, for ever");
  await page.goBack();
  await until(() => text(page, "h1"), "Findings");
  await page.goForward();
  await until(() => text(page, "h1"), "5 threads wait for each other in a circle, for ever");
  await visit(page, "#/graph");
  await until(() => text(page, "h1"), "Graph");
  await page.goBack();
  await until(() => text(page, "h1"), "5 threads wait for each other in a circle, for ever");
});

check("? tells the keys, Esc closes that", {}, async (page) => {
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keys" });
  await dialog.waitFor();
  await untilLike(() => dialog.innerText(), /findings, graph, timeline, contention/);
  await page.keyboard.press("2");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await until(() => text(page, "h1"), "Findings");
});

check("letters can be turned off", {}, async (page) => {
  await page.getByRole("button", { name: "Keys" }).click();
  await page.getByLabel("Single letters are keys").uncheck();
  await page.getByRole("button", { name: "Close" }).click();
  await page.keyboard.press("2");
  await page.keyboard.press("?");
  await page.getByRole("link", { name: "Timeline" }).click();
  await until(() => text(page, "h1"), "Timeline");
  assert.equal(await page.getByRole("dialog").count(), 0);
  await page.reload();
  await page.keyboard.press("2");
  await page.getByRole("link", { name: "Contention" }).click();
  await until(() => text(page, "h1"), "Contention");
});

check("the first stop of Tab skips to the content", {}, async (page) => {
  await page.keyboard.press("Tab");
  await until(() => focused(page), "Skip to the content");
  await page.keyboard.press("Enter");
  await until(() => page.evaluate(() => document.activeElement.id), "main");
});

check("a report without findings says what was looked at", { page: "empty" }, async (page) => {
  await until(() => text(page, "h1"), "Nothing was found");
  await untilLike(() => text(page, "main"), /0 runs 0 classes of locks 0 pairs of locks held together/);
  await untilLike(() => text(page, "main"), /Only what ran can be judged: code that no test runs has no events\./);
});

const EMPTY = [["#/graph", "No lock was wanted while another one was held."], ["#/timeline", "No run was read: a report has none, a trace has one."], ["#/contention", "No times were recorded."]];
for (const [at, said] of EMPTY) {
  check(`${at} says that it has nothing to show`, { page: "empty", hash: at }, async (page) => {
    await until(() => text(page, "main p"), said);
  });
}
