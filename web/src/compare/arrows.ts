/** How landmarks have moved, as lines from A to B. */

import { useEffect } from "preact/hooks";
import {
  BufferGeometry,
  Group,
  LineBasicMaterial,
  LineSegments,
  Matrix3,
  Points,
  PointsMaterial,
  Vector3,
} from "three";
import type { LandmarkChange, SetName } from "../api/types";
import { faceToWorld, toWorld } from "../app/frames";
import { theme } from "../app/theme";
import { discTexture } from "../viewer/disc";
import type { Viewer } from "../viewer/viewer";
import { a, arrows, arrowSet, type Compared, compared } from "./state";

/** Whether a change is more than the errors of both landmarks make once in ten. */
export function isChange(row: LandmarkChange): boolean {
  return row.distance !== null && row.by_error !== null && row.distance > row.by_error;
}

/** From where to where each landmark of a set has moved, in the world. */
export function movesOf(found: Compared, set: SetName): { row: LandmarkChange; from: Vector3; to: Vector3 }[] {
  const marks = found.landmarks.get(set);
  const scan = a.value?.info;
  if (!marks || !scan) return [];
  const turn = new Matrix3().setFromMatrix4(faceToWorld(scan, found.info.pose));
  return found.info.landmarks.flatMap((row) => {
    const xyz = row.set_name === set ? marks.xyz[marks.names.indexOf(row.name)] : null;
    if (!xyz || row.left === null || row.up === null || row.forward === null) return [];
    const from = toWorld(scan, xyz);
    return [{ row, from, to: from.clone().add(new Vector3(row.left, row.up, row.forward).applyMatrix3(turn)) }];
  });
}

export function useArrows(stage: Viewer | null, who: "A" | "B"): void {
  const found = compared.value;
  const shown = arrows.value && found !== null && who === "A";
  useEffect(() => {
    if (!stage || !shown) return;
    const drawn = draw(movesOf(found, arrowSet.value), theme.value === "dark");
    stage.overlay.add(drawn);
    stage.invalidate();
    return () => {
      drawn.removeFromParent();
      drawn.traverse((node) => {
        if (node instanceof LineSegments || node instanceof Points) {
          node.geometry.dispose();
          (node.material as LineBasicMaterial).dispose();
        }
      });
      stage.invalidate();
    };
  }, [stage, shown, found, arrowSet.value, theme.value, a.value]);
}

/** A line and a point at its end for each that has changed; a small point for each that has not. */
function draw(moves: ReturnType<typeof movesOf>, dark: boolean): Group {
  const group = new Group();
  const changed = moves.filter(({ row }) => isChange(row));
  const same = moves.filter(({ row }) => !isChange(row));
  const strong = dark ? 0xffffff : 0x101418;
  const lines = new BufferGeometry().setFromPoints(changed.flatMap(({ from, to }) => [from, to]));
  group.add(new LineSegments(lines, new LineBasicMaterial({ color: strong, depthTest: false, transparent: true })));
  group.add(
    points(
      changed.map(({ to }) => to),
      dark ? 0x10141a : 0xffffff,
      9,
    ),
  );
  group.add(
    points(
      changed.map(({ to }) => to),
      strong,
      6,
    ),
  );
  group.add(
    points(
      same.map(({ to }) => to),
      dark ? 0x9aa5b0 : 0x5a636c,
      4,
    ),
  );
  group.children.forEach((child, order) => (child.renderOrder = 5 + order));
  return group;
}

function points(places: readonly Vector3[], color: number, size: number): Points {
  const geometry = new BufferGeometry().setFromPoints([...places]);
  return new Points(
    geometry,
    new PointsMaterial({
      color,
      size,
      map: discTexture(),
      sizeAttenuation: false,
      depthTest: false,
      transparent: true,
    }),
  );
}
