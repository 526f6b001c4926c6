"""Truths: a file that breaks its format is refused with its name and the reason, whatever else it holds."""

from __future__ import annotations

import os
import re
import tracemalloc
from pathlib import Path

import pytest

from lineament.errors import FormatError, InputError
from lineament.io.landmarks import READERS, read_landmarks

OWN = '{"schema": "lineament-landmarks/1", "points": [%s]}'
MRK = '{"@schema": "a/markups-schema-v1.0.3.json#", "markups": [{"type": "Fiducial", %s}]}'
LJSON = '{"version": 3, "groups": {"LJSON": {"landmarks": {"points": [%s]}, "labels": [%s]}}}'
PP = "<!DOCTYPE PickedPoints>\n<PickedPoints>%s</PickedPoints>"
FCSV = "# Markups fiducial file version = 4.13\n# CoordinateSystem = LPS\n%s\n"
LAUGHS = (
    '<!DOCTYPE PickedPoints [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    + "".join(f'<!ENTITY {chr(i)} "{f"&{chr(i - 1)};" * 10}">' for i in range(ord("c"), ord("l")))
    + ']><PickedPoints><point x="1" y="2" z="3" name="&k;"/></PickedPoints>'
)
OUTSIDE = (
    '<!DOCTYPE PickedPoints [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    '<PickedPoints><point x="1" y="2" z="3" name="&a;"/></PickedPoints>'
)

BAD = [
    ("a.json", "[]", "object"),
    ("a.json", "{}", "schema"),
    ("a.json", '{"schema": "lineament-landmarks/2", "points": []}', "lineament-landmarks/1"),
    ("a.json", '{"markups": []}', r"mrk\.json"),
    ("a.json", OWN % "", "no landmarks"),
    ("a.json", OWN % '{"name": "a", "xyz": [1, 2, NaN]}', "NaN"),
    ("a.json", OWN % '{"name": "a", "xyz": [1, 2, Infinity]}', "Infinity"),
    ("a.json", OWN % '{"name": "a", "xyz": [1, 2, "3"]}', "number"),
    ("a.json", OWN % '{"name": "a", "xyz": [1, 2, true]}', "number"),
    ("a.json", OWN % '{"name": "a", "xyz": [1, 2, 1e39]}', "too large"),
    ("a.json", OWN % ('{"name": "a", "xyz": [1, 2, %s]}' % ("9" * 400)), "too large"),
    ("a.json", OWN % ('{"name": "a", "xyz": [1, 2, %s]}' % ("9" * 5000)), "digits"),
    ("a.json", OWN % '{"name": "a", "xyz": [1, 2]}', "three"),
    ("a.json", OWN % '{"name": "a", "xyz": null}', "null"),
    ("a.json", OWN % '{"name": "a", "xyz": [1, 2, 3], "status": "missing"}', "missing"),
    ("a.json", OWN % '{"name": "a", "xyz": [1, 2, 3], "status": "seen"}', "status"),
    ("a.json", OWN % '{"name": "a", "xyz": [1, 2, 3], "sigma_mm": -1}', "sigma_mm"),
    ("a.json", OWN % '{"name": 7, "xyz": [1, 2, 3]}', "name"),
    ("a.json", OWN % '{"name": "a", "xyz": [1, 2, 3]}, {"name": "a", "xyz": [1, 2, 3]}', "two landmarks"),
    ("a.json", OWN % '{"name": "a\\u0000", "xyz": [1, 2, 3]}', "control"),
    ("a.json", OWN % '{"name": "\\ud800", "xyz": [1, 2, 3]}', "control"),
    ("a.json", OWN % "7", "object"),
    ("a.json", OWN.replace('"points"', '"unit": "yd", "points"') % '{"name": "a", "xyz": [1, 2, 3]}', "unit"),
    ("a.json", OWN.replace('"points"', '"mm_per_unit": 0, "points"') % '{"name": "a", "xyz": [1, 2, 3]}', "per_unit"),
    ("a.json", OWN.replace('"points"', '"frame": "face", "points"') % '{"name": "a", "xyz": [1, 2, 3]}', "frame"),
    ("a.json", "[" * 100_000, "deep"),
    ("a.json", '{"schema": ' * 100_000, "deep"),
    ("a.mrk.json", '{"@schema": "x", "markups": []}', "@schema"),
    ("a.mrk.json", MRK % '"coordinateSystem": "IJK", "controlPoints": []', "LPS or RAS"),
    ("a.mrk.json", MRK % '"coordinateUnits": "furlong", "controlPoints": []', "coordinateUnits"),
    ("a.mrk.json", MRK % '"controlPoints": []', "no landmarks"),
    ("a.mrk.json", MRK % '"controlPoints": [{"label": "a"}]', "position"),
    ("a.mrk.json", MRK % '"controlPoints": [{"label": "a", "position": [1, 2]}]', "three"),
    ("a.mrk.json", MRK % '"controlPoints": [{"label": "a", "position": ""}]', "three"),
    ("a.mrk.json", MRK % '"controlPoints": [{"position": [1, 2, 3], "positionStatus": "lost"}]', "positionStatus"),
    ("a.mrk.json", MRK.replace("]}", ", {}]}") % '"controlPoints": []', "2 markups"),
    ("a.fcsv", FCSV % "1,1,2,3,0,0,0,1,1,1,0,a", "12 fields"),
    ("a.fcsv", FCSV % "1,1,nan,3,0,0,0,1,1,1,0,a,,", "nan"),
    ("a.fcsv", FCSV % '1,1,2,3,0,0,0,1,1,1,0,"a,,', "quotation"),
    ("a.fcsv", FCSV % "1,1,2,3,0,0,0,1,1,1,0,a,,\n2,1,2,3,0,0,0,1,1,1,0,a,,", "two landmarks"),
    ("a.fcsv", FCSV.replace("LPS", "IJK") % "1,1,2,3,0,0,0,1,1,1,0,a,,", "CoordinateSystem"),
    ("a.fcsv", FCSV % "", "no landmarks"),
    ("a.fcsv", "# columns = a,b\n1,2\n", "label"),
    ("a.csv", "# unit=mm frame=scan\nname,x,y,z\n", "no landmarks"),
    ("a.csv", "# only a comment\n", "no landmarks"),
    ("a.csv", "name,x,y,z\na,1,2\n", "3 fields"),
    ("a.csv", "name,x,y,z\na,1,NA,3\n", "'NA'"),
    ("a.csv", "name,x,y,z\na,1,2,1e39\n", "too large"),
    ("a.csv", "name;x;y;z\na;1,5;2,5;3,5\n", "decimal point"),
    ("a.csv", "name,x,y,z\na,1_0,2,3\n", "1_0"),
    ("a.csv", "name,x,y,z\na,٣,2,3\n", "number"),
    ("a.csv", "name,x,y,z\na," + "9" * 100_000 + "x,2,3\n", "number"),
    ("a.csv", "x y z\n" + "9" * 1_000_000 + "x 2 3\n", "too long"),
    ("a.tps", "LM3=1\n" + "9" * 1_000_000 + "x 2 3\n", "number"),
    ("a.tps", "LM3=1\n1 2 3\nID" + " " * 1_000_000 + "x\n", "KEY=value"),
    ("a.fcsv", "# a" + " " * 1_000_000 + "x\n", "no landmarks"),
    ("a.csv", "name,x,y,z,visible\na,1,2,3,maybe\n", "visible"),
    ("a.csv", "name,x,y,z,sigma_mm\na,1,2,3,-1\n", "sigma_mm"),
    ("a.csv", "name,x,x,y,z\na,1,2,3,4\n", "same title"),
    ("a.csv", "# unit=yd frame=scan\nname,x,y,z\na,1,2,3\n", "unit"),
    ("a.csv", "# unit=unknown mm_per_unit=0 frame=scan\nname,x,y,z\na,1,2,3\n", "mm_per_unit"),
    ("a.csv", "# unit=mm frame=face\nname,x,y,z\na,1,2,3\n", "frame"),
    ("a.csv", "7,1,2,3\n9,4,5,6\n", "header"),
    ("a.csv", "1,2\n", "header"),
    ("a.csv", "name,x,y,z\na,1,2,3\na,4,5,6\n", "two landmarks"),
    ("a.pp", LAUGHS, "DOCTYPE"),
    ("a.pp", OUTSIDE, "DOCTYPE"),
    ("a.pp", "<PickedPoints/>", "no landmarks"),
    ("a.pp", "<Points/>", "PickedPoints"),
    ("a.pp", PP % '<point x="1" y="2" name="a"/>', "no z"),
    ("a.pp", PP % '<point x="1" y="2" z="nan" name="a"/>', "nan"),
    ("a.pp", PP % '<point x="1" y="2" z="3" name="a"/><point x="1" y="2" z="3" name="a"/>', "two landmarks"),
    ("a.pp", PP % '<point x="1" y="2" z="3" name="&unknown;"/>', "entity"),
    ("a.pp", PP % '<point x="1" y="2" z="3" name="a">', "line"),
    ("a.pp", "<PickedPoints>" + "<a>" * 50_000, "line"),
    ("a.tps", "LM3=3\n1 2 3\n", "declares 3"),
    ("a.tps", "LM3=2\n1 2 3\nID=a\n", "numbers"),
    ("a.tps", "LM3=1\n1 2 3\n4 5 6\n", "wrong LM3 count"),
    ("a.tps", "LM3=999999999\n1 2 3\n", "declares 999999999"),
    ("a.tps", "LM3=99999999999\n1 2 3\n", "count"),
    ("a.tps", "LM3=-1\n", "count"),
    ("a.tps", "LM3=0\n\n", "no landmarks"),
    ("a.tps", "1 2 3\n", "LM3"),
    ("a.tps", "LM3=1\n1 NA 3\n", "'NA'"),
    ("a.tps", "LM3=1\n1 2 3\nSCALE=nan\n", "nan"),
    ("a.tps", "LM3=1\n1 2 3\nSCALE=-1\n", "SCALE"),
    ("a.tps", "LM3=1\n1e30 2 3\nSCALE=1e30\n", "too large"),
    ("a.tps", "LM3=1\n1 2 3\nID=a\n\nLM3=1\n1 2 3\nID=a\n", "two specimens"),
    ("a.tps", "LM3=1\n1 2 3\nCURVES=1\nPOINTS3=5\n1 2 3\n", "declares 5"),
    ("a.ljson", '{"version": 4}', "version"),
    ("a.ljson", '{"version": true}', "version"),
    ("a.ljson", '{"version": 3, "groups": {}}', "0 groups"),
    ("a.ljson", LJSON % ("", ""), "no landmarks"),
    ("a.ljson", LJSON % ("[1, 2, null]", ""), "None"),
    ("a.ljson", LJSON % ("[1, 2, 3], [1, 2]", ""), "coordinates"),
    ("a.ljson", LJSON % ("1, 2", ""), "coordinates"),
    ("a.ljson", LJSON % ("[1, 2, 3]", '{"label": "a", "mask": [1]}'), "mask|holds 1"),
    ("a.ljson", LJSON % ("[1, 2, 3]", '{"label": "a", "mask": [-1]}'), "holds -1"),
    ("a.ljson", LJSON % ("[1, 2, 3]", '{"label": "a", "mask": [[]]}'), "holds a list"),
    ("a.ljson", LJSON % ("[1,2,3],[1,2,3]", '{"label": "a", "mask": [0]}, {"label": "a", "mask": [1]}'), "two"),
    ("a.lm3", "# only a comment\n", "no landmarks"),
    ("a.lm3", "Nose tip\n1 2 3\n", "count"),
    ("a.lm3", "3 Landmarks\nNose tip\n1 2 3\nChin middle\n4 5 6\n", "declares 3"),
    ("a.lm3", "1 Landmarks\nNose tip\n1 2\n", "2 numbers"),
    ("a.lm3", "2 Landmarks\nNose tip\n1 2 3\nNose tip\n1 2 3\n", "two landmarks"),
    ("a.bnd", "1 1 2 3\n" * 82, "expected 83"),
    ("a.bnd", "1 1 2\n" * 83, "2 numbers"),
    ("a.bnd", "-1 1 2 3\n" * 83, "count"),
    ("a.pts", "1 2 3\n", "Version 1.0"),
    ("a.pts", "Version 1.0\n2\nS0000 1 2 3\n", "declares 2"),
    ("a.pts", "Version 1.0\n1\nS0000 1 2 3\nS0001 1 2 3\n", "declares 1"),
    ("a.pts", "Version 1.0\n1\nS0000 1 2\n", "2 numbers"),
    ("a.pts", "version: 1\nn_points: 2\n{\n1 2\n}\n", "truncated"),
    ("a.pts", "version: 1\nn_points: 1\n{\n1 2\n", "truncated"),
    ("a.pts", "version: 1\n{\n1 2\n}\n", "n_points"),
    ("a.pts", "version: 1\nn_points: 2\n{\n1 2\n1 2 3\n}\n", "2D"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "reason"), BAD, ids=[f"{name}-{i}" for i, (name, _, _) in enumerate(BAD)])
def test_bad_files_are_refused_with_their_name_and_the_reason(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(FormatError) as caught:
        read_landmarks(path)
    message = str(caught.value)
    assert str(path) in message
    assert re.search(reason, message.replace(str(path), ""))
    assert len(message.splitlines()) <= 2


@pytest.mark.parametrize("suffix", sorted(READERS))
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\r\n\t", "empty"),
        ("name,x,y,z\nnas\u00e9,1,2,3".encode("latin-1"), "UTF-8"),
        ("name,x,y,z\na,1,2,3".encode("utf-16"), "UTF-8"),
        (bytes(range(256)), "UTF-8"),
        (b"1 2 3\n" * 8_000_000, "too large"),
    ],
    ids=["empty", "blank", "latin-1", "utf-16", "binary", "huge"],
)
def test_no_format_takes_what_is_not_text(tmp_path: Path, suffix: str, data: bytes, reason: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=reason):
        read_landmarks(path)


@pytest.mark.parametrize("suffix", sorted(READERS))
def test_the_file_of_another_format_is_refused(tmp_path: Path, suffix: str) -> None:
    """A binary-free mesh under a landmark suffix, the likeliest wrong file."""
    path = tmp_path / f"a{suffix}"
    path.write_text("ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n1\n", "utf-8")
    with pytest.raises(FormatError):
        read_landmarks(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(InputError, match="not an ordinary file"):
        read_landmarks(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.csv", "a.tps", "a.fcsv", "a.lm3", "a.bnd", "a.pts"])
def test_many_short_lines_take_no_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"1 2 3\n" * 1_300_000)
    with pytest.raises(FormatError, match="lines"):
        read_landmarks(path)


def test_a_declared_count_alone_takes_no_memory(tmp_path: Path) -> None:
    files = {
        "a.tps": "LM3=999999999\n1 2 3\n",
        "a.pts": "Version 1.0\n999999999\nS0000 1 2 3\n",
        "b.pts": "version: 1\nn_points: 999999999\n{\n1 2\n}\n",
        "a.lm3": "999999999 Landmarks\nNose tip\n1 2 3\n",
        "a.pp": LAUGHS,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.write_text(text, "utf-8")
        tracemalloc.start()
        try:
            with pytest.raises(InputError):
                read_landmarks(path)
            assert tracemalloc.get_traced_memory()[1] < 16 << 20
        finally:
            tracemalloc.stop()
