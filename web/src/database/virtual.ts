/** Which cells of a long list are drawn. */

export interface Layout {
  readonly scrollTop: number;
  readonly viewHeight: number;
  readonly width: number;
  readonly count: number;
  /** Least width of a cell; 0 for one column. */
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly gap: number;
  /** Rows beyond both edges that are drawn as well. */
  readonly overscan: number;
}

export interface Window {
  readonly columns: number;
  readonly rows: number;
  /** Cells `first` to `last`, without `last`. */
  readonly first: number;
  readonly last: number;
  /** Where the first drawn row begins, and how tall everything is. */
  readonly top: number;
  readonly height: number;
}

export function windowOf({
  scrollTop,
  viewHeight,
  width,
  count,
  cellWidth,
  cellHeight,
  gap,
  overscan,
}: Layout): Window {
  const columns = cellWidth > 0 ? Math.max(1, Math.floor((width + gap) / (cellWidth + gap))) : 1;
  const rows = Math.ceil(count / columns);
  const pitch = cellHeight + gap;
  const firstRow = Math.min(Math.max(Math.floor(scrollTop / pitch) - overscan, 0), Math.max(rows - 1, 0));
  const lastRow = Math.min(Math.ceil((scrollTop + viewHeight) / pitch) + overscan, rows);
  return {
    columns,
    rows,
    first: firstRow * columns,
    last: Math.min(lastRow * columns, count),
    top: firstRow * pitch,
    height: Math.max(rows * pitch - gap, 0),
  };
}

/** Where to scroll so that a cell is whole in view; null when it is. */
export function scrollTo(
  index: number,
  columns: number,
  pitch: number,
  cellHeight: number,
  scrollTop: number,
  viewHeight: number,
): number | null {
  const top = Math.floor(index / columns) * pitch;
  if (top < scrollTop) return top;
  if (top + cellHeight > scrollTop + viewHeight) return top + cellHeight - viewHeight;
  return null;
}

/** The cell that an arrow key leads to. */
export function moved(key: string, index: number, columns: number, count: number, pageRows: number): number | null {
  const step: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: columns * pageRows,
    PageUp: -columns * pageRows,
    Home: -count,
    End: count,
  };
  const by = step[key];
  if (by === undefined || !count) return null;
  if (index < 0) return 0;
  return Math.min(Math.max(index + by, 0), count - 1);
}
