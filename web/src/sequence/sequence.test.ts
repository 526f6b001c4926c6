import { describe, expect, it } from "vitest";
import { advance, duration, frameAt, liveliest, nearestFrame, partOf, pathOf, spreadLabels } from "./clock";
import { naturalOrder, seriesName, seriesOf } from "./order";

describe("names of frames", () => {
  it("are ordered as people count", () => {
    expect(["f10.ply", "f2.ply", "F1.ply", "f2b.ply"].sort(naturalOrder)).toEqual([
      "F1.ply",
      "f2.ply",
      "f2b.ply",
      "f10.ply",
    ]);
  });

  it("are a series when they are numbered, whatever follows the number", () => {
    const frames = Array.from({ length: 12 }, (_, i) => `smile_${String(i).padStart(3, "0")}.ply`);
    expect(seriesOf(frames)).toBe("smile_");
    expect(seriesName("smile_")).toBe("smile");
    expect(seriesOf(["a.01_neutral.obj", "a.02_smile.obj", "a.03_grin.obj", "a.04_anger.obj", "a.05_sad.obj"])).toBe(
      "a.",
    );
    expect(seriesOf(["1.ply", "2.ply", "3.ply", "4.ply", "10.ply"])).toBe("");
    expect(seriesName("")).toBe("sequence");
  });

  it("are none when they are few, differ in kind, or have no numbers", () => {
    expect(seriesOf(["f1.ply", "f2.ply"])).toBeNull();
    expect(seriesOf(["f1.ply", "f2.ply", "f3.ply", "f4.ply", "f5.obj"])).toBeNull();
    expect(seriesOf(["anna.ply", "bert.ply", "cleo.ply", "dora.ply", "emil.ply"])).toBeNull();
    expect(seriesOf(["f1a.ply", "f1b.ply", "f2.ply", "f3.ply", "f4.ply"])).toBeNull();
  });
});

describe("time", () => {
  const times = [10, 10.1, 10.2, 10.5];

  it("maps to the frame that was taken last", () => {
    expect([0, 0.05, 0.1, 0.19, 0.2, 0.4, 0.5, 9].map((at) => frameAt(times, at))).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect([0, 0.06, 0.3, 0.36].map((at) => nearestFrame(times, at))).toEqual([0, 1, 2, 3]);
    expect(frameAt([], 1)).toBeLessThanOrEqual(0);
  });

  it("shows the last frame as long as the others", () => {
    expect(duration([0, 1, 2])).toBe(3);
    expect(duration([5])).toBe(1);
  });

  it("begins anew or ends", () => {
    expect(advance(0.9, 0.2, 1, true).at).toBeCloseTo(0.1);
    expect(advance(0.9, 0.2, 1, false)).toEqual({ at: 1, ended: true });
    expect(advance(0.5, 0.2, 1, false)).toEqual({ at: 0.7, ended: false });
  });
});

describe("curves", () => {
  it("are chosen by how far they reach", () => {
    const curves = [
      { name: "still", values: [0.4, 0.4] },
      { name: "small", values: [0, null, 0.2] },
      { name: "large", values: [0.9, 0.1] },
    ];
    expect(liveliest(curves, 5)).toEqual(["large", "small"]);
    expect(liveliest(curves, 1)).toEqual(["large"]);
    const lips = ["lip_outer_1", "lip_outer_2", "jaw_08"].map((name, i) => ({ name, values: [0, 9 - i] }));
    expect(liveliest(lips, 2, partOf)).toEqual(["lip_outer_1", "jaw_08"]);
  });

  it("break where a value is missing", () => {
    expect(
      pathOf(
        [0, 1, null, 2, 3],
        (x) => x,
        (y) => y,
      ),
    ).toBe("M0.0 0.0L1.0 1.0M3.0 2.0L4.0 3.0");
  });

  it("have labels that do not lie on each other", () => {
    expect(spreadLabels([10, 11, 50], 12, 100)).toEqual([10, 22, 50]);
    const low = spreadLabels([99, 98, 97], 12, 100);
    expect(Math.max(...low)).toBeLessThanOrEqual(100);
    expect(low[0]! - low[1]!).toBeGreaterThanOrEqual(12);
  });
});
