/** What has been done to landmarks, to be undone and done again: values and a pure reducer. */

import type { Landmarks, Point, Schema } from "../api/types";

/** How one landmark stands. */
export type State =
  { readonly kind: "predicted" } | { readonly kind: "missing" } | { readonly kind: "at"; readonly xyz: Point };

export interface Change {
  readonly name: string;
  readonly before: State;
  readonly after: State;
}

/** One step for the user, such as the swap of two landmarks. */
export interface Edit {
  readonly title: string;
  readonly changes: readonly Change[];
}

export interface History {
  readonly past: readonly Edit[];
  readonly future: readonly Edit[];
  /** The last edit that has been saved; null when none has. */
  readonly saved: Edit | null;
}

export type Action =
  | { readonly type: "did"; readonly edit: Edit }
  | { readonly type: "undid" }
  | { readonly type: "redid" }
  | { readonly type: "saved" };

export const NOTHING: History = { past: [], future: [], saved: null };

export function reduce(history: History, action: Action): History {
  switch (action.type) {
    case "did":
      if (!action.edit.changes.length) return history;
      return { ...history, past: [...history.past, action.edit], future: [] };
    case "undid": {
      const last = history.past.at(-1);
      return last ? { ...history, past: history.past.slice(0, -1), future: [last, ...history.future] } : history;
    }
    case "redid": {
      const [next, ...future] = history.future;
      return next ? { ...history, past: [...history.past, next], future } : history;
    }
    case "saved":
      return { ...history, saved: history.past.at(-1) ?? null };
  }
}

/** Whether there is something that would be lost. */
export const isUnsaved = (history: History): boolean => (history.past.at(-1) ?? null) !== history.saved;

/** One edit as the server takes it. */
export type Order = Schema["EditRequest"]["edits"][number];

export function orderFor(name: string, state: State): Order {
  if (state.kind === "at") return { name, xyz: state.xyz };
  return state.kind === "missing" ? { name, missing: true } : { name, predicted: true };
}

/** What the server must do to undo an edit, the last change first. */
export const undoing = (edit: Edit): Order[] =>
  [...edit.changes].reverse().map(({ name, before }) => orderFor(name, before));

export const redoing = (edit: Edit): Order[] => edit.changes.map(({ name, after }) => orderFor(name, after));

export function stateOf(landmarks: Landmarks, name: string): State {
  const row = landmarks.names.indexOf(name);
  const xyz = landmarks.xyz[row] ?? null;
  if (!landmarks.corrected[row]) return { kind: "predicted" };
  return xyz ? { kind: "at", xyz } : { kind: "missing" };
}

const same = (a: State, b: State): boolean =>
  a.kind === b.kind && (a.kind !== "at" || b.kind !== "at" || a.xyz.every((value, i) => value === b.xyz[i]));

/** What has changed from one answer of the server to the next. */
export function editBetween(title: string, before: Landmarks, after: Landmarks): Edit {
  const changes = after.names
    .map((name) => ({ name, before: stateOf(before, name), after: stateOf(after, name) }))
    .filter((change) => !same(change.before, change.after));
  return { title, changes };
}
