import { describe, expect, it } from "vitest";
import { bins, quantile, roundUp, signed, sorted, spread, tickLabel, ticks } from "./chart";

describe("ticks", () => {
  it("are round and inside the range", () => {
    expect(ticks(0, 1, 4)).toEqual([0, 0.5, 1]);
    expect(ticks(-3, 3, 6)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
    expect(ticks(0.013, 0.047, 4)).toEqual([0.02, 0.03, 0.04]);
  });

  it("of no range are none", () => {
    expect(ticks(1, 1, 5)).toEqual([]);
    expect(ticks(0, NaN, 5)).toEqual([]);
  });

  it("round up to 1, 2, 5", () => {
    expect([0.011, 0.3, 1, 2.1, 7, 100].map(roundUp)).toEqual([0.02, 0.5, 1, 5, 10, 100]);
    expect(roundUp(0)).toBe(1);
  });

  it("have the digits of their step", () => {
    expect(tickLabel(-0.5, 0.5)).toBe("−0.5");
    expect(tickLabel(20, 10)).toBe("20");
    expect(tickLabel(0.02, 0.02)).toBe("0.02");
  });

  it("have a sign unless they are 0", () => {
    expect(signed(1.234)).toBe("+1.23");
    expect(signed(-0.001)).toBe("0.00");
    expect(signed(-2, 1)).toBe("−2.0");
  });
});

describe("bins", () => {
  it("hold every number, the outermost those outside", () => {
    const found = bins([-5, -0.9, 0, 0.1, 0.99, 1, 7, NaN], -1, 1, 4);
    expect(found.counts).toEqual([2, 0, 2, 3]);
    expect(found.known).toBe(7);
  });
});

describe("quantiles", () => {
  it("lie between neighbours", () => {
    const values = sorted([4, NaN, 1, 3, 2]);
    expect([...values]).toEqual([1, 2, 3, 4]);
    expect(quantile(values, 0.5)).toBe(2.5);
    expect(quantile(values, 1)).toBe(4);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it("of deviations are of their size; the range is a multiple of half a millimetre", () => {
    const values = Float32Array.from({ length: 101 }, (_, i) => (i % 2 ? -1 : 1) * (i / 100) * 2);
    const found = spread(values);
    expect(found.median).toBeCloseTo(1, 5);
    expect(found.p95).toBeCloseTo(1.9, 5);
    expect(found.range).toBe(2);
    expect(spread([NaN])).toMatchObject({ known: 0, range: 0.5 });
  });
});
