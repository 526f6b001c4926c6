"""Folders in published layouts become the people and scans that they state; what is wrong with one is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

import pytest

from lineament.database.importers import IMPORTERS, read_folder
from lineament.database.records import Manifest, ScanRecord, SubjectRecord
from lineament.errors import FormatError, InputError
from lineament.face.rig import FACESCAPE20

Lay = Callable[..., Path]
FolderOf = Callable[[str], dict[str, str]]
SCANS = {
    "facescape": 9,
    "facescape-multiview": 2,
    "siat3dfe": 6,
    "pixelface": 4,
    "bu3dfe": 4,
    "headspace": 3,
    "omniobject3d": 5,
    "manifest": 2,
}
DATASETS = [name for name in IMPORTERS if name != "manifest"]


def only(manifest: Manifest, subject: str, expression: str = "") -> ScanRecord:
    (scan,) = (s for s in manifest.scans if (s.subject, s.expression) == (subject, expression))
    return scan


def person(manifest: Manifest, label: str) -> SubjectRecord:
    (subject,) = (s for s in manifest.subjects if s.label == label)
    return subject


def parts(scan: ScanRecord) -> dict[tuple[str, int], str]:
    return {(file.role, file.index): file.path.name for file in scan.files}


# All layouts


def test_every_layout_is_tried() -> None:
    assert SCANS.keys() == IMPORTERS.keys()


@pytest.mark.parametrize("layout", SCANS)
def test_the_layout_is_found_from_the_folder(lay: Lay, folder_of: FolderOf, layout: str) -> None:
    folder = lay(folder_of(layout))
    found = read_folder(folder)
    assert found.layout == layout
    assert len(found.scans) == SCANS[layout]
    assert found == IMPORTERS[layout](folder) == read_folder(folder, layout)


@pytest.mark.parametrize("layout", SCANS)
def test_every_file_is_there_and_stands_once(lay: Lay, folder_of: FolderOf, layout: str) -> None:
    folder = lay(folder_of(layout))
    found = read_folder(folder)
    paths = [file.path for scan in found.scans for file in scan.files]
    assert len(set(paths)) == len(paths)
    assert all(path.is_file() and path.is_relative_to(folder.resolve()) for path in paths)
    for scan in found.scans:
        assert len(parts(scan)) == len(scan.files)


@pytest.mark.parametrize("layout", SCANS)
def test_no_two_scans_have_the_same_names(lay: Lay, folder_of: FolderOf, layout: str) -> None:
    scans = read_folder(lay(folder_of(layout))).scans
    assert len({(s.subject, s.session, s.modality, s.expression, s.repeat) for s in scans}) == len(scans)


@pytest.mark.parametrize("layout", SCANS)
def test_the_manifest_does_not_depend_on_the_order_of_the_files(lay: Lay, folder_of: FolderOf, layout: str) -> None:
    files = folder_of(layout)
    one = read_folder(lay(files, "one/sent"))
    other = read_folder(lay(dict(reversed(files.items())), "other/sent"))
    assert str(astuple(one)).replace("/one/", "/other/") == str(astuple(other))


@pytest.mark.parametrize("layout", DATASETS)
def test_suffixes_may_be_capitals(lay: Lay, folder_of: FolderOf, layout: str) -> None:
    files = {
        f"{name[: name.rindex('.')]}{name[name.rindex('.') :].upper()}": t for name, t in folder_of(layout).items()
    }
    assert len(read_folder(lay(files)).scans) == SCANS[layout]


@pytest.mark.parametrize("layout", DATASETS)
def test_hidden_files_are_counted_and_left_alone(lay: Lay, folder_of: FolderOf, layout: str) -> None:
    files = folder_of(layout)
    hidden = {str(Path(name).with_name("._" + Path(name).name)): "x" for name in files}
    found = read_folder(lay(files | hidden))
    assert len(found.scans) == SCANS[layout]
    assert f"hidden entries passed over: {len(hidden)}" in found.notes


@pytest.mark.parametrize("layout", DATASETS)
def test_strange_files_are_counted(lay: Lay, folder_of: FolderOf, layout: str) -> None:
    found = read_folder(lay(folder_of(layout) | {"strange/one.docx": "x", "strange/two.docx": "x", "three": "x"}))
    assert any("2 .docx" in note and "1 without a suffix" in note for note in found.notes)


@pytest.mark.parametrize("layout", DATASETS)
def test_a_link_out_of_the_folder_is_refused(lay: Lay, folder_of: FolderOf, layout: str) -> None:
    folder = lay(folder_of(layout))
    first = read_folder(folder).scans[0].files[0].path
    away = lay({"secret": "x"}, "away") / "secret"
    first.unlink()
    first.symlink_to(away)
    with pytest.raises(InputError, match="leads out of"):
        read_folder(folder)


@pytest.mark.parametrize("layout", DATASETS)
def test_a_second_copy_is_refused(lay: Lay, folder_of: FolderOf, layout: str) -> None:
    files = folder_of(layout)
    with pytest.raises(InputError, match="same part of one scan"):
        read_folder(
            lay(files | {f"copy/{name}": text for name, text in files.items() if "release_" not in name}), layout
        )


@pytest.mark.parametrize("layout", DATASETS)
def test_a_named_layout_that_is_not_there_is_said(lay: Lay, layout: str) -> None:
    with pytest.raises(InputError, match="release_info" if layout == "pixelface" else f"layout {layout}; looked for"):
        read_folder(lay({"a.ply": "x"}), layout)


def test_a_folder_of_no_layout_is_told_what_was_looked_for(lay: Lay) -> None:
    with pytest.raises(InputError) as error:
        read_folder(lay({"a.ply": "x"}))
    assert all(name in str(error.value) for name in IMPORTERS)


def test_a_folder_of_two_layouts_needs_a_name(lay: Lay, folder_of: FolderOf) -> None:
    folder = lay(folder_of("facescape") | folder_of("bu3dfe"))
    with pytest.raises(InputError, match="facescape and bu3dfe"):
        read_folder(folder)
    assert len(read_folder(folder, "bu3dfe").scans) == 4


def test_an_unknown_layout_and_a_missing_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no layout 'bosphorus'; known are facescape"):
        read_folder(tmp_path, "bosphorus")
    with pytest.raises(InputError, match="not a folder"):
        read_folder(tmp_path / "missing")


# FaceScape


def test_facescape_models_have_texture_displacement_and_protocol(lay: Lay, folder_of: FolderOf) -> None:
    found = read_folder(lay(folder_of("facescape")))
    scan = only(found, "1", "smile")
    assert (scan.modality, scan.protocol, scan.unit, scan.age) == ("mesh", "facescape20", "mm", 23)
    assert parts(scan) == {
        ("geometry", 0): "2_smile.obj",
        ("material", 0): "2_smile.obj.mtl",
        ("texture", 0): "2_smile.jpg",
        ("other", 0): "2_smile.png",
    }
    assert [s.label for s in found.subjects] == ["1", "2", "10"]
    assert {s.expression for s in found.scans} <= set(FACESCAPE20)


def test_facescape_lists_give_age_sex_and_portraits(lay: Lay, folder_of: FolderOf) -> None:
    found = read_folder(lay(folder_of("facescape")))
    assert [person(found, label).sex for label in ("1", "2", "10")] == ["male", "female", "unknown"]
    assert [person(found, label).purposes for label in ("1", "2", "10")] == [(), ("portrait",), ("portrait",)]
    assert only(found, "10", "neutral").age is None


def test_facescape_folder_may_be_one_subject_and_padded(lay: Lay, folder_of: FolderOf) -> None:
    files = {name[2:]: text for name, text in folder_of("facescape").items() if name.startswith("2/")}
    found = read_folder(lay(files | {"info_list.txt": "# id\n2,f,31,1 0000\r\n"}, "002"))
    assert [(s.label, s.sex) for s in found.subjects] == [("002", "female")]


def test_facescape_without_lists_is_noted(lay: Lay) -> None:
    found = read_folder(lay({"1/models_reg/1_neutral.obj": "v"}))
    assert [s.purposes for s in found.subjects] == [()]
    assert sum("info_list" in note or "publishable_list" in note for note in found.notes) == 2


def test_facescape_leaves_alone_what_is_not_among_the_twenty(lay: Lay) -> None:
    names = ("3_smile", "21_wink", "2_\u017fmile", "2_smile2")
    found = read_folder(lay({f"1/models_reg/{name}.obj": "v" for name in (*names, "1_neutral")}))
    assert [s.expression for s in found.scans] == ["neutral"]
    assert any("4 .obj" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("info_list_v2.txt", "1 m 23 1\n1 f 23 1\n", "sex of subject 1 is stated as 'male' and as 'female'"),
        ("info_list_v2.txt", "1 m 23 1\n01 m 24 1\n", "age of subject 1"),
        ("info_list_v2.txt", "1 m 23 1\n2 f\n", "line 2: expected id, sex, age"),
        ("info_list_v2.txt", "1 m 230 1\n", "line 1: '230' is no age"),
        ("publishable_list_v1.txt", "1, 2, all", "line 1: found 'all'"),
        ("publishable_list_v1.txt", b"1, \xff", "line 1 is not UTF-8"),
        ("publishable_list_v1.txt", "1, 2".encode("utf-16"), "is UTF-16"),
    ],
)
def test_facescape_lists_that_are_wrong_are_refused(lay: Lay, name: str, text: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_folder(lay({"1/models_reg/1_neutral.obj": "v", name: text}))


def test_facescape_views_have_their_cameras(lay: Lay, folder_of: FolderOf) -> None:
    found = read_folder(lay(folder_of("facescape-multiview") | {"publishable_list_v1.txt": "7"}))
    scan = only(found, "7", "anger")
    assert (scan.modality, scan.unit, person(found, "7").purposes) == ("multiview", None, ("portrait",))
    views = {file.index: file.meta for file in scan.files if file.role == "view"}
    assert list(views) == [0, 1, 10]
    assert views[10]["camera_matrix"] == [[1200, 0, 640], [0, 1200, 480], [0, 0, 1]]
    assert views[10]["translation_unscaled"] == [0.5, 0.25, 2]
    assert "translation" not in views[10]
    assert (views[10]["serial"], views[10]["valid"], views[10]["width"]) == ("A10", True, 1280)
    assert "Jane" not in str(views)
    assert parts(scan)["geometry", 0] == "4_anger.ply"


def test_facescape_views_without_cameras_are_noted(lay: Lay, folder_of: FolderOf) -> None:
    files = folder_of("facescape-multiview")
    del files["images/7/1_neutral/params.json"]
    found = read_folder(lay(files))
    assert "pictures without a camera in a params.json beside them: 3" in found.notes
    assert len(found.scans) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"0_K": 3}',
        '{"0_K": [[1, 2, 3], [1, 2, 3], [1, 2, "x"]]}',
        '{"0_Rt": [[1, 2, 3], [1, 2, 3], [1, 2, 3]]}',
        '{"0_distortion": [0, 0]}',
        '{"0_width": NaN}',
        '{"0_width": "wide"}',
        '{"0_valid": true, "0_valid": false}',
        "[" * 100_000,
    ],
)
def test_facescape_cameras_that_are_wrong_are_refused(lay: Lay, text: str) -> None:
    with pytest.raises(FormatError, match=r"params\.json"):
        read_folder(lay({"7/1_neutral/0.jpg": "p", "7/1_neutral/params.json": text}))


# SIAT-3DFE, BU-3DFE, Headspace


def test_siat_subjects_are_numbered_within_their_sex(lay: Lay, folder_of: FolderOf) -> None:
    found = read_folder(lay(folder_of("siat3dfe")))
    assert [(s.label, s.sex) for s in found.subjects] == [("female-0", "female"), ("male-0", "male")]
    assert [s.expression for s in found.scans[:3]] == ["0", "2", "10"]
    scan = only(found, "male-0", "10")
    assert (scan.modality, scan.unit) == ("mesh", None)
    assert parts(scan)["geometry", 0] == "model.cie"
    assert parts(scan)["geometry", 2] == "registrate2Template2.obj"
    assert parts(scan)["view", 3] == "3.bmp"


def test_bu3dfe_names_say_everything(lay: Lay, folder_of: FolderOf) -> None:
    found = read_folder(lay(folder_of("bu3dfe")))
    assert [(s.label, s.sex, s.origin) for s in found.subjects] == [
        ("F0001", "female", "White"),
        ("M0044", "male", "East-Asian"),
    ]
    assert [s.expression for s in found.scans] == ["neutral", "anger_1", "anger_4", "surprise_2"]
    assert (found.scans[2].unit, found.scans[2].attributes) == ("mm", {"intensity": 4})
    assert parts(found.scans[2])["landmarks", 0] == "F0001_AN04WH_F3D.bnd"


def test_bu3dfe_person_of_two_origins_is_refused(lay: Lay) -> None:
    with pytest.raises(InputError, match="origin of F0001 is stated as 'White' and as 'Black'"):
        read_folder(lay({"F0001_AN01WH_F3D.wrl": "x", "F0001_AN02BL_F3D.wrl": "x"}))


def test_headspace_text_is_about_the_person_and_the_capture(lay: Lay, folder_of: FolderOf) -> None:
    found = read_folder(lay(folder_of("headspace")))
    subject = person(found, "00002")
    assert (subject.sex, subject.origin) == ("female", "white british")
    one, two = (s for s in found.scans if s.subject == "00002")
    assert (one.age, one.expression, one.repeat, two.repeat) == (34, "neutral", 1, 2)
    assert one.attributes == {"bearddescriptor": "none"}
    assert parts(one)["landmarks", 0] == "ldmks140507101112.txt"
    assert "subjects without subject.txt, whose sex and age are not known: 1" in found.notes


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_headspace_text_may_come_from_any_system(lay: Lay, end: str) -> None:
    about = "\ufeff" + end.join(("gender:transgender", "age:", "", "no colon here", "spectaclesFlag: 0"))
    found = read_folder(lay({"00009/140507101112.obj": "x", "00009/person_00009.txt": about}))
    assert (found.subjects[0].sex, found.subjects[0].attributes) == ("other", {"gender": "transgender"})
    assert (found.scans[0].age, found.scans[0].attributes) == (None, {"spectaclesflag": "0"})
    assert "lines about subjects that are not key:value, passed over: 1" in found.notes


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("id:00008", "is about subject 00008, but lies in the folder of 00009"),
        ("gender:male\ngender:female", "gender of 00009 is stated"),
        ("age:old", "age of subject 00009: found 'old'"),
    ],
)
def test_headspace_text_that_is_wrong_is_refused(lay: Lay, about: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_folder(lay({"00009/140507101112.obj": "x", "00009/subject.txt": about}))


def test_headspace_pictures_alone_are_multiview(lay: Lay) -> None:
    files = {"00009/140507101112/1A.png": "p", "00009/140507101112/1B.png": "p", "00009/140507101112/calib_1A.tka": "c"}
    (scan,) = read_folder(lay(files)).scans
    assert scan.modality == "multiview"
    assert parts(scan) == {("calibration", 0): "calib_1A.tka", ("view", 0): "1A.png", ("view", 1): "1B.png"}


# Pixel-Face, OmniObject3D


def test_pixelface_list_says_whose_a_sample_is(lay: Lay, folder_of: FolderOf) -> None:
    found = read_folder(lay(folder_of("pixelface")))
    assert [(s.label, s.sex) for s in found.subjects] == [("7", "male"), ("9", "female")]
    assert [(s.subject, s.expression, s.repeat) for s in found.scans] == [
        ("7", "", 1),
        ("7", "1", 1),
        ("7", "1", 2),
        ("9", "22", 1),
    ]
    last = found.scans[-1]
    assert (last.age, last.attributes) == (61, {"sample": "103", "split": "evaluation"})
    assert parts(last)["geometry", 0] == "gt.mat"
    assert {role for role, _ in parts(last)} == {"geometry", "view", "depth", "other"}


def test_pixelface_without_its_list_is_refused(lay: Lay, folder_of: FolderOf) -> None:
    files = folder_of("pixelface")
    del files["release_id/release_info.txt"]
    with pytest.raises(InputError, match="of whom each sample is"):
        read_folder(lay(files))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("7 100 1 25 1\n7 101 0 25 1", "sex of subject 7"),
        ("7 100 1 25 1\n8 100 1 25 1", "subject of sample 100"),
        ("7 100 2 25 1", "line 1: expected subject, sample, sex"),
        ("7 100 1 25", "line 1: expected subject, sample, sex"),
    ],
)
def test_pixelface_list_that_is_wrong_is_refused(lay: Lay, folder_of: FolderOf, rows: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_folder(lay(folder_of("pixelface") | {"release_id/release_info.txt": rows}))


def test_pixelface_samples_that_are_not_listed_are_noted(lay: Lay, folder_of: FolderOf) -> None:
    found = read_folder(lay(folder_of("pixelface") | {"data/555/fusion/gt.mat": "m"}))
    assert "samples that are not in release_info.txt, passed over: 1" in found.notes


def test_omniobject3d_products_are_sessions_of_an_object(lay: Lay, folder_of: FolderOf) -> None:
    found = read_folder(lay(folder_of("omniobject3d")))
    assert [s.label for s in found.subjects] == ["antique_001", "antique_019"]
    scans = {s.session: s for s in found.scans if s.subject == "antique_001"}
    assert {name: (s.modality, s.unit) for name, s in scans.items()} == {
        "raw_scans": ("mesh", "mm"),
        "blender_renders": ("multiview", None),
        "videos_processed": ("multiview", None),
        "point_clouds_1024": ("cloud", "mm"),
    }
    view = next(file for file in scans["blender_renders"].files if (file.role, file.index) == ("view", 1))
    assert view.meta == {"transform_matrix": [[1, 0], [0, 1]], "scale": 0.01, "camera_angle_x": 0.7}
    assert parts(scans["videos_processed"])["calibration", 0] == "poses_bounds.npy"


@pytest.mark.parametrize("text", ["[]", "{}", '{"frames": [1]}', '{"frames": [{"file_path": 3}]}'])
def test_omniobject3d_cameras_that_are_wrong_are_refused(lay: Lay, folder_of: FolderOf, text: str) -> None:
    name = "blender_renders/antique/antique_001/render/transforms.json"
    with pytest.raises(FormatError, match=r"transforms\.json"):
        read_folder(lay(folder_of("omniobject3d") | {name: text}))
