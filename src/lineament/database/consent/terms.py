"""A consent: what one person allows, for which purposes and until when, and how that was recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from lineament.database.consent import duo, law
from lineament.database.consent.purposes import Purpose
from lineament.errors import InputError

METHODS = ("signature", "electronic signature", "web form", "recorded speech", "stated by the source")
"""How a consent was given; the last is for data that came with somebody else's word."""
_SIGNED = METHODS[:2]
ID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of identifiers of consents: Crockford's base 32, without I, L, O and U, which are misread."""
_ID = re.compile(f"[{ID_ALPHABET}]{{4,32}}")
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class Controller:
    """The institution that answers for the data.

    Attributes
    ----------
    id : str
        Any identifier, such as a registration number or the address of its site.
    name, address, contact : str
        One line each; `contact` is what a person writes to or calls.
    country : str
        Where it keeps the data: ISO 3166-1, two letters.
    """

    id: str
    name: str
    address: str
    contact: str
    country: str

    def __post_init__(self) -> None:
        for field in ("id", "name", "address", "contact"):
            check_line(getattr(self, field), f"{field} of the controller")
        _check(_COUNTRY, self.country, "country of the controller", "two capital letters of ISO 3166-1")


@dataclass(frozen=True)
class Consent:
    """What one person allowed on one occasion.

    Attributes
    ----------
    subject : str
        Pseudonym: letters, digits, `-` and `_`.
    id : str
        4 to 32 characters of `ID_ALPHABET`; with a check character it is the number on the receipt.
    given_at : datetime, UTC
    purposes : mapping of Purpose to date or None
        What is granted; the date is the last day, None means until withdrawal.
    text_sha256, text_version, language : str
        The text that the person read: hash, version and BCP 47 language.
    controller : Controller
    jurisdiction : str
        A name in `law.JURISDICTIONS`.
    legal_basis, art9_condition : str
        As the table of law names them, such as `6(1)(a)` and `9(2)(a)`; the condition is empty where none is asked for.
    method : str
        One of `METHODS`.
    separate : bool
        Whether it was asked for apart from everything else.
    transfer_abroad : bool
        Whether the data may leave the area of the jurisdiction.
    guardian : bool
        Whether a guardian gave it for the person.
    duo : tuple of str
        DUO codes that the text states; kept in canonical form.
    signed_sha256 : str or None
        Of the signed sheet.
    withdrawn_at : datetime or None, UTC
    """

    subject: str
    id: str
    given_at: datetime
    purposes: Mapping[Purpose, date | None]
    text_sha256: str
    text_version: str
    language: str
    controller: Controller
    jurisdiction: str
    legal_basis: str
    art9_condition: str = ""
    method: str = "signature"
    separate: bool = False
    transfer_abroad: bool = False
    guardian: bool = False
    duo: tuple[str, ...] = ()
    signed_sha256: str | None = None
    withdrawn_at: datetime | None = None

    def __post_init__(self) -> None:
        check_pseudonym(self.subject)
        _check(_ID, self.id, "identifier of a consent", f"4 to 32 of {ID_ALPHABET}")
        check_sha256(self.text_sha256, "hash of the text")
        _check(_LANGUAGE, self.language, "language of the text", "such as en or zh-Hans")
        if self.signed_sha256 is not None:
            check_sha256(self.signed_sha256, "hash of the signed sheet")
        check_line(self.text_version, "version of the text")
        check_line(self.legal_basis, "legal basis")
        if self.art9_condition:
            check_line(self.art9_condition, "condition of Art. 9")
        law.find(self.jurisdiction)
        for field in ("separate", "transfer_abroad", "guardian"):
            if not isinstance(getattr(self, field), bool):
                raise InputError(f"{field} of consent {self.id} is {getattr(self, field)!r}, expected true or false")
        if self.method not in METHODS:
            raise InputError(f"method of consent is {self.method!r}, expected one of {', '.join(METHODS)}")
        if self.signed_sha256 is not None and self.method not in _SIGNED:
            raise InputError(f"a consent by {self.method} has a signed sheet; expected method {' or '.join(_SIGNED)}")
        check_utc(self.given_at, "time of a consent")
        if self.withdrawn_at is not None:
            check_utc(self.withdrawn_at, "time of a withdrawal")
            if self.withdrawn_at < self.given_at:
                raise InputError(
                    f"consent {self.id} is withdrawn on {self.withdrawn_at}, before it was given on {self.given_at}"
                )
        object.__setattr__(self, "purposes", MappingProxyType(self._granted()))
        object.__setattr__(self, "duo", tuple(sorted(set(map(duo.canonical, self.duo)))))

    def _granted(self) -> dict[Purpose, date | None]:
        """The purposes in the order of `Purpose`, checked."""
        unknown = set(map(str, self.purposes)) - set(map(str, Purpose))
        if unknown or not self.purposes:
            found = f"purpose {sorted(unknown)[0]!r}" if unknown else "no purpose"
            raise InputError(f"consent {self.id} grants {found}, expected some of {', '.join(Purpose)}")
        granted = {purpose: self.purposes[purpose] for purpose in Purpose if purpose in self.purposes}
        for purpose, until in granted.items():
            if until is not None and (isinstance(until, datetime) or not isinstance(until, date)):
                raise InputError(f"consent {self.id} grants {purpose} until {until!r}, expected a date without a time")
            if until is not None and until < self.given_at.date():
                raise InputError(f"consent {self.id} grants {purpose} until {until}, before it was given")
        return granted

    def permits(self, purpose: Purpose, on: date) -> str | None:
        """None when a purpose is allowed on a day (UTC), else the reason.

        The day of the consent counts; the day of the withdrawal does not.
        """
        if self.withdrawn_at is not None and on >= self.withdrawn_at.date():
            return f"consent {self.id} was withdrawn on {self.withdrawn_at.date()}"
        if on < self.given_at.date():
            return f"consent {self.id} was given on {self.given_at.date()}, after {on}"
        if purpose not in self.purposes:
            return f"consent {self.id} does not grant the purpose {purpose}"
        until = self.purposes[purpose]
        if until is not None and on > until:
            return f"consent {self.id} granted the purpose {purpose} until {until}"
        return None

    def codes(self, on: date) -> frozenset[str]:
        """DUO codes that hold on a day: what the text states, narrowed to the purposes that are allowed then."""
        allowed = duo.implied([purpose for purpose in Purpose if self.permits(purpose, on) is None])
        return duo.combine([self.duo, allowed] if self.duo else [allowed])


def check_pseudonym(pseudonym: str) -> None:
    """Raise `InputError` for anything but letters, digits, `-` and `_`: a full name with its blank never passes."""
    _check(_PSEUDONYM, pseudonym, "pseudonym", "letters, digits, - and _")


def check_sha256(value: str, what: str) -> None:
    """Raise `InputError` for anything but a SHA-256 in hex."""
    _check(_SHA256, value, what, "64 hex digits in lower case")


def check_line(value: str, what: str) -> None:
    """Raise `InputError` for an empty text and for one with line breaks or control characters."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise InputError(f"{what} is {value!r}, expected one line of text")


def check_utc(value: datetime, what: str) -> None:
    """Raise `InputError` for a time that is not in UTC."""
    if not isinstance(value, datetime) or value.utcoffset() != timedelta(0):
        raise InputError(f"{what} is {value!r}, expected a time in UTC")


def _check(pattern: re.Pattern[str], value: str, what: str, expected: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InputError(f"{what} is {value!r}, expected {expected}")
