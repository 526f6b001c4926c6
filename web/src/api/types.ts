/** What the server answers. */

export interface ErrorBody {
  error: { kind: string; message: string };
}

export interface Session {
  signed_in: boolean;
  actor: string;
  roles: { role: string; project: string }[];
  csrf: string;
  database: { name: string } | null;
  needs_password: boolean;
  can: Record<string, boolean>;
  version: string;
}

export interface Job {
  id: string;
  kind: string;
  title: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  stage: string;
  done: number;
  total: number;
  message: string;
  result: Record<string, unknown> | null;
  error: { kind: string; message: string } | null;
}

export type Point = [number, number, number];

export interface Scan {
  id: string;
  name: string;
  format: string;
  points: number;
  triangles: number;
  unit: string | null;
  mm_per_unit: number | null;
  /** Row-major 4 x 4: from the scan's frame to the face frame in mm. */
  pose: number[][] | null;
  score: number | null;
  warnings: string[];
  center: Point;
  radius: number;
  has_colors: boolean;
  has_texture: boolean;
  origin: "file" | "drop" | "database";
  stages: { parsed: boolean; landmarks: boolean; fit: boolean; curvature: boolean };
  display: { points: number; triangles: number; decimated: boolean };
  /** Why no face was found; null where there is one, or nobody has looked yet. */
  no_face: string | null;
  /** Whether corrected landmarks can be saved, rather than downloaded. */
  can_save: boolean;
  database_scan: string | null;
  sequence: string | null;
}

export interface Landmarks {
  scan: string;
  set: string;
  names: string[];
  definitions: string[];
  pairs: [number, number][];
  xyz: (Point | null)[];
  sigma: (number | null)[];
  visible: boolean[];
  corrected: boolean[];
  /** As they were found, whatever has been corrected since. */
  predicted: (Point | null)[];
  unit: string | null;
  mm_per_unit: number | null;
  history: { name: string; xyz: Point | null; by: string; at: string }[];
}

// Fit

export interface FitInfo {
  /** Of the distance between scan and fit, mm. */
  median: number | null;
  p95: number | null;
  /** Share of the face's area that the scan shows. */
  measured: number;
  /** ARKit's weights of this person as fitted. */
  expressions: Record<string, number>;
  /** In standard deviations. */
  identity: { count: number; weights: number[] };
  vertices: number;
  /** Row-major 4 x 4: from the scan's frame and unit to the face frame that the rig is in, mm. */
  pose?: number[][] | null;
}

// Compare

export type Stable = "upper" | "nose" | "all";

export interface RegionChange {
  region: string;
  area: number;
  measured: number;
  mean: number | null;
  mean_absolute: number | null;
  rms: number | null;
  median?: number | null;
  p95: number | null;
  largest: number | null;
  volume: number | null;
}

export interface LandmarkChange {
  set_name: string;
  name: string;
  /** Towards the subject's left, upwards and out of the face, mm. */
  left: number | null;
  up: number | null;
  forward: number | null;
  distance: number | null;
  standard_error: number | null;
  /** Distance that errors alone exceed once in ten. */
  by_error: number | null;
  visible: boolean;
}

export interface Comparison {
  id: string;
  a: string;
  b: string;
  stable: Stable;
  limit: number;
  residual: number;
  /** Share of the stable parts that agree. */
  used: number;
  /** How far colours should reach on either side of 0, mm. */
  range: number;
  /** Row-major 4 x 4: from B's frame to A's. */
  motion: number[][];
  regions: RegionChange[];
  landmarks: LandmarkChange[];
  warnings: string[];
}

// Sequence

export interface Sequence {
  id: string;
  name: string;
  /** Seconds. */
  times: number[];
  /** Scans in order. */
  scans: string[];
  set: string;
  names: string[];
  /** Frames x landmarks, in the frame and unit of each scan. */
  xyz: (Point | null)[][];
  /** ARKit's names to one weight a frame. */
  expressions: Record<string, (number | null)[]> | null;
  failed: { frame: number; why: string }[];
}

export interface MeasureRow {
  measure: string;
  side: string;
  name: string;
  kind: string;
  unit: string;
  value: number | null;
  standard_error: number | null;
  low_90: number | null;
  high_90: number | null;
  visible: boolean;
  note: string;
  landmarks: string[];
}

export interface DistanceReply {
  straight_mm: number;
  surface_mm: number | null;
  path: Point[];
  why: string | null;
}

export interface AsymmetryRow {
  name: string;
  partner: string | null;
  value: number | null;
  standard_error: number | null;
  /** What errors of the landmarks alone stay below 9 times in 10, mm. */
  by_error: number | null;
  offset: Point | null;
  visible: boolean;
  note: string;
}
