/** Parts of the right-hand side: sections, facts, tables, progress. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Job } from "../api/types";
import { Icon } from "./icons";

/** A part with a heading that can be folded. */
export function Section({ title, aside, folded = false, children }: { title: string; aside?: ComponentChildren; folded?: boolean; children: ComponentChildren }) {
  const open = useSignal(!folded);
  return (
    <section class={open.value ? "section open" : "section"}>
      <header>
        <h2>
          <button type="button" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
            <Icon name="chevron" size={12} />
            {title}
          </button>
        </h2>
        {aside && <div class="aside">{aside}</div>}
      </header>
      {open.value && <div class="content">{children}</div>}
    </section>
  );
}

/** Names and values in two columns. */
export function Facts({ rows }: { rows: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly number?: boolean;
}

export interface TableProps<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  id: (row: Row) => string;
  chosen?: string | null;
  onChoose?: (row: Row) => void;
}

/** Rows of which one can be chosen, with the pointer or the keys. */
export function Table<Row>({ label, rows, columns, id, chosen, onChoose }: TableProps<Row>) {
  const step = (event: KeyboardEvent, row: HTMLElement) => {
    const next = event.key === "ArrowDown" ? row.nextElementSibling : event.key === "ArrowUp" ? row.previousElementSibling : null;
    if (next instanceof HTMLElement) {
      event.preventDefault();
      next.focus();
    }
  };
  return (
    <table class="table" aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col" class={column.number ? "number" : ""}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={id(row)}
            class={onChoose ? "can-choose" : ""}
            {...(chosen === id(row) ? { "aria-selected": true } : {})}
            {...(onChoose
              ? {
                  tabIndex: 0,
                  onClick: () => onChoose(row),
                  onKeyDown: (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
                    if (event.key === "Enter") onChoose(row);
                    else step(event, event.currentTarget);
                  },
                }
              : {})}
          >
            {columns.map((column) => (
              <td key={column.title} class={column.number ? "number" : ""}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What work is going on, and how far it is. */
export function Progress({ job }: { job: Job }) {
  const share = job.total > 0 ? job.done / job.total : null;
  return (
    <div class="progress" role="status">
      <div class="text">
        <span>{job.message || job.title}</span>
        {share !== null && job.total > 1 && <span>{`${job.done} / ${job.total}`}</span>}
      </div>
      <div class={share === null ? "bar unknown" : "bar"}>
        <div style={{ width: share === null ? "30%" : `${share * 100}%` }} />
      </div>
    </div>
  );
}

/** What to do where there is nothing yet. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
