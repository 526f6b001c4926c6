"""Open scans belong to their sessions, keep what was made of them, and let go of it."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from lineament.studio import sequences
from lineament.studio import workspace as module
from lineament.studio.errors import ConflictError, QuotaError, UnknownError
from lineament.studio.jobs import Job
from lineament.studio.kept import MOST, Kept
from lineament.studio.settings import Settings
from lineament.studio.state import Studio
from lineament.studio.workspace import Workspace, size_of
from lineament.types import Scan


@pytest.fixture
def workspace():
    found = Workspace(1000, 1_000_000)
    yield found
    found.close()


def scan(count=10) -> Scan:
    return Scan(np.zeros((count, 3), np.float32))


def test_what_was_made_is_made_once_also_by_many_at_once(workspace):
    item, made = workspace.create("anna"), []

    def make():
        made.append(1)
        return object()

    found = []
    threads = [threading.Thread(target=lambda: found.append(item.made("key", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(set(map(id, found))) == 1


def test_making_one_thing_does_not_hold_up_another(workspace):
    item, go = workspace.create("anna"), threading.Event()
    slow = threading.Thread(target=item.made, args=("slow", lambda: go.wait(5)))
    slow.start()
    try:
        assert item.made("quick", lambda: 1) == 1
        assert item.held() == 0
    finally:
        go.set()
        slow.join()


def test_what_was_made_of_a_scan_goes_with_it_even_if_it_comes_late(workspace):
    item, began, go = workspace.create("anna"), threading.Event(), threading.Event()
    item.take(scan())

    def make():
        began.set()
        assert go.wait(5)
        return "of the old scan"

    late = threading.Thread(target=item.made, args=("display", make))
    late.start()
    assert began.wait(5)
    item.take(scan(20))
    go.set()
    late.join()
    assert item.made("display", lambda: "of the new scan") == "of the new scan"


def test_new_landmarks_drop_what_rests_on_them_and_nothing_else(workspace):
    item = workspace.create("anna")
    keys = ("display", ("curvature", 5.0), "fit", ("fit", "asymmetry"), "surface")
    for key in keys:
        item.put(key, 1)
    item.located(None, "no face")
    assert [key for key in keys if item.has(key)] == ["display", "surface"]


def test_each_stage_says_when_it_has_not_been_done(workspace):
    item = workspace.create("anna")
    for name in ("parsed", "fitted"):
        with pytest.raises(ConflictError):
            getattr(item, name)
    assert item.mm_per_unit is None


def test_memory_counts(workspace):
    item = workspace.create("anna")
    item.take(scan(1000))
    assert item.held() == 12_000
    item.put("mesh", bytes(500))
    assert item.held() == 12_500
    assert workspace.left("anna") == 1_000_000 - 12_500
    assert workspace.left("ben") == 1_000_000
    item.put("much", np.zeros(1 << 20))
    with pytest.raises(QuotaError):
        workspace.check_room("anna")
    workspace.remove("anna", item.id)
    assert workspace.left("anna") == 1_000_000
    assert size_of((b"12", [np.zeros(2)], scan(1), "text", None)) == 2 + 16 + 12


def test_a_scan_that_was_closed_takes_nothing_any_more(workspace):
    item = workspace.create("anna")
    place = workspace.place_for(item, "a.ply")
    place.write_bytes(b"x")
    workspace.remove("anna", item.id)
    assert not place.exists()
    with pytest.raises(UnknownError):
        workspace.place_for(item, "a.ply")


def test_whoever_asks_for_room_holds_nobody_up(workspace, monkeypatch):
    """A scan's lock and the workspace's, each taken by one who waits for the other, would stop the studio."""
    item = workspace.create("anna")

    def held(self):
        assert self is item
        assert not workspace._lock.locked()
        return 10

    monkeypatch.setattr(module.Item, "held", held)
    assert workspace.left("anna") == 1_000_000 - 10


def test_a_session_has_so_many_scans_and_no_more(workspace, monkeypatch):
    monkeypatch.setattr(module, "MOST_SCANS", 3)
    for _ in range(3):
        workspace.create("anna")
    with pytest.raises(QuotaError):
        workspace.create("anna")
    workspace.create("ben")


def test_the_end_of_a_session_closes_its_scans_alone(workspace):
    mine, other, shared = (workspace.create(owner) for owner in ("anna", "ben", None))
    place = workspace.place_for(mine, "a.ply")
    place.write_bytes(b"x")
    workspace.end_session("anna")
    assert workspace.of("anna") == [shared]
    assert workspace.of("ben") == [other, shared]
    assert not place.exists()


def test_results_are_their_sessions_and_go_with_their_scans():
    kept: Kept[str] = Kept("comparison")
    one = kept.add("anna", frozenset("ab"), "of a and b")
    two = kept.add("anna", frozenset("bc"), "of b and c")
    other = kept.add("ben", frozenset("a"), "of a")
    assert kept.of("anna") == {one: "of a and b", two: "of b and c"}
    with pytest.raises(UnknownError, match="comparison"):
        kept.get("ben", one)
    kept.forget_scan("a")
    assert kept.of("anna") == {two: "of b and c"}
    with pytest.raises(UnknownError):
        kept.get("ben", other)
    kept.end_session("anna")
    assert kept.of("anna") == {}


def test_nothing_is_kept_of_a_scan_that_is_closed_while_a_job_is_at_work_on_it(monkeypatch):
    """Neither its session nor a withdrawal would have it forgotten any more."""
    studio = Studio(Settings())
    item = studio.workspace.create("anna")
    monkeypatch.setattr(sequences, "locate", lambda *given: studio.close_scan("anna", item.id))

    async def end() -> Job:
        job = sequences.start_sequence(studio, "anna", "smile", [item], [0.0], False)
        return [each async for each in studio.jobs.follow("anna", job.id)][-1]

    try:
        ended = asyncio.run(asyncio.wait_for(end(), 20))
        assert ended.error is not None
        assert "closed" in ended.error.message
        assert studio.sequences.of("anna") == {}
    finally:
        studio.close()


def test_what_is_made_of_several_scans_counts_as_what_a_session_may_hold():
    studio = Studio(Settings(quota=1000))
    item = studio.workspace.create("anna")
    first, second = np.zeros(500, np.uint8), np.zeros(501, np.uint8)
    try:
        key = studio.keep(studio.comparisons, "anna", [item], first)
        for kept in (studio.comparisons, studio.sequences):
            with pytest.raises(QuotaError):
                studio.keep(kept, "anna", [item], second)
        assert studio.comparisons.of("anna") == {key: first}
        studio.keep(studio.sequences, "ben", [], second)
    finally:
        studio.close()


def test_the_oldest_results_go_first():
    kept: Kept[int] = Kept("sequence")
    for number in range(MOST + 5):
        kept.add("anna", frozenset(), number)
    assert list(kept.of("anna").values()) == list(range(5, MOST + 5))
