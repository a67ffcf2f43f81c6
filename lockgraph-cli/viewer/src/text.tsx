// Words and names from outside. A name may be long, run from right to left or hold characters that
// are not seen; none of that may reach the words around it.

import type { ComponentChildren } from "preact";
import type { Place } from "./model";

const LONG = 72;

/**
 * With what cannot be seen made visible: controls, marks that turn the direction of text, and joiners
 * where there is nothing to be joined, for scripts and emoji need them.
 */
export function visible(text: string): string {
  return text.replace(/(?<![^\u0000-\u007f])[\u200c\u200d]|[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, shown);
}

/** The same for a text of several lines. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

function shown(char: string): string {
  const code = char.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
}

/** The beginning and the end of what is too long. */
export function shorten(text: string, most = LONG): string {
  // A first cut by units keeps a name of megabytes from being spread into an array.
  const chars = [...(text.length > 4 * most ? text.slice(0, 2 * most) + text.slice(-2 * most) : text)];
  if (chars.length <= most) return text;
  const tail = Math.floor(most / 4);
  return `${chars.slice(0, most - tail - 1).join("")}\u2026${chars.slice(-tail).join("")}`;
}

/** A name, apart from the text around it; what is cut is in its title. */
export function Name({ text, most = LONG }: { text: string; most?: number }) {
  const whole = visible(text);
  const short = shorten(whole, most);
  return (
    <bdi class="name" title={short === whole ? undefined : whole}>
      {short}
    </bdi>
  );
}

/** A sentence of the program, in which names stand between backticks. */
export function Words({ text, most = LONG }: { text: string; most?: number }) {
  // Every second part lies between two backticks; one without a partner is text.
  const parts = text.split("`");
  const lone = parts.length % 2 === 0 ? parts.length - 2 : -1;
  const out: ComponentChildren[] = [];
  parts.forEach((part, i) => {
    if (i === lone + 1 && lone >= 0) out.push("`");
    if (i % 2 === 1 && i !== lone + 1) {
      out.push(
        <code key={i}>
          <Name text={part} most={most} />
        </code>,
      );
    } else if (part) {
      out.push(part.length > 2000 ? <Name key={i} text={part} most={400} /> : visible(part));
    }
  });
  return <>{out}</>;
}

/** `file:line:column`. */
export function place(at: Place): string {
  return at.column ? `${at.file}:${at.line}:${at.column}` : `${at.file}:${at.line}`;
}

export function At({ place: at }: { place: Place }) {
  return (
    <span class="place">
      <Name text={place(at)} />
    </span>
  );
}

/** "1 finding", "2 findings". */
export function count(n: number, one: string, more = `${one}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : more}`;
}
