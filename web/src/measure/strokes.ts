/** Lines in the scene, of a fixed width on the page, faint where the head hides them. */

import { GreaterDepth, Group, LessEqualDepth, type Vector3 } from "three";
import { Line2 } from "three/addons/lines/Line2.js";
import { LineGeometry } from "three/addons/lines/LineGeometry.js";
import { LineMaterial } from "three/addons/lines/LineMaterial.js";
import { srgb } from "../landmarks/colours";
import type { Viewer } from "../viewer/viewer";

export interface Stroke {
  /** World, mm. */
  readonly points: readonly Vector3[];
  /** CSS. */
  readonly colour: string;
  readonly dashed?: boolean;
  /** Runs through the head, and is seen through it. */
  readonly through?: boolean;
  /** Pixels. */
  readonly width?: number;
}

/** Lines on the surface are drawn this much nearer to the viewer, mm. */
const LIFT = 1.6;
/** From millimetres to clip space of the stage's camera, whose near and far ends are 4 m apart. */
const CLIP = 2 / 4000;

export class StrokeLayer {
  readonly root = new Group();

  constructor(private readonly viewer: Viewer) {}

  /** Draw these lines instead of those before. */
  set(strokes: readonly Stroke[]): void {
    this.clear();
    for (const stroke of strokes) {
      if (stroke.points.length < 2) continue;
      const geometry = new LineGeometry();
      geometry.setPositions(stroke.points.flatMap((point) => point.toArray()));
      for (const behind of [false, true]) {
        const line = new Line2(geometry, material(stroke, behind));
        line.computeLineDistances();
        line.frustumCulled = false;
        line.renderOrder = 8;
        this.root.add(line);
      }
    }
    this.viewer.invalidate();
  }

  dispose(): void {
    this.clear();
    this.root.removeFromParent();
    this.viewer.invalidate();
  }

  private clear(): void {
    for (const line of this.root.children as Line2[]) {
      line.geometry.dispose();
      line.material.dispose();
    }
    this.root.clear();
  }
}

function material(stroke: Stroke, behind: boolean): LineMaterial {
  const made = new LineMaterial({
    linewidth: stroke.width ?? 2.5,
    dashed: (stroke.dashed ?? false) || behind,
    dashSize: 2,
    gapSize: 1.6,
    transparent: true,
    opacity: !behind ? 1 : stroke.through ? 0.9 : 0.3,
    depthWrite: false,
    depthFunc: behind ? GreaterDepth : LessEqualDepth,
    toneMapped: false,
  });
  const colour = srgb(stroke.colour);
  made.color.setRGB(colour.r, colour.g, colour.b);
  made.onBeforeCompile = (shader) => {
    shader.vertexShader = shader.vertexShader.replace(
      "#include <logdepthbuf_vertex>",
      `gl_Position.z -= ${(LIFT * CLIP).toFixed(7)} * gl_Position.w;\n#include <logdepthbuf_vertex>`,
    );
    // Colours are sRGB already.
    shader.fragmentShader = shader.fragmentShader.replace("#include <colorspace_fragment>", "");
  };
  return made;
}
