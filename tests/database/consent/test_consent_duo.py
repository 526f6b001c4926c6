"""Combining people never widens what is allowed, and allows exactly what each of them allows."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineament.database.consent import duo
from lineament.database.consent.duo import BY_SHORT, CODES, USES, Request, allows, canonical, combine, implied
from lineament.database.consent.purposes import Purpose
from lineament.errors import InputError

VALUES = {
    "disease": ("MONDO:1", "MONDO:2"),
    "kind of research": (duo.METHODS_DEVELOPMENT, "paediatrics"),
    "country": ("DE", "CN"),
    "date": ("2026-06-01", "2027-06-01"),
    "user": ("ada", "bo"),
    "project": ("p1", "p2"),
    "institution": ("here", "there"),
}
DAY = date(2027, 1, 1)


def forms(short: str) -> list[str]:
    """Every way to write a code: bare, with each value, with both values (but one date)."""
    code = BY_SHORT[short]
    values = VALUES.get(code.argument, ())
    texts = [code.id, *(f"{code.id}={value}" for value in values)]
    return texts + ([f"{code.id}={','.join(values)}"] if values and code.argument != "date" else [])


ALL_FORMS = [text for short in BY_SHORT for text in forms(short)]
REQUESTS = [
    Request(DAY, use=use, disease="MONDO:1" if use == "disease" else "", **common)
    for use in USES
    for common in (
        {},
        {"methods": True, "research_type": duo.METHODS_DEVELOPMENT, "country": "de", "publish_on": date(2027, 7, 1)},
        {"commercial": True, "country": "CN", "user": "ada", "project": "p1", "institution": "here"},
        {"for_profit": True, "genetic": True, "gives_back": True, "collaborates": True, "ethics_approval": True},
        {
            "genetic": True,
            "gives_back": True,
            "collaborates": True,
            "ethics_approval": True,
            "country": "DE",
            "user": "ada",
        }
        | {"project": "p2", "institution": "there", "publish_on": DAY, "research_type": "paediatrics"},
    )
]
code_sets = st.frozensets(st.sampled_from(ALL_FORMS), max_size=5)
people = st.lists(
    st.builds(lambda base, more: frozenset({base}) | more, st.sampled_from(ALL_FORMS), code_sets),
    min_size=1,
    max_size=4,
)
flag = st.booleans()
requests = st.builds(
    Request,
    on=st.sampled_from([date(2026, 6, 1), DAY, date(2028, 1, 1)]),
    use=st.sampled_from(USES),
    disease=st.sampled_from(["", "MONDO:1", "MONDO:2"]),
    methods=flag,
    research_type=st.sampled_from(["", *VALUES["kind of research"]]),
    genetic=flag,
    commercial=flag,
    for_profit=flag,
    country=st.sampled_from(["", "DE", "CN", "FR"]),
    user=st.sampled_from(["", *VALUES["user"]]),
    institution=st.sampled_from(["", *VALUES["institution"]]),
    project=st.sampled_from(["", *VALUES["project"]]),
    ethics_approval=flag,
    collaborates=flag,
    gives_back=flag,
    publish_on=st.sampled_from([None, date(2026, 5, 1), date(2027, 7, 1)]),
)


def test_the_table_has_the_25_rows_of_duo() -> None:
    assert len(CODES) == len({code.id for code in CODES}) == 25
    assert len(BY_SHORT) == 23
    assert [code.short for code in CODES if code.kind == "permission"] == ["NRES", "HMB", "DS", "POA", "GRU"]


def test_every_pair_of_codes_allows_what_both_allow() -> None:
    for first, second in itertools.product(ALL_FORMS, repeat=2):
        both = combine([{first}, {second}])
        for request in REQUESTS:
            expected = allows({first}, request) is None and allows({second}, request) is None
            assert (allows(both, request) is None) == expected, (first, second, request)


def test_every_modifier_beside_every_permission_is_in_force() -> None:
    for permission, modifier in itertools.product(("NRES", "GRU", "HMB", "POA"), BY_SHORT):
        if BY_SHORT[modifier].kind != "modifier" or modifier == "CC":
            continue
        for text in forms(modifier):
            together = combine([{permission}, {permission, text}])
            assert canonical(text) in together
            assert canonical(permission) in together


@given(people, requests)
@settings(max_examples=300)
def test_a_combination_allows_exactly_what_all_its_people_allow(sets: list[frozenset[str]], request: Request) -> None:
    assert (allows(combine(sets), request) is None) == all(allows(codes, request) is None for codes in sets)


@given(people, code_sets, requests)
def test_one_more_person_never_widens(sets: list[frozenset[str]], more: frozenset[str], request: Request) -> None:
    if allows(combine([*sets, more]), request) is None:
        assert allows(combine(sets), request) is None


@given(people)
def test_combining_has_no_order_and_repeats_change_nothing(sets: list[frozenset[str]]) -> None:
    once = combine(sets)
    assert combine(reversed(sets)) == combine([*sets, sets[0]]) == combine([once]) == combine([once, once]) == once
    assert combine([combine(sets[:1]), *sets[1:]]) == once


@pytest.mark.parametrize("text", ALL_FORMS)
def test_a_code_is_kept_in_one_form(text: str) -> None:
    code, _ = duo.parse(text)
    assert canonical(canonical(text)) == canonical(text)
    assert canonical(text.replace(code.id, f" {code.short.lower()} ")) == canonical(text)


@pytest.mark.parametrize("bare", [code.id for code in CODES if code.argument])
def test_a_restriction_to_something_that_is_not_said_lets_nothing_through(bare: str) -> None:
    for request in REQUESTS:
        assert allows({"NRES", bare}, request) is not None


def test_diseases_that_nobody_shares_leave_no_permission() -> None:
    assert combine([{"DS"}, {"DS"}]) == {canonical("DS")}
    assert combine([{"DS"}, {"DS=MONDO:1"}]) == combine([{"DS=MONDO:1"}, {"DS=MONDO:2"}]) == frozenset()


def test_no_codes_allow_nothing() -> None:
    assert combine([]) == frozenset()
    assert all(allows(frozenset(), request) is not None for request in REQUESTS)
    assert allows(combine([{"NRES"}, set()]), Request(DAY)) is not None


@pytest.mark.parametrize(
    ("codes", "request_", "fine"),
    [
        ({"GRU", "NMDS"}, Request(DAY, methods=True), False),
        ({"GRU"}, Request(DAY, methods=True), True),
        ({"HMB"}, Request(DAY, use="ancestry"), False),
        ({"GRU", "NPOA"}, Request(DAY, use="ancestry"), False),
        ({"DS=MONDO:1"}, Request(DAY, use="biomedical"), False),
        ({"GRU"}, Request(DAY, use="clinical"), False),
        ({"GRU", "CC"}, Request(DAY, use="clinical"), True),
        ({"GRU"}, Request(DAY, use="other"), False),
        ({"NRES"}, Request(DAY, use="other", commercial=True, for_profit=True), True),
        ({"GRU", "NCU"}, Request(DAY, for_profit=True), True),
        ({"GRU", "NPU"}, Request(DAY, commercial=True), True),
        ({"GRU", "NPUNCU"}, Request(DAY, commercial=True), False),
        ({"GRU", "NPUNCU"}, Request(DAY, for_profit=True), False),
        ({"GRU", "TS=2027-01-01"}, Request(DAY), True),
        ({"GRU", "TS=2026-12-31"}, Request(DAY), False),
        ({"GRU", "MOR=2027-07-01"}, Request(DAY, publish_on=date(2027, 6, 30)), False),
        ({"GRU", "MOR=2027-07-01"}, Request(DAY, publish_on=date(2027, 7, 1)), True),
        ({"GRU", "MOR=2027-07-01"}, Request(DAY), True),
        ({"GRU", "GS=DE,FR"}, Request(DAY, country="fr"), True),
        ({"GRU", "GS=DE,FR"}, Request(DAY, country="US"), False),
        ({"GRU", "GS=DE,FR"}, Request(DAY), False),
        ({"GRU", "US=ada"}, Request(DAY, user="ada"), True),
        ({"GRU", "US=ada"}, Request(DAY, user="bo"), False),
        ({"GRU", "PS=p1"}, Request(DAY, project="p1"), True),
        ({"GRU", "PS=p1"}, Request(DAY, project="p2"), False),
        ({"GRU", "IS=here"}, Request(DAY, institution="here"), True),
        ({"GRU", "IS=here"}, Request(DAY, institution="there"), False),
        ({"GRU", "RS=paediatrics"}, Request(DAY, research_type="paediatrics"), True),
        ({"GRU", "RS=paediatrics"}, Request(DAY), False),
        ({"GRU", "COL"}, Request(DAY, collaborates=True), True),
        ({"GRU", "COL"}, Request(DAY), False),
        ({"GRU", "IRB"}, Request(DAY, ethics_approval=True), True),
        ({"GRU", "IRB"}, Request(DAY), False),
        ({"GRU", "RTN"}, Request(DAY, gives_back=True), True),
        ({"GRU", "RTN"}, Request(DAY), False),
        ({"GRU", "GSO"}, Request(DAY, genetic=True), True),
        ({"GRU", "GSO"}, Request(DAY), False),
        (combine([{"GRU", "CC"}, {"NRES"}]), Request(DAY, use="clinical"), True),
        (combine([{"GRU", "CC"}, {"GRU"}]), Request(DAY, use="clinical"), False),
        (combine([{"DS=MONDO:1,MONDO:2"}, {"DS=MONDO:2"}]), Request(DAY, use="disease", disease="MONDO:2"), True),
        (combine([{"DS=MONDO:1,MONDO:2"}, {"DS=MONDO:2"}]), Request(DAY, use="disease", disease="MONDO:1"), False),
        ({"GRU", "PUB"}, Request(DAY), False),
    ],
)
def test_known_answers(codes: set[str], request_: Request, fine: bool) -> None:
    reason = allows(codes, request_)
    assert (reason is None) == fine
    assert reason is None or "DUO" in reason


@given(st.frozensets(st.sampled_from(list(Purpose))), st.frozensets(st.sampled_from(list(Purpose))))
def test_fewer_purposes_imply_codes_that_allow_less(first: frozenset[Purpose], second: frozenset[Purpose]) -> None:
    for request in REQUESTS:
        if allows(implied(first & second), request) is None:
            assert allows(implied(first), request) is None


def test_training_needs_the_purpose_training() -> None:
    assert allows(implied({Purpose.RESEARCH}), Request(DAY)) is None
    assert allows(implied({Purpose.COMMERCIAL}), Request(DAY)) is not None
    training = Request(DAY, methods=True, research_type=duo.METHODS_DEVELOPMENT)
    assert allows(implied({Purpose.RESEARCH}), training) is not None
    assert allows(implied({Purpose.TRAINING}), training) is None
    assert allows(implied({Purpose.TRAINING}), Request(DAY)) is not None
    assert allows(implied(set(Purpose)), Request(DAY, use="ancestry")) is not None


@pytest.mark.parametrize(
    "text", ["", "DUO", "DUO:0000001", "DUO:0000017", "DUO:9999999", "GRU=x", "GS=", "GS=DE,", "TS=soon"]
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"DUO code|date"):
        canonical(text)
    with pytest.raises(InputError):
        Request(DAY, use="fun")
