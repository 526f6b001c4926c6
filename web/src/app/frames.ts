/** Between a scan's own frame, the frame that its geometry is sent in, and the world: mm, face frame where it is known. */

import { Matrix4, Vector3 } from "three";
import type { Matrix, Point, Scan } from "../api/types";

/** Without a unit a scan is drawn this large, mm: about a head. */
const GUESSED_RADIUS = 110;

export function matrixOf([first, second, third, fourth]: Matrix): Matrix4 {
  return new Matrix4().set(...first, ...second, ...third, ...fourth);
}

/** From the scan's frame and unit to the world. */
export function scanToWorld(scan: Scan): Matrix4 {
  if (scan.pose) return matrixOf(scan.pose);
  const scale = scan.mm_per_unit ?? GUESSED_RADIUS / Math.max(scan.radius, 1e-12);
  const [x, y, z] = scan.center;
  return new Matrix4().makeScale(scale, scale, scale).multiply(new Matrix4().makeTranslation(-x, -y, -z));
}

/** From the geometry as it is sent, the scan's points less its centre, to the world. */
export function localToWorld(scan: Scan): Matrix4 {
  return scanToWorld(scan).multiply(new Matrix4().makeTranslation(...scan.center));
}

/** From the face frame of a fit, mm, to the world; the fit has turned the face a little from where landmarks had it. */
export function faceToWorld(scan: Scan, pose: Matrix): Matrix4 {
  return scanToWorld(scan).multiply(matrixOf(pose).invert());
}

export function toWorld(scan: Scan, point: Point): Vector3 {
  return new Vector3(...point).applyMatrix4(scanToWorld(scan));
}

export function toScan(scan: Scan, point: Vector3): Point {
  return point.clone().applyMatrix4(scanToWorld(scan).invert()).toArray();
}

/** A direction of the world in the scan's frame, of length 1. */
export function directionToScan(scan: Scan, direction: Vector3): Point {
  return direction.clone().transformDirection(scanToWorld(scan).invert()).toArray();
}

/** Millimetres in one unit of the scan, as it is drawn. */
export function mmPerUnit(scan: Scan): number {
  return scanToWorld(scan).getMaxScaleOnAxis();
}
