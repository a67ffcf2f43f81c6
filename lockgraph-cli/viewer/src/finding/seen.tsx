// The tests, programs and traces in which a finding was seen.

import type { Finding } from "../model";
import { count, Name } from "../text";

const MOST = 30;

export function Seen({ finding }: { finding: Finding }) {
  const lists: [string, string[]][] = [
    ["Tests", finding.tests],
    ["Programs", finding.programs],
    ["With less certainty in", finding.could],
    [count(finding.trace_count, "trace"), finding.traces],
  ];
  return (
    <div class="card seen">
      {lists.map(([title, names]) => names.length > 0 && <Names key={title} title={title} names={names} />)}
      {!finding.are_all_named && <p class="soft">There are more than are named here.</p>}
      <p class="soft">
        Fingerprint <code>
          <Name text={finding.fingerprint} />
        </code>: the same for as long as the code is.
      </p>
    </div>
  );
}

function Names({ title, names }: { title: string; names: string[] }) {
  return (
    <div>
      <h3>{title}</h3>
      <List names={names.slice(0, MOST)} />
      {names.length > MOST && (
        <details>
          <summary>{count(names.length - MOST, "more", "more")}</summary>
          <List names={names.slice(MOST)} />
        </details>
      )}
    </div>
  );
}

function List({ names }: { names: string[] }) {
  return (
    <ul>
      {names.map((name, i) => (
        <li key={i}>
          <code>
            <Name text={name} most={120} />
          </code>
        </li>
      ))}
    </ul>
  );
}
