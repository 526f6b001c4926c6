import { expect, it } from "vitest";
import { overlap } from "../landmarks/labels";
import { placeTags } from "./tags";

const SIZE = { width: 800, height: 600 };
const tag = (x: number, y: number, loud = false) => ({ x, y, width: 90, loud });

it("tags at one place stack, the chosen one nearest", () => {
  const places = placeTags([tag(400, 300), tag(405, 303), tag(398, 300, true)], SIZE);
  for (const [i, one] of places.entries())
    for (const other of places.slice(i + 1)) expect(overlap(one, other)).toBe(false);
  const away = places.map(({ y, height }, i) => Math.abs(y + height / 2 - [300, 303, 300][i]!));
  expect(Math.min(...away)).toBe(away[2]);
});

it("tags stay on the stage", () => {
  const [corner] = placeTags([tag(5, 5)], SIZE);
  expect(corner).toMatchObject({ x: 2, y: expect.closeTo(13.1) as number });
  const [edge] = placeTags([tag(799, 300)], SIZE);
  expect(edge!.x + edge!.width).toBeLessThanOrEqual(798);
});
