/** A long list of cells or rows of which only those in view are drawn; arrows, Page and Home keys choose. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { moved, scrollTo, windowOf } from "./virtual";

export interface ListProps<Row> {
  label: string;
  rows: readonly Row[];
  id: (row: Row) => string;
  chosen: string | null;
  onChoose: (row: Row) => void;
  /** Enter, or a double click. */
  onOpen?: (row: Row) => void;
  /** The end is near: fetch more. */
  onEnd: () => void;
  cellWidth?: number;
  cellHeight: number;
  gap?: number;
  /** Above the rows of a table, standing still. */
  head?: ComponentChildren;
  cell: (row: Row) => ComponentChildren;
  /** Under the rows: what is loading or why there is nothing. */
  children?: ComponentChildren;
}

const OVERSCAN = 2;

export function List<Row>({
  label,
  rows,
  id,
  chosen,
  onChoose,
  onOpen,
  onEnd,
  cellWidth = 0,
  cellHeight,
  gap = 0,
  head,
  cell,
  children,
}: ListProps<Row>) {
  const box = useRef<HTMLDivElement>(null);
  const view = useSignal({ scrollTop: 0, viewHeight: 600, width: 800 });
  const measure = () => {
    if (!box.current) return;
    const { scrollTop, clientHeight, clientWidth } = box.current;
    view.value = { scrollTop, viewHeight: clientHeight, width: clientWidth - 2 * PADDING };
  };
  useEffect(() => {
    const seen = new ResizeObserver(measure);
    seen.observe(box.current!);
    return () => seen.disconnect();
  }, []);
  const shown = windowOf({ ...view.value, count: rows.length, cellWidth, cellHeight, gap, overscan: OVERSCAN });
  useEffect(() => {
    if (shown.last >= rows.length - 2 * shown.columns) onEnd();
  }, [shown.last, rows.length]);
  const at = chosen === null ? -1 : rows.findIndex((row) => id(row) === chosen);
  const pitch = cellHeight + gap;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && at >= 0) return onOpen?.(rows[at]!);
    const next = moved(
      event.key,
      at,
      shown.columns,
      rows.length,
      Math.max(1, Math.floor(view.value.viewHeight / pitch) - 1),
    );
    if (next === null) return;
    event.preventDefault();
    onChoose(rows[next]!);
    const top = scrollTo(
      next,
      shown.columns,
      pitch,
      cellHeight,
      view.value.scrollTop,
      view.value.viewHeight - 2 * PADDING,
    );
    if (top !== null) box.current!.scrollTop = top;
  };
  return (
    <div class="list">
      {head}
      <div
        ref={box}
        class="scroller"
        role="listbox"
        aria-label={label}
        tabIndex={0}
        {...(at >= 0 ? { "aria-activedescendant": `row-${chosen}` } : {})}
        onScroll={measure}
        onKeyDown={onKeyDown}
      >
        <div class="whole" role="presentation" style={{ height: `${shown.height}px` }}>
          <div
            class={cellWidth ? "cells" : "lines"}
            role="presentation"
            style={{
              transform: `translateY(${shown.top}px)`,
              gap: `${gap}px`,
              gridTemplateColumns: cellWidth ? `repeat(${shown.columns}, minmax(0, 1fr))` : undefined,
            }}
          >
            {rows.slice(shown.first, shown.last).map((row, index) => (
              <div
                key={id(row)}
                id={`row-${id(row)}`}
                role="option"
                aria-selected={id(row) === chosen}
                aria-posinset={shown.first + index + 1}
                aria-setsize={-1}
                style={{ height: `${cellHeight}px` }}
                onClick={() => onChoose(row)}
                onDblClick={() => onOpen?.(row)}
              >
                {cell(row)}
              </div>
            ))}
          </div>
        </div>
      </div>
      {children}
    </div>
  );
}

/** Around the cells, pixels; as in the style sheet. */
const PADDING = 12;
