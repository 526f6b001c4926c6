"""Small datasets in the published layouts, made of the face model: the truth comes out, and broken files are told."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from lineament.bench.datasets import DATASETS, choose
from lineament.bench.datasets.base import MENPO68, Item, read_order, split_items
from lineament.bench.datasets.bu3dfe import landmarks_of
from lineament.bench.datasets.facescape import CORRECTED, OFFICIAL
from lineament.bench.points import ibug_names
from lineament.errors import FormatError, InputError
from lineament.face.model import load_face_model
from lineament.io.landmarks import write_landmarks
from lineament.io.scans import write_scan
from lineament.types import Floats, Landmarks, Scan

MODEL = load_face_model()
VERTICES = MODEL.vertices
IBUG = MODEL.landmarks(VERTICES, "ibug68")
ANTHROPOMETRIC = dict(
    zip(MODEL.landmark_sets["anthropometric"].names, MODEL.landmarks(VERTICES, "anthropometric"), strict=True)
)


def nearest(points: Floats) -> list[int]:
    return [int(np.linalg.norm(VERTICES - point, axis=1).argmin()) for point in points]


def only(name: str, folder: Path) -> Item:
    (item,) = DATASETS[name].find(folder)
    return item


def write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# BU-3DFE


def bu3dfe_points(swapped: bool = False) -> Floats:
    """83 points: rings that begin anywhere, as nobody says where they do."""

    def ring(corner_first: list[int], count: int, start: int) -> Floats:
        points = IBUG[corner_first]
        while len(points) < count:
            points = np.insert(points, 2, (points[1] + points[2]) / 2, axis=0)
        return np.roll(points, start, axis=0)

    right, left = ring(list(range(36, 42)), 8, 3), ring(list(range(42, 48)), 8, 1)
    eyes = (left, right) if swapped else (right, left)
    brows = np.repeat(IBUG[17:27], 2, axis=0)
    nose = np.concatenate([IBUG[27:31], IBUG[31:36], IBUG[31:34]])
    lips = np.concatenate([np.roll(IBUG[48:60], 5, axis=0), IBUG[60:68]])
    return np.concatenate([*eyes, brows, nose, lips, IBUG[1:16]]).astype(np.float32)


def bu3dfe(folder: Path, shift: float = 0.0) -> Path:
    points = bu3dfe_points()
    # Every landmark is a vertex of its own scan.
    rows = "".join(f"{x} {y} {z},\n" for x, y, z in np.concatenate([VERTICES[:200], points]))
    faces = f"coord Coordinate {{ point [\n{rows}] }} coordIndex [ 0, 1, 2, -1 ]"
    mesh = f"#VRML V2.0 utf8\nShape {{ geometry IndexedFaceSet {{ {faces} }} }}\n"
    write_text(folder / "F0001" / "F0001_AN01WH_F3D.wrl", mesh)
    lines = "".join(f"{200 + i}\t\t{x + shift} {y} {z}\n" for i, (x, y, z) in enumerate(points))
    return write_text(folder / "F0001" / "F0001_AN01WH_F3D.bnd", lines)


def test_bu3dfe_gives_corners_and_lips(tmp_path: Path) -> None:
    bu3dfe(tmp_path)
    item = only("bu3dfe", tmp_path)
    assert (item.subject, item.name) == ("F0001", "F0001_AN01WH_F3D")
    truth = DATASETS["bu3dfe"].load(item, "")
    assert truth.mm_per_unit == 1
    expected = dict(zip(ibug_names(), IBUG, strict=True))
    assert {*truth.names} == {ibug_names()[i] for i in (36, 39, 42, 45, 48, 51, 54, 57)}
    for name, point in zip(truth.names, truth.xyz, strict=True):
        np.testing.assert_allclose(point, expected[name], atol=1e-3)


def test_bu3dfe_left_is_left_whichever_eye_comes_first() -> None:
    one, other = landmarks_of(bu3dfe_points()), landmarks_of(bu3dfe_points(swapped=True))
    assert one[0] == other[0]
    np.testing.assert_array_equal(one[1], other[1])


def test_bu3dfe_landmarks_of_another_scan_are_told(tmp_path: Path) -> None:
    bu3dfe(tmp_path, shift=5)
    with pytest.raises(FormatError, match="belongs to another scan"):
        DATASETS["bu3dfe"].load(only("bu3dfe", tmp_path), "")


def test_bu3dfe_cut_off_landmarks_are_told(tmp_path: Path) -> None:
    path = bu3dfe(tmp_path)
    path.write_text("\n".join(path.read_text().splitlines()[:40]))
    with pytest.raises(FormatError, match="40 points, expected 83"):
        DATASETS["bu3dfe"].load(only("bu3dfe", tmp_path), "")


# FaceScape


def facescape(folder: Path, count: int) -> None:
    points = np.zeros((count, 3), np.float32)
    points[:, 0] = np.arange(count)
    path = folder / "12" / "models_reg" / "1_neutral.obj"
    path.parent.mkdir(parents=True)
    write_scan(Scan(points), path)


@pytest.mark.parametrize(("order", "vertices"), [("official", OFFICIAL), ("corrected", CORRECTED)])
def test_facescape_lists_are_vertices_from_0(tmp_path: Path, order: str, vertices: tuple[int, ...]) -> None:
    facescape(tmp_path, 26_317)
    item = only("facescape", tmp_path)
    assert (item.subject, item.name) == ("12", "12/1_neutral")
    truth = DATASETS["facescape"].load(item, order)
    assert truth.names == ibug_names()
    assert tuple(truth.xyz[:, 0].astype(int)) == vertices


def test_facescape_lists_are_as_published() -> None:
    assert len(OFFICIAL) == len(CORRECTED) == len(set(OFFICIAL)) == len(set(CORRECTED)) == 68
    same = np.array(OFFICIAL) == np.array(CORRECTED)
    assert (same.sum(), same[:17].sum()) == (44, 3)


def test_facescape_model_with_fewer_vertices_is_told(tmp_path: Path) -> None:
    facescape(tmp_path, 100)
    with pytest.raises(FormatError, match="the scan has 100 points"):
        DATASETS["facescape"].load(only("facescape", tmp_path), "official")


def test_facescape_takes_a_list_of_the_user(tmp_path: Path) -> None:
    facescape(tmp_path, 100)
    listed = write_text(tmp_path / "list.txt", "".join(f"{i}\n" for i in range(68)))
    truth = DATASETS["facescape"].load(only("facescape", tmp_path), str(listed))
    assert truth.xyz[:, 0].tolist() == list(range(68))
    listed.write_text("1\n2\n")
    with pytest.raises(FormatError, match="2 lines, expected 68"):
        DATASETS["facescape"].load(only("facescape", tmp_path), str(listed))


# SIAT-3DFE


def siat(folder: Path, cut: int = 0) -> Path:
    vertices = nearest(IBUG)
    record = np.zeros((len(VERTICES), 16), "<f4")
    record[:, :3] = VERTICES
    data = struct.pack("<4I", len(VERTICES), 2, 1, 68) + record.tobytes() + bytes(2 * 16 + 16)
    data += np.array(vertices, "<i4").tobytes()
    path = folder / "female" / "7" / "3" / "model.cie"
    path.parent.mkdir(parents=True)
    path.write_bytes(data[: len(data) - cut])
    return path


def test_siat_needs_an_order_and_then_gives_its_vertices(tmp_path: Path) -> None:
    siat(tmp_path)
    item = only("siat3dfe", tmp_path)
    assert (item.subject, item.name) == ("female/7", "female/7/3")
    with pytest.raises(InputError, match="does not say what its 68 landmarks are"):
        DATASETS["siat3dfe"].load(item, "")
    truth = DATASETS["siat3dfe"].load(item, "ibug68")
    np.testing.assert_array_equal(truth.xyz, VERTICES[nearest(IBUG)])
    assert len(truth.scan) == len(VERTICES)
    np.testing.assert_array_equal(DATASETS["siat3dfe"].read(item.scan).points, VERTICES)


def test_siat_cut_off_file_is_told(tmp_path: Path) -> None:
    siat(tmp_path, cut=9)
    with pytest.raises(FormatError, match="bytes, but holds"):
        DATASETS["siat3dfe"].load(only("siat3dfe", tmp_path), "ibug68")


# Bosphorus


def bosphorus(folder: Path, flip: bool = False, leave: tuple[str, ...] = ()) -> None:
    from lineament.bench.datasets.bosphorus import NAMES

    known = {**dict(zip(ibug_names(), IBUG, strict=True)), **ANTHROPOMETRIC}
    points = {label: known[name] for label, name in NAMES.items() if label not in leave}
    if flip:
        points = {
            label.replace("left", "?").replace("right", "left").replace("?", "right"): p for label, p in points.items()
        }
    lines = [f"{len(points)} Landmarks", ""]
    for label, (x, y, z) in points.items():
        lines += [label.capitalize(), f"{x} {y} {z}"]
    write_text(folder / "bs004" / "bs004_N_N_0.lm3", "\n".join(lines))
    grid = VERTICES[:60]
    columns = np.concatenate([grid.T, np.zeros((2, 60))]).astype("<f8")
    header = struct.pack("<HHdH", 6, 10, -1e9, 3) + b"abc" + struct.pack("<I", columns.size)
    (folder / "bs004" / "bs004_N_N_0.bnt").write_bytes(header + columns.tobytes())


@pytest.mark.parametrize("flip", [False, True])
def test_bosphorus_labels_become_names_and_left_is_the_subjects(tmp_path: Path, flip: bool) -> None:
    bosphorus(tmp_path, flip)
    item = only("bosphorus", tmp_path)
    assert item.subject == "bs004"
    truth = DATASETS["bosphorus"].load(item, "")
    at = dict(zip(truth.names, truth.xyz, strict=True))
    for name in ("ex_l", "en_r", "prn", "ch_l", "pg"):
        np.testing.assert_allclose(at[name], ANTHROPOMETRIC[name], rtol=1e-5)
    assert len(truth.scan) == 60


def test_bosphorus_side_views_leave_points_out(tmp_path: Path) -> None:
    bosphorus(tmp_path, leave=("outer right eye corner", "right mouth corner"))
    truth = DATASETS["bosphorus"].load(only("bosphorus", tmp_path), "")
    assert "ex_r" not in truth.names
    assert "ex_l" in truth.names


# Headspace


def headspace(folder: Path) -> Path:
    path = folder / "00004" / "130925163936.obj"
    path.parent.mkdir(parents=True)
    write_scan(Scan(VERTICES), path)
    return write_text(path.with_name("ldmks130925163936.txt"), "".join(f"{i + 1}\n" for i in nearest(IBUG)))


def test_headspace_counts_vertices_from_1(tmp_path: Path) -> None:
    headspace(tmp_path)
    item = only("headspace", tmp_path)
    assert (item.subject, item.name) == ("00004", "00004/130925163936")
    truth = DATASETS["headspace"].load(item, "ibug68")
    np.testing.assert_allclose(truth.xyz, VERTICES[nearest(IBUG)], atol=1e-3)


@pytest.mark.parametrize(
    ("line", "told"), [("0\n", "belongs to another scan"), ("99999999\n", "names vertex"), ("x\n", "line 69")]
)
def test_headspace_bad_lines_are_told(tmp_path: Path, line: str, told: str) -> None:
    path = headspace(tmp_path)
    path.write_text(path.read_text() + line)
    with pytest.raises(FormatError, match=told):
        DATASETS["headspace"].load(only("headspace", tmp_path), "ibug68")


# Any folder


def test_folder_pairs_scans_with_landmarks_of_the_same_stem(tmp_path: Path) -> None:
    names = ibug_names()
    for subject in ("anna", "bert"):
        (tmp_path / subject).mkdir()
        write_scan(Scan(VERTICES), tmp_path / subject / "scan.ply")
    write_landmarks(Landmarks(names, IBUG, unit="mm"), tmp_path / "anna" / "scan.mrk.json")
    write_landmarks(Landmarks(names, IBUG, unit="mm"), tmp_path / "anna" / "other.ljson")
    first, second = DATASETS["folder"].find(tmp_path)
    assert [item.subject for item in (first, second)] == ["anna", "bert"]
    assert second.landmarks is None
    truth = DATASETS["folder"].load(first, "")
    assert (truth.names, truth.mm_per_unit) == (names, 1.0)
    np.testing.assert_allclose(truth.xyz, IBUG, atol=1e-4)


def test_folder_needs_an_order_for_points_without_names(tmp_path: Path) -> None:
    write_scan(Scan(VERTICES), tmp_path / "james.obj")
    inverse = np.empty((68, 3), np.float32)
    inverse[list(MENPO68)] = IBUG
    write_landmarks(Landmarks(tuple(f"p{i}" for i in range(68)), inverse), tmp_path / "james.ljson")
    (item,) = DATASETS["folder"].find(tmp_path)
    assert item.subject == "james"
    with pytest.raises(InputError, match="give --order"):
        DATASETS["folder"].load(item, "")
    truth = DATASETS["folder"].load(item, "menpo68")
    np.testing.assert_allclose(truth.xyz, IBUG, atol=1e-4)


def test_order_files_name_places_from_1(tmp_path: Path) -> None:
    path = write_text(tmp_path / "order.txt", "# nose\n3 prn\n1, nose_bridge_3\n")
    assert read_order(str(path), 3, Path("x")) == {2: "prn", 0: "nose_bridge_3"}
    for text, told in (
        ("4 prn", "not one of the 3"),
        ("1 nose", "'nose' is not a landmark"),
        ("prn 1", "expected a place"),
        ("# none\n", "names no"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=told):
            read_order(str(path), 3, Path("x"))
    with pytest.raises(InputError, match="holds 5 points"):
        read_order("menpo68", 5, Path("x"))
    with pytest.raises(InputError, match="neither ibug68, menpo68 nor a file"):
        read_order("dlib", 68, Path("x"))


def test_menpo_order_is_a_permutation() -> None:
    assert sorted(MENPO68) == list(range(68))


def test_a_subject_is_on_one_side_of_a_split() -> None:
    items = [Item(f"s{i % 300}", str(i), Path(), None) for i in range(900)]
    train, test = split_items(items, "train"), split_items(items, "test")
    assert len(train) + len(test) == 900
    assert not {item.subject for item in train} & {item.subject for item in test}
    assert 0.13 < len(test) / 900 < 0.27
    assert [i.name for i in split_items(items[::-1], "test")] == [i.name for i in test][::-1]
    assert split_items(items, "all") == items


def test_what_is_no_dataset_is_told(tmp_path: Path) -> None:
    assert choose(f"headspace={tmp_path}") == (DATASETS["headspace"], tmp_path)
    assert choose(str(tmp_path))[0].name == "folder"
    with pytest.raises(InputError, match="bu3dfe=FOLDER"):
        choose("bu3dfe")
    with pytest.raises(InputError, match="neither virtual nor a folder"):
        choose("nowhere")
    for dataset in DATASETS.values():
        with pytest.raises(InputError):
            dataset.find(tmp_path)
        with pytest.raises(InputError, match="not a folder"):
            dataset.find(tmp_path / "absent")
