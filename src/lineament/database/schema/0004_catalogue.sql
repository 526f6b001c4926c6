-- Searches that read little, of what lies together: also of files that are not in memory, and beside others who write.

-- By these a search finds its way when few scans match; each begins with what is asked for, and ends with the name.
DROP INDEX scans_by_expression;
DROP INDEX scans_by_origin;
DROP INDEX scans_by_device;
DROP INDEX scans_by_age;
CREATE INDEX scans_by_expression ON scans (state, expression, age, sex, origin, device, id);
CREATE INDEX scans_by_age ON scans (state, age, sex, origin, device, id);
CREATE INDEX scans_by_device ON scans (state, device, origin, sex, id);
CREATE INDEX scans_by_origin ON scans (state, origin, sex, id);
CREATE INDEX scans_by_sex ON scans (state, sex, id);
CREATE INDEX scans_by_modality ON scans (state, modality, id);
CREATE INDEX scans_by_protocol ON scans (state, protocol, id);
CREATE INDEX scans_by_project ON scans (state, project, id);
CREATE INDEX scans_by_kinds ON scans (state, kinds, id);
CREATE INDEX scans_by_noise ON scans (state, noise_mm, id);
CREATE INDEX scans_by_holes ON scans (state, holes, id);
CREATE INDEX scans_by_capture ON scans (state, captured_at, id);
CREATE INDEX scans_by_ingest ON scans (state, ingested_at, id);

-- Holds all that searches filter by and tell, in the order of names: what many scans match is read from few pages that
-- lie together. Reasons may be long, and few scans have one.
DROP INDEX scans_for_search;
CREATE INDEX scans_for_search ON scans (
  state, id, kinds, expression, age, sex, origin, device, modality, holes, noise_mm, subject, project, protocol,
  captured_at, ingested_at, session, repeat, unit, points, triangles, frames, fps
);
CREATE INDEX scans_with_reason ON scans (id) WHERE state_reason <> '';

-- By these a decision about somebody reads few places: whether they were a minor at any scan, what is known of them, of
-- their consent, and of its purposes. Under no law that is known here is somebody of 18 a minor (`ADULT`).
CREATE INDEX scans_of_minors ON scans (subject, age) WHERE age < 18;
CREATE INDEX subjects_for_access ON subjects (
  id, project, state, retain_until, consent, birth_year, jurisdiction, sex, origin
);
CREATE INDEX consents_for_access ON consents (
  id, withdrawn_at, given_at, guardian, separate, transfer_abroad, signed, legal_basis, art9_condition
);
CREATE INDEX purposes_for_access ON consent_purposes (consent, purpose, valid_until);

-- When a letter to a recipient was sent, and who says so.
ALTER TABLE notices ADD COLUMN sent_at TEXT;
ALTER TABLE notices ADD COLUMN sent_by TEXT;
INSERT INTO actions (name, object, needs_consent, needs_purpose, meets_conditions, any_state, meaning) VALUES
  ('notify', 'database', 0, 0, 0, 0, 'note that recipients were told of a withdrawal');
INSERT INTO role_actions (role, action) VALUES ('officer', 'notify');

-- A job for each frame of a 4D sequence; of all else there is frame 0.
ALTER TABLE jobs RENAME TO jobs_before;
DROP INDEX jobs_by_state;
DROP INDEX jobs_of_scan;
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  version TEXT NOT NULL,
  scan TEXT NOT NULL REFERENCES scans (id),
  frame INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  worker TEXT NOT NULL DEFAULT '',
  lease_until TEXT,
  said TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  ended_at TEXT,
  UNIQUE (kind, version, scan, frame)
) STRICT;
INSERT INTO jobs (id, kind, version, scan, state, attempts, worker, lease_until, said, created_at, ended_at)
SELECT id, kind, version, scan, state, attempts, worker, lease_until, said, created_at, ended_at FROM jobs_before;
DROP TABLE jobs_before;
CREATE INDEX jobs_by_state ON jobs (kind, state, id);
CREATE INDEX jobs_of_scan ON jobs (scan);
