// Where one is in the page: the part of the address behind `#`, so that every view has a link that
// works from a file too. `#/finding/ID/waits?step=2` is view, of, part and query.

export type View = "findings" | "finding" | "graph" | "timeline" | "contention";

export interface Route {
  view: View;
  /** What of it: a finding, a node, a run. */
  of: string | null;
  /** Which side of that: `waits`. */
  part: string | null;
  query: URLSearchParams;
}

const VIEWS: readonly string[] = ["findings", "finding", "graph", "timeline", "contention"];

/** Reads a hash; what nobody knows is the list of findings. */
export function parse(hash: string): Route {
  const [path = "", query = ""] = cut(hash.replace(/^#\/?/, ""), "?");
  const [view = "", of, part] = path.split("/").map(decode);
  const known = VIEWS.includes(view) && !(view === "finding" && !of);
  if (!known) return { view: "findings", of: null, part: null, query: new URLSearchParams() };
  return { view: view as View, of: of || null, part: part || null, query: new URLSearchParams(query) };
}

/** The hash of a place in the page, for links. */
export function href(view: View, of?: string | null, part?: string | null, query?: URLSearchParams): string {
  const path = [view, of, part].filter((it): it is string => !!it).map(encodeURIComponent);
  const text = query?.toString() ?? "";
  return `#/${path.join("/")}${text ? `?${text}` : ""}`;
}

/** Goes there at once, so that the next key is heard there; the way back leads here. */
export function go(to: string): void {
  if (location.hash === to) return;
  history.pushState(null, "", to);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Changes the query of this place, without a step in the history and without moving the focus. */
export function amend(route: Route, query: URLSearchParams): void {
  history.replaceState(null, "", href(route.view, route.of, route.part, query));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Keeps the address true to what is shown, and nobody hears of it. Whoever has just gone elsewhere, which
 *  is heard a moment later, is not called back. */
export function keep(to: string): void {
  if (parse(location.hash).view === parse(to).view) history.replaceState(null, "", to);
}

function cut(text: string, at: string): [string, string] {
  const i = text.indexOf(at);
  return i < 0 ? [text, ""] : [text.slice(0, i), text.slice(i + 1)];
}

// An address is typed by hand too: a lone `%` stays what it is.
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
