/** Two views that move as one, and copies of surfaces for a second canvas. */

import { BufferGeometry, Points, type Texture } from "three";
import { Surface } from "../viewer/surface";
import type { Viewer } from "../viewer/viewer";

/** Let each of two viewers follow the other; returns how to stop. */
export function link(a: Viewer, b: Viewer): () => void {
  follow(b, a);
  const stops = [
    [a, b],
    [b, a],
  ].map(([from, to]) => {
    const moved = () => follow(to!, from!);
    from!.controls.addEventListener("change", moved);
    // Views that are set by a command tell no change of their zoom.
    const stop = from!.onFrame(moved);
    return () => {
      from!.controls.removeEventListener("change", moved);
      stop();
    };
  });
  return () => stops.forEach((stop) => stop());
}

function follow(to: Viewer, from: Viewer): void {
  const [camera, other] = [to.camera, from.camera];
  const same =
    camera.zoom === other.zoom &&
    camera.position.equals(other.position) &&
    camera.quaternion.equals(other.quaternion) &&
    to.controls.target.equals(from.controls.target);
  if (same) return;
  to.controls.target.copy(from.controls.target);
  camera.position.copy(other.position);
  camera.quaternion.copy(other.quaternion);
  camera.zoom = other.zoom;
  camera.updateProjectionMatrix();
  camera.updateMatrixWorld();
  to.invalidate();
}

/** The same surface for another canvas: it shares the numbers, but neither values, nor look, nor place. */
export function twinOf(surface: Surface): Surface {
  const geometry = new BufferGeometry();
  for (const [name, attribute] of Object.entries(surface.geometry.attributes)) {
    if (name !== "value") geometry.setAttribute(name, attribute);
  }
  // Picking sorts triangles in place, so each has its own list of them.
  if (surface.geometry.index) geometry.setIndex(surface.geometry.index.clone());
  const map = surface.material.uniforms.map!.value as Texture | null;
  return new Surface(geometry, { points: surface.body instanceof Points, map });
}

/** Forget a twin, and nothing of what it shares. */
export function disposeTwin(twin: Surface): void {
  twin.material.setMap(null);
  twin.dispose();
}
