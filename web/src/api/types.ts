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
  unit: string | null;
  mm_per_unit: number | null;
  history: { name: string; xyz: Point | null; by: string; at: string }[];
}
