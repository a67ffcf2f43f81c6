// Where in the timelines a finding is.

import type { Page } from "../model";
import { href } from "../route";

const ROOM = 20;

/** One link for each run in which something of the finding happened, with some room around it. */
export function timelineLinks(page: Page, finding: number): { run: string; href: string }[] {
  return page.runs.flatMap((run) => {
    const events = run.marks.filter((mark) => mark.finding === finding).map((mark) => mark.event);
    if (events.length === 0 || run.events === 0) return [];
    const from = Math.max(0, events.reduce((least, event) => Math.min(least, event)) - ROOM);
    const to = Math.min(run.events, events.reduce((most, event) => Math.max(most, event)) + ROOM);
    return [{ run: run.name, href: href("timeline", run.name, null, new URLSearchParams({ from: String(from), to: String(to) })) }];
  });
}
