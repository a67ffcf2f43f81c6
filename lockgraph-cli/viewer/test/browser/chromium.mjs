// One Chromium for all tests, and pages in it that may ask nobody for anything. A page is opened from
// its file in a context of its own (no storage of others), offline. What it asks for besides its own
// file, what it says on the console and what it throws are problems, and a test with problems fails.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const INSTALLED = "/usr/bin/chromium";
// It would speak to its maker otherwise, and there is no graphics card where tests run.
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** More than a busy machine needs for anything that is waited for. */
const LIMIT = 60_000;
export const WIDE = { width: 1280, height: 900 };

let started = null;

export function browser() {
  started ??= chromium.launch({ executablePath: program(), args: QUIET });
  return started;
}

export async function closeBrowser() {
  const open = await started;
  started = null;
  await open?.close();
}

function program() {
  const path = process.env.CHROMIUM || INSTALLED;
  if (!existsSync(path)) throw new Error(`there is no Chromium at ${path}: install it (apt-get install chromium), or name it in CHROMIUM`);
  return path;
}

/**
 * Opens a file at a hash, lets `act` work on it, and fails if the page asked, complained or threw: `act` is
 * told the problems so far.
 * `options` are of Playwright's context: colorScheme, viewport, reducedMotion ..
 */
export async function onPage(file, hash, act, options = {}) {
  const { page, problems, close } = await open(file, hash, options);
  try {
    await act(page, problems);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
}

/** The same without the judgement: what was seen is in `problems`. */
export async function open(file, hash, options = {}) {
  const context = await (await browser()).newContext({ viewport: WIDE, offline: true, ...options });
  context.setDefaultTimeout(LIMIT);
  const address = pathToFileURL(file).href;
  const problems = [];
  context.on("request", (request) => {
    if (!isOwn(request.url(), address)) problems.push(`asked for ${request.url().slice(0, 200)}`);
  });
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(`${message.type()}: ${message.text().slice(0, 400)}`);
  });
  context.on("weberror", (error) => problems.push(`threw ${error.error().message.slice(0, 400)}`));
  context.on("dialog", (dialog) => {
    problems.push(`opened a dialog: ${dialog.message().slice(0, 200)}`);
    void dialog.dismiss();
  });
  const page = await context.newPage();
  await page.goto(address + hash);
  await page.locator("h1").first().waitFor();
  // Keys are heard once the first view is painted.
  await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
  return { page, problems, close: () => context.close() };
}

// Of the page's own making, and never sent anywhere.
function isOwn(url, address) {
  return url.split("#")[0] === address || url.startsWith("blob:") || url.startsWith("data:");
}

/** Goes to a hash as a link does, and waits until that is painted. */
export async function visit(page, hash) {
  await page.evaluate(
    (to) =>
      new Promise((painted) => {
        if (location.hash === to) return painted();
        addEventListener("hashchange", () => requestAnimationFrame(() => requestAnimationFrame(painted)), { once: true });
        location.hash = to;
      }),
    hash,
  );
}

export const hash = (page) => page.evaluate(() => location.hash);

/** Waits until `read` gives what is wanted; what it gave last is in the message. */
export async function until(read, wanted) {
  const end = Date.now() + LIMIT;
  let seen = await read();
  while (!same(seen, wanted) && Date.now() < end) {
    await new Promise((soon) => setTimeout(soon, 10));
    seen = await read();
  }
  assert.deepEqual(seen, wanted);
}

/** Waits until what `read` gives is like the pattern. */
export async function untilLike(read, pattern) {
  const end = Date.now() + LIMIT;
  while (!pattern.test(await read()) && Date.now() < end) await new Promise((soon) => setTimeout(soon, 10));
  assert.match(await read(), pattern);
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Waits until what `read` gives is what `is` wants. */
export async function untilSo(read, is) {
  const end = Date.now() + LIMIT;
  let seen = await read();
  while (!is(seen) && Date.now() < end) {
    await new Promise((soon) => setTimeout(soon, 10));
    seen = await read();
  }
  assert.ok(is(seen), `${is}: ${JSON.stringify(seen)}`);
  return seen;
}

/** The text of what a selector finds, with single blanks. */
export async function text(page, selector) {
  return (await page.locator(selector).first().innerText()).replace(/\s+/g, " ").trim();
}

export async function texts(page, selector) {
  return (await page.locator(selector).allInnerTexts()).map((it) => it.replace(/\s+/g, " ").trim());
}

/** What has the focus: its name as it is told, or its text. */
export function focused(page) {
  return page.evaluate(() => {
    const at = document.activeElement;
    return at?.getAttribute("aria-label") ?? at?.textContent?.trim() ?? "";
  });
}

const axe = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../../node_modules/axe-core/axe.min.js"), "utf8");

/** What axe finds, each with its impact and a place. */
export async function violations(page) {
  // By the debugger's way in: the policy of the page would refuse a script element.
  await page.evaluate(axe);
  // A colour on its way to another is neither.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((it) => it.finished)));
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  const where = (node) => `${node.target.join(" ")} (${node.any[0]?.message ?? node.all[0]?.message ?? ""})`;
  return found.violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.slice(0, 3).map(where).join(" | ")}`);
}

/** Red, green, blue and alpha of what is seen in a part of the page, dot by dot. */
export async function pixels(page, clip) {
  const png = (await page.screenshot({ clip })).toString("base64");
  return page.evaluate(async (base64) => {
    const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (it) => it.charCodeAt(0))]));
    const pen = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    pen.drawImage(picture, 0, 0);
    return [...pen.getImageData(0, 0, picture.width, picture.height).data];
  }, png);
}
