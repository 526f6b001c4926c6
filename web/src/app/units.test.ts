import { expect, it } from "vitest";
import { longUnit, shortUnit } from "./units";

it("a unit is named, measured by the face or unknown", () => {
  const told = (unit: "in" | null, mm_per_unit: number | null) => {
    const scan = { unit, mm_per_unit };
    return [shortUnit(scan), longUnit(scan)];
  };
  expect(told("in", 25.4)).toEqual(["in", "inches"]);
  expect(told(null, 53.7812)).toEqual([
    "about 53.78 mm",
    "none that is usual; 1 is about 53.78 mm, by the face's size",
  ]);
  expect(told(null, 27600.4)[0]).toBe("about 27,600 mm");
  expect(told(null, 0.00012345)[0]).toBe("about 0.0001235 mm");
  expect(told(null, null)).toEqual(["unknown", "unknown"]);
});
