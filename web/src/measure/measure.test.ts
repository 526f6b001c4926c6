import { Vector3 } from "three";
import { expect, it } from "vitest";
import type { AsymmetryRow, MeasureRow } from "../api/types";
import { explained, sortedRows } from "./order";
import { figureOf, upright } from "./figures";
import { interval, keyOf, matching, toTsv, withError } from "./table";

function row(change: Partial<MeasureRow>): MeasureRow {
  return {
    measure: "en-en",
    side: "",
    name: "intercanthal width",
    kind: "distance",
    unit: "mm",
    value: 30,
    standard_error: 1,
    low_90: 28.4,
    high_90: 31.6,
    visible: true,
    note: "",
    landmarks: ["en_l", "en_r"],
    ...change,
  };
}

const PLACES = new Map([
  ["en_l", new Vector3(15, 0, 0)],
  ["en_r", new Vector3(-15, 0, 0)],
  ["n", new Vector3(0, 10, 0)],
]);

it("rows are found by all words and stay in their groups", () => {
  const rows = [
    row({ kind: "index", name: "nasal index", measure: "al-al/n-sn" }),
    row({ side: "left" }),
    row({ kind: "angle", name: "nasal angle" }),
  ];
  expect(matching(rows, "").map(({ kind }) => kind)).toEqual(["distance", "angle", "index"]);
  expect(matching(rows, "nasal ind")).toEqual([rows[0]]);
  expect(matching(rows, "LEFT en-en")).toEqual([rows[1]]);
  expect(matching(rows, "ear")).toEqual([]);
  expect(new Set(rows.map(keyOf)).size).toBe(3);
});

it("an interval is drawn about the value, to a tenth or so of it", () => {
  const found = interval(row({}))!;
  expect(found.from).toBeCloseTo(0.5 - 1.6 / 7.2);
  expect(found.to).toBeCloseTo(0.5 + 1.6 / 7.2);
  expect(found.cut).toBe(false);
  expect(interval(row({ low_90: 20, high_90: 40 }))).toEqual({ from: 0, to: 1, cut: true });
  expect(interval(row({ value: null }))).toBeNull();
  expect(interval(row({ unit: "deg", value: 0, low_90: -4, high_90: 4 }))).toEqual({
    from: 0.25,
    to: 0.75,
    cut: false,
  });
});

it("values show the digits that mean something", () => {
  expect(withError(30.123, 1.234)).toBe("30.1 ± 1.2");
  expect(withError(151.46, 13.5)).toBe("151 ± 13.5");
  expect(withError(30.123, null)).toBe("30.1");
});

it("copied tables have a line of titles and no stray tabs", () => {
  const lines = toTsv([row({ note: "a\tb\nc", standard_error: null })]).split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]!.split("\t")).toHaveLength(lines[1]!.split("\t").length);
  expect(lines[1]).toContain("a b c");
});

it("a distance is a line with its value in the middle", () => {
  const figure = figureOf(row({}), PLACES);
  expect(figure.lines).toHaveLength(1);
  expect(figure.label!.toArray()).toEqual([0, 0, 0]);
  expect(figureOf(row({ landmarks: ["en_l", "gone"] }), PLACES)).toEqual({ lines: [], label: null });
});

it("an angle has an arc of points at one distance from its corner", () => {
  const figure = figureOf(row({ kind: "angle", landmarks: ["en_l", "n", "en_r"] }), PLACES);
  const corner = PLACES.get("n")!;
  const away = figure.lines[1]!.points.map((point) => point.distanceTo(corner));
  expect(Math.max(...away) - Math.min(...away)).toBeLessThan(1e-9);
});

it("a height stands square to the Frankfurt horizontal", () => {
  const places = new Map([
    ["t_l", new Vector3(70, 0, 0)],
    ["t_r", new Vector3(-70, 0, 0)],
    ["or_l", new Vector3(30, 10, 90)],
    ["or_r", new Vector3(-30, 10, 90)],
    ["v", new Vector3(0, 120, 20)],
    ["tr", new Vector3(0, 60, 80)],
  ]);
  const up = upright(places);
  expect(up.y).toBeGreaterThan(0.9);
  expect(up.dot(new Vector3(0, 10, 90).normalize())).toBeCloseTo(0);
  const [height, level] = figureOf(row({ kind: "projective height", landmarks: ["v", "tr"] }), places).lines;
  const along = height!.points[1]!.clone().sub(height!.points[0]!);
  expect(Math.abs(along.clone().normalize().dot(up))).toBeCloseTo(1);
  expect(level!.points[1]!.clone().sub(level!.points[0]!).dot(up)).toBeCloseTo(0);
  expect(upright(new Map()).toArray()).toEqual([0, 1, 0]);
});

it("what errors do not explain comes first, then by size", () => {
  const one = (name: string, value: number | null, by_error: number | null): AsymmetryRow => ({
    name,
    partner: null,
    value,
    standard_error: 1,
    by_error,
    offset: null,
    visible: true,
    note: "",
  });
  const rows = [
    one("gone", null, null),
    one("large", 7, 9),
    one("more", 3, 2),
    one("small", 1, 4),
    one("unknown", 5, null),
  ];
  expect(sortedRows(rows).map(({ name }) => name)).toEqual(["more", "large", "unknown", "small", "gone"]);
  expect(rows.map(explained)).toEqual([null, true, false, true, null]);
});
