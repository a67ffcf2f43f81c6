// Buttons that copy. Where the browser does not let a page do that, the text is shown, selected.

import { useEffect, useRef, useState } from "preact/hooks";

export interface Copied {
  label: string;
  text: () => string;
}

export function CopyButtons({ what }: { what: Copied[] }) {
  const [said, setSaid] = useState("");
  const [left, setLeft] = useState<string | null>(null);
  const copy = async (it: Copied) => {
    const text = it.text();
    const isDone = await put(text);
    setSaid(isDone ? `Copied: ${it.label.replace("Copy ", "")}` : "The browser does not allow it. Copy it from here:");
    setLeft(isDone ? null : text);
  };
  return (
    <div class="copy">
      {what.map((it) => (
        <button key={it.label} class="button" onClick={() => void copy(it)}>
          {it.label}
        </button>
      ))}
      <span role="status" class="soft">
        {said}
      </span>
      {left !== null && <Left text={left} />}
    </div>
  );
}

function Left({ text }: { text: string }) {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.select(), [text]);
  return <textarea ref={area} readOnly rows={6} aria-label="What to copy" value={text} />;
}

async function put(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return putOld(text);
  }
}

// A page without the permission, or from a plain address, still may copy what is selected.
function putOld(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  const before = document.activeElement;
  area.select();
  let isDone = false;
  try {
    isDone = document.execCommand("copy");
  } catch {
    isDone = false;
  }
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return isDone;
}
