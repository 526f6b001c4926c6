import { expect, it } from "vitest";
import type { Landmarks, Scan } from "../api/types";
import { marksOf, partnerOf, spoken } from "./marks";

const SCAN = {
  // From metres, with x and y exchanged, to the face frame.
  pose: [
    [0, 1000, 0, 5],
    [1000, 0, 0, 0],
    [0, 0, -1000, 0],
    [0, 0, 0, 1],
  ],
  mm_per_unit: 1000,
  radius: 0.2,
  center: [0, 0, 0],
} as unknown as Scan;

const LANDMARKS: Landmarks = {
  scan: "s",
  set: "ibug68",
  names: ["jaw_00", "jaw_16", "nose", "gone"],
  definitions: ["", "", "", ""],
  pairs: [[0, 1]],
  xyz: [[0, 0.06, 0], [0, -0.06, 0], [0.01, 0, -0.02], null],
  sigma: [1, 1, null, 2],
  visible: [true, false, true, false],
  corrected: [true, true, false, false],
  // A person has swapped the first two.
  predicted: [[0, -0.06, 0], [0, 0.06, 0], [0.01, 0, -0.02], null],
  unit: "m",
  mm_per_unit: 1000,
  history: [],
};

it("marks lie in the world, in mm", () => {
  const [one, , nose, gone] = marksOf(SCAN, LANDMARKS);
  expect(one!.at!.toArray()).toEqual([65, 0, 0]);
  expect(nose!.at!.toArray().map(Math.round)).toEqual([5, 10, 20]);
  expect(gone!.at).toBeNull();
});

it("sides are those of where the points were found", () => {
  expect(marksOf(SCAN, LANDMARKS).map((mark) => mark.side)).toEqual(["right", "left", "middle", "middle"]);
});

it("what is known of each goes along", () => {
  const marks = marksOf(SCAN, LANDMARKS);
  expect(marks.map((mark) => mark.inferred)).toEqual([false, true, false, true]);
  expect(marks.map((mark) => mark.corrected)).toEqual([true, true, false, false]);
  expect(marks.map((mark) => mark.sigma)).toEqual([1, 1, null, 2]);
});

it("partners are on the other side", () => {
  expect(partnerOf(LANDMARKS, "jaw_00")).toBe("jaw_16");
  expect(partnerOf(LANDMARKS, "jaw_16")).toBe("jaw_00");
  expect(partnerOf(LANDMARKS, "nose")).toBeNull();
  expect(spoken("eye_left_3")).toBe("eye left 3");
});
