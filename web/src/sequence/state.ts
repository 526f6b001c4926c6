/** Sequences of open scans, and where their players are. */

import { Matrix4, Vector3 } from "three";
import { batch, computed, effect, signal } from "@preact/signals";
import { ApiError, get, runJob } from "../api/client";
import type { Job, Scan, Sequence, SequenceRequest } from "../api/types";
import { localToWorld, scanToWorld } from "../app/frames";
import { groupScans } from "../app/groups";
import { refreshScan } from "../app/open";
import { activeId, mode, scans, tell, tellError, viewer } from "../app/state";
import { advance, type Curve, duration, frameAt, liveliest, partOf } from "./clock";

const made = signal<readonly Sequence[]>([]);
/** Those of which all frames are still open. */
export const sequences = computed(() => {
  const open = new Set(scans.value.map((scan) => scan.info.id));
  return made.value.filter((each) => each.scans.every((id) => open.has(id)));
});
const chosenId = signal<string | null>(null);
export const sequence = computed(
  () => sequences.value.find((each) => each.id === chosenId.value) ?? sequences.value.at(-1) ?? null,
);
export const job = signal<Job | null>(null);
export const failure = signal("");

/** Seconds after the first frame. */
export const at = signal(0);
export const playing = signal(false);
export const loop = signal(true);
export const SPEEDS = ["0.1", "0.25", "0.5", "1", "2"] as const;
export type Speed = (typeof SPEEDS)[number];
export const speed = signal<Speed>("1");
export const frame = computed(() => (sequence.value ? frameAt(sequence.value.times, at.value) : 0));

export type Kind = "expression" | "landmark";
const wantedKind = signal<Kind>("expression");
export const kind = computed<Kind>(() => (sequence.value?.expressions ? wantedKind.value : "landmark"));
export const setKind = (wanted: Kind): void => void (wantedKind.value = wanted);
/** Names of shown curves by kind; null as long as nobody has chosen. */
const wanted = signal<Readonly<Record<Kind, readonly string[] | null>>>({ expression: null, landmark: null });
export const MOST = 8;
const FEW = 5;

export const trails = signal(true);
export type Head = "scanned" | "steady";
const wantedHead = signal<Head | null>(null);
export const setHead = (head: Head): void => void (wantedHead.value = head);

const framesOf = computed(
  () => sequence.value?.scans.map((id) => scans.value.find((scan) => scan.info.id === id) ?? null) ?? [],
);

/** Scans of one recording lie near each other; else only their own faces tell how they belong together. */
const NEAR_MM = 80;

/** Whether all frames are in one scanner's frame and unit, so that the head's own motion can be seen. */
export const isShared = computed(() => {
  const infos = framesOf.value.flatMap((each) => (each ? [each.info] : []));
  // Frames without a face have no unit of their own, and say nothing.
  const first = infos.find((info) => info.pose && info.mm_per_unit !== null);
  if (!first) return false;
  const middle = new Vector3(...first.center);
  return infos.every(
    (info) =>
      (info.mm_per_unit === null || info.mm_per_unit === first.mm_per_unit) &&
      middle.distanceTo(new Vector3(...info.center)) * first.mm_per_unit! < NEAR_MM &&
      (!info.pose || turn(info, first) < Math.PI / 4),
  );
});

/** The angle between two poses. */
function turn(a: Scan, b: Scan): number {
  const [x, y] = [a, b].map((info) => new Matrix4().extractRotation(scanToWorld(info)).elements);
  const trace = [0, 1, 2, 4, 5, 6, 8, 9, 10].reduce((sum, i) => sum + x![i]! * y![i]!, 0);
  return Math.acos(Math.min(Math.max((trace - 1) / 2, -1), 1));
}

export const head = computed<Head>(() => (isShared.value ? (wantedHead.value ?? "scanned") : "steady"));

/** From a frame's scan to the world. */
export function frameToWorld(index: number): Matrix4 {
  const infos = framesOf.value;
  const own = infos[index]?.info;
  const reference = head.value === "scanned" ? infos.find((each) => each?.info.pose)?.info : own;
  return own ? scanToWorld(reference ?? own) : new Matrix4();
}

/** Place the geometry of each frame as the head is wanted; returns how to put them back. */
export function placeFrames(): () => void {
  const placed = framesOf.value.flatMap((each, index) => (each?.surface ? [{ each, index }] : []));
  for (const { each, index } of placed) {
    each.surface!.place(frameToWorld(index).multiply(new Matrix4().makeTranslation(...each.info.center)));
  }
  return () => placed.forEach(({ each }) => each.surface!.place(localToWorld(each.info)));
}

/** Places of each landmark in the world, by frame. */
export const tracks = computed<ReadonlyMap<string, readonly (Vector3 | null)[]>>(() => {
  const found = sequence.value;
  if (!found) return new Map();
  const matrices = found.scans.map((_, index) => frameToWorld(index));
  return new Map(
    found.names.map((name, row) => [
      name,
      found.xyz.map((points, index) => {
        const point = points[row];
        return point ? new Vector3(...point).applyMatrix4(matrices[index]!) : null;
      }),
    ]),
  );
});

/** All curves of the shown kind. */
export const curves = computed<readonly Curve[]>(() => {
  const found = sequence.value;
  if (!found) return [];
  if (kind.value === "expression")
    return Object.entries(found.expressions ?? {}).map(([name, values]) => ({ name, values }));
  return [...tracks.value].map(([name, places]) => {
    const rest = places.find((place) => place !== null) ?? null;
    return { name, values: places.map((place) => (place && rest ? place.distanceTo(rest) : null)) };
  });
});

/** Neighbours move alike, so of one part of the face there is one landmark. */
const few = (all: readonly Curve[], of: Kind): string[] =>
  of === "landmark" ? liveliest(all, FEW, partOf) : liveliest(all, FEW);

export const shown = computed(() => wanted.value[kind.value] ?? few(curves.value, kind.value));

/** Landmarks whose trails are drawn: those with a curve, or the liveliest. */
export const trailed = computed(() => {
  if (kind.value === "landmark") return shown.value;
  const all = [...tracks.value].map(([name, places]) => {
    const rest = places.find((place) => place !== null);
    return { name, values: places.map((place) => (place && rest ? place.distanceTo(rest) : null)) };
  });
  return wanted.value.landmark ?? few(all, "landmark");
});

export function toggleCurve(name: string): void {
  const now = shown.value;
  const next = now.includes(name) ? now.filter((each) => each !== name) : [...now, name];
  if (next.length > MOST) return tell(`at most ${MOST} curves can be told apart; take one away first`);
  wanted.value = { ...wanted.value, [kind.value]: next };
}

export function showLiveliest(): void {
  wanted.value = { ...wanted.value, [kind.value]: null };
}

export function goToFrame(index: number): void {
  const times = sequence.value?.times;
  if (!times?.length) return;
  const chosen = Math.min(Math.max(index, 0), times.length - 1);
  at.value = times[chosen]! - times[0]!;
}

export function step(by: number): void {
  playing.value = false;
  goToFrame(frame.value + by);
}

export function togglePlaying(): void {
  const times = sequence.value?.times;
  if (!times) return;
  if (!playing.value && at.value >= duration(times) - 1e-6) at.value = 0;
  playing.value = !playing.value;
}

let last = 0;
let request = 0;

function tick(now: number): void {
  const found = sequence.value;
  if (!playing.value || !found || mode.value !== "sequence") {
    playing.value = false;
    return;
  }
  // After a hidden page nothing is made up for.
  const elapsed = Math.min(now - last, 250) / 1000;
  last = now;
  const next = advance(at.value, elapsed * Number(speed.value), duration(found.times), loop.value);
  batch(() => {
    at.value = next.at;
    if (next.ended) playing.value = false;
  });
  viewer.value?.hurry();
  request = requestAnimationFrame(tick);
}

effect(() => {
  cancelAnimationFrame(request);
  if (!playing.value) return;
  last = performance.now();
  request = requestAnimationFrame(tick);
});

// The active scan is the frame that is shown, so that other modes go on with it.
effect(() => {
  const id = sequence.value?.scans[frame.value];
  if (id && mode.peek() === "sequence" && scans.peek().some((scan) => scan.info.id === id)) activeId.value = id;
});

/** Put open scans in a row. */
export async function makeSequence(
  name: string,
  ids: readonly string[],
  timing: { fps: number } | { times: number[] },
  fit: boolean,
): Promise<void> {
  failure.value = "";
  try {
    const asked: SequenceRequest = { name, scans: [...ids], ...timing, fit };
    const end = await runJob("/api/sequences", asked, (told) => (job.value = told));
    const found = await get<Sequence>(`/api/sequences/${end.result.sequence!}`);
    const same = (each: Sequence) => each.scans.join() === found.scans.join();
    await Promise.all(ids.map((id) => refreshScan(id).catch(tellError)));
    batch(() => {
      made.value = [...made.value.filter((each) => !same(each)), found];
      chosenId.value = found.id;
      groupScans(found.scans, found.id, found.name);
      if (found.expressions) wantedKind.value = "expression";
    });
  } catch (error) {
    if (error instanceof ApiError) failure.value = error.message;
    else tellError(error);
  } finally {
    job.value = null;
  }
}

export function chooseSequence(id: string): void {
  batch(() => {
    chosenId.value = id;
    at.value = 0;
    playing.value = false;
  });
}

/** Sequences that the server has already, from before the page was loaded again. */
export async function loadSequences(): Promise<void> {
  const known = await get<Sequence[]>("/api/sequences");
  const open = new Set(scans.value.map((scan) => scan.info.id));
  const whole = known.filter((each) => each.scans.every((id) => open.has(id)));
  for (const each of whole) groupScans(each.scans, each.id, each.name);
  const ids = new Set(whole.map((each) => each.id));
  made.value = [...made.value.filter((each) => !ids.has(each.id)), ...whole];
}
