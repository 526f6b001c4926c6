-- Passwords of actors who sign in at a studio: a slow salted hash, encrypted under a key of the database. In no backup: a
-- restored one would bring back a password that was changed since, so that after a restore they are set anew.
CREATE TABLE passwords (
  actor TEXT PRIMARY KEY REFERENCES actors (id),
  sealed BLOB NOT NULL,
  changed_at TEXT NOT NULL
) STRICT;
