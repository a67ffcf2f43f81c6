// Makes dist/report.js, dist/report.css and dist/THIRD-PARTY.txt. The same sources and the same
// package-lock.json give the same bytes, so that a check can build once more and compare.

import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");
const LIMIT = 240_000;

const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
  target: ["es2022"],
};

const script = await build({
  ...shared,
  entryPoints: ["src/main.tsx"],
  format: "iife",
  charset: "ascii",
  jsx: "automatic",
  jsxImportSource: "preact",
});
// No target: an older one would make two rules of each that has light-dark().
const style = await build({ ...shared, entryPoints: ["src/report.css"], target: ["esnext"] });

const licences = await thirdParty(script.metafile);
// A report is a copy of the libraries, so their terms travel in it.
const js = `/*\n${licences.replaceAll("*/", "* /")}*/\n${script.outputFiles[0].text}`;
const css = style.outputFiles[0].text;
refuse(js, /<\/script|<!--/i, "would end the script element");
refuse(css, /<\/style|url\(/i, "would end the style element or ask for a file");
if (js.length > LIMIT) throw new Error(`report.js has ${js.length} bytes, more than ${LIMIT}`);

await mkdir(dist, { recursive: true });
await writeFile(join(dist, "report.js"), js);
await writeFile(join(dist, "report.css"), css);
await writeFile(join(dist, "THIRD-PARTY.txt"), licences);
console.log(`report.js ${js.length} bytes, report.css ${css.length} bytes`);

/** The terms of every package with a byte in the bundle, each text once. */
async function thirdParty(metafile) {
  const used = new Set();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, input] of Object.entries(output.inputs)) {
      const at = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/);
      if (at && input.bytesInOutput > 0) used.add(at[1]);
    }
  }
  const byText = new Map();
  for (const name of [...used].sort()) {
    const { version, license } = JSON.parse(await text(name, "package.json"));
    const file = (await readdir(join(root, "node_modules", name))).find((it) => /^licen[cs]e/i.test(it));
    if (!file) throw new Error(`${name} has no licence file`);
    const terms = (await text(name, file)).replaceAll("\r\n", "\n").trim();
    byText.set(terms, [...(byText.get(terms) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...byText].map(([terms, names]) => `${names.join(", ")}\n\n${terms}\n`);
  return `Third-party software in this file:\n\n${parts.join("\n----\n\n")}`;
}

function text(name, file) {
  return readFile(join(root, "node_modules", name, file), "utf8");
}

function refuse(text, pattern, why) {
  const found = text.match(pattern);
  if (found) throw new Error(`the bundle has ${JSON.stringify(found[0])}, which ${why}`);
}
