import { expect, it } from "vitest";
import { parcels } from "./open";

const files = (...names: string[]) => names.map((name) => new File([], name));
const told = (...names: string[]) =>
  parcels(files(...names)).map(({ main, companions }) => [main.name, ...companions.map(({ name }) => name)]);

it("one mesh takes everything that comes with it", () => {
  expect(told("face.obj", "face.mtl", "skin.jpg", "bump.png")).toEqual([
    ["face.obj", "face.mtl", "skin.jpg", "bump.png"],
  ]);
});

it("of several scans each takes what is called as it is", () => {
  expect(told("a.obj", "b.obj", "a.mtl", "b.jpg", "other.jpg")).toEqual([
    ["a.obj", "a.mtl"],
    ["b.obj", "b.jpg"],
  ]);
});

it("a picture alone is a depth image, with its camera", () => {
  expect(told("depth.png", "depth.json")).toEqual([["depth.png", "depth.json"]]);
});

it("suffixes may be large", () => {
  expect(told("FACE.OBJ", "FACE.MTL")).toEqual([["FACE.OBJ", "FACE.MTL"]]);
});

it("companions alone are no scan", () => {
  expect(told("skin.jpg", "notes.json")).toEqual([]);
  expect(told()).toEqual([]);
});
