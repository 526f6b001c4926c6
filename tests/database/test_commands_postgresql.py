"""The commands that have SQL of their own, on both catalogues."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lineament.cli import main

pytestmark = pytest.mark.parametrize("lab", ["sqlite", "postgresql"], indirect=True)


def test_commands(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for label in ("P1", "P2"):
        lab.person(label)
    first, _ = lab.ingest(lab.record("P1", 1), lab.record("P2", 2))
    monkeypatch.chdir(lab.root)
    monkeypatch.setenv("LINEAMENT_ACTOR", "anna")
    monkeypatch.setenv("LINEAMENT_DB", "db")

    def db(*words: object) -> str:
        result = CliRunner().invoke(main, ["db", *map(str, words)])
        assert result.exit_code == 0, result.output
        return result.output

    db("device", "calibrate", "rig", "--on", "2026-03-01", "--rms", 0.25)
    assert "0.25" in db("device", "list")
    assert "facescape20 1: neutral" in db("protocol", "list")
    assert "all projects" in db("actor", "list")
    condition = db("condition", "add", "terms", "Terms of use").split()[1].rstrip(";")
    db("condition", "approve", "anna", condition)
    assert "anna" in db("condition", "list")
    assert "geometry" in db("show", first.scan)
    assert "scans accepted: 1" in db("show", "P1")
    db("release", "create", "r", "--purpose", "training", "--description", "d", "--licence", "l")
    db("export", "r", "bids", "out", "--recipient", "Bob")
    assert "Bob" in db("release", "show", "r")
    assert "2 people" in db("stats")
    assert "Recipients" in db("law", "processing")
    assert "a letter to Bob" in CliRunner().invoke(main, ["db", "withdraw", "P1"]).output
    db("withdraw", "P1", "--yes")
    assert "Bob" in db("letters")
    assert "tombstoned" in db("release", "list")
    db("expired")
    db("rotate-key")
    assert "everything is as it was written" in db("verify")
    db("backup", "backup", "--keys", "keys")
    assert "people in again: 1" in db("restore", "backup", "again", "--keys", "keys", "--catalogue", "sqlite")
    assert Path("again/catalogue.sqlite").exists()
    monkeypatch.setenv("LINEAMENT_DB", "again")
    assert "everything is as it was written" in db("verify")
