// What each thread did, side by side.

import type { Column, ColumnStep, Frame, Page } from "../model";
import { At, count, Name, Words } from "../text";
import { Source } from "./source";

export function Columns({ columns, chosen, sources }: { columns: Column[]; chosen: number; sources: Page["sources"] }) {
  return (
    <div class="scroll columns" tabIndex={0} role="group" aria-label="What each thread did, side by side">
      {columns.map((column, i) => (
        <section key={i} class={`card column${i === chosen ? " chosen" : ""}`} aria-labelledby={`column-${i}`}>
          <h3 id={`column-${i}`}>
            <Words text={column.thread} />
          </h3>
          <p class="soft">
            <Words text={column.summary} />
          </p>
          <ol class="steps">
            {column.steps.map((step, at) => (
              <Step key={at} step={step} sources={sources} />
            ))}
          </ol>
          <Stack frames={column.stack} />
        </section>
      ))}
    </div>
  );
}

const SIGNS: Record<string, string> = { took: "holds", "also holds": "holds", wants: "waits" };

function Step({ step, sources }: { step: ColumnStep; sources: Page["sources"] }) {
  return (
    <li class={`step ${SIGNS[step.act] ?? "other"}`}>
      <p class="does">
        <Words text={step.text} />
      </p>
      {step.place && <Where label="at" at={step.place} sources={sources} />}
      {step.through && <Where label="which takes it at" at={step.through} sources={sources} />}
    </li>
  );
}

function Where({ label, at, sources }: { label: string; at: NonNullable<ColumnStep["place"]>; sources: Page["sources"] }) {
  return (
    <div class="where">
      <p>
        <span class="soft">{label}</span> <At place={at} />
      </p>
      <Source sources={sources} at={at} />
    </div>
  );
}

function Stack({ frames }: { frames: Frame[] }) {
  if (!frames.length) return null;
  const own = frames.filter((it) => it.is_own);
  const others = frames.filter((it) => !it.is_own);
  return (
    <details class="stack">
      <summary>Stack: {count(frames.length, "frame")}</summary>
      <Frames frames={own.length ? own : others} />
      {own.length > 0 && others.length > 0 && (
        <details>
          <summary>{count(others.length, "frame")} of libraries</summary>
          <Frames frames={others} />
        </details>
      )}
    </details>
  );
}

function Frames({ frames }: { frames: Frame[] }) {
  return (
    <ol>
      {frames.map((frame, i) => (
        <li key={i} class={frame.is_own ? "own" : undefined}>
          <code>
            <Name text={frame.function} most={120} />
          </code>
          {frame.place && <At place={frame.place} />}
        </li>
      ))}
    </ol>
  );
}
