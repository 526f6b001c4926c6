/** Landmarks in the scene: points of a fixed size on the page, and balls as large as their expected errors. */

import {
  BufferAttribute,
  DynamicDrawUsage,
  type DepthModes,
  GreaterDepth,
  Group,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  LessEqualDepth,
  Mesh,
  ShaderMaterial,
  Vector2,
  type Color,
} from "three";
import { effect } from "@preact/signals";
import { SPARED, type Viewer } from "../viewer/viewer";
import { sideColours, srgb } from "./colours";
import type { Mark } from "./marks";

/** Points are drawn this much nearer to the viewer, mm, so that the surface does not cut them. */
const LIFT = 5;
/** Points of more landmarks than this are small. */
export const MANY = 120;

const HOLLOW = 1;
const DIAMOND = 2;
const RINGED = 4;

const POINT_VERTEX = /* glsl */ `
attribute vec3 center;
attribute vec3 tint;
attribute float style;
uniform vec2 page;
uniform float size;
uniform float lift;
varying vec3 vTint;
varying vec2 vAt;
flat varying int vStyle;
varying float vSize;
void main() {
  vStyle = int(style + 0.5);
  vTint = tint;
  vSize = (vStyle & ${RINGED}) != 0 ? size + 1.0 : size;
  float reach = vSize + 6.0;
  vAt = position.xy * reach;
  vec4 eye = modelViewMatrix * vec4(center, 1.0);
  eye.z += lift;
  gl_Position = projectionMatrix * eye;
  gl_Position.xy += vAt * 2.0 / page * gl_Position.w;
}`;

const POINT_FRAGMENT = /* glsl */ `
varying vec3 vTint;
varying vec2 vAt;
flat varying int vStyle;
varying float vSize;
uniform float fade;
uniform vec3 ring;
float cover(float away) { return clamp(0.5 - away / fwidth(vAt.x), 0.0, 1.0); }
void main() {
  bool diamond = (vStyle & ${DIAMOND}) != 0;
  // A person's points are diamonds: seen without colour.
  float d = diamond ? (abs(vAt.x) + abs(vAt.y)) * 0.78 : length(vAt);
  float dark = cover(d - vSize - 1.2);
  float full = cover(d - vSize);
  float hole = (vStyle & ${HOLLOW}) != 0 ? cover(d - vSize + 2.0) : 0.0;
  vec3 color = mix(vec3(0.10, 0.12, 0.14), vTint, full);
  color = mix(color, vec3(1.0), hole);
  float alpha = dark * 0.92;
  if ((vStyle & ${RINGED}) != 0) {
    float around = abs(length(vAt) - vSize - 3.6);
    float edge = cover(around - 1.9);
    float line = cover(around - 1.1);
    color = mix(color, mix(vec3(0.10, 0.12, 0.14), ring, line), edge * (1.0 - dark));
    alpha = max(alpha, edge);
  }
  if (alpha * fade < 0.01) discard;
  gl_FragColor = vec4(color, alpha * fade);
}`;

// Balls as flat squares in front of their points: two triangles each, however many there are.
const BALL_VERTEX = /* glsl */ `
attribute vec3 center;
attribute vec3 tint;
attribute float radius;
varying vec3 vTint;
varying vec2 vAt;
varying float vRadius;
uniform float lift;
uniform float perMm;
void main() {
  vTint = tint;
  vAt = position.xy;
  vRadius = radius * perMm;
  vec4 eye = modelViewMatrix * vec4(center, 1.0);
  eye.xy += position.xy * radius;
  // The whole ball is seen when its middle is, though half of it lies inside the head.
  eye.z += max(radius, lift);
  gl_Position = projectionMatrix * eye;
}`;

const BALL_FRAGMENT = /* glsl */ `
varying vec3 vTint;
varying vec2 vAt;
varying float vRadius;
void main() {
  float inside = (1.0 - length(vAt)) * vRadius;
  float edge = clamp(inside + 0.5, 0.0, 1.0);
  float line = 1.0 - clamp(inside - 1.0, 0.0, 1.0);
  gl_FragColor = vec4(vTint, edge * mix(0.26, 0.85, line));
}`;

export interface LayerOptions {
  /** Radius of a point, pixels; by how many there are without it. */
  size?: number;
  /** Draw behind the surface too, faintly. */
  ghosts?: boolean;
}

/** One set of landmarks in a scene; put `root` into a viewer's overlay. */
export class LandmarkLayer {
  readonly root = new Group();
  private readonly points = new InstancedBufferGeometry();
  private readonly balls = new InstancedBufferGeometry();
  private readonly front = pointMaterial(1, LessEqualDepth);
  private readonly ghost = pointMaterial(0.22, GreaterDepth);
  private readonly ball = ballMaterial();
  private readonly ballMesh: Mesh;
  private readonly stopColours: () => void;
  private marks: readonly Mark[] = [];
  private ringed: ReadonlySet<string> = new Set();
  private tints: ((mark: Mark) => Color) | null = null;

  constructor(
    private readonly viewer: Viewer,
    private readonly options: LayerOptions = {},
  ) {
    for (const geometry of [this.points, this.balls]) {
      geometry.setAttribute(
        "position",
        new BufferAttribute(new Float32Array([-1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0]), 3),
      );
      geometry.setIndex([0, 1, 2, 0, 2, 3]);
      geometry.instanceCount = 0;
    }
    const parts = [new Mesh(this.points, this.front)];
    if (options.ghosts ?? true) {
      const ghosts = new Mesh(this.points, this.ghost);
      ghosts.layers.set(SPARED);
      parts.push(ghosts);
    }
    this.ballMesh = new Mesh(this.balls, this.ball);
    this.ballMesh.visible = false;
    for (const [order, part] of [this.ballMesh, ...parts.reverse()].entries()) {
      part.frustumCulled = false;
      part.renderOrder = 10 + order;
      part.onBeforeRender = (renderer) => {
        this.ball.uniforms.perMm!.value = this.viewer.pixelsPerMm;
        for (const material of [this.front, this.ghost]) renderer.getSize(material.uniforms.page!.value as Vector2);
      };
      this.root.add(part);
    }
    this.stopColours = effect(() => {
      sideColours.value;
      this.fill();
    });
  }

  /** Draw these landmarks instead of those before. */
  setMarks(marks: readonly Mark[]): void {
    this.marks = marks;
    this.fill();
  }

  /** Draw a ring around these. */
  setRinged(names: ReadonlySet<string>): void {
    this.ringed = names;
    this.fill();
  }

  /** Colours that tell something else than the side; null for the sides. */
  setTints(tints: ((mark: Mark) => Color) | null): void {
    this.tints = tints;
    this.fill();
  }

  /** Show the expected errors as balls of that radius. */
  setErrors(shown: boolean): void {
    this.ballMesh.visible = shown;
    this.resize();
    this.viewer.invalidate();
  }

  dispose(): void {
    this.stopColours();
    this.root.removeFromParent();
    for (const each of [this.points, this.balls, this.front, this.ghost, this.ball]) each.dispose();
    this.viewer.invalidate();
  }

  private get drawn(): readonly Mark[] {
    return this.marks.filter((mark) => mark.at !== null);
  }

  private fill(): void {
    const drawn = this.drawn;
    const count = drawn.length;
    const center = new Float32Array(3 * count);
    const tint = new Float32Array(3 * count);
    const style = new Float32Array(count);
    const radius = new Float32Array(count);
    const colours = sideColours.peek();
    const bySide = { left: srgb(colours.left), middle: srgb(colours.middle), right: srgb(colours.right) };
    for (const [i, mark] of drawn.entries()) {
      mark.at!.toArray(center, 3 * i);
      (this.tints?.(mark) ?? bySide[mark.side]).toArray(tint, 3 * i);
      style[i] =
        (mark.inferred ? HOLLOW : 0) + (mark.corrected ? DIAMOND : 0) + (this.ringed.has(mark.name) ? RINGED : 0);
      radius[i] = mark.sigma ?? 0;
    }
    replace(this.points, { center: [center, 3], tint: [tint, 3], style: [style, 1] }, count);
    replace(this.balls, { center: [center.slice(), 3], tint: [tint, 3], radius: [radius, 1] }, count);
    this.resize();
    this.viewer.invalidate();
  }

  /** Points are small beside their errors, of which most are 1 or 2 mm. */
  private resize(): void {
    const usual = this.points.instanceCount > MANY ? 2.2 : this.ballMesh.visible ? 2.7 : 3.7;
    this.front.uniforms.size!.value = this.ghost.uniforms.size!.value = this.options.size ?? usual;
  }
}

function replace(
  geometry: InstancedBufferGeometry,
  attributes: Record<string, [Float32Array, number]>,
  count: number,
): void {
  // Buffers of another length need a new vertex array.
  if (geometry.instanceCount !== count) geometry.dispose();
  for (const [name, [data, size]] of Object.entries(attributes)) {
    geometry.setAttribute(name, new InstancedBufferAttribute(data, size).setUsage(DynamicDrawUsage));
  }
  geometry.instanceCount = count;
}

function pointMaterial(fade: number, depthFunc: DepthModes): ShaderMaterial {
  return new ShaderMaterial({
    vertexShader: POINT_VERTEX,
    fragmentShader: POINT_FRAGMENT,
    transparent: true,
    depthWrite: false,
    depthFunc,
    uniforms: {
      page: { value: new Vector2(1, 1) },
      size: { value: 3.7 },
      lift: { value: LIFT },
      fade: { value: fade },
      ring: { value: srgb("#ffffff") },
    },
  });
}

function ballMaterial(): ShaderMaterial {
  return new ShaderMaterial({
    vertexShader: BALL_VERTEX,
    fragmentShader: BALL_FRAGMENT,
    transparent: true,
    depthWrite: false,
    uniforms: { lift: { value: LIFT }, perMm: { value: 1 } },
  });
}
