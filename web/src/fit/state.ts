/** Fits of open scans, as the page holds them: the rig, its weights, and what the stage shows of it. */

import { BufferAttribute, BufferGeometry, DynamicDrawUsage } from "three";
import { computed, type Signal, signal } from "@preact/signals";
import { ApiError, bytes, floats, get, runJob } from "../api/client";
import type { FitInfo, Job, Scan } from "../api/types";
import { faceToWorld } from "../app/frames";
import { refreshScan } from "../app/open";
import { active, scans, tellError, viewer } from "../app/state";
import { type Spread, spread } from "../ui/chart";
import { Surface } from "../viewer/surface";
import { decodeRig, Morpher, type Rig } from "./rig";

/** Slate, so that the fit is told from clay. */
const FIT_CLAY = [0.56, 0.69, 0.83] as const;

export interface Fitted {
  readonly scan: string;
  readonly info: FitInfo;
  readonly rig: Rig;
  readonly morpher: Morpher;
  readonly surface: Surface;
  /** Expressions, then identity modes; each a signal of its own, so that one slider draws itself alone. */
  readonly weights: readonly Signal<number>[];
  /** As fitted, in the order of `weights`. */
  readonly origin: Float32Array;
  /** Signed mm of the scan's display vertices. */
  readonly deviation: Float32Array | null;
  readonly spread: Spread | null;
  /** Whether somebody has moved the face. */
  readonly posed: Signal<boolean>;
}

const fits = signal<ReadonlyMap<string, Fitted>>(new Map());
const jobsOf = signal<ReadonlyMap<string, Job>>(new Map());
const failures = signal<ReadonlyMap<string, string>>(new Map());

export const fitted = computed(() => fits.value.get(active.value?.info.id ?? "") ?? null);
export const fitJob = computed(() => jobsOf.value.get(active.value?.info.id ?? "") ?? null);
export const fitFailure = computed(() => failures.value.get(active.value?.info.id ?? "") ?? "");

export type ScanLook = "own" | "deviation";
export type FitLook = "plain" | "confidence";

/** 0 shows the scan alone, 1 the fit alone. */
export const fade = signal(0);
export const scanLook = signal<ScanLook>("deviation");
export const fitLook = signal<FitLook>("plain");
export const wireframe = signal(false);
/** Where the deviation's colours end, mm; null as the data suggest. */
export const chosenRange = signal<number | null>(null);
export const range = computed(() => chosenRange.value ?? fitted.value?.spread?.range ?? 1);

function put<T>(into: Signal<ReadonlyMap<string, T>>, id: string, value: T | null): void {
  const next = new Map(into.value);
  if (value === null) next.delete(id);
  else next.set(id, value);
  into.value = next;
}

/** Fit the active scan and show the result. */
export async function fitActive(): Promise<void> {
  const scan = active.value?.info;
  if (!scan || jobsOf.value.has(scan.id)) return;
  put(failures, scan.id, null);
  try {
    await runJob(`/api/scans/${scan.id}/fit`, {}, (job) => put(jobsOf, scan.id, job));
    await refreshScan(scan.id);
    forget(scan.id);
    await loadFit(scan.id);
    // How far they differ is the first question about a new fit.
    fade.value = 0;
    scanLook.value = "deviation";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    put(failures, scan.id, error.message);
  } finally {
    put(jobsOf, scan.id, null);
  }
}

const loading = new Set<string>();

/** Fetch a fit that the server has. */
export async function loadFit(id: string): Promise<void> {
  if (fits.value.has(id) || loading.has(id)) return;
  loading.add(id);
  try {
    const [info, data, deviation] = await Promise.all([
      get<FitInfo>(`/api/scans/${id}/fit`),
      bytes(`/api/scans/${id}/fit/rig.bin`),
      floats(`/api/scans/${id}/values/deviation`).catch((error: unknown) => (tellError(error), null)),
    ]);
    const scan = scans.value.find((each) => each.info.id === id)?.info;
    if (scan) put(fits, id, made(scan, info, decodeRig(data), deviation));
  } finally {
    loading.delete(id);
  }
}

function made(scan: Scan, info: FitInfo, rig: Rig, deviation: Float32Array | null): Fitted {
  const origin = Float32Array.from([
    ...rig.expressions.map((name) => info.expressions[name] ?? 0),
    ...rig.identityTargets.map((_, mode) => info.identity.weights[mode] ?? 0),
  ]);
  const morpher = new Morpher(rig, origin);
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(morpher.positions, 3).setUsage(DynamicDrawUsage));
  geometry.setAttribute("normal", new BufferAttribute(morpher.normals, 3).setUsage(DynamicDrawUsage));
  geometry.setIndex(new BufferAttribute(rig.triangles, 1));
  const surface = new Surface(geometry);
  surface.material.setClay(...FIT_CLAY);
  if (rig.confidence)
    surface.setValues(
      rig.confidence.map((share) => 1 - share),
      0,
      1,
      "sequential",
    );
  surface.place(faceToWorld(scan, info.pose));
  return {
    scan: scan.id,
    info,
    rig,
    morpher,
    surface,
    origin,
    deviation,
    weights: [...origin].map((weight) => signal(weight)),
    spread: deviation ? spread(deviation) : null,
    posed: signal(false),
  };
}

function forget(id: string): void {
  const known = fits.value.get(id);
  if (!known) return;
  viewer.value?.remove(known.surface);
  known.surface.dispose();
  put(fits, id, null);
}

/** Drop fits of scans that were closed. */
export function forgetClosed(): void {
  const open = new Set(scans.value.map((scan) => scan.info.id));
  for (const id of fits.value.keys()) if (!open.has(id)) forget(id);
}

let asked = 0;

/** Move the face at the next frame by the weights as they are then. */
export function moveFace(of: Fitted): void {
  if (fade.value === 0) fade.value = 1;
  of.posed.value = of.weights.some((weight, i) => Math.abs(weight.peek() - of.origin[i]!) > 1e-6);
  if (asked) return;
  asked = requestAnimationFrame(() => {
    asked = 0;
    of.morpher.apply(of.weights.map((weight) => weight.peek()));
    of.surface.geometry.getAttribute("position").needsUpdate = true;
    of.surface.geometry.getAttribute("normal").needsUpdate = true;
    viewer.value?.hurry();
  });
}

export function setWeight(of: Fitted, index: number, weight: number): void {
  of.weights[index]!.value = weight;
  moveFace(of);
}

/** Rows of the expressions to `weight`, or to this person's where it is null. */
export function setExpressions(of: Fitted, weight: number | null): void {
  for (let i = 0; i < of.rig.expressions.length; i++) of.weights[i]!.value = weight ?? of.origin[i]!;
  moveFace(of);
}

/** The identity modes to this person's, or to those of the mean face. */
export function setIdentity(of: Fitted, weight: number | null): void {
  for (let i = of.rig.expressions.length; i < of.weights.length; i++) of.weights[i]!.value = weight ?? of.origin[i]!;
  moveFace(of);
}
