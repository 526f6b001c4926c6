/** Which two scans are compared, how, and what was found. */

import { Matrix4 } from "three";
import { computed, signal } from "@preact/signals";
import { ApiError, floats, get, runJob } from "../api/client";
import type { Comparison, ComparisonRequest, Job, Landmarks, SetName, Stable } from "../api/types";
import { localToWorld, matrixOf, scanToWorld } from "../app/frames";
import { type OpenScan, scans, tellError } from "../app/state";
import { type Spread, spread } from "../ui/chart";

export interface Compared {
  readonly info: Comparison;
  /** Signed mm of A's display vertices; positive where B lies outside. */
  readonly deviation: Float32Array;
  /** Row in `info.regions` of A's display vertices; -1 for none. */
  readonly rows: Float32Array;
  readonly spread: Spread;
  /** A's landmarks by set. */
  readonly landmarks: ReadonlyMap<SetName, Landmarks>;
}

const chosenA = signal<string | null>(null);
const chosenB = signal<string | null>(null);
export const stable = signal<Stable>("upper");
export const limit = signal(10);
export type View = "side" | "map";
export const view = signal<View>("side");
export const chosenRange = signal<number | null>(null);
/** How much of B is drawn over A's map, 0 to 1. */
export const ghost = signal(0);
export const arrows = signal(false);
export const arrowSet = signal<Exclude<SetName, "dense520">>("anthropometric");

const drawn = computed(() => scans.value.filter((scan) => scan.surface !== null));
const known = (id: string | null): OpenScan | null => drawn.value.find((scan) => scan.info.id === id) ?? null;

/** The first two scans until somebody chooses. */
export const a = computed(
  () => known(chosenA.value) ?? drawn.value.find((scan) => scan.info.id !== chosenB.value) ?? null,
);
export const b = computed(
  () => known(chosenB.value) ?? drawn.value.find((scan) => scan.info.id !== a.value?.info.id) ?? null,
);

export function choose(which: "a" | "b", id: string): void {
  const other = which === "a" ? b.value : a.value;
  // Whoever takes the other one means to swap.
  if (other?.info.id === id) return swap();
  (which === "a" ? chosenA : chosenB).value = id;
  // The other stays what it was, also when it was only a default.
  if (other) (which === "a" ? chosenB : chosenA).value = other.info.id;
}

export function swap(): void {
  [chosenA.value, chosenB.value] = [b.value?.info.id ?? null, a.value?.info.id ?? null];
}

const results = signal<ReadonlyMap<string, Compared>>(new Map());
export const job = signal<Job | null>(null);
export const failure = signal("");

const keyOf = (of: Pick<Comparison, "a" | "b" | "stable" | "limit">): string =>
  `${of.a} ${of.b} ${of.stable} ${of.limit}`;
export const compared = computed(
  () =>
    results.value.get(
      keyOf({ a: a.value?.info.id ?? "", b: b.value?.info.id ?? "", stable: stable.value, limit: limit.value }),
    ) ?? null,
);
/** The region that is looked at alone; null for the whole head. */
export const chosenRegion = signal<string | null>(null);

/** What is drawn and counted: all that was found, or that of the chosen region. */
export const shown = computed((): Pick<Compared, "deviation" | "spread"> | null => {
  const found = compared.value;
  if (!found || chosenRegion.value === null) return found;
  const deviation = onlyOf(found.deviation, found.rows, rowsOf(chosenRegion.value, found.info.regions));
  return { deviation, spread: spread(deviation) };
});

/** Rows that make up a region: `face` is all of them but the neck. */
export function rowsOf(region: string, regions: readonly { readonly region: string }[]): ReadonlySet<number> {
  const belongs = (name: string) => (region === "face" ? name !== "neck" : name === region);
  return new Set(regions.flatMap(({ region: name }, row) => (belongs(name) ? [row] : [])));
}

/** Values of the vertices in some rows; NaN for the others. */
export function onlyOf(values: Float32Array, rows: Float32Array, wanted: ReadonlySet<number>): Float32Array {
  return values.map((value, i) => (wanted.has(rows[i]!) ? value : NaN));
}

export const range = computed(() => chosenRange.value ?? compared.value?.info.range ?? 1);

/** Whether both can be compared, or why not. */
export const hindrance = computed(() => {
  const two = [a.value, b.value];
  if (two.some((scan) => !scan)) return "Open two scans of one person.";
  const faceless = two.find((scan) => scan!.noFace);
  if (faceless) return `${faceless.info.name}: ${faceless.noFace}`;
  return two.every((scan) => scan!.info.stages.landmarks) ? "" : "Landmarks are still being found.";
});

async function keep(info: Comparison): Promise<void> {
  const [deviation, rows, ...sets] = await Promise.all([
    floats(`/api/comparisons/${info.id}/deviation`),
    floats(`/api/comparisons/${info.id}/regions`),
    ...["ibug68", "anthropometric"].map((set) => get<Landmarks>(`/api/scans/${info.a}/landmarks/${set}`)),
  ]);
  const landmarks = new Map(sets.map((each) => [each.set, each]));
  results.value = new Map(results.value).set(keyOf(info), {
    info,
    deviation,
    rows,
    spread: spread(deviation),
    landmarks,
  });
}

/** Comparisons that the server has already, from before the page was loaded again. */
export async function loadComparisons(): Promise<void> {
  const open = new Set(scans.value.map((scan) => scan.info.id));
  for (const info of await get<Comparison[]>("/api/comparisons")) {
    if (open.has(info.a) && open.has(info.b) && !results.value.has(keyOf(info))) await keep(info);
  }
}

export async function compare(): Promise<void> {
  if (!a.value || !b.value || job.value) return;
  const asked: ComparisonRequest = { a: a.value.info.id, b: b.value.info.id, stable: stable.value, limit: limit.value };
  failure.value = "";
  try {
    const end = await runJob("/api/comparisons", asked, (told) => (job.value = told));
    await keep(await get<Comparison>(`/api/comparisons/${end.result.comparison!}`));
    view.value = "map";
  } catch (error) {
    if (error instanceof ApiError) failure.value = error.message;
    else tellError(error);
  } finally {
    job.value = null;
  }
}

/** From B's geometry to the world of A: by the motion where it was found, else face on face. */
export function placeB(of: OpenScan, onto: OpenScan, found: Compared | null): Matrix4 {
  if (!found) return localToWorld(of.info);
  return scanToWorld(onto.info)
    .multiply(matrixOf(found.info.motion))
    .multiply(new Matrix4().makeTranslation(...of.info.center));
}
