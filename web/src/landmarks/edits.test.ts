import { expect, it } from "vitest";
import type { Landmarks, Point } from "../api/types";
import { editBetween, type Edit, isUnsaved, NOTHING, redoing, reduce, stateOf, undoing } from "./edits";

function landmarks(xyz: (Point | null)[], corrected: boolean[]): Landmarks {
  const names = ["n", "en_l", "en_r"];
  return {
    scan: "s",
    set: "anthropometric",
    names,
    definitions: names,
    pairs: [[1, 2]],
    xyz,
    sigma: [1, 1, 1],
    visible: [true, true, true],
    corrected,
    predicted: [
      [0, 0, 0],
      [1, 0, 0],
      [-1, 0, 0],
    ],
    unit: "mm",
    mm_per_unit: 1,
    history: [],
  };
}

const FOUND = landmarks(
  [
    [0, 0, 0],
    [1, 0, 0],
    [-1, 0, 0],
  ],
  [false, false, false],
);
const MOVED = landmarks(
  [
    [0, 2, 0],
    [1, 0, 0],
    [-1, 0, 0],
  ],
  [true, false, false],
);
const move: Edit = editBetween("Move n", FOUND, MOVED);

it("an edit is what differs between two answers", () => {
  expect(move.changes).toEqual([{ name: "n", before: { kind: "predicted" }, after: { kind: "at", xyz: [0, 2, 0] } }]);
  expect(editBetween("nothing", MOVED, MOVED).changes).toEqual([]);
});

it("a landmark is as found, put somewhere, or missing", () => {
  expect(stateOf(FOUND, "n")).toEqual({ kind: "predicted" });
  expect(stateOf(MOVED, "n")).toEqual({ kind: "at", xyz: [0, 2, 0] });
  expect(stateOf(landmarks([null, null, null], [true, false, false]), "n")).toEqual({ kind: "missing" });
});

it("undoing goes back through the changes, redoing forwards", () => {
  const swapped = landmarks(
    [
      [0, 0, 0],
      [-1, 0, 0],
      [1, 0, 0],
    ],
    [false, true, true],
  );
  const swap = editBetween("Swap", FOUND, swapped);
  expect(undoing(swap)).toEqual([
    { name: "en_r", predicted: true },
    { name: "en_l", predicted: true },
  ]);
  expect(redoing(swap)).toEqual([
    { name: "en_l", xyz: [-1, 0, 0] },
    { name: "en_r", xyz: [1, 0, 0] },
  ]);
  const gone = editBetween("Missing", MOVED, landmarks([null, [1, 0, 0], [-1, 0, 0]], [true, false, false]));
  expect(redoing(gone)).toEqual([{ name: "n", missing: true }]);
  expect(undoing(gone)).toEqual([{ name: "n", xyz: [0, 2, 0] }]);
});

it("what is done anew forgets what was undone", () => {
  const one = reduce(NOTHING, { type: "did", edit: move });
  const back = reduce(one, { type: "undid" });
  expect(back.past).toEqual([]);
  expect(back.future).toEqual([move]);
  expect(reduce(back, { type: "redid" })).toEqual(one);
  const other: Edit = { ...move, title: "other" };
  expect(reduce(back, { type: "did", edit: other }).future).toEqual([]);
});

it("nothing to undo or to do leaves everything as it is", () => {
  expect(reduce(NOTHING, { type: "undid" })).toBe(NOTHING);
  expect(reduce(NOTHING, { type: "redid" })).toBe(NOTHING);
  expect(reduce(NOTHING, { type: "did", edit: { title: "", changes: [] } })).toBe(NOTHING);
});

it("undoing past what was saved has something to save again", () => {
  let history = reduce(NOTHING, { type: "did", edit: move });
  expect(isUnsaved(history)).toBe(true);
  history = reduce(history, { type: "saved" });
  expect(isUnsaved(history)).toBe(false);
  history = reduce(history, { type: "undid" });
  expect(isUnsaved(history)).toBe(true);
  expect(isUnsaved(reduce(history, { type: "redid" }))).toBe(false);
  expect(isUnsaved(NOTHING)).toBe(false);
});
