/** The keys of the mode Scan. */

import { type Command, register } from "../app/commands";
import { history, markMissing, nudge, redo, restore, swap, undo } from "../landmarks/correcting";
import { isUnsaved } from "../landmarks/edits";
import { flyTo } from "../landmarks/fly";
import { chosen, knownMarks, SET_TITLES, SETS, showErrors, showNames, shownSet } from "../landmarks/store";
import type { CorrectTool } from "../landmarks/tool";
import { active } from "../app/state";
import { saveNow } from "./Correct";
import { choose, chooseSet } from "./Landmarks";
import { lacking, look, LOOK_TITLES, LOOKS, wireframe } from "./looks";

/** A nudge, mm, and one with Shift. */
const FINE = 0.1;
const COARSE = 1;

const ARROWS: readonly (readonly [string, number, number, string])[] = [
  ["arrowleft", -1, 0, "left"],
  ["arrowright", 1, 0, "right"],
  ["arrowup", 0, 1, "up"],
  ["arrowdown", 0, -1, "down"],
];

const hasChosen = (): boolean => chosen.value !== null && active.value !== null;
const hasScan = (): boolean => active.value !== null;

/** Arrows move a point unless the focus is on something that they move through. */
function freeArrows(): boolean {
  return hasChosen() && !document.activeElement?.closest("table, input, select, textarea");
}

function withChosen(act: (name: string) => unknown): () => void {
  return () => void (chosen.value && act(chosen.value));
}

function step(by: number): void {
  const marks = knownMarks.value.filter((mark) => mark.at);
  if (!marks.length) return;
  const at = marks.findIndex((mark) => mark.name === chosen.value);
  const next = marks[at < 0 ? (by > 0 ? 0 : marks.length - 1) : (at + by + marks.length) % marks.length]!;
  choose(next.name);
}

function nextSet(): void {
  const all = [...SETS, null];
  chooseSet(all[(all.indexOf(shownSet.value) + 1) % all.length]!);
}

export function registerKeys(tool: CorrectTool): () => void {
  const group = "Landmarks";
  const nudges = ARROWS.flatMap(([key, x, y, way]): Command[] =>
    [FINE, COARSE].map((mm) => ({
      id: `nudge-${key}-${mm}`,
      title: `Move ${way} by ${mm} mm`,
      keys: mm === FINE ? key : `shift+${key}`,
      group: "Correct",
      run: () => nudge(x * mm, y * mm),
      when: freeArrows,
    })),
  );
  return register(
    {
      id: "names",
      title: "Show or hide names",
      keys: "n",
      group,
      run: () => (showNames.value = !showNames.value),
      when: hasScan,
    },
    {
      id: "errors",
      title: "Show or hide errors",
      keys: "e",
      group,
      run: () => (showErrors.value = !showErrors.value),
      when: hasScan,
    },
    { id: "set-next", title: "Next set", keys: "g", group, run: nextSet, when: hasScan },
    ...SETS.map((set) => ({
      id: `set-${set}`,
      title: `Show ${SET_TITLES[set]}`,
      group,
      run: () => chooseSet(set),
      when: hasScan,
    })),
    { id: "mark-next", title: "Next landmark", keys: ".", group, run: () => step(1), when: hasScan },
    { id: "mark-previous", title: "Previous landmark", keys: ",", group, run: () => step(-1), when: hasScan },
    {
      id: "mark-near",
      title: "Come near the chosen landmark",
      keys: "z",
      group,
      run: withChosen((name) => flyTo(name, true)),
      when: hasChosen,
    },
    {
      id: "mark-none",
      title: "Choose none, or let go",
      keys: "escape",
      group,
      run: () => tool.cancel() || (chosen.value = null),
      when: hasScan,
    },
    ...nudges,
    {
      id: "missing",
      title: "Mark as missing",
      keys: "delete",
      group: "Correct",
      run: withChosen(markMissing),
      when: hasChosen,
    },
    {
      id: "missing-mac",
      title: "Mark as missing",
      keys: "backspace",
      group: "Correct",
      run: withChosen(markMissing),
      when: hasChosen,
    },
    {
      id: "restore",
      title: "Restore where it was found",
      keys: "o",
      group: "Correct",
      run: withChosen(restore),
      when: hasChosen,
    },
    { id: "swap", title: "Swap left and right", keys: "x", group: "Correct", run: withChosen(swap), when: hasChosen },
    { id: "undo", title: "Undo", keys: "mod+z", group: "Correct", run: () => void undo(), when: hasScan },
    { id: "redo", title: "Redo", keys: "mod+shift+z", group: "Correct", run: () => void redo(), when: hasScan },
    {
      id: "save",
      title: "Save the corrections",
      keys: "mod+s",
      group: "Correct",
      run: () => void saveNow(),
      when: () => hasScan() && isUnsaved(history.value),
    },
    {
      id: "wireframe",
      title: "Wireframe",
      keys: "w",
      group: "Surface",
      run: () => (wireframe.value = !wireframe.value),
      when: hasScan,
    },
    ...LOOKS.map((id) => ({
      id: `look-${id}`,
      title: LOOK_TITLES[id],
      group: "Surface",
      run: () => (look.value = id),
      when: () => lacking(active.value, id) === "",
    })),
  );
}
