// Puts dist and a sample into one page, to look at: node demo.mjs [SAMPLE.json [OUT.html]]
// The program does the same in Rust when it writes a report.

import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));

/** The whole page, from the bundle and what it is told. */
export async function assemble(page) {
  const frame = await readFile(join(root, "frame.html"), "utf8");
  const js = await readFile(join(root, "dist/report.js"), "utf8");
  const css = await readFile(join(root, "dist/report.css"), "utf8");
  const parts = {
    CSP: policy(js, css),
    TITLE: escape(`${page.title}: lockgraph`),
    CSS: css,
    // The only way out of the element is `<`.
    DATA: JSON.stringify(page).replaceAll("<", "\\u003c"),
    JS: js,
  };
  return frame.replace(/\{\{([A-Z]+)\}\}/g, (_, name) => parts[name]);
}

function policy(js, css) {
  const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(js)}`,
    `style-src ${hash(css)}`,
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const from = resolve(process.argv[2] ?? join(root, "test/sample.json"));
  const to = resolve(process.argv[3] ?? join(root, "demo/report.html"));
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, await assemble(JSON.parse(await readFile(from, "utf8"))));
  console.log(to);
}
