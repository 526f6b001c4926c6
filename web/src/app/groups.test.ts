import { beforeEach, expect, it } from "vitest";
import type { Scan } from "../api/types";
import { groups, groupScans, sameGroup, tabsOf } from "./groups";
import type { OpenScan } from "./state";

const open = (id: string, sequence: string | null = null): OpenScan => ({
  info: { id, name: `${id}.ply`, sequence } as Scan,
  surface: null,
  noFace: "",
});

beforeEach(() => {
  groups.value = new Map();
});

it("frames of a sequence share a tab, in the order of opening", () => {
  groupScans(["b", "c"], "s1", "smile");
  const tabs = tabsOf([open("a"), open("b"), open("d"), open("c")], groups.value);
  expect(tabs.map(({ title, ids }) => [title, ids.join("")])).toEqual([
    ["a.ply", "a"],
    ["smile", "bc"],
    ["d.ply", "d"],
  ]);
  expect(sameGroup("b", "c")).toBe(true);
  expect(sameGroup("a", "b")).toBe(false);
  expect(sameGroup("a", "d")).toBe(false);
});

it("scans know of their sequence by themselves", () => {
  expect(tabsOf([open("x", "s2"), open("y", "s2")], groups.value)).toEqual([
    { key: "s2", title: "x.ply", ids: ["x", "y"] },
  ]);
});
