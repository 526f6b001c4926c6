/** Where the values of measures are written, so that none covers another one. */

import { type Box, overlap } from "../landmarks/labels";

export interface WantedTag {
  /** What it belongs to, pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Gets its place before the others. */
  readonly loud: boolean;
}

export const TAG = 18;
/** How far a tag may go from what it belongs to, in its own heights; the nearest first, and rather up than down. */
const STEPS = [-0.95, 0.95, -2.05, 2.05, -3.15, 3.15, -4.25, 4.25];

/** The middle of each tag. Where there is no room at all it stays above what it belongs to. */
export function placeTags(wanted: readonly WantedTag[], size: { width: number; height: number }): Box[] {
  const taken: Box[] = [];
  const places: Box[] = [];
  const order = wanted.map((_, index) => index).sort((a, b) => Number(wanted[b]!.loud) - Number(wanted[a]!.loud));
  for (const index of order) {
    const { x, y, width } = wanted[index]!;
    const tries = STEPS.map((step) => ({ x: x - width / 2, y: y + step * TAG - TAG / 2, width, height: TAG }))
      .filter((box) => box.y >= 2 && box.y + TAG <= size.height - 2)
      .map((box) => ({ ...box, x: Math.max(2, Math.min(box.x, size.width - width - 2)) }));
    const above = { x: x - width / 2, y: y + STEPS[0]! * TAG - TAG / 2, width, height: TAG };
    const free = tries.find((box) => !taken.some((other) => overlap(box, other))) ?? above;
    taken.push(free);
    places[index] = free;
  }
  return places;
}
