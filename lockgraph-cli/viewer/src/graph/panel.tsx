// What is chosen in the graph: a class of locks, a line, or a folded group.

import { useLayoutEffect, useRef } from "preact/hooks";
import { Excerpt } from "../excerpt";
import type { Graph, GraphEdge, Page } from "../model";
import { href } from "../route";
import { At, Name, Words, count, visible } from "../text";
import type { Chosen } from "./chosen";

interface Props {
  page: Page;
  lists: number[][];
  chosen: Chosen;
  onChoose: (chosen: Chosen) => void;
  onHide: (nodes: number[]) => void;
  onFold: (group: number, isOpen: boolean) => void;
  onClose: () => void;
}

export function Panel(props: Props) {
  const { chosen } = props;
  const aside = useRef<HTMLElement>(null);
  const isInside = (): boolean => aside.current?.contains(document.activeElement) ?? false;
  // The button that led here is gone, and the focus with it.
  const was = isInside();
  useLayoutEffect(() => {
    if (was && !isInside()) aside.current?.querySelector("h2")?.focus();
  });
  return (
    <aside class="side card" aria-label="What is chosen" ref={aside}>
      {chosen.what === "node" && <NodePanel {...props} node={chosen.node} />}
      {chosen.what === "edges" && <EdgesPanel {...props} edges={chosen.edges} />}
      {chosen.what === "group" && <GroupPanel {...props} group={chosen.group} />}
    </aside>
  );
}

function Head({ children, onClose }: { children: preact.ComponentChildren; onClose: () => void }) {
  return (
    <div class="side-head">
      <h2 tabIndex={-1}>{children}</h2>
      <button class="button quiet" onClick={onClose} aria-label="Close">
        {"\u2715"}
      </button>
    </div>
  );
}

function NodePanel({ page, lists, node: at, onChoose, onHide, onFold, onClose }: Props & { node: number }) {
  const node = page.graph.nodes[at];
  if (!node) return null;
  const edges = lists[at] ?? [];
  const outward = edges.filter((edge) => page.graph.edges[edge]!.from === at);
  const inward = edges.filter((edge) => page.graph.edges[edge]!.to === at);
  return (
    <>
      <Head onClose={onClose}>
        <Name text={node.name} most={120} />
      </Head>
      <dl>
        <dt>kind</dt>
        <dd>
          <Name text={node.kind} />
        </dd>
        {node.crate && <dt>crate</dt>}
        {node.crate && (
          <dd>
            <Name text={node.crate} />
          </dd>
        )}
        {node.module && <dt>module</dt>}
        {node.module && (
          <dd>
            <Name text={node.module} />
          </dd>
        )}
        {node.cycle !== null && <dt>cycle</dt>}
        {node.cycle !== null && <dd>of {count(page.graph.cycles[node.cycle]?.length ?? 0, "class", "classes")}</dd>}
      </dl>
      {node.place && (
        <>
          <h3>Made here</h3>
          <Excerpt page={page} place={node.place} />
        </>
      )}
      <Findings page={page} edges={edges} />
      <Ends page={page} title="Wanted while it was held" edges={outward} end="to" onChoose={onChoose} />
      <Ends page={page} title="Held while it was wanted" edges={inward} end="from" onChoose={onChoose} />
      <Instances node={node} />
      <div class="v-row">
        <button class="button" onClick={() => onHide([at])}>
          Hide
        </button>
        {node.group !== null && (
          <button class="button" onClick={() => onFold(node.group!, false)}>
            Fold its group
          </button>
        )}
      </div>
    </>
  );
}

const MOST = 40;

function Ends({ page, title, edges, end, onChoose }: { page: Page; title: string; edges: number[]; end: "from" | "to"; onChoose: Props["onChoose"] }) {
  const { graph } = page;
  if (edges.length === 0) return null;
  const sorted = [...edges].sort((one, two) => graph.edges[two]!.count - graph.edges[one]!.count);
  return (
    <section>
      <h3>
        {title} <span class="count">{edges.length.toLocaleString("en")}</span>
      </h3>
      <ul class="ends">
        {sorted.slice(0, MOST).map((at) => {
          const edge = graph.edges[at]!;
          const place = end === "to" ? edge.wanted_at : edge.held_at;
          return (
            <li key={at}>
              <button class="link-button" onClick={() => onChoose({ what: "edges", edges: [at] })}>
                <Name text={graph.nodes[edge[end]]?.name ?? "?"} most={60} />
              </button>{" "}
              <span class="soft">
                {edge.count.toLocaleString("en")}
                {"\u00d7"}
                {edge.is_in_cycle && ", in a cycle"}
              </span>
              {place && (
                <div>
                  <At place={place} />
                </div>
              )}
            </li>
          );
        })}
      </ul>
      <Rest all={edges.length} shown={MOST} />
    </section>
  );
}

function Rest({ all, shown }: { all: number; shown: number }) {
  return all > shown ? <p class="soft">and {(all - shown).toLocaleString("en")} more</p> : null;
}

function Instances({ node }: { node: Graph["nodes"][number] }) {
  if (node.instances.length === 0) return null;
  return (
    <details>
      <summary>{count(node.instance_count, "lock")} of this class</summary>
      <ul>
        {node.instances.map((one, at) => (
          <li key={at}>
            number {one.id} in <Name text={one.run} />: taken {one.acquisitions.toLocaleString("en")}
            {"\u00d7"}, {one.contended === 0 ? "always free" : `not free ${one.contended.toLocaleString("en")}\u00d7`}
          </li>
        ))}
      </ul>
      <Rest all={node.instance_count} shown={node.instances.length} />
    </details>
  );
}

function Findings({ page, edges }: { page: Page; edges: number[] }) {
  const all = [...new Set(edges.flatMap((at) => page.graph.edges[at]?.findings ?? []))].sort((one, two) => one - two);
  if (all.length === 0) return null;
  return (
    <section>
      <h3>Findings</h3>
      <ul>
        {all.slice(0, MOST).map((at) => {
          const finding = page.findings[at];
          return (
            finding && (
              <li key={at}>
                <span class={`badge ${finding.severity}`}>{visible(finding.verdict)}</span>{" "}
                <a href={href("finding", finding.id)}>
                  <Words text={finding.headline} />
                </a>
              </li>
            )
          );
        })}
      </ul>
      <Rest all={all.length} shown={MOST} />
    </section>
  );
}

function EdgesPanel({ page, edges, onChoose, onClose }: Props & { edges: number[] }) {
  const { graph } = page;
  const [first] = edges;
  const edge = first === undefined ? undefined : graph.edges[first];
  if (!edge) return null;
  if (edges.length > 1) {
    return (
      <>
        <Head onClose={onClose}>{count(edges.length, "edge")} between groups</Head>
        <ul class="ends">
          {edges.slice(0, MOST).map((at) => (
            <li key={at}>
              <button class="link-button" onClick={() => onChoose({ what: "edges", edges: [at] })}>
                <Name text={graph.nodes[graph.edges[at]!.from]?.name ?? "?"} most={40} /> {"\u2192"}{" "}
                <Name text={graph.nodes[graph.edges[at]!.to]?.name ?? "?"} most={40} />
              </button>{" "}
              <span class="soft">
                {graph.edges[at]!.count.toLocaleString("en")}
                {"\u00d7"}
              </span>
            </li>
          ))}
        </ul>
        <Rest all={edges.length} shown={MOST} />
      </>
    );
  }
  return <EdgePanel page={page} at={first!} edge={edge} onChoose={onChoose} onClose={onClose} />;
}

function EdgePanel({ page, at, edge, onChoose, onClose }: { page: Page; at: number; edge: GraphEdge; onChoose: Props["onChoose"]; onClose: () => void }) {
  const end = (node: number): preact.JSX.Element => (
    <button class="link-button" onClick={() => onChoose({ what: "node", node })}>
      <Name text={page.graph.nodes[node]?.name ?? "?"} />
    </button>
  );
  return (
    <>
      <Head onClose={onClose}>
        {end(edge.to)} was wanted while {end(edge.from)} was held
      </Head>
      <p class="soft">
        {count(edge.count, "time")}
        {edge.is_in_cycle && "; it is part of a cycle"}
      </p>
      <h3>Held since</h3>
      <Excerpt page={page} place={edge.held_at} />
      <h3>Wanted</h3>
      <Excerpt page={page} place={edge.wanted_at} />
      <Findings page={page} edges={[at]} />
      <Names title="Threads" names={edge.threads} />
      <Names title="Tests" names={edge.tests} />
      <Names title="Functions" names={edge.functions} />
    </>
  );
}

function Names({ title, names }: { title: string; names: string[] }) {
  if (names.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {names.slice(0, MOST).map((name, at) => (
          <li key={at}>
            <Name text={name} most={120} />
          </li>
        ))}
      </ul>
      <Rest all={names.length} shown={MOST} />
    </section>
  );
}

function GroupPanel({ page, group: at, onChoose, onFold, onHide, onClose }: Props & { group: number }) {
  const group = page.graph.groups[at];
  if (!group) return null;
  return (
    <>
      <Head onClose={onClose}>
        <Name text={group.name} most={120} />
      </Head>
      <p class="soft">{count(group.nodes.length, "class", "classes")}, folded to one box</p>
      <div class="v-row">
        <button class="button strong" onClick={() => onFold(at, true)}>
          Unfold
        </button>
        <button class="button" onClick={() => onHide(group.nodes)}>
          Hide
        </button>
      </div>
      <ul class="ends">
        {group.nodes.slice(0, MOST).map((node) => (
          <li key={node}>
            <button class="link-button" onClick={() => onChoose({ what: "node", node })}>
              <Name text={page.graph.nodes[node]?.name ?? "?"} />
            </button>
          </li>
        ))}
      </ul>
      <Rest all={group.nodes.length} shown={MOST} />
    </>
  );
}
