"""The papers of a withdrawal: a letter to everybody who was given a copy, and the certificate at the end.

Neither holds the name of the person: the functions are given pseudonyms alone, and refuse what does not look like one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from lineament.database.consent.purposes import DPV, LINEAMENT
from lineament.database.consent.terms import Controller, check_line, check_pseudonym, check_sha256, check_utc
from lineament.errors import FormatError, InputError

_LIMITS = (
    "Copies that recipients made before they were told; they were asked in writing to destroy them.",
    "What others published, printed or built before the withdrawal.",
    "Storage media of which nobody told this database, and what a disk keeps of overwritten blocks; the bytes there "
    "were encrypted with the key that was destroyed.",
)


def letter(recipient: str, release: str, pseudonyms: Sequence[str], withdrawn_on: date, deadline: date) -> str:
    """The letter that asks a recipient to destroy what it has of people who withdrew.

    Parameters
    ----------
    recipient, release : str
        Whom, and what it was given, such as `faces 2.1.0`.
    pseudonyms : sequence of str
        As in that release.
    withdrawn_on, deadline : date
        The withdrawal, and until when to answer.

    Returns
    -------
    str
        Plain text.

    Raises
    ------
    InputError
        A pseudonym is none, there is none, or the deadline is before the withdrawal.
    """
    check_line(recipient, "recipient")
    check_line(release, "release")
    for pseudonym in pseudonyms:
        check_pseudonym(pseudonym)
    if not pseudonyms or deadline < withdrawn_on:
        found = (
            "no pseudonym" if not pseudonyms else f"the deadline {deadline}, before the withdrawal on {withdrawn_on}"
        )
        raise InputError(f"the letter to {recipient} has {found}")
    labels = "\n".join(f"    {pseudonym}" for pseudonym in pseudonyms)
    return f"""To: {recipient}

Withdrawal of consent: please destroy data of the release {release}

On {withdrawn_on} consent to the use of the data below was withdrawn. You were given them with the release {release},
under these labels:

{labels}

Please, by {deadline},

1. stop using these data, and destroy every copy: scans, pictures, landmarks, fits, features, caches, backups;
2. destroy what was computed from these data alone, and leave these data out when you train a model again;
3. pass this letter on to everybody to whom you gave the data, and tell us who they are;
4. answer in writing: what you destroyed and when, and what you could not destroy and why.

A new version of the release without these data is to be used from now on.

Where the General Data Protection Regulation applies, this is the communication of its Article 19. Where it does not,
the terms of use under which you received the data ask the same of you.

Please do not try to find out who the person is, and do not write to the person.
"""


def certificate(
    controller: Controller,
    pseudonym: str,
    consents: Sequence[str],
    requested_at: datetime,
    completed_at: datetime,
    by: str,
    destroyed: Mapping[str, int],
    evidence: Mapping[str, str],
    recipients: Sequence[str],
    not_reached: Sequence[str] = (),
) -> tuple[dict[str, Any], str]:
    """The certificate that a withdrawal was carried out.

    Parameters
    ----------
    controller : Controller
    pseudonym : str
        Of the person.
    consents : sequence of str
        Identifiers of the consents that ended.
    requested_at, completed_at : datetime, UTC
    by : str
        Who carried it out: an account, not a name.
    destroyed : mapping of str to int
        How many of each kind: `key`, `original`, `thumbnail`, ...
    evidence : mapping of str to str
        SHA-256 to each name, such as the head of the audit log. Never of a scan itself: with such a hash, whoever still
        has the scan can prove whose it was.
    recipients : sequence of str
        To whom letters were written.
    not_reached : sequence of str
        What could not be destroyed, in sentences.

    Returns
    -------
    tuple of dict and str
        JSON that `check_certificate` can check, and plain text.
    """
    check_pseudonym(pseudonym)
    check_line(by, "who carried out a withdrawal")
    check_utc(requested_at, "time of the request")
    check_utc(completed_at, "time of the completion")
    if completed_at < requested_at:
        raise InputError(
            f"the withdrawal of {pseudonym} was completed at {completed_at}, before its request at {requested_at}"
        )
    for what, count in destroyed.items():
        if count < 0:
            raise InputError(f"the certificate of {pseudonym} counts {count} of {what}, expected 0 or more")
    for what, sha256 in evidence.items():
        check_sha256(sha256, f"evidence {what}")
    document: dict[str, Any] = {
        "@context": {"dpv": DPV, "@vocab": LINEAMENT},
        "@type": "WithdrawalCertificate",
        "controller": controller.name,
        "contact": controller.contact,
        "subject": pseudonym,
        "consents": list(consents),
        "requestedAt": requested_at.isoformat(),
        "completedAt": completed_at.isoformat(),
        "by": by,
        "destroyed": dict(destroyed),
        "evidence": dict(evidence),
        "recipients": list(recipients),
        "doesNotReach": [*not_reached, *_LIMITS],
    }
    document["sha256"] = _digest(document)
    return document, _text(document)


def check_certificate(document: Mapping[str, Any]) -> None:
    """Raise `FormatError` when a certificate was changed; this finds accidents, a forger would change the hash too."""
    if document.get("sha256") != _digest(document):
        raise FormatError("the certificate does not match its SHA-256: it was changed or damaged")


def _digest(document: Mapping[str, Any]) -> str:
    body = {key: value for key, value in document.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _text(document: Mapping[str, Any]) -> str:
    def rows(title: str, lines: Sequence[str]) -> list[str]:
        return ["", title, *(f"    {line}" for line in lines or ("none",))]

    lines = [
        "Certificate of withdrawal",
        "",
        f"{document['controller']} ({document['contact']}) certifies that the data of the person with the label",
        f"{document['subject']} were destroyed in its database.",
        *rows("Consents that ended:", document["consents"]),
        "",
        f"Asked for: {document['requestedAt']}",
        f"Completed: {document['completedAt']}, by {document['by']}",
        *rows("Destroyed:", [f"{count} x {what}" for what, count in document["destroyed"].items()]),
        *rows("Evidence (SHA-256):", [f"{sha256}  {what}" for what, sha256 in document["evidence"].items()]),
        *rows("Letters that ask to destroy copies were written to:", document["recipients"]),
        *rows("What this does not reach:", document["doesNotReach"]),
        "",
        f"SHA-256 of this certificate: {document['sha256']}",
    ]
    return "\n".join(lines) + "\n"
