import { Vector3 } from "three";
import { expect, it } from "vitest";
import type { Scan } from "../api/types";
import { directionToScan, localToWorld, mmPerUnit, scanToWorld, toScan, toWorld } from "./frames";

const turned = {
  pose: [
    [0, -10, 0, 3],
    [10, 0, 0, -4],
    [0, 0, 10, 50],
    [0, 0, 0, 1],
  ],
  mm_per_unit: 10,
  center: [1, 2, 3],
  radius: 12,
} as unknown as Scan;
const unposed = { ...turned, pose: null } as unknown as Scan;
const unitless = { ...unposed, mm_per_unit: null, radius: 55 } as unknown as Scan;

it("a pose is given row by row", () => {
  expect(toWorld(turned, [1, 2, 3]).toArray()).toEqual([-17, 6, 80]);
});

it("there and back", () => {
  for (const scan of [turned, unposed, unitless]) {
    const there = toWorld(scan, [0.25, -7, 2]);
    toScan(scan, there).forEach((value, i) => expect(value).toBeCloseTo([0.25, -7, 2][i]!, 6));
  }
});

it("geometry is sent without the centre", () => {
  const at = new Vector3(0.5, 1, -1).applyMatrix4(localToWorld(turned));
  expect(at.distanceTo(toWorld(turned, [1.5, 3, 2]))).toBeLessThan(1e-9);
});

it("directions keep the length 1 and turn back", () => {
  expect(directionToScan(turned, new Vector3(0, 1, 0)).map((value) => Math.round(value * 1e9) / 1e9 + 0)).toEqual([
    1, 0, 0,
  ]);
});

it("without a face a scan lies about its centre; without a unit it is as large as a head", () => {
  expect(toWorld(unposed, [1, 2, 3]).length()).toBeLessThan(1e-9);
  expect(mmPerUnit(unposed)).toBeCloseTo(10);
  expect(mmPerUnit(unitless)).toBeCloseTo(2);
  expect(scanToWorld(turned).determinant()).toBeGreaterThan(0);
});
