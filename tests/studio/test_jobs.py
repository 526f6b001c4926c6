"""Jobs run beside requests, tell how far they are, and end when nobody wants them."""

from __future__ import annotations

import asyncio
import json
import threading
import time

import pytest

from lineament.errors import InputError
from lineament.studio import jobs as module
from lineament.studio.errors import QuotaError, UnknownError
from lineament.studio.jobs import KEPT, Jobs


@pytest.fixture
def jobs():
    found = Jobs(1)
    yield found
    found.close()


def ended(jobs, job, owner="anna", seconds=5.0):
    end = time.monotonic() + seconds
    while (now := jobs.get(owner, job.id)).state in ("queued", "running"):
        assert time.monotonic() < end
        time.sleep(0.005)
    return now


def test_a_job_tells_its_stages_and_its_result(jobs):
    def work(progress):
        progress("first", 1, 2, "half", scan="s")
        return {"comparison": "c"}

    done = ended(jobs, jobs.start("anna", "fit", "a fit", work))
    assert (done.state, done.stage, done.done, done.total) == ("done", "first", 1, 2)
    assert done.result == {"scan": "s", "comparison": "c"}
    assert done.error is None


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (InputError("a wrong value"), "InputError", "a wrong value"),
        (MemoryError(), "MemoryError", "out of memory"),
        (RuntimeError("a secret"), "InternalError", "RuntimeError"),
    ],
)
def test_what_fails_is_told_and_no_secret(jobs, error, kind, text):
    def work(progress):
        raise error

    failed = ended(jobs, jobs.start("anna", "fit", "a fit", work))
    assert (failed.state, failed.error.kind) == ("failed", kind)
    assert text in failed.error.message
    assert "secret" not in failed.error.message


def test_a_running_job_stops_at_its_next_stage_and_a_waiting_one_at_once(jobs):
    began, go = threading.Event(), threading.Event()

    def work(progress):
        began.set()
        assert go.wait(5)
        progress("next")
        raise AssertionError("it went on")

    first = jobs.start("anna", "fit", "one", work)
    second = jobs.start("anna", "fit", "two", work)
    assert began.wait(5)
    assert jobs.cancel("anna", second.id).state == "cancelled"
    assert jobs.cancel("anna", first.id).state == "running"
    go.set()
    assert ended(jobs, first).state == "cancelled"


def test_other_sessions_see_nothing_but_what_is_everybodys(jobs):
    mine = jobs.start("anna", "fit", "mine", lambda progress: {})
    shared = jobs.start(None, "open", "shared", lambda progress: {})
    ended(jobs, shared)
    assert [job.id for job in jobs.of("ben")] == [shared.id]
    for act in (jobs.get, jobs.cancel):
        with pytest.raises(UnknownError):
            act("ben", mine.id)


def test_the_end_of_a_session_forgets_its_jobs(jobs):
    job = jobs.start("anna", "fit", "mine", lambda progress: {})
    ended(jobs, job)
    jobs.end_session("anna")
    assert jobs.of("anna") == []


def test_old_jobs_are_forgotten(jobs):
    for _ in range(KEPT + 20):
        last = jobs.start("anna", "fit", "one of many", lambda progress: {})
    ended(jobs, last)
    jobs.start("anna", "fit", "one more", lambda progress: {})
    assert len(jobs.of("anna")) <= KEPT + 1


def test_a_session_has_so_many_jobs_waiting_and_no_more(jobs, monkeypatch):
    monkeypatch.setattr(module, "WAITING", 3)
    go = threading.Event()
    try:
        for _ in range(3):
            last = jobs.start("anna", "fit", "a fit", lambda progress: {"scan": str(go.wait(5))})
        with pytest.raises(QuotaError, match="3 jobs wait"):
            jobs.start("anna", "fit", "a fit", lambda progress: {})
        jobs.start("ben", "fit", "another's", lambda progress: {})
    finally:
        go.set()
    ended(jobs, last)
    jobs.start("anna", "fit", "a fit", lambda progress: {})


def test_who_follows_hears_every_change_and_the_end(jobs):
    go = threading.Event()

    def work(progress):
        assert go.wait(5)
        for step in range(3):
            progress("step", step, 3)
        return {}

    async def follow():
        job = jobs.start("anna", "fit", "a fit", work)
        heard = []
        async for each in jobs.follow("anna", job.id):
            heard.append(each)
            go.set()
        return heard

    heard = asyncio.run(asyncio.wait_for(follow(), 10))
    assert [each.done for each in heard if each.stage == "step" and each.state == "running"] == [0, 1, 2]
    assert heard[-1].state == "done"
    assert not jobs._listeners


def test_streams_end_when_the_studio_stops(run_studio, caplog):
    with run_studio() as running:
        browser = running.browser()
        heard = []

        def listen():
            with browser.client.stream("GET", "/api/events") as events:
                heard.extend(events.iter_lines())

        thread = threading.Thread(target=listen)
        thread.start()
        end = time.monotonic() + 5
        while not running.studio.jobs._listeners:
            assert time.monotonic() < end
            time.sleep(0.01)
        running.server.should_exit = True
        thread.join(5)
        assert not thread.is_alive()
    assert heard[0].startswith(":")
    assert "Cancel" not in caplog.text


def test_what_cannot_look_is_stopped_from_outside(jobs):
    began, ended_early = threading.Event(), threading.Event()

    def work(progress):
        with progress.stopping(ended_early.set):
            began.set()
            assert ended_early.wait(5)
        raise AssertionError("it went on")

    job = jobs.start("anna", "open", "a large scan", work)
    assert began.wait(5)
    jobs.cancel("anna", job.id)
    assert ended(jobs, job).state == "cancelled"


def test_a_scan_that_takes_long_to_read_can_be_cancelled(browser):
    rows = b"v 0.123456 0.234567 0.345678\n"
    scan = browser.drop(long__obj=rows * 2_000_000)
    job = browser.post(f"/scans/{scan}/open").json()["id"]
    states = []
    with browser.client.stream("GET", f"/api/jobs/{job}/events") as events:
        for line in events.iter_lines():
            if not line.startswith("data:"):
                continue
            told = json.loads(line.removeprefix("data:"))
            states.append(told["state"])
            if told["stage"] == "parsing" and told["state"] == "running":
                browser.client.delete(f"/api/jobs/{job}")
    assert states[-1] == "cancelled"
    browser.client.delete(f"/api/scans/{scan}")
