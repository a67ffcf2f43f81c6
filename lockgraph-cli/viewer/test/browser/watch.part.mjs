// The watch itself: a page that asks for something, complains or throws is caught, and the policy of
// a real page keeps it from doing so.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { add } from "./check.mjs";
import { onPage, open, until } from "./chromium.mjs";
import { file } from "./pages.mjs";

const CAUGHT = [
  ["a fetch", "fetch('http://lockgraph.invalid/a').catch(() => {})", /^asked for http:\/\/lockgraph\.invalid\/a/],
  ["a picture", "new Image().src = 'https://lockgraph.invalid/b.png'", /^asked for https:\/\/lockgraph\.invalid\/b\.png/],
  ["another file", "new Image().src = 'file:///lockgraph-has-no-such-file.png'", /^asked for file:\/\/\/lockgraph-has-no-such-file/],
  ["an error on the console", "console.error('wrong')", /^error: wrong/],
  ["what is thrown", "setTimeout(() => { throw new Error('thrown') })", /^threw thrown/],
  ["a dialog", "alert('x')", /^opened a dialog: x/],
];

for (const [name, script, wanted] of CAUGHT) {
  add(`the watch sees ${name}`, async () => {
    const directory = await mkdtemp(join(tmpdir(), "lockgraph-watch-"));
    try {
      const path = join(directory, "page.html");
      await writeFile(path, `<!doctype html><h1>page</h1><script>${script}</script>`);
      const { problems, close } = await open(path, "");
      await until(() => problems.some((it) => wanted.test(it)), true);
      await close();
      await assert.rejects(onPage(path, "", (_, problems) => until(() => problems.some((it) => wanted.test(it)), true)), assert.AssertionError);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
}

// What a name that got out of its text could try.
const REFUSED = [
  ["a script element", () => document.head.append(Object.assign(document.createElement("script"), { textContent: "window.got = 1" }))],
  ["a handler in an attribute", () => document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='window.got = 1'>")],
  ["a fetch", () => void fetch("http://lockgraph.invalid/").then(() => (window.got = 1), () => {})],
  ["eval", () => (window.got = eval("1"))],
  ["a frame", () => document.body.append(Object.assign(document.createElement("iframe"), { src: "data:text/html,<p>" }))],
];

for (const [name, act] of REFUSED) {
  add(`the policy refuses ${name}`, async () => {
    const { page, problems, close } = await open(await file("sample"), "");
    // An own script of the page: what is evaluated from outside is not under the policy.
    await page.evaluate((text) => setTimeout(new Function(`return ${text}`)(), 0), act.toString());
    await until(() => problems.some((it) => /Content Security Policy/.test(it)), true);
    assert.equal(await page.evaluate(() => window.got), undefined);
    await close();
  });
}
