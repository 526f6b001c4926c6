-- The rules that the access decision reads; those of law come from `lineament.database.consent.law`.

INSERT INTO actions (name, object, needs_consent, needs_purpose, meets_conditions, any_state, meaning) VALUES
  ('find', 'scan', 1, 0, 0, 0, 'see that a scan is there, and what is known about it'),
  ('read', 'scan', 1, 1, 1, 0, 'get the bytes of a scan, or of what was derived from it'),
  ('derive', 'scan', 1, 1, 1, 0, 'compute landmarks, fits, measures or pictures of a scan'),
  ('embed', 'scan', 1, 1, 1, 0, 'compute a template by which a person can be recognised'),
  ('annotate', 'scan', 1, 1, 1, 0, 'correct what was derived from a scan'),
  ('export', 'scan', 1, 1, 1, 0, 'hand a scan to somebody else'),
  ('review', 'scan', 1, 0, 0, 1, 'look at a scan in quarantine, accept it or reject it'),
  ('ingest', 'subject', 1, 0, 0, 0, 'take in a scan of a subject'),
  ('consent', 'subject', 0, 0, 0, 0, 'record a subject''s consent'),
  ('identify', 'subject', 0, 0, 0, 0, 'see who a subject is'),
  ('withdraw', 'subject', 0, 0, 0, 1, 'destroy all that there is of a subject'),
  ('enrol', 'project', 0, 0, 0, 0, 'add a subject'),
  ('release', 'project', 0, 0, 0, 0, 'publish a release'),
  ('manage', 'database', 0, 0, 0, 0, 'add projects, conditions, protocols and devices'),
  ('grant', 'database', 0, 0, 0, 0, 'add actors, give and take roles, approve conditions'),
  ('audit', 'database', 0, 0, 0, 0, 'read the audit log'),
  ('keep', 'database', 0, 0, 0, 0, 'verify, repair, back up and restore the database, change its master key');

INSERT INTO action_purposes (action, purpose) VALUES
  ('embed', 'embedding'),
  ('export', 'sharing');

INSERT INTO role_actions (role, action) VALUES
  ('reader', 'find'), ('reader', 'read'),
  ('analyst', 'find'), ('analyst', 'read'), ('analyst', 'derive'), ('analyst', 'embed'), ('analyst', 'annotate'),
  ('contributor', 'find'), ('contributor', 'enrol'), ('contributor', 'consent'), ('contributor', 'ingest'),
  ('curator', 'find'), ('curator', 'read'), ('curator', 'review'), ('curator', 'release'), ('curator', 'export'),
  ('curator', 'derive'),
  ('officer', 'find'), ('officer', 'consent'), ('officer', 'identify'), ('officer', 'withdraw'), ('officer', 'audit'),
  ('auditor', 'audit'),
  ('admin', 'manage'), ('admin', 'grant'), ('admin', 'keep');

-- DUO: no methods development forbids training a model; not for profit, and non-commercial use, forbid commercial use.
INSERT INTO duo_forbids (duo, purpose) VALUES
  ('DUO:0000015', 'training'),
  ('DUO:0000018', 'commercial'),
  ('DUO:0000045', 'commercial'),
  ('DUO:0000046', 'commercial');
