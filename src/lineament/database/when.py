"""Times and random names, as the catalogue keeps them."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta

from lineament.errors import InputError


def now() -> str:
    """Return the time in UTC, ISO 8601, to the microsecond, so that texts sort as times do."""
    return stamp(datetime.now(UTC))


def stamp(moment: datetime | date) -> str:
    """Return a time as the catalogue keeps it; without a zone it is UTC, a date is its first moment."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime:
    """Return the time that a user or the catalogue wrote.

    Raises
    ------
    InputError
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no date; expected one such as 2027-03-31") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def later(days: float) -> str:
    """Return the time some days from now."""
    return stamp(datetime.now(UTC) + timedelta(days=days))


def new_name(kind: str) -> str:
    """Return a random name, such as `sub3f9a0c21d4e8b671`; letters and digits, so that it fits every layout."""
    return f"{kind}{secrets.token_hex(8)}"
