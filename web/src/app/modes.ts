/** What a person can do, a mode each; its code is loaded when it is first used. */

import type { ComponentType } from "preact";
import { computed, signal } from "@preact/signals";
import { session } from "../api/client";
import type { IconName } from "../ui/icons";
import { mode, type ModeId, tellError } from "./state";

export interface ModeModule {
  /** The right-hand side. */
  readonly Panel: ComponentType;
  /** In the place of the shared stage, such as two viewers beside each other. */
  readonly Stage?: ComponentType;
  /** Over the shared stage: legends, buttons, labels. */
  readonly Overlay?: ComponentType;
  /** Under the stage, such as a timeline. */
  readonly Bottom?: ComponentType;
}

export interface Mode {
  readonly id: ModeId;
  readonly title: string;
  readonly icon: IconName;
  readonly load: () => Promise<ModeModule>;
  readonly shown?: () => boolean;
}

export const MODES: readonly Mode[] = [
  { id: "scan", title: "Scan", icon: "scan", load: () => import("../scan") },
  { id: "fit", title: "Fit", icon: "fit", load: () => import("../fit") },
  { id: "measure", title: "Measure", icon: "measure", load: () => import("../measure") },
  { id: "compare", title: "Compare", icon: "compare", load: () => import("../compare") },
  { id: "sequence", title: "Sequence", icon: "sequence", load: () => import("../sequence") },
  {
    id: "database",
    title: "Database",
    icon: "database",
    load: () => import("../database"),
    shown: () => session.value?.database != null,
  },
];

const loaded = signal<ReadonlyMap<ModeId, ModeModule>>(new Map());

/** The current mode's parts; null while they are fetched. */
export const current = computed(() => loaded.value.get(mode.value) ?? null);

export async function loadMode(id: ModeId): Promise<void> {
  if (loaded.value.has(id)) return;
  try {
    const module = await MODES.find((each) => each.id === id)!.load();
    loaded.value = new Map(loaded.value).set(id, module);
  } catch (error) {
    tellError(error);
  }
}

export function goTo(id: ModeId): void {
  mode.value = id;
  void loadMode(id);
}
