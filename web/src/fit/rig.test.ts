import { describe, expect, it } from "vitest";
import { decodeRig, halfToFloat, Morpher, type Rig, vertexNormals } from "./rig";

/** 1, 0.5, 0 and -2 in half precision. */
const ONE = 0x3c00;
const HALF = 0x3800;
const MINUS_TWO = 0xc000;

/** A square of 4 vertices: `jawOpen` moves vertex 0, `mouthClose` moves it back, mode 0 lifts vertex 3. */
function rigBytes({ fitted = false } = {}): ArrayBuffer {
  const header = JSON.stringify({
    V: 4,
    expressions: ["jawOpen", "mouthClose"],
    modes: 1,
    triangles: 2,
    fitted,
    confidence: fitted,
  });
  const text = new TextEncoder().encode(header);
  const start = Math.ceil((4 + text.length) / 4) * 4;
  const data = new ArrayBuffer(start + 48 + 3 * 24 + 24 + (fitted ? 48 + 16 : 0));
  new DataView(data).setUint32(0, text.length, true);
  new Uint8Array(data).set(text, 4);
  const neutral = [0, 0, 0, 10, 0, 0, 10, 10, 0, 0, 10, 0];
  new Float32Array(data, start, 12).set(neutral);
  const halves = new Uint16Array(data, start + 48, 36);
  halves[1] = MINUS_TWO;
  halves[12 + 1] = ONE;
  halves[24 + 11] = HALF;
  new Uint32Array(data, start + 48 + 72, 6).set([0, 1, 2, 0, 2, 3]);
  if (fitted) {
    new Float32Array(data, start + 144, 12).set(neutral.map((value) => value + 0.25));
    new Float32Array(data, start + 192, 4).fill(0.75);
  }
  return data;
}

describe("half precision", () => {
  it("is IEEE's", () => {
    expect([ONE, HALF, MINUS_TWO, 0, 0x7bff, 1, 0x0400].map(halfToFloat)).toEqual([
      1,
      0.5,
      -2,
      0,
      65504,
      2 ** -24,
      2 ** -14,
    ]);
    expect(halfToFloat(0x7e00)).toBeNaN();
    expect(halfToFloat(0xfc00)).toBe(-Infinity);
  });
});

describe("decodeRig", () => {
  it("keeps only vertices that move", () => {
    const rig = decodeRig(rigBytes());
    expect(rig.vertexCount).toBe(4);
    expect(rig.expressions).toEqual(["jawOpen", "mouthClose"]);
    expect([...rig.expressionTargets[0]!.vertices]).toEqual([0]);
    expect([...rig.expressionTargets[0]!.deltas]).toEqual([0, -2, 0]);
    expect([...rig.identityTargets[0]!.vertices]).toEqual([3]);
    expect([...rig.triangles]).toEqual([0, 1, 2, 0, 2, 3]);
    expect(rig.fitted).toBeNull();
  });

  it("reads what follows where the header says so", () => {
    const rig = decodeRig(rigBytes({ fitted: true }));
    expect(rig.fitted![0]).toBe(0.25);
    expect([...rig.confidence!]).toEqual([0.75, 0.75, 0.75, 0.75]);
  });

  it("refuses what is cut off", () => {
    expect(() => decodeRig(rigBytes().slice(0, 100))).toThrow("damaged");
    expect(() => decodeRig(new ArrayBuffer(2))).toThrow("damaged");
    expect(() => decodeRig(rigBytes({ fitted: true }).slice(0, -4))).toThrow("damaged");
  });
});

describe("Morpher", () => {
  const rig = decodeRig(rigBytes());

  it("adds targets by their weights, and takes them away again", () => {
    const face = new Morpher(rig, [0, 0, 1]);
    expect([...face.positions]).toEqual([...rig.neutral]);
    face.apply([0.5, 0, 1]);
    expect(face.positions[1]).toBe(-1);
    face.apply([0, 0, 3]);
    expect(face.positions[1]).toBe(0);
    expect(face.positions[11]).toBe(1);
    expect(face.atOrigin).toBe(false);
    face.apply([0, 0, 1]);
    expect([...face.positions]).toEqual([...rig.neutral]);
    expect(face.atOrigin).toBe(true);
  });

  it("closes a mouth no further than it is open", () => {
    const face = new Morpher(rig, [0, 0, 0]);
    face.apply([0, 1, 0]);
    expect(face.positions[1]).toBe(0);
    face.apply([0.5, 1, 0]);
    expect(face.positions[1]).toBe(-0.5);
  });

  it("does not drift", () => {
    const face = new Morpher(rig, [0, 0, 0]);
    for (let i = 0; i < 5000; i++) face.apply([Math.abs(Math.sin(i)), 0, Math.cos(i)]);
    face.apply([0, 0, 0]);
    for (const [i, value] of face.positions.entries()) expect(value).toBeCloseTo(rig.neutral[i]!, 4);
  });

  it("is exactly the fitted face at its own weights, and lets go of it away from them", () => {
    const fitted = decodeRig(rigBytes({ fitted: true }));
    const face = new Morpher(fitted, [0.1, 0, 0]);
    for (const [i, value] of face.positions.entries()) expect(value).toBeCloseTo(fitted.fitted![i]!, 6);
    face.apply([1, 0, 0]);
    expect(face.positions[1]).toBeCloseTo(-2, 6);
  });

  it("moves a face of 9,400 vertices by all its targets within a frame", () => {
    const face = new Morpher(large(9400), new Float32Array(72));
    const all = new Float32Array(72);
    face.apply(all.fill(0.5));
    // The best of many: other work on the machine makes single ones slow.
    const times = Array.from({ length: 30 }, (_, i) => {
      const start = performance.now();
      face.apply(all.fill(i / 30));
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(16);
  });
});

function large(count: number): Rig {
  const vertices = Uint32Array.from({ length: count }, (_, i) => i);
  const target = { vertices, deltas: new Float32Array(3 * count).fill(0.1) };
  return {
    vertexCount: count,
    neutral: Float32Array.from({ length: 3 * count }, (_, i) => Math.sin(i)),
    expressions: Array.from({ length: 52 }, (_, i) => `e${i}`),
    expressionTargets: new Array(52).fill(target),
    identityTargets: new Array(20).fill(target),
    triangles: Uint32Array.from({ length: 6 * count }, (_, i) => (i * 7919) % count),
    fitted: null,
    confidence: null,
  };
}

describe("vertexNormals", () => {
  it("points out of counter-clockwise triangles", () => {
    const rig = decodeRig(rigBytes());
    const normals = new Float32Array(12);
    vertexNormals(rig.neutral, rig.triangles, normals);
    expect([...normals.slice(0, 3)]).toEqual([0, 0, 1]);
  });
});
