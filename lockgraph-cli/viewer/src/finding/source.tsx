// The lines of a source file around a place, the line itself marked.

import type { Page, Place } from "../model";
import { visible } from "../text";

const AROUND = 2;
const WIDEST = 400;

export interface Line {
  number: number;
  text: string;
  isMarked: boolean;
  /** How many characters of it are left out before the text. */
  indent: number;
}

/** The lines around a place that are known, without the indentation that all of them have. */
export function lines(sources: Page["sources"], at: Place): Line[] {
  const file = Object.hasOwn(sources, at.file) ? sources[at.file]! : {};
  const found: Line[] = [];
  for (let number = at.line - AROUND; number <= at.line + AROUND; number++) {
    const text = file[String(number)];
    if (text !== undefined) found.push({ number, text: text.slice(0, WIDEST), isMarked: number === at.line, indent: 0 });
  }
  if (!found.some((it) => it.isMarked)) return [];
  const indents = found.filter((it) => it.text.trim()).map((it) => it.text.length - it.text.trimStart().length);
  const shared = Math.min(...indents);
  return found.map((it) => ({ ...it, text: it.text.slice(shared), indent: shared }));
}

/** What is before the word at a column (from 1), the word, and what is after it. */
export function split(text: string, column: number): [string, string, string] {
  const chars = [...text];
  const at = column - 1;
  if (column < 1 || at >= chars.length) return [text, "", ""];
  const word = chars.slice(at).join("").match(/^[\p{L}\p{N}_]+|^./u)?.[0] ?? "";
  return [chars.slice(0, at).join(""), word, chars.slice(at).join("").slice(word.length)];
}

export function Source({ sources, at }: { sources: Page["sources"]; at: Place }) {
  const shown = lines(sources, at);
  if (!shown.length) return null;
  return (
    <ol class="source" aria-label={`${visible(at.file)}, around line ${at.line}`}>
      {shown.map((line) => (
        <li key={line.number} class={line.isMarked ? "marked" : undefined}>
          <span class="number">{line.number}</span>
          <code>{line.isMarked ? <Marked text={line.text} column={at.column - line.indent} /> : visible(line.text)}</code>
        </li>
      ))}
    </ol>
  );
}

function Marked({ text, column }: { text: string; column: number }) {
  const [before, word, after] = split(text, column);
  return (
    <>
      {visible(before)}
      {word && <mark>{visible(word)}</mark>}
      {visible(after)}
    </>
  );
}
