"""What is refused, warned of and noted; and which files are the same geometry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lineament.database.intake.inspection import Inspection, cells, geometry_key, inspect_file
from lineament.database.intake.quality import (
    Finding,
    QualityLimits,
    assess,
    find_unit,
    in_millimetres,
    verdict,
)
from lineament.database.records import FileRecord, ScanRecord
from lineament.errors import InputError
from lineament.io.scans import write_scan
from lineament.types import MILLIMETRES, Scan

FILE = FileRecord(Path("a.ply"))
RECORD = ScanRecord("1", (FILE,))


def dome(side: int = 40, noise: float = 0.05, seed: int = 0) -> Scan:
    u, v = (grid.reshape(-1) for grid in np.meshgrid(np.linspace(-80, 80, side), np.linspace(-110, 110, side)))
    z = 80 - 0.004 * (u * u + 1.3 * v * v) + 0.02 * u + np.random.default_rng(seed).normal(0, noise, u.shape)
    places = np.arange(side * side, dtype=np.int32).reshape(side, side)
    a, b, c, d = (x.reshape(-1) for x in (places[:-1, :-1], places[:-1, 1:], places[1:, 1:], places[1:, :-1]))
    triangles = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    return Scan(np.stack([u, v, z], axis=1).astype(np.float32), triangles)


def look(folder, scan, name="a.ply") -> Inspection:
    return inspect_file(write_scan(scan, folder / name), "geometry")


def kinds(findings) -> dict[str, str]:
    return {finding.kind: finding.severity for finding in findings}


def test_a_good_scan_is_accepted_with_nothing_to_warn_of(tmp_path):
    findings = assess(look(tmp_path, dome()), RECORD, FILE)
    assert verdict(findings) == "accept"
    assert kinds(findings) == {"unit": "note"}


@pytest.mark.parametrize("unit", MILLIMETRES)
def test_the_unit_is_found_by_the_size_of_a_face(tmp_path, unit):
    small = dome()
    inspection = look(tmp_path, replace(small, points=small.points / np.float32(MILLIMETRES[unit])))
    found = find_unit(inspection, RECORD, QualityLimits())
    assert (found.name, found.by) == (unit, "size")
    assert in_millimetres(inspection, found)["extent_mm"] == pytest.approx(220, rel=1e-4)


def test_a_body_in_metres_is_a_body_and_not_a_face(tmp_path):
    tall = dome()
    inspection = look(tmp_path, replace(tall, points=tall.points * np.float32(1.75 / 220)))
    assert find_unit(inspection, replace(RECORD, modality="body"), QualityLimits()).name == "m"
    assert find_unit(inspection, RECORD, QualityLimits()).name != "m"


def test_a_wrong_unit_is_refused_and_the_right_one_named(tmp_path):
    inspection = look(tmp_path, dome())
    findings = assess(inspection, replace(RECORD, unit="m"), FILE)
    assert verdict(findings) == "quarantine"
    assert next(finding for finding in findings if finding.kind == "size").text.endswith("in mm it would fit")


def test_a_gltf_that_says_metres_and_holds_millimetres_is_taken_for_what_it_holds(tmp_path):
    inspection = replace(look(tmp_path, dome()), format="glb", stated="m")
    assert find_unit(inspection, RECORD, QualityLimits()).name == "mm"


def test_a_size_that_no_unit_explains_is_refused(tmp_path):
    huge = dome()
    inspection = look(tmp_path, replace(huge, points=huge.points * np.float32(1e5)))
    assert kinds(assess(inspection, RECORD, FILE))["size"] == "refuse"


def test_each_fault_of_a_surface_is_warned_of(tmp_path):
    whole = dome()
    rng = np.random.default_rng(1)
    holed = replace(whole, triangles=whole.triangles[rng.random(len(whole.triangles)) < 0.6])
    assert {"boundary"} <= set(kinds(assess(look(tmp_path, holed), RECORD, FILE)))
    cut = replace(whole, triangles=whole.triangles[: len(whole.triangles) // 3])
    assert kinds(assess(look(tmp_path, cut), RECORD, FILE))["unused"] == "warn"
    twice = Scan(np.concatenate([whole.points, whole.points[:400]]))
    assert kinds(assess(look(tmp_path, twice), RECORD, FILE))["duplicates"] == "warn"
    rough = dome(noise=3.0)
    assert kinds(assess(look(tmp_path, rough), replace(RECORD, unit="mm"), FILE))["noise"] == "warn"
    strays = Scan(np.concatenate([whole.points, [[5000, 0, 0]]]).astype(np.float32))
    assert kinds(assess(look(tmp_path, strays), replace(RECORD, unit="mm"), FILE))["strays"] == "warn"
    missing = whole.points.copy()
    missing[:1000] = np.nan
    assert kinds(assess(look(tmp_path, Scan(missing)), RECORD, FILE))["missing"] == "warn"
    far = np.concatenate([whole.points, whole.points + np.float32([0, 0, 30])])
    two = replace(whole, points=far, triangles=np.concatenate([whole.triangles, whole.triangles + 1600]))
    assert kinds(assess(look(tmp_path, two), RECORD, FILE))["pieces"] == "warn"


def test_a_handful_of_points_is_no_scan(tmp_path):
    assert verdict(assess(look(tmp_path, Scan(dome().points[::80])), RECORD, FILE)) == "quarantine"
    assert kinds(assess(look(tmp_path, Scan(dome().points[::4])), RECORD, FILE))["points"] == "warn"


def test_other_bytes_than_were_sent_are_refused(tmp_path):
    inspection = look(tmp_path, dome())
    assert "hash" not in kinds(assess(inspection, RECORD, replace(FILE, sha256=inspection.sha256.upper())))
    assert kinds(assess(inspection, RECORD, replace(FILE, sha256="0" * 64)))["hash"] == "refuse"


def test_a_text_without_its_last_line_end_may_be_cut_off(tmp_path):
    path = write_scan(dome(), tmp_path / "a.obj")
    path.write_bytes(path.read_bytes()[:-1])
    assert kinds(assess(inspect_file(path, "geometry"), RECORD, FILE))["cut off"] == "warn"


def test_an_image_must_have_the_size_of_its_camera():
    image = Inspection("image", "png", 9, "0" * 64, width=640, height=480)
    view = FileRecord(Path("a.png"), "view", meta={"width": 640, "height": 480})
    assert assess(image, RECORD, view) == ()
    assert kinds(assess(image, RECORD, replace(view, meta={"width": 480, "height": 640}))) == {
        "width": "refuse",
        "height": "refuse",
    }


def test_one_refusal_is_enough_for_quarantine():
    warning, refusal = (Finding("noise", severity, None, None, "") for severity in ("warn", "refuse"))
    assert verdict([]) == verdict([warning]) == "accept"
    assert verdict([warning, refusal]) == "quarantine"


@pytest.mark.parametrize("suffix", ["ply", "obj", "stl", "off", "glb", "xyz", "npz", "pcd"])
def test_the_same_geometry_has_one_key_in_any_format_frame_order_and_unit(tmp_path, suffix):
    scan = dome()
    rng = np.random.default_rng(2)
    order = rng.permutation(len(scan))
    places = np.argsort(order)
    turned = scan.points @ Rotation.random(random_state=3).as_matrix().T + [30, -80, 400]
    moved = Scan((turned[order] / 10).astype(np.float32), places[scan.triangles].astype(np.int32), unit="cm")
    key, other = look(tmp_path, scan).geometry_key, look(tmp_path, moved, f"b.{suffix}").geometry_key
    assert cells(key)[0] in cells(other)
    assert cells(other)[0] in cells(key)


def test_another_capture_has_another_key(tmp_path):
    keys = [look(tmp_path, dome(seed=seed)).geometry_key for seed in range(6)]
    assert not any(cells(a)[0] in cells(b) for i, a in enumerate(keys) for b in keys[:i])


def test_points_that_tell_nothing_have_no_key():
    assert geometry_key(np.zeros((3, 3), np.float32)) == ""
    assert geometry_key(np.zeros((9, 3), np.float32)) == ""
    assert cells("") == ()


@pytest.mark.parametrize("name", ["a.pkl", "a.pt", "a.joblib", "a.py"])
def test_files_that_may_hold_programs_are_not_taken(tmp_path, name):
    (tmp_path / name).write_bytes(b"1 2 3\n")
    with pytest.raises(InputError, match="programs"):
        inspect_file(tmp_path / name, "other")


def test_what_is_not_parsed_is_called_opaque(tmp_path):
    (tmp_path / "a.mtl").write_bytes(b"newmtl a\n")
    found = inspect_file(tmp_path / "a.mtl", "material")
    assert (found.kind, found.size) == ("opaque", 9)
    assert kinds(assess(found, RECORD, replace(FILE, role="material"))) == {"not parsed": "note"}
    assert kinds(assess(found, RECORD, replace(FILE, role="geometry"))) == {"not parsed": "warn"}
