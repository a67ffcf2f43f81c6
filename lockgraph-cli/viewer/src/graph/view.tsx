// The graph of locks: what of it is drawn, what is chosen, and the address that says both.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ViewProps } from "../app";
import type { Page } from "../model";
import { type Route, href, keep } from "../route";
import { count } from "../text";
import { Filters, Search, Toggle } from "./bar";
import { type Box, type Choice, type Drawn, choose } from "./choose";
import { type Chosen, boxChosen, fromRoute, nodesOf, toRoute } from "./chosen";
import { Drawing, STAYS } from "./drawing";
import { EdgeTable } from "./edges";
import { pictureOf, savePng, saveSvg } from "./export";
import { ALL, type Filter, edgesOf, passed } from "./filter";
import { type Packed, pack } from "./pack";
import { Panel } from "./panel";
import type { Lens } from "./zoom";

export function GraphView({ page, route }: ViewProps) {
  return (
    <div class="wide">
      <h1>Graph</h1>
      {page.graph.nodes.length === 0 ? (
        <p class="soft">No lock was wanted while another one was held.</p>
      ) : (
        <Whole page={page} route={route} />
      )}
    </div>
  );
}

/** What of the choice is made by hand. */
type Hand = Omit<Choice, "asked">;

function start(page: Page, route: Route): Hand {
  return {
    isAll: route.query.has("all"),
    isFolded: page.graph.groups.length > 0 && !route.query.has("unfolded"),
    expanded: new Set(),
    hidden: new Set(),
    open: new Set(),
  };
}

function Whole({ page, route }: ViewProps) {
  const { graph } = page;
  const [hand, setHand] = useState<Hand>(() => start(page, route));
  const [filter, setFilter] = useState<Filter>(() => filterOf(route));
  const [chosen, setChosen] = useState<Chosen | null>(() => fromRoute(graph, route));
  const [anchor, setAnchor] = useState<string | null>(null);
  const [text, setText] = useState(route.query.get("q") ?? "");
  const [isTable, setTable] = useState(false);
  const [problem, setProblem] = useState("");
  const lens = useRef<Lens | null>(null);
  const layers = useRef<SVGGElement[]>([]);
  const toggle = useRef<HTMLButtonElement>(null);
  const lists = useMemo(() => edgesOf(graph), [graph]);
  const pass = useMemo(() => passed(page, filter), [page, filter]);
  const found = useMemo(() => foundIn(page, text), [page, text]);
  // Not what is chosen now: a box must not jump out of its group at a click.
  const [asked, setAsked] = useState<ReadonlySet<number>>(() => new Set(nodesOf(graph, chosen)));
  const drawn = useMemo(() => choose(graph, lists, pass, { ...hand, asked }), [graph, lists, pass, hand, asked]);
  const packed = useMemo(() => pack(drawn.boxes, drawn.links), [drawn]);

  const came = useRef(route);
  useEffect(() => {
    if (came.current === route) return;
    came.current = route;
    const to = fromRoute(graph, route);
    if (to) bring(to);
  }, [route]);
  useAddress(page, hand, filter, chosen, text);

  const bring = (to: Chosen): void => {
    const needed = nodesOf(graph, to).filter((node) => !drawn.boxes.some((box) => box.group === null && box.nodes[0] === node));
    if (needed.length > 0) {
      setAsked(new Set([...nodesOf(graph, to), ...asked].slice(0, 100)));
      setHand((was) => ({ ...was, hidden: without(was.hidden, needed) }));
    }
    setAnchor(null);
    setChosen(to);
  };
  const click = (box: Box): void => {
    setAnchor(box.id);
    setChosen(boxChosen(box));
    if (box.group === null && box.more > 0) setHand((was) => ({ ...was, expanded: new Set([box.nodes[0]!, ...was.expanded]) }));
  };
  const fold = (group: number, isOpen: boolean): void => {
    setAnchor(isOpen ? null : `g${group}`);
    setAsked((was) => without(was, graph.groups[group]?.nodes ?? []));
    setHand((was) => ({
      ...was,
      isFolded: was.isFolded || !isOpen,
      expanded: without(was.expanded, graph.groups[group]?.nodes ?? []),
      open: isOpen ? new Set([...was.open, group]) : without(was.open, [group]),
    }));
    setChosen(isOpen ? null : { what: "group", group });
  };
  // Its buttons go with the panel: the focus goes back to where the box was chosen, if that is drawn.
  const close = (): void => {
    const stop = layers.current[0]?.closest(".graph-frame")?.querySelector<SVGElement>("[tabindex='0']");
    (stop?.isConnected ? stop : toggle.current)?.focus({ preventScroll: true });
    setChosen(null);
  };
  const hide = (nodes: number[]): void => {
    setAnchor(STAYS);
    setHand((was) => ({ ...was, hidden: new Set([...was.hidden, ...nodes]) }));
    close();
  };
  const change = (next: Partial<Hand>): void => {
    setAnchor(null);
    setHand((was) => ({ ...was, ...next }));
  };
  const nextFound = useRef(0);
  const search = (to: string): void => {
    setText(to);
    nextFound.current = 0;
  };
  const goNext = (): void => {
    const nodes = [...found];
    const node = nodes[nextFound.current++ % Math.max(1, nodes.length)];
    if (node !== undefined) bring({ what: "node", node });
  };
  const save = (as: "svg" | "png"): void => {
    const frame = layers.current[0]?.closest(".graph-frame");
    const picture = pictureOf(layers.current, packed.width, packed.height, frame ? getComputedStyle(frame).backgroundColor : "white");
    setProblem("");
    if (as === "svg") saveSvg(picture, "lockgraph");
    else savePng(picture, "lockgraph").catch((error: unknown) => setProblem(`No PNG could be made: ${String(error)}`));
  };
  const cycles = graph.cycles.length;
  return (
    <>
      <div class="views-bar">
        <Search text={text} count={text.trim() === "" ? null : found.size} onText={search} onNext={goNext} />
        <Filters page={page} filter={filter} onFilter={(to) => (setAnchor(null), setFilter(to))} />
        <span class="buttons" role="group" aria-label="What is drawn">
          <Toggle isOn={!hand.isAll} onToggle={() => change({ isAll: false })}>
            {cycles > 0 ? "Cycles" : "The most used"}
          </Toggle>
          <Toggle isOn={hand.isAll} onToggle={() => change({ isAll: true })}>
            Everything
          </Toggle>
        </span>
        {graph.groups.length > 0 && (
          <Toggle isOn={hand.isFolded} onToggle={(isFolded) => change({ isFolded, open: new Set() })}>
            Fold groups
          </Toggle>
        )}
        {hand.hidden.size > 0 && (
          <button class="button" onClick={() => change({ hidden: new Set() })}>
            Show {count(hand.hidden.size, "hidden class", "hidden classes")}
          </button>
        )}
        <Toggle isOn={isTable} onToggle={setTable} ref={toggle}>
          Table
        </Toggle>
        <span class="buttons" role="group" aria-label="Save the picture">
          <button class="button" onClick={() => save("svg")}>
            SVG
          </button>
          <button class="button" onClick={() => save("png")}>
            PNG
          </button>
        </span>
      </div>
      {problem && <p role="alert">{problem}</p>}
      <div class={chosen ? "graph-board with-side" : "graph-board"}>
        {isTable ? (
          <EdgeTable graph={graph} pass={pass} onChoose={(to) => (setTable(false), bring(to))} />
        ) : (
          <div class="graph-main">
            <Drawing graph={graph} drawn={drawn} packed={packed} chosen={chosen} found={found} anchor={anchor} onBox={click} onLink={(link) => (setAnchor(STAYS), setChosen({ what: "edges", edges: link.edges }))} onClear={() => setChosen(null)} lens={lens} layers={layers} />
            <Foot page={page} drawn={drawn} size={packed} lens={lens} />
          </div>
        )}
        {chosen && <Panel page={page} lists={lists} chosen={chosen} onChoose={bring} onHide={hide} onFold={fold} onClose={close} />}
      </div>
    </>
  );
}

function without(from: ReadonlySet<number>, nodes: number[]): ReadonlySet<number> {
  const gone = new Set(nodes);
  return new Set([...from].filter((node) => !gone.has(node)));
}

function filterOf(route: Route): Filter {
  const filter = { ...ALL };
  for (const name of Object.keys(ALL) as (keyof Filter)[]) filter[name] = route.query.get(name) ?? "";
  return filter;
}

function foundIn(page: Page, text: string): ReadonlySet<number> {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return new Set();
  return new Set(page.graph.nodes.flatMap((node, at) => (node.name.toLowerCase().includes(wanted) ? [at] : [])));
}

/** The address follows what is seen, without a step in the history. */
function useAddress(page: Page, hand: Hand, filter: Filter, chosen: Chosen | null, text: string): void {
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    const query = new URLSearchParams();
    const { of, to } = toRoute(page.graph, chosen);
    if (to !== null) query.set("to", to);
    if (hand.isAll) query.set("all", "1");
    if (!hand.isFolded && page.graph.groups.length > 0) query.set("unfolded", "1");
    for (const [name, value] of Object.entries(filter)) if (value !== "") query.set(name, value);
    if (text.trim() !== "") query.set("q", text.trim());
    keep(href("graph", of, null, query));
  }, [hand, filter, chosen, text]);
}

function Foot({ page, drawn, size, lens }: { page: Page; drawn: Drawn; size: Packed; lens: { current: Lens | null } }) {
  const hidden = [
    drawn.leftOut > 0 && `${count(drawn.leftOut, "class is", "classes are")} not drawn`,
    drawn.linksLeftOut > 0 && `${count(drawn.linksLeftOut, "lighter line is", "lighter lines are")} not drawn`,
  ].filter(Boolean);
  return (
    <div class="tl-foot">
      <p class="soft" role="status">
        {count(page.graph.nodes.length, "class", "classes")}, {count(page.graph.edges.length, "edge")}, {count(page.graph.cycles.length, "cycle")}
        {hidden.length > 0 && `; ${hidden.join(", ")}: filter, or click a box to see what is beside it`}
      </p>
      <span class="v-row graph-legend soft">
        <i class="key-line is-cycle" /> in a cycle <i class="key-line" /> wanted while held
      </span>
      <span class="v-row">
        <button class="button" onClick={() => lens.current?.by(1.4)} aria-label="Zoom in">
          +
        </button>
        <button class="button" onClick={() => lens.current?.by(1 / 1.4)} aria-label="Zoom out">
          {"\u2212"}
        </button>
        <button class="button" onClick={() => lens.current?.fit(size.width, size.height)}>
          Fit
        </button>
      </span>
    </div>
  );
}
