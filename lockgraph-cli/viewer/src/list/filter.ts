// Which findings are shown: by verdict, kind, crate, module, test, and by words that occur anywhere
// in them. Linear in the findings; what is searched is put together once for each of them.

import type { Finding } from "../model";

export const FIELDS = ["verdict", "kind", "crate", "module", "test"] as const;
export type Field = (typeof FIELDS)[number];

export interface Filter {
  chosen: Partial<Record<Field, string>>;
  words: string;
}

export function read(query: URLSearchParams): Filter {
  const chosen: Filter["chosen"] = {};
  for (const field of FIELDS) {
    const value = query.get(field);
    if (value) chosen[field] = value;
  }
  return { chosen, words: query.get("q") ?? "" };
}

export function write(filter: Filter): URLSearchParams {
  const query = new URLSearchParams();
  for (const field of FIELDS) if (filter.chosen[field]) query.set(field, filter.chosen[field]);
  if (filter.words) query.set("q", filter.words);
  return query;
}

/** Positions of the findings that pass. */
export function passing(findings: Finding[], filter: Filter): number[] {
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
  const passes = (it: Finding) =>
    FIELDS.every((field) => has(it, field, filter.chosen[field])) && words.every((word) => searched(it).includes(word));
  return findings.flatMap((it, i) => (passes(it) ? [i] : []));
}

export interface Choice {
  value: string;
  count: number;
}

/** The values of a field, with how many findings would pass if it were chosen beside the others. */
export function choices(findings: Finding[], filter: Filter, field: Field): Choice[] {
  const others = { ...filter, chosen: { ...filter.chosen, [field]: undefined } };
  const counts = new Map<string, number>();
  for (const it of findings) for (const value of values(it, field)) counts.set(value, 0);
  for (const at of passing(findings, others)) {
    for (const value of new Set(values(findings[at]!, field))) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const all = [...counts].map(([value, count]) => ({ value, count }));
  // Findings come surest first, and so do verdicts; names are looked for by the alphabet.
  return field === "verdict" ? all : all.sort((a, b) => (a.value < b.value ? -1 : 1));
}

function has(finding: Finding, field: Field, value: string | undefined): boolean {
  return !value || values(finding, field).includes(value);
}

function values(finding: Finding, field: Field): string[] {
  switch (field) {
    case "verdict":
      return [finding.verdict];
    case "kind":
      return [finding.kind];
    case "crate":
      return finding.crates;
    case "module":
      return finding.modules;
    case "test":
      return [...finding.tests, ...finding.could];
  }
}

const texts = new WeakMap<Finding, string>();

function searched(finding: Finding): string {
  const known = texts.get(finding);
  if (known !== undefined) return known;
  const steps = finding.columns.flatMap((it) => it.steps);
  const parts = [
    ...[finding.headline, finding.kind, finding.verdict, finding.fingerprint, finding.standing ?? ""],
    ...finding.columns.map((it) => it.summary),
    ...steps.flatMap((it) => [it.lock ?? "", it.place ? `${it.place.file}:${it.place.line}` : ""]),
    ...[...finding.tests, ...finding.programs, ...finding.could, ...finding.crates, ...finding.modules],
  ];
  const text = parts.join("\n").toLowerCase();
  texts.set(finding, text);
  return text;
}
