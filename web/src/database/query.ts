/** Filters of scans, and how they are written in addresses: those of the API and of the page. */

import type { Where } from "./types";

/** In the order in which they are shown. */
export const FILTERS = [
  "project",
  "sex",
  "origin",
  "age",
  "modality",
  "expression",
  "protocol",
  "device",
  "has",
  "lacks",
  "consented",
  "state",
  "subject",
] as const satisfies readonly (keyof Where | "age")[];
export type FilterName = (typeof FILTERS)[number];
/** What is left out does not matter; `age` is `FROM..BELOW`, either end of which may be missing. */
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

export function withFilter(filters: Filters, name: FilterName, value: string): Filters {
  const { [name]: _, ...rest } = filters;
  return value ? { ...rest, [name]: value } : rest;
}

export interface Ages {
  readonly from: number | null;
  readonly below: number | null;
}

export function parseAges(text: string | undefined): Ages {
  const found = /^(\d+(?:\.\d+)?)?\.\.(\d+(?:\.\d+)?)?$/.exec(text ?? "");
  const number = (part: string | undefined) => (part === undefined ? null : Number(part));
  return { from: number(found?.[1]), below: number(found?.[2]) };
}

/** Decades that people of these ages fall into, as values of the filter. */
export function ageBands(ages: readonly [number, number] | null): string[] {
  if (!ages) return [];
  const first = Math.floor(ages[0] / 10) * 10;
  const bands: string[] = [];
  for (let from = first; from <= ages[1]; from += 10) bands.push(`${from}..${from + 10}`);
  return bands;
}

export function bandLabel(band: string): string {
  const { from, below } = parseAges(band);
  if (from === null) return below === null ? "any" : `below ${below}`;
  return below === null ? `${from} and older` : `${from} to ${below - 1}`;
}

/** As JSON for `where` of a batch job. */
export function toWhere(filters: Filters): Record<string, string | number> {
  const where: Record<string, string | number> = {};
  for (const name of FILTERS) {
    const value = filters[name];
    if (!value) continue;
    if (name !== "age") {
      where[name] = value;
      continue;
    }
    const { from, below } = parseAges(value);
    if (from !== null) where.age_from = from;
    if (below !== null) where.age_below = below;
  }
  return where;
}

/** As the API takes them; empty where there are none. */
export function toQuery(filters: Filters, more: Record<string, string | number | null | undefined> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...toWhere(filters), ...more })) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text && `?${text}`;
}

/** As the page's own address keeps them. */
export function toHash(tab: string, filters: Filters): string {
  const query = new URLSearchParams();
  if (tab !== "scans") query.set("tab", tab);
  for (const name of FILTERS) if (filters[name]) query.set(name, filters[name]);
  const text = query.toString();
  return text ? `#database?${text}` : "#database";
}

export function fromHash(hash: string): { tab: string; filters: Filters } {
  const query = new URLSearchParams(hash.split("?")[1] ?? "");
  const filters: Partial<Record<FilterName, string>> = {};
  for (const name of FILTERS) {
    const value = query.get(name);
    if (value && (name !== "age" || Object.values(parseAges(value)).some((end) => end !== null))) filters[name] = value;
  }
  return { tab: query.get("tab") ?? "scans", filters };
}

/** In words, for buttons and titles. */
export function toWords(filters: Filters): string {
  const parts = FILTERS.flatMap((name) => {
    const value = filters[name];
    if (!value) return [];
    if (name === "age") return [`age ${bandLabel(value)}`];
    if (name === "has") return [`with ${value}`];
    if (name === "lacks") return [`without ${value}`];
    if (name === "consented") return [`agreed to ${value}`];
    return [`${name} ${value.replaceAll("_", " ")}`];
  });
  return parts.join(", ") || "all scans";
}
