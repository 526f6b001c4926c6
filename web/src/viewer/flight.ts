/** Moves a camera gently from where it stands to another view. */

import { type OrthographicCamera, Quaternion, Vector3 } from "three";

const FLIGHT_MS = 320;

export interface Aim {
  readonly target: Vector3;
  /** Towards the viewer, of length 1. */
  readonly towards: Vector3;
  readonly zoom: number;
}

/** Where a flight is at a share of its way. */
export function along(from: Aim, to: Aim, share: number): Aim {
  const at = share * share * (3 - 2 * share);
  const turn = new Quaternion().setFromUnitVectors(from.towards, to.towards);
  return {
    target: from.target.clone().lerp(to.target, at),
    towards: from.towards.clone().applyQuaternion(new Quaternion().slerp(turn, at)),
    zoom: from.zoom * (to.zoom / from.zoom) ** at,
  };
}

export function aimOf(camera: OrthographicCamera, target: Vector3): Aim {
  return { target: target.clone(), towards: camera.position.clone().sub(target).normalize(), zoom: camera.zoom };
}

/** Call `step` at each frame until the end, which is at once for people who want no motion; returns how to stop. */
export function fly(from: Aim, to: Aim, step: (aim: Aim, over: boolean) => void): () => void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    step(to, true);
    return () => {};
  }
  const began = performance.now();
  let request = 0;
  const frame = () => {
    const share = Math.min((performance.now() - began) / FLIGHT_MS, 1);
    if (share < 1) request = requestAnimationFrame(frame);
    step(along(from, to, share), share >= 1);
  };
  frame();
  return () => cancelAnimationFrame(request);
}
