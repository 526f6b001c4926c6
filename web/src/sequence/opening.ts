/** Opening many files as the frames of one sequence. */

import { signal } from "@preact/signals";
import { groupScans } from "../app/groups";
import { goTo } from "../app/modes";
import { openParcel, type Parcel } from "../app/open";
import { tellError } from "../app/state";
import type { SeriesAnswer } from "../app/series";
import { naturalOrder } from "./order";
import { makeSequence } from "./state";

/** Frames that are sent and read at the same time. */
const AT_ONCE = 2;

export interface Opening {
  readonly name: string;
  readonly done: number;
  readonly total: number;
}

export const opening = signal<Opening | null>(null);
let batches = 0;

/** Open files in the natural order of their names; returns the scans that could be opened. */
export async function openSeries(parcels: readonly Parcel[], how: SeriesAnswer): Promise<string[]> {
  const ordered = [...parcels].sort((one, other) => naturalOrder(one.main.name, other.main.name));
  const opened = new Array<string | null>(ordered.length).fill(null);
  const key = `opening-${++batches}`;
  let next = 0;
  let done = 0;
  goTo("sequence");
  opening.value = { name: how.name, done, total: ordered.length };
  const work = async () => {
    while (next < ordered.length) {
      const row = next++;
      try {
        opened[row] = await openParcel(ordered[row]!, (id) => groupScans([id], key, how.name));
      } catch (error) {
        tellError(error);
      }
      opening.value = { name: how.name, done: ++done, total: ordered.length };
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    opening.value = null;
  }
  const ids = opened.filter((id) => id !== null);
  if (ids.length > 1) await makeSequence(how.name, ids, { fps: how.fps }, how.fit);
  return ids;
}
