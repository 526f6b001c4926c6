/** Bring a landmark into view, no further than it takes. */

import { Vector3 } from "three";
import { active, viewer } from "../app/state";
import { inSight, outOfHead } from "./sight";
import { shownMarks } from "./store";

/** A surface that is seen at less than this, as a cosine, is turned towards the viewer. */
const OBLIQUE = 0.35;
/** What is near: pixels for a millimetre. */
const NEAR = 8;
/** Height of the camera's view at zoom 1, mm. */
const VIEW = 200;

/** Turn towards a landmark that is hidden, bring one that is near the edge to the middle; `close` also comes near. */
export function flyTo(name: string, close = false): void {
  const at = shownMarks.peek().find((mark) => mark.name === name)?.at;
  if (at) flyToPlaces([at], close);
}

/** The same for several places of the world, of which all shall be seen where that is possible. */
export function flyToPlaces(places: readonly Vector3[], close = false): void {
  const stage = viewer.peek();
  if (!stage || !places.length) return;
  const normals = places.map(outward);
  const back = stage.camera.getWorldDirection(new Vector3()).negate();
  const hidden = places.some((at, i) => normals[i]!.dot(back) < OBLIQUE || !inSight(stage, at));
  const { clientWidth: width, clientHeight: height } = stage.canvas;
  const central = places.every((at) => {
    const { x, y } = stage.project(at);
    return Math.abs(x / width - 0.5) < 0.36 && Math.abs(y / height - 0.5) < 0.36;
  });
  if (!hidden && central && !close) return;
  const mean = normals.reduce((sum, normal) => sum.add(normal), new Vector3());
  // Upright views stay upright: the head is turned more than it is tilted.
  const towards = hidden && mean.length() > 0.2 ? new Vector3(mean.x, mean.y * 0.5, mean.z).normalize() : null;
  const middle = places.reduce((sum, at) => sum.add(at), new Vector3()).divideScalar(places.length);
  stage.fly(
    central && !close ? stage.controls.target.clone() : middle,
    towards,
    close ? (NEAR * VIEW) / Math.max(height, 1) : 0,
  );
}

function outward(at: Vector3): Vector3 {
  return active.peek()?.surface?.nearest(at)?.normal ?? outOfHead(at);
}
