/** How landmarks have moved, as lines from A to B. */

import { useEffect } from "preact/hooks";
import { BufferAttribute, BufferGeometry, Color, Group, LineBasicMaterial, LineSegments, Points, PointsMaterial, Vector3 } from "three";
import type { LandmarkChange } from "../api/types";
import { toWorld } from "../app/frames";
import { theme } from "../app/theme";
import type { Viewer } from "../viewer/viewer";
import { a, arrows, arrowSet, type Compared, compared } from "./state";

/** Whether a change is more than the errors of both landmarks make once in ten. */
export function isChange(row: LandmarkChange): boolean {
  return row.distance !== null && row.by_error !== null && row.distance > row.by_error;
}

/** From where to where each landmark of a set has moved, in the world. */
export function movesOf(found: Compared, set: string): { row: LandmarkChange; from: Vector3; to: Vector3 }[] {
  const marks = found.landmarks.get(set);
  const scan = a.value?.info;
  if (!marks || !scan) return [];
  return found.info.landmarks.flatMap((row) => {
    const xyz = row.set_name === set ? marks.xyz[marks.names.indexOf(row.name)] : null;
    if (!xyz || row.left === null || row.up === null || row.forward === null) return [];
    const from = toWorld(scan, xyz);
    return [{ row, from, to: from.clone().add(new Vector3(row.left, row.up, row.forward)) }];
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

function draw(moves: ReturnType<typeof movesOf>, dark: boolean): Group {
  const group = new Group();
  const strong = new Color(dark ? 0xffffff : 0x101418);
  const faint = new Color(dark ? 0x8a949e : 0x767f88);
  const colors = new Float32Array(6 * moves.length);
  const lines = new Float32Array(6 * moves.length);
  moves.forEach(({ row, from, to }, i) => {
    from.toArray(lines, 6 * i);
    to.toArray(lines, 6 * i + 3);
    for (const end of [0, 3]) (isChange(row) ? strong : faint).toArray(colors, 6 * i + end);
  });
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(lines, 3));
  geometry.setAttribute("color", new BufferAttribute(colors, 3));
  group.add(new LineSegments(geometry, new LineBasicMaterial({ vertexColors: true, depthTest: false, transparent: true })));
  const ends = new BufferGeometry();
  ends.setAttribute("position", new BufferAttribute(lines.filter((_, i) => i % 6 > 2), 3));
  ends.setAttribute("color", new BufferAttribute(colors.filter((_, i) => i % 6 > 2), 3));
  group.add(new Points(ends, new PointsMaterial({ vertexColors: true, size: 5, sizeAttenuation: false, depthTest: false, transparent: true })));
  group.renderOrder = 5;
  group.children.forEach((child) => (child.renderOrder = 5));
  return group;
}
