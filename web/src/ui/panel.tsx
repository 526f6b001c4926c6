/** Parts of the right-hand side: sections, facts, tables, progress. */

import { useSignal } from "@preact/signals";
import { type ComponentChildren, Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Job } from "../api/types";
import { Icon } from "./icons";

/** A part with a heading that can be folded. */
export function Section({
  title,
  aside,
  folded = false,
  children,
}: {
  title: string;
  aside?: ComponentChildren;
  folded?: boolean;
  children: ComponentChildren;
}) {
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
  /** The row under the pointer or the focus; null when it is left. */
  onHover?: (row: Row | null) => void;
  /** A row that is pointed at somewhere else. */
  hovered?: string | null;
  /** Rows of the same group follow a heading; rows must come in the order of their groups. */
  group?: (row: Row) => string;
}

const STEPS: Record<string, (rows: HTMLElement[], at: number) => number> = {
  ArrowDown: (_, at) => at + 1,
  ArrowUp: (_, at) => at - 1,
  PageDown: (rows, at) => Math.min(at + 12, rows.length - 1),
  PageUp: (_, at) => Math.max(at - 12, 0),
  Home: () => 0,
  End: (rows) => rows.length - 1,
};

/** Rows of which one can be chosen, with the pointer or the keys: one stop of the Tab key, then arrows. */
export function Table<Row>({ label, rows, columns, id, chosen, onChoose, onHover, hovered, group }: TableProps<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const stop = rows.some((row) => id(row) === chosen) ? chosen : rows[0] && id(rows[0]);
  useEffect(() => {
    body.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const onKeyDown = (event: KeyboardEvent, row: Row) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      onChoose?.(row);
    }
    const all = [...body.current!.querySelectorAll<HTMLElement>("tr.can-choose")];
    const at = STEPS[event.key]?.(all, all.indexOf(event.currentTarget as HTMLElement));
    if (at === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    all[at]?.focus();
  };
  const choosing = (row: Row) =>
    onChoose && {
      tabIndex: id(row) === stop ? 0 : -1,
      "aria-selected": chosen === id(row),
      onClick: () => onChoose(row),
      onKeyDown: (event: KeyboardEvent) => onKeyDown(event, row),
    };
  const hovering = (row: Row) =>
    onHover && {
      onPointerEnter: () => onHover(row),
      onPointerLeave: () => onHover(null),
      onFocus: () => onHover(row),
      onBlur: () => onHover(null),
    };
  return (
    <table class="table" aria-label={label} {...(onChoose ? { role: "grid" } : {})}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col" class={column.number ? "number" : ""}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        {rows.map((row, index) => {
          const heading = group?.(row);
          const first = heading !== undefined && (index === 0 || group!(rows[index - 1]!) !== heading);
          return (
            <Fragment key={id(row)}>
              {first && (
                <tr class="heading">
                  <th scope="colgroup" colSpan={columns.length}>
                    {heading}
                  </th>
                </tr>
              )}
              <tr
                class={[onChoose && "can-choose", hovered === id(row) && "hovered"].filter(Boolean).join(" ")}
                {...choosing(row)}
                {...hovering(row)}
              >
                {columns.map((column) => (
                  <td key={column.title} class={column.number ? "number" : ""}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            </Fragment>
          );
        })}
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
      <Bar share={share} />
    </div>
  );
}

/** A bar that is full where all is done; it wanders where nobody knows how much there is. */
export function Bar({ share }: { share: number | null }) {
  return (
    <div class={share === null ? "bar unknown" : "bar"}>
      <div style={{ width: share === null ? "30%" : `${share * 100}%` }} />
    </div>
  );
}

/** What to do where there is nothing yet. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
