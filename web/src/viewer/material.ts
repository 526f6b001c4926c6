/** How surfaces look: the lamps of `lineament.picture.shade`, fixed to the viewer, on clay, colours or a heat map. */

import { Color, DoubleSide, ShaderMaterial, type Texture } from "three";
import { colorTexture, type Kind } from "./colormap";

/** What a surface shows. */
export type Look = "clay" | "colour" | "texture" | "values" | "normals";

const LOOKS: Record<Look, number> = { clay: 0, colour: 1, texture: 2, values: 3, normals: 4 };

// What both shaders know. Lit by the pixel, or, while the view moves in software, by the vertex.
const COMMON = /* glsl */ `
uniform int look;
uniform vec3 clay;
uniform sampler2D map;
uniform sampler2D lut;
uniform vec2 range;
uniform float opacity;
uniform bool shaded;

vec3 toLinear(vec3 c) { return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(0.04045, c)); }
vec3 toSrgb(vec3 c) { return mix(c * 12.92, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c)); }

// sRGB of all looks but the texture; own is the normal in the world.
vec3 plain(vec3 own, vec3 color, float value) {
  if (look == 1) return toSrgb(color); // glTF keeps vertex colours linear
  if (look == 3) {
    float at = clamp((value - range.x) / (range.y - range.x), 0.0, 1.0);
    bool known = value == value && abs(value) < 1e6;
    return known ? texture2D(lut, vec2((at * 255.0 + 0.5) / 256.0, 0.5)).rgb : vec3(0.62);
  }
  return look == 4 ? normalize(own) * 0.5 + 0.5 : clay;
}

float lamp(vec3 n, vec3 towards, float wrap) { return clamp((dot(n, towards) + wrap) / (1.0 + wrap), 0.0, 1.0); }

// Of sRGB to linear light, under the lamps.
vec3 lit(vec3 srgb, vec3 n) {
  vec3 albedo = toLinear(srgb);
  float up = 0.5 + 0.5 * n.y;
  vec3 light = mix(vec3(0.15, 0.135, 0.125), vec3(0.30, 0.32, 0.34), up);
  light += lamp(n, normalize(vec3(-0.45, 0.52, 0.72)), 0.12) * vec3(1.34, 1.25, 1.14);
  light += lamp(n, normalize(vec3(0.85, 0.10, 0.50)), 0.30) * vec3(0.40, 0.46, 0.54);
  light += lamp(n, normalize(vec3(0.70, 0.45, -0.55)), 0.10) * vec3(0.80, 0.86, 0.95);
  float gloss = pow(clamp(dot(n, normalize(vec3(-0.242, 0.280, 0.926))), 0.0, 1.0), 32.0);
  float shine = look == 3 ? 0.03 : 0.10;
  vec3 color = albedo * light * 0.80 + shine * gloss;
  return color / (1.0 + 0.18 * color);
}`;

const VERTEX = /* glsl */ `
${COMMON}
attribute float value;
#ifdef HAS_COLOR
attribute vec4 color;
#endif
varying vec3 vNormal;
varying vec3 vOwn;
varying vec3 vColor;
varying vec2 vUv;
varying float vValue;
uniform float spacing;
uniform float tall;
void main() {
  vUv = uv;
  vec3 faces = normal;
  #ifdef CLOUD
  // Planes through points face either way.
  if ((normalMatrix * normal).z < 0.0) faces = -normal;
  #endif
  #ifdef HAS_COLOR
  vec3 own = color.rgb;
  #else
  vec3 own = vec3(0.8);
  #endif
  #ifdef PER_VERTEX
  vec3 n = normalize(normalMatrix * faces);
  vec3 base = look == 2 ? vec3(1.0) : plain(mat3(modelMatrix) * faces, own, value);
  // Joined triangles may lie on their backs, so that the normals tell what is the inside.
  vColor = shaded ? toSrgb(lit(base, n.z < 0.0 ? -n : n)) * mix(0.7, 1.0, smoothstep(-0.4, -0.15, n.z)) : base;
  #else
  vNormal = normalMatrix * faces;
  vOwn = mat3(modelMatrix) * faces;
  vValue = value;
  vColor = own;
  #endif
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  // As wide as points are apart, so that a cloud reads as a surface at any distance.
  gl_PointSize = clamp(spacing * length(modelViewMatrix[0].xyz) * projectionMatrix[1][1] * tall * 0.5, 1.5, 40.0);
}`;

// Back faces are the inside of a shell: darker, so that holes read as holes.
const FRAGMENT = /* glsl */ `
${COMMON}
varying vec3 vNormal;
varying vec3 vOwn;
varying vec3 vColor;
varying vec2 vUv;
varying float vValue;

void main() {
  #ifdef CLOUD
  if (length(gl_PointCoord - 0.5) > 0.5) discard;
  #endif
  #ifdef PER_VERTEX
  gl_FragColor = vec4(look == 2 ? vColor * texture2D(map, vUv).rgb : vColor, opacity);
  #else
  vec3 srgb = look == 2 ? texture2D(map, vUv).rgb : plain(vOwn, vColor, vValue);
  if (!shaded) { gl_FragColor = vec4(srgb, opacity); return; }
  vec3 n = normalize(vNormal);
  vec3 color = lit(srgb, gl_FrontFacing ? n : -n);
  if (!gl_FrontFacing) color *= 0.45;
  gl_FragColor = vec4(toSrgb(color), opacity);
  #endif
}`;

/** A material whose look can change without compiling anew. */
export class SurfaceMaterial extends ShaderMaterial {
  private cheap: ShaderMaterial | null = null;

  constructor(hasColors: boolean, cloud = false) {
    super({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      side: DoubleSide,
      defines: { ...(hasColors ? { HAS_COLOR: 1 } : {}), ...(cloud ? { CLOUD: 1 } : {}) },
      uniforms: {
        look: { value: LOOKS.clay },
        clay: { value: new Color().setRGB(0.845, 0.795, 0.755) },
        map: { value: null },
        lut: { value: colorTexture("diverging") },
        range: { value: [-1, 1] },
        opacity: { value: 1 },
        shaded: { value: true },
        spacing: { value: 0 },
        tall: { value: 1 },
      },
    });
  }

  /** The same look, lit by the vertex: cheaper to draw, and good enough while the view moves. */
  get perVertex(): ShaderMaterial {
    const { side, transparent, depthWrite, polygonOffset, polygonOffsetFactor, polygonOffsetUnits } = this;
    this.cheap ??= new ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      defines: { ...this.defines, PER_VERTEX: 1 },
      uniforms: this.uniforms,
    });
    return Object.assign(this.cheap, {
      side,
      transparent,
      depthWrite,
      polygonOffset,
      polygonOffsetFactor,
      polygonOffsetUnits,
    });
  }

  override dispose(): void {
    this.cheap?.dispose();
    super.dispose();
  }

  setLook(look: Look): void {
    this.uniforms.look!.value = LOOKS[look];
  }

  setMap(map: Texture | null): void {
    this.uniforms.map!.value = map;
  }

  setRange(low: number, high: number, kind: Kind): void {
    this.uniforms.range!.value = [low, high > low ? high : low + 1];
    this.uniforms.lut!.value = colorTexture(kind);
  }

  /** A colour of its own for a surface that lies over another, sRGB 0..1. */
  setClay(red: number, green: number, blue: number): void {
    (this.uniforms.clay!.value as Color).setRGB(red, green, blue);
  }

  setOpacity(opacity: number): void {
    this.uniforms.opacity!.value = opacity;
    this.transparent = opacity < 1;
    this.depthWrite = opacity >= 1;
  }

  /** Lamps for surfaces; points without normals are drawn in their plain colours. */
  setShaded(shaded: boolean): void {
    this.uniforms.shaded!.value = shaded;
  }

  /** Diameter of the points of a cloud, in the geometry's own unit. */
  setSpacing(spacing: number): void {
    this.uniforms.spacing!.value = spacing;
  }
}
