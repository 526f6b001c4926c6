"""What a person takes home: the receipt of a consent, with a number that can be told on the telephone."""

from __future__ import annotations

import re
from typing import Any

from lineament.database.consent.law import find
from lineament.database.consent.purposes import LINEAMENT, TERMS, Purpose
from lineament.database.consent.record import CONTEXT, SCHEMA, consent_record
from lineament.database.consent.terms import ID_ALPHABET, Consent
from lineament.errors import InputError

_CHECK_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_MISREAD = str.maketrans("OIL", "011")


def consent_id(entropy: bytes) -> str:
    """An identifier for a consent from random bytes: 10 bytes give 16 characters of Crockford's base 32."""
    if len(entropy) < 5:
        raise InputError(f"an identifier of a consent needs 5 random bytes or more, found {len(entropy)}")
    number = int.from_bytes(entropy)
    length = -(-len(entropy) * 8 // 5)
    return "".join(ID_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))


def receipt_number(consent: str) -> str:
    """The identifier of a consent and its check character (ISO 7064, MOD 37-2), in groups of four.

    One wrong character, or two that changed places, is always found.
    """
    number = consent + _check_character(consent)
    return "-".join(number[start : start + 4] for start in range(0, len(number), 4))


def consent_of_receipt(number: str) -> str:
    """The identifier of the consent behind the number of a receipt, as somebody wrote or said it.

    Blanks, hyphens and the case do not matter; in the identifier, O is read as 0, I and L as 1.

    Raises
    ------
    InputError
        The check character is another: something was misread.
    """
    bare = re.sub(r"[\s-]", "", number).upper()
    consent, check = bare[:-1].translate(_MISREAD), bare[-1:]
    if not consent or not set(consent) <= set(ID_ALPHABET) or check != _check_character(consent):
        raise InputError(f"{number!r} is no number of a receipt; read it again, the last character checks the others")
    return consent


def receipt(consent: Consent, how_to_withdraw: str) -> tuple[dict[str, Any], str]:
    """The receipt of a consent for the person.

    Parameters
    ----------
    consent : Consent
    how_to_withdraw : str
        A sentence or two: whom to write to or to call.

    Returns
    -------
    tuple of dict and str
        JSON-LD of ISO/IEC TS 27560 that holds the whole record, and a page in Markdown.
    """
    number = receipt_number(consent.id)
    document = {
        "@context": dict(CONTEXT),
        "@id": f"{LINEAMENT}receipt:{consent.id}",
        "@type": "dpv:ConsentReceipt",
        "dct:conformsTo": SCHEMA + ("receipt-eu-gdpr" if consent.jurisdiction == "GDPR" else "receipt"),
        "dct:identifier": number,
        "dpv:hasConsentControl": {"@type": "dpv:WithdrawConsent", "dpv:isExercisedAt": how_to_withdraw},
        "dct:hasPart": consent_record(consent),
    }
    return document, _page(consent, number, how_to_withdraw)


def _page(consent: Consent, number: str, how_to_withdraw: str) -> str:
    controller = consent.controller
    by = "A guardian gave this consent" if consent.guardian else "You gave this consent"
    asked = " It was asked for separately from everything else." if consent.separate else ""
    abroad = "may" if consent.transfer_abroad else "may not"
    lines = [
        f"# Receipt {number}",
        "",
        f"{by} on {consent.given_at.date()} by {consent.method}.{asked}",
        "",
        "## What you allowed",
        "",
        "| what | until | what it means |",
        "|---|---|---|",
    ]
    for purpose, until in consent.purposes.items():
        term = TERMS[purpose]
        lines.append(f"| {term.label} | {until or 'you withdraw it'} | {term.definition} |")
    refused = [TERMS[purpose].label for purpose in Purpose if purpose not in consent.purposes]
    lines += [
        "",
        f"You did not allow: {'; '.join(refused).lower()}." if refused else "There is nothing that you refused.",
    ]
    lines += [
        "",
        "## Who keeps your data",
        "",
        f"{controller.name}, {controller.address}. Contact: {controller.contact}.",
        "",
        f"The data are kept in the country {controller.country} and {abroad} leave the area of the law that protects "
        f"them: {find(consent.jurisdiction).title}.",
        "",
        f"Your data are kept under the label `{consent.subject}`, not under your name.",
        "",
        "## How to withdraw",
        "",
        f"{how_to_withdraw} Say or write the number of this receipt: **{number}**. You need not give a reason.",
        "",
        "Then your scans and everything computed from them are destroyed, and everybody who was given a copy is asked "
        "to destroy it. What was done before is not undone, and what others already printed or built cannot be called "
        "back.",
        "",
        "## For the record",
        "",
        f"You read version {consent.text_version} of the text in the language `{consent.language}`. Its SHA-256 is "
        f"`{consent.text_sha256}`.",
    ]
    if consent.signed_sha256:
        lines += ["", f"The SHA-256 of the signed sheet is `{consent.signed_sha256}`."]
    if consent.withdrawn_at is not None:
        lines += ["", f"**This consent was withdrawn on {consent.withdrawn_at.date()}.**"]
    return "\n".join(lines) + "\n"


def _check_character(text: str) -> str:
    """The character that makes the sum of the values, weighted by powers of 2 from the right, 1 modulo 37."""
    total = 0
    for character in text:
        total = (total + _CHECK_ALPHABET.index(character)) * 2 % 37
    return _CHECK_ALPHABET[(38 - total) % 37]
