"""Two scans of one person: what has not changed is told to be equal, what has is found where it is."""

from __future__ import annotations

import numpy as np
import pytest
from virtual_sittings import SMILE, bump, enclosed, frame, landmark, person, sitting

from lineament.compare import STABLE, Comparison, compare
from lineament.compare.regions import REGIONS, region_of_vertices, stable_vertices
from lineament.demo import subdivide, visible_triangles
from lineament.errors import InputError
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity
from lineament.types import Scan


def rows(found: Comparison) -> dict[str, object]:
    return {row.region: row for row in found.regions}


@pytest.mark.parametrize(("stable", "unit"), [("upper", "m"), ("nose", "in"), ("all", "cm")])
def test_the_same_scan_elsewhere_in_another_unit_has_not_changed(stable: str, unit: str) -> None:
    face = person()
    a, b = sitting(face), sitting(face, frame(unit), unit, fit_error=1.5)
    found = compare(a, b, stable)
    assert np.nanmax(np.abs(found.deviation)) < 0.02
    used = np.unique(a.scan.triangles)
    assert np.isfinite(found.deviation[used]).mean() > 0.999
    assert np.abs(found.motion.apply(b.scan.points.astype(np.float64)) - a.scan.points).max() < 0.02
    assert found.residual < 0.01
    assert found.used > 0.99
    assert found.warnings == ()
    assert max(row.distance for row in found.landmarks) < 0.02


def test_bare_clouds_and_scans_that_are_inside_out() -> None:
    face = person()
    found = compare(sitting(face, cloud=True), sitting(face, frame(), cloud=True, fit_error=1.0))
    # The surface of a cloud is not known between its points.
    assert np.nanpercentile(np.abs(found.deviation), 95) < 0.1
    raised = bump(landmark(face, "pg"), 3.0, 15.0)
    for extra in ({"inside_out": True}, {"cloud": True}):
        found = compare(sitting(face, **extra), sitting(face, frame("m"), "m", raised, **extra))
        assert rows(found)["chin"].largest == pytest.approx(3.0, rel=0.05)
        assert rows(found)["chin"].volume > 0.3


def test_a_bump_on_the_cheek_is_measured_there_and_tilts_nothing() -> None:
    face = person()
    centre = landmark(face, "or_l") + np.float32([10, -18, 0])
    raised = bump(centre, 4.0, 16.0)
    points, triangles = subdivide(face, visible_triangles(load_face_model()))
    volume = enclosed(raised(points, triangles), triangles) - enclosed(points, triangles)
    height = np.linalg.norm(raised(points, triangles) - points, axis=1).max()
    assert height == pytest.approx(4.0, rel=0.01)
    a, b = sitting(face), sitting(face, frame("m"), "m", raised, fit_error=1.0)
    found = compare(a, b)
    changed = rows(found)
    assert changed["left cheek"].largest == pytest.approx(height, rel=0.03)
    assert changed["left cheek"].volume == pytest.approx(volume, rel=0.05)
    assert changed["face"].volume == pytest.approx(volume, rel=0.02)
    others = [row for name, row in changed.items() if name not in ("face", "left cheek")]
    assert max(row.largest for row in others) < 0.02
    assert found.residual < 0.01
    # The other way round all signs flip.
    back = compare(b, a)
    assert rows(back)["left cheek"].volume == pytest.approx(-volume, rel=0.05)
    assert rows(back)["left cheek"].largest == pytest.approx(changed["left cheek"].largest, rel=0.03)
    assert rows(back)["left cheek"].mean < -0.1 < 0.1 < changed["left cheek"].mean
    assert (back.motion @ found.motion).matrix == pytest.approx(np.eye(4), abs=1e-3)


def test_a_bump_on_the_forehead_is_left_out_of_the_registration() -> None:
    face = person(2)
    raised = bump(landmark(face, "g") + np.float32([15, 18, 0]), 3.0, 14.0)
    found = compare(sitting(face, noise=0.05), sitting(face, frame(), change=raised, noise=0.05))
    assert rows(found)["forehead"].largest == pytest.approx(3.0, abs=0.3)
    assert rows(found)["forehead"].volume > 0.3
    assert found.used < 0.98
    for name in ("chin", "left jaw", "right jaw", "nose"):
        assert abs(rows(found)[name].mean) < 0.05


@pytest.mark.parametrize("seed", [1, 2])
def test_a_smile_leaves_the_stable_parts_and_moves_cheeks_and_mouth(seed: int) -> None:
    found = compare(sitting(person(seed)), sitting(person(seed, SMILE), frame("m"), "m", fit_error=1.0))
    changed = rows(found)
    assert found.residual < 0.3
    assert changed["forehead"].p95 < 0.3
    for side in ("left", "right"):
        assert changed[f"{side} cheek"].mean > 0.4
    assert changed["upper lip"].mean < -1
    moved = {row.name: row for row in found.landmarks}
    assert moved["ch_l"].left > 1.5 * moved["ch_l"].standard_error
    assert moved["ch_l"].up > 2
    assert moved["ch_r"].left < -1
    assert moved["n"].distance < 1
    assert moved["n"].distance < moved["n"].by_error


def test_noise_does_not_tilt_the_registration() -> None:
    face = person(3)
    found = compare(sitting(face, noise=0.15), sitting(face, frame(), noise=0.151, fit_error=1.0))
    for name in ("chin", "left jaw", "right jaw", "left cheek", "right cheek"):
        assert abs(rows(found)[name].mean) < 0.05
    assert found.warnings == ()


def test_holes_have_no_answer_and_count_as_unmeasured() -> None:
    face = person()
    b = sitting(face)
    hole = np.linalg.norm(b.scan.points - landmark(face, "pg"), axis=1) < 12
    left = b.scan.triangles[~hole[b.scan.triangles].any(axis=1)]
    found = compare(sitting(face), type(b)(Scan(b.scan.points, left), b.face, b.landmarks))
    assert np.isnan(found.deviation[hole & (found.region >= 0)]).all()
    assert rows(found)["chin"].measured < 0.95
    assert rows(found)["left cheek"].measured == 1
    missing = np.array(b.scan.points)
    missing[hole] = np.nan
    again = compare(sitting(face), type(b)(Scan(missing, b.scan.triangles), b.face, b.landmarks))
    assert np.array_equal(np.isnan(again.deviation), np.isnan(found.deviation))


def test_two_people_are_told() -> None:
    found = compare(sitting(person(3)), sitting(person(13)), "all")
    assert "one person" in " ".join(found.warnings)


def test_what_cannot_be_compared_is_told() -> None:
    face = person()
    a = sitting(face)
    larger = Similarity(1.3, np.eye(3), np.zeros(3))
    with pytest.raises(InputError, match=r"1\.30 times as large.*--unit"):
        compare(a, sitting(larger.apply(face)))
    with pytest.raises(InputError, match="limit is 0"):
        compare(a, a, limit=0)
    with pytest.raises(InputError, match="no stable mask 'chin'; there are upper, nose, all"):
        compare(a, a, "chin")
    # One shows the lower half alone, then only the left, the other only the right.
    lower, left, right = (
        type(a)(Scan(a.scan.points, a.scan.triangles[kept[a.scan.triangles].all(axis=1)]), a.face, a.landmarks)
        for kept in (a.scan.points[:, 1] < 20, a.scan.points[:, 0] > 12, a.scan.points[:, 0] < -12)
    )
    with pytest.raises(InputError, match=r"scan B shows .* of the stable parts 'upper'"):
        compare(a, lower)
    with pytest.raises(InputError, match="hardly overlap"):
        compare(left, right)


def test_scans_in_no_common_unit() -> None:
    face = person()
    odd, other = (Similarity(size, np.eye(3), np.zeros(3)) for size in (37.0, 12.0))
    both = compare(sitting(face, odd, None), sitting(face, other, None, fit_error=1.0))
    assert both.warnings == ("the scans are in no common unit; B was made as large as A, which hides a change of size",)
    assert both.motion.scale == pytest.approx(12 / 37, rel=1e-4)
    assert np.nanmax(np.abs(both.deviation)) < 0.02
    # The fitted face is 3 % too large.
    grown = sitting((1.03 * face).astype(np.float32), odd, None)
    one = compare(sitting(face), type(grown)(sitting(face, odd, None).scan, grown.face, grown.landmarks))
    assert one.warnings[0].startswith("scan B is in no common unit")
    assert np.nanmax(np.abs(one.deviation)) < 0.02


def test_the_same_input_gives_the_same_answer() -> None:
    a, b = sitting(person(), noise=0.1), sitting(person(1, SMILE), frame())
    one, other = compare(a, b), compare(a, b)
    assert np.array_equal(one.deviation, other.deviation, equal_nan=True)
    assert one.regions == other.regions


def test_regions_and_masks_are_mirror_symmetric() -> None:
    model, names = load_face_model(), list(REGIONS)
    region = region_of_vertices()
    other = {i: names.index(n.replace("left", "x").replace("right", "left").replace("x", "right")) for i, n in
             enumerate(names)}  # fmt: skip
    other[-1] = -1
    off_middle = np.abs(model.vertices[:, 0]) > 0.5
    mirrored = np.array([other[int(r)] for r in region[model.mirror]])
    assert (mirrored == region)[off_middle].mean() > 0.995
    for name in STABLE:
        assert np.array_equal(stable_vertices(name)[model.mirror], stable_vertices(name))
    left = region == names.index("left cheek")
    assert model.vertices[left, 0].min() > 0
