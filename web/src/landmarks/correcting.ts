/** Correcting landmarks: orders to the server one after another, with undo and redo. */

import { computed, effect, signal } from "@preact/signals";
import { Vector3 } from "three";
import { patch, post } from "../api/client";
import type { Landmarks, Saved } from "../api/types";
import { directionToScan, toScan } from "../app/frames";
import { active, scans, tell, tellError, unsavedScans, viewer } from "../app/state";
import type { Ray } from "../viewer/viewer";
import {
  type Action,
  editBetween,
  type History,
  isUnsaved,
  NOTHING,
  type Order,
  redoing,
  reduce,
  undoing,
} from "./edits";
import { partnerOf, spoken } from "./marks";
import { ahead, chosen, keep, landmarksOf, SET_TITLES, shownLandmarks, shownMarks } from "./store";

/** Nudges that follow each other this closely are one edit, ms. */
const TOGETHER = 350;

const histories = signal<ReadonlyMap<string, History>>(new Map());
const scanOf = (key: string): string => key.slice(0, key.indexOf("/"));
const keyOf = (landmarks: { scan: string; set: string }): string => `${landmarks.scan}/${landmarks.set}`;

export const history = computed<History>(() => {
  const landmarks = shownLandmarks.value;
  return (landmarks && histories.value.get(keyOf(landmarks))) || NOTHING;
});

// Of closed scans nothing can be lost any more.
effect(() => {
  const open = new Set(scans.value.map((scan) => scan.info.id));
  const left = [...histories.value].filter(([key, each]) => isUnsaved(each) && open.has(scanOf(key)));
  unsavedScans.value = new Set(left.map(([key]) => scanOf(key)));
});

function act(key: string, action: Action): void {
  histories.value = new Map(histories.value).set(key, reduce(histories.value.get(key) ?? NOTHING, action));
}

// The next order waits for the answer to the one before, so that edits are told apart.
let queue: Promise<unknown> = Promise.resolve();

function send(orders: () => readonly Order[], then: (before: Landmarks, after: Landmarks) => void): Promise<void> {
  const landmarks = shownLandmarks.peek();
  if (!landmarks) return Promise.resolve();
  const { scan, set } = landmarks;
  const sent = queue.then(async () => {
    const before = landmarksOf(scan, set)!;
    const edits = orders();
    if (!edits.length) return;
    try {
      const after = await patch<Landmarks>(`/api/scans/${scan}/landmarks/${set}`, { edits });
      keep(after);
      then(before, after);
    } catch (error) {
      // What was shown ahead of the answer goes back.
      keep({ ...before });
      tellError(error);
    }
  });
  queue = sent;
  return sent;
}

const edit = (title: string, ...orders: Order[]): Promise<void> =>
  send(
    () => orders,
    (before, after) => act(keyOf(after), { type: "did", edit: editBetween(title, before, after) }),
  );

/** Show a landmark where it is being put until the server has answered. */
function shownAt(name: string, at: Vector3, title: string, order: Order): Promise<void> {
  const shown = (ahead.value = { name, at });
  return edit(title, order).finally(() => {
    if (ahead.peek() === shown) ahead.value = null;
  });
}

/** Put a landmark where a ray meets the surface at full resolution; it is shown at `place` until that is known. */
export function putByRay(name: string, ray: Ray, place: Vector3): Promise<void> {
  const scan = active.peek()!.info;
  return shownAt(name, place, `Move ${spoken(name)}`, {
    name,
    ray: { origin: toScan(scan, ray.origin), direction: directionToScan(scan, ray.direction) },
  });
}

/** Put a landmark on the surface point that is nearest to a place of the world. */
export function putNear(name: string, place: Vector3): Promise<void> {
  return shownAt(name, place, `Move ${spoken(name)}`, { name, xyz: toScan(active.peek()!.info, place), snap: true });
}

export const markMissing = (name: string): Promise<void> =>
  edit(`Mark ${spoken(name)} as missing`, { name, missing: true });
export const restore = (name: string): Promise<void> => edit(`Restore ${spoken(name)}`, { name, predicted: true });

/** Exchange a landmark with its partner on the other side. */
export function swap(name: string): Promise<void> {
  const partner = shownLandmarks.peek() && partnerOf(shownLandmarks.peek()!, name);
  return partner ? edit(`Swap ${spoken(name)} and ${spoken(partner)}`, { swap: [name, partner] }) : Promise.resolve();
}

export function undo(): Promise<void> {
  return stepped("undid", () => history.peek().past.at(-1), undoing);
}

export function redo(): Promise<void> {
  return stepped("redid", () => history.peek().future[0], redoing);
}

function stepped(
  type: "undid" | "redid",
  next: () => History["past"][number] | undefined,
  orders: typeof undoing,
): Promise<void> {
  flushNudge();
  return send(
    () => {
      const edit = next();
      return edit ? orders(edit) : [];
    },
    (_, after) => {
      const step = next();
      act(keyOf(after), { type });
      const name = step?.changes[0]?.name;
      if (name && step.changes.length === 1) chosen.value = name;
    },
  );
}

/** Save beside the scan or in the database; rejects where there is no place to save to. */
export async function save(note: string): Promise<void> {
  flushNudge();
  await queue;
  const landmarks = shownLandmarks.peek();
  if (!landmarks) return;
  const { where } = await post<Saved>(`/api/scans/${landmarks.scan}/landmarks/${landmarks.set}/save`, { note });
  act(keyOf(landmarks), { type: "saved" });
  tell(`${SET_TITLES[landmarks.set]}: saved to ${where}`);
}

/** Corrections that have been downloaded are not lost. */
export function countAsSaved(): void {
  const landmarks = shownLandmarks.peek();
  if (landmarks) act(keyOf(landmarks), { type: "saved" });
}

let nudged: { name: string; at: Vector3 } | null = null;
let timer = 0;

/** Move the chosen landmark in the plane of the view, mm, and back onto the surface. */
export function nudge(right: number, up: number): void {
  const [stage, name, surface] = [viewer.peek(), chosen.peek(), active.peek()?.surface];
  if (!stage || !name) return;
  const at = shownMarks.peek().find((mark) => mark.name === name)?.at;
  if (!at) return;
  const { elements } = stage.camera.matrixWorld;
  const moved = at
    .clone()
    .addScaledVector(new Vector3(elements[0], elements[1], elements[2]), right)
    .addScaledVector(new Vector3(elements[4], elements[5], elements[6]), up);
  if (nudged && nudged.name !== name) flushNudge();
  ahead.value = nudged = { name, at: surface?.nearest(moved)?.point ?? moved };
  clearTimeout(timer);
  timer = window.setTimeout(flushNudge, TOGETHER);
}

/** Send what was nudged without waiting for more. */
export function flushNudge(): void {
  clearTimeout(timer);
  const moved = nudged;
  nudged = null;
  if (moved) void putNear(moved.name, moved.at);
}

/** Ask before the page is left with corrections that are not saved. */
export function warnBeforeLeaving(event: BeforeUnloadEvent): void {
  if (unsavedScans.peek().size) event.preventDefault();
}
