// A finding, explained from the top: what happened, the circle, what each thread did, a schedule
// that ends in it, why it can happen, the way out, and how sure all that is.

import { useState } from "preact/hooks";
import type { ViewProps } from "../app";
import type { Finding, Page } from "../model";
import { href } from "../route";
import { timelineLinks } from "../timeline/link";
import { Name, visible, visibleLines, Words } from "../text";
import { CirclePart } from "./beside";
import { Columns } from "./columns";
import { Conditions, WayOut } from "./conditions";
import { CopyButtons } from "./copy";
import { HelpDetails, helpOf, HelpText } from "./help";
import { useFindingKeys } from "./keys";
import { ScheduleView } from "./schedule";
import { Seen } from "./seen";

/** Runs whose timelines are named; the others are counted. */
const TIMELINES = 3;

export function FindingView({ page, route }: ViewProps) {
  const at = page.findings.findIndex((it) => it.id === route.of);
  const finding = page.findings[at];
  useFindingKeys(page, at);
  if (!finding) return <Missing id={route.of ?? ""} />;
  return (
    <article class="finding" key={finding.id}>
      <Top page={page} at={at} />
      <Head finding={finding} />
      <Body key={finding.id} page={page} finding={finding} />
    </article>
  );
}

function Missing({ id }: { id: string }) {
  return (
    <div class="card">
      <h1>There is no such finding in this report</h1>
      <p>
        Its id was <Name text={id} />. It may be gone since the link was made. <a href={href("findings")}>All findings</a>
      </p>
    </div>
  );
}

function Top({ page, at }: { page: Page; at: number }) {
  const link = (to: Finding | undefined, label: string) => to && <a href={href("finding", to.id)}>{label}</a>;
  return (
    <nav class="top" aria-label="Findings">
      <a href={href("findings")}>{"\u2190"} All findings</a>
      <span>
        {link(page.findings[at - 1], "Previous")}
        <span class="soft">
          {at + 1} of {page.findings.length}
        </span>
        {link(page.findings[at + 1], "Next")}
      </span>
    </nav>
  );
}

function Head({ finding }: { finding: Finding }) {
  return (
    <div class="head">
      <p class="badges">
        <span class={`badge ${finding.severity}`}>{visible(finding.verdict)}</span>
        <span class="kind">{visible(finding.kind)}</span>
        {finding.standing && (
          <span class="soft">
            <Words text={finding.standing} />
          </span>
        )}
      </p>
      <h1>
        <Words text={finding.headline} most={120} />
      </h1>
      <CopyButtons
        what={[
          { label: "Copy as Markdown", text: () => finding.markdown },
          { label: "Copy link", text: () => location.href.split("#")[0] + href("finding", finding.id) },
          { label: "Copy terminal text", text: () => finding.text },
        ]}
      />
    </div>
  );
}

function Body({ page, finding }: { page: Page; finding: Finding }) {
  const [edge, setEdge] = useState(-1);
  const chosen = finding.circle?.edges[edge];
  const { schedule, snapshot, columns } = finding;
  return (
    <>
      {finding.circle && (
        <Part id="circle" title={snapshot || finding.verdict === "actual" ? "Who waits for whom" : "Who can come to wait for whom"}>
          <CirclePart page={page} finding={finding} circle={finding.circle} edge={edge} onChoose={setEdge} />
        </Part>
      )}
      {columns.length > 0 && (
        <Part id="steps" title="What each thread did">
          <Columns columns={columns} chosen={chosen?.column ?? -1} sources={page.sources} />
        </Part>
      )}
      {schedule && (
        <Part id="schedule" title="How it comes about" lead={schedule.summary}>
          <ScheduleView schedule={schedule} />
        </Part>
      )}
      {finding.conditions.length > 0 && (
        <Part id="conditions" title="Why it can happen" lead="A deadlock needs four conditions, all at once. Take away any one of them and it is gone.">
          <Conditions conditions={finding.conditions} help={page.help} />
        </Part>
      )}
      {finding.way_out.advice && (
        <Part id="way-out" title="The way out">
          <WayOut way={finding.way_out} />
        </Part>
      )}
      <Verdict page={page} finding={finding} />
      <Part id="seen" title="Where it was seen">
        <Seen finding={finding} />
        <InTimelines links={timelineLinks(page, page.findings.indexOf(finding))} />
      </Part>
      <Part id="more" title="More">
        <div class="card folds">
          <HelpDetails title={`What ${a(finding.kind)} ${visible(finding.kind)} is`} help={helpOf(page.help, finding.kind)} />
          <details>
            <summary>As the terminal prints it</summary>
            <pre class="terminal">{visibleLines(finding.text)}</pre>
          </details>
        </div>
      </Part>
    </>
  );
}

/** The first runs whose timelines have it. */
function InTimelines({ links }: { links: { run: string; href: string }[] }) {
  if (links.length === 0) return null;
  const more = links.length - TIMELINES;
  return (
    <p class="timelines">
      {links.slice(0, TIMELINES).map((link) => (
        <a href={link.href}>
          Show in the timeline of <Name text={link.run} />
        </a>
      ))}
      {more > 0 && <span class="soft">and in {more} more</span>}
    </p>
  );
}

function Part({ id, title, lead, children }: { id: string; title: string; lead?: string; children: preact.ComponentChildren }) {
  return (
    <section class="part" aria-labelledby={`part-${id}`}>
      <h2 id={`part-${id}`}>{title}</h2>
      {lead && (
        <p class="lead">
          <Words text={lead} />
        </p>
      )}
      {children}
    </section>
  );
}

function Verdict({ page, finding }: { page: Page; finding: Finding }) {
  const help = helpOf(page.help, finding.verdict);
  return (
    <Part id="verdict" title={`How sure it is: ${visible(finding.verdict)}`}>
      <div class="card">
        {finding.verdict_because && (
          <p class="because">
            <Words text={finding.verdict_because} />
          </p>
        )}
        {finding.remarks.map((it, i) => (
          <p key={i}>
            <Words text={it} />
          </p>
        ))}
        {help && (
          <details class="help">
            <summary>
              What <strong>{visible(finding.verdict)}</strong> means: <Words text={help.summary} />
            </summary>
            <HelpText help={help} />
          </details>
        )}
      </div>
    </Part>
  );
}

function a(word: string): string {
  return /^(?!once)[aeiou]/.test(word) ? "an" : "a";
}
