"""The page's files: compressed, cached by their names, and the page itself for its own views."""

from __future__ import annotations

import gzip
import os
import time
from urllib.parse import quote

import httpx2 as httpx
import pytest

from lineament.studio.routes import pages


@pytest.fixture
def built(monkeypatch, tmp_path):
    """Have a small page in place of the built one."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>the page " + "x" * 2000)
    (folder / "assets" / "main-abc123.js").write_text("const x = 1;\n" * 2000)
    (folder / "assets" / "icon-abc123.png").write_bytes(b"\x89PNG" + bytes(100))
    monkeypatch.setattr(pages, "static_folder", lambda: folder)
    return folder


def test_views_of_the_page_are_the_page(built, browser):
    for path in ("/", "/scan/some-id", "/db/scans"):
        reply = browser.client.get(path)
        assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-cache")
        assert "the page" in reply.text


def test_assets_are_compressed_where_that_is_taken_and_kept_for_good(built, browser):
    plain = browser.client.get("/assets/main-abc123.js", headers={"Accept-Encoding": "identity"})
    packed = browser.client.get("/assets/main-abc123.js", headers={"Accept-Encoding": "gzip"})
    assert plain.content == packed.content == (built / "assets" / "main-abc123.js").read_bytes()
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 10
    assert "content-encoding" not in plain.headers
    for reply in (plain, packed):
        assert "immutable" in reply.headers["cache-control"]
        assert reply.headers["vary"] == "Accept-Encoding"
        assert "javascript" in reply.headers["content-type"]
    picture = browser.client.get("/assets/icon-abc123.png", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in picture.headers


@pytest.mark.parametrize("name", ["a" * 300, "顔" * 100, "//machine/share", "\\\\machine\\share", "c:", "a\0b"])
def test_a_name_that_no_file_of_the_page_has_is_not_looked_for(built, browser, monkeypatch, name):
    asked = []
    monkeypatch.setattr(pages.Path, "is_file", lambda self: asked.append(self) or os.path.isfile(self))
    for path in (f"/{name}", f"/{name}.js"):
        reply = browser.client.get(httpx.URL(browser.client.base_url, raw_path=quote(path).encode()))
        assert reply.status_code == (404 if path.endswith(".js") else 200)
    assert {each.name for each in asked} <= {"static", "index.html"}


def test_a_file_that_has_changed_is_compressed_again(built, browser):
    place = built / "index.html"
    browser.client.get("/")
    time.sleep(0.01)
    place.write_text("another page")
    assert browser.client.get("/").text == "another page"
    assert gzip.decompress(pages._compressed(place, place.stat().st_mtime_ns)) == b"another page"


def test_what_is_missing_is_told(built, browser):
    assert browser.client.get("/assets/none.js").status_code == 404
    (built / "index.html").unlink()
    reply = browser.client.get("/")
    assert reply.status_code == 503
    assert "npm" in reply.text


def test_replies_of_the_api_are_not_compressed(browser):
    reply = browser.client.get("/api/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in reply.headers
