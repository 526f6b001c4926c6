"""A database that an earlier program made: opened, it has today's tables, and all that was in it."""

from __future__ import annotations

import pytest

from lineament.database import migrate
from lineament.database.consent.terms import Controller
from lineament.database.database import Database
from lineament.database.people import add_project
from lineament.database.verify import verify

CONTROLLER = Controller("lab", "A laboratory", "1 Street, Town", "privacy@lab.example", "DE")
BEFORE = 3
"""A schema without indexes for searches, letters that were sent, frames, and whose a purpose is."""
ROWS = """
INSERT INTO projects (id, name, country, controller, created_at) VALUES ('prj0', 'faces', 'DE', '{}', '2026-01-01');
INSERT INTO subjects (id, project, label_key, jurisdiction, last_interaction, created_at)
VALUES ('sub0', 'prj0', 'key', 'GDPR', '2026-01-01', '2026-01-01');
INSERT INTO consents (id, subject, given_at, guardian, separate, transfer_abroad, signed, text_sha256, record,
recorded_by, recorded_at) VALUES ('con0', 'sub0', '2026-01-01', 0, 0, 0, 0, '', '{}', 'somebody', '2026-01-01');
INSERT INTO consent_purposes (consent, purpose) VALUES ('con0', 'training');
INSERT INTO sessions (id, subject, label_key) VALUES ('ses0', 'sub0', 'one');
INSERT INTO scans (id, project, subject, session, source_key, modality, state, ingested_at, ingested_by, sex, origin)
VALUES ('scn0', 'prj0', 'sub0', 'ses0', 'key', 'mesh', 'accepted', '2026-01-01', 'somebody', 'female', '');
INSERT INTO jobs (id, kind, version, scan, state, attempts, said, created_at, ended_at)
VALUES ('job0', 'landmarks', '1', 'scn0', 'failed', 3, 'too dark', '2026-01-01', '2026-01-02');
INSERT INTO notices (subject, export, recipient, letter, written_at)
VALUES ('sub9', 'exp0', 'Bob', 'Dear', '2026-01-03')
"""


@pytest.mark.parametrize("server", [False, True], ids=["sqlite", "postgresql"])
def test_rows_of_before_are_there_after(request, tmp_path, monkeypatch: pytest.MonkeyPatch, server: bool) -> None:
    address = request.getfixturevalue("postgres") if server else ""
    files = migrate._files
    place, key = tmp_path / "db", str(tmp_path / "master.key")
    with monkeypatch.context() as before:
        before.setattr(migrate, "_files", lambda part: [each for each in files(part) if int(each[0][:4]) <= BEFORE])
        with Database.create(place, "anna", key=key, catalogue=address) as database:
            database.catalogue.script(ROWS)
    with Database.open(place, "anna") as database:
        rows = database.catalogue.rows
        (job,) = rows("SELECT * FROM jobs")
        assert (job["id"], job["scan"], job["frame"], job["state"], job["attempts"], job["said"], job["ended_at"]) == (
            "job0", "scn0", 0, "failed", 3, "too dark", "2026-01-02"
        )  # fmt: skip
        (notice,) = rows("SELECT * FROM notices")
        assert (notice["recipient"], notice["letter"], notice["sent_at"], notice["sent_by"]) == (
            "Bob",
            "Dear",
            None,
            None,
        )
        assert rows("SELECT 1 AS one FROM role_actions WHERE role = 'officer' AND action = 'notify'")
        assert rows("SELECT subject FROM consent_purposes WHERE purpose = 'training'")[0]["subject"] == "sub0"
        assert rows("SELECT MAX(number) AS last FROM catalogue_migrations")[0]["last"] > BEFORE
        assert database.catalogue.check() == []
        add_project(database, "others", CONTROLLER)


def test_a_second_opening_changes_nothing(lab) -> None:
    applied = lab.database.catalogue.rows("SELECT * FROM catalogue_migrations ORDER BY number")
    with lab.opened() as again:
        assert [dict(each) for each in again.catalogue.rows("SELECT * FROM catalogue_migrations ORDER BY number")] == [
            dict(each) for each in applied
        ]
        assert not list(verify(again))
