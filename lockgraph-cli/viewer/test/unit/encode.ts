// Writes bars as the program does.

import { BarKind } from "../../src/model";

export interface Written {
  begin: number;
  length: number;
  kind?: number;
  depth?: number;
  lock?: number;
  place?: number;
  by?: number;
}

export function encode(bars: Written[]): Uint8Array {
  const bytes: number[] = [];
  const put = (number: number): void => {
    for (; number >= 128; number = Math.floor(number / 128)) bytes.push((number % 128) + 128);
    bytes.push(number);
  };
  let before = 0;
  for (const { begin, length, kind = 0, depth = 0, lock = -1, place = -1, by = -1 } of bars) {
    for (const number of [begin - before, length, kind, depth, lock + 1, place + 1]) put(number);
    if (kind === BarKind.Waited || kind === BarKind.WaitsForEver) put(by + 1);
    before = begin;
  }
  return Uint8Array.from(bytes);
}
