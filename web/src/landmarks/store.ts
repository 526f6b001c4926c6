/** The landmarks that the page has fetched, by scan and set. */

import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Vector3 } from "three";
import { get } from "../api/client";
import type { Landmarks, SetName } from "../api/types";
import { active, scans, tellError } from "../app/state";
import { type Mark, marksOf } from "./marks";

export const SETS = ["ibug68", "anthropometric", "dense520"] as const satisfies readonly SetName[];
export type { SetName };
export const SET_TITLES: Record<SetName, string> = {
  ibug68: "iBUG 68",
  anthropometric: "Anthropometric",
  dense520: "Dense 520",
};

const known = signal<ReadonlyMap<string, Landmarks>>(new Map());
const asked = new Map<string, Promise<Landmarks>>();
const key = (scan: string, set: SetName): string => `${scan}/${set}`;

/** What is known of a set now; null before it has been fetched. */
export function landmarksOf(scan: string, set: SetName): Landmarks | null {
  return known.value.get(key(scan, set)) ?? null;
}

/** Take over what the server has answered. */
export function keep(landmarks: Landmarks): void {
  known.value = new Map(known.value).set(key(landmarks.scan, landmarks.set), landmarks);
}

/** Fetch a set once. */
export function fetchLandmarks(scan: string, set: SetName): Promise<Landmarks> {
  const id = key(scan, set);
  const there = known.peek().get(id);
  if (there) return Promise.resolve(there);
  const asking =
    asked.get(id) ??
    get<Landmarks>(`/api/scans/${scan}/landmarks/${set}`)
      .then((landmarks) => {
        keep(landmarks);
        return landmarks;
      })
      .finally(() => asked.delete(id));
  asked.set(id, asking);
  return asking;
}

/** The landmarks of a scan once they are found; null until then. */
export function useLandmarks(scan: string | undefined, set: SetName | null): Landmarks | null {
  const ready = scans.value.find((one) => one.info.id === scan)?.info.stages.landmarks ?? false;
  useEffect(() => {
    if (scan && set && ready) void fetchLandmarks(scan, set).catch(tellError);
  }, [scan, set, ready]);
  return scan && set ? landmarksOf(scan, set) : null;
}

/** The set that is shown on the active scan; null shows none. */
export const shownSet = signal<SetName | null>("ibug68");
export const showNames = signal(true);
export const showErrors = signal(true);
/** Names of the landmark that is worked on, and of the one under the pointer. */
export const chosen = signal<string | null>(null);
export const hovered = signal<string | null>(null);

export const shownLandmarks = computed<Landmarks | null>(() => {
  const scan = active.value;
  return scan && shownSet.value ? landmarksOf(scan.info.id, shownSet.value) : null;
});

/** The landmarks of the active scan as the server has them. */
export const knownMarks = computed<readonly Mark[]>(() => {
  const [scan, landmarks] = [active.value, shownLandmarks.value];
  return scan && landmarks ? marksOf(scan.info, landmarks) : [];
});

/** A landmark that is shown where a person is putting it, ahead of the server. */
export const ahead = signal<{ readonly name: string; readonly at: Vector3 } | null>(null);

/** The landmarks of the active scan as they are drawn. */
export const shownMarks = computed<readonly Mark[]>(() => {
  const put = ahead.value;
  if (!put) return knownMarks.value;
  return knownMarks.value.map((mark) =>
    mark.name === put.name ? { ...mark, at: put.at, sigma: null, inferred: false, corrected: true } : mark,
  );
});
