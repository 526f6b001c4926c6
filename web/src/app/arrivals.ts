/** Files that somebody has dropped and that are no scans on the stage yet: something must tell that they come. */

import { computed, signal } from "@preact/signals";
import { scans } from "./state";

export interface Arrival {
  readonly key: number;
  readonly name: string;
  /** What is being done to it, in a word or two. */
  readonly doing: string;
  /** How much of it is there; null where nobody knows. */
  readonly share: number | null;
  /** Its scan, once there is one. */
  readonly scan: string | null;
}

const all = signal<readonly Arrival[]>([]);
let count = 0;

/** Those of which nothing is seen on the stage. */
export const arrivals = computed(() =>
  all.value.filter(({ scan }) => scan === null || !scans.value.some(({ info }) => info.id === scan)),
);

export interface Announced {
  readonly change: (change: Partial<Arrival>) => void;
  readonly end: () => void;
}

/** Tell that a file is to come. */
export function announce(name: string): Announced {
  const key = ++count;
  all.value = [...all.value, { key, name, doing: "Waiting", share: null, scan: null }];
  return {
    change: (change) => (all.value = all.value.map((one) => (one.key === key ? { ...one, ...change } : one))),
    end: () => (all.value = all.value.filter((one) => one.key !== key)),
  };
}
