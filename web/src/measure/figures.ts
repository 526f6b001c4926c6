/** What a measure looks like on the face: the lines between its landmarks, and the place of its value. */

import { Vector3 } from "three";
import type { MeasureRow } from "../api/types";

export type Role = "main" | "other" | "help";

export interface Line {
  readonly points: readonly Vector3[];
  readonly role: Role;
  readonly dashed: boolean;
}

export interface Figure {
  readonly lines: readonly Line[];
  /** Where the value is written; null where nothing can be drawn. */
  readonly label: Vector3 | null;
}

const NOTHING: Figure = { lines: [], label: null };
const ARC_STEPS = 24;
/** Length of a line that shows a direction, mm. */
const ARM = 32;

/** Draw a row; `paths` are those along the surface between landmarks that follow each other, where they are known. */
export function figureOf(
  row: MeasureRow,
  places: ReadonlyMap<string, Vector3>,
  paths: readonly (readonly Vector3[])[] = [],
): Figure {
  const at = row.landmarks.map((name) => places.get(name));
  if (at.some((place) => !place) || at.length < 2) return NOTHING;
  const [a, b, c, d] = at as Vector3[];
  switch (row.kind) {
    case "surface distance": {
      const legs = at.slice(1).map((to, i) => paths[i] ?? [at[i]!, to!]);
      const known = paths.length > 0;
      const whole = legs.flat();
      return { lines: legs.map((points) => line(points, "main", !known)), label: whole[Math.floor(whole.length / 2)]! };
    }
    case "angle":
      return { lines: [line([a!, b!, c!]), line(arc(b!, a!, c!), "help")], label: b! };
    case "index":
      return { lines: [line([a!, b!]), ...(c && d ? [line([c, d], "other")] : [])], label: middle(a!, b!) };
    case "projective height": {
      const up = upright(places);
      const foot = a!.clone().addScaledVector(up, -up.dot(a!.clone().sub(b!)));
      return { lines: [line([a!, foot]), line([foot, b!], "help", true)], label: middle(a!, foot) };
    }
    case "inclination": {
      const up = upright(places);
      const slope = b!.clone().sub(a!);
      // Seen from the front against the horizontal, from the side against the vertical.
      const level = Math.abs(slope.x) > Math.hypot(slope.y, slope.z) * 0.7;
      const along = level
        ? new Vector3(Math.sign(slope.x) || 1, 0, 0)
        : up.multiplyScalar(Math.sign(up.dot(slope)) || 1);
      const end = a!.clone().addScaledVector(along, Math.max(slope.length(), ARM));
      return { lines: [line([a!, b!]), line([a!, end], "help", true), line(arc(a!, b!, end), "help")], label: a! };
    }
    default:
      return { lines: [line([a!, b!])], label: middle(a!, b!) };
  }
}

const line = (points: readonly Vector3[], role: Role = "main", dashed = false): Line => ({ points, role, dashed });
const middle = (a: Vector3, b: Vector3): Vector3 => a.clone().lerp(b, 0.5);

/** Square to the Frankfurt horizontal, which tragia and orbitalia span; up in the face frame without them. */
export function upright(places: ReadonlyMap<string, Vector3>): Vector3 {
  const [left, right, orbitLeft, orbitRight] = ["t_l", "t_r", "or_l", "or_r"].map((name) => places.get(name));
  if (!left || !right || !orbitLeft || !orbitRight) return new Vector3(0, 1, 0);
  const forward = middle(orbitLeft, orbitRight).sub(middle(left, right));
  return forward.cross(left.clone().sub(right)).normalize();
}

/** Part of a circle around `corner` from the direction of one place to that of another. */
function arc(corner: Vector3, from: Vector3, to: Vector3): Vector3[] {
  const [u, v] = [from.clone().sub(corner), to.clone().sub(corner)];
  const radius = 0.45 * Math.min(u.length(), v.length());
  const angle = u.angleTo(v);
  if (!(angle > 1e-6) || !(radius > 0)) return [];
  const first = u.normalize();
  const across = v.addScaledVector(first, -first.dot(v)).normalize();
  return Array.from({ length: ARC_STEPS + 1 }, (_, i) => {
    const turned = (angle * i) / ARC_STEPS;
    return corner
      .clone()
      .addScaledVector(first, radius * Math.cos(turned))
      .addScaledVector(across, radius * Math.sin(turned));
  });
}
