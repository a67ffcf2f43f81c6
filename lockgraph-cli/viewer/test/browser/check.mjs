// The tests, as a list that is run two at a time: there are two processors at least, and a page that
// waits to be painted leaves one idle.

import { test } from "node:test";
import { onPage } from "./chromium.mjs";
import { file } from "./pages.mjs";

const all = [];

export function add(name, act) {
  all.push({ name, act });
}

/** A test of a page: which one, at which hash, and what is done there. `options` are of Playwright's context. */
export function check(name, { page = "sample", hash = "", ...options }, act) {
  add(name, async () => onPage(await file(page), hash, act, options));
}

/** All of them, or those with the word in their names; it is an error if there is none. */
export function runAll(word = "") {
  const wanted = all.filter(({ name }) => name.includes(word));
  if (wanted.length === 0) throw new Error(`no test has ${JSON.stringify(word)} in its name`);
  test("the page in a browser", { concurrency: 2 }, (t) => Promise.all(wanted.map(({ name, act }) => t.test(name, act))));
}
