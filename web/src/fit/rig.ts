/** The rig of a fitted face: its file, and moving the face by weights fast enough for a slider.
 *
 * Symbols: V vertices, T triangles, E expressions, K identity modes.
 */

/** How a face differs from its rest where one weight is 1; only vertices that move. */
export interface Target {
  readonly vertices: Uint32Array;
  /** x, y, z in mm of each. */
  readonly deltas: Float32Array;
}

export interface Rig {
  readonly vertexCount: number;
  /** V x 3, mm, face frame: this person without expression. */
  readonly neutral: Float32Array;
  readonly expressions: readonly string[];
  readonly expressionTargets: readonly Target[];
  /** One standard deviation each. */
  readonly identityTargets: readonly Target[];
  /** T x 3. */
  readonly triangles: Uint32Array;
  /** V x 3, as it was fitted to the scan; null where the server does not tell. */
  readonly fitted: Float32Array | null;
  /** V: 1 where the scan was measured, 0 where the model goes on alone. */
  readonly confidence: Float32Array | null;
}

interface Header {
  readonly V: number;
  readonly expressions: readonly string[];
  readonly modes: number;
  readonly triangles: number;
  readonly fitted?: boolean;
  readonly confidence?: boolean;
}

/** Moves shorter than this are nothing, mm. */
const STILL = 1e-4;

let halves: Float32Array | null = null;

/** All 65,536 half-precision numbers by their bits. */
function halfTable(): Float32Array {
  if (halves) return halves;
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) table[bits] = fraction ? NaN : sign * Infinity;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return (halves = table);
}

export function halfToFloat(bits: number): number {
  return halfTable()[bits]!;
}

/** Read `rig.bin`; every length is checked against the bytes that are there. */
export function decodeRig(data: ArrayBuffer): Rig {
  const view = new DataView(data);
  const fail = () => new Error(`the rig is damaged: ${data.byteLength} bytes do not hold what its header says`);
  if (data.byteLength < 4) throw fail();
  const length = view.getUint32(0, true);
  if (4 + length > data.byteLength) throw fail();
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)).replace(/\0+$/, "")) as Header;
  const { V, modes, expressions } = header;
  let at = Math.ceil((4 + length) / 4) * 4;
  const halves = Math.ceil((6 * V * (expressions.length + modes)) / 4) * 4;
  const size = 12 * V + halves + 12 * header.triangles;
  if (at + size > data.byteLength) throw fail();
  const floats = (count: number): Float32Array => {
    if (at + 4 * count > data.byteLength) throw fail();
    const values = new Float32Array(data, at, count);
    at += 4 * count;
    return values;
  };
  const target = (): Target => {
    const bits = new Uint16Array(data, at, 3 * V);
    at += 6 * V;
    return sparse(bits, V);
  };
  const neutral = floats(3 * V);
  const expressionTargets = expressions.map(target);
  const identityTargets = Array.from({ length: modes }, target);
  // What is wider than the halves begins at a multiple of 4 bytes again.
  at = Math.ceil(at / 4) * 4;
  const triangles = new Uint32Array(data, at, 3 * header.triangles);
  at += 12 * header.triangles;
  const fitted = header.fitted ? floats(3 * V) : null;
  const confidence = header.confidence ? floats(V) : null;
  return { vertexCount: V, neutral, expressions, expressionTargets, identityTargets, triangles, fitted, confidence };
}

function sparse(bits: Uint16Array, count: number): Target {
  const table = halfTable();
  const moves = (v: number) =>
    Math.abs(table[bits[3 * v]!]!) + Math.abs(table[bits[3 * v + 1]!]!) + Math.abs(table[bits[3 * v + 2]!]!) > STILL;
  let moving = 0;
  for (let v = 0; v < count; v++) if (moves(v)) moving++;
  const vertices = new Uint32Array(moving);
  const deltas = new Float32Array(3 * moving);
  for (let v = 0, i = 0; v < count; v++) {
    if (!moves(v)) continue;
    vertices[i] = v;
    for (let axis = 0; axis < 3; axis++) deltas[3 * i + axis] = table[bits[3 * v + axis]!]!;
    i++;
  }
  return { vertices, deltas };
}

/** Rounding errors are swept away after so many steps. */
const SWEEP = 400;
/** Beyond this sum of differences of weights nothing is left of what the fit has and the rig cannot show. */
const FADE = 0.25;

/** One face that is moved by weights; only targets whose weight changes are touched. */
export class Morpher {
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  private readonly targets: readonly Target[];
  private readonly base: Float32Array;
  private readonly moved: Float32Array;
  private readonly applied: Float32Array;
  private readonly origin: Float32Array;
  private readonly wanted: Float32Array;
  /** What the fitted face has beside the sum of its own weights. */
  private readonly rest: Float32Array | null;
  private steps = 0;

  /** `origin` are the weights of this person as fitted: E expressions, then K modes. */
  constructor(
    readonly rig: Rig,
    origin: ArrayLike<number>,
  ) {
    this.targets = [...rig.expressionTargets, ...rig.identityTargets];
    const count = this.targets.length;
    this.origin = Float32Array.from({ length: count }, (_, i) => origin[i] ?? 0);
    this.wanted = this.origin.slice();
    this.applied = new Float32Array(count);
    // The modes of this person are in the neutral face already.
    for (let i = rig.expressions.length; i < count; i++) this.applied[i] = this.origin[i]!;
    this.base = rig.neutral.slice();
    this.moved = this.base.slice();
    this.positions = this.base.slice();
    this.normals = new Float32Array(this.base.length);
    this.step();
    this.rest = rig.fitted ? rig.fitted.map((value, i) => value - this.moved[i]!) : null;
    this.finish();
  }

  get weights(): Float32Array {
    return this.wanted;
  }

  /** Whether the face is as it was fitted. */
  get atOrigin(): boolean {
    return this.wanted.every((weight, i) => Math.abs(weight - this.origin[i]!) < 1e-6);
  }

  /** Move to other weights: E expressions, then K modes. */
  apply(weights: ArrayLike<number>): void {
    for (let i = 0; i < this.wanted.length; i++) this.wanted[i] = weights[i] ?? this.origin[i]!;
    this.step();
    this.finish();
  }

  private step(): void {
    if (++this.steps % SWEEP === 0) {
      this.moved.set(this.base);
      this.applied.fill(0, 0, this.rig.expressions.length);
      this.applied.set(this.origin.subarray(this.rig.expressions.length), this.rig.expressions.length);
    }
    const jawOpen = this.rig.expressions.indexOf("jawOpen");
    const mouthClose = this.rig.expressions.indexOf("mouthClose");
    for (let i = 0; i < this.targets.length; i++) {
      let weight = this.wanted[i]!;
      // A mouth closes no more than the jaw has opened it.
      if (i === mouthClose && jawOpen >= 0) weight = Math.min(weight, this.wanted[jawOpen]!);
      const change = weight - this.applied[i]!;
      if (change === 0) continue;
      this.applied[i] = weight;
      const { vertices, deltas } = this.targets[i]!;
      for (let j = 0, d = 0; j < vertices.length; j++, d += 3) {
        const p = 3 * vertices[j]!;
        this.moved[p]! += change * deltas[d]!;
        this.moved[p + 1]! += change * deltas[d + 1]!;
        this.moved[p + 2]! += change * deltas[d + 2]!;
      }
    }
  }

  private finish(): void {
    let away = 0;
    for (let i = 0; i < this.wanted.length; i++) away += Math.abs(this.wanted[i]! - this.origin[i]!);
    const share = this.rest ? Math.max(0, 1 - away / FADE) : 0;
    this.positions.set(this.moved);
    if (share > 0) for (let i = 0; i < this.positions.length; i++) this.positions[i]! += share * this.rest![i]!;
    vertexNormals(this.positions, this.rig.triangles, this.normals);
  }
}

/** Area-weighted normals of vertices into `normals`, of length 1. */
export function vertexNormals(positions: Float32Array, triangles: Uint32Array, normals: Float32Array): void {
  normals.fill(0);
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]!;
    const b = 3 * triangles[t + 1]!;
    const c = 3 * triangles[t + 2]!;
    const ux = positions[b]! - positions[a]!;
    const uy = positions[b + 1]! - positions[a + 1]!;
    const uz = positions[b + 2]! - positions[a + 2]!;
    const vx = positions[c]! - positions[a]!;
    const vy = positions[c + 1]! - positions[a + 1]!;
    const vz = positions[c + 2]! - positions[a + 2]!;
    const nx = uy * vz - uz * vy;
    const ny = uz * vx - ux * vz;
    const nz = ux * vy - uy * vx;
    for (const p of [a, b, c]) {
      normals[p]! += nx;
      normals[p + 1]! += ny;
      normals[p + 2]! += nz;
    }
  }
  for (let p = 0; p < normals.length; p += 3) {
    const length = Math.hypot(normals[p]!, normals[p + 1]!, normals[p + 2]!) || 1;
    normals[p]! /= length;
    normals[p + 1]! /= length;
    normals[p + 2]! /= length;
  }
}
