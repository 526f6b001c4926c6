/** What /api/db answers. */

export type State = "accepted" | "quarantined" | "rejected";

export interface ScanRow {
  id: string;
  project: string;
  subject: string;
  session: string;
  modality: string;
  protocol: string | null;
  expression: string;
  repeat: number;
  age: number | null;
  sex: string;
  origin: string;
  device: string | null;
  unit: string | null;
  points: number | null;
  triangles: number | null;
  holes: number | null;
  noise_mm: number | null;
  frames: number;
  fps: number | null;
  state: State;
  state_reason: string;
  captured_at: string | null;
  ingested_at: string;
  has: string[];
  consent: string;
  purposes: string[];
}

export interface Page<Row> {
  rows: Row[];
  next: string | null;
}

export interface Facets {
  project: string[];
  sex: string[];
  origin: string[];
  modality: string[];
  expression: string[];
  device: string[];
  protocol: string[];
  has: string[];
  purposes: string[];
  states: string[];
  age: [number, number] | null;
}

export interface Finding {
  kind: string;
  severity: string;
  value: number | null;
  limit_value: number | null;
  said: string;
}

export interface FileFacts {
  id: string;
  role: string;
  place: number;
  suffix: string;
  derived: boolean;
  size: number;
  meta: Record<string, unknown>;
  tool: string | null;
  tool_version: string | null;
  weights_sha256: string | null;
  parameters: Record<string, unknown> | null;
  made_at: string | null;
  parents: string[];
}

export interface ScanFacts {
  scan: ScanRow;
  findings: Finding[];
  files: FileFacts[];
}

export type ConsentState = "in force" | "ended" | "none" | "kept too long" | "withdrawing";

export interface PersonRow {
  id: string;
  project: string;
  sex: string;
  origin: string;
  jurisdiction: string;
  consent: ConsentState;
  purposes: Record<string, string | null>;
  given_at: string | null;
  withdrawn_at: string | null;
  retain_until: string | null;
  birth_year: number | null;
  scans: number;
  whole: boolean;
}

export interface PersonFacts {
  person: PersonRow;
  consents: {
    receipt: string;
    given_at: string;
    withdrawn_at: string | null;
    guardian: boolean;
    separate: boolean;
    abroad: boolean;
    in_force: boolean;
    duo: string[];
    purposes: Record<string, string | null>;
  }[];
  scans: { id: string; state: State; expression: string; modality: string }[];
}

export interface Doubtful {
  scan: ScanRow;
  findings: Finding[];
}

export interface Count {
  people: number;
  scans: number;
}

export interface ReleaseRow {
  name: string;
  version: string;
  project: string;
  purpose: string;
  description: string;
  licence: string;
  state: "published" | "tombstoned";
  created_at: string;
  scans: number;
  people: number;
}

export interface Balance {
  splits: Record<string, Record<string, Record<string, Count>>>;
  totals: Record<string, Count>;
  devices: Record<string, Record<string, Record<string, number>>>;
  removed: Record<string, Record<string, { before: Count; removed: Count; share: number; others: number; chance: number; uneven: boolean }>>;
  reasons: Record<string, Count>;
  warnings: string[];
}

export interface ReleaseFacts {
  release: ReleaseRow;
  manifest_sha256: string;
  seed: number;
  splits: { split: string; scans: number; people: number }[];
  exports: { layout: string; recipient: string; country: string; state: string; made_at: string }[];
  balance: Balance;
}

export interface AuditEntry {
  seq: number;
  at: string;
  actor: string;
  action: string;
  object: string;
  purpose: string;
  allowed: boolean;
  reason: string;
  detail: Record<string, unknown>;
  hash: string;
}

export interface Stats {
  at: string;
  actor: string;
  people: number;
  scans: number;
  bytes: number;
  states: Record<string, number>;
  counts: Record<string, Record<string, Count>>;
  purposes: Record<string, number>;
  consents_ending: Record<string, number>;
  retention_ending: Record<string, number>;
  alarms: string[];
  jobs: Record<string, Record<string, number>>;
}
