/** What /api/db takes and answers, by the names that the page uses. */

import type { Schema } from "../api/types";

export type State = ScanRow["state"];
export type Purpose = Schema["Purpose"];

export type Facets = Schema["FacetsReply"];
export type FileFacts = Schema["FileReply"];
export type Finding = Schema["FindingReply"];
export type Matching = Schema["Number"];
export type ScanFacts = Schema["ScanFactsReply"];
export type ScanRow = Schema["ScanRow"];
export type Where = Schema["Filters"];

export type ConsentState = PersonRow["consent"];
export type PersonFacts = Schema["PersonReply"];
export type PersonRow = Schema["PersonRow"];

export type Decided = Schema["Decided"];
export type Doubtful = Schema["DoubtfulReply"];
export type Verdict = Schema["Verdict"];

export type WorkCounts = Schema["WorkCounts"];
export type WorkRequest = Schema["WorkRequest"];

export type Balance = Schema["BalanceReply"];
export type ReleaseFacts = Schema["ReleaseReply"];
export type ReleaseRow = Schema["ReleaseRow"];

export type AuditEntry = Schema["AuditEntry"];
export type Stats = Schema["StatsReply"];
