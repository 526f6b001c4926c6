/** Scans that belong together, such as the frames of a sequence: one tab for all of them. */

import { signal } from "@preact/signals";
import type { OpenScan } from "./state";

export interface Group {
  readonly key: string;
  readonly name: string;
}

export const groups = signal<ReadonlyMap<string, Group>>(new Map());

/** Let scans be shown as one. */
export function groupScans(ids: readonly string[], key: string, name: string): void {
  const next = new Map(groups.value);
  for (const id of ids) next.set(id, { key, name });
  groups.value = next;
}

/** Whether two scans are shown as one. */
export function sameGroup(one: string, other: string): boolean {
  const key = groups.value.get(one)?.key;
  return key !== undefined && key === groups.value.get(other)?.key;
}

export interface Tab {
  readonly key: string;
  readonly title: string;
  readonly ids: readonly string[];
}

/** A tab for each scan and each group, in the order of opening. */
export function tabsOf(scans: readonly OpenScan[], grouped: ReadonlyMap<string, Group>): Tab[] {
  const tabs = new Map<string, { key: string; title: string; ids: string[] }>();
  for (const { info } of scans) {
    // After the page was loaded again, only the scans themselves know of their sequence at first.
    const group = grouped.get(info.id) ?? (info.sequence ? { key: info.sequence, name: info.name } : undefined);
    const key = group?.key ?? info.id;
    const tab = tabs.get(key) ?? { key, title: group?.name ?? info.name, ids: [] };
    tab.ids.push(info.id);
    tabs.set(key, tab);
  }
  return [...tabs.values()];
}
