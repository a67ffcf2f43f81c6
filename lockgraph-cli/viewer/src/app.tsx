// The shell: header, tabs, the view that the address names, and the keys that work everywhere.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentType } from "preact";
import { ContentionView } from "./contention";
import { FindingView } from "./finding/view";
import { GraphView } from "./graph/view";
import { KeysDialog, keyOf, useKeys } from "./keys";
import { FindingsView } from "./list/view";
import type { Page } from "./model";
import { go, href, parse, type Route, type View } from "./route";
import { visible } from "./text";
import { setTheme, theme, type Theme } from "./theme";
import { TimelineView } from "./timeline/view";
import { WaitsView } from "./waits/view";

/** What every view is given. The heading of a view is the focus after a change of place. */
export interface ViewProps {
  page: Page;
  route: Route;
}

const TABS: { view: View; label: string }[] = [
  { view: "findings", label: "Findings" },
  { view: "graph", label: "Graph" },
  { view: "timeline", label: "Timeline" },
  { view: "contention", label: "Contention" },
];

const VIEWS: Record<View, ComponentType<ViewProps>> = {
  findings: FindingsView,
  finding: FindingView,
  graph: GraphView,
  timeline: TimelineView,
  contention: ContentionView,
};

export function App({ page }: { page: Page }) {
  const route = useRoute();
  const [isAsked, setAsked] = useState(false);
  const main = useRef<HTMLElement>(null);
  usePageKeys(() => setAsked(true));
  useArrival(route, main, page);
  const Shown = route.view === "finding" && route.part === "waits" ? WaitsView : VIEWS[route.view];
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => skip(event, main.current)}>
        Skip to the content
      </a>
      <Header page={page} route={route} onAsk={() => setAsked(true)} />
      <main id="main" ref={main} tabIndex={-1}>
        <Shown key={route.view + (route.part ?? "")} page={page} route={route} />
      </main>
      <footer>
        <p>Made by {visible(page.made_by)}. Nothing in this page asks the network for anything.</p>
      </footer>
      {isAsked && <KeysDialog onClose={() => setAsked(false)} />}
    </>
  );
}

function Header({ page, route, onAsk }: ViewProps & { onAsk: () => void }) {
  const at = route.view === "finding" ? "findings" : route.view;
  return (
    <header>
      <div class="title">
        <p class="brand">
          lockgraph <bdi title={visible(page.title)}>{visible(page.title)}</bdi>
        </p>
        <p class="summary">{visible(page.summary)}</p>
      </div>
      <nav aria-label="Views">
        <ul>
          {TABS.map(({ view, label }) => (
            <li key={view}>
              <a href={href(view)} aria-current={view === at ? "page" : undefined}>
                {label}
                {view === "findings" && <span class="count">{page.findings.length.toLocaleString("en")}</span>}
              </a>
            </li>
          ))}
        </ul>
        <div class="tools">
          <ThemeButton />
          <button class="button quiet" onClick={onAsk} aria-keyshortcuts="?">
            Keys <kbd aria-hidden="true">?</kbd>
          </button>
        </div>
      </nav>
    </header>
  );
}

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const THEME_CHANGED = "lockgraph-theme";

function nextTheme(): void {
  setTheme(NEXT[theme()]);
  dispatchEvent(new Event(THEME_CHANGED));
}

function ThemeButton() {
  const [now, setNow] = useState(theme());
  useEffect(() => listen(THEME_CHANGED, () => setNow(theme())), []);
  const label = { system: "as the system", light: "light", dark: "dark" }[now];
  return (
    <button class="button quiet theme" onClick={nextTheme}>
      Colours: {label}
    </button>
  );
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => parse(location.hash));
  useLayoutEffect(() => listen("hashchange", () => setRoute(parse(location.hash))), []);
  return route;
}

function usePageKeys(ask: () => void): void {
  const press = (event: KeyboardEvent) => {
    const tab = TABS[Number(event.key) - 1];
    if (tab) go(href(tab.view));
    else if (event.key === "?") ask();
    else if (keyOf(event) === "t") nextTheme();
    else return;
    event.preventDefault();
  };
  useKeys(press, []);
}

// A change of view is told as a browser tells a new page: by its title and by the focus on its
// heading. The first view keeps the focus where the browser puts it.
function useArrival(route: Route, main: { current: HTMLElement | null }, page: Page): void {
  const was = useRef<string | null>(null);
  const now = href(route.view, route.of, route.part);
  useLayoutEffect(() => {
    const heading = main.current?.querySelector<HTMLElement>("h1") ?? null;
    document.title = [heading?.textContent?.slice(0, 120), page.title, "lockgraph"].filter(Boolean).join(" \u00b7 ");
    if (was.current !== null && was.current !== now) {
      const inPlace = was.current.startsWith("#/graph") && now.startsWith("#/graph");
      if (!inPlace) {
        scrollTo(0, 0);
        heading?.setAttribute("tabindex", "-1");
        heading?.focus({ preventScroll: true });
      }
    }
    was.current = now;
  }, [now]);
}

// The hash is taken by the place in the page, so the link moves the focus itself.
function skip(event: Event, main: HTMLElement | null): void {
  event.preventDefault();
  main?.focus();
}

function listen(name: string, heard: () => void): () => void {
  addEventListener(name, heard);
  return () => removeEventListener(name, heard);
}
