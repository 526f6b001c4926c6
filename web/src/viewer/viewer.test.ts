import { Matrix4, Sphere, Vector3 } from "three";
import { expect, it } from "vitest";
import { coarseIndex, coarsePoints, spacingOf, within } from "./coarse";
import { colorAt, cssGradient } from "./colormap";
import { along } from "./flight";
import { LEVELS, Pace } from "./pace";
import { barLabel, scaleBar } from "./scalebar";

it("bars have round lengths and fit", () => {
  for (const perMm of [0.013, 0.4, 1, 2.37, 19, 400]) {
    const { mm, pixels } = scaleBar(perMm, 160);
    expect(pixels).toBeLessThanOrEqual(160 + 1e-9);
    expect(pixels).toBeGreaterThan(160 / 2.5 - 1e-9);
    expect([1, 2, 5]).toContain(Math.round(mm / 10 ** Math.floor(Math.log10(mm) + 1e-9)));
  }
  expect(scaleBar(2, 160)).toEqual({ mm: 50, pixels: 100 });
});

it("lengths are written in their own unit", () => {
  expect(barLabel(50)).toBe("50 mm");
  expect(barLabel(2000)).toBe("2 m");
  expect(barLabel(0.2)).toBe("200 µm");
});

it("colours are those of the library's pictures", () => {
  expect(colorAt("diverging", 0)).toEqual([20, 62, 118]);
  expect(colorAt("diverging", 0.5)).toEqual([243, 241, 236]);
  expect(colorAt("sequential", 1)).toEqual([48, 20, 72]);
  expect(colorAt("sequential", 7)).toEqual([48, 20, 72]);
  expect(colorAt("diverging", 1 / 12)).toEqual([32.5, 87.5, 144]);
  expect(cssGradient("sequential")).toContain("rgb(247 242 226)");
});

/** A square of `side` by `side` cells of two triangles. */
function grid(side: number): { positions: Float32Array; index: Uint32Array } {
  const row = side + 1;
  const positions = Float32Array.from(
    { length: 3 * row * row },
    (_, i) => [Math.floor(i / 3) % row, Math.floor(i / 3 / row), 0][i % 3]! / side,
  );
  const index: number[] = [];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const a = y * row + x;
      index.push(a, a + 1, a + row, a + 1, a + row + 1, a + row);
    }
  }
  return { positions, index: Uint32Array.from(index) };
}

function area(positions: Float32Array, index: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < index.length; i += 3) {
    const [a, b, c] = [3 * index[i]!, 3 * index[i + 1]!, 3 * index[i + 2]!];
    const cross =
      (positions[b]! - positions[a]!) * (positions[c + 1]! - positions[a + 1]!) -
      (positions[b + 1]! - positions[a + 1]!) * (positions[c]! - positions[a]!);
    sum += cross / 2;
  }
  return sum;
}

it("a coarse surface has about as many triangles as wanted, and no holes", () => {
  const { positions, index } = grid(100);
  const coarse = coarseIndex(positions, index, 800);
  expect(coarse.length / 3).toBeGreaterThan(400);
  expect(coarse.length / 3).toBeLessThan(1600);
  // All turned the same way, and covering all but the rim once.
  expect(area(positions, coarse)).toBeGreaterThan(0.88);
  expect(area(positions, coarse)).toBeLessThanOrEqual(1.0001);
});

it("a surface without an index is joined all the same", () => {
  const { positions, index } = grid(20);
  const corners = Float32Array.from([...index].flatMap((i) => [...positions.slice(3 * i, 3 * i + 3)]));
  const coarse = coarseIndex(corners, null, 100);
  expect(coarse.length / 3).toBeGreaterThan(30);
  expect(coarse.length / 3).toBeLessThan(250);
});

it("pieces of a texture are not joined, and keep their edges", () => {
  const { positions, index } = grid(40);
  const count = positions.length / 3;
  // The same square twice, as two pieces at one place.
  const twice = Float32Array.from([...positions, ...positions]);
  const both = Uint32Array.from([...index, ...[...index].map((i) => i + count)]);
  const coarse = coarseIndex(twice, both, 400, true);
  for (let i = 0; i < coarse.length; i += 3) {
    const piece = [0, 1, 2].map((k) => (coarse[i + k]! < count ? 0 : 1));
    expect(new Set(piece).size).toBe(1);
  }
  expect(coarse.length).toBeLessThan(both.length / 2);
  // Nothing is cut off at the rim.
  expect(area(twice, coarse)).toBeCloseTo(2, 5);
});

it("of a cloud some points stand for all", () => {
  expect(coarsePoints(new Float32Array(3000), 100).length).toBe(100);
  expect(coarsePoints(new Float32Array(30), 100)).toEqual(Uint32Array.from({ length: 10 }, (_, i) => i));
});

it("points within a ball are told after they are placed", () => {
  const positions = Float32Array.of(0, 0, 0, 1, 0, 0, 0, 0, 9);
  const doubled = new Matrix4().makeScale(2, 2, 2);
  expect([...within(positions, doubled, new Sphere(new Vector3(), 2.5))]).toEqual([0, 0, 0, 1, 0, 0]);
  expect([...within(positions, doubled, new Sphere(new Vector3(), 1.5))]).toEqual([0, 0, 0]);
});

it("the spacing of a cloud is that of its nearest neighbours", () => {
  expect(spacingOf(grid(20).positions)).toBeCloseTo(0.05, 5);
  expect(spacingOf(new Float32Array(3))).toBe(0);
});

it("a slow machine draws fewer triangles first, then fewer pixels, a pause counts for nothing", () => {
  const pace = new Pace(false, 2);
  pace.took(90, 2);
  expect(pace.level).toBe(0);
  pace.took(90, 2);
  pace.took(5000, 2);
  expect(pace.level).toBe(1);
  for (let i = 0; i < 40; i++) pace.took(90, 2);
  expect(pace.level).toBe(LEVELS.length - 1);
  expect(pace.ratio).toBeCloseTo(1);
  for (let i = 0; i < 60; i++) pace.took(8, 2);
  expect(pace.ratio).toBe(2);
  expect(pace.level).toBe(LEVELS.length - 1);
});

it("a fast machine stays as it is, software begins with the least", () => {
  const fast = new Pace(false, 1.5);
  for (let i = 0; i < 30; i++) fast.took(16, 1.5);
  expect([fast.level, fast.ratio, fast.still]).toEqual([0, 1.5, 1.5]);
  expect(new Pace(true, 1).level).toBe(LEVELS.length - 1);
  expect(new Pace(true, 1).still).toBe(2);
});

it("a flight begins where it is, ends where it should, and turns evenly", () => {
  const from = { target: new Vector3(0, 0, 0), towards: new Vector3(0, 0, 1), zoom: 1 };
  const to = { target: new Vector3(10, 0, 0), towards: new Vector3(1, 0, 0), zoom: 4 };
  const told = [0, 0.5, 1].map((share) => along(from, to, share));
  expect(told.map(({ target }) => target.x)).toEqual([0, 5, 10]);
  expect(told.map(({ zoom }) => zoom)).toEqual([1, 2, 4]);
  expect(told[1]!.towards.distanceTo(new Vector3(1, 0, 1).normalize())).toBeLessThan(1e-9);
  expect(told[2]!.towards.distanceTo(to.towards)).toBeLessThan(1e-9);
  expect(told[1]!.towards.length()).toBeCloseTo(1);
});
