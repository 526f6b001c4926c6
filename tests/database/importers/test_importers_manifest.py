"""A table of any folder: rows become people and scans, and a row that cannot be meant is named."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineament.database.importers import LAYOUTS, read_folder
from lineament.database.importers.manifest import KNOWN, PURPOSES, UNITS
from lineament.database.records import MODALITIES, ROLES, SEXES, FileRecord, Manifest
from lineament.errors import InputError

Lay = Callable[..., Path]
SHA = "ab" * 32


def csv(lay: Lay, text: str | bytes, *names: str) -> Manifest:
    return read_folder(lay({"manifest.csv": text} | dict.fromkeys(names, "x")))


def jsonl(lay: Lay, rows: Sequence[Any], *names: str) -> Manifest:
    return read_folder(lay({"manifest.jsonl": "\n".join(map(json.dumps, rows))} | dict.fromkeys(names, "x")))


def places(files: tuple[FileRecord, ...]) -> list[tuple[str, int, str]]:
    return [(file.role, file.index, file.path.name) for file in files]


FULL = (
    "subject,file,modality,session,expression,protocol,repeat,captured_at,age,sex,origin,birth_year,device,unit,fps,"
    "purposes,duo,sha256,role,index,meta,Skin Type\n"
    "anna,scans/a.ply,body,visit 2,a_pose,iso,3,2026-05-17,41.5,F,Finland,1984,3dMD face,mm,,"
    f'training;research,DUO:0000042;DUO:0000018,{SHA.upper()},geometry,4,"{{""seconds"": 0.5}}",II\n'
)


def test_every_column_is_read(lay: Lay) -> None:
    found = csv(lay, FULL, "scans/a.ply")
    (subject,), (scan,) = found.subjects, found.scans
    assert (subject.label, subject.sex, subject.origin, subject.birth_year) == ("anna", "female", "Finland", 1984)
    assert subject.purposes == ("research", "training")
    assert subject.duo == ("DUO:0000018", "DUO:0000042")
    assert (scan.subject, scan.modality, scan.session, scan.expression) == ("anna", "body", "visit 2", "a_pose")
    assert (scan.protocol, scan.repeat, scan.captured_at, scan.age) == ("iso", 3, date(2026, 5, 17), 41.5)
    assert (scan.device, scan.unit, scan.fps, scan.attributes) == ("3dMD face", "mm", None, {"skin type": "II"})
    (file,) = scan.files
    assert (file.path.name, file.role, file.index, file.meta, file.sha256) == (
        "a.ply",
        "geometry",
        4,
        {"seconds": 0.5},
        SHA,
    )
    assert found.notes == ()


def test_the_same_rows_as_json_say_the_same(lay: Lay) -> None:
    row = {
        "subject": "anna",
        "files": [{"path": "scans/a.ply", "role": "geometry", "index": 4, "meta": {"seconds": 0.5}, "sha256": SHA}],
        **{"modality": "body", "session": "visit 2", "expression": "a_pose", "protocol": "iso", "repeat": 3},
        **{"captured_at": "2026-05-17", "age": 41.5, "sex": "female", "origin": "Finland", "birth_year": 1984},
        **{"device": "3dMD face", "unit": "mm", "fps": None, "purposes": ["training", "research"]},
        **{"duo": ["DUO:0000042", "DUO:0000018"], "skin type": "II"},
    }
    assert jsonl(lay, [row], "scans/a.ply") == read_folder(
        lay({"manifest.csv": FULL, "scans/a.ply": "x"}, "two/sent")
    ) or (
        str(jsonl(lay, [row], "scans/a.ply")).replace("/sent/", "/two/sent/")
        == str(read_folder(lay({"manifest.csv": FULL, "scans/a.ply": "x"}, "two/sent")))
    )


@pytest.mark.parametrize(
    "text",
    [
        "subject,file,age\nZoë,a.ply,23.5\n",
        "\ufeffsubject,file,age\r\nZoë,a.ply,23.5\r\n",
        "subject;file;age\r\nZoë;a.ply;23,5\r\n",
        "\n\nsubject;file;age\nZoë;a.ply;23,5\n",
        "sep=;\r\nSubject ; FILE;age;;\r\n\r\nZoë;a.ply;23,5;;\r\n;;;;\r\n",
        "subject\tfile\tage\nZoë\ta.ply\t23.5",
        unicodedata.normalize("NFD", "subject,file,age\nZoë,a.ply,23.5\n"),
    ],
)
def test_tables_of_spreadsheets_are_read(lay: Lay, text: str) -> None:
    found = csv(lay, text, "a.ply")
    assert [(s.subject, s.age) for s in found.scans] == [("Zoë", 23.5)]


def test_rows_of_one_capture_are_one_scan_and_state_it_once(lay: Lay) -> None:
    text = "subject,file,expression,age,sex\n1,a.obj,smile,30,\n1,a.mtl,smile,,m\n1,a.jpg,smile,,\n1,b.obj,anger,30,\n"
    found = csv(lay, text, "a.obj", "a.mtl", "a.jpg", "b.obj")
    assert [s.expression for s in found.scans] == ["smile", "anger"]
    assert places(found.scans[0].files) == [("geometry", 0, "a.obj"), ("material", 0, "a.mtl"), ("texture", 0, "a.jpg")]
    assert (found.scans[0].age, found.subjects[0].sex) == (30, "male")


def test_files_in_one_cell_are_counted_in_their_order(lay: Lay) -> None:
    found = csv(lay, "subject,files\n1,a.ply;b.jpg; c.jpg\n", "a.ply", "b.jpg", "c.jpg")
    assert places(found.scans[0].files) == [("geometry", 0, "a.ply"), ("texture", 0, "b.jpg"), ("texture", 1, "c.jpg")]


def test_a_sequence_has_its_frames_in_order(lay: Lay) -> None:
    names = [f"seq/frame{number}.ply" for number in range(120)]
    rows = "".join(f"1,{name},sequence,60,mm\n" for name in names)
    (scan,) = csv(lay, "subject,file,modality,fps,unit\n" + rows, *names).scans
    assert (scan.modality, scan.fps, scan.unit) == ("sequence", 60, "mm")
    assert [(f.index, f.path.name) for f in scan.files] == [(n, f"frame{n}.ply") for n in range(120)]


def test_frames_may_state_their_places(lay: Lay) -> None:
    rows = [
        {"subject": 1, "modality": "sequence", "file": f"{n}.ply", "index": 9 - n, "meta": {"seconds": n}}
        for n in (0, 1)
    ]
    (scan,) = jsonl(lay, rows, "0.ply", "1.ply").scans
    assert [(f.index, f.path.name, f.meta) for f in scan.files] == [
        (8, "1.ply", {"seconds": 1}),
        (9, "0.ply", {"seconds": 0}),
    ]


def test_views_have_their_cameras_and_may_share_a_calibration(lay: Lay) -> None:
    camera = {"camera_matrix": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "translation": [0, 0, 900], "valid": True}
    rows = [
        {"subject": who, "modality": "multiview", "files": [{"path": f"{who}.jpg", "meta": camera}, "rig.json"]}
        | {"expression": "neutral"}
        for who in ("1", "2")
    ]
    for row in rows:
        row["files"][1] = {"path": "rig.json", "role": "calibration"}
    found = jsonl(lay, rows, "1.jpg", "2.jpg", "rig.json")
    for scan in found.scans:
        assert [(f.role, dict(f.meta)) for f in scan.files] == [("calibration", {}), ("view", camera)]


@pytest.mark.parametrize(
    ("name", "modality", "role"),
    [
        ("a.PLY", "mesh", "geometry"),
        ("a.glb", "body", "geometry"),
        ("a.mtl", "mesh", "material"),
        ("a.JPG", "mesh", "texture"),
        ("a.jpg", "multiview", "view"),
        ("a.png", "depth", "depth"),
        ("a.png", "mesh", "texture"),
        ("a.mp4", "video", "video"),
        ("a.mrk.json", "mesh", "landmarks"),
        ("a.bnd", "mesh", "landmarks"),
        ("a.json", "mesh", "other"),
        ("a.csv", "mesh", "other"),
        ("a", "mesh", "other"),
    ],
)
def test_the_role_follows_from_suffix_and_modality(lay: Lay, name: str, modality: str, role: str) -> None:
    (scan,) = csv(lay, f"subject,file,modality\n1,{name},{modality}\n", name).scans
    assert scan.files[0].role == role


def test_times_may_have_a_zone(lay: Lay) -> None:
    (scan,) = csv(lay, "subject,file,captured_at\n1,a.ply,2026-05-17T14:30:00Z\n", "a.ply").scans
    assert scan.captured_at == datetime(2026, 5, 17, 14, 30, tzinfo=UTC)


def test_what_the_table_does_not_name_is_counted(lay: Lay) -> None:
    found = csv(lay, "subject,file\n1,a.ply\n", "a.ply", "b.ply", "c.txt")
    assert found.notes == ("files that are not in the manifest passed over: 2 (1 .ply, 1 .txt)",)


def test_two_meshes_of_one_capture_are_noted(lay: Lay) -> None:
    found = csv(lay, "subject,file\n1,a.ply\n1,b.ply\n", "a.ply", "b.ply")
    assert len(found.scans) == 1
    assert any("give each its repeat" in note for note in found.notes)


def test_backslashes_are_folders(lay: Lay) -> None:
    (scan,) = csv(lay, "subject,file\n1,.\\scans\\a.ply\n", "scans/a.ply").scans
    assert scan.files[0].path.name == "a.ply"


@pytest.mark.parametrize("spelling", ["NFC", "NFD"])
def test_accents_of_names_may_be_spelt_either_way(lay: Lay, spelling: str) -> None:
    name, other = unicodedata.normalize(spelling, "Zoë.ply"), unicodedata.normalize("NFC", "Zoë.ply")
    assert len(csv(lay, f"subject,file\n患者 1,{other}\n", name).scans) == 1


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../a.ply", "sub/../../a.ply", "..\\a.ply", "C:\\a.ply", "c:a.ply", "\\\\host\\share\\a.ply"],
)
def test_a_path_out_of_the_folder_is_refused(lay: Lay, path: str) -> None:
    with pytest.raises(InputError, match=r"line 2: .* leads out of the folder"):
        csv(lay, f"subject,file\n1,{path}\n", "a.ply", "sub/b.ply")


@pytest.mark.parametrize(
    "path", ["b.ply", "manifest.csv", ".hidden.ply", "sub", ".", "a.ply/x", "a.ply\\x", "x" * 5000]
)
def test_a_path_to_no_file_is_refused(lay: Lay, path: str) -> None:
    with pytest.raises(InputError, match=r"line 2: .* is no file of"):
        csv(lay, f"subject,file\n1,{path}\n", "a.ply", "sub/c.ply", ".hidden.ply")


def test_links_out_of_the_folder_are_refused(lay: Lay) -> None:
    folder = lay({"manifest.csv": "subject,file\n1,a.ply\n", "b.ply": "x"})
    away = lay({"a.ply": "x"}, "away")
    (folder / "a.ply").symlink_to(away / "a.ply")
    with pytest.raises(InputError, match=r"line 2: .*a\.ply is a link that leads out"):
        read_folder(folder)
    (folder / "a.ply").unlink()
    (folder / "sub").symlink_to(away)
    (folder / "manifest.csv").write_text("subject,file\n1,sub/a.ply\n")
    with pytest.raises(InputError, match="line 2: 'sub/a\\.ply' is no file of"):
        read_folder(folder)


def test_a_link_that_nobody_names_is_left_alone(lay: Lay) -> None:
    folder = lay({"manifest.csv": "subject,file\n1,a.ply\n", "a.ply": "x"})
    (folder / "b.ply").symlink_to(lay({"b.ply": "x"}, "away") / "b.ply")
    assert len(read_folder(folder).scans) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subject,file\n1,a.ply\n1,a.ply\n", "line 3: a.ply stands in line 2 already"),
        ("subject,file\n1,a.ply\n2,a.ply\n", "line 3: a.ply stands in line 2 already"),
        ("subject,file,sex\n1,a.ply,f\n1,b.ply,m\n", "line 3: sex is 'male', but 'female' in line 2"),
        ("subject,file,birth_year\n1,a.ply,1980\n1,b.ply,1981\n", "line 3: birth_year is 1981"),
        (
            "subject,file,purposes\n1,a.ply,research\n1,b.ply,research;training\n",
            "line 3: purposes is .*training.*, but .*research.* in line 2",
        ),
        ("subject,file,unit\n1,a.ply,mm\n1,b.ply,m\n", "line 3: unit is 'm', but 'mm' in line 2"),
        ("subject,file,modality\n1,a.ply,mesh\n1,b.ply,cloud\n", "line 3: modality"),
        ("subject,file,ward\n1,a.ply,x\n1,b.ply,y\n", "line 3: ward is 'y', but 'x' in line 2"),
        ("subject,file,index\n1,a.ply,0\n1,b.ply,0\n", "line 3: b.ply is the second file of its scan"),
        ("subject,file,captured_at,age,birth_year\n1,a.ply,2026-01-01,20,1980\n", "line 2: age 20 in 2026"),
        ("subject,file\n,a.ply\n", "line 2: the subject is empty"),
        ("subject,file\n1,\n", "line 2: expected either file or files"),
        ("subject,file,files\n1,a.ply,b.ply\n", "line 2: expected either file or files"),
        ("subject,files\n1,;;\n", "line 2: one file a row"),
        ("subject,files,index\n1,a.ply;b.ply,3\n", "line 2: one file a row"),
        ("subject,file,modality\n1,a.ply,hologram\n", "line 2: modality is 'hologram', expected one of mesh"),
        ("subject,file,role\n1,a.ply,shape\n", "line 2: role is 'shape', expected one of geometry"),
        ("subject,file,sex\n1,a.ply,x\n", "line 2: sex is 'x', expected one of female"),
        ("subject,file,repeat\n1,a.ply,0\n", "line 2: repeat is 0"),
        ("subject,file,repeat\n1,a.ply,1.5\n", "line 2: repeat is '1.5'"),
        ("subject,file,index\n1,a.ply,-1\n", "line 2: index is '-1'"),
        ("subject,file,captured_at\n1,a.ply,17.05.2026\n", "line 2: captured_at is '17.05.2026'"),
        ("subject,file,age\n1,a.ply,-3\n", "line 2: age: '-3' is no age"),
        ("subject,file,age\n1,a.ply,nan\n", "line 2: age: found 'nan'"),
        ("subject,file,fps\n1,a.ply,0\n", "line 2: fps is 0.0"),
        ("subject,file,fps\n1,a.ply,1e999\n", "line 2: fps: found '1e999'"),
        ("subject,file,birth_year\n1,a.ply,80\n", "line 2: birth_year is 80"),
        ("subject,file,unit\n1,a.ply,feet\n", "line 2: unit is 'feet'"),
        ("subject,file,purposes\n1,a.ply,reserch\n", "line 2: 'reserch' is no purpose, expected some of research"),
        ("subject,file,duo\n1,a.ply,DUO:42\n", "line 2: 'DUO:42' is no DUO code"),
        ("subject,file,sha256\n1,a.ply,abc\n", "line 2: sha256 is 'abc'"),
        ("subject,file,meta\n1,a.ply,3\n", "line 2: meta is 3"),
        ("subject,file,meta\n1,a.ply,{\n", "line 2: meta: not valid JSON"),
        ("subject,file,Subject\n1,a.ply,1\n", "line 1: the column 'subject' stands twice"),
        ("name,path\n1,a.ply\n", "line 1: expected columns with names, among them subject and file"),
        ("subject,file\n1,a.ply,3\n", "line 2: a cell has no column"),
        ("subject,file,,\n1,a.ply,,3\n", "line 2: a cell has no column"),
        ('subject,file\n1,"a.ply\n', "not valid CSV"),
        ("", "is empty"),
        ("\n\n", "layout manifest"),
        ("subject,file\n", "layout manifest"),
        (b"subject,file\n1,a.ply\nZo\xeb,b.ply\n", "line 3 is not UTF-8"),
        ("subject,file\n1,a.ply\n".encode("utf-16"), "is UTF-16"),
    ],
)
def test_rows_that_cannot_be_meant_are_named(lay: Lay, text: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        csv(lay, text, "a.ply", "b.ply")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[]", "expected an object"),
        ("{", "not valid JSON"),
        ('{"subject": "1", "subject": "2", "file": "a.ply"}', "a key stands twice"),
        ('{"subject": "1", "Subject": "2", "file": "a.ply"}', "a key stands twice"),
        ('{"subject": "1", "file": "a.ply", "age": NaN}', "NaN is not a number"),
        ('{"subject": true, "file": "a.ply"}', "subject is True"),
        ('{"subject": ["1"], "file": "a.ply"}', "subject is a list"),
        ('{"subject": "1", "file": {"path": "a.ply"}}', "file is"),
        ('{"subject": "1", "files": [3]}', "a file is a path, .* found 3"),
        ('{"subject": "1", "files": [{"path": "a.ply", "size": 3}]}', "found path, size"),
        ('{"subject": "1", "files": [{"role": "view"}]}', "found role"),
        ('{"subject": "1", "files": []}', "at least one"),
        ('{"subject": "1", "file": "a.ply", "purposes": [1]}', "purposes is"),
        ('{"subject": "1", "file": "a.ply\\u0000"}', "expected one line of text"),
        ("[" * 100_000, "not valid JSON"),
        ('{"subject": "a\\nb", "file": "a.ply"}', "expected one line of text"),
        ('{"subject": "1", "file": "a.ply", "x": "\\ud800"}', "not valid JSON"),
    ],
)
def test_json_that_cannot_be_meant_is_named(lay: Lay, line: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_folder(lay({"manifest.jsonl": line, "a.ply": "x"}))


def test_the_page_about_it_names_everything() -> None:
    page = (Path(__file__).parents[3] / "docs" / "db-import.md").read_text(encoding="utf-8")
    names = (*KNOWN, *MODALITIES, *ROLES, *SEXES, *PURPOSES, *UNITS, *LAYOUTS)
    assert [name for name in names if f"`{name}`" not in page] == []


def test_two_tables_are_refused(lay: Lay) -> None:
    with pytest.raises(InputError, match=r"manifest\.csv and manifest\.jsonl; expected one"):
        read_folder(lay({"manifest.csv": "subject,file\n", "manifest.jsonl": "{}"}))


def test_a_table_further_down_is_none(lay: Lay) -> None:
    with pytest.raises(InputError, match="fits no known layout"):
        read_folder(lay({"sub/manifest.csv": "subject,file\n1,a.ply\n", "sub/a.ply": "x"}))


@given(
    text=st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(str.encode),
        st.lists(st.sampled_from(["subject", "file", "1", "a.ply", ",", ";", "\n", '"', "age", "files", "\ufeff"])).map(
            lambda words: "".join(words).encode()
        ),
    ),
    name=st.sampled_from(["manifest.csv", "manifest.jsonl"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(tmp_path: Path, text: bytes, name: str) -> None:
    for old in tmp_path.glob("manifest.*"):
        old.unlink()
    (tmp_path / "a.ply").touch()
    (tmp_path / name).write_bytes(text)
    try:
        found = read_folder(tmp_path)
    except InputError:
        return
    assert found.scans
