// What is written on a box, and how wide that makes it. Measured by counting: the letters of a
// monospaced font have one width, and those of wide scripts two.

import { shorten, visible } from "../text";
import type { Box } from "./choose";

const LETTER = 7.3;
const SMALL_LETTER = 6.1;
const LONGEST = 34;
const ROOM = 26;

export function labelOf(box: Box): string {
  return shorten(visible(box.label), LONGEST);
}

export function widthOf(box: Box): number {
  const text = Math.max(letters(labelOf(box)) * LETTER, letters(box.detail) * SMALL_LETTER);
  return Math.max(76, Math.ceil(text) + ROOM);
}

function letters(text: string): number {
  let sum = 0;
  for (const letter of text) sum += letter.codePointAt(0)! >= 0x1100 ? 2 : 1;
  return sum;
}
