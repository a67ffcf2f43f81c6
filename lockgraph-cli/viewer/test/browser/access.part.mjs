// axe finds nothing in any view, light or dark, with everything unfolded.

import assert from "node:assert/strict";
import { check } from "./check.mjs";
import { until, violations, visit } from "./chromium.mjs";
import { CACHE, POOL } from "./pages.mjs";
import { PLACES } from "./looks.part.mjs";

const ALL = [...PLACES, `#/finding/${POOL}`, `#/finding/${CACHE}`, "#/finding/gone", "#/graph?all=1", "#/graph/fork%203?to=fork%204", "#/contention"];

for (const colorScheme of ["light", "dark"]) {
  check(`axe on every view, ${colorScheme}`, { colorScheme }, async (page) => {
    for (const hash of ALL) {
      await visit(page, hash);
      await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
      assert.deepEqual(await violations(page), [], hash);
    }
  });
  check(`axe on an empty report, ${colorScheme}`, { page: "empty", colorScheme }, async (page) => assert.deepEqual(await violations(page), []));
  check(`axe on the keys, ${colorScheme}`, { colorScheme }, async (page) => {
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    assert.deepEqual(await violations(page), []);
  });
  check(`axe on a bar that is chosen, ${colorScheme}`, { hash: "#/timeline", colorScheme }, async (page) => {
    await page.locator(".tl-stage canvas").focus();
    for (const key of ["ArrowRight", "ArrowDown", "End", "Enter"]) await page.keyboard.press(key);
    await until(() => page.locator(".side").count(), 1);
    assert.deepEqual(await violations(page), []);
  });
  check(`axe on the graph by the keyboard, ${colorScheme}`, { hash: "#/graph", colorScheme }, async (page) => {
    for (const keys of [["ArrowDown", "ArrowDown"], ["j"], ["Enter"]]) {
      await page.locator(".graph-frame [tabindex='0']").focus();
      for (const key of keys) await page.keyboard.press(key);
      assert.deepEqual(await violations(page), [], keys.join());
    }
    await until(() => page.locator(".side").count(), 1);
  });
  check(`axe on the graph as a table, ${colorScheme}`, { hash: "#/graph", colorScheme }, async (page) => {
    await page.getByRole("button", { name: "Table", exact: true }).click();
    assert.deepEqual(await violations(page), []);
  });
}

check("axe would tell", {}, async (page) => {
  await page.evaluate(() => document.querySelector("main").append(document.createElement("button")));
  assert.match((await violations(page)).join(), /^button-name \(critical\): #main > button/);
});
