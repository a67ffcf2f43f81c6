// Colours of the canvas, read from the style sheet, and the hatching of waits. A lock has the colour of
// its position: one of eight, with its name beside it wherever there is room.

export const LOCK_COLOURS = 8;

export interface Theme {
  text: string;
  faint: string;
  line: string;
  back: string;
  band: string;
  stuck: string;
  mark: string;
  focus: string;
  dense: string;
  locks: string[];
  hatched: CanvasPattern[];
  hatchedStuck: CanvasPattern;
  font: string;
}

export function themeOf(element: Element, context: CanvasRenderingContext2D, dots: number): Theme {
  const colour = (name: string): string => resolve(element, name);
  const locks = Array.from({ length: LOCK_COLOURS }, (_, at) => colour(`--lock-${at}`));
  const stuck = colour("--tl-stuck");
  return {
    text: colour("--tl-text"),
    faint: colour("--tl-faint"),
    line: colour("--tl-line"),
    back: colour("--tl-back"),
    band: colour("--tl-band"),
    mark: colour("--tl-mark"),
    focus: colour("--tl-focus"),
    dense: colour("--tl-dense"),
    stuck,
    locks,
    hatched: locks.map((one) => hatch(context, one, dots)),
    hatchedStuck: hatch(context, stuck, dots),
    font: "11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  };
}

/** A variable may say `light-dark(..)`, which only a property that is used gives as a colour. */
function resolve(element: Element, name: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** Calls when the colours change: by the system or by the button of the page. */
export function watchTheme(changed: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(changed);
  system.addEventListener("change", changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    system.removeEventListener("change", changed);
    observer.disconnect();
  };
}

const TILE = 6;

function hatch(context: CanvasRenderingContext2D, colour: string, dots: number): CanvasPattern {
  const tile = document.createElement("canvas");
  tile.width = TILE * dots;
  tile.height = TILE * dots;
  const pen = tile.getContext("2d");
  if (pen !== null) {
    pen.scale(dots, dots);
    pen.strokeStyle = colour;
    pen.lineWidth = 1.4;
    pen.beginPath();
    for (const from of [-TILE, 0, TILE]) {
      pen.moveTo(from - 1, TILE + 1);
      pen.lineTo(from + TILE + 1, -1);
    }
    pen.stroke();
  }
  const pattern = context.createPattern(tile, "repeat");
  if (pattern === null) throw new Error("the canvas makes no patterns");
  pattern.setTransform(new DOMMatrix().scale(1 / dots));
  return pattern;
}
