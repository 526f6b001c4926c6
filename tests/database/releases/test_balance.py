"""The balance of a release counts what is there, and warns of confounding and uneven removal, not of chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from lineament.database.consent.terms import Controller
from lineament.database.intake.ingest import ingest
from lineament.database.people import add_project, enrol
from lineament.database.records import Manifest, SubjectRecord
from lineament.database.releases.balance import ALL, _confounded, association, balance
from lineament.database.releases.groups import Count, band
from lineament.database.releases.removal import _of_groups, skewed

CONTROLLER = Controller("other", "Another laboratory", "2 Street, Town", "privacy@other.example", "FR")


@pytest.mark.parametrize(
    ("age", "group"),
    [(None, "not stated"), (0, "0-9"), (9.99, "0-9"), (10, "10-19"), (79.9, "70-79"), (80, "80+"), (104, "80+")],
)
def test_an_age_is_in_one_band(age: float | None, group: str) -> None:
    assert band(age) == group


def test_people_and_scans_are_counted_apart(lab, publish) -> None:
    for label, sex in (("P1", "female"), ("P2", "female"), ("P3", "unknown")):
        lab.person(label, sex=sex, origin="asian" if label == "P1" else "")
    lab.ingest(
        lab.record("P1", 1, age=29.0, device="A"),
        lab.record("P1", 2, age=30.0, device="B", expression="smile", session="2"),
        lab.record("P2", 3),
        lab.record("P3", 4, device=""),
    )
    found = balance(lab.database, publish(splits={"train": 0.5, "test": 0.5}))
    whole = found.splits[ALL]
    assert found.totals[ALL] == Count(3, 4)
    assert whole["sex"] == {"female": Count(2, 3), "not stated": Count(1, 1)}
    assert whole["origin"] == {"asian": Count(1, 2), "not stated": Count(2, 2)}
    assert whole["age"] == {"20-29": Count(1, 1), "30-39": Count(1, 1), "not stated": Count(2, 2)}
    assert whole["device"] == {"A": Count(1, 1), "B": Count(1, 1), "rig": Count(1, 1), "not stated": Count(1, 1)}
    assert whole["expression"] == {"neutral": Count(3, 3), "smile": Count(1, 1)}
    assert whole["modality"] == {"cloud": Count(3, 4)}
    assert found.devices["sex"]["female"] == {"A": 1, "B": 1, "rig": 1}
    parts = [found.totals[split] for split in found.totals if split != ALL]
    assert (sum(each.people for each in parts), sum(each.scans for each in parts)) == (3, 4)


def test_association_is_one_for_a_bijection_and_zero_for_independence() -> None:
    assert association({"f": {"A": 30}, "m": {"B": 30}})[0] == pytest.approx(1.0)
    assert association({"f": {"A": 30, "B": 10}, "m": {"A": 30, "B": 10}}) == (0.0, 80)
    assert association({"f": {"A": 30}, "m": {"A": 30}}) == (0.0, 60)
    assert association({"f": {"A": 30}, "not stated": {"B": 30}}) == (0.0, 30)
    # 2 x 2 with phi 1/2: Bergsma's correction by hand
    assert association({"f": {"A": 15, "B": 5}, "m": {"A": 5, "B": 15}})[0] == pytest.approx(
        ((0.25 - 1 / 39) / (1 - 1 / 39)) ** 0.5
    )


def test_chance_alone_seldom_looks_like_association() -> None:
    rng = np.random.default_rng(5)
    tables = [rng.multinomial(30, [1 / 16] * 16).reshape(4, 4) for _ in range(300)]
    strong = [
        association({str(r): {str(c): int(n) for c, n in enumerate(row)} for r, row in enumerate(each)})[0] > 0.3
        for each in tables
    ]
    assert np.mean(strong) < 0.1  # without the correction 0.6


def test_a_device_that_goes_with_a_group_is_warned_of(lab, publish, scan_people) -> None:
    scan_people(11, sex="female", device="A")
    scan_people(11, sex="male", device="B")
    first, second, third = balance(lab.database, publish()).warnings
    assert "device and sex go together (Cramér's V 1.00, 22 people)" in first
    assert "all 11 people of sex 'female' were scanned with 'A' alone" in second
    assert "all 11 people of sex 'male' were scanned with 'B' alone" in third


def test_crossed_devices_and_few_people_are_not_warned_of(lab, publish, scan_people) -> None:
    for sex in ("female", "male"):
        for device in ("A", "B"):
            scan_people(6, sex=sex, device=device)
    scan_people(2, sex="female", origin="rare", device="A")
    scan_people(6, sex="unknown", device="A")
    assert balance(lab.database, publish()).warnings == ()


@pytest.mark.parametrize(
    ("own", "others", "warned"),
    [
        ({"A": 5}, {"B": 9, "A": 1}, True),
        ({"A": 5}, {"A": 9, "B": 1}, False),  # nearly everyone was scanned with A
        ({"A": 4}, {"B": 9}, False),  # too few
        ({"A": 5}, {"A": 9}, False),
        ({"not stated": 5}, {"B": 9}, False),
    ],
)
def test_one_device_for_a_group_is_warned_of_where_it_is_no_chance(own: dict, others: dict, warned: bool) -> None:
    said = [text for text in _confounded({"sex": {"female": own, "male": others}}) if "'female'" in text]
    assert bool(said) == warned


def test_uneven_removal_is_found(lab, publish, scan_people) -> None:
    scan_people(8, sex="female")
    scan_people(7, sex="female", broken=True)
    scan_people(15, sex="male")
    found = balance(lab.database, publish())
    assert found.totals[ALL] == Count(23, 23)
    removal = found.removed["sex"]["female"]
    assert (removal.before, removal.removed) == (Count(15, 15), Count(7, 7))
    assert removal.share == pytest.approx(7 / 15)
    assert found.reasons == {"malformed": Count(7, 7)}
    assert [said for said in found.warnings if "removed" in said] == [
        f"quality control removed more scans of sex 'female' than of the others: 46.7% against 0.0% "
        f"(p = {removal.chance:.2g})"
    ]


def test_only_what_the_filter_lets_in_counts_as_removed(lab, publish, scan_people) -> None:
    scan_people(2, sex="female", device="A")
    scan_people(2, sex="female", device="A", broken=True)
    scan_people(3, sex="male", device="B", broken=True)
    release = publish(where={"device": "A", "max_noise": 50.0})
    scan_people(4, sex="female", device="A", broken=True)
    found = balance(lab.database, release)
    assert found.removed["sex"].keys() == {"female"}
    assert found.removed["device"]["A"].removed == Count(2, 2)


def test_another_project_is_another_matter(lab, publish, scan_people) -> None:
    scan_people(1)
    add_project(lab.database, "others", CONTROLLER)
    subject = SubjectRecord("P")
    name = enrol(lab.database, "others", subject, "GDPR")
    lab.agree(name)
    record = lab.record("P", 7000)
    record.files[0].path.write_bytes(b"no scan")
    (outcome,) = ingest(lab.database, "others", Manifest("manifest", (subject,), (record,)), workers=1)
    assert outcome.state == "quarantined"
    found = balance(lab.database, publish())
    assert found.removed["sex"]["not stated"].before == Count(1, 1)
    assert found.reasons == {}


def test_chance_is_that_of_fisher_when_everyone_has_one_scan() -> None:
    units = {("f", f"f{n}"): [1, int(n < 9)] for n in range(20)} | {("m", f"m{n}"): [1, int(n < 2)] for n in range(20)}
    exact = fisher_exact([[9, 11], [2, 18]]).pvalue
    assert _of_groups(units)["f"].chance == pytest.approx(exact, abs=0.01)


def test_many_scans_of_one_person_are_no_evidence_about_a_group() -> None:
    units = {("f", f"f{n}"): [20, 20 * (n == 0)] for n in range(10)} | {("m", f"m{n}"): [20, 0] for n in range(10)}
    found = _of_groups(units)["f"]
    assert found.share - found.others == pytest.approx(0.1)
    assert found.chance > 0.5
    assert not found.uneven


def test_even_removal_is_seldom_called_uneven() -> None:
    rng = np.random.default_rng(0)
    by_people = by_scans = 0
    for _ in range(60):
        lost = rng.binomial(20, rng.beta(0.2, 1.8, (2, 40)))  # of each person's 20 scans; people differ, groups do not
        units = {("fm"[row], f"{row} {n}"): [20, int(lost[row, n])] for row in range(2) for n in range(40)}
        by_people += _of_groups(units)["f"].uneven
        female, male = lost.sum(axis=1)
        apart = abs(female - male) / 800 > 0.05
        by_scans += apart and fisher_exact([[female, 800 - female], [male, 800 - male]]).pvalue < 0.01
    assert by_people <= 2
    assert by_scans >= 6


def test_a_difference_within_everyone_is_found() -> None:
    units = {("f", f"f{n}"): [20, 5] for n in range(10)} | {("m", f"m{n}"): [20, 1] for n in range(10)}
    assert _of_groups(units)["f"].uneven


def test_a_share_of_few_people_is_not_told() -> None:
    units = {("f", f"f{n}"): [1, int(n < 20)] for n in range(40)} | {("m", f"m{n}"): [1, int(n < 3)] for n in range(40)}
    (said,) = skewed({"sex": _of_groups(units)})
    assert said.startswith("quality control removed more scans of sex 'f' than of the others (p = ")


def test_a_group_of_few_people_is_not_warned_of() -> None:
    units = {("a", f"a{n}"): [9, 9] for n in range(4)} | {("b", f"b{n}"): [9, 0] for n in range(40)}
    found = _of_groups(units)
    assert found["a"].chance < 0.01
    assert not found["a"].uneven
