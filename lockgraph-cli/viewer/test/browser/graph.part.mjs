// The graph: what is drawn, chosen, filtered and found; the keys; the table; the files it is saved as.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { check } from "./check.mjs";
import { focused, hash, text, texts, until, untilLike, untilSo, visit } from "./chromium.mjs";
import { BANK } from "./pages.mjs";
import { TOUCH, touch } from "./touch.mjs";

const at = { hash: "#/graph" };
const CYCLES = ["Bank::new.accounts", "Bank::new.audit", "Cache::new.index", "LEDGER", "fork 1", "fork 2", "fork 3", "fork 4", "fork 5"];
const ALL = ["Bank::new.accounts", "Bank::new.audit", "Cache::new.index", "Cache::new.pages", "LEDGER", "Pool::slots", "fork 1", "fork 2", "fork 3", "fork 4", "fork 5"];

const boxes = async (page) => (await page.locator(".g-box .g-label").allTextContents()).sort();
const box = (page, name) => page.locator(".g-box").filter({ has: page.getByText(name, { exact: true }) });
const body = (page, name) => box(page, name).locator(".g-body");
const transform = (page) => page.locator(".g-boxes > g").getAttribute("transform");

check("cycles and their neighbours come first, everything on demand", at, async (page) => {
  await until(() => boxes(page), CYCLES);
  await until(() => text(page, ".tl-foot [role=status]"), "11 classes, 12 edges, 2 cycles; 2 classes are not drawn: filter, or click a box to see what is beside it");
  await page.getByRole("button", { name: "Everything" }).click();
  await until(() => boxes(page), ALL);
  await until(() => hash(page), "#/graph?all=1");
  await page.getByRole("button", { name: "Cycles" }).click();
  await until(() => boxes(page), CYCLES);
});

check("the lines of cycles are told apart, and no line is hidden under its box", at, async (page) => {
  const lines = (of) => page.locator(`.g-link${of}`).count();
  await until(async () => [await lines(".is-cycle"), await lines(":not(.is-cycle)")], [7, 3]);
  // Where a line ends, the rim of its box is: not more than the head of the arrow away.
  const gaps = await page.locator(".g-link").evaluateAll((links) =>
    links.map((link) => {
      const line = link.querySelector(".g-line");
      const end = line.getPointAtLength(line.getTotalLength()).matrixTransform(line.getScreenCTM());
      const rims = [...document.querySelectorAll(".g-box .g-body")].map((it) => it.getBoundingClientRect());
      return Math.min(...rims.map((it) => Math.max(Math.abs(end.x - Math.max(it.left, Math.min(end.x, it.right))), Math.abs(end.y - Math.max(it.top, Math.min(end.y, it.bottom))), inside(end, it))));

      function inside({ x, y }, it) {
        return Math.max(0, Math.min(x - it.left, it.right - x, y - it.top, it.bottom - y));
      }
    }),
  );
  for (const gap of gaps) assert.ok(gap < 5, `a line ends ${gap} pixels from the rim of its box`);
});

check("a click on a box tells of it and brings what is beside it", at, async (page) => {
  await until(() => box(page, "LEDGER").locator(".g-more").innerHTML().then((it) => /\+1/.test(it)), true);
  await body(page, "LEDGER").click();
  await until(() => text(page, ".side h2"), "LEDGER");
  await until(() => hash(page), "#/graph/LEDGER");
  await until(async () => (await boxes(page)).length, CYCLES.length + 1);
  await until(() => body(page, "LEDGER").getAttribute("aria-pressed"), "true");
  await page.getByRole("button", { name: "Close" }).click();
  await until(() => page.locator(".side").count(), 0);
});

check("the keyboard chooses a box, and Esc lets it go", at, async (page) => {
  await toDrawing(page);
  const first = await label(page);
  await page.keyboard.press("Enter");
  await until(() => text(page, ".side h2"), first);
  assert.equal(await label(page), first);
  await page.keyboard.press("Escape");
  await until(() => page.locator(".side").count(), 0);
  await page.keyboard.press("ArrowDown");
  assert.notEqual(await label(page), first);
  await page.keyboard.press(" ");
  await until(() => page.locator(".side").count(), 1);
  await untilSo(() => text(page, ".side h2"), (it) => it !== first);
});

/** By the keyboard alone, from the button before it. */
async function toDrawing(page) {
  await page.getByRole("button", { name: "PNG", exact: true }).focus();
  await page.keyboard.press("Tab");
}

const label = (page) => page.evaluate(() => document.activeElement.closest(".g-box")?.querySelector(".g-label").textContent ?? document.activeElement.getAttribute("aria-label"));

for (const [name, hash] of [["sample", "#/graph"], ["sample", "#/graph/fork%203?to=fork%204"], ["graph500", "#/graph?all=1&unfolded=1"]]) {
  check(`the drawing is one stop of Tab: ${name} ${hash}`, { page: name, hash }, async (page) => {
    await toDrawing(page);
    assert.equal(await page.locator(".graph-frame [tabindex='0']").count(), 1);
    const held = await page.evaluate(() => document.activeElement.getAttribute("data-stop"));
    assert.notEqual(held, null);
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Zoom in");
    await page.keyboard.press("Shift+Tab");
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("data-stop")), held);
    await page.keyboard.press("Shift+Tab");
    assert.equal(await focused(page), "PNG");
  });
}

check("arrows go from box to box, Home and End to the first and the last; Tab comes back to it", at, async (page) => {
  const rows = await page.locator(".g-box").evaluateAll((all) => all.map((it) => ({ name: it.querySelector(".g-label").textContent, top: it.getBoundingClientRect().top, left: it.getBoundingClientRect().left })));
  const order = rows.sort((one, two) => Math.round(one.top - two.top) || one.left - two.left).map((it) => it.name);
  await toDrawing(page);
  assert.equal(await label(page), order[0]);
  await page.keyboard.press("End");
  assert.equal(await label(page), order.at(-1));
  await page.keyboard.press("ArrowRight");
  assert.equal(await label(page), order.at(-1));
  await page.keyboard.press("ArrowUp");
  const above = await label(page);
  assert.notEqual(above, order.at(-1));
  await page.keyboard.press("Tab");
  await page.keyboard.press("Shift+Tab");
  assert.equal(await label(page), above);
  await page.keyboard.press("Home");
  assert.equal(await label(page), order[0]);
});

check("j goes along the lines of a box, an arrow to the end of one", at, async (page) => {
  await page.locator(".g-body[aria-label^='fork 3,']").focus();
  await page.keyboard.press("j");
  assert.match(await label(page), /^fork 4 was wanted while fork 3 was held, /);
  await page.keyboard.press("Enter");
  await until(() => text(page, ".side h2"), "fork 4 was wanted while fork 3 was held");
  await page.keyboard.press("k");
  assert.match(await label(page), /^fork 3 was wanted while fork 2 was held, /);
  const [two, three] = await Promise.all(["fork 2", "fork 3"].map(async (name) => (await body(page, name).boundingBox()).y));
  await page.keyboard.press(two < three ? "ArrowUp" : "ArrowDown");
  assert.equal(await label(page), "fork 2");
});

check("what the keys come to has a ring, and is brought into sight", { page: "graph500", hash: "#/graph?all=1&unfolded=1" }, async (page) => {
  await toDrawing(page);
  // Until it is too large to be seen at once.
  for (let press = 0; press < 9; press++) await page.keyboard.press("+");
  for (const key of ["Home", "End", "ArrowUp", "ArrowLeft", "ArrowUp", "ArrowUp", "ArrowRight", "Home", "j", "k"]) {
    await page.keyboard.press(key);
    assert.equal(await isInSight(page), true, key);
  }
  await page.keyboard.press("End");
  const ring = page.locator(".g-body:focus ~ .g-ring");
  assert.equal(await ring.evaluate((it) => getComputedStyle(it).display), "inline");
  assert.equal(await page.locator(".g-ring").count(), 1);
  assert.deepEqual(await page.locator(".graph-frame").evaluate((it) => [it.scrollLeft, it.scrollTop]), [0, 0]);
});

/** Whether the box with the focus, or the line somewhere, lies in the frame. */
function isInSight(page) {
  return page.evaluate(() => {
    const frame = document.querySelector(".graph-frame").getBoundingClientRect();
    const at = document.activeElement;
    const isIn = (x, y) => frame.left <= x && x <= frame.right && frame.top <= y && y <= frame.bottom;
    if (at.matches(".g-body")) {
      const { left, top, right, bottom } = at.getBoundingClientRect();
      return isIn(left, top) && isIn(right, bottom);
    }
    const line = at.querySelector(".g-line");
    return Array.from({ length: 101 }, (_, part) => line.getPointAtLength((line.getTotalLength() * part) / 100).matrixTransform(line.getScreenCTM())).some(({ x, y }) => isIn(x, y));
  });
}

check("the focus is not lost when boxes come, or the panel changes or goes", at, async (page) => {
  await body(page, "LEDGER").focus();
  await page.keyboard.press("Enter");
  await until(async () => (await boxes(page)).length, CYCLES.length + 1);
  assert.equal(await label(page), "LEDGER");
  const line = page.locator(".side .ends button").first();
  await line.focus();
  await page.keyboard.press("Enter");
  await untilLike(() => focused(page), /was wanted while/);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H2");
  await page.getByRole("button", { name: "Close" }).focus();
  await page.keyboard.press("Enter");
  await until(() => page.locator(".side").count(), 0);
  // The line that was chosen.
  assert.match(await label(page), / was wanted while /);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const gone = await text(page, ".side h2");
  await page.getByRole("button", { name: "Hide" }).focus();
  await page.keyboard.press("Enter");
  await until(async () => (await boxes(page)).includes(gone), false);
  assert.equal(await page.evaluate(() => document.activeElement.closest(".graph-frame") !== null), true);
});

const search = (page) => page.getByLabel(/^Look for a lock/);

for (const key of ["Home", "End", "j", "k"]) {
  check(`${key} where there is nothing further does not take the focus later`, { hash: "#/graph?all=1" }, async (page) => {
    // It has one line.
    await body(page, "Pool::slots").focus();
    await page.keyboard.press(key);
    await page.keyboard.press(key);
    await search(page).click();
    await page.keyboard.type("fo");
    await until(() => page.locator(".g-box.is-found").count(), 5);
    assert.equal(await search(page).inputValue(), "fo");
    assert.equal(await search(page).evaluate((it) => it === document.activeElement), true);
  });
}

check("beside the table the panel leaves the focus on a button", at, async (page) => {
  await body(page, "LEDGER").click();
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await page.getByRole("button", { name: "Close" }).press("Enter");
  await until(() => page.locator(".side").count(), 0);
  assert.equal(await focused(page), "Table");
});

check("the focus stays in the drawing when its last box is hidden", at, async (page) => {
  await page.getByLabel("kind", { exact: true }).selectOption("rwlock");
  await body(page, "Cache::new.index").click();
  await page.getByRole("button", { name: "Hide" }).press("Enter");
  await until(() => boxes(page), []);
  assert.equal(await page.evaluate(() => document.activeElement.className), "graph-frame");
});

check("a filter that leaves no box leaves the focus of the panel on a button", at, async (page) => {
  await body(page, "LEDGER").click();
  await noBoxes(page);
  await page.getByRole("button", { name: "Close" }).press("Enter");
  await until(() => page.locator(".side").count(), 0);
  assert.equal(await focused(page), "Table");
});

async function noBoxes(page) {
  await page.getByLabel("crate", { exact: true }).selectOption("bank");
  await page.getByLabel("kind", { exact: true }).selectOption("rwlock");
  await until(() => boxes(page), []);
}

check("where no box is drawn the keys that lead to one are left to the browser", at, async (page) => {
  const heard = (keys) =>
    page.locator(".graph-frame").evaluate((frame, keys) => keys.filter((key) => !frame.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }))), keys);
  const leading = ["Home", "End", "ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "j", "k"];
  assert.deepEqual(await heard(leading), leading);
  await noBoxes(page);
  assert.deepEqual(await heard([...leading, "+", "0"]), ["+", "0"]);
});

check("with caps lock letters are the same keys, with Ctrl they are none", at, async (page) => {
  const fork = page.locator(".g-body[aria-label^='fork 3,']");
  await fork.focus();
  await page.keyboard.press("Control+j");
  assert.match(await label(page), /^fork 3$/);
  await page.keyboard.press("J");
  assert.match(await label(page), /^fork 4 was wanted while fork 3 was held, /);
  await page.keyboard.press("K");
  assert.match(await label(page), /^fork 3 was wanted while fork 2 was held, /);
  assert.match(await page.locator(".graph-frame").getAttribute("aria-label"), /, j and k to the next line of the box and the one before; /);
});

check("a line tells where it was seen, and leads to its finding", at, async (page) => {
  await page.locator(".g-link[aria-label^='Bank::new.audit was wanted while Bank::new.accounts was held']").press("Enter");
  await until(() => text(page, ".side h2"), "Bank::new.audit was wanted while Bank::new.accounts was held");
  await untilLike(() => text(page, ".side"), /Held since src\/bank\.rs:18:42/);
  await until(() => hash(page), "#/graph/Bank%3A%3Anew.accounts?to=Bank%3A%3Anew.audit");
  await page.locator(".side a[href^='#/finding/']").first().click();
  await until(() => hash(page), `#/finding/${BANK}`);
  await page.goBack();
  await until(() => text(page, ".side h2"), "Bank::new.audit was wanted while Bank::new.accounts was held");
});

check("links lead to a box and to a line", { hash: "#/graph/Pool%3A%3Aslots" }, async (page) => {
  await until(() => text(page, ".side h2"), "Pool::slots");
  await visit(page, "#/graph/fork%203?to=fork%204");
  await until(() => text(page, ".side h2"), "fork 4 was wanted while fork 3 was held");
  await visit(page, "#/graph/no%20such%20lock");
  await until(() => text(page, "h1"), "Graph");
});

const FILTERS = [
  ["crate", "cache", ["Cache::new.index", "Cache::new.pages"]],
  ["module", "fixtures", ["fork 1", "fork 2", "fork 3", "fork 4", "fork 5"]],
  ["kind", "rwlock", ["Cache::new.index"]],
  ["verdict", "proved", ["Bank::new.accounts", "Bank::new.audit"]],
];

for (const [field, value, wanted] of FILTERS) {
  check(`the graph filtered by ${field} = ${value}`, { hash: "#/graph?all=1" }, async (page) => {
    await page.getByLabel(field, { exact: true }).selectOption(value);
    await until(() => boxes(page), wanted);
    await until(() => hash(page), `#/graph?all=1&${field}=${value}`);
    await page.reload();
    await until(() => boxes(page), wanted);
    await page.getByLabel(field, { exact: true }).selectOption("");
    await until(() => boxes(page), ALL);
  });
}

check("the search marks what it finds, Enter goes from one to the next", at, async (page) => {
  await page.getByLabel(/^Look for a lock/).fill("fork");
  await until(() => page.locator(".g-box.is-found").count(), 5);
  await until(() => text(page, ".views-bar [role=status]"), "5 found");
  await page.keyboard.press("Enter");
  await until(() => text(page, ".side h2"), "fork 3");
  await page.keyboard.press("Enter");
  await until(() => text(page, ".side h2"), "fork 4");
  await page.getByLabel(/^Look for a lock/).fill("POOL");
  await page.keyboard.press("Enter");
  await until(() => text(page, ".side h2"), "Pool::slots");
  await page.getByLabel(/^Look for a lock/).fill("nowhere");
  await until(() => text(page, ".views-bar [role=status]"), "none");
});

check("a class is hidden and shown again", { hash: "#/graph/fork%203" }, async (page) => {
  await page.getByRole("button", { name: "Hide" }).click();
  await until(() => boxes(page), CYCLES.filter((it) => it !== "fork 3"));
  await page.getByRole("button", { name: "Show 1 hidden class" }).click();
  await until(() => boxes(page), CYCLES);
});

check("keys move and zoom the drawing, 0 fits it again", at, async (page) => {
  await page.locator(".graph-frame").focus();
  const before = await transform(page);
  for (const key of ["+", "-", "Shift+ArrowLeft", "Shift+ArrowUp"]) {
    const was = await transform(page);
    await page.keyboard.press(key);
    await untilSo(() => transform(page), (it) => it !== was);
  }
  await page.keyboard.press("0");
  await until(() => transform(page), before);
});

check("the wheel zooms at the pointer, a drag moves", at, async (page) => {
  const frame = await page.locator(".graph-frame").boundingBox();
  const before = await transform(page);
  await page.mouse.move(frame.x + 40, frame.y + 40);
  await page.mouse.wheel(0, -200);
  await until(async () => (await transform(page)) !== before, true);
  const zoomed = await transform(page);
  await page.mouse.down();
  await page.mouse.move(frame.x + 140, frame.y + 90, { steps: 4 });
  await page.mouse.up();
  await untilSo(() => transform(page), (it) => it !== zoomed);
  assert.equal(await page.locator(".side").count(), 0);
});

check("two fingers zoom the drawing, one moves it, a tap chooses", { ...at, ...TOUCH }, async (page) => {
  const where = async (name) => {
    const { x, y, width, height } = await body(page, name).boundingBox();
    return { x: x + width / 2, y: y + height / 2, width };
  };
  const [one, two] = [await where("LEDGER"), await where("fork 4")];
  // Each finger takes the box under it along.
  const [to, and] = [[one.x - 60, one.y - 40], [two.x + 60, two.y + 40]];
  await touch(page, [[[one.x, one.y], to], [[two.x, two.y], and]]);
  const [left, right] = [await where("LEDGER"), await where("fork 4")];
  const spread = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
  const grown = Math.hypot(to[0] - and[0], to[1] - and[1]) / spread(one, two);
  assert.ok(Math.abs(spread(left, right) / spread(one, two) - grown) < 0.02, `${spread(left, right) / spread(one, two)} instead of ${grown}`);
  assert.ok(Math.abs(left.width / one.width - grown) < 0.02);
  assert.ok(Math.abs(left.x + right.x - to[0] - and[0]) < 4, "the middle stays between the fingers");
  await touch(page, [[[left.x, left.y], [left.x + 50, left.y + 30]]]);
  const moved = await where("LEDGER");
  assert.ok(Math.abs(moved.x - left.x - 50) < 1 && Math.abs(moved.y - left.y - 30) < 1, JSON.stringify([left, moved]));
  assert.equal(await page.locator(".side").count(), 0);
  await touch(page, [[[moved.x, moved.y], [moved.x, moved.y]]]);
  await until(() => text(page, ".side h2"), "LEDGER");
});

check("the same as a table, cycles first", at, async (page) => {
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await until(() => page.locator("table tbody tr").count(), 12);
  await until(async () => (await texts(page, "table tbody td:nth-child(4)")).filter((it) => it === "yes").length, 7);
  await page.locator("table tbody button").first().click();
  await until(() => page.locator(".side h2").count(), 1);
});

async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
  assert.equal(download.suggestedFilename(), `lockgraph.${name.toLowerCase()}`);
  return readFile(await download.path());
}

for (const colorScheme of ["light", "dark"]) {
  check(`saved as SVG, ${colorScheme}, it parses and looks the same without the page`, { ...at, colorScheme }, async (page) => {
    const svg = (await saved(page, "SVG")).toString();
    const seen = await page.evaluate((source) => {
      const read = new DOMParser().parseFromString(source, "image/svg+xml");
      const all = [...read.querySelectorAll("*")];
      return {
        problem: read.querySelector("parsererror")?.textContent ?? null,
        root: read.documentElement.namespaceURI,
        names: all.filter((it) => it.localName === "text").map((it) => it.textContent),
        lines: all.filter((it) => it.localName === "path" && it.closest("marker") === null && it.getAttribute("stroke") !== "none" && it.getAttribute("marker-end")).length,
        leftovers: all.flatMap((it) => it.getAttributeNames()).filter((it) => /^(class|style|tabindex|on.*)$/.test(it)),
      };
    }, svg);
    assert.equal(seen.problem, null);
    assert.equal(seen.root, "http://www.w3.org/2000/svg");
    for (const name of CYCLES) assert.ok(seen.names.includes(name), name);
    assert.equal(seen.lines, 10);
    assert.deepEqual(seen.leftovers, []);
    assert.doesNotMatch(svg, /var\(|light-dark\(/);
  });
}

check("saved as PNG it is a picture of the drawing", at, async (page) => {
  const png = await saved(page, "PNG");
  assert.equal(png.subarray(0, 8).toString("hex"), "89504e470d0a1a0a");
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  assert.ok(width > 400 && height > 150, `${width} x ${height}`);
  const colours = await page.evaluate(async (base64) => {
    const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (it) => it.charCodeAt(0))], { type: "image/png" }));
    const pen = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    pen.drawImage(picture, 0, 0);
    const { data } = pen.getImageData(0, 0, picture.width, picture.height);
    const seen = new Set();
    for (let at = 0; at < data.length; at += 4) seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    return seen.size;
  }, png.toString("base64"));
  assert.ok(colours > 20, `only ${colours} colours: the picture is empty`);
});
