/** What has been measured, and what of it is shown. */

import { computed, effect, signal } from "@preact/signals";
import type { Vector3 } from "three";
import { get, post } from "../api/client";
import type { AsymmetryRow, DistanceReply, DistanceRequest, MeasureRow, Scan } from "../api/types";
import { toScan, toWorld } from "../app/frames";
import { active, scans, tellError } from "../app/state";
import { landmarksOf, knownMarks } from "../landmarks/store";

export type Pane = "points" | "table" | "asymmetry";
export const pane = signal<Pane>("points");

/** An end of a distance: a landmark, or a place of the surface. */
export interface End {
  /** World, mm. */
  readonly at: Vector3;
  readonly name: string | null;
}

export interface Distance {
  readonly id: number;
  readonly scan: string;
  readonly a: End;
  readonly b: End;
  readonly straight: number;
  /** Along the surface, mm; null while it is looked for, and where there is no path. */
  readonly surface: number | null;
  /** Why there is no path. */
  readonly why: string;
  readonly path: readonly Vector3[];
  readonly waiting: boolean;
}

const distances = signal<readonly Distance[]>([]);
let count = 0;

export const shownDistances = computed(() => distances.value.filter((one) => one.scan === active.value?.info.id));
export const chosenDistance = signal<number | null>(null);
/** The first of two points, until the second is there. */
export const first = signal<End | null>(null);
/** Where the second would be. */
export const aimed = signal<End | null>(null);

effect(() => {
  const open = new Set(scans.value.map((scan) => scan.info.id));
  const left = distances.peek().filter((one) => open.has(one.scan));
  if (left.length !== distances.peek().length) distances.value = left;
});

/** Measure between two places of the active scan. */
export async function measure(a: End, b: End): Promise<void> {
  const scan = active.peek()?.info;
  if (!scan || scan.mm_per_unit === null) return;
  const one: Distance = {
    id: ++count,
    scan: scan.id,
    a,
    b,
    straight: a.at.distanceTo(b.at),
    surface: null,
    why: "",
    path: [],
    waiting: true,
  };
  distances.value = [...distances.value, one];
  chosenDistance.value = one.id;
  try {
    const { reply, path } = await distanceBetween(scan, a.at, b.at);
    change(one.id, {
      straight: reply.straight_mm,
      surface: reply.surface_mm,
      why: reply.why ?? "",
      path,
      waiting: false,
    });
  } catch (error) {
    change(one.id, { why: error instanceof Error ? error.message : String(error), waiting: false });
  }
}

/** Ask the server, which measures on the surface at full resolution. */
export async function distanceBetween(
  scan: Scan,
  a: Vector3,
  b: Vector3,
): Promise<{ reply: DistanceReply; path: Vector3[] }> {
  const asked: DistanceRequest = { a: toScan(scan, a), b: toScan(scan, b) };
  const reply = await post<DistanceReply>(`/api/scans/${scan.id}/distance`, asked);
  return { reply, path: reply.path.map((point) => toWorld(scan, point)) };
}

function change(id: number, to: Partial<Distance>): void {
  distances.value = distances.value.map((one) => (one.id === id ? { ...one, ...to } : one));
}

export function forget(id: number): void {
  distances.value = distances.value.filter((one) => one.id !== id);
  if (chosenDistance.value === id) chosenDistance.value = null;
}

export function forgetAll(): void {
  const gone = new Set(shownDistances.value.map((one) => one.id));
  distances.value = distances.value.filter((one) => !gone.has(one.id));
  chosenDistance.value = first.value = aimed.value = null;
}

/** Places of the landmarks of the active scan. */
export const places = computed<ReadonlyMap<string, Vector3>>(
  () => new Map(knownMarks.value.flatMap((mark) => (mark.at ? [[mark.name, mark.at] as const] : []))),
);

export const measures = signal<readonly MeasureRow[] | null>(null);
export const asymmetries = signal<readonly AsymmetryRow[] | null>(null);
export const chosenMeasure = signal<string | null>(null);
export const chosenAsymmetry = signal<string | null>(null);
/** Why there is no table. */
export const refused = signal("");

/** Keep a table of the active scan fresh: it follows the landmarks as they are corrected. */
export function follow<Row>(path: string, into: { value: readonly Row[] | null }): () => void {
  let asked = 0;
  const stop = effect(() => {
    const scan = active.value?.info;
    const landmarks = scan ? landmarksOf(scan.id, "anthropometric") : null;
    const turn = ++asked;
    refused.value = "";
    if (!scan || !landmarks) {
      into.value = null;
      return;
    }
    if (scan.mm_per_unit === null) {
      into.value = null;
      refused.value = "The file tells no unit, and without a face its size cannot be found out.";
      return;
    }
    get<{ rows: Row[] }>(`/api/scans/${scan.id}/${path}`).then(
      ({ rows }) => turn === asked && (into.value = rows),
      (error: unknown) => {
        if (turn !== asked) return;
        into.value = null;
        refused.value = error instanceof Error ? error.message : String(error);
        if (!(error instanceof Error)) tellError(error);
      },
    );
  });
  return () => {
    stop();
    asked++;
    into.value = null;
  };
}
