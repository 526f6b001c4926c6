/** What the page knows; everything shown follows from these signals. */

import { computed, signal } from "@preact/signals";
import type { Scan } from "../api/types";
import type { Surface } from "../viewer/surface";
import type { Viewer } from "../viewer/viewer";

export interface OpenScan {
  readonly info: Scan;
  /** As it is drawn; null until its geometry has arrived. */
  readonly surface: Surface | null;
  /** Why there is no face on it; empty when there is one, or nobody has looked yet. */
  readonly noFace: string;
}

/** Scans with corrections that nobody has saved. */
export const unsavedScans = signal<ReadonlySet<string>>(new Set());

export type ModeId = "scan" | "fit" | "measure" | "compare" | "sequence" | "database";

export const scans = signal<readonly OpenScan[]>([]);
export const activeId = signal<string | null>(null);
export const active = computed(() => scans.value.find((scan) => scan.info.id === activeId.value) ?? null);
export const mode = signal<ModeId>("scan");
/** The stage that commands, tools and pictures mean: the shared one, or that of a mode with a stage of its own. */
export const viewer = signal<Viewer | null>(null);

/** Make a mode's own viewer the one that commands mean; returns how to give the place back. */
export function takeStage(own: Viewer): () => void {
  const before = viewer.peek();
  viewer.value = own;
  return () => {
    if (viewer.peek() === own) viewer.value = before;
  };
}

export function updateScan(id: string, change: Partial<OpenScan>): void {
  scans.value = scans.value.map((scan) => (scan.info.id === id ? { ...scan, ...change } : scan));
}

export function addScan(scan: OpenScan): void {
  scans.value = [...scans.value.filter((known) => known.info.id !== scan.info.id), scan];
}

export type Tone = "info" | "error";
export interface Notice {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
}

export const notices = signal<readonly Notice[]>([]);
let noticeCount = 0;

/** Tell the user something in a line at the bottom; errors stay until they are closed. */
export function tell(text: string, tone: Tone = "info"): void {
  const notice = { id: ++noticeCount, tone, text };
  notices.value = [...notices.value.slice(-3), notice];
  if (tone === "info") setTimeout(() => dismiss(notice.id), 5000);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Tell what went wrong; for the end of a promise. */
export function tellError(error: unknown): void {
  tell(error instanceof Error ? error.message : String(error), "error");
}
