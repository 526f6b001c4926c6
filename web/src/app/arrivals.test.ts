import { afterEach, expect, it } from "vitest";
import type { Scan } from "../api/types";
import { announce, arrivals } from "./arrivals";
import { scans } from "./state";

afterEach(() => (scans.value = []));

const names = () => arrivals.value.map(({ name, doing, share }) => [name, doing, share]);

it("a file is told of until its scan is on the stage, or it has failed", () => {
  const [face, other] = [announce("face.obj"), announce("other.obj")];
  expect(names()).toEqual([
    ["face.obj", "Waiting", null],
    ["other.obj", "Waiting", null],
  ]);
  face.change({ doing: "Sending", share: 0.4, scan: "s1" });
  expect(names()[0]).toEqual(["face.obj", "Sending", 0.4]);
  scans.value = [{ info: { id: "s1" } as Scan, surface: null, noFace: "" }];
  expect(names()).toEqual([["other.obj", "Waiting", null]]);
  other.end();
  face.end();
  expect(arrivals.value).toEqual([]);
});
