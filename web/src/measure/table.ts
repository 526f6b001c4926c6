/** The table of measures as text, and what of it is shown. */

import type { MeasureRow } from "../api/types";

/** Kinds in the order in which the table shows them. */
const KINDS = ["distance", "surface distance", "projective height", "angle", "inclination", "index"];

export const keyOf = (row: MeasureRow): string => `${row.measure}/${row.side}`;

/** Rows in which every word is found, grouped by kind. */
export function matching(rows: readonly MeasureRow[], words: string): MeasureRow[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const place = (row: MeasureRow) => (KINDS.indexOf(row.kind) + KINDS.length + 1) % (KINDS.length + 1);
  return rows
    .filter((row) => {
      const text = `${row.name} ${row.measure} ${row.side} ${row.kind}`.toLowerCase();
      return wanted.every((word) => text.includes(word));
    })
    .map((row, index) => ({ row, index }))
    .sort((a, b) => place(a.row) - place(b.row) || a.index - b.index)
    .map(({ row }) => row);
}

const SIGNS: Record<string, string> = { mm: "mm", deg: "°", "%": "%" };
export const unitSign = (unit: string): string => SIGNS[unit] ?? unit;

/** A value with the digits that its error leaves meaningful. */
export function withError(value: number, error: number | null): string {
  const digits = error !== null && error >= 10 ? 0 : 1;
  return error === null ? value.toFixed(digits) : `${value.toFixed(digits)} ± ${error.toFixed(1)}`;
}

export interface Interval {
  /** Shares of the bar's width. */
  readonly from: number;
  readonly to: number;
  /** Whether it reaches beyond the bar. */
  readonly cut: boolean;
}

/** The bar is as wide as this share of the value to either side; angles as this many degrees. */
const REACH = 0.12;
const REACH_DEGREES = 8;

/** Where the interval lies that holds the true value 9 times in 10, on a bar with the value in the middle. */
export function interval(row: MeasureRow): Interval | null {
  if (row.value === null || row.low_90 === null || row.high_90 === null) return null;
  const reach = row.unit === "deg" ? REACH_DEGREES : Math.max(Math.abs(row.value) * REACH, 1e-9);
  const at = (value: number) => 0.5 + (value - row.value!) / (2 * reach);
  const [from, to] = [at(row.low_90), at(row.high_90)];
  return { from: Math.max(from, 0), to: Math.min(to, 1), cut: from < 0 || to > 1 };
}

const COLUMNS = [
  "measure",
  "side",
  "name",
  "kind",
  "unit",
  "value",
  "standard_error",
  "low_90",
  "high_90",
  "visible",
  "note",
] as const;

/** Columns of the library's table, between tabs, for spreadsheets. */
export function toTsv(rows: readonly MeasureRow[]): string {
  const cell = (value: unknown) =>
    value === null || value === undefined ? "" : String(value).replaceAll(/[\t\r\n]+/g, " ");
  return [COLUMNS.join("\t"), ...rows.map((row) => COLUMNS.map((column) => cell(row[column])).join("\t"))].join("\n");
}
