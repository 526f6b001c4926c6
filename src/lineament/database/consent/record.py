"""Consent records of ISO/IEC TS 27560:2023 in JSON-LD with the Data Privacy Vocabulary.

Fields, and which must be present, follow the guide "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using
DPV" (W3C Community Group final report, 2024-08-01, https://w3id.org/dpv/guides/consent-27560); the paid standard was
not read. One `dpv:Process` to each purpose, since each has its own last day. What DPV has no term for is under
`lineament:`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from lineament.database.consent.purposes import DPV, LINEAMENT, TERMS, Purpose
from lineament.database.consent.terms import Consent, Controller
from lineament.errors import FormatError, InputError

SCHEMA = "https://w3id.org/dpv/schema/dpv-27560#"
CONTEXT: Mapping[str, str] = {
    "dpv": DPV,
    "pd": "https://w3id.org/dpv/pd#",
    "loc": "https://w3id.org/dpv/loc#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "lineament": LINEAMENT,
}
_PROCESS = ("dpv:hasProcess", "*")
_EVENT = ("dpv:hasConsentStatus", "*")
_PARTY = ("dpv:hasEntity", "*")
MANDATORY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("schema version", ("dct:conformsTo",)),
    ("record id", ("dct:identifier",)),
    ("PII principal id", ("dpv:hasDataSubject", "dct:identifier")),
    ("privacy notice", ("dpv:hasNotice", "dct:identifier")),
    ("language", ("dpv:hasNotice", "dct:language")),
    ("purpose", (*_PROCESS, "dpv:hasPurpose", "@id")),
    ("lawful basis", (*_PROCESS, "dpv:hasLegalBasis", "*", "dct:identifier")),
    ("PII type", (*_PROCESS, "dpv:hasPersonalData", "*", "@id")),
    ("PII controller", (*_PROCESS, "dpv:hasDataController", "@id")),
    ("processing method", (*_PROCESS, "dpv:hasProcessing", "*", "@id")),
    ("storage location", (*_PROCESS, "dpv:hasStorageCondition", "dpv:hasLocation", "@id")),
    ("retention period", (*_PROCESS, "dpv:hasStorageCondition", "dpv:hasDuration", "@type")),
    ("jurisdiction", (*_PROCESS, "dpv:hasJurisdiction", "dct:identifier")),
    ("recipient third parties", (*_PROCESS, "dpv:hasRecipient", "*", "@type")),
    ("withdrawal method", (*_PROCESS, "dpv:hasConsentControl", "dpv:isExercisedAt")),
    ("party id", (*_PARTY, "dct:identifier")),
    ("party type", (*_PARTY, "@type")),
    ("party name", (*_PARTY, "schema:name")),
    ("party address", (*_PARTY, "schema:address", "schema:streetAddress")),
    ("party contact", (*_PARTY, "schema:contactPoint", "schema:description")),
    ("event time", (*_EVENT, "dpv:isIndicatedAtTime")),
    ("validity duration", (*_EVENT, "dpv:hasDuration", "@type")),
    ("entity id", (*_EVENT, "dpv:isIndicatedBy", "@type")),
    ("event type", (*_EVENT, "dpv:hasLegalBasis", "@id")),
    ("event state", (*_EVENT, "@type")),
)
"""Fields of the standard and the path of each in the record, `*` for every item of a list.

Lawful basis and processing method are optional in the standard; here they are always there, as the GDPR asks.
"""
_PROCESSING: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.RESEARCH: ("Store", "Analyse", "Derive"),
    Purpose.TRAINING: ("Store", "Analyse", "Derive"),
    Purpose.PORTRAIT: ("Store", "MakeAvailable"),
    Purpose.COMMERCIAL: ("Store", "Use"),
    Purpose.SHARING: ("Store", "Share"),
    Purpose.RECONTACT: ("Store", "Use"),
    Purpose.EMBEDDING: ("Store", "Derive", "Match"),
}
_BASIS_IRIS = {
    ("GDPR", "6(1)(a)"): "eu-gdpr:A6-1-a",
    ("GDPR", "6(1)(e)"): "eu-gdpr:A6-1-e",
    ("GDPR", "6(1)(f)"): "eu-gdpr:A6-1-f",
    ("GDPR", "9(2)(a)"): "eu-gdpr:A9-2-a",
    ("GDPR", "9(2)(j)"): "eu-gdpr:A9-2-j",
}
_SHARED = ("dpv:hasLegalBasis", "dpv:hasJurisdiction", "dpv:hasDataController")
_BY_IRI = {term.iri: purpose for purpose, term in TERMS.items()}


def consent_record(consent: Consent) -> dict[str, Any]:
    """The record of a consent as JSON-LD; `read_record` gives the consent back."""
    events = [_event("dpv:ConsentGiven", consent.given_at, consent, _duration(_last_day(consent)))]
    if consent.withdrawn_at is not None:
        endless = {"@type": "dpv:EndlessDuration"}
        events.append(_event("dpv:ConsentWithdrawn", consent.withdrawn_at, consent, endless))
    controller = consent.controller
    return {
        "@context": dict(CONTEXT),
        "@id": f"{LINEAMENT}consent:{consent.id}",
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": SCHEMA + ("record-eu-gdpr" if consent.jurisdiction == "GDPR" else "record"),
        "dct:identifier": consent.id,
        "dpv:hasDataSubject": {"@type": "dpv:DataSubject", "dct:identifier": consent.subject},
        "dpv:hasNotice": {
            "@type": "dpv:ConsentNotice",
            "dct:identifier": f"sha256:{consent.text_sha256}",
            "dct:hasVersion": consent.text_version,
            "dct:language": consent.language,
        },
        "dpv:hasProcess": [_process(consent, purpose, until) for purpose, until in consent.purposes.items()],
        "dpv:hasEntity": [
            {
                "@id": _controller_iri(controller),
                "@type": "dpv:DataController",
                "dct:identifier": controller.id,
                "schema:name": controller.name,
                "schema:address": {"@type": "schema:PostalAddress", "schema:streetAddress": controller.address},
                "schema:contactPoint": {"@type": "schema:ContactPoint", "schema:description": controller.contact},
            }
        ],
        "dpv:hasConsentStatus": events,
        "lineament:method": consent.method,
        "lineament:separate": consent.separate,
        "lineament:transferAbroad": consent.transfer_abroad,
        "lineament:guardian": consent.guardian,
        "lineament:dataUse": list(consent.duo),
        "lineament:signedSheet": f"sha256:{consent.signed_sha256}" if consent.signed_sha256 else "",
    }


def check_record(record: Mapping[str, Any]) -> None:
    """Raise `FormatError` naming the first mandatory field of the standard that a record lacks."""
    for field, path in MANDATORY:
        for value in _values(record, path):
            if value is None or value == "":
                raise FormatError(f"the consent record lacks the {field} ({' / '.join(path)})")


def read_record(record: Mapping[str, Any]) -> Consent:
    """The consent of a record that `consent_record` wrote.

    Raises
    ------
    FormatError
        A field is missing, or holds what a consent cannot hold.
    """
    check_record(record)
    try:
        return _read(record)
    except FormatError:
        raise
    except (InputError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FormatError(f"the consent record cannot be read: {error}") from error


def _read(record: Mapping[str, Any]) -> Consent:
    processes, party, notice = record["dpv:hasProcess"], record["dpv:hasEntity"][0], record["dpv:hasNotice"]
    first = processes[0]
    times = {
        event["@type"]: datetime.fromisoformat(event["dpv:isIndicatedAtTime"])
        for event in record["dpv:hasConsentStatus"]
    }
    basis, condition = [*(item["dct:identifier"] for item in first["dpv:hasLegalBasis"]), ""][:2]
    purposes: dict[Purpose, date | None] = {}
    for process in processes:
        iri = process["dpv:hasPurpose"]["@id"]
        if iri not in _BY_IRI or _BY_IRI[iri] in purposes:
            raise FormatError(
                f"the consent record has the purpose {iri!r}, expected each of {', '.join(_BY_IRI)} once at most"
            )
        if any(process[key] != first[key] for key in _SHARED) or _location(process) != _location(first):
            raise FormatError(
                "the consent record has purposes under different terms, expected one law, place and controller"
            )
        until = process["dpv:hasStorageCondition"]["dpv:hasDuration"].get("dct:valid")
        purposes[_BY_IRI[iri]] = None if until is None else date.fromisoformat(until)
    return Consent(
        subject=record["dpv:hasDataSubject"]["dct:identifier"],
        id=record["dct:identifier"],
        given_at=times["dpv:ConsentGiven"],
        purposes=purposes,
        text_sha256=notice["dct:identifier"].removeprefix("sha256:"),
        text_version=notice["dct:hasVersion"],
        language=notice["dct:language"],
        controller=Controller(
            id=party["dct:identifier"],
            name=party["schema:name"],
            address=party["schema:address"]["schema:streetAddress"],
            contact=party["schema:contactPoint"]["schema:description"],
            country=_location(first).removeprefix("loc:"),
        ),
        jurisdiction=first["dpv:hasJurisdiction"]["dct:identifier"],
        legal_basis=basis,
        art9_condition=condition,
        method=record["lineament:method"],
        separate=record["lineament:separate"],
        transfer_abroad=record["lineament:transferAbroad"],
        guardian=record["lineament:guardian"],
        duo=tuple(record["lineament:dataUse"]),
        signed_sha256=record["lineament:signedSheet"].removeprefix("sha256:") or None,
        withdrawn_at=times.get("dpv:ConsentWithdrawn"),
    )


def _location(process: Mapping[str, Any]) -> str:
    location: str = process["dpv:hasStorageCondition"]["dpv:hasLocation"]["@id"]
    return location


def _process(consent: Consent, purpose: Purpose, until: date | None) -> dict[str, Any]:
    term, controller = TERMS[purpose], consent.controller
    recipients: list[dict[str, Any]] = [{"@id": _controller_iri(controller), "@type": "dpv:DataController"}]
    if purpose in (Purpose.SHARING, Purpose.PORTRAIT):
        recipients.append({"@type": "dpv:ThirdParty", "dct:description": term.definition})
    data = (
        ("pd:Contact",)
        if purpose is Purpose.RECONTACT
        else ("pd:Biometric", "pd:FacialPrint", "pd:PhysicalCharacteristic")
    )
    bases = [name for name in (consent.legal_basis, consent.art9_condition) if name]
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {
            "@id": term.iri,
            "@type": "dpv:Purpose",
            "dct:title": term.label,
            "dct:description": term.definition,
            "skos:broader": {"@id": term.broader},
        },
        "dpv:hasLegalBasis": [_basis(consent.jurisdiction, name) for name in bases],
        "dpv:hasPersonalData": [{"@id": name} for name in data],
        "dpv:hasProcessing": [{"@id": f"dpv:{name}"} for name in _PROCESSING[purpose]],
        "dpv:hasDataController": {"@id": _controller_iri(controller)},
        "dpv:hasStorageCondition": {
            "@type": "dpv:StorageCondition",
            "dpv:hasLocation": {"@id": f"loc:{controller.country}"},
            "dpv:hasDuration": _duration(until),
        },
        "dpv:hasJurisdiction": {"@type": "dpv:Jurisdiction", "dct:identifier": consent.jurisdiction},
        "dpv:hasRecipient": recipients,
        "dpv:hasConsentControl": {"@type": "dpv:WithdrawConsent", "dpv:isExercisedAt": controller.contact},
    }


def _event(state: str, at: datetime, consent: Consent, duration: dict[str, Any]) -> dict[str, Any]:
    by = "dpv:GuardianOfDataSubject" if consent.guardian else "dpv:DataSubject"
    kind = "dpv:ExplicitlyExpressedConsent" if consent.separate else "dpv:ExpressedConsent"
    return {
        "@type": state,
        "dpv:isIndicatedAtTime": at.isoformat(),
        "dpv:hasDuration": duration,
        "dpv:isIndicatedBy": {"@type": by},
        "dpv:hasIndicationMethod": consent.method,
        "dpv:hasLegalBasis": {"@id": kind},
    }


def _duration(until: date | None) -> dict[str, Any]:
    """Until the end of a day, or until the withdrawal."""
    if until is None:
        return {"@type": "dpv:UntilEventDuration", "dct:description": "until the consent is withdrawn"}
    return {"@type": "dpv:UntilTimeDuration", "dct:valid": until.isoformat()}


def _last_day(consent: Consent) -> date | None:
    days = [until for until in consent.purposes.values() if until is not None]
    return max(days) if len(days) == len(consent.purposes) else None


def _basis(jurisdiction: str, name: str) -> dict[str, Any]:
    iri = _BASIS_IRIS.get((jurisdiction, name))
    return {"@id": iri, "dct:identifier": name} if iri else {"@type": "dpv:LegalBasis", "dct:identifier": name}


def _controller_iri(controller: Controller) -> str:
    return f"{LINEAMENT}controller:{quote(controller.id, safe='')}"


def _values(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """What lies at the ends of a path; None where a step is missing, a list is empty or the type is another."""
    if not path:
        yield value
    elif path[0] == "*":
        items = value if isinstance(value, list) and value else [None]
        for item in items:
            yield from _values(item, path[1:])
    else:
        yield from _values(value.get(path[0]) if isinstance(value, Mapping) else None, path[1:])
