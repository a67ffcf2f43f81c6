// The drawing as a file. What the style sheet says is written onto the elements, so that the file looks
// the same everywhere; a PNG is that file drawn on a canvas.

const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "font-family", "font-size", "font-weight"];
const MARGIN = 24;
/** What browsers can draw in one canvas. */
const LARGEST = 8000;

export interface Picture {
  text: string;
  width: number;
  height: number;
}

export function pictureOf(layers: SVGGElement[], width: number, height: number, ground: string): Picture {
  const whole = { width: Math.ceil(width + MARGIN * 2), height: Math.ceil(height + MARGIN * 2) };
  const svg = element("svg", { xmlns: "http://www.w3.org/2000/svg", ...textOf(whole), viewBox: `${-MARGIN} ${-MARGIN} ${whole.width} ${whole.height}` });
  svg.append(element("rect", { x: String(-MARGIN), y: String(-MARGIN), ...textOf(whole), fill: ground }));
  const markers = layers[0]?.parentElement?.querySelector("defs");
  if (markers) svg.append(styled(markers));
  for (const layer of layers) {
    const copy = styled(layer);
    copy.removeAttribute("transform");
    svg.append(copy);
  }
  return { text: new XMLSerializer().serializeToString(svg), ...whole };
}

function textOf(size: { width: number; height: number }): { width: string; height: string } {
  return { width: String(size.width), height: String(size.height) };
}

function element(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) if (key !== "xmlns") made.setAttribute(key, value);
  return made;
}

/** Without classes, roles, the wide lines that are only there to be hit, and the ring of the focus. */
function styled(from: Element): Element {
  const copy = from.cloneNode(false) as Element;
  for (const { name } of [...copy.attributes]) {
    if (name === "class" || name === "tabindex" || name === "role" || /^(aria|data)-/.test(name)) copy.removeAttribute(name);
  }
  const style = getComputedStyle(from);
  if (/^(rect|path|text|g)$/.test(from.tagName)) {
    for (const name of STYLES) {
      const value = style.getPropertyValue(name);
      if (value !== "") copy.setAttribute(name, value);
    }
  }
  for (const child of from.childNodes) {
    if (!(child instanceof Element)) copy.append(child.cloneNode());
    else if (!child.matches(".g-hit, .g-ring")) copy.append(styled(child));
  }
  return copy;
}

export function saveSvg(picture: Picture, name: string): void {
  save(new Blob([picture.text], { type: "image/svg+xml" }), `${name}.svg`);
}

/** Fails if the browser refuses a canvas of that size. */
export async function savePng(picture: Picture, name: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([picture.text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(2, LARGEST / picture.width, LARGEST / picture.height);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (blob === null) throw new Error("the picture is too large for this browser");
    save(blob, `${name}.png`);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
