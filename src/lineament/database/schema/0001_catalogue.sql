-- The catalogue: what there is, of whom, under which rules. Times are UTC, ISO 8601, so that they sort as text.
-- `sealed` columns are encrypted under the subject's key. JSON is text. Nothing here names a person.

CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL DEFAULT '',
  country TEXT NOT NULL,
  controller TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

-- Who may act, and as what ----------------------------------------------------------------------------------------

CREATE TABLE actors (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  country TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE actions (
  name TEXT PRIMARY KEY,
  object TEXT NOT NULL CHECK (object IN ('scan', 'subject', 'project', 'database')),
  needs_consent INTEGER NOT NULL,
  needs_purpose INTEGER NOT NULL,
  meets_conditions INTEGER NOT NULL,
  any_state INTEGER NOT NULL,
  meaning TEXT NOT NULL
) STRICT;

-- Purposes that an action has besides the one that is stated.
CREATE TABLE action_purposes (
  action TEXT NOT NULL REFERENCES actions (name),
  purpose TEXT NOT NULL,
  PRIMARY KEY (action, purpose)
) STRICT;

CREATE TABLE role_actions (
  role TEXT NOT NULL,
  action TEXT NOT NULL REFERENCES actions (name),
  PRIMARY KEY (role, action)
) STRICT;

-- First layer: sharing. Project '*' is all of them.
CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  actor TEXT NOT NULL REFERENCES actors (id),
  role TEXT NOT NULL,
  project TEXT NOT NULL,
  valid_until TEXT,
  granted_by TEXT NOT NULL,
  granted_at TEXT NOT NULL,
  UNIQUE (actor, role, project)
) STRICT;

-- Second layer: conditions of a project, each of which an actor must have met, perhaps again after some time.
CREATE TABLE conditions (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects (id),
  kind TEXT NOT NULL CHECK (kind IN ('terms', 'training', 'ethics', 'statement', 'identity')),
  text_sha256 TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL,
  valid_days INTEGER,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE fulfilments (
  id TEXT PRIMARY KEY,
  condition TEXT NOT NULL REFERENCES conditions (id),
  actor TEXT NOT NULL REFERENCES actors (id),
  evidence TEXT NOT NULL DEFAULT '',
  approved_by TEXT NOT NULL,
  approved_at TEXT NOT NULL,
  valid_until TEXT
) STRICT;
CREATE INDEX fulfilments_of_actor ON fulfilments (actor, condition);

-- Law ---------------------------------------------------------------------------------------------------------------

CREATE TABLE jurisdictions (
  code TEXT PRIMARY KEY,
  guardian_below INTEGER NOT NULL,
  separate_consent INTEGER NOT NULL,
  needs_basis INTEGER NOT NULL,
  needs_condition INTEGER NOT NULL,
  needs_signature INTEGER NOT NULL,
  bordered INTEGER NOT NULL,
  headcount_limit INTEGER
) STRICT;

CREATE TABLE countries (
  jurisdiction TEXT NOT NULL REFERENCES jurisdictions (code),
  code TEXT NOT NULL,
  PRIMARY KEY (jurisdiction, code)
) STRICT;

CREATE TABLE duo_forbids (
  duo TEXT NOT NULL,
  purpose TEXT NOT NULL,
  PRIMARY KEY (duo, purpose)
) STRICT;

-- People ------------------------------------------------------------------------------------------------------------

CREATE TABLE subjects (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects (id),
  label_key TEXT NOT NULL,
  sex TEXT NOT NULL DEFAULT 'unknown',
  origin TEXT NOT NULL DEFAULT '',
  birth_year INTEGER,
  jurisdiction TEXT NOT NULL REFERENCES jurisdictions (code),
  consent TEXT,
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'withdrawing')),
  last_interaction TEXT NOT NULL,
  retain_until TEXT,
  created_at TEXT NOT NULL,
  sealed BLOB,
  UNIQUE (project, label_key)
) STRICT;

-- The newest consent of a subject is the one in force (`subjects.consent`); the older ones are kept as they were.
CREATE TABLE consents (
  id TEXT PRIMARY KEY,
  subject TEXT NOT NULL REFERENCES subjects (id),
  given_at TEXT NOT NULL,
  withdrawn_at TEXT,
  guardian INTEGER NOT NULL,
  separate INTEGER NOT NULL,
  transfer_abroad INTEGER NOT NULL,
  signed INTEGER NOT NULL,
  legal_basis TEXT NOT NULL DEFAULT '',
  art9_condition TEXT NOT NULL DEFAULT '',
  text_sha256 TEXT NOT NULL,
  record TEXT NOT NULL,
  recorded_by TEXT NOT NULL,
  recorded_at TEXT NOT NULL
) STRICT;
CREATE INDEX consents_of_subject ON consents (subject);

CREATE TABLE consent_purposes (
  consent TEXT NOT NULL REFERENCES consents (id),
  purpose TEXT NOT NULL,
  valid_until TEXT,
  PRIMARY KEY (consent, purpose)
) STRICT;
CREATE INDEX consents_by_purpose ON consent_purposes (purpose, consent);

CREATE TABLE consent_duo (
  consent TEXT NOT NULL REFERENCES consents (id),
  duo TEXT NOT NULL,
  PRIMARY KEY (consent, duo)
) STRICT;

-- How things are captured -------------------------------------------------------------------------------------------

CREATE TABLE protocols (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  version TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE prompts (
  protocol TEXT NOT NULL REFERENCES protocols (id),
  place INTEGER NOT NULL,
  expression TEXT NOT NULL,
  PRIMARY KEY (protocol, place),
  UNIQUE (protocol, expression)
) STRICT;

CREATE TABLE devices (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  details TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE calibrations (
  id TEXT PRIMARY KEY,
  device TEXT NOT NULL REFERENCES devices (id),
  done_at TEXT NOT NULL,
  expires_at TEXT,
  method TEXT NOT NULL DEFAULT '',
  reprojection_rms REAL,
  details TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  subject TEXT NOT NULL REFERENCES subjects (id),
  label_key TEXT NOT NULL,
  device TEXT REFERENCES devices (id),
  calibration TEXT REFERENCES calibrations (id),
  started_at TEXT,
  age REAL,
  UNIQUE (subject, label_key)
) STRICT;

-- Scans and files ---------------------------------------------------------------------------------------------------

CREATE TABLE scans (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects (id),
  subject TEXT NOT NULL REFERENCES subjects (id),
  session TEXT NOT NULL REFERENCES sessions (id),
  source_key TEXT NOT NULL UNIQUE,
  modality TEXT NOT NULL,
  protocol TEXT REFERENCES protocols (id),
  expression TEXT NOT NULL DEFAULT '',
  repeat INTEGER NOT NULL DEFAULT 1,
  device TEXT REFERENCES devices (id),
  age REAL,
  state TEXT NOT NULL CHECK (state IN ('accepted', 'quarantined', 'rejected')),
  state_reason TEXT NOT NULL DEFAULT '',
  unit TEXT,
  points INTEGER,
  triangles INTEGER,
  holes REAL,
  noise_mm REAL,
  quality TEXT NOT NULL DEFAULT '{}',
  geometry_key TEXT,
  frames INTEGER NOT NULL DEFAULT 1,
  fps REAL,
  captured_at TEXT,
  ingested_at TEXT NOT NULL,
  ingested_by TEXT NOT NULL,
  -- For searches: what the subject's row says, and the kinds of derived data with a blank on both sides of each.
  sex TEXT NOT NULL,
  origin TEXT NOT NULL,
  kinds TEXT NOT NULL DEFAULT ' ',
  sealed BLOB
) STRICT;
CREATE INDEX scans_of_subject ON scans (subject);
CREATE INDEX scans_by_geometry ON scans (geometry_key);
CREATE INDEX scans_of_session ON scans (session);
-- By these a search sees at once that there is nothing at all of what it looks for.
CREATE INDEX scans_by_expression ON scans (expression);
CREATE INDEX scans_by_origin ON scans (origin);
CREATE INDEX scans_by_device ON scans (device);
CREATE INDEX scans_by_age ON scans (age);
-- Holds what searches mostly filter by, so that they read this and not the rows, also when they look for what is not there.
CREATE INDEX scans_for_search ON scans (
  state, id, kinds, expression, age, sex, origin, device, modality, holes, noise_mm, subject
);

CREATE TABLE findings (
  scan TEXT NOT NULL REFERENCES scans (id),
  kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  value REAL,
  limit_value REAL,
  said TEXT NOT NULL,
  PRIMARY KEY (scan, kind)
) STRICT;

CREATE TABLE objects (
  subject TEXT NOT NULL REFERENCES subjects (id),
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  sealed_size INTEGER NOT NULL,
  sealed_sha256 TEXT NOT NULL,
  PRIMARY KEY (subject, name)
) STRICT;

CREATE TABLE assets (
  id TEXT PRIMARY KEY,
  scan TEXT NOT NULL REFERENCES scans (id),
  subject TEXT NOT NULL,
  object TEXT NOT NULL,
  role TEXT NOT NULL,
  place INTEGER NOT NULL DEFAULT 0,
  suffix TEXT NOT NULL,
  derived INTEGER NOT NULL DEFAULT 0,
  meta TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL,
  FOREIGN KEY (subject, object) REFERENCES objects (subject, name)
) STRICT;
CREATE INDEX assets_of_scan ON assets (scan, role);
CREATE INDEX assets_of_object ON assets (subject, object);
CREATE INDEX assets_by_role ON assets (role);

-- How something derived was made (W3C PROV: an activity and what it used).
CREATE TABLE derivations (
  asset TEXT PRIMARY KEY REFERENCES assets (id),
  tool TEXT NOT NULL,
  tool_version TEXT NOT NULL,
  weights_sha256 TEXT NOT NULL DEFAULT '',
  parameters TEXT NOT NULL DEFAULT '{}',
  made_by TEXT NOT NULL,
  made_at TEXT NOT NULL
) STRICT;

CREATE TABLE derivation_parents (
  asset TEXT NOT NULL REFERENCES assets (id),
  parent TEXT NOT NULL REFERENCES assets (id),
  PRIMARY KEY (asset, parent)
) STRICT;
CREATE INDEX derivation_children ON derivation_parents (parent);

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  version TEXT NOT NULL,
  scan TEXT NOT NULL REFERENCES scans (id),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  worker TEXT NOT NULL DEFAULT '',
  lease_until TEXT,
  said TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  ended_at TEXT,
  UNIQUE (kind, version, scan)
) STRICT;
CREATE INDEX jobs_by_state ON jobs (kind, state, id);
CREATE INDEX jobs_of_scan ON jobs (scan);

-- Releases and what left the house ----------------------------------------------------------------------------------

CREATE TABLE releases (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  project TEXT NOT NULL REFERENCES projects (id),
  purpose TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  licence TEXT NOT NULL DEFAULT '',
  criteria TEXT NOT NULL DEFAULT '{}',
  seed INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('published', 'tombstoned')),
  previous TEXT,
  manifest_sha256 TEXT NOT NULL,
  removed TEXT NOT NULL DEFAULT '{}',
  created_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  UNIQUE (name, version)
) STRICT;

CREATE TABLE release_scans (
  release TEXT NOT NULL REFERENCES releases (id),
  scan TEXT NOT NULL REFERENCES scans (id),
  subject TEXT NOT NULL REFERENCES subjects (id),
  split TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (release, scan)
) STRICT;
CREATE INDEX releases_of_subject ON release_scans (subject);
CREATE INDEX releases_of_scan ON release_scans (scan);

CREATE TABLE exports (
  id TEXT PRIMARY KEY,
  release TEXT NOT NULL REFERENCES releases (id),
  layout TEXT NOT NULL,
  recipient TEXT NOT NULL,
  contact TEXT NOT NULL DEFAULT '',
  country TEXT NOT NULL DEFAULT '',
  folder TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('writing', 'handed out', 'replaced', 'removing', 'removed', 'not reached')),
  made_by TEXT NOT NULL,
  made_at TEXT NOT NULL
) STRICT;

CREATE TABLE export_files (
  export TEXT NOT NULL REFERENCES exports (id),
  path TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (export, path)
) STRICT;

CREATE TABLE export_subjects (
  export TEXT NOT NULL REFERENCES exports (id),
  path TEXT NOT NULL,
  subject TEXT NOT NULL REFERENCES subjects (id),
  PRIMARY KEY (export, path, subject)
) STRICT;
CREATE INDEX exports_of_subject ON export_subjects (subject);

-- What is left of people who left: a random name that leads nowhere, what was done, and the keyed hash of the label, by
-- which a folder that still has their scans is not taken in again. ---------------------------------------------------

CREATE TABLE withdrawals (
  subject TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  label_key TEXT NOT NULL,
  step TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  requested_at TEXT NOT NULL,
  done_at TEXT,
  facts TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX withdrawals_by_label ON withdrawals (project, label_key);

CREATE TABLE notices (
  subject TEXT NOT NULL,
  export TEXT NOT NULL,
  recipient TEXT NOT NULL,
  letter TEXT NOT NULL,
  written_at TEXT NOT NULL,
  PRIMARY KEY (subject, export)
) STRICT;
