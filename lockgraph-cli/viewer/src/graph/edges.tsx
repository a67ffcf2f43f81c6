// The graph as a table, for those who do not see the drawing and for those who want all of it.

import { useState } from "preact/hooks";
import type { Graph } from "../model";
import { At, Name } from "../text";
import type { Chosen } from "./chosen";
import type { Passed } from "./filter";

const PAGE = 200;

export function EdgeTable({ graph, pass, onChoose }: { graph: Graph; pass: Passed; onChoose: (chosen: Chosen) => void }) {
  const [most, setMost] = useState(PAGE);
  const edges = graph.edges
    .flatMap((_, at) => (pass.edges[at] ? [at] : []))
    .sort((one, two) => Number(graph.edges[two]!.is_in_cycle) - Number(graph.edges[one]!.is_in_cycle) || graph.edges[two]!.count - graph.edges[one]!.count);
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label="Edges">
      <table class="plain">
        <caption class="unseen">Which class of locks was wanted while which was held</caption>
        <thead>
          <tr>
            <th scope="col">Held</th>
            <th scope="col">Wanted</th>
            <th scope="col" class="amount">
              Times
            </th>
            <th scope="col">In a cycle</th>
            <th scope="col">Wanted at</th>
          </tr>
        </thead>
        <tbody>
          {edges.slice(0, most).map((at) => {
            const edge = graph.edges[at]!;
            return (
              <tr key={at}>
                <td>
                  <Name text={graph.nodes[edge.from]?.name ?? "?"} />
                </td>
                <td>
                  <button class="link-button" onClick={() => onChoose({ what: "edges", edges: [at] })}>
                    <Name text={graph.nodes[edge.to]?.name ?? "?"} />
                  </button>
                </td>
                <td class="amount">{edge.count.toLocaleString("en")}</td>
                <td>{edge.is_in_cycle ? "yes" : ""}</td>
                <td>{edge.wanted_at && <At place={edge.wanted_at} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {edges.length > most && (
        <button class="button" onClick={() => setMost(most + PAGE * 5)}>
          Show more: {(edges.length - most).toLocaleString("en")} edges are left
        </button>
      )}
    </div>
  );
}
