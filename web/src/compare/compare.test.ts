import { expect, it } from "vitest";
import type { Comparison, Landmarks, Matrix, Scan } from "../api/types";
import { addScan } from "../app/state";
import type { Surface } from "../viewer/surface";
import { movesOf } from "./arrows";
import { type Compared, onlyOf, rowsOf } from "./state";

const pose: Matrix = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
  [0, 0, 0, 1],
];
/** A quarter turn about the upright axis. */
const turned: Matrix = [
  [0, 0, 1, 0],
  [0, 1, 0, 5],
  [-1, 0, 0, 0],
  [0, 0, 0, 1],
];

it("moves of landmarks are told in the fit's face frame, and drawn in that of the scan's landmarks", () => {
  addScan({
    info: { id: "a", pose, center: [0, 0, 0], radius: 100 } as unknown as Scan,
    surface: {} as Surface,
    noFace: "",
  });
  const row = { set_name: "ibug68", name: "nose", left: 2, up: 3, forward: 0 };
  const info = {
    a: "a",
    b: "b",
    pose: turned,
    landmarks: [row, { ...row, set_name: "anthropometric" }, { ...row, left: null }],
  };
  const marks = { names: ["nose"], xyz: [[10, 20, 30]] } as unknown as Landmarks;
  const found = { info: info as unknown as Comparison, landmarks: new Map([["ibug68", marks]]) } as unknown as Compared;
  const [move, ...more] = movesOf(found, "ibug68");
  expect(more).toEqual([]);
  expect(move!.from.toArray()).toEqual([10, 20, 30]);
  expect(move!.to.toArray().map((value) => Math.round(value * 1e6) / 1e6)).toEqual([10, 23, 32]);
});

it("a region is seen alone, and the face without the neck", () => {
  const regions = [{ region: "face" }, { region: "nose" }, { region: "chin" }, { region: "neck" }];
  const values = Float32Array.of(1, 2, 3, 4);
  const rows = Float32Array.of(1, 2, 3, -1);
  const seen = (region: string) => [...onlyOf(values, rows, rowsOf(region, regions))];
  expect(seen("nose")).toEqual([1, NaN, NaN, NaN]);
  expect(seen("face")).toEqual([1, 2, NaN, NaN]);
});
