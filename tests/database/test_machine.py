"""The database against a model in memory: whatever two writers do, and wherever one of them is cut off."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lineament.database import disk
from lineament.database.backup import backup, copy_keys
from lineament.database.consent.purposes import Purpose
from lineament.database.database import Database
from lineament.database.find import find
from lineament.database.intake.inspection import inspect_file
from lineament.database.intake.sandbox import Sandbox
from lineament.database.people import add_project, end_consent
from lineament.database.releases.create import create_release
from lineament.database.restore import restore
from lineament.database.verify import doctor, verify
from lineament.database.withdraw import withdraw
from lineament.errors import AccessError, StoreError

RUNS = int(os.environ.get("LINEAMENT_TEST_RUNS", "0"))
"""More and longer runs, with seeds of their own; 0 for the few of every day."""
LABELS = ("P1", "P2", "P3")
PURPOSES = (Purpose.RESEARCH, Purpose.TRAINING, Purpose.SHARING)


@dataclass
class Person:
    """What the model knows of somebody."""

    subject: str
    purposes: set[Purpose] = field(default_factory=set)
    scans: set[int] = field(default_factory=set)


class Cut(Exception):
    """In the place of a crash."""


@contextmanager
def cut_at(step: int):
    """Let the `step`-th change of a file raise, as if the program ended there."""
    left = [step]

    def watch(kind: str, what: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Cut

    disk.watch(watch)
    try:
        yield
    finally:
        disk.watch(None)


class Machine(RuleBasedStateMachine):
    """Two writers, one model."""

    lab_class: type

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp())
        first = Database.create(self.root / "db", "anna", key=str(self.root / "master.key"))
        add_project(first, "faces", self.controller)
        self.labs = [
            self.lab_class(self.root, first),
            self.lab_class(self.root, Database.open(self.root / "db", "anna")),
        ]
        self.people: dict[str, Person] = {}

    def teardown(self) -> None:
        for lab in getattr(self, "labs", ()):
            lab.database.close()
        if hasattr(self, "root"):
            shutil.rmtree(self.root)

    @rule(label=st.sampled_from(LABELS), writer=st.integers(0, 1))
    def enrol(self, label: str, writer: int) -> None:
        subject = self.labs[writer].person(label, consent=False)
        if label in self.people:
            assert self.people[label].subject == subject
        self.people.setdefault(label, Person(subject))

    @precondition(lambda self: self.people)
    @rule(data=st.data(), purposes=st.sets(st.sampled_from(PURPOSES), min_size=1), writer=st.integers(0, 1))
    def agree(self, data, purposes: set[Purpose], writer: int) -> None:
        person = self.people[data.draw(st.sampled_from(sorted(self.people)))]
        self.labs[writer].agree(person.subject, purposes=dict.fromkeys(purposes))
        person.purposes = purposes

    @precondition(lambda self: self.people)
    @rule(data=st.data(), writer=st.integers(0, 1))
    def end(self, data, writer: int) -> None:
        person = self.people[data.draw(st.sampled_from(sorted(self.people)))]
        if person.purposes:
            end_consent(self.labs[writer].database, person.subject)
            person.purposes = set()

    @precondition(lambda self: self.people)
    @rule(data=st.data(), seeds=st.sets(st.integers(0, 5), min_size=1, max_size=3), writer=st.integers(0, 1))
    def ingest(self, data, seeds: set[int], writer: int) -> None:
        label = data.draw(st.sampled_from(sorted(self.people)))
        outcomes = self.labs[writer].ingest(*self._records(label, seeds))
        person = self.people[label]
        if not person.purposes:
            assert {outcome.state for outcome in outcomes} == {"failed"}
            return
        assert [outcome.state for outcome in outcomes if outcome.state == "accepted"].__len__() == len(
            seeds - person.scans
        )
        person.scans |= seeds

    @precondition(lambda self: any(person.purposes for person in self.people.values()))
    @rule(data=st.data(), seeds=st.sets(st.integers(0, 5), min_size=1, max_size=3), step=st.integers(1, 40))
    def ingest_cut_off(self, data, seeds: set[int], step: int) -> None:
        label = data.draw(st.sampled_from(sorted(label for label, person in self.people.items() if person.purposes)))
        person = self.people[label]
        with cut_at(step), suppress(Cut, StoreError):
            self.labs[0].ingest(*self._records(label, seeds))
        self._mend()
        there = self._seeds(label)
        assert person.scans <= there <= person.scans | seeds
        person.scans = there

    @precondition(lambda self: self.people)
    @rule(data=st.data(), step=st.integers(0, 60), writer=st.integers(0, 1))
    def leave(self, data, step: int, writer: int) -> None:
        label = data.draw(st.sampled_from(sorted(self.people)))
        subject = self.people.pop(label).subject
        if step:
            with cut_at(step), suppress(Cut, StoreError):
                withdraw(self.labs[writer].database, subject)
        withdraw(self.labs[1 - writer].database, subject)
        assert not list((self.root / "db").rglob(f"*{subject}*"))
        self._mend()

    @precondition(lambda self: any(person.scans for person in self.people.values()))
    @rule(purpose=st.sampled_from(PURPOSES), writer=st.integers(0, 1))
    def release(self, purpose: Purpose, writer: int) -> None:
        may = {
            (label, seed)
            for label, person in self.people.items()
            if {purpose, Purpose.SHARING} <= person.purposes
            for seed in person.scans
        }
        terms = {"description": "Ellipsoids.", "licence": "CC0", "splits": {"train": 0.5, "test": 0.5}}
        try:
            made = create_release(self.labs[writer].database, "shapes", "faces", str(purpose), **terms)
        except AccessError:
            assert not may
        else:
            assert made.scans == len(may)

    @rule()
    def carry_over(self) -> None:
        """The database goes on as what its backup restores."""
        database = self.labs[0].database
        for folder in ("backup", "keys", "again"):
            shutil.rmtree(self.root / folder, ignore_errors=True)
        backup(database, self.root / "backup")
        copy_keys(database, self.root / "keys")
        assert restore(self.root / "backup", self.root / "again", self.root / "keys") == (len(self.people), 0)
        for lab in self.labs:
            lab.database.close()
        shutil.rmtree(self.root / "db")
        (self.root / "again").rename(self.root / "db")
        for lab in self.labs:
            lab.database = Database.open(self.root / "db", "anna")

    @invariant()
    def finds_what_the_model_has(self) -> None:
        for lab in getattr(self, "labs", ()):
            expected = sum(len(person.scans) for person in self.people.values() if person.purposes)
            assert len(find(lab.database)) == expected

    @invariant()
    def reads_what_was_agreed(self) -> None:
        for purpose in PURPOSES if hasattr(self, "labs") else ():
            expected = sum(len(person.scans) for person in self.people.values() if purpose in person.purposes)
            try:
                given = list(self.labs[1].database.scans(purpose=str(purpose)))
            except AccessError:
                given = []
            assert len(given) == expected
            for scan in given:
                assert len(scan.read()) == 200

    def _records(self, label: str, seeds: set[int]):
        # A shape of its own for each person, for one shape of two people is held back.
        return [self.labs[0].record(label, 100 * LABELS.index(label) + seed, repeat=seed + 1) for seed in sorted(seeds)]

    def _seeds(self, label: str) -> set[int]:
        found = self.labs[1].database.catalogue.rows(
            "SELECT repeat FROM scans WHERE subject = :subject", subject=self.people[label].subject
        )
        return {row["repeat"] - 1 for row in found}

    def _mend(self) -> None:
        list(doctor(self.labs[0].database))
        assert list(verify(self.labs[0].database)) == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_two_writers_and_a_model_agree(lab, monkeypatch) -> None:
    def inspect(self: Sandbox, path: Path, role: str = "geometry"):
        """Parse in this process; the sandbox has tests of its own."""
        return inspect_file(path, role)

    monkeypatch.setattr(Sandbox, "inspect", inspect)
    Machine.lab_class = type(lab)
    Machine.controller = type(lab).controller
    chosen = settings(
        max_examples=RUNS or 15,
        stateful_step_count=25 if RUNS else 12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=not RUNS,
    )
    run_state_machine_as_test(Machine, settings=chosen)
