"""What stays is without names: releases of a person who leaves, paths; and refusals are with them, in the log."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from lineament.cli import main
from lineament.database.database import check_server
from lineament.database.guard import Guard
from lineament.database.people import end_consent
from lineament.database.records import FileRecord
from lineament.database.releases.create import create_release
from lineament.errors import InputError


@pytest.mark.parametrize("address", ["postgresql://me:secret@host/db", "postgresql://host/db?user=me&password=secret"])
def test_a_password_stays_out_of_the_settings(address: str) -> None:
    with pytest.raises(InputError, match="pgpass") as told:
        check_server(address)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("word", ["subject", "scan", "session"])
def test_a_release_does_not_keep_by_whom_it_was_chosen(lab, word: str) -> None:
    subject = lab.person("P1")
    (outcome,) = lab.ingest(lab.record("P1", 1))
    (found,) = lab.database.catalogue.rows("SELECT session FROM scans")
    name = {"subject": subject, "scan": outcome.scan, "session": found["session"]}[word]
    create_release(lab.database, "r", "faces", "training", where={word: name}, description="d", licence="l")
    (kept,) = lab.database.catalogue.rows("SELECT criteria FROM releases")
    assert json.loads(kept["criteria"])["where"][word] == "one"
    assert name not in kept["criteria"]


def test_files_are_written_into_their_folder_only(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.person("P1")
    files = (
        FileRecord(lab.file("a.ply", 1)),
        FileRecord(lab.file("b.ply", 2), "other", 1, meta={"set_name": "/../../../out/x"}),
    )
    (outcome,) = lab.ingest(lab.record("P1", 1, files=files))
    monkeypatch.chdir(lab.root)
    words = ["db", "read", outcome.scan, "-o", "a/b", "--purpose", "research", "--db", "db", "--as", "anna"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert len(list((lab.root / "a" / "b").iterdir())) == 2


def test_the_log_names_what_was_refused_among_what_was_not(lab) -> None:
    guard: Guard = lab.database.guard
    lab.person("P1")
    second = lab.person("P2")
    names = [outcome.scan for outcome in lab.ingest(lab.record("P1", 1), lab.record("P2", 2))]
    end_consent(lab.database, second)
    allowed, refused = guard.choose("read", names, "research")
    assert (allowed, sum(refused.values())) == (names[:1], 1)
    told = [list(lab.database.log.entries(name))[-1] for name in names]
    assert [entry["allowed"] for entry in told] == [True, False]
