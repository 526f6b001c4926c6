/** Names beside their points: where each goes so that none overlaps another name or a point. */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Wanted {
  /** Of the point, pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Names of a higher rank get a place first; without end they are drawn whatever they cover. */
  readonly rank: number;
}

/** Upper left corner of a name beside its point; null where there is no room for it. */
export type Place = { readonly x: number; readonly y: number } | null;

export const LINE = 15;
/** Free space between a point and its name, pixels. */
const GAP = 7;
/** Space around a point that names keep free, pixels. */
const POINT = 4;

/** Places around a point in the order in which they are tried, as shares of (width, height): east, west, then corners. */
const AROUND: readonly (readonly [number, number])[] = [
  [1, 0],
  [1, -0.8],
  [1, 0.8],
  [0, -1],
  [0, 1],
];

/**
 * Give each name a place beside its point, away from `middle`: the one before if that is still free, so that names rest.
 *
 * What finds no place is left out; nearer views have room for it.
 */
export function placeLabels(
  wanted: readonly Wanted[],
  size: { width: number; height: number },
  middle: number,
  before: readonly number[] = [],
): { places: Place[]; chosen: number[] } {
  const grid = new Grid();
  for (const { x, y } of wanted) grid.add({ x: x - POINT, y: y - POINT, width: 2 * POINT, height: 2 * POINT });
  const places: Place[] = wanted.map(() => null);
  const chosen = wanted.map(() => -1);
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[b]!.rank - wanted[a]!.rank || a - b);
  for (const index of order) {
    const one = wanted[index]!;
    const outward = one.x >= middle ? 1 : -1;
    const sides = [
      ...AROUND.map(([x, y]) => [x * outward, y]),
      ...AROUND.slice(0, 3).map(([x, y]) => [-x * outward, y]),
    ];
    const kept = before[index] ?? -1;
    const tries = [...(kept >= 0 ? [kept] : []), ...sides.keys()];
    const forced = one.rank === Infinity;
    for (const side of tries) {
      const [dx, dy] = sides[side] as [number, number];
      const box = beside(one, dx, dy);
      const inside =
        box.x >= 2 && box.y >= 2 && box.x + box.width <= size.width - 2 && box.y + box.height <= size.height - 2;
      if (!forced && (!inside || grid.hits(box, { x: one.x, y: one.y }))) continue;
      if (forced && !inside) continue;
      grid.add(box);
      places[index] = { x: box.x, y: box.y };
      chosen[index] = side;
      break;
    }
  }
  return { places, chosen };
}

function beside(one: Wanted, dx: number, dy: number): Box {
  const x = dx > 0 ? one.x + GAP : dx < 0 ? one.x - GAP - one.width : one.x - one.width / 2;
  const down = dx === 0 ? dy * (LINE / 2 + GAP) : dy * LINE * 0.75;
  return { x, y: one.y + down - LINE / 2, width: one.width, height: LINE };
}

const CELL = 48;

/** Boxes that are taken, found by where they lie. */
class Grid {
  private readonly cells = new Map<string, Box[]>();

  add(box: Box): void {
    for (const key of this.keys(box)) this.cells.set(key, [...(this.cells.get(key) ?? []), box]);
  }

  /** Whether a box covers another one, other than the one about its own point. */
  hits(box: Box, own: { x: number; y: number }): boolean {
    for (const key of this.keys(box)) {
      for (const other of this.cells.get(key) ?? []) {
        if (other.x + POINT === own.x && other.y + POINT === own.y && other.width === 2 * POINT) continue;
        if (overlap(box, other)) return true;
      }
    }
    return false;
  }

  private *keys(box: Box): Iterable<string> {
    for (let x = Math.floor(box.x / CELL); x <= Math.floor((box.x + box.width) / CELL); x++) {
      for (let y = Math.floor(box.y / CELL); y <= Math.floor((box.y + box.height) / CELL); y++) yield `${x},${y}`;
    }
  }
}

export function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
