"""What is made of scans: all of it or none, once, with its origin, and never of those who do not agree."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineament import __version__
from lineament.database import disk
from lineament.database import run as running
from lineament.database.consent.purposes import Purpose
from lineament.database.derive import Derivation, Product, newest, provenance, store_derived
from lineament.database.find import count, find
from lineament.database.intake.quality import Finding
from lineament.database.kinds import KINDS, Kind, Made, Task, version_of
from lineament.database.people import end_consent
from lineament.database.reading import assets_of
from lineament.database.records import FileRecord
from lineament.database.review import newest_landmarks
from lineament.database.run import run
from lineament.database.verify import doctor, verify
from lineament.database.withdraw import withdraw
from lineament.demo import demo_scan
from lineament.errors import AccessError, InputError, StoreError
from lineament.io.faces.parameters import parse_face
from lineament.io.scans import write_scan

SOME = 3


def shadow(task, detector) -> Made:
    """The middle of a scan."""
    middle = task.read().points.mean(axis=0)
    return Made((Product("shadow", "json", json.dumps([task.scan, *map(float, middle)]).encode()),))


def echo(task, detector) -> Made:
    if ("shadow", "") not in task.made:
        raise InputError("there is no shadow")
    return Made((Product("echo", "txt", b"echo of " + task.made["shadow", ""]),))


@pytest.fixture
def three(lab):
    """Two people with three scans."""
    lab.first, lab.second = lab.person("P1", sex="female"), lab.person("P2", sex="male")
    records = (lab.record("P1", 1), lab.record("P1", 2), lab.record("P2", 3))
    lab.scans = [each.scan for each in lab.ingest(*records)]
    return lab


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch):
    """Put other kinds into the table."""

    def use(**table: Kind) -> None:
        monkeypatch.setattr(running, "KINDS", table)

    use(shadow=Kind(shadow, parameters={"light": "noon"}), echo=Kind(echo, ("shadow",), shape=False))
    return use


def derived(lab, scan: str | None = None) -> list:
    scans = lab.scans if scan is None else [scan]
    return [asset for each in scans for asset in assets_of(lab.database, each) if asset.derived]


def objects(root: Path) -> set[str]:
    return {path.name for path in (root / "db" / "objects").rglob("*") if path.is_file()}


def test_each_scan_gets_it_once(three, kinds) -> None:
    outcomes = list(run(three.database, "shadow", workers=0))
    assert {each.scan for each in outcomes} == set(three.scans)
    assert {each.state for each in outcomes} == {"done"}
    assert list(run(three.database, "shadow", workers=0)) == []
    assert count(three.database, {"has": "shadow"}) == SOME
    for stored in three.database.scans(purpose="research"):
        (made,) = [asset for asset in stored.assets if asset.derived]
        scan, *middle = json.loads(stored.bytes(made))
        assert scan == stored.id
        np.testing.assert_allclose(middle, stored.read().points.mean(axis=0), rtol=1e-5)
    assert not list(verify(three.database))


def test_it_comes_with_its_origin(three, kinds) -> None:
    assert {each.kind for each in run(three.database, "echo", workers=0)} == {"shadow", "echo"}
    made = newest(three.database, three.scans[0])
    origin = provenance(three.database, made["echo", ""].id)
    assert origin.made["tool"] == "echo"
    assert origin.made["tool_version"] == __version__
    (parent,) = origin.parents
    assert parent.asset == made["shadow", ""]
    assert parent.made["parameters"] == {"light": "noon"}
    (original,) = parent.parents
    assert (original.asset.role, original.asset.derived, original.parents) == ("geometry", False, ())
    with pytest.raises(InputError, match="no asset"):
        provenance(three.database, "ast0")


def test_what_fails_keeps_its_reason_and_stops_nothing(three, kinds) -> None:
    def fails(task, detector) -> Made:
        if task.scan == three.scans[1]:
            raise ValueError("too dark")
        return shadow(task, detector)

    kinds(shadow=Kind(fails), echo=Kind(echo, ("shadow",), shape=False))
    outcomes = {(each.scan, each.kind): each for each in run(three.database, "echo", workers=0)}
    assert outcomes[three.scans[1], "shadow"].state == "failed"
    assert "too dark" in outcomes[three.scans[1], "shadow"].said
    assert outcomes[three.scans[1], "echo"].said.endswith("there is no shadow")
    assert {each.state for (scan, _), each in outcomes.items() if scan != three.scans[1]} == {"done"}
    assert list(run(three.database, "echo", workers=0)) == []
    kinds(shadow=Kind(shadow), echo=Kind(echo, ("shadow",), shape=False))
    again = list(run(three.database, "echo", workers=0, again=True))
    assert {(each.scan, each.kind, each.state) for each in again} == {
        (three.scans[1], "shadow", "done"),
        (three.scans[1], "echo", "done"),
    }


def test_a_new_network_makes_new_jobs(three, kinds) -> None:
    list(run(three.database, "echo", workers=0))
    kinds(shadow=Kind(shadow, weights=("coarse.onnx",)), echo=Kind(echo, ("shadow",), shape=False))
    assert len(list(run(three.database, "echo", workers=0))) == 2 * SOME
    assert [asset.place for asset in derived(three, three.scans[0]) if asset.role == "shadow"] == [0, 1]
    assert provenance(three.database, newest(three.database, three.scans[0])["shadow", ""].id).made["weights_sha256"]


def test_versions_follow_what_decides_on_the_result() -> None:
    table = dict(KINDS)
    before = {name: version_of(table, name) for name in table}
    table["landmarks"] = replace(table["landmarks"], parameters={"sets": ["ibug68"]})
    changed = {name for name in table if version_of(table, name) != before[name]}
    assert changed == {"landmarks", "fit", "rig", "measures", "thumbnail"}


def test_nothing_is_made_of_who_has_not_agreed(three, kinds) -> None:
    three.agree(three.second, purposes={Purpose.TRAINING: None})
    assert {each.scan for each in run(three.database, "shadow", workers=0)} == set(three.scans[:2])
    assert {each.scan for each in run(three.database, "shadow", purpose="training", workers=0)} == {three.scans[2]}
    three.agree(three.first, purposes={Purpose.SHARING: None})
    kinds(shadow=Kind(echo))
    with pytest.raises(AccessError, match="purpose not agreed"):
        list(run(three.database, "shadow", {"subject": three.first}, workers=0))
    (refused, *_) = list(three.database.log.entries())[::-1]
    assert not refused["allowed"]


def test_recognising_somebody_is_a_purpose_of_its_own(three, kinds) -> None:
    kinds(template=Kind(lambda task, _: Made((Product("template", "npy", b"1"),)), action="embed"))
    three.agree(three.first, purposes={Purpose.RESEARCH: None})
    three.agree(three.second, purposes={Purpose.RESEARCH: None, Purpose.EMBEDDING: None})
    assert [each.scan for each in run(three.database, "template", workers=0)] == [three.scans[2]]
    with pytest.raises(AccessError, match="further purpose not agreed"):
        list(run(three.database, "template", {"subject": three.first}, workers=0))


def test_who_has_no_role_makes_nothing(three, kinds) -> None:
    from lineament.database.actors import add_actor, grant

    add_actor(three.database, "bob")
    grant(three.database, "bob", "reader", "faces")
    with three.opened("bob") as bob, pytest.raises(AccessError, match="no role"):
        list(run(bob, "shadow", workers=0))


def test_the_log_tells_whose_scans_were_used_and_for_what(three, kinds) -> None:
    list(run(three.database, "shadow", {"sex": "female"}, workers=0))
    for scan in three.scans[:2]:
        said = [each for each in three.database.log.entries(object=scan) if each["action"] == "derive"]
        assert [set(each["detail"]) & {"make", "stored"} for each in said] == [{"make"}, {"stored"}]
        assert {each["purpose"] for each in said} == {"research"}
    assert not [each for each in three.database.log.entries(object=three.scans[2]) if each["action"] == "derive"]


def test_nothing_is_kept_of_who_withdraws_meanwhile(three, kinds) -> None:
    def leaves(task, detector) -> Made:
        with three.opened() as other:
            if task.scan in three.scans[:2] and not other.catalogue.rows("SELECT 1 FROM withdrawals"):
                withdraw(other, three.first)
        return shadow(task, detector)

    kinds(shadow=Kind(leaves))
    outcomes = {each.scan: each.state for each in run(three.database, "shadow", workers=0)}
    assert outcomes.pop(three.scans[2]) == "done"
    assert set(outcomes.values()) == {"cancelled"}
    assert not list((three.root / "db").rglob(f"*{three.first}*"))
    assert not list(verify(three.database))


def test_a_consent_that_ends_meanwhile_is_heeded(three, kinds) -> None:
    def ends(task, detector) -> Made:
        if task.scan == three.scans[2]:
            end_consent(three.database, three.second)
        return shadow(task, detector)

    kinds(shadow=Kind(ends))
    outcomes = {each.scan: each for each in run(three.database, "shadow", workers=0)}
    assert outcomes[three.scans[2]].state == "cancelled"
    assert "not in force" in outcomes[three.scans[2]].said
    three.agree(three.second)
    kinds(shadow=Kind(shadow))
    assert [each.state for each in run(three.database, "shadow", workers=0)] == ["done"]


def test_two_programs_share_the_work(three, kinds) -> None:
    worked, inner = [], []

    def works(task, detector) -> Made:
        worked.append(task.scan)
        if len(worked) == 1:
            with three.opened() as other:
                inner.extend(running._Run(other, running.wish("shadow"), "other").outcomes(0))
        return shadow(task, detector)

    kinds(shadow=Kind(works))
    outer = list(run(three.database, "shadow", workers=0))
    assert sorted(worked) == sorted(three.scans)
    assert (len(inner), len(outer)) == (SOME - 1, 1)
    assert len(derived(three)) == SOME


def test_a_refusal_by_the_face_moves_the_scan_to_quarantine(three, kinds) -> None:
    from lineament.database.review import accept, queue

    def judges(task, detector) -> Made:
        found = Finding("face", "refuse", None, None, "there is none")
        return Made(findings=(found,) if task.scan == three.scans[0] else (replace(found, severity="note"),))

    kinds(quality=Kind(judges))
    assert [each.state for each in run(three.database, "quality", workers=0)] == ["done"] * SOME
    (doubtful,) = queue(three.database)
    assert doubtful.info["id"] == three.scans[0]
    assert doubtful.findings[0]["said"] == doubtful.info["state_reason"] == "there is none"
    accept(three.database, three.scans[0], "it is one, from behind")
    kinds(quality=Kind(judges, parameters={"newer": True}))
    list(run(three.database, "quality", workers=0))
    assert list(queue(three.database)) == []  # what a person decided stands


KILLED = """
import os, sys
from pathlib import Path
from lineament.database import disk, jobs, run as running
from lineament.database.database import Database
from lineament.database.derive import Product
from lineament.database.kinds import Kind, Made

def work(task, detector):
    return Made((Product("shadow", "txt", task.scan.encode()),))

def die(kind, what):
    if (kind, what) == ("point", sys.argv[2]):
        os._exit(9)

jobs.LEASE = 1.0
running.KINDS = {"shadow": Kind(work, parameters={"light": "noon"})}
disk.watch(die)
with Database.open(Path(sys.argv[1]), "anna") as database:
    list(running.run(database, "shadow", workers=0))
"""


@pytest.mark.parametrize(
    "point", ["derived written", "derived logged", "derived rows written", "derived rows committed"]
)
def test_who_is_killed_leaves_nothing_by_halves(three, kinds, point: str, monkeypatch) -> None:
    monkeypatch.setattr(running, "POLL", 0.1)
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED), str(three.root / "db"), point], check=False)
    assert done.returncode == 9
    stored = derived(three)
    states = [each["state"] for each in three.database.catalogue.rows("SELECT state FROM jobs")]
    assert states.count("done") == len(stored) == (SOME if point == "derived rows committed" else 0)
    assert {damage.what for damage in verify(three.database)} <= {"leftover"}
    assert {each.state for each in run(three.database, "shadow", workers=0)} <= {"done"}
    assert len(derived(three)) == SOME
    list(doctor(three.database))
    assert objects(three.root) == {each["name"] for each in three.database.catalogue.rows("SELECT name FROM objects")}
    assert not list(verify(three.database))


@pytest.mark.parametrize("step", ["write", "sync", "rename"])
def test_a_disk_that_fails_acknowledges_nothing(three, kinds, step: str) -> None:
    def full(kind: str, what: str) -> None:
        if kind == step and "objects" in what:
            raise OSError(28, "No space left on device")

    disk.watch(full)
    try:
        with pytest.raises(StoreError, match="No space"):
            list(run(three.database, "shadow", workers=0))
    finally:
        disk.watch(None)
    assert derived(three) == []
    states = three.database.catalogue.rows("SELECT DISTINCT state, attempts FROM jobs")
    assert [dict(each) for each in states] == [{"state": "waiting", "attempts": 0}]
    assert [each.state for each in run(three.database, "shadow", workers=0)] == ["done"] * SOME
    list(doctor(three.database))
    assert not list(verify(three.database))


def test_a_scan_that_ends_its_process_is_tried_three_times(three, kinds, tmp_path, monkeypatch) -> None:
    (tmp_path / "deadly.py").write_text("import os\ndef work(task, detector):\n    os._exit(3)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    from deadly import work

    kinds(shadow=Kind(work))
    outcomes = list(run(three.database, "shadow", {"scan": three.scans[0]}, workers=1))
    assert [each.state for each in outcomes] == ["waiting", "waiting", "failed"]
    assert "status 3" in outcomes[-1].said


def test_stopping_in_between_gives_the_rest_back(three, kinds, monkeypatch) -> None:
    monkeypatch.setattr(running, "BATCH", 1)
    outcomes = run(three.database, "shadow", workers=0)
    next(outcomes)
    outcomes.close()
    found = three.database.catalogue.rows("SELECT state, attempts FROM jobs WHERE state <> 'done'")
    assert {(each["state"], each["attempts"]) for each in found} == {("waiting", 0)}


def test_the_same_twice_is_one_object(three, kinds) -> None:
    derivation = Derivation(three.scans[0], (Product("note", "txt", b"x"),), (), "hand")
    names = [store_derived(three.database, [derivation], action="derive", purpose="research")[0][0] for _ in range(2)]
    assert len(set(names)) == 2
    assert len({asset.object for asset in derived(three)}) == 1
    assert not list(verify(three.database))


def test_unknown_kinds_are_told(three) -> None:
    with pytest.raises(InputError, match="fit, landmarks, measures"):
        list(run(three.database, "shape"))


def test_a_thumbnail_needs_no_face(lab) -> None:
    shape = lab.file("ball.ply").read_bytes()
    (made,) = KINDS["thumbnail"].work(Task("scn1", "", "mm", "ply", shape, {}), None).products
    picture = np.asarray(Image.open(io.BytesIO(made.data)))
    assert picture.shape == (256, 256, 3)
    assert np.ptp(picture[100:156, 100:156].astype(int)) > 10


def test_a_face_goes_all_the_way(lab) -> None:
    lab.person("P1")
    scan, truth = demo_scan()
    path = write_scan(scan, lab.root / "face.ply")
    (taken,) = lab.ingest(lab.record("P1", 0, files=(FileRecord(path),), modality="mesh", expression="smile"))
    outcomes = list(run(lab.database, "measures", workers=0))
    assert [(each.kind, each.state) for each in outcomes] == [
        ("landmarks", "done"),
        ("fit", "done"),
        ("measures", "done"),
    ]
    found = newest_landmarks(lab.database, taken.scan)
    assert found.unit == "m"
    assert found.sigma is not None
    assert np.median(np.linalg.norm(found.xyz - truth.xyz, axis=1)) < 3e-3
    assert [each.state for each in run(lab.database, "thumbnail", workers=0)] == ["done"]
    (stored,) = lab.database.scans(purpose="research")
    made = {asset.role: stored.bytes(asset) for asset in stored.assets if asset.derived}
    face = parse_face(made["fit"])
    assert face.unit == "m"
    of_landmarks, of_fit = json.loads(made["measures"])["scans"]
    widths = [
        next(row["value"] for row in each["measures"] if row["measure"] == "ex-ex") for each in (of_landmarks, of_fit)
    ]
    assert widths[0] == pytest.approx(widths[1], rel=0.1)
    assert made["thumbnail"].startswith(b"\x89PNG")
    assert not list(verify(lab.database))


@pytest.fixture
def moving(lab):
    """Somebody with a sequence of three frames."""
    lab.person("P1")
    frames = tuple(FileRecord(lab.file(f"{seed}.ply", seed), index=seed) for seed in range(3))
    (lab.scan,) = [each.scan for each in lab.ingest(lab.record("P1", 0, files=frames, modality="sequence", fps=25.0))]
    return lab


def test_each_frame_of_a_sequence_has_its_result_made_of_itself(moving, kinds) -> None:
    outcomes = list(run(moving.database, "echo", workers=0))
    assert sorted((each.kind, each.frame, each.state) for each in outcomes) == [
        (kind, frame, "done") for kind in ("echo", "shadow") for frame in range(3)
    ]
    (stored,) = moving.database.scans(purpose="research")
    assert [shape.place for shape in stored.shapes] == [0, 1, 2]
    assert newest(moving.database, moving.scan) == {}
    for frame in range(3):
        made = newest(moving.database, moving.scan, frame=frame)
        middle = json.loads(stored.bytes(made["shadow", ""]))[1:]
        np.testing.assert_allclose(middle, stored.read(frame).points.mean(axis=0), rtol=1e-5)
        assert stored.bytes(made["echo", ""]) == b"echo of " + stored.bytes(made["shadow", ""])
        (parent,) = provenance(moving.database, made["echo", ""].id).parents
        assert [each.asset.place for each in parent.parents] == [frame]
    assert list(run(moving.database, "echo", workers=0)) == []
    with pytest.raises(InputError, match="no frame 3"):
        stored.read(3)
    assert not list(verify(moving.database))


def test_a_frame_that_fails_is_tried_again_alone(moving, kinds) -> None:
    middles = []

    def fails(task, detector) -> Made:
        middles.append(float(task.read().points.mean()))
        if len(middles) == 2:
            raise ValueError("a hand before the face")
        return shadow(task, detector)

    kinds(shadow=Kind(fails))
    states = {each.frame: each.state for each in run(moving.database, "shadow", workers=0)}
    assert sorted(states.values()) == ["done", "done", "failed"]
    (bad,) = [frame for frame, state in states.items() if state == "failed"]
    assert [(each.frame, each.state) for each in run(moving.database, "shadow", workers=0, again=True)] == [
        (bad, "done")
    ]


def test_some_kinds_are_made_of_the_first_frame_alone(moving, kinds) -> None:
    kinds(shadow=Kind(shadow, each_frame=False))
    assert [each.frame for each in run(moving.database, "shadow", workers=0)] == [0]


def depth_image(lab, label: str, **changes) -> list[FileRecord]:
    """Write a plate 700 mm before a camera."""
    place = lab.root / "in" / f"{label}.npy"
    place.parent.mkdir(exist_ok=True)
    depth = np.full((40, 50), 7000, np.uint16)
    depth[:5] = 0
    np.save(place, depth)
    return [FileRecord(place, "depth", **changes)]


def test_a_depth_image_is_worked_on_as_the_points_that_its_camera_saw(lab, kinds) -> None:
    lab.person("P1")
    camera = {"fx": 50, "fy": 40.0, "cx": 24.5, "cy": 19.5, "mm_per_unit": 0.1}
    (lab.root / "in").mkdir(exist_ok=True)
    (lab.root / "in" / "rig.json").write_text(json.dumps(camera))
    rig = FileRecord(lab.root / "in" / "rig.json", "calibration")
    matrix = {"camera_matrix": [[50, 0, 24.5], [0, 40, 19.5], [0, 0, 1]], "mm_per_unit": 0.1}
    for label, files in (
        ("stated", depth_image(lab, "a", meta=camera)),
        ("matrix", depth_image(lab, "b", meta=matrix)),
        ("calibrated", [*depth_image(lab, "c"), rig]),
        ("bent", depth_image(lab, "d", meta={**camera, "distortion": [0.1, 0, 0, 0, 0]})),
        ("unknown", depth_image(lab, "e")),
    ):
        lab.ingest(lab.record("P1", 0, files=tuple(files), modality="depth", expression=label))
    kinds(shadow=Kind(_seen))
    found = {each["id"]: each["expression"] for each in find(lab.database)}
    said = {found[each.scan]: (each.state, each.said) for each in run(lab.database, "shadow", workers=0)}
    assert {label for label, (state, _) in said.items() if state == "done"} == {"stated", "matrix", "calibrated"}
    assert "distorted" in said["bent"][1]
    assert "camera of the depth image is not known" in said["unknown"][1]
    for stored in lab.database.scans({"has": "shadow"}, purpose="research"):
        (made,) = [each for each in stored.assets if each.derived]
        low, high = json.loads(stored.bytes(made))
        np.testing.assert_allclose([low[0], high[0]], [-24.5 / 50 * 700, 24.5 / 50 * 700], rtol=1e-5)
        assert low[2] == high[2] == -700
        assert high[1] == pytest.approx(14.5 / 40 * 700)
        assert stored.read().unit == "mm"


def _seen(task, detector) -> Made:
    points = task.read().points
    bounds = [np.nanmin(points, axis=0).tolist(), np.nanmax(points, axis=0).tolist()]
    return Made((Product("shadow", "json", json.dumps(bounds).encode()),))
