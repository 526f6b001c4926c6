/** Asymmetries, the most telling first. */

import type { AsymmetryRow } from "../api/types";

/** Whether the errors of the landmarks alone may be the reason; null where they are unknown. */
export function explained(row: AsymmetryRow): boolean | null {
  return row.value === null || row.by_error === null ? null : row.value <= row.by_error;
}

/** The largest first; those that errors explain after those that they do not. */
export function sortedRows(rows: readonly AsymmetryRow[]): AsymmetryRow[] {
  const rank = (row: AsymmetryRow) => (row.value === null ? 2 : explained(row) === false ? 0 : 1);
  return [...rows].sort((a, b) => rank(a) - rank(b) || (b.value ?? 0) - (a.value ?? 0));
}
