"""The table of jobs: each job is made once, held by one program, tried three times, and gone with its person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lineament.database import jobs
from lineament.database.consent.purposes import Purpose
from lineament.database.find import Where
from lineament.database.jobs import Wanted, claim, count, end, enqueue, free
from lineament.database.records import FileRecord
from lineament.database.verify import doctor, verify
from lineament.database.withdraw import withdraw
from lineament.errors import StoreError

WANTED = Wanted("shadow", "1", "derive", "research", Where())


@pytest.fixture
def three(lab):
    """Two people with three scans, each of which has a job."""
    lab.first, lab.second = lab.person("P1", sex="female"), lab.person("P2", sex="male")
    lab.scans = [each.scan for each in lab.ingest(lab.record("P1", 1), lab.record("P1", 2), lab.record("P2", 3))]
    assert enqueue(lab.database, WANTED) == 3
    return lab


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch):
    """Leases end at once, as those of a program that was killed do after a while."""
    return lambda: monkeypatch.setattr(jobs, "LEASE", -1.0)


def test_a_job_is_made_once_for_each_version(three) -> None:
    assert enqueue(three.database, WANTED) == 0
    assert enqueue(three.database, replace(WANTED, version="2")) == 3
    assert enqueue(three.database, replace(WANTED, kind="other")) == 3
    three.ingest(three.record("P2", 4))
    assert enqueue(three.database, WANTED) == 1


def test_only_what_matches_is_made_and_done(three) -> None:
    female = replace(WANTED, where=Where(sex="female"))
    assert enqueue(three.database, replace(female, version="2")) == 2
    assert {found["subject"] for found in free(three.database, female, 10)} == {three.first}
    assert count(three.database, female) == {"waiting": 2}
    assert count(three.database, WANTED) == {"waiting": 3}


def test_each_frame_of_a_sequence_gets_a_job(lab) -> None:
    lab.person("P1")
    frames = tuple(FileRecord(lab.file(f"{seed}.ply", seed), index=seed) for seed in (3, 7))
    lab.ingest(lab.record("P1", 0, files=frames, modality="sequence"))
    assert enqueue(lab.database, WANTED) == 2
    assert [found["frame"] for found in sorted(free(lab.database, WANTED, 5), key=lambda job: job["frame"])] == [3, 7]
    assert enqueue(lab.database, WANTED) == 0
    first = replace(WANTED, version="2", each_frame=False)
    assert enqueue(lab.database, first) == 1
    assert [found["frame"] for found in free(lab.database, first, 5)] == [3]
    for job in free(lab.database, WANTED, 5):
        claim(lab.database, job["job"], "me")
        end(lab.database, job["job"], "me", "done")
    (scan,) = {job["id"] for job in free(lab.database, first, 5)}
    jobs.outdate(lab.database, scan, {"shadow": "1"}, 7)
    assert [found["frame"] for found in free(lab.database, WANTED, 5)] == [7]
    jobs.outdate(lab.database, scan, {"shadow": "1"})
    assert count(lab.database, WANTED) == {"waiting": 2}


def test_scans_of_several_shapes_and_scans_in_quarantine_get_no_job(lab) -> None:
    lab.person("P1")
    shapes = tuple(FileRecord(lab.file(f"{seed}.ply", seed), index=seed) for seed in range(2))
    cut = lab.file("cut.ply", 5)
    cut.write_bytes(cut.read_bytes()[:-50])
    lab.ingest(lab.record("P1", 0, files=shapes), lab.record("P1", 5, files=(FileRecord(cut),)))
    assert enqueue(lab.database, WANTED) == 0


def test_a_mesh_with_depth_images_beside_is_one_shape(lab) -> None:
    lab.person("P1")
    lab.file("a.ply", 1)
    np.save(lab.root / "in" / "depth.npy", np.full((20, 20), 800, np.uint16))
    depth = tuple(FileRecord(lab.root / "in" / "depth.npy", "depth", index) for index in range(2))
    lab.ingest(lab.record("P1", 0, files=(FileRecord(lab.file("a.ply", 1)), *depth)))
    assert enqueue(lab.database, WANTED) == 1


def test_whoever_has_not_agreed_gets_no_job(three) -> None:
    three.agree(three.second, purposes={Purpose.TRAINING: None})
    assert enqueue(three.database, replace(WANTED, version="2")) == 2
    assert enqueue(three.database, replace(WANTED, version="2", purpose="training")) == 1
    assert {found["subject"] for found in free(three.database, WANTED, 10)} == {three.first}


def test_two_programs_never_hold_one_job(three) -> None:
    with three.opened() as other:
        page, same = free(three.database, WANTED, 10), free(other, WANTED, 10)
        assert [found["job"] for found in page] == [found["job"] for found in same]
        assert [claim(three.database, found["job"], "one") for found in page[:2]] == [True, True]
        assert [claim(other, found["job"], "two") for found in page] == [False, False, True]
        assert free(other, WANTED, 10) == []
        assert not end(other, page[0]["job"], "two", "done")
        assert end(three.database, page[0]["job"], "one", "done")
        assert not end(three.database, page[0]["job"], "one", "failed")
    assert count(three.database, WANTED) == {"done": 1, "running": 2}


def test_a_job_whose_lease_ended_is_free(three, ended, monkeypatch: pytest.MonkeyPatch) -> None:
    job = free(three.database, WANTED, 1)[0]["job"]
    ended()
    assert claim(three.database, job, "killed")
    monkeypatch.undo()
    assert job in [found["job"] for found in free(three.database, WANTED, 10)]
    assert claim(three.database, job, "next")
    assert not end(three.database, job, "killed", "done")
    assert end(three.database, job, "next", "done")


def test_a_lease_is_made_longer(three, ended, monkeypatch: pytest.MonkeyPatch) -> None:
    job = free(three.database, WANTED, 1)[0]["job"]
    ended()
    claim(three.database, job, "slow")
    monkeypatch.undo()
    jobs.beat(three.database, "slow")
    assert job not in [found["job"] for found in free(three.database, WANTED, 10)]


def test_leases_are_made_longer_by_themselves(three, ended, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    beaten, beat = threading.Event(), jobs.beat

    def told(*args) -> None:
        beat(*args)
        beaten.set()

    monkeypatch.setattr(jobs, "BEAT", 0.01)
    monkeypatch.setattr(jobs, "beat", told)
    with jobs.holding(three.database, "one"):
        for found in free(three.database, WANTED, 10):
            claim(three.database, found["job"], "one")
        three.database.catalogue.run("UPDATE jobs SET lease_until = '2000'")
        beaten.clear()
        assert beaten.wait(10)
        assert free(three.database, WANTED, 10) == []
    assert count(three.database, WANTED) == {"waiting": 3}  # given back
    assert {found["attempts"] for found in free(three.database, WANTED, 10)} == {0}
    assert not list(verify(three.database))


def test_what_ends_its_program_three_times_has_failed(three, ended) -> None:
    job = free(three.database, WANTED, 1)[0]["job"]
    ended()
    for attempts in range(3):
        assert {found["job"]: found["attempts"] for found in free(three.database, WANTED, 10)}[job] == attempts
        assert claim(three.database, job, "killed")
    assert job not in [found["job"] for found in free(three.database, WANTED, 10)]
    assert not claim(three.database, job, "next")
    (failed,) = three.database.catalogue.rows("SELECT said FROM jobs WHERE state = 'failed'")
    assert "ended 3 times" in failed["said"]
    assert enqueue(three.database, WANTED, again=True) == 0
    assert len(free(three.database, WANTED, 10)) == 3


def test_doctor_frees_what_a_killed_program_held(three, ended) -> None:
    ended()
    claim(three.database, free(three.database, WANTED, 1)[0]["job"], "killed")
    assert [said for said in doctor(three.database) if "jobs" in said] == ["1 jobs whose worker is gone wait again"]
    assert count(three.database, WANTED) == {"waiting": 3}


def test_jobs_leave_with_their_person(three) -> None:
    page = free(three.database, WANTED, 10)
    for found in page:
        claim(three.database, found["job"], "one")
    withdraw(three.database, three.first)
    assert [end(three.database, found["job"], "one", "done") for found in page] == [
        found["subject"] == three.second for found in page
    ]
    (left,) = three.database.catalogue.rows("SELECT scan, state FROM jobs")
    assert dict(left) == {"scan": three.scans[2], "state": "done"}


def test_what_became_stale_waits_and_is_taken_from_who_works_on_it(three) -> None:
    page = free(three.database, WANTED, 10)
    for found in page[:2]:
        claim(three.database, found["job"], "one")
    end(three.database, page[0]["job"], "one", "done")
    for found in page:
        jobs.outdate(three.database, found["id"], {"shadow": "1", "other": "1"})
    assert count(three.database, WANTED) == {"waiting": 3}
    assert not end(three.database, page[1]["job"], "one", "done")


def test_without_a_log_nothing_is_queued(three, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_, **__):
        raise StoreError("the disk is full")

    monkeypatch.setattr(type(three.database.log), "append", full)
    with pytest.raises(StoreError, match="full"):
        enqueue(three.database, replace(WANTED, version="2"))
    assert count(three.database, replace(WANTED, version="2")) == {}
