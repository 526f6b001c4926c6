import { expect, it } from "vitest";
import { LINE, overlap, placeLabels, type Wanted } from "./labels";

const SIZE = { width: 800, height: 600 };

function crowd(count: number, seed = 3): Wanted[] {
  let state = seed;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  return Array.from({ length: count }, () => ({
    x: 250 + 300 * random(),
    y: 150 + 300 * random(),
    width: 30 + 50 * random(),
    rank: 0,
  }));
}

function boxes(wanted: readonly Wanted[], places: ReturnType<typeof placeLabels>["places"]) {
  return places.flatMap((place, i) => (place ? [{ ...place, width: wanted[i]!.width, height: LINE, i }] : []));
}

it("no name covers another one, or another one's point", () => {
  const wanted = crowd(80);
  const shown = boxes(wanted, placeLabels(wanted, SIZE, 400).places);
  expect(shown.length).toBeGreaterThan(30);
  for (const a of shown) {
    for (const b of shown) if (a.i < b.i) expect(overlap(a, b)).toBe(false);
    for (const [i, { x, y }] of wanted.entries()) {
      if (i !== a.i) expect(overlap(a, { x: x - 3, y: y - 3, width: 6, height: 6 })).toBe(false);
    }
  }
});

it("names stay on the page", () => {
  const wanted = [
    { x: 3, y: 3, width: 60, rank: 0 },
    { x: 797, y: 597, width: 60, rank: 0 },
  ];
  for (const box of boxes(wanted, placeLabels(wanted, SIZE, 400).places)) {
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(SIZE.width);
    expect(box.y).toBeGreaterThanOrEqual(0);
    expect(box.y + box.height).toBeLessThanOrEqual(SIZE.height);
  }
});

it("names lie away from the middle where there is room", () => {
  const wanted = [
    { x: 300, y: 300, width: 40, rank: 0 },
    { x: 500, y: 300, width: 40, rank: 0 },
  ];
  const [left, right] = placeLabels(wanted, SIZE, 400).places;
  expect(left!.x).toBeLessThan(300 - 40);
  expect(right!.x).toBeGreaterThan(500);
});

it("of two at one place the higher rank is shown", () => {
  const many = Array.from({ length: 12 }, (_, i) => ({ x: 400, y: 300 + i, width: 400, rank: i }));
  const { places } = placeLabels(many, SIZE, 0);
  expect(places[11]).not.toBeNull();
  expect(places.filter(Boolean).length).toBeLessThan(12);
});

it("a loud name is shown whatever it covers", () => {
  const wanted = [...crowd(150), { x: 400, y: 300, width: 70, rank: Infinity }];
  expect(placeLabels(wanted, SIZE, 400).places[150]).not.toBeNull();
});

it("a name stays on its side of the point while it can", () => {
  const wanted = [{ x: 400, y: 300, width: 40, rank: 0 }];
  const first = placeLabels(wanted, SIZE, 399);
  const { chosen } = placeLabels(wanted, SIZE, 399, [4]);
  expect(first.chosen).toEqual([0]);
  expect(chosen).toEqual([4]);
});
