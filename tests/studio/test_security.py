"""Who may use a studio: not other sites, not other names, not whoever lacks the token."""

from __future__ import annotations

import tempfile
import time

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from lineament.studio import serving
from lineament.studio.security import HEADERS, LARGEST_BODY
from lineament.studio.serving import serve
from lineament.studio.settings import Settings


@pytest.fixture
def stranger(studio):
    with httpx.Client(base_url=studio.address) as client:
        yield client


def test_without_the_token_there_is_no_way_in(studio, stranger):
    assert stranger.get("/").status_code == 401
    assert stranger.get("/", params={"token": "guess"}).status_code == 401
    assert not stranger.cookies
    for place in ("scans", "jobs", "events", "comparisons", "sequences", "scans/x", "scans/x/mesh.glb"):
        reply = stranger.get(f"/api/{place}")
        assert (reply.status_code, reply.json()["error"]["kind"]) == (401, "SignInError")


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(studio, stranger):
    reply = stranger.get("/", params={"token": studio.settings.token})
    assert (reply.status_code, reply.headers["location"]) == (303, "/")
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert str(studio.settings.port) in cookie.partition("=")[0]


def test_the_browser_that_is_opened_gets_a_token_of_its_own_which_is_spent(monkeypatch):
    """Other users of the machine can read the command line of a browser, for as long as it runs."""
    opened, told = [], []
    monkeypatch.setattr(serving.webbrowser, "open", opened.append)

    class Served(serving.Server):
        def run(self, sockets):
            end = time.monotonic() + 10
            while not opened:
                assert time.monotonic() < end
                time.sleep(0.01)
            with TestClient(self.config.app, told[0], follow_redirects=False) as one:
                assert one.get(told[0]).status_code == 303
                for address, status in ((opened[0], 303), (opened[0], 401), (told[0], 303)):
                    one.cookies.clear()
                    assert one.get(address).status_code == status

    monkeypatch.setattr(serving, "Server", Served)
    serve(Settings(), told.append, browser=True)
    assert opened[0] != told[0]


def test_files_go_also_when_the_studio_is_ended_in_haste(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    class Hasty(serving.Server):
        def run(self, sockets):
            workspace = self._studio.workspace
            workspace.place_for(workspace.create("anna"), "a.ply").write_bytes(b"x")
            assert list(tmp_path.iterdir())  # and its lifespan does not end

    monkeypatch.setattr(serving, "Server", Hasty)
    serve(Settings(), lambda address: None, browser=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "127.0.0.1:x"])
def test_the_studio_answers_to_its_own_name_only(studio, stranger, host):
    reply = stranger.get("/api/session", headers={"Host": host.format(port=studio.settings.port)})
    assert reply.status_code in (400, 403)


def test_a_port_of_many_digits_is_no_fault(stranger):
    assert stranger.get("/api/session", headers={"Host": "127.0.0.1:" + "9" * 5000}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
def test_names_of_this_machine_are_its_own(studio, stranger, host):
    assert stranger.get("/api/session", headers={"Host": f"{host}:{studio.settings.port}"}).status_code == 200


def test_changes_need_the_sessions_token(studio, browser):
    for token in (None, "", "guess", "ä"):
        headers = {} if token is None else {"X-Lineament-CSRF": token.encode()}
        with httpx.Client(base_url=studio.address, cookies=browser.client.cookies) as client:
            reply = client.post("/api/scans", headers=headers)
            assert (reply.status_code, reply.json()["error"]["kind"]) == (403, "ForbiddenError")


def test_pages_of_other_sites_get_nothing(browser):
    for site in ("cross-site", "same-site"):
        reply = browser.client.get("/api/scans", headers={"Sec-Fetch-Site": site})
        assert reply.status_code == 403
    assert browser.client.get("/api/scans", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_every_reply_says_what_a_browser_may_do_with_it(browser, stranger):
    for reply in (
        browser.client.get("/api/scans"),
        browser.client.get("/"),
        stranger.get("/"),
        browser.client.get("/api/scans/nothing"),
        stranger.get("/", headers={"Host": "evil.example"}),
    ):
        assert {name: reply.headers[name] for name in HEADERS} == HEADERS
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe-eval" not in policy
    assert "script-src" not in policy  # then default-src 'self' holds: no script of the page's own text
    assert browser.client.get("/api/scans").headers["cache-control"] == "no-store"


def test_an_endless_body_is_not_taken(browser):
    reply = browser.client.post("/api/scans", content=b" " * (LARGEST_BODY + 1))
    assert (reply.status_code, reply.json()["error"]["kind"]) == (413, "TooLargeError")

    def pieces():
        for _ in range(2 + LARGEST_BODY // (1 << 20)):
            yield b" " * (1 << 20)

    scan = browser.drop()
    reply = browser.client.post(f"/api/scans/{scan}/open", content=pieces())
    assert reply.status_code in (400, 413)


@pytest.mark.parametrize(
    "path", ["/../../../etc/passwd", "/%2e%2e/%2e%2e/app.py", "/..%2f..%2fapp.py", "/assets/../../app.py", "/%00.js"]
)
def test_no_file_outside_of_the_page_is_served(browser, path):
    reply = browser.client.get(path)
    assert reply.status_code in (200, 400, 404, 503)
    assert b"create_app" not in reply.content
    assert b"root:" not in reply.content


def test_an_unknown_route_of_the_api_is_told_as_such(browser):
    for reply in (browser.client.get("/api/nothing"), browser.client.post("/api/nothing")):
        assert reply.status_code in (404, 405)
        assert set(reply.json()) == {"error"}


def test_a_fault_is_told_without_its_text(studio, browser, monkeypatch):
    from lineament.studio.workspace import Workspace

    def fail(self, owner):
        raise RuntimeError("secret of the machine")

    monkeypatch.setattr(Workspace, "of", fail)
    reply = browser.get("/scans")
    assert (reply.status_code, reply.json()["error"]["kind"]) == (500, "InternalError")
    assert "secret" not in reply.text
