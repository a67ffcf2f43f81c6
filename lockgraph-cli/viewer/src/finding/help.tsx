// What `lockgraph explain` says, folded.

import type { Help, Page } from "../model";
import { visibleLines, Words } from "../text";

/** Every object has a `constructor`, which is the help of nothing. */
export function helpOf(help: Page["help"], name: string): Help | undefined {
  return Object.hasOwn(help, name) ? help[name] : undefined;
}

export function HelpDetails({ title, help }: { title: string; help: Help | undefined }) {
  if (!help) return null;
  return (
    <details class="help">
      <summary>{title}</summary>
      <HelpText help={help} />
    </details>
  );
}

export function HelpText({ help }: { help: Help }) {
  return (
    <div class="help-text">
      {help.paragraphs.map((text, i) =>
        text.startsWith("    ") ? (
          <pre key={i}>{visibleLines(text.replaceAll(/^ {4}/gm, ""))}</pre>
        ) : (
          <p key={i}>
            <Words text={text} />
          </p>
        ),
      )}
    </div>
  );
}
