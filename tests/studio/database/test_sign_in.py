"""Who is let in, how long, and that nobody else's page acts for them."""

from __future__ import annotations

import threading

import pytest

from lineament.database import passwords
from lineament.database.actors import add_actor, revoke, set_active
from lineament.errors import AccessError
from lineament.studio import sign_in
from lineament.studio.app import create_app
from lineament.studio.settings import Settings
from lineament.studio.sign_in_limits import LONGEST, Limits, TooManyError
from lineament.studio.sign_in_session import BY_PASSWORD, Session, SessionTable


def test_nobody_is_let_in_without_a_password(house) -> None:
    browser = house.browser()
    said = browser.get("/api/session").json()
    assert (said["signed_in"], said["needs_password"], said["database"], said["can"]) == (False, True, None, {})
    for place in ("scans", "facets", "subjects", "review", "jobs", "releases", "audit", "stats", "scans/count"):
        assert browser.get(f"/api/db/{place}").status_code == 401, place
    # The token of the printed address lets nobody in where people have passwords.
    reply = browser.get("/", token=house.app.state.studio.settings.token)
    assert reply.status_code == 401


def test_whoever_starts_a_studio_that_nobody_can_enter_is_told(lab, caplog: pytest.LogCaptureFixture) -> None:
    for expected in (1, 1):
        app = create_app(Settings(database=lab.root / "db"))
        app.state.sessions.close()
        assert len([each for each in caplog.messages if "lineament db actor password" in each]) == expected
        passwords.set_password(lab.database, "anna", "four words in a row")


def test_who_signs_in_is_told_what_they_may(house) -> None:
    reply = house.join("rita", "reader").get("/api/session").json()
    assert (reply["signed_in"], reply["actor"], reply["database"]) == (True, "rita", {"name": "db"})
    assert reply["roles"] == [{"role": "reader", "project": "all projects"}]
    assert {name for name, may in reply["can"].items() if may} == {"find", "read"}


def test_a_wrong_password_reads_like_a_name_that_nobody_has(house) -> None:
    add_actor(house.lab.database, "dora")
    passwords.set_password(house.lab.database, "anna", "four words in a row")
    replies = [house.browser().sign_in(name, "another four words") for name in ("anna", "nobody", "dora")]
    assert {reply.status_code for reply in replies} == {401}
    assert len({reply.text for reply in replies}) == 1
    reasons = [each["reason"] for each in house.refusals(action="sign in")]
    assert reasons == ["wrong password", "unknown actor", "no password"]
    assert not any("set-cookie" in reply.headers for reply in replies)


def test_guessing_is_slowed_down(house) -> None:
    passwords.set_password(house.lab.database, "anna", "four words in a row")
    browser = house.browser()
    codes = [browser.sign_in("anna", f"wrong words {number}").status_code for number in range(7)]
    assert codes == [401] * 5 + [429] * 2
    reply = browser.sign_in("anna")  # the right one, too early
    assert reply.status_code == 429
    assert int(reply.headers["retry-after"]) >= 1
    assert reply.json()["error"]["kind"] == "TooManyError"
    assert len(house.refusals(action="sign in")) == 5  # those that were not tried fill no log


def test_waits_grow_and_end() -> None:
    now = [0.0]
    limits = Limits(clock=lambda: now[0])

    def fail() -> float:
        try:
            with limits.attempt("anna", "10.0.0.1"):
                raise AccessError("no")
        except TooManyError as error:
            return error.seconds
        except AccessError:
            return 0.0

    waits = []
    for _ in range(20):
        wait = fail()
        waits.append(wait)
        now[0] += wait
    assert waits[:5] == [0.0] * 5
    assert [wait for wait in waits if wait][:4] == [1, 2, 4, 8]
    assert max(waits) <= LONGEST
    with limits.attempt("carl", "10.0.0.2"):
        pass  # others go on
    assert fail() == 0.0
    with pytest.raises(TooManyError), limits.attempt("anna", "10.0.0.1"):
        pass
    now[0] += 3601
    with limits.attempt("anna", "10.0.0.1"):
        pass


def test_many_attempts_at_once_are_counted_before_the_first_has_failed() -> None:
    limits = Limits(clock=lambda: 0.0)
    together, told = threading.Barrier(20), []

    def guess() -> None:
        together.wait()
        try:
            with limits.attempt("anna", "10.0.0.1"):
                raise AccessError("no")
        except AccessError as error:
            told.append(type(error))

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count(AccessError) == 5


def test_an_ipv6_network_is_one_address() -> None:
    limits = Limits(clock=lambda: 0.0)
    for number in range(21):
        with pytest.raises(AccessError), limits.attempt(f"name {number}", f"2001:db8::{number:x}"):
            raise AccessError("no")
    with pytest.raises(TooManyError), limits.attempt("another", "2001:db8::ffff"):
        pass


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_change_without_the_sessions_token_is_refused(house, method: str) -> None:
    browser = house.join("cora", "curator")
    place = {"POST": "/api/db/jobs", "PUT": "/api/session/password", "DELETE": "/api/session"}.get(method)
    body = {"POST": {"kind": "landmarks"}, "PUT": {"old": "x", "new": "y"}}.get(method)
    place = place or "/api/scans/x/landmarks/ibug68"
    for csrf in ("", "guess", house.browser().get("/api/session").json()["csrf"]):
        assert browser.ask(method, place, body, csrf).status_code in (403, 404, 405, 422), (method, csrf)
    assert browser.get("/api/session").json()["signed_in"]
    assert not browser.get("/api/jobs").json()


def test_nobody_is_signed_in_by_another_sites_form(house) -> None:
    passwords.set_password(house.lab.database, "anna", "four words in a row")
    browser = house.browser()
    said = {"actor": "anna", "password": "four words in a row"}
    assert browser.ask("POST", "/api/session", said, csrf="").status_code == 403
    headers = {"X-Lineament-CSRF": browser.get("/api/session").json()["csrf"], "Sec-Fetch-Site": "cross-site"}
    assert browser.client.post("/api/session", json=said, headers=headers).status_code == 403


def test_the_cookie_is_for_this_page_alone(house) -> None:
    passwords.set_password(house.lab.database, "anna", "four words in a row")
    cookie = house.browser().sign_in("anna").headers["set-cookie"]
    assert cookie.startswith("lineament_8000=")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "domain" not in cookie.lower()
    assert sign_in.cookie_name(Settings(certificate="c", key="k")) == "__Host-lineament"


def test_signing_out_destroys_what_was_open(house) -> None:
    browser = house.join("rita", "reader")
    (session,) = house.app.state.sessions.table.all()
    house.app.state.studio.workspace.create(session.id, "a scan")
    assert browser.ask("DELETE", "/api/session").json()["signed_in"] is False
    assert browser.get("/api/db/scans").status_code == 401
    assert not house.app.state.studio.workspace.of(session.id)


def test_a_session_ends_when_it_is_idle_and_after_a_shift() -> None:
    now, ended = [0.0], []
    table = SessionTable(clock=lambda: now[0])
    table.on_end(ended.append)
    session = Session("one", "anna", None)
    secret = table.begin(session, BY_PASSWORD)
    assert secret not in str(table._entries)  # its hash alone is kept
    now[0] = BY_PASSWORD.idle - 1
    assert table.of(secret) is not None
    now[0] += BY_PASSWORD.idle + 1
    assert not table.alive(session)
    assert table.of(secret) is None
    assert ended == [session]
    secret = table.begin(session, BY_PASSWORD)
    for _ in range(int(BY_PASSWORD.whole // 1000) + 1):
        now[0] += 1000
        last = table.of(secret)
    assert last is None
    table.begin(session, BY_PASSWORD)
    now[0] += BY_PASSWORD.whole + 1
    table.sweep()
    assert len(ended) == 3


def test_an_expired_session_is_signed_out(house) -> None:
    browser = house.join("rita", "reader")
    table = house.app.state.sessions.table
    now = table.clock()
    table.clock = lambda: now + BY_PASSWORD.idle + 1
    assert browser.get("/api/db/scans").status_code == 401
    assert browser.get("/api/session").json()["signed_in"] is False


def test_who_is_kept_out_or_gets_another_password_is_signed_out(house, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "ASK_AGAIN", 0.0)
    rita, carl = house.join("rita", "reader"), house.join("carl", "reader")
    set_active(house.lab.database, "rita", False)
    passwords.set_password(house.lab.database, "carl", "another four words")
    for browser in (rita, carl):
        assert browser.get("/api/db/scans").status_code == 401
        assert browser.get("/api/scans").status_code == 401
    assert carl.sign_in("carl").status_code == 401
    assert carl.sign_in("carl", "another four words").status_code == 200


def test_ones_own_password_is_changed_with_the_old_one(house) -> None:
    here, there = house.join("rita", "reader"), house.browser()
    there.sign_in("rita")
    place, new = "/api/session/password", "another four words"
    assert here.ask("PUT", place, {"old": "not the old one", "new": new}).status_code == 403
    assert here.ask("PUT", place, {"old": "four words in a row", "new": "short"}).status_code == 400
    assert here.ask("PUT", place, {"old": "four words in a row", "new": new}).json()["actor"] == "rita"
    assert here.get("/api/db/scans").status_code == 200
    assert there.get("/api/db/scans").status_code == 401
    entries = [each["action"] for each in house.lab.database.log.entries() if each["action"] == "password"]
    assert entries == ["password"]


def test_a_role_that_is_taken_ends_at_once(house) -> None:
    house.lab.person("P1")
    house.lab.ingest(house.lab.record("P1", 1))
    rita = house.join("rita", "reader")
    assert len(rita.rows("/api/db/scans")) == 1
    assert rita.get("/api/db/facets").json()["expression"] == ["neutral"]
    revoke(house.lab.database, "rita", "reader")
    assert rita.rows("/api/db/scans") == []
    assert rita.get("/api/db/facets").json()["expression"] == []
    assert not any(rita.get("/api/session").json()["can"].values())


def test_a_studio_of_ones_own_needs_its_token_alone(own) -> None:
    browser = own.browser()
    assert browser.get("/api/db/scans").status_code == 401
    assert browser.get("/", token="guess").status_code == 401
    token = own.app.state.studio.settings.token
    reply = browser.client.get("/", params={"token": token}, follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (303, "/")
    said = browser.get("/api/session").json()
    assert (said["actor"], said["needs_password"]) == ("anna", False)
    assert browser.rows("/api/db/scans") == []
    browser.client.get("/", params={"token": token}, follow_redirects=False)
    assert len(own.app.state.sessions.table.all()) == 1  # the same session goes on
    browser.csrf = said["csrf"]
    body = {"actor": "anna", "password": "four words in a row"}
    assert browser.ask("POST", "/api/session", body).status_code == 401


def test_a_studio_for_nobody_of_the_database_does_not_start(lab) -> None:
    with pytest.raises(AccessError, match="not an actor"):
        create_app(Settings(database=lab.root / "db", actor="nobody"))


def test_a_studio_without_a_database_has_no_views_of_one() -> None:
    from fastapi.testclient import TestClient

    app = create_app(Settings(port=8000))
    client = TestClient(app, base_url="http://127.0.0.1:8000")
    client.get("/", params={"token": app.state.studio.settings.token}, follow_redirects=False)
    assert client.get("/api/session").json()["signed_in"]
    assert client.get("/api/db/scans").status_code == 404
    app.state.studio.close()
