/** Landmarks as they are drawn: where each lies in the world, on which side of the face, and what is known of it. */

import { Matrix4, Vector3 } from "three";
import { scanToWorld } from "../app/frames";
import type { Landmarks, Point, Scan } from "../api/types";

export type Side = "left" | "middle" | "right";

export interface Mark {
  readonly name: string;
  readonly definition: string;
  readonly side: Side;
  /** World, mm; null where the landmark is missing. */
  readonly at: Vector3 | null;
  /** Expected error, mm; null where a person has put the point. */
  readonly sigma: number | null;
  /** Not seen by the sensor: the network tells where it must lie. */
  readonly inferred: boolean;
  readonly corrected: boolean;
}

export function marksOf(scan: Scan, landmarks: Landmarks): Mark[] {
  const toWorld = scanToWorld(scan);
  const sides = sidesOf(landmarks, toWorld);
  return landmarks.names.map((name, row) => ({
    name,
    definition: landmarks.definitions[row] ?? "",
    side: sides[row]!,
    at: placed(landmarks.xyz[row], toWorld),
    sigma: landmarks.sigma[row] ?? null,
    inferred: !landmarks.visible[row],
    corrected: landmarks.corrected[row] ?? false,
  }));
}

/** By where they were found, so that a pair that a person has swapped keeps its colours. */
export function sidesOf(landmarks: Landmarks, toWorld: Matrix4): Side[] {
  const found = landmarks.predicted ?? landmarks.xyz;
  const sides = landmarks.names.map((): Side => "middle");
  for (const [one, other] of landmarks.pairs) {
    const [a, b] = [placed(found[one], toWorld), placed(found[other], toWorld)];
    const oneIsLeft = a && b ? a.x > b.x : a ? a.x > 0 : b ? b.x < 0 : /(^|_)(l|left)(_|$)/.test(landmarks.names[one]!);
    [sides[one], sides[other]] = oneIsLeft ? ["left", "right"] : ["right", "left"];
  }
  return sides;
}

/** The landmark on the other side of the face; null for one on the midline. */
export function partnerOf(landmarks: Landmarks, name: string): string | null {
  const row = landmarks.names.indexOf(name);
  for (const [one, other] of landmarks.pairs) {
    if (one === row) return landmarks.names[other]!;
    if (other === row) return landmarks.names[one]!;
  }
  return null;
}

/** A landmark's name as people read it. */
export const spoken = (name: string): string => name.replaceAll("_", " ");

function placed(point: Point | null | undefined, toWorld: Matrix4): Vector3 | null {
  return point ? new Vector3(...point).applyMatrix4(toWorld) : null;
}
