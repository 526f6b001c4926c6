"""Batch jobs: seen while they run, by the rules for each scan, stopped when they are cancelled."""

from __future__ import annotations

import threading
import time

import pytest

from lineament.database import run as running
from lineament.database.consent.purposes import Purpose
from lineament.database.derive import Product
from lineament.database.kinds import KINDS, Kind, Made
from lineament.studio.database import work


class Gate:
    """Holds work up from the second scan on, until it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.seen = 0

    def __call__(self, task, detector) -> Made:
        self.seen += 1
        if self.seen > 1:
            assert self.open.wait(20)
        return Made((Product("thumbnail", "png", b"\x89PNG"),))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate()
    table = {**KINDS, "thumbnail": Kind(gate)}
    for module in (running, work):
        monkeypatch.setattr(module, "KINDS", table)
    monkeypatch.setattr(work, "WORKERS", 0)  # in this process
    monkeypatch.setattr(work, "TELL", 0.0)
    return gate


@pytest.fixture
def four(house, gate: Gate):
    """Three people who agree to research, one who does not, and an analyst."""
    for number in range(4):
        house.lab.person(f"P{number}", purposes={Purpose.RESEARCH if number else Purpose.TRAINING: None})
    house.lab.ingest(*(house.lab.record(f"P{number}", number) for number in range(4)))
    return house


def until(browser, job: str, *states: str, done: int = 0) -> dict:
    for _ in range(400):
        found = browser.get(f"/api/jobs/{job}").json()
        if found["state"] in states and found["done"] >= done:
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_progress_is_seen_and_each_scan_is_decided_about(four, gate: Gate) -> None:
    ada = four.join("ada", "analyst")
    job = ada.ask("POST", "/api/db/jobs", {"kind": "thumbnail", "purpose": "research"}).json()
    assert job["state"] in ("queued", "running")
    gate.open.set()
    found = until(ada, job["id"], "done", "failed")
    assert (found["state"], found["done"], found["total"], found["result"]["counts"]) == ("done", 3, 3, {"done": 3})
    assert len(ada.rows("/api/db/scans", has="thumbnail")) == 3
    kinds = ada.get("/api/db/jobs").json()["kinds"]
    assert kinds["thumbnail"] == {"done": 3}
    entries = [e for e in four.lab.database.log.entries(actor=four.names["ada"]) if e["action"] == "derive"]
    assert entries
    assert all(each["purpose"] == "research" for each in entries)


def test_what_runs_is_cancelled_and_its_jobs_are_free_again(four, gate: Gate) -> None:
    ada = four.join("ada", "analyst")
    job = ada.ask("POST", "/api/db/jobs", {"kind": "thumbnail"}).json()["id"]
    for _ in range(400):
        if gate.seen > 1:
            break
        time.sleep(0.05)
    ada.ask("DELETE", f"/api/jobs/{job}")
    gate.open.set()
    assert until(ada, job, "cancelled", "done")["state"] == "cancelled"
    states = {each["state"] for each in four.lab.database.catalogue.rows("SELECT state FROM jobs")}
    assert "running" not in states
    again = ada.ask("POST", "/api/db/jobs", {"kind": "thumbnail"}).json()["id"]
    assert until(ada, again, "done", "failed")["state"] == "done"


def test_who_may_not_compute_is_refused_at_once(four) -> None:
    rita = four.join("rita", "reader")
    assert rita.ask("POST", "/api/db/jobs", {"kind": "thumbnail"}).status_code == 403
    assert [each["reason"] for each in four.refusals(action="derive")] == ["no role"]


def test_nobody_has_agreed(four) -> None:
    ada = four.join("ada", "analyst")
    job = ada.ask("POST", "/api/db/jobs", {"kind": "thumbnail", "purpose": "portrait"}).json()["id"]
    found = until(ada, job, "failed", "done")
    assert found["state"] == "failed"
    assert found["error"]["kind"] == "AccessError"


def test_the_job_is_another_sessions_secret(four, gate: Gate) -> None:
    ada, cora = four.join("ada", "analyst"), four.join("cora", "curator")
    job = ada.ask("POST", "/api/db/jobs", {"kind": "thumbnail"}).json()["id"]
    assert cora.get(f"/api/jobs/{job}").status_code == 404
    gate.open.set()
    until(ada, job, "done")
