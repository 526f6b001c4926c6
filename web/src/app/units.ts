/** Units of scans, in words. */

import type { Scan } from "../api/types";

const NAMES: Record<string, string> = { mm: "millimetres", cm: "centimetres", m: "metres", in: "inches" };
type Measured = Pick<Scan, "unit" | "mm_per_unit">;

/** Four digits that count, never as a power of ten. */
const digits = (value: number): string =>
  value.toLocaleString("en", { maximumSignificantDigits: 4, useGrouping: value >= 10_000 });

/** For a line of status. */
export function shortUnit(scan: Measured): string {
  return scan.unit ?? (scan.mm_per_unit === null ? "unknown" : `about ${digits(scan.mm_per_unit)} mm`);
}

/** In full; where the file does not tell and no usual one fits, a unit is measured by the size of the face. */
export function longUnit(scan: Measured): string {
  if (scan.unit) return NAMES[scan.unit] ?? scan.unit;
  return scan.mm_per_unit === null
    ? "unknown"
    : `none that is usual; 1 is about ${digits(scan.mm_per_unit)} mm, by the face's size`;
}
