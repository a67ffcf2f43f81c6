// The longest waits and holds, by the place where they happened.

import { useMemo, useState } from "preact/hooks";
import type { ViewProps } from "./app";
import { duration } from "./duration";
import { Excerpt } from "./excerpt";
import type { ContentionRow, Page } from "./model";
import { At, Name, count } from "./text";

export function ContentionView({ page }: Pick<ViewProps, "page">) {
  const [text, setText] = useState("");
  const { waits, holds } = page.contention;
  return (
    <div class="contention">
      <h1>Contention</h1>
      {waits.length + holds.length === 0 ? (
        <p class="soft">No times were recorded.</p>
      ) : (
        <>
          <p class="views-bar">
            <input type="search" placeholder="Lock, place or thread" aria-label="Show only rows with this" value={text} onInput={(event) => setText(event.currentTarget.value)} />
          </p>
          <Table page={page} title="Waits" lead="How long threads waited for locks that were not free." rows={waits} text={text} />
          <Table page={page} title="Holds" lead="How long locks were held." rows={holds} text={text} />
        </>
      )}
    </div>
  );
}

type Column = "what" | "place" | "count" | "total" | "longest" | "thread" | "run";

const COLUMNS: { key: Column; label: string; isNumber: boolean }[] = [
  { key: "what", label: "Lock", isNumber: false },
  { key: "place", label: "Place", isNumber: false },
  { key: "count", label: "Times", isNumber: true },
  { key: "total", label: "In all", isNumber: true },
  { key: "longest", label: "Longest", isNumber: true },
  { key: "thread", label: "Thread of it", isNumber: false },
  { key: "run", label: "Run", isNumber: false },
];

function value(row: ContentionRow, key: Column): string | number {
  switch (key) {
    case "what":
      return row.what;
    case "place":
      return row.place ? `${row.place.file}:${String(row.place.line).padStart(9, "0")}` : "";
    case "count":
      return row.count;
    case "total":
      return row.total_nanos ?? -1;
    case "longest":
      return row.longest_nanos;
    default:
      return row[key];
  }
}

export interface Order {
  key: Column;
  isDown: boolean;
}

/** Rows with the text in them, in order; equal ones stay as they came. */
export function arrange(rows: ContentionRow[], text: string, order: Order): ContentionRow[] {
  const wanted = text.trim().toLowerCase();
  const has = (row: ContentionRow): boolean => `${row.what} ${row.place?.file ?? ""}:${row.place?.line ?? ""} ${row.thread} ${row.run}`.toLowerCase().includes(wanted);
  const sign = order.isDown ? -1 : 1;
  return rows.filter(has).sort((one, two) => {
    const [a, b] = [value(one, order.key), value(two, order.key)];
    return a === b ? 0 : a < b ? -sign : sign;
  });
}

const SHOWN = 200;

interface TableProps {
  page: Page;
  title: string;
  lead: string;
  rows: ContentionRow[];
  text: string;
}

function Table({ page, title, lead, rows, text }: TableProps) {
  const [order, setOrder] = useState<Order>({ key: "longest", isDown: true });
  const [open, setOpen] = useState<ContentionRow | null>(null);
  const [isAll, setAll] = useState(false);
  const arranged = useMemo(() => arrange(rows, text, order), [rows, text, order]);
  const most = rows.reduce((sum, row) => Math.max(sum, row.longest_nanos), 1);
  if (rows.length === 0) return null;
  const shown = isAll ? arranged : arranged.slice(0, SHOWN);
  return (
    <section class="contention-part">
      <h2>
        {title} <span class="count">{arranged.length.toLocaleString("en")}</span>
      </h2>
      <p class="soft">{lead}</p>
      <div class="table-frame tall" tabIndex={0} role="region" aria-label={title}>
        <table class="plain">
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <Heading key={column.key} column={column} order={order} onOrder={setOrder} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <Row key={rows.indexOf(row)} page={page} row={row} most={most} isOpen={row === open} onOpen={(isOpen) => setOpen(isOpen ? row : null)} />
            ))}
          </tbody>
        </table>
        {shown.length < arranged.length && (
          <button class="button" onClick={() => setAll(true)}>
            Show {count(arranged.length - shown.length, "more row")}
          </button>
        )}
      </div>
    </section>
  );
}

function Heading({ column, order, onOrder }: { column: (typeof COLUMNS)[number]; order: Order; onOrder: (order: Order) => void }) {
  const isThis = order.key === column.key;
  // Numbers are looked at from the largest, names from the first letter.
  const next = { key: column.key, isDown: isThis ? !order.isDown : column.isNumber };
  return (
    <th scope="col" class={column.isNumber ? "amount" : undefined} aria-sort={isThis ? (order.isDown ? "descending" : "ascending") : undefined}>
      <button class="sort" onClick={() => onOrder(next)}>
        {column.label}
        <span aria-hidden="true">{isThis ? (order.isDown ? " \u25be" : " \u25b4") : ""}</span>
      </button>
    </th>
  );
}

interface RowProps {
  page: Page;
  row: ContentionRow;
  most: number;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
}

function Row({ page, row, most, isOpen, onOpen }: RowProps) {
  const hasSource = row.place !== null && page.sources[row.place.file]?.[String(row.place.line)] !== undefined;
  return (
    <>
      <tr>
        <td>
          <Name text={row.what} />
        </td>
        <td>
          {row.place && <At place={row.place} />}{" "}
          {hasSource && (
            <button class="link-button" aria-expanded={isOpen} onClick={() => onOpen(!isOpen)}>
              {isOpen ? "hide source" : "source"}
            </button>
          )}
        </td>
        <td class="amount">{row.count === 0 ? "" : row.count.toLocaleString("en")}</td>
        <td class="amount">{row.total_nanos === null ? "" : duration(row.total_nanos)}</td>
        <td class="amount">
          {duration(row.longest_nanos)}
          <Share part={row.longest_nanos / most} />
        </td>
        <td>
          <Name text={row.thread} most={32} />
        </td>
        <td>
          <Name text={row.run} most={32} />
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={COLUMNS.length}>
            <Excerpt page={page} place={row.place} />
          </td>
        </tr>
      )}
    </>
  );
}

function Share({ part }: { part: number }) {
  return (
    <svg class="c-share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect width="100" height="4" rx="1" class="c-whole" />
      <rect width={Math.max(1, part * 100)} height="4" rx="1" class="c-part" />
    </svg>
  );
}
