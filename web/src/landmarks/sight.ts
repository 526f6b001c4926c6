/** Which landmarks can be seen from where the viewer stands. */

import { Vector3 } from "three";
import type { Viewer } from "../viewer/viewer";

/** Where the middle of a head lies, seen from the origin of the face frame, mm. */
const INSIDE = new Vector3(0, 0, -10);
/** Of a cloud what faces away by more than this is hidden, as a cosine: rays go between its points. */
const AWAY = -0.08;

/** Away from the head, of length 1; for surfaces without normals. */
export const outOfHead = (at: Vector3): Vector3 => at.clone().sub(INSIDE).normalize();

/** Whether a place on the head is seen, or lies within `slack` mm behind the surface. */
export function inSight(viewer: Viewer, at: Vector3, slack = 4): boolean {
  if (viewer.surfaces.some((surface) => surface.isCloud && surface.root.visible)) {
    const back = viewer.camera.getWorldDirection(new Vector3()).negate();
    if (outOfHead(at).dot(back) < AWAY) return false;
  }
  return viewer.unoccluded(at, slack);
}
