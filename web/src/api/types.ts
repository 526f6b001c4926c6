/** What the server takes and answers, by the names that the page uses; `npm run types` makes the schema. */

import type { components } from "./schema";

/** What the server's description knows by name. */
export type Schema = components["schemas"];

export type ErrorReply = Schema["ErrorReply"];
export type Job = Schema["Job"];
export type Session = Schema["SessionReply"];

export type Created = Schema["Created"];
export type Landmarks = Schema["LandmarksReply"];
/** Row-major. */
export type Matrix = Schema["ComparisonReply"]["motion"];
export type Point = Schema["SurfacePoint"]["xyz"];
export type Saved = Schema["Saved"];
export type Scan = Schema["ScanReply"];
export type SetName = Landmarks["set"];

// Measure

export type AsymmetryRow = Schema["AsymmetryRow"];
export type DistanceReply = Schema["DistanceReply"];
export type DistanceRequest = Schema["DistanceRequest"];
export type MeasureRow = Schema["MeasureRow"];

// Fit

export type FitInfo = Schema["FitReply"];

// Compare

export type Comparison = Schema["ComparisonReply"];
export type ComparisonRequest = Schema["ComparisonRequest"];
export type LandmarkChange = Schema["LandmarkRow"];
export type RegionChange = Schema["RegionRow"];
export type Stable = Comparison["stable"];

// Sequence

export type Sequence = Schema["SequenceReply"];
export type SequenceRequest = Schema["SequenceRequest"];
