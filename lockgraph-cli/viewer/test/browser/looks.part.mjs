// How it looks: light and dark, narrow, on paper, without motion.

import assert from "node:assert/strict";
import { check } from "./check.mjs";
import { pixels, texts, until, untilSo, visit } from "./chromium.mjs";
import { BANK, PHILOSOPHERS } from "./pages.mjs";

export const PLACES = ["#/findings", `#/finding/${PHILOSOPHERS}`, `#/finding/${BANK}`, `#/finding/${PHILOSOPHERS}/waits?step=3`, "#/graph", "#/graph/LEDGER", "#/timeline", "#/contention"];

const LIGHT = "rgb(247, 247, 245)";
const DARK = "rgb(22, 24, 28)";
const ground = (page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

check("it is as light or dark as the system, also when that changes", { colorScheme: "dark" }, async (page) => {
  await until(() => ground(page), DARK);
  await page.emulateMedia({ colorScheme: "light" });
  await until(() => ground(page), LIGHT);
});

check("the button and the key choose light or dark, and the choice stays", {}, async (page) => {
  const button = page.getByRole("button", { name: /^Colours/ });
  for (const [label, seen] of [["light", LIGHT], ["dark", DARK]]) {
    await button.click();
    await until(() => button.innerText(), `Colours: ${label}`);
    await until(() => ground(page), seen);
  }
  await page.reload();
  await until(() => button.innerText(), "Colours: dark");
  await until(() => ground(page), DARK);
  await page.keyboard.press("t");
  await until(() => button.innerText(), "Colours: as the system");
  await until(() => ground(page), LIGHT);
});

check("the canvas of the timeline changes its colours too", { hash: "#/timeline" }, async (page) => {
  const corner = async () => {
    const box = await page.locator(".tl-stage canvas").boundingBox();
    const [red] = await pixels(page, { x: box.x + box.width - 12, y: box.y + box.height - 4, width: 2, height: 2 });
    return red > 128 ? "light" : "dark";
  };
  await until(corner, "light");
  await page.keyboard.press("t");
  await page.keyboard.press("T");
  await until(corner, "dark");
});

check("at 480 pixels nothing lies beside the page", { viewport: { width: 480, height: 800 } }, async (page) => {
  for (const at of [...PLACES, "#/finding/gone"]) {
    await visit(page, at);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 480, at);
  }
});

check("who wants no motion gets none", { hash: `#/finding/${PHILOSOPHERS}/waits`, reducedMotion: "reduce" }, async (page) => {
  const moving = () => page.evaluate(() => [...document.querySelectorAll("*")].filter((it) => /[1-9]/.test(getComputedStyle(it).transitionDuration + getComputedStyle(it).animationDuration)).length);
  for (const at of PLACES) {
    await visit(page, at);
    assert.equal(await moving(), 0, at);
  }
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await untilSo(() => moving(), (it) => it !== 0);
});

check("on paper a finding is whole, white, and without what cannot be pressed", { hash: `#/finding/${BANK}`, colorScheme: "dark" }, async (page) => {
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const seen = await page.evaluate(() => ({
    ground: getComputedStyle(document.documentElement).backgroundColor,
    folded: document.querySelectorAll("main details:not([open])").length,
    cut: [...document.querySelectorAll("main .scroll")].filter((it) => it.scrollHeight > it.clientHeight + 1).length,
    buttons: [...document.querySelectorAll("button")].filter((it) => it.checkVisibility()).length,
    standing: [...document.querySelectorAll(".standing h3")].filter((it) => it.checkVisibility()).map((it) => it.textContent),
  }));
  assert.deepEqual(seen, { ground: "rgb(255, 255, 255)", folded: 0, cut: 0, buttons: 0, standing: ["At the end"] });
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await until(() => page.locator("main details[open]").count(), 0);
});

// The outline of a PDF has the headings that are on its pages.
const PAPER = [
  ["#/findings", ["Findings"]],
  [`#/finding/${BANK}`, ["Bank::new.accounts and Bank::new.audit are taken in both orders", "What each thread did", "The way out"]],
  [`#/finding/${PHILOSOPHERS}`, ["5 threads wait for each other in a circle, for ever", "How sure it is: actual"]],
  [`#/finding/${PHILOSOPHERS}/waits`, ["Why nobody can free them"]],
];

for (const [at, wanted] of PAPER) {
  check(`${at} can be printed`, { hash: at }, async (page) => {
    const pdf = (await page.pdf({ format: "A4", outline: true, tagged: true })).toString("latin1");
    assert.match(pdf, /^%PDF-/);
    // Where a heading is broken into lines, which is up to the fonts of the machine, its blank is left out.
    const closed = (it) => it.replace(/\s+/g, "");
    const titles = [...pdf.matchAll(/\/Title \((.*?)\)\n/g)].map((it) => closed(it[1]));
    for (const title of wanted) assert.ok(titles.includes(closed(title)), `${title} is not among ${titles.join(" / ")}`);
    assert.ok(pdf.length > 20_000, `${pdf.length} bytes`);
  });
}

check("on paper all of a thousand findings are there at once", { page: "many" }, async (page) => {
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await until(() => page.locator(".findings > li").count(), 1000);
});

check("on paper all rounds are told", { hash: `#/finding/${PHILOSOPHERS}/waits` }, async (page) => {
  await page.emulateMedia({ media: "print" });
  await until(async () => (await texts(page, ".on-paper > ol > li")).length, 2);
  await until(() => page.locator(".on-paper").isVisible(), true);
});
