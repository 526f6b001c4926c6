"""A consent in a few words: the JSON that a person writes by hand, beside the full record of ISO/IEC TS 27560."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from lineament.database.consent.law import find
from lineament.database.consent.purposes import Purpose
from lineament.database.consent.receipt import consent_id
from lineament.database.consent.terms import Consent, Controller
from lineament.errors import FormatError, InputError

WORDS = (
    "purposes", "jurisdiction", "given_at", "text_sha256", "text_version", "language", "legal_basis", "condition",
    "method", "separate", "abroad", "guardian", "duo", "signed_sha256",
)  # fmt: skip
"""What it may say; only `purposes` and `text_sha256` must be there."""


def read_short(said: Mapping[str, Any], subject: str, controller: Controller) -> Consent:
    """Return the consent of a person that is told in short.

    Parameters
    ----------
    said : mapping
        Some of `WORDS`. `purposes` is a list, or a mapping to the last day or null; `given_at` is now without it. The
        legal basis and the condition are those of a consent, the first of the table of law, without them.
    subject : str
        Random name.
    controller : Controller

    Raises
    ------
    InputError
        A word is unknown, or a value cannot be used.
    """
    strange = sorted(set(said) - set(WORDS))
    if strange:
        raise InputError(f"the consent says {strange[0]!r}; it may say {', '.join(WORDS)}")
    if "text_sha256" not in said:
        raise InputError("the consent does not say which text the person read; give its SHA-256 as text_sha256")
    law = find(str(said.get("jurisdiction", "GDPR")))
    signed = said.get("signed_sha256")
    try:
        return Consent(
            subject=subject,
            id=consent_id(secrets.token_bytes(10)),
            given_at=_moment(said.get("given_at")),
            purposes=_purposes(said.get("purposes")),
            text_sha256=said["text_sha256"],
            text_version=str(said.get("text_version", "1")),
            language=said.get("language", "en"),
            controller=controller,
            jurisdiction=law.name,
            legal_basis=said.get("legal_basis", law.legal_bases[0]),
            art9_condition=said.get("condition", next(iter(law.special_conditions), "")),
            method=said.get("method", "signature" if signed else "web form"),
            separate=said.get("separate", False),
            transfer_abroad=said.get("abroad", False),
            guardian=said.get("guardian", False),
            duo=tuple(said.get("duo", ())),
            signed_sha256=signed,
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"the consent cannot be read: {error}") from None


def _moment(said: Any) -> datetime:
    if said is None:
        return datetime.now(UTC)
    moment = datetime.fromisoformat(said)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _purposes(said: Any) -> dict[Purpose, date | None]:
    """Return the purposes, those that are unknown too, which `Consent` names."""
    days = said if isinstance(said, Mapping) else dict.fromkeys(said or ())
    return {name: None if day is None else date.fromisoformat(str(day)) for name, day in days.items()}
