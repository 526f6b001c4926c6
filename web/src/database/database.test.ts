import { describe, expect, it } from "vitest";
import { ageBands, bandLabel, fromHash, parseAges, toHash, toQuery, toWhere, toWords, withFilter } from "./query";
import { moved, scrollTo, windowOf } from "./virtual";

describe("filters", () => {
  const filters = { sex: "female", age: "30..40", device: "Rig & lamp", lacks: "fit" };

  it("become a query", () => {
    expect(toQuery(filters, { limit: 60, after: null })).toBe(
      "?sex=female&age_from=30&age_below=40&device=Rig+%26+lamp&lacks=fit&limit=60",
    );
    expect(toQuery({})).toBe("");
    expect(toWhere({ age: "30.." })).toEqual({ age_from: 30 });
  });

  it("survive the page's address", () => {
    expect(fromHash(toHash("review", filters))).toEqual({ tab: "review", filters });
    expect(toHash("scans", {})).toBe("#database");
    expect(fromHash("#database?age=old&colour=red")).toEqual({ tab: "scans", filters: {} });
  });

  it("are set and taken away", () => {
    expect(withFilter(filters, "sex", "")).toEqual({ age: "30..40", device: "Rig & lamp", lacks: "fit" });
    expect(withFilter({}, "has", "landmarks")).toEqual({ has: "landmarks" });
  });

  it("are told in words", () => {
    expect(toWords(filters)).toBe("sex female, age 30 to 39, device Rig & lamp, without fit");
    expect(toWords({})).toBe("all scans");
  });

  it("have ages in decades", () => {
    expect(ageBands([23.5, 41])).toEqual(["20..30", "30..40", "40..50"]);
    expect(ageBands(null)).toEqual([]);
    expect(parseAges("..18")).toEqual({ from: null, below: 18 });
    expect(bandLabel("60..")).toBe("60 and older");
  });
});

describe("the window of a long list", () => {
  const layout = {
    scrollTop: 0,
    viewHeight: 500,
    width: 800,
    count: 1000,
    cellWidth: 120,
    cellHeight: 150,
    gap: 10,
    overscan: 1,
  };

  it("has as many columns as fit, and draws what is in view", () => {
    expect(windowOf(layout)).toEqual({ columns: 6, rows: 167, first: 0, last: 30, top: 0, height: 26710 });
    expect(windowOf({ ...layout, scrollTop: 1600 })).toMatchObject({ first: 54, last: 90, top: 1440 });
    expect(windowOf({ ...layout, scrollTop: 26210 })).toMatchObject({ last: 1000 });
  });

  it("is one column without a width, and nothing without cells", () => {
    expect(windowOf({ ...layout, cellWidth: 0, cellHeight: 30, gap: 0 })).toMatchObject({
      columns: 1,
      rows: 1000,
      last: 18,
    });
    expect(windowOf({ ...layout, count: 0 })).toMatchObject({ first: 0, last: 0, height: 0 });
    expect(windowOf({ ...layout, width: 50 }).columns).toBe(1);
  });

  it("follows the keys", () => {
    expect(moved("ArrowDown", 2, 6, 20, 3)).toBe(8);
    expect(moved("ArrowDown", 18, 6, 20, 3)).toBe(19);
    expect(moved("ArrowLeft", 0, 6, 20, 3)).toBe(0);
    expect(moved("End", 3, 6, 20, 3)).toBe(19);
    expect(moved("ArrowDown", -1, 6, 20, 3)).toBe(0);
    expect(moved("x", 0, 6, 20, 3)).toBeNull();
  });

  it("scrolls no further than needed", () => {
    expect(scrollTo(0, 6, 160, 150, 300, 500)).toBe(0);
    expect(scrollTo(12, 6, 160, 150, 300, 500)).toBeNull();
    expect(scrollTo(30, 6, 160, 150, 300, 500)).toBe(450);
  });
});
