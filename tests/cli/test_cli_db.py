"""`lineament db`: a laboratory's story from the first command to the last, as a newcomer types it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from lineament.cli.db.common import JURISDICTIONS, PURPOSES
from lineament.cli.db.releases import LAYOUTS
from lineament.io.scans import write_scan
from lineament.types import Scan

Run = Callable[..., Result]
TEXT = "I agree that my scan is measured."


@pytest.fixture
def db(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run `lineament db` on a new database in a folder of its own, demand an exit status, return what is printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINEAMENT_DB", str(tmp_path / "db"))
    monkeypatch.setenv("LINEAMENT_ACTOR", "anna")

    def call(*words: object, status: int = 0, **changes: str) -> str:
        for name, value in changes.items():
            monkeypatch.setenv(f"LINEAMENT_{name}", value)
        result = run("db", *words)
        monkeypatch.setenv("LINEAMENT_DB", str(tmp_path / "db"))
        monkeypatch.setenv("LINEAMENT_ACTOR", "anna")
        assert result.exit_code == status, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.output

    call("init", "db", "--key", "master.key")
    (tmp_path / "text.txt").write_text(TEXT)
    return call


@pytest.fixture
def project(db: Callable[..., str]) -> Callable[..., str]:
    db("project", "add", "faces", "--institution", "A laboratory", "--address", "1 Street",
       "--contact", "privacy@lab.example", "--country", "DE")  # fmt: skip
    return db


def folder(path: Path, people: dict[str, str], start: int = 0) -> Path:
    """Write a folder with a manifest: two small scans of each person, and the purposes that it states."""
    path.mkdir(parents=True)
    rows = ["subject,file,expression,modality,sex,age,unit,purposes"]
    for number, (label, purposes) in enumerate(people.items()):
        for place, expression in enumerate(("neutral", "smile")):
            rng = np.random.default_rng(start + 2 * number + place)
            points = rng.normal(size=(200, 3))
            points *= (80 + 3 * rng.normal(size=(200, 1))) / np.linalg.norm(points, axis=1, keepdims=True)
            name = f"{label}_{expression}.ply"
            write_scan(Scan((points * [1, 1.2, 0.8]).astype(np.float32), unit="mm"), path / name)
            rows.append(f"{label},{name},{expression},cloud,{'female' if number else 'male'},30,mm,{purposes}")
    (path / "manifest.csv").write_text("\n".join(rows) + "\n")
    return path


def scans(db: Callable[..., str], *words: object) -> list[dict]:
    return json.loads(db("find", "--json", *words))


def test_a_story(project: Callable[..., str], tmp_path: Path) -> None:
    db = project
    assert "every role" not in db("project", "list")
    assert "identify" in db("roles")
    # Consent first, then scans.
    said = db("consent", "record", "P1", "--purpose", "research", "--purpose", "training", "--purpose",
              "sharing=2099-12-31", "--text", "text.txt", "--separate", "--birth-year", "1990")  # fmt: skip
    assert "sharing until 2099-12-31" in said
    number = re.search(r"receipt (\S+)", said)[1]
    assert "in force" in db("consent", "show", "P1")
    assert number in db("consent", "receipt", "P1", "-o", "home")
    assert TEXT not in (tmp_path / "home" / "receipt.md").read_text()
    everything = "research;training;sharing"
    folder(tmp_path / "in", {"P1": "", "P2": everything, "P3": everything})
    assert "1 known, 2 whose consent the folder states" in db("ingest", "in", "--dry-run")
    assert scans(db) == []
    assert "--separate" in db("ingest", "in", status=2)
    assert "accepted  6" in db("ingest", "in", "--consent-text", "text.txt", "--separate", "--jobs", 1)
    assert "there already  6" in db("ingest", "in", "--jobs", 1)
    # Who is there?
    assert len(scans(db, "--expression", "smile", "--age", "20..40", "--consented", "training")) == 3
    (one,) = scans(db, "--subject", "P1", "--expression", "smile")
    assert one["sex"] == "male"  # the manifest told it, the consent had not
    assert "geometry" in db("show", one["id"])
    assert "scans accepted: 2" in db("show", "P1")
    assert "3 are shown" in db("find", "--limit", 3)
    db("read", one["id"], "-o", "out", "--purpose", "research")
    original = (tmp_path / "in" / "P1_smile.ply").read_bytes()
    assert (tmp_path / "out" / f"{one['id']}.geometry.ply").read_bytes() == original
    # Others.
    db("actor", "add", "ben")
    assert "no role" in db("show", one["id"], ACTOR="ben", status=2)
    db("grant", "ben", "reader", "--project", "faces", "--until", "2099-12-31")
    assert len(json.loads(db("find", "--json", ACTOR="ben"))) == 6
    condition = re.search(r"cnd\w+", db("condition", "add", "terms", "Terms of use", "--days", 365))[0]
    words = ("read", one["id"], "-o", "out", "--purpose", "research")
    assert "condition of the project" in db(*words, ACTOR="ben", status=2)
    db("condition", "approve", "ben", condition, "--evidence", "form 7")
    db("condition", "approve", "anna", condition)
    assert "anna, ben" in db("condition", "list")
    db(*words, ACTOR="ben")
    db("actor", "disable", "ben")
    assert "not an actor" in db("find", ACTOR="ben", status=2)
    db("actor", "enable", "ben")
    db("revoke", "ben", "reader", "--project", "faces")
    assert json.loads(db("find", "--json", ACTOR="ben")) == []
    assert "ben" in db("actor", "list")
    # Who they are.
    (tmp_path / "name.txt").write_text("Anna Example\n")
    db("identity", "set", "P1", "name=@name.txt", "phone=1")
    assert "Anna Example" in db("identity", "show", "P1")
    # Out of the house.
    made = db("release", "create", "faces", "--purpose", "training", "--description", "Faces", "--licence", "Ours",
              "--split", "train=0.5", "--split", "test=0.5")  # fmt: skip
    assert "faces 1.0.0: 6 scans of 3 people" in made
    assert "as it was published" in db("release", "verify", "faces")
    db("export", "faces", "bids", "bob", "--recipient", "Bob", "--contact", "bob@x.example", "--country", "FR")
    assert "as it was published" in db("verify-export", "bob")
    assert "Bob FR" in db("release", "show", "faces@1.0.0")
    assert "faces" in db("release", "datasheet", "faces")
    # Kept.
    assert "everything is as it was written" in db("verify")
    assert "nothing to mend" in db("doctor")
    assert "master.key" in db("backup", "backup", "--keys", "keys")
    # Somebody leaves.
    asked = db("withdraw", "--receipt", number, status=1)  # the prompt gets no answer
    assert "a letter to Bob" in asked
    assert "releases that end: faces 1.0.0" in asked
    assert len(scans(db)) == 6
    assert "certificate.txt" in db("withdraw", "--receipt", number, "--yes", "--papers", "papers")
    assert "Bob" in (tmp_path / "papers" / "letter_1.txt").read_text()
    assert re.search(rf"{one['subject']}  Bob bob@x.example  +\S+  not sent", db("letters"))
    assert "1 letter noted as sent" in db("letters", one["subject"], "--sent")
    assert "anna" in db("letters", one["subject"])
    assert len(scans(db)) == 4
    assert "knows nobody" in db("show", "P1", status=2)
    assert "tombstoned" in db("release", "list")
    assert "destroyed" in db("release", "diff", "faces@1.0.0", "faces@2.0.0")
    assert "no withdrawal was cut off" in db("withdraw", "--resume")
    assert "nobody" in db("expired")
    # The backup from before forgets them with the keys.
    db("backup", "backup2", "--keys", "keys")
    assert "people in again: 2; not in it, since they left: 1" in db("restore", "backup", "again", "--keys", "keys")
    assert "4 scans" in db("find", DB="again")
    # Papers.
    assert "Handing on to others: 2 people" in db("law", "processing")
    db("law", "retention", "-o", "policy.md")
    assert "withdrawn" in db("audit", "--about", one["subject"])
    head = db("audit", "--head").strip()
    assert "everything is as it was written" in db("verify", "--fast", "--head", head)
    assert "refused: no role" in db("audit", "--actor", "ben")
    new = re.search(r"new master key (\S+)", db("rotate-key"))[1]
    Path("master.key").unlink()
    assert len(scans(db)) == 4
    assert Path(new).exists()


def test_damage_is_told_and_ends_with_1(project: Callable[..., str], tmp_path: Path) -> None:
    folder(tmp_path / "in", {"P1": "research"})
    project("ingest", "in", "--consent-text", "text.txt", "--separate", "--jobs", 1)
    path = next(path for path in (tmp_path / "db" / "objects").rglob("*") if path.is_file())
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert "1 damaged" in project("verify", status=1)
    assert "everything" not in project("verify", "--fast", status=1)


def test_a_row_that_another_program_changed_is_told(project: Callable[..., str], tmp_path: Path) -> None:
    project("consent", "record", "P1", "--purpose", "research", "--text", "text.txt", "--separate")
    with closing(sqlite3.connect(tmp_path / "db" / "catalogue.sqlite", isolation_level=None)) as catalogue:
        catalogue.execute("UPDATE consent_purposes SET purpose = 'commercial'")
    assert "row" in project("verify", status=1)


def test_quarantine(project: Callable[..., str], tmp_path: Path) -> None:
    folder(tmp_path / "in", {"P1": "research"})
    (tmp_path / "in" / "P1_smile.ply").write_bytes(b"no scan")
    said = project("ingest", "in", "--consent-text", "text.txt", "--separate", "--jobs", 1)
    assert "quarantined  1" in said
    name = re.search(r"quarantined: (scn\w+)", said)[1]
    assert name in project("review", "list")
    assert name not in project("find")
    assert "quarantine" in project("read", name, "-o", "out", "--purpose", "research", status=2)
    project("review", "look", name, "-o", "out")
    assert next((tmp_path / "out").glob("scn*")).read_bytes() == b"no scan"
    project("review", "reject", name, "--reason", "a file of another kind")
    assert name in project("find", "--state", "rejected")
    project("review", "accept", name, "--reason", "after all")
    assert name in project("find")


def test_run_does_what_is_missing(project: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lineament.database.kinds import Kind

    monkeypatch.syspath_prepend(Path(__file__).parent)
    from cli_fake_kind import point

    monkeypatch.setattr("lineament.database.run.KINDS", {"point": Kind(point)})
    folder(tmp_path / "in", {"P1": "research"})
    project("ingest", "in", "--consent-text", "text.txt", "--separate", "--jobs", 1)
    assert re.search(r"point +done +2", project("run", "point", "--purpose", "research", "--jobs", 1))
    assert "nothing to do" in project("run", "point", "--purpose", "research")
    assert "there is no kind" in project("run", "nonsense", "--purpose", "research", status=2)
    assert "not agreed" in project("run", "point", "--purpose", "commercial", status=2)
    one, _ = scans(project, "--has", "landmarks")
    assert "point" in project("show", one["id"])
    assert "landmarks" in project("read", one["id"], "-o", "out", "--purpose", "research", "--derived")


def test_landmarks_set_by_hand(project: Callable[..., str], tmp_path: Path) -> None:
    from lineament.face.model import load_face_model
    from lineament.io.landmarks import write_landmarks
    from lineament.types import Landmarks

    model = load_face_model()
    folder(tmp_path / "in", {"P1": "research"})
    write_scan(Scan(model.vertices, model.triangles, unit="mm"), tmp_path / "in" / "P1_neutral.ply")
    project("ingest", "in", "--consent-text", "text.txt", "--separate", "--jobs", 1)
    (one,) = scans(project, "--expression", "neutral")
    names = model.landmark_sets["ibug68"].names
    marks = Landmarks(names[30:], model.landmarks(model.vertices, "ibug68")[30:], unit="mm")
    write_landmarks(marks, tmp_path / "by_hand.mrk.json")
    said = project("annotate", one["id"], "by_hand.mrk.json", "--purpose", "research", "--note", "the nose")
    assert f"38 of 68 points of ibug68 on {one['id']}" in said
    assert re.search(r"landmarks ibug68 +json .* correction .*, anna, from ast", project("show", one["id"]))
    (tmp_path / "other.csv").write_text("name,x,y,z\na,1,2,3\n")
    assert "none of the sets" in project("annotate", one["id"], "other.csv", "--purpose", "research", status=2)
    assert "not agreed" in project("annotate", one["id"], "by_hand.mrk.json", "--purpose", "training", status=2)


def test_a_consent_from_a_file(project: Callable[..., str], tmp_path: Path) -> None:
    short = {"purposes": {"research": None, "training": "2099-01-01"}, "text_sha256": "a" * 64, "separate": True}
    (tmp_path / "short.json").write_text(json.dumps(short))
    project("consent", "record", "P1", "--file", "short.json", "--birth-year", 1990)
    record = project("consent", "show", "P1", "--json")
    (tmp_path / "full.json").write_text(record)
    assert "recorded already" in project("consent", "record", "P2", "--file", "full.json", status=2)
    told = json.loads(record)
    told["dct:identifier"] = "0123456789ABCDEF"
    (tmp_path / "full.json").write_text(json.dumps(told))
    assert "training until 2099-01-01" in project("consent", "record", "P2", "--file", "full.json")
    assert "the age" in project("consent", "record", "P3", "--file", "short.json")
    project("consent", "end", "P1")
    assert "ended" in project("consent", "show", "P1")
    assert "no consent in force" in project("consent", "end", "P1", status=2)


def test_a_withdrawal_that_was_cut_off_goes_on(project: Callable[..., str], tmp_path: Path) -> None:
    from lineament.database import disk

    class Killed(BaseException):
        pass

    def watcher(kind: str, what: str) -> None:
        if what == "withdrawal objects removed":
            raise Killed

    folder(tmp_path / "in", {"P1": "research", "P2": "research"})
    project("ingest", "in", "--consent-text", "text.txt", "--separate", "--jobs", 1)
    disk.watch(watcher)
    try:
        with pytest.raises(Killed):
            project("withdraw", "P1", "--yes")
    finally:
        disk.watch(None)
    assert len(scans(project)) == 2
    assert "certificate.txt" in project("withdraw", "--resume", "--papers", "papers")
    assert "everything is as it was written" in project("verify")


def test_who_may_not_be_kept_any_longer_is_listed(project: Callable[..., str], tmp_path: Path) -> None:
    law = {"jurisdiction": "BIPA", "signed_sha256": "b" * 64, "given_at": "2020-02-29"}
    said = {"purposes": ["research"], "text_sha256": "a" * 64, **law}
    (tmp_path / "long_ago.json").write_text(json.dumps(said))
    subject = project("consent", "record", "P1", "--file", "long_ago.json", "--birth-year", 1980).split(":")[0]
    assert f"lineament db withdraw {subject}" in project("expired", status=1)
    assert subject in project("doctor")
    assert "2023-02-28" in project("show", "P1")
    project("withdraw", subject, "--yes")
    assert "nobody" in project("expired")


def test_what_was_ended_is_not_brought_back_by_a_folder(project: Callable[..., str], tmp_path: Path) -> None:
    folder(tmp_path / "in", {"P1": "research"})
    words = ("ingest", "in", "--consent-text", "text.txt", "--separate", "--jobs", 1)
    project(*words)
    project("consent", "end", "P1")
    folder(tmp_path / "more", {"P1": "research"}, start=9)
    assert "not in force today" in project("ingest", "more", *words[2:], status=2)
    assert scans(project) == []


def test_people_without_a_consent_stay_out(project: Callable[..., str], tmp_path: Path) -> None:
    folder(tmp_path / "in", {"P1": "research", "P2": ""})
    said = project("ingest", "in", "--consent-text", "text.txt", "--separate", "--jobs", 1, status=2)
    assert "'P2', have no consent here" in said
    assert "knows nobody" in project("show", "P1", status=2)
    said = project("ingest", "in", "--consent-text", "text.txt", "--jurisdiction", "BIPA", status=2)
    assert "lineament db consent record" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["find", "--project", "nothing"], "there is no project 'nothing'; there are: faces"),
        (["find", "--age", "30"], "no range"),
        (["find", "--age", "a..b"], "no range of ages"),
        (["find", "--captured", "2020-13-01.."], "no date"),
        (["grant", "anna", "king"], "there are admin, analyst"),
        (["grant", "eve", "reader"], "no actor 'eve'"),
        (["revoke", "anna", "admin"], "the last who can give roles"),
        (["consent", "show", "P9"], "knows nobody with the label 'P9'"),
        (["consent", "record", "P9", "--purpose", "research"], "which text"),
        (["consent", "record", "P9", "--purpose", "fun", "--text", "text.txt"], "grants purpose 'fun'"),
        (["consent", "record", "P9", "--purpose", "research=soon", "--text", "text.txt"], "cannot be read"),
        (["consent", "record", "P9", "--file", "text.txt"], "no JSON"),
        (["consent", "record", "P9", "--file", "text.txt", "--separate"], "leave out the options"),
        (["ingest", "nowhere"], "nowhere"),
        (["show", "scn0123456789abcdef"], "there is no 'scn0123456789abcdef'"),
        (["identity", "set", "P9", "name"], "knows nobody"),
        (["project", "add", "more"], "--institution"),
        (["project", "add", "more", "--controller", "text.txt"], "no JSON"),
        (["release", "show", "none"], "no release 'none'"),
        (["release", "create", "r", "--purpose", "research", "--description", "d", "--licence", "l"], "none matched"),
        (["release", "create", "r", "--purpose", "research", "--description", "d", "--licence", "l", "--split", "x"],
         "NAME=SHARE"),
        (["export", "none", "bids", "out", "--recipient", "Bob"], "no release"),
        (["verify-export", "."], "croissant.json is missing"),
        (["withdraw"], "who withdraws?"),
        (["withdraw", "P1", "--receipt", "0"], "who withdraws?"),
        (["withdraw", "--receipt", "0000-0000"], "no number of a receipt"),
        (["letters", "-o", "out"], "whose letters?"),
        (["verify", "--head", "5"], "no head"),
        (["backup", "db/backup"], "inside the database"),
        (["backup", "out", "--keys", "out/keys"], "forgets nobody"),
        (["restore", "out", "again", "--keys", "out"], "no backup"),
        (["rotate-key", "--key", "db/key"], "in the database"),
        (["audit", "--actor", "eve"], "no actor 'eve'"),
        (["letters", "--sent"], "whose letters?"),
        (["letters", "sub0", "--to", "Bob"], "give --sent as well"),
        (["letters", "sub0", "--sent"], "waits to be sent"),
        (["init", "db"], "not empty"),
        (["init", "other", "--key", "other/key"], "another place"),
        (["init", "other", "--key", "k.key", "--catalogue", "mysql://x"], "no address of a catalogue"),
        (["find", "--db", "elsewhere"], "no database; make one with: lineament db init"),
        (["find", "--as", "eve"], "lineament db actor add"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_mistakes_are_told_in_a_line(project: Callable[..., str], words: list[str], said: str) -> None:
    status = 1 if words[0] == "verify-export" else 2
    output = project(*words, status=status)
    assert said in output
    assert len(output.strip().splitlines()) <= 4


def test_devices_and_protocols(project: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "rig.json").write_text('{"serial": "7"}')
    project("device", "add", "rig one", "--details", "rig.json")
    project("device", "calibrate", "rig one", "--on", "2026-03-01", "--expires", "2026-09-01", "--rms", 0.25)
    assert re.search(r"rig one +2026-03-01 +2026-09-01 +0.25", project("device", "list"))
    assert "no device 'rig'" in project("device", "calibrate", "rig", "--on", "2026-03-01", status=2)
    assert "no date" in project("device", "calibrate", "rig one", "--on", "March", status=2)
    project("protocol", "add", "three", "neutral", "smile", "neutral with teeth")
    said = project("protocol", "list")
    assert "three 1: neutral, smile, neutral with teeth" in said
    assert "facescape20 1: neutral, smile" in said
    assert "already" in project("protocol", "add", "three", "smile", status=2)


def test_several_projects_must_be_named(project: Callable[..., str], tmp_path: Path) -> None:
    lab = {"name": "Another", "address": "2 Street", "contact": "x@y.example", "country": "FR", "id": "FR-1"}
    (tmp_path / "lab.json").write_text(json.dumps(lab))
    project("project", "add", "bodies", "--controller", "lab.json", "--description", "Whole bodies")
    assert "Whole bodies" in project("project", "list")
    assert "--project, one of bodies, faces" in project("consent", "show", "P1", status=2)


def test_without_a_database_or_a_project(db: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "lineament db project add" in db("consent", "show", "P1", status=2)
    assert "set LINEAMENT_DB" in db("find", DB="", status=2)


def test_choices_are_those_of_the_library() -> None:
    from dataclasses import fields

    from lineament.cli.db.common import FILTERS
    from lineament.database.consent.law import JURISDICTIONS as LAWS
    from lineament.database.consent.purposes import Purpose
    from lineament.database.exporters import EXPORTERS
    from lineament.database.find import Where

    assert tuple(Purpose) == PURPOSES
    assert tuple(LAWS) == JURISDICTIONS
    assert tuple(EXPORTERS) == LAYOUTS
    assert {*FILTERS, "state"} == {field.name for field in fields(Where)}


def test_an_unknown_label_and_a_hidden_one_have_one_answer(project) -> None:
    project("consent", "record", "P1", "--purpose", "research", "--text", "text.txt", "--separate")
    project("actor", "add", "eve")
    commands = [("show",), ("consent", "show"), ("consent", "end"), ("identity", "show"), ("withdraw", "--yes")]
    for words in (*commands, ("find", "--subject")):
        known, unknown = (project(*words, label, status=2, ACTOR="eve") for label in ("P1", "P9"))
        assert known.replace("P1", "P9") == unknown
        assert "knows nobody" in known
    subject = json.loads(project("show", "P1", "--json"))["subject"]["id"]
    assert project("audit", "--about", subject, "--actor", "eve").count("refused") == len(commands) + 1
