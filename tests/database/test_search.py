"""Searches find what the filters say, whichever way they go, and do not read all to learn that there is nothing."""

from __future__ import annotations

import itertools

import pytest

from lineament.database import search
from lineament.database.catalogue import Sqlite
from lineament.database.consent.purposes import Purpose
from lineament.database.find import Where, _parts, conditions, count, find, find_all
from lineament.database.search import _OF_EXPRESSION, _WAYS
from lineament.database.when import now

FILTERS = {
    "sex": "female",
    "origin": "B",
    "modality": "mesh",
    "expression": "smile",
    "protocol": "facescape20",
    "device": "rig 1",
    "age": (30.0, 45.0),
    "has": "landmarks",
    "lacks": "fit",
    "max_holes": 0.02,
    "max_noise": 0.4,
    "consented": "training",
    "captured": ("2026-02-01", "2026-03-01"),
    "ingested": ("2026-04-01", ""),
    "project": "faces",
}
EACH = 12
both = pytest.mark.parametrize("lab", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def crowd(lab):
    """Ten people with twelve scans each, as rows alone: what is searched is not in the files."""
    catalogue = lab.database.catalogue
    protocol = catalogue.rows("SELECT id FROM protocols WHERE name = 'facescape20'")[0]["id"]
    (project,) = (each["id"] for each in catalogue.rows("SELECT id FROM projects"))
    with catalogue.writing():
        for number in range(3):
            catalogue.run("INSERT INTO devices (id, name) VALUES (:id, :name)", id=f"dev{number}", name=f"rig {number}")
    for person in range(10):
        purposes = (Purpose.RESEARCH, Purpose.TRAINING)[: 1 + person % 2]
        subject = lab.person(
            f"P{person}", sex=("female", "male")[person % 2], origin="ABC"[person % 3], purposes=dict.fromkeys(purposes)
        )
        _scans_of(lab, subject, person, project, protocol)
    return lab


def _scans_of(lab, subject: str, person: int, project: str, protocol: str) -> None:
    catalogue = lab.database.catalogue
    with catalogue.writing():
        catalogue.run(
            "INSERT INTO sessions (id, subject, label_key) VALUES (:id, :subject, 'one')",
            id=f"ses{person}",
            subject=subject,
        )
        for place in range(EACH):
            number = EACH * person + place
            catalogue.run(
                """INSERT INTO scans (id, project, subject, session, source_key, modality, protocol, expression, device,
                age, state, holes, noise_mm, captured_at, ingested_at, ingested_by, sex, origin, kinds)
                VALUES (:id, :project, :subject, :session, :id, :modality, :protocol, :expression, :device,
                :age, :state, :holes, :noise, :captured, :ingested, 'somebody', :sex, :origin, :kinds)""",
                id=f"scn{number * 7919 % 120:016x}",
                project=project,
                subject=subject,
                session=f"ses{person}",
                modality=("mesh", "cloud")[number % 5 == 0],
                protocol=(protocol, None)[number % 7 == 0],
                expression=("neutral", "smile", "grin")[number % 3],
                device=f"dev{number % 3}",
                age=20.0 + 4 * person,
                state=("accepted", "rejected")[number % 11 == 0],
                holes=number % 4 / 100,
                noise=None if number % 13 == 0 else number % 10 / 10,
                captured=None if number % 17 == 0 else f"2026-0{1 + number % 4}-10T00:00:00.000000+00:00",
                ingested=f"2026-0{3 + number % 3}-20T00:00:00.000000+00:00",
                sex=("female", "male")[person % 2],
                origin="ABC"[person % 3],
                kinds=(" ", " landmarks ", " landmarks fit ")[number % 3 if number % 2 else 0],
            )


def _read_through(database, where: dict[str, object]) -> list[str]:
    """Return what matches by a plain condition, each filter for itself."""
    names = []
    for name, value in (where or {"state": "accepted"}).items():
        condition, values = conditions(database, Where.of({name: value}))
        found = database.catalogue.rows(f"SELECT c.id FROM scans c WHERE {condition}", **values, now=now())
        names.append({each["id"] for each in found})
    return sorted(set.intersection(*names))


@both
@pytest.mark.parametrize("first", [4, 16, 1024])
def test_every_way_finds_what_all_filters_say(crowd, monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    monkeypatch.setattr(search, "FIRST", first)
    monkeypatch.setattr(search, "FURTHER", 2)
    some = 0
    for many in (0, 1, 2):
        for names in itertools.combinations(FILTERS, many):
            where = {name: FILTERS[name] for name in names}
            wanted = _read_through(crowd.database, where)
            assert [each["id"] for each in find(crowd.database, where)] == wanted, where
            some += bool(wanted)
    assert some > 80


@both
def test_pages_follow_each_other_without_a_gap(crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "FIRST", 8)
    for where in ({}, {"sex": "female"}, {"expression": "smile", "lacks": "fit"}):
        wanted = _read_through(crowd.database, where)
        pages, after = [], ""
        while page := find(crowd.database, where, after=after, limit=7):
            pages.append([each["id"] for each in page])
            after = pages[-1][-1]
        assert list(itertools.chain(*pages)) == wanted == [each["id"] for each in find_all(crowd.database, where)]
        assert {len(page) for page in pages[:-1]} == {7}
        assert count(crowd.database, where) == len(wanted)


@both
def test_a_scan_and_those_of_a_person_are_found_by_name(crowd) -> None:
    every = find(crowd.database, {})
    one = every[5]
    assert [each["id"] for each in find(crowd.database, {"scan": one["id"]})] == [one["id"]]
    assert find(crowd.database, {"scan": one["id"], "expression": "nothing"}) == []
    assert find(crowd.database, {"scan": one["id"]}, after=one["id"]) == []
    for name in ("subject", "session"):
        wanted = [each["id"] for each in every if each[name] == one[name]]
        assert [each["id"] for each in find(crowd.database, {name: one[name]})] == wanted


def columns_of(database, index: str) -> list[str]:
    """Return the columns of an index, in its order."""
    if database.settings.catalogue:
        sql = """SELECT a.attname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relname = :index AND pg_table_is_visible(c.oid) ORDER BY a.attnum"""
        return [each["name"] for each in database.catalogue.rows(sql, index=index)]
    return [each["name"] for each in database.catalogue.rows(f"PRAGMA index_info({index})")]


def test_each_way_is_an_index_that_begins_with_its_filters(crowd) -> None:
    columns = {
        "consented": "subject",
        "max_noise": "noise_mm",
        "max_holes": "holes",
        "captured": "captured_at",
        "ingested": "ingested_at",
    }
    for index, filters in _WAYS:
        there = columns_of(crowd.database, index)
        begin = ["state"] if index.startswith("scans_by") else []
        begin += [columns.get(name, name) for name in filters]
        assert there[: len(begin)] == begin


def test_the_scans_of_an_expression_are_in_the_order_of_their_names_with_its_filters(crowd) -> None:
    there = columns_of(crowd.database, "scans_in_order_of_expression")
    assert there[:3] == ["state", "expression", "id"]
    assert {"subject" if name == "consented" else name for name in _OF_EXPRESSION} <= set(there)


@pytest.fixture
def many(crowd):
    """As many scans as make reading all of them show: 12,000 rows more, of one person."""
    if crowd.database.settings.catalogue:
        pytest.skip("how much a server reads is counted by SQLite's own means here")
    catalogue = crowd.database.catalogue
    catalogue.run(
        """WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
        INSERT INTO scans (id, project, subject, session, source_key, modality, expression, device, age, state, holes,
        noise_mm, captured_at, ingested_at, ingested_by, sex, origin, kinds)
        SELECT printf('scn%016x', 1000000 + i), c.project, c.subject, c.session, 'copy ' || i, 'mesh', c.expression,
        c.device, c.age, 'accepted', 0.0, 0.3, c.captured_at, c.ingested_at, 'somebody', 'male', 'A', ' landmarks '
        FROM n, scans c WHERE c.id = (SELECT MIN(x.id) FROM scans x WHERE x.sex = 'male' AND x.state = 'accepted')"""
    )
    return crowd


@pytest.mark.parametrize(
    "where",
    [
        {"expression": "nothing"},
        {"age": (100, 120)},
        {"has": "rig"},
        {"lacks": "landmarks", "has": "fit"},
        {"max_noise": -1.0},
        {"max_holes": -1.0},
        {"captured": ("2030-01-01", "")},
        {"ingested": ("2030-01-01", "")},
        {"modality": "video"},
        {"protocol": "unknown"},
        {"device": "unknown"},
        {"consented": "commercial"},
        {"sex": "female", "origin": "nowhere"},
        {"sex": "unknown"},
    ],
    ids=str,
)
def test_that_there_is_nothing_is_seen_without_reading_all(many, where) -> None:
    assert find(many.database, where) == []
    assert 50 * _steps(many.database, where, 0) < _all_steps(many.database)


def test_a_few_among_many_are_found_without_reading_all(many) -> None:
    with many.database.catalogue.writing():
        many.database.catalogue.run("UPDATE scans SET kinds = ' ' WHERE id = 'scn00000000000f4250'")
    every = _all_steps(many.database)
    for where in ({"lacks": "landmarks"}, {"origin": "B"}, {"sex": "female", "age": (20, 25)}):
        wanted = _read_through(many.database, where)
        assert 0 < len(wanted) < 100
        assert 10 * _steps(many.database, where, len(wanted)) < every, where


def test_who_is_asked_for_a_consent_is_looked_up_and_not_everybody_who_agrees(many) -> None:
    sql = f"EXPLAIN QUERY PLAN SELECT c.id FROM scans c WHERE {search._CONSENTED}"
    plan = [each["detail"] for each in many.database.catalogue.rows(sql, consented="training", now=now())]
    assert plan[-2] == "SEARCH x USING COVERING INDEX consents_by_purpose (purpose=? AND subject=?)"
    assert plan[-1] == "SEARCH y USING COVERING INDEX subjects_for_access (id=?)"


def test_a_page_of_what_few_people_with_many_scans_agree_to_is_found_without_reading_all(many) -> None:
    parts, values = _parts(many.database, Where.of({"consented": "training"}))

    def look() -> None:
        page = next(search.matching(many.database.catalogue, parts, {**values, "now": now()}, "", 50))
        assert len(page) == 50

    assert 5 * _counted(many.database.catalogue, look) < _all_steps(many.database)


def _all_steps(database) -> int:
    """Return how many steps it takes to read one filter of all scans, and no more."""
    catalogue = database.catalogue
    return _counted(catalogue, lambda: catalogue.rows("SELECT COUNT(*) AS n FROM scans WHERE kinds LIKE '%nothing%'"))


def _steps(database, where, found: int) -> int:
    """Return how many steps it takes to see which scans match."""
    parts, values = _parts(database, Where.of(where))

    def look() -> None:
        names = itertools.chain(*search.matching(database.catalogue, parts, {**values, "now": now()}, "", 500))
        assert len(list(names)) == found

    return _counted(database.catalogue, look)


def _counted(catalogue, work) -> int:
    """Return how many tens of steps of SQLite's machine something takes."""
    assert isinstance(catalogue, Sqlite)
    steps = itertools.count()
    catalogue._open.set_progress_handler(lambda: next(steps) < 0, 10)
    try:
        work()
    finally:
        catalogue._open.set_progress_handler(None, 0)
    return next(steps)
