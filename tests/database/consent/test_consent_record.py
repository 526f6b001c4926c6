"""Consent records go to JSON-LD and back, and say what they lack."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineament.database.consent import duo
from lineament.database.consent.law import JURISDICTIONS
from lineament.database.consent.purposes import TERMS, Purpose
from lineament.database.consent.record import MANDATORY, check_record, consent_record, read_record
from lineament.database.consent.terms import ID_ALPHABET, METHODS, Consent, Controller
from lineament.errors import FormatError

lines = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
DAYS = st.dates(date(2026, 1, 1), date(2060, 1, 1))


@st.composite
def consents(draw: st.DrawFn) -> Consent:
    method = draw(st.sampled_from(METHODS))
    given_at = draw(st.datetimes(datetime(2020, 1, 1), datetime(2025, 12, 31), timezones=st.just(UTC)))
    later = st.datetimes(datetime(2026, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
    return Consent(
        subject=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)),
        id=draw(st.text(ID_ALPHABET, min_size=4, max_size=32)),
        given_at=given_at,
        purposes=draw(st.dictionaries(st.sampled_from(list(Purpose)), st.none() | DAYS, min_size=1)),
        text_sha256=draw(hashes),
        text_version=draw(lines),
        language=draw(st.sampled_from(["en", "zh-Hans", "de", "nl-BE"])),
        controller=Controller(*(draw(lines) for _ in range(4)), draw(st.sampled_from(["BE", "CN", "US"]))),
        jurisdiction=draw(st.sampled_from(list(JURISDICTIONS))),
        legal_basis=draw(st.sampled_from(["6(1)(a)", "13(1)"]) | lines),
        art9_condition=draw(st.just("") | st.just("9(2)(j)") | lines),
        method=method,
        separate=draw(st.booleans()),
        transfer_abroad=draw(st.booleans()),
        guardian=draw(st.booleans()),
        duo=tuple(draw(st.lists(st.sampled_from([code.id for code in duo.CODES if code.short]), max_size=3))),
        signed_sha256=draw(st.none() | hashes) if "signature" in method else None,
        withdrawn_at=draw(st.none() | later),
    )


@given(consents())
@settings(max_examples=150)
def test_a_record_gives_the_consent_back_through_json(consent: Consent) -> None:
    record = consent_record(consent)
    check_record(record)
    assert read_record(json.loads(json.dumps(record))) == consent


def paths(value: Any, path: tuple[str, ...]) -> list[tuple[Any, str | int]]:
    """Each place (container, key) that a path leads to."""
    if len(path) == 1:
        return [(value, path[0])]
    items = value if path[0] == "*" else [value[path[0]]]
    return [place for item in items for place in paths(item, path[1:])]


@pytest.mark.parametrize(("field", "path"), MANDATORY, ids=[field for field, _ in MANDATORY])
@given(consent=consents(), where=st.integers(0, 1000))
@settings(max_examples=15)
def test_each_mandatory_field_is_missed_by_name(
    field: str, path: tuple[str, ...], consent: Consent, where: int
) -> None:
    record = consent_record(consent)
    places = paths(record, path)
    container, key = places[where % len(places)]
    del container[key]
    with pytest.raises(FormatError, match=field):
        check_record(record)


@given(consents(), st.data())
@settings(max_examples=200)
def test_a_spoilt_record_is_refused_or_still_a_consent(consent: Consent, data: st.DataObject) -> None:
    record: Any = copy.deepcopy(consent_record(consent))
    container: Any = record
    while True:
        key = data.draw(st.sampled_from(sorted(container) if isinstance(container, dict) else range(len(container))))
        inner = container[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        container = inner
    container[key] = data.draw(st.sampled_from([None, "", "x", 0, True, [], {}, ["x"], {"@id": "x"}]))
    try:
        found = read_record(record)
    except FormatError:
        return
    assert isinstance(found, Consent)


@pytest.mark.parametrize("rubbish", [{}, {"dct:conformsTo": "x"}, {"dpv:hasProcess": 3}])
def test_rubbish_lacks_fields(rubbish: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match="lacks the"):
        read_record(rubbish)


def example() -> Consent:
    return Consent(
        subject="S1",
        id="7Q4K2M9X",
        given_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
        purposes={Purpose.RESEARCH: None, Purpose.SHARING: date(2030, 1, 1)},
        text_sha256="a" * 64,
        text_version="2",
        language="en",
        controller=Controller("lab/1", "Face Laboratory", "1 High Street, Ghent", "faces@lab.example", "BE"),
        jurisdiction="GDPR",
        legal_basis="6(1)(a)",
        art9_condition="9(2)(a)",
        separate=True,
        withdrawn_at=datetime(2026, 5, 1, tzinfo=UTC),
    )


def test_purposes_under_different_terms_are_refused() -> None:
    record = consent_record(example())
    record["dpv:hasProcess"][1]["dpv:hasJurisdiction"]["dct:identifier"] = "PIPL"
    with pytest.raises(FormatError, match="different terms"):
        read_record(record)
    record = consent_record(example())
    record["dpv:hasProcess"][1] = record["dpv:hasProcess"][0]
    with pytest.raises(FormatError, match="once at most"):
        read_record(record)


def test_who_receives_what_and_until_when() -> None:
    consent = replace(example(), purposes={Purpose.RECONTACT: date(2027, 1, 1), Purpose.SHARING: date(2030, 1, 1)})
    record = consent_record(consent)
    processes = {process["dpv:hasPurpose"]["dct:title"]: process for process in record["dpv:hasProcess"]}
    sharing, recontact = processes["Handing on to others"], processes["Contacting you again"]
    assert [item["@type"] for item in sharing["dpv:hasRecipient"]] == ["dpv:DataController", "dpv:ThirdParty"]
    assert [item["@type"] for item in recontact["dpv:hasRecipient"]] == ["dpv:DataController"]
    assert recontact["dpv:hasPersonalData"] == [{"@id": "pd:Contact"}]
    assert {"@id": "pd:Biometric"} in sharing["dpv:hasPersonalData"]
    assert record["dpv:hasConsentStatus"][0]["dpv:hasDuration"]["dct:valid"] == "2030-01-01"
    assert record["dct:conformsTo"].endswith("dpv-27560#record-eu-gdpr")
    plain = consent_record(replace(consent, jurisdiction="BIPA"))
    assert plain["dct:conformsTo"].endswith("dpv-27560#record")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # rdflib calls what it deprecates
def test_the_json_ld_says_the_same_as_rdf() -> None:
    rdflib = pytest.importorskip("rdflib")
    consent = example()
    graph = rdflib.Graph().parse(data=json.dumps(consent_record(consent)), format="json-ld")
    dpv = rdflib.Namespace("https://w3id.org/dpv#")
    assert {str(iri) for iri in graph.objects(None, dpv.hasPurpose)} == {
        TERMS[purpose].iri for purpose in consent.purposes
    }
    gdpr = "https://w3id.org/dpv/legal/eu/gdpr#"
    assert {str(iri) for iri in graph.objects(None, dpv.hasLegalBasis)} >= {gdpr + "A6-1-a", gdpr + "A9-2-a"}
    (subject,) = graph.subjects(rdflib.RDF.type, dpv.ConsentRecord)
    assert len(list(graph.objects(subject, dpv.hasProcess))) == 2
    states = {
        kind for event in graph.objects(subject, dpv.hasConsentStatus) for kind in graph.objects(event, rdflib.RDF.type)
    }
    assert states == {dpv.ConsentGiven, dpv.ConsentWithdrawn}
