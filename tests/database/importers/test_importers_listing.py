"""Listing a folder opens nothing, follows nothing out of it, and counts what it leaves alone."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.database.importers.listing import Part, gather, label, left_over, list_files, natural
from lineament.errors import InputError

Lay = Callable[..., Path]


def test_names_are_relative_and_in_natural_order(lay: Lay) -> None:
    listing = list_files(lay({"10/b.ply": "x", "2/b.ply": "x", "2/a10.ply": "x", "2/a9.ply": "x", "z.ply": "x"}))
    assert listing.names == ("2/a9.ply", "2/a10.ply", "2/b.ply", "10/b.ply", "z.ply")
    assert listing.notes == ()
    assert listing.full("z.ply") == "sent/z.ply"


@given(st.lists(st.text(min_size=1)))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    assert sorted(sorted(names, key=natural), key=natural) == sorted(names, key=natural)


def test_links_stay_in_the_folder(lay: Lay) -> None:
    folder = lay({"a.ply": "x", "sub/b.ply": "x"})
    (folder / "same.ply").symlink_to("a.ply")
    (folder / "again").symlink_to("sub")
    (folder / "up").symlink_to("..")
    (folder / "loop").symlink_to("loop")
    (folder / "nothing.ply").symlink_to("missing.ply")
    (folder / "away.ply").symlink_to(lay({"c.ply": "x"}, "away") / "c.ply")
    listing = list_files(folder)
    assert listing.names == ("a.ply", "away.ply", "same.ply", "sub/b.ply")
    assert listing.notes == ("links to folders or to nothing passed over: 4",)
    with pytest.raises(InputError, match=r"away\.ply is a link that leads out"):
        listing.path("away.ply")


def test_a_folder_may_itself_be_a_link(lay: Lay, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(lay({"a.ply": "x"}))
    assert list_files(tmp_path / "link").path("a.ply") == (tmp_path / "sent" / "a.ply").resolve()


def test_what_is_no_file_and_what_has_no_name_is_counted(lay: Lay) -> None:
    folder = lay({"a.ply": "x", "b\nc.ply": "x", ".hidden": "x", ".git/config": "x"})
    os.mkfifo(folder / "pipe")
    (Path(os.fsdecode(os.fsencode(folder) + b"/\xff.ply"))).touch()
    listing = list_files(folder)
    assert listing.names == ("a.ply",)
    assert listing.notes == (
        "entries that are neither files nor folders passed over: 1",
        "hidden entries passed over: 2",
        "names with controls or not UTF-8 passed over: 2",
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_may_not_be_read_is_said(lay: Lay) -> None:
    folder = lay({"sub/a.ply": "x"})
    (folder / "sub").chmod(0)
    with pytest.raises(InputError, match="cannot read"):
        list_files(folder)


def test_labels_have_one_spelling() -> None:
    assert label(unicodedata.normalize("NFD", " Zoë ")) == label("Zoë") == "Zoë"


def test_files_of_one_scan_come_together_and_the_rest_is_left(lay: Lay) -> None:
    listing = list_files(lay({"a/1.ply": "x", "a/2.PLY": "x", "a/t.jpg": "x", "b/t.jpg": "x", "c.txt": "x"}))
    known = (Part(r"(?P<who>[^/]+)/(?P<index>[0-9])\.ply", "geometry"), Part(r"(?P<who>[^/]+)/t\.jpg", "texture"))
    found = gather(listing, known, lambda match: match["who"], ("geometry",))
    assert {who: [(f.role, f.index) for f in files] for who, files in found.scans.items()} == {
        "a": [("geometry", 1), ("geometry", 2), ("texture", 0)]
    }
    assert set(found.rest) == {"b/t.jpg", "c.txt"}


def test_two_files_that_are_one_part_are_refused(lay: Lay) -> None:
    listing = list_files(lay({"a/x.ply": "x", "a/x.PLY": "x"}))
    with pytest.raises(InputError, match=r"a/x\.PLY and a/x\.ply are the same part of one scan"):
        gather(listing, (Part(r"(?P<who>[^/]+)/x\.ply", "geometry"),), lambda match: match["who"], ("geometry",))


def test_a_note_about_many_kinds_stays_short() -> None:
    assert left_over([]) == []
    (note,) = left_over([f"{number}.s{number % 20}" for number in range(100)] + ["a.zip"] * 9)
    assert note.startswith("files that are part of no scan passed over: 109 (9 .zip, 5 .s0")
    assert note.endswith("others)")
    assert len(note) < 140
