"""The letters to those who have copies of people who left: which are written, and which were sent, when and by whom.

A program cannot know that a letter was sent. Somebody says so, and the audit log has their word for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineament.database.catalogue import Row
from lineament.database.when import moment_of, now, stamp
from lineament.errors import InputError

if TYPE_CHECKING:
    from lineament.database.database import Database


def notices(database: Database, subject: str | None = None) -> list[Row]:
    """Return the letters, or those about one person.

    Returns
    -------
    list of mapping
        subject, export, recipient, written_at, sent_at and `sent_by`, the name of whoever says so; both None before.

    Raises
    ------
    AccessError
    """
    database.guard.demand("audit", letters=subject or "*")
    sql = """SELECT n.subject, n.export, n.recipient, n.written_at, n.sent_at, a.name AS sent_by FROM notices n
    LEFT JOIN actors a ON a.id = n.sent_by ORDER BY n.written_at, n.recipient, n.export"""
    return [each for each in database.catalogue.rows(sql) if subject in (None, each["subject"])]


def mark_sent(database: Database, subject: str, *, recipient: str = "", on: str = "") -> int:
    """Note that the letters about a person were sent; return how many. What was noted before stays as it is.

    Parameters
    ----------
    database : Database
    subject : str
        Random name of somebody who left.
    recipient : str
        Only the letters to this one, as `notices` names it, or how that begins.
    on : str
        The day, ISO 8601; today without it.

    Raises
    ------
    AccessError
    InputError
        There is no such letter that was not sent; or it was not even written on that day.
    """
    at = stamp(moment_of(on)) if on else now()
    if at > now():
        raise InputError(f"{on} is still to come; note a letter when it was sent")
    database.guard.demand("notify", letters=subject, to=recipient, sent=at)
    with database.catalogue.writing():
        waiting = [
            each
            for each in database.catalogue.rows(
                "SELECT export, recipient, written_at FROM notices WHERE subject = :subject AND sent_at IS NULL",
                subject=subject,
            )
            if each["recipient"].startswith(recipient)
        ]
        if not waiting:
            to = f" to {recipient!r}" if recipient else ""
            raise InputError(f"no letter about {subject}{to} waits to be sent; see: lineament db letters")
        early = [each for each in waiting if moment_of(at).date() < moment_of(each["written_at"]).date()]
        if early:
            raise InputError(
                f"the letter to {early[0]['recipient']} was written on {early[0]['written_at'][:10]}, not before {on}"
            )
        database.catalogue.run_many(
            "UPDATE notices SET sent_at = :at, sent_by = :by WHERE subject = :subject AND export = :export",
            [{"at": at, "by": database.guard.actor, "subject": subject, "export": each["export"]} for each in waiting],
        )
    return len(waiting)
