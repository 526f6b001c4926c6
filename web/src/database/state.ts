/** What is looked at in the database: the tab, the filters, the chosen row. */

import { batch, computed, effect, type Signal, signal } from "@preact/signals";
import { ApiError, get, jobs, session } from "../api/client";
import { mode } from "../app/state";
import { type Filters, fromHash, toHash, toQuery } from "./query";
import type { AuditEntry, Doubtful, Facets, Matching, PersonRow, ReleaseRow, ScanRow, Stats } from "./types";

export const TABS = ["scans", "people", "review", "jobs", "releases", "audit"] as const;
export type Tab = (typeof TABS)[number];
export const can = (action: string): boolean => session.value?.can[action] === true;
const SHOWN: Record<Tab, () => boolean> = {
  scans: () => true,
  people: () => true,
  review: () => can("review"),
  jobs: () => can("derive") || can("run"),
  releases: () => can("release"),
  audit: () => can("audit"),
};
export const tabs = computed(() => TABS.filter((tab) => SHOWN[tab]()));

const kept = fromHash(location.hash);
export const tab = signal<Tab>(TABS.find((each) => each === kept.tab) ?? "scans");
export const filters = signal<Filters>(kept.filters);
export type View = "grid" | "table";
export const view = signal<View>("grid");

const PURPOSE = "lineament-purpose";
/** What pictures are looked at for, and scans opened for; it is logged. */
export const purpose = signal(localStorage.getItem(PURPOSE) ?? "research");
effect(() => localStorage.setItem(PURPOSE, purpose.value));

// The address keeps what is looked at, so that it can be kept and sent to colleagues.
effect(() => {
  if (mode.value === "database") history.replaceState(null, "", toHash(tab.value, filters.value));
  else if (location.hash.startsWith("#database")) history.replaceState(null, "", location.pathname);
});

/** Rows that arrive page by page. */
export interface Rows<Row> {
  readonly rows: readonly Row[];
  readonly next: string | number | null;
  readonly loading: boolean;
  /** Why there are none; as the server says it. */
  readonly refused: string;
}

const NOTHING: Rows<never> = { rows: [], next: null, loading: false, refused: "" };

export class Pager<Row> {
  readonly state: Signal<Rows<Row>> = signal(NOTHING);
  private asked = 0;
  private stop: AbortController | null = null;

  /** `address` makes the address of the page that comes after `next`. */
  constructor(private readonly address: (next: string | number | null) => string) {}

  async reload(): Promise<void> {
    // What was shown stays until the new rows are there.
    this.state.value = { ...this.state.value, next: null, loading: true, refused: "" };
    await this.fetch(null, true);
  }

  async more(): Promise<void> {
    const { next, loading } = this.state.value;
    if (next === null || loading) return;
    this.state.value = { ...this.state.value, loading: true };
    await this.fetch(next, false);
  }

  /** Change or remove one row in place. */
  edit(change: (rows: readonly Row[]) => readonly Row[]): void {
    this.state.value = { ...this.state.value, rows: change(this.state.value.rows) };
  }

  private async fetch(next: string | number | null, anew: boolean): Promise<void> {
    const number = ++this.asked;
    this.stop?.abort();
    this.stop = new AbortController();
    try {
      const page = await get<{ rows: Row[]; next: string | number | null }>(this.address(next), this.stop.signal);
      if (number !== this.asked) return;
      const before = anew ? [] : this.state.value.rows;
      this.state.value = { rows: [...before, ...page.rows], next: page.next, loading: false, refused: "" };
    } catch (error) {
      if (number !== this.asked || !(error instanceof ApiError)) return;
      this.state.value = {
        rows: anew ? [] : this.state.value.rows,
        next: null,
        loading: false,
        refused: error.message,
      };
    }
  }
}

const PAGE = 120;

export const scanPager = new Pager<ScanRow>(
  (after) =>
    `/api/db/scans${toQuery(filters.value, { limit: PAGE, after, pictures: view.value === "grid" && accepted() ? purpose.value : null })}`,
);
const accepted = (): boolean => (filters.value.state ?? "accepted") === "accepted";

export interface PeopleFilters {
  readonly project: string;
  readonly sex: string;
  readonly origin: string;
  readonly consent: string;
}
export const peopleFilters = signal<PeopleFilters>({ project: "", sex: "", origin: "", consent: "" });
export const peoplePager = new Pager<PersonRow>(
  (after) => `/api/db/subjects${toQuery({}, { ...peopleFilters.value, limit: PAGE, after })}`,
);
export const reviewPager = new Pager<Doubtful>((after) => `/api/db/review${toQuery({}, { limit: PAGE, after })}`);
export const auditFilters = signal({ about: "", actor: "" });
export const auditPager = new Pager<AuditEntry>(
  (before) => `/api/db/audit${toQuery({}, { ...auditFilters.value, limit: PAGE, before })}`,
);

export const facets = signal<Facets | null>(null);
export const stats = signal<Stats | null>(null);
export const releases = signal<readonly ReleaseRow[] | null>(null);
export const matching = signal<Matching | null>(null);

/** What the panel tells about, by tab. */
export const chosen = signal<Readonly<Partial<Record<Tab, string>>>>({});
export const chosenId = computed(() => chosen.value[tab.value] ?? null);

export function choose(id: string | null, on: Tab = tab.value): void {
  const { [on]: _, ...rest } = chosen.value;
  chosen.value = id === null ? rest : { ...rest, [on]: id };
}

/** Go to a row of another tab. */
export function show(on: Tab, id: string): void {
  batch(() => {
    tab.value = on;
    choose(id, on);
  });
}

let counting: AbortController | null = null;

/** How many match: asked after the page, since it may take a while. */
export async function countMatching(): Promise<void> {
  counting?.abort();
  counting = new AbortController();
  matching.value = null;
  try {
    matching.value = await get<Matching>(`/api/db/scans/count${toQuery(filters.value)}`, counting.signal);
  } catch {
    // Without it the list is as good; what refuses it refuses the list, which tells why.
  }
}

export const batches = computed(() => [...jobs.value.values()].filter((job) => job.kind === "batch").reverse());
