// What the page costs, to be printed, not judged: npm run measure
// Its size without data; how long a report of 500 classes, 5,000 edges and 1,000,000 events takes from
// navigation until it answers; the longest frame while graph and timeline are zoomed and moved. Each
// the middle of five.

import { statSync } from "node:fs";
import { assemble } from "../demo.mjs";
import { closeBrowser, open } from "./browser/chromium.mjs";
import { file, removePages } from "./browser/pages.mjs";

const ROUNDS = 5;
const SHOWN = { "#/findings": "main h1", "#/graph": ".graph-frame", "#/timeline": ".tl-stage canvas" };

const bare = await assemble({ version: 1, title: "", made_by: "", summary: "", problems: [], notes: [], findings: [], help: {}, sources: {}, graph: { nodes: [], edges: [], cycles: [], groups: [] }, runs: [], contention: { waits: [], holds: [] } });
const large = await file("large");
console.log(`page without data  ${kilo(Buffer.byteLength(bare))}`);
console.log(`page with 500 classes, 5,000 edges, 1,000,000 events  ${kilo(statSync(large).size)}`);
for (const [hash, selector] of Object.entries(SHOWN)) {
  const all = [];
  for (let round = 0; round < ROUNDS; round++) all.push(await once(hash, selector));
  const ready = `${hash.padEnd(12)} answers after ${told(all.map((it) => it.ready))}`;
  console.log(all[0].longest === null ? ready : `${ready}; longest frame ${told(all.map((it) => it.longest))}, middle one ${told(all.map((it) => it.usual))}`);
}
await closeBrowser();
await removePages();

async function once(hash, selector) {
  const { page, close } = await open(large, hash);
  await page.locator(selector).first().waitFor();
  const ready = await page.evaluate(quiet);
  const box = await page.locator(selector).first().boundingBox();
  const frames = hash === "#/findings" ? null : await zoomed(page, box);
  await close();
  return { ready, longest: frames && frames.at(-1), usual: frames && frames[frames.length >> 1] };
}

/** Two frames come one after the other without a long task between them: it answers. */
function quiet() {
  return new Promise((done) => {
    let last = performance.now();
    const step = (now) => (now - last < 50 ? done(now) : ((last = now), requestAnimationFrame(step)));
    requestAnimationFrame(step);
  });
}

/** How long each frame took, in order of that, while the wheel and the mouse were at work. */
async function zoomed(page, box) {
  const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height, 500) / 2];
  await page.mouse.move(x, y);
  await page.evaluate(() => {
    const frames = (globalThis.framesSeen = []);
    let last = performance.now();
    const step = (now) => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  const frame = () => page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
  for (const by of [-120, 120]) {
    for (let at = 0; at < 30; at++) {
      await page.mouse.wheel(0, by);
      await frame();
    }
  }
  await page.mouse.down();
  for (let at = 1; at <= 20; at++) {
    await page.mouse.move(x - at * 6, y - at * 3);
    await frame();
  }
  await page.mouse.up();
  return (await page.evaluate(() => globalThis.framesSeen)).sort((one, two) => one - two);
}

function told(numbers) {
  const sorted = [...numbers].sort((one, two) => one - two);
  return `${Math.round(sorted[sorted.length >> 1])} ms (${Math.round(sorted[0])} to ${Math.round(sorted.at(-1))})`;
}

function kilo(bytes) {
  return `${Math.round(bytes / 1000).toLocaleString("en")} kB`;
}
