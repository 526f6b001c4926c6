/** Colours for values on a surface: the tables of `lineament.picture.colormap`, so that page and pictures agree. */

import { ClampToEdgeWrapping, DataTexture, LinearFilter, RGBAFormat } from "three";

export type Kind = "diverging" | "sequential";
export type Rgb = readonly [number, number, number];

const ANCHORS: Record<Kind, readonly Rgb[]> = {
  // Blue for hollows, through near-white, to brown for domes.
  diverging: [
    [20, 62, 118],
    [45, 113, 170],
    [122, 175, 210],
    [243, 241, 236],
    [236, 178, 112],
    [203, 107, 38],
    [121, 52, 8],
  ],
  // Pale to dark, so that what is strongly curved stands out on clay.
  sequential: [
    [247, 242, 226],
    [250, 208, 143],
    [244, 158, 98],
    [219, 103, 92],
    [172, 62, 103],
    [112, 37, 103],
    [48, 20, 72],
  ],
};

const WIDTH = 256;

/** The sRGB colour at `at` in 0..1. */
export function colorAt(kind: Kind, at: number): Rgb {
  const anchors = ANCHORS[kind];
  const place = Math.min(Math.max(at, 0), 1) * (anchors.length - 1);
  const low = Math.min(Math.floor(place), anchors.length - 2);
  const share = place - low;
  const [a, b] = [anchors[low]!, anchors[low + 1]!];
  return [0, 1, 2].map((i) => a[i]! + share * (b[i]! - a[i]!)) as unknown as Rgb;
}

/** A CSS gradient of the table, from left to right. */
export function cssGradient(kind: Kind): string {
  return `linear-gradient(to right, ${ANCHORS[kind].map((rgb) => `rgb(${rgb.join(" ")})`).join(", ")})`;
}

const textures = new Map<Kind, DataTexture>();

/** The table as a texture, one row of sRGB. */
export function colorTexture(kind: Kind): DataTexture {
  const known = textures.get(kind);
  if (known) return known;
  const data = new Uint8Array(WIDTH * 4);
  for (let i = 0; i < WIDTH; i++) data.set([...colorAt(kind, i / (WIDTH - 1)).map(Math.round), 255], 4 * i);
  const texture = new DataTexture(data, WIDTH, 1, RGBAFormat);
  texture.magFilter = texture.minFilter = LinearFilter;
  texture.wrapS = ClampToEdgeWrapping;
  texture.needsUpdate = true;
  textures.set(kind, texture);
  return texture;
}
