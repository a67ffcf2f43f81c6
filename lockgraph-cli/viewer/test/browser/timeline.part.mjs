// The timeline of a run: zoomed by a link, by keys, by the wheel and by marks; bars told and chosen.

import assert from "node:assert/strict";
import { check } from "./check.mjs";
import { hash, pixels, text, texts, until, untilLike, untilSo, visit } from "./chromium.mjs";
import { PHILOSOPHERS } from "./pages.mjs";
import { TOUCH, touch } from "./touch.mjs";

const RUN = "#/timeline/philosophers.lgt";
const at = { hash: "#/timeline" };
const shown = (page) => text(page, ".tl-foot p");
const told = (page) => text(page, ".tl-board [aria-live]");
const canvas = (page) => page.locator(".tl-stage canvas");

/** Where an event of a lane is on the screen; a lane has a row of holds above one of waits. */
async function spot(page, event, top) {
  const box = await canvas(page).boundingBox();
  return [box.x + (event / 40) * box.width, box.y + top];
}

const HYPATIA_HOLDS = 62;
const HYPATIA_WAITS = 76;

check("lanes by thread, the whole run", at, async (page) => {
  await until(() => texts(page, ".tl-name"), ["main", "Hypatia", "Plato", "Socrates", "Aristotle", "Diogenes"]);
  await until(() => shown(page), "Events 0 to 40 of 40");
  await until(() => canvas(page).getAttribute("aria-label"), "6 threads, 40 events. Arrows go from bar to bar, Enter tells more.");
});

check("bars are drawn in colour: holds, and waits for ever at the right edge", at, async (page) => {
  // How far from grey.
  const colour = async (event, top) => {
    const [x, y] = await spot(page, event, top);
    const dots = await pixels(page, { x: x - 6, y: y - 3, width: 12, height: 6 });
    return Math.max(...Array.from({ length: dots.length / 4 }, (_, i) => Math.max(...dots.slice(i * 4, i * 4 + 3)) - Math.min(...dots.slice(i * 4, i * 4 + 3))));
  };
  await untilSo(() => colour(20, HYPATIA_HOLDS), (it) => it > 60);
  await untilSo(() => colour(38, HYPATIA_WAITS), (it) => it > 60);
  assert.ok((await colour(5, HYPATIA_HOLDS)) < 20);
});

const LINKS = [
  ["?from=20&to=30", "Events 20 to 30 of 40"],
  ["?from=-5&to=1000", "Events 0 to 40 of 40"],
  ["?from=30&to=20", "Events 0 to 40 of 40"],
  ["?from=x&to=y", "Events 0 to 40 of 40"],
  ["?from=34&to=34.5", "Events 34 to 38 of 40"],
];

for (const [query, wanted] of LINKS) {
  check(`the link ${query} zooms there`, { hash: RUN + query }, async (page) => until(() => shown(page), wanted));
}

check("another link zooms anew", { hash: `${RUN}?from=0&to=10` }, async (page) => {
  await until(() => shown(page), "Events 0 to 10 of 40");
  await visit(page, `${RUN}?from=20&to=36`);
  await until(() => shown(page), "Events 20 to 36 of 40");
});

check("the arrow keys go from bar to bar, and each is told", at, async (page) => {
  await canvas(page).focus();
  for (const [key, wanted] of [
    ["ArrowRight", /^Thread main begins, event 0$/],
    ["ArrowRight", /^Thread main starts a thread, at fixtures\/philosophers\.rs line 38, event 1$/],
    ["ArrowLeft", /^Thread main begins, event 0$/],
    ["ArrowDown", /^Thread Hypatia begins, event 2$/],
    ["ArrowRight", /^Thread Hypatia holds `fork 3` to the end, at fixtures\/philosophers\.rs line 61, events 10 to 40, 30 long$/],
    ["End", /^Thread Hypatia waits for `fork 4`, which thread `Plato` has, for ever, at fixtures\/philosophers\.rs line 63, events 25 to 40, 15 long$/],
    ["Home", /^Thread Hypatia begins, event 2$/],
    ["ArrowUp", /^Thread main starts a thread, at fixtures\/philosophers\.rs line 38, event [12]$/],
  ]) {
    await page.keyboard.press(key);
    await untilLike(() => told(page), wanted);
  }
});

check("the keyboard zooms and moves; the address follows", at, async (page) => {
  await canvas(page).focus();
  await page.keyboard.press("+");
  await until(() => hash(page), `${RUN}?from=7&to=33`);
  await page.keyboard.press("Shift+ArrowRight");
  await untilLike(() => shown(page), /^Events (1[0-9]) to/);
  await page.keyboard.press("-");
  await page.keyboard.press("0");
  await until(() => shown(page), "Events 0 to 40 of 40");
  await until(() => hash(page), `${RUN}?from=0&to=40`);
  await page.getByRole("button", { name: "Zoom in" }).click();
  await until(async () => (await shown(page)) !== "Events 0 to 40 of 40", true);
  await page.getByRole("button", { name: "Fit" }).click();
  await until(() => shown(page), "Events 0 to 40 of 40");
});

check("z zooms to the bar that is chosen", at, async (page) => {
  await canvas(page).focus();
  for (const key of ["ArrowRight", "ArrowDown", "End", "z"]) await page.keyboard.press(key);
  await until(() => shown(page), "Events 9 to 40 of 40");
});

check("marks lead to what is in a finding", { hash: `${RUN}?from=0&to=8` }, async (page) => {
  await canvas(page).focus();
  await page.keyboard.press("]");
  await until(() => shown(page), "Events 30 to 38 of 40");
  await page.keyboard.press("0");
  await page.keyboard.press("+");
  await page.keyboard.press("+");
  await page.getByLabel("Jump to what is in a finding").selectOption({ label: "34: 5 threads wait for each other (deadlock)" });
  await untilLike(() => shown(page), /34|Events 0 to 40 of 40/);
});

check("a bar is told under the pointer, chosen by a click, and leads to who has it and to the graph", at, async (page) => {
  const [x, y] = await spot(page, 38, HYPATIA_WAITS);
  await page.mouse.move(x, y);
  await until(() => text(page, ".tl-tip p"), "Hypatia waits for fork 4, which thread Plato has, for ever");
  await page.mouse.click(x, y);
  await until(() => text(page, ".side h2"), "Thread Hypatia waits for fork 4, which thread Plato has, for ever");
  await untilLike(() => text(page, ".side"), /fixtures\/philosophers\.rs:63:53/);
  await page.getByRole("button", { name: "Go to who has it" }).click();
  await until(() => text(page, ".side h2"), "Thread Plato holds fork 4 to the end");
  await page.getByRole("link", { name: "Show in graph" }).click();
  await until(() => hash(page), "#/graph/fork%204");
  await until(() => text(page, ".side h2"), "fork 4");
});

check("Enter tells more of a bar, Esc closes that", at, async (page) => {
  await canvas(page).focus();
  for (const key of ["ArrowRight", "ArrowDown", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  await until(() => text(page, ".side h2"), "Thread Hypatia holds fork 3 to the end");
  await page.keyboard.press("Escape");
  await until(() => page.locator(".side").count(), 0);
});

check("the wheel zooms at the pointer, a drag moves", at, async (page) => {
  const [x, y] = await spot(page, 20, HYPATIA_HOLDS);
  await page.mouse.move(x, y);
  await page.mouse.wheel(0, -400);
  await until(async () => (await shown(page)) !== "Events 0 to 40 of 40", true);
  const zoomed = await shown(page);
  await page.mouse.down();
  await page.mouse.move(x - 200, y, { steps: 4 });
  await page.mouse.up();
  await until(async () => (await shown(page)) !== zoomed, true);
  assert.equal(await page.locator(".side").count(), 0);
});

const PINCHES = [
  ["from the middle outwards", [18, 16], [22, 24], /^Events 10 to 30 of 40$/],
  ["with one finger that stays", [10, 10], [20, 30], /^Events 5 to 25 of 40$/],
  ["while both go to the right", [10, 20], [15, 35], /^Events 3 to 1[67] of 40$/],
];

for (const [how, one, two, wanted] of PINCHES) {
  check(`two fingers zoom the timeline, ${how}: what is under each stays there`, { ...at, ...TOUCH }, async (page) => {
    const places = async (events) => Promise.all(events.map((event) => spot(page, event, HYPATIA_HOLDS)));
    await touch(page, [await places(one), await places(two)]);
    await untilLike(() => shown(page), wanted);
    assert.equal(await page.locator(".side").count(), 0);
  });
}

check("a finger moves the timeline, a tap chooses a bar, two at once choose none", { hash: `${RUN}?from=10&to=30`, ...TOUCH }, async (page) => {
  const [left, middle] = [await spot(page, 10, HYPATIA_HOLDS), await spot(page, 20, HYPATIA_HOLDS)];
  await touch(page, [[middle, left]]);
  await until(() => shown(page), "Events 15 to 35 of 40");
  assert.equal(await page.locator(".side").count(), 0);
  await touch(page, [[middle, middle], [left, left]]);
  await touch(page, [[left, left]]);
  await until(() => text(page, ".side h2"), "Thread Hypatia holds fork 3 to the end");
  await page.getByRole("button", { name: "Close" }).click();
  await until(() => page.locator(".side").count(), 0);
  await touch(page, [[middle, middle], [left, left]]);
  await touch(page, [[middle, left]]);
  await until(() => shown(page), "Events 20 to 40 of 40");
  assert.equal(await page.locator(".side").count(), 0);
});

check("a finger scrolls the lanes", { page: "threads", hash: "#/timeline", ...TOUCH }, async (page) => {
  const [x, y] = await spot(page, 20, 300);
  const scroll = () => page.locator(".tl-scroller").evaluate((it) => it.scrollTop);
  await touch(page, [[[x, y], [x, y - 200]]]);
  await until(scroll, 200);
  await touch(page, [[[x, y - 200], [x, y - 120]]]);
  await until(scroll, 120);
});

/** Where an event is in the strip above. */
async function strip(page, event) {
  const box = await page.locator(".tl-overview").boundingBox();
  // Its left border belongs to it.
  return [box.x + (event / 40) * box.width, box.y + 20];
}

const DRAGS = [
  ["by its middle", [4, 24], "Events 20 to 28 of 40"],
  ["by its edge", [1, 21], "Events 20 to 28 of 40"],
  ["over the end", [4, 39.9], "Events 32 to 40 of 40"],
  ["from beside it, where it jumps to", [20, 30], "Events 26 to 34 of 40"],
];

for (const [how, [from, to], wanted] of DRAGS) {
  check(`the window in the strip is dragged by the mouse ${how}`, { hash: `${RUN}?from=0&to=8` }, async (page) => {
    const [start, end] = [await strip(page, from), await strip(page, to)];
    await page.mouse.move(...start);
    await page.mouse.down();
    await page.mouse.move(...end, { steps: 5 });
    await until(() => shown(page), wanted);
    await page.mouse.up();
    await page.mouse.move(...start, { steps: 3 });
    await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
    assert.equal(await shown(page), wanted);
  });
  check(`the window in the strip is dragged by a finger ${how}`, { hash: `${RUN}?from=0&to=8`, ...TOUCH }, async (page) => {
    await touch(page, [[await strip(page, from), await strip(page, to)]]);
    await until(() => shown(page), wanted);
  });
}

check("in the strip only the first button drags, and only what was pressed there", { hash: `${RUN}?from=0&to=8` }, async (page) => {
  await page.mouse.move(...(await strip(page, 30)));
  await page.mouse.down({ button: "right" });
  await page.mouse.up({ button: "right" });
  const heading = await page.locator("h1").boundingBox();
  await page.mouse.move(heading.x + 5, heading.y + 5);
  await page.mouse.down();
  await page.mouse.move(...(await strip(page, 30)), { steps: 3 });
  await page.mouse.up();
  await page.mouse.click(...(await strip(page, 20)));
  await until(() => shown(page), "Events 16 to 24 of 40");
});

check("the search says how many locks it finds, and is kept in the address", at, async (page) => {
  await page.getByLabel("Look for a lock").fill("fork");
  await until(() => text(page, ".views-bar .soft"), "5 locks");
  await page.getByLabel("Look for a lock").fill("fork 3");
  await until(() => text(page, ".views-bar .soft"), "1 lock");
  await until(() => hash(page), `${RUN}?from=0&to=40&q=fork+3`);
});

check("from a finding and back", at, async (page) => {
  await visit(page, `#/finding/${PHILOSOPHERS}`);
  await until(() => text(page, "h1"), "5 threads wait for each other in a circle, for ever");
  await page.goBack();
  await until(() => shown(page), "Events 0 to 40 of 40");
});

check("a run of which only the order is known says how to record all", { page: "graph30", hash: "#/timeline/order-only" }, async (page) => {
  await until(() => text(page, "main pre"), "LOCKGRAPH_TRACE=traces LOCKGRAPH_LEVEL=full cargo test");
});
