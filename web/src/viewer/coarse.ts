/** A surface with fewer triangles between the same vertices, for while the view moves. */

import { type Matrix4, type Sphere, Vector3 } from "three";

/** Points whose neighbours are looked for. */
const SAMPLE = 120;

export type Index = ArrayLike<number>;

/** Corners of all triangles; of a geometry without an index they follow each other. */
function cornersOf(index: Index | null, count: number): Index {
  return index ?? Uint32Array.from({ length: count }, (_, i) => i);
}

/**
 * Join the vertices in each cell of a grid into one of them, and keep the triangles that are left.
 *
 * `wanted` is about how many there will be. Vertices are shared with the full surface, so all of their values are too.
 * With `seams` the edges of a texture's pieces stay as they are, and no triangle reaches from one piece into another.
 */
export function coarseIndex(
  positions: ArrayLike<number>,
  index: Index | null,
  wanted: number,
  seams = false,
): Uint32Array {
  const corners = cornersOf(index, positions.length / 3);
  const cell = Math.sqrt((2 * areaOf(positions, corners)) / wanted);
  const stand = standIns(positions, cell, seams ? partsOf(corners, positions.length / 3) : null);
  if (seams) for (const vertex of openVertices(corners, positions.length / 3)) stand[vertex] = vertex;
  const kept = new Uint32Array(corners.length);
  let count = 0;
  const seen = new Set<number>();
  const total = positions.length / 3;
  for (let i = 0; i + 2 < corners.length; i += 3) {
    const [a, b, c] = [stand[corners[i]!]!, stand[corners[i + 1]!]!, stand[corners[i + 2]!]!];
    if (a === b || b === c || c === a) continue;
    const low = Math.min(a, b, c);
    const high = Math.max(a, b, c);
    // Several small triangles may join the same three cells. Exact up to 200,000 vertices; the stage draws half of that.
    const key = (low * total + (a + b + c - low - high)) * total + high;
    if (seen.has(key)) continue;
    seen.add(key);
    kept[count++] = a;
    kept[count++] = b;
    kept[count++] = c;
  }
  return kept.slice(0, count);
}

/** One point in each cell of a grid with about `wanted` cells in use. */
export function coarsePoints(positions: ArrayLike<number>, wanted: number): Uint32Array {
  const count = positions.length / 3;
  const step = Math.max(1, Math.ceil(count / wanted));
  return Uint32Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
}

/** The points that lie in a ball once they are placed. */
export function within(positions: ArrayLike<number>, matrix: Matrix4, ball: Sphere): Float32Array {
  const found: number[] = [];
  const placed = new Vector3();
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = [positions[i]!, positions[i + 1]!, positions[i + 2]!];
    if (ball.containsPoint(placed.set(x, y, z).applyMatrix4(matrix))) found.push(x, y, z);
  }
  return Float32Array.from(found);
}

/** The usual distance from a point to the nearest other one, from a sample of them. */
export function spacingOf(positions: ArrayLike<number>): number {
  const count = positions.length / 3;
  const found: number[] = [];
  const step = Math.max(1, Math.floor(count / SAMPLE));
  for (let i = 0; i < count; i += step) {
    const [x, y, z] = [positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!];
    let best = Infinity;
    for (let j = 0; j < positions.length; j += 3) {
      const square = (positions[j]! - x) ** 2 + (positions[j + 1]! - y) ** 2 + (positions[j + 2]! - z) ** 2;
      if (square < best && j !== 3 * i) best = square;
    }
    if (best < Infinity) found.push(Math.sqrt(best));
  }
  return found.sort((a, b) => a - b)[Math.floor(found.length / 2)] ?? 0;
}

function areaOf(positions: ArrayLike<number>, corners: Index): number {
  let area = 0;
  for (let i = 0; i + 2 < corners.length; i += 3) {
    const [a, b, c] = [3 * corners[i]!, 3 * corners[i + 1]!, 3 * corners[i + 2]!];
    const [ux, uy, uz] = [
      positions[b]! - positions[a]!,
      positions[b + 1]! - positions[a + 1]!,
      positions[b + 2]! - positions[a + 2]!,
    ];
    const [vx, vy, vz] = [
      positions[c]! - positions[a]!,
      positions[c + 1]! - positions[a + 1]!,
      positions[c + 2]! - positions[a + 2]!,
    ];
    area += Math.hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx) / 2;
  }
  return area;
}

/** The piece of the surface that each vertex belongs to. */
function partsOf(corners: Index, count: number): Uint32Array {
  const parent = Uint32Array.from({ length: count }, (_, i) => i);
  const root = (vertex: number): number => {
    let at = vertex;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  for (let i = 0; i + 2 < corners.length; i += 3) {
    for (const other of [corners[i + 1]!, corners[i + 2]!]) parent[root(other)] = root(corners[i]!);
  }
  return parent.map((_, vertex) => root(vertex));
}

/** Vertices on edges that only one triangle has. */
function openVertices(corners: Index, count: number): Set<number> {
  const open = new Set<number>();
  for (let i = 0; i + 2 < corners.length; i += 3) {
    for (let k = 0; k < 3; k++) {
      const [a, b] = [corners[i + k]!, corners[i + ((k + 1) % 3)]!];
      const key = Math.min(a, b) * count + Math.max(a, b);
      if (!open.delete(key)) open.add(key);
    }
  }
  const found = new Set<number>();
  for (const key of open) found.add(key % count).add(Math.floor(key / count));
  return found;
}

/** For each vertex the one that is nearest to the middle of its cell, in its own part. */
function standIns(positions: ArrayLike<number>, cell: number, parts: Uint32Array | null): Uint32Array {
  const count = positions.length / 3;
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    low[i % 3] = Math.min(low[i % 3]!, positions[i]!);
    high[i % 3] = Math.max(high[i % 3]!, positions[i]!);
  }
  const [wide, tall] = [0, 1].map((axis) => Math.floor((high[axis]! - low[axis]!) / cell) + 1) as [number, number];
  const best = new Map<number, number>();
  const away = new Float32Array(count);
  const cells = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let distance = 0;
    const at = [0, 1, 2].map((axis) => {
      const place = (positions[3 * i + axis]! - low[axis]!) / cell;
      const whole = Math.floor(place);
      distance += (place - whole - 0.5) ** 2;
      return whole;
    });
    const place = (at[2]! * tall + at[1]!) * wide + at[0]!;
    const key = parts ? place * count + parts[i]! : place;
    cells[i] = key;
    away[i] = distance;
    const known = best.get(key);
    if (known === undefined || distance < away[known]!) best.set(key, i);
  }
  return Uint32Array.from(cells, (key) => best.get(key)!);
}
