import { expect, it } from "vitest";
import { grouped, groupOf, labelOf, spokenOf } from "./names";

const NAMES = ["eyeBlinkLeft", "jawOpen", "mouthSmileLeft", "mouthSmileRight", "browInnerUp", "tongueOut"];

it("names are words in groups", () => {
  expect(groupOf("mouthSmileLeft")).toBe("mouth");
  expect(labelOf("mouthSmileLeft")).toBe("smile left");
  expect(labelOf("browInnerUp")).toBe("inner up");
  expect(spokenOf("jawOpen")).toBe("jaw open");
  expect(labelOf("strange")).toBe("strange");
});

it("groups stand in one order and keep all names", () => {
  const found = grouped(NAMES);
  expect(found.map(({ group }) => group)).toEqual(["brows", "eyes", "jaw", "mouth", "tongue"]);
  expect(found.flatMap(({ rows }) => rows).sort()).toEqual([0, 1, 2, 3, 4, 5]);
});

it("are found by words", () => {
  expect(grouped(NAMES, "smile")).toEqual([{ group: "mouth", rows: [2, 3] }]);
  expect(grouped(NAMES, "mouth left")).toEqual([{ group: "mouth", rows: [2] }]);
  expect(grouped(NAMES, "mouthsmile")).toEqual([{ group: "mouth", rows: [2, 3] }]);
  expect(grouped(NAMES, "xyz")).toEqual([]);
});
