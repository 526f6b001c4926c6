"""Dropped files: whole or not at all, within limits, under plain names, and gone when nobody needs them."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from lineament.studio.errors import StudioError
from lineament.studio.uploads import PIECE, _pieces
from lineament.studio.workspace import MOST_FILES, check_name


def files_left() -> list[Path]:
    folders = Path(tempfile.gettempdir()).glob("lineament-studio-*")
    return [each for folder in folders for each in folder.rglob("*") if each.is_file()]


@pytest.fixture
def own_temporary(tmp_path, monkeypatch):
    """Have studios that start in a test keep their files in a folder of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "..",
            ".hidden",
            "a/b.ply",
            "a\\b.ply",
            "/etc/passwd",
            "..\\x.ply",
            "c:x.ply",
            "a\0b.ply",
            "a\nb.ply",
        ),
        *(" a.ply", "a.ply ", "x" * 201, "ä" * 101, "\u202egnp.ply", "a*.ply"),
    ],
)
def test_what_is_no_plain_file_name_is_refused(name):
    with pytest.raises(StudioError, match="no plain file name"):
        check_name(name)


@pytest.mark.parametrize("name", ["scan.ply", "Kopf Müller 2.obj", "a.b.mtl", "顔.glb", "x" * 200])
def test_plain_names_are_taken(name):
    check_name(name)


def test_no_file_is_written_outside_of_its_place(run_studio, own_temporary):
    with run_studio() as running:
        browser = running.browser()
        scan = browser.drop()
        for name in ("..%2f..%2fevil.ply", "..%5cevil.ply", "%2e%2e", "%00.ply", ".x.ply", "%0a.ply", "%2ftmp%2fevil"):
            path = f"/api/scans/{scan}/files/{name}".encode()
            reply = browser.client.put(httpx.URL(running.address, raw_path=path), content=b"evil")
            assert reply.status_code in (400, 404, 405, 422), name
        assert [each for each in own_temporary.rglob("*") if each.is_file()] == []


def test_a_file_that_is_too_large_is_refused_before_and_while_it_comes(run_studio, own_temporary):
    with run_studio(upload_limit=1 << 20) as running:
        browser = running.browser()
        scan = browser.drop()
        place = f"/api/scans/{scan}/files/a.ply"
        assert browser.client.put(place, content=b"x" * ((1 << 20) + 1)).status_code == 413

        def pieces():
            for _ in range(20):
                yield b"x" * (1 << 16)

        assert browser.client.put(place, content=pieces()).status_code == 413
        assert [each for each in own_temporary.rglob("*") if each.is_file()] == []
        assert browser.client.put(place, content=b"x" * (1 << 20)).status_code == 204


def test_a_session_takes_no_more_than_its_quota_and_gets_it_back(run_studio, own_temporary):
    with run_studio(quota=1 << 20) as running:
        anna, ben = running.browser(), running.browser()
        first = anna.drop(a__ply=b"x" * 700_000)
        second = anna.drop()
        place = f"/api/scans/{second}/files/b.ply"
        reply = anna.client.put(place, content=b"x" * 700_000)
        assert (reply.status_code, reply.json()["error"]["kind"]) == (507, "QuotaError")
        assert ben.drop(b__ply=b"x" * 700_000)  # another's quota
        assert anna.client.put(f"/api/scans/{first}/files/a.ply", content=b"y" * 900_000).status_code == 204
        assert anna.client.delete(f"/api/scans/{first}").status_code == 204
        assert anna.client.put(place, content=b"x" * 700_000).status_code == 204


def test_a_file_of_many_pieces_may_fill_the_quota_and_no_byte_more(run_studio, own_temporary):
    with run_studio(quota=12 << 20) as running:
        browser = running.browser()
        scan = browser.drop(a__ply=b"x" * (11 << 20))
        item = running.studio.workspace._items[scan]
        assert item.held() == 11 << 20
        place = f"/api/scans/{scan}/files/b.ply"
        assert browser.client.put(place, content=b"x" * ((1 << 20) + 1)).status_code == 507
        assert item.held() == 11 << 20

        def pieces():
            for _ in range(40):
                yield b"x" * (1 << 18)

        assert browser.client.put(place, content=pieces()).status_code == 507
        assert item.held() == 11 << 20
        assert browser.client.put(place, content=b"x" * (1 << 20)).status_code == 204
        assert browser.client.put(f"/api/scans/{scan}/files/a.ply", content=b"y" * (10 << 20)).status_code == 204
        assert item.held() == 11 << 20


def test_a_scan_that_takes_more_memory_than_the_quota_is_not_kept(run_studio, person, own_temporary):
    with run_studio(quota=len(person.ply) + 10_000) as running:
        browser = running.browser()
        scan = browser.drop(a__ply=person.ply)
        running.studio.workspace.quota = 100_000
        failed = browser.job(browser.post(f"/scans/{scan}/open"))
        assert (failed["state"], failed["error"]["kind"]) == ("failed", "QuotaError")
        assert not browser.get(f"/scans/{scan}").json()["stages"]["parsed"]


def test_a_scan_has_so_many_files_and_no_more(browser):
    scan = browser.drop(**{f"t{i}__png": b"x" for i in range(MOST_FILES)})
    reply = browser.client.put(f"/api/scans/{scan}/files/one_more.png", content=b"x")
    assert reply.status_code == 400
    assert browser.client.put(f"/api/scans/{scan}/files/t3.png", content=b"y").status_code == 204


def test_a_file_that_is_cut_off_leaves_nothing(studio, browser):
    scan = browser.drop()
    before = files_left()
    cookies = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
    with socket.create_connection(("127.0.0.1", studio.settings.port)) as line:
        line.sendall(
            f"PUT /api/scans/{scan}/files/cut.ply HTTP/1.1\r\nHost: 127.0.0.1:{studio.settings.port}\r\n"
            f"Cookie: {cookies}\r\nX-Lineament-CSRF: {browser.client.headers['X-Lineament-CSRF']}\r\n"
            f"Content-Length: 100000\r\n\r\n".encode()
            + b"x" * 5000
        )
        time.sleep(0.3)
    end = time.monotonic() + 5
    while files_left() != before:
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def on_its_way(studio, browser, scan: str, size: int) -> Iterator[socket.socket]:
    """Send the beginning of a file, and have the rest still to come."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
    with socket.create_connection(("127.0.0.1", studio.settings.port)) as line:
        line.settimeout(20)
        line.sendall(
            f"PUT /api/scans/{scan}/files/late.png HTTP/1.1\r\nHost: 127.0.0.1:{studio.settings.port}\r\n"
            f"Cookie: {cookies}\r\nX-Lineament-CSRF: {browser.client.headers['X-Lineament-CSRF']}\r\n"
            f"Content-Length: {size}\r\n\r\n".encode()
            + b"x" * (PIECE + 1)
        )
        end = time.monotonic() + 10
        while studio.studio.workspace._items[scan].on_disk < PIECE:
            assert time.monotonic() < end
            time.sleep(0.01)
        yield line


@pytest.mark.parametrize("over", ["closed", "read"])
def test_a_file_is_taken_no_further_when_its_scan_is_closed_or_read(run_studio, person, own_temporary, over):
    """It would lie on the disk beyond what the session may hold, since nobody counts it any more."""
    with run_studio() as running:
        browser = running.browser()
        scan = browser.drop(a__ply=person.ply)
        with on_its_way(running, browser, scan, 4 * PIECE) as line:
            if over == "closed":
                assert browser.client.delete(f"/api/scans/{scan}").status_code == 204
            else:
                assert browser.job(browser.post(f"/scans/{scan}/open"))["state"] == "done"
            line.sendall(b"x" * PIECE)
            assert line.recv(100).split()[1] == (b"404" if over == "closed" else b"409")
        assert [each for each in own_temporary.rglob("*") if each.is_file()] == []


def test_small_pieces_are_not_counted_again_and_again():
    counted = []

    class Piece(bytes):
        def __len__(self):
            counted.append(1)
            return super().__len__()

    class Sent:
        async def stream(self):
            for _ in range(1000):
                yield Piece(b"x")

    async def taken():
        return b"".join([piece async for piece in _pieces(Sent())])

    assert asyncio.run(taken()) == b"x" * 1000
    assert len(counted) < 5000


def test_a_dropped_file_is_gone_once_it_is_read_and_nothing_stays_at_the_end(run_studio, person, own_temporary):
    with run_studio() as running:
        browser = running.browser()
        waiting = browser.drop(b__ply=person.ply)
        assert len([each for each in own_temporary.rglob("*") if each.is_file()]) == 1
        browser.open(a__ply=person.ply)
        assert len([each for each in own_temporary.rglob("*") if each.is_file()]) == 1
        assert browser.client.delete(f"/api/scans/{waiting}").status_code == 204
        assert [each for each in own_temporary.rglob("*") if each.is_file()] == []
        browser.drop(c__ply=person.ply)
    assert list(own_temporary.iterdir()) == []


def test_a_scan_that_is_open_takes_no_more_files(browser, opened):
    reply = browser.client.put(f"/api/scans/{opened}/files/b.mtl", content=b"x")
    assert (reply.status_code, reply.json()["error"]["kind"]) == (409, "ConflictError")
