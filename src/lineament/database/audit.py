"""The audit log: every action, read and refusal, each entry chained to the one before by its hash.

It has a file of its own, so that an entry is on disk before the action that it tells of begins. An entry names objects
by their random names, never a person, so that nobody's withdrawal has to rewrite it. The chain shows changed and
removed entries; that entries at its end are missing shows only against a head that was kept elsewhere (`head`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lineament.database.catalogue import Catalogue, Row, row
from lineament.database.when import now
from lineament.errors import InputError

FIRST = "0" * 64
"""In the place of the hash before the first entry."""
FIELDS = ("seq", "at", "actor", "action", "object", "purpose", "allowed", "reason", "detail", "previous")


@dataclass(frozen=True)
class Head:
    """The end of the log: keep it where nobody can change both."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @staticmethod
    def parse(text: str) -> Head:
        """Return the head that `str` wrote."""
        seq, _, digest = text.strip().partition(":")
        if not seq.isdecimal() or len(digest) != len(FIRST):
            raise InputError(
                f"{text!r} is no head of an audit log; expected NUMBER:HASH as `lineament db audit --head` prints it"
            )
        return Head(int(seq), digest)


class AuditLog:
    """The log in its own connection.

    Parameters
    ----------
    connection : Catalogue
    """

    def __init__(self, connection: Catalogue) -> None:
        self._connection = connection

    def append(
        self,
        actor: str,
        action: str,
        object: str,
        *,
        purpose: str = "",
        allowed: bool = True,
        reason: str = "",
        about: Iterable[str] = (),
        durable: bool = True,
        **detail: Any,
    ) -> int:
        """Write an entry; return its number.

        Parameters
        ----------
        actor, action, object, purpose, reason : str
        allowed : bool
        about : iterable of str
            Further objects that it concerns, such as the scans of an export; part of the entry.
        durable : bool
            Whether it must survive a loss of power before this returns. Only searches do without, which give no bytes
            of anybody: a sync for each would make them slow, and the next durable entry takes theirs along.
        **detail
            JSON values.

        Raises
        ------
        StoreError
            It cannot be written or not be synced; then what it tells of must not happen. In the second case the entry
            may stay.
        """
        objects = sorted({object, *about})
        told = {**detail, "about": objects} if len(objects) > 1 else detail
        with self._connection.writing(durable):
            last = self.head()
            entry = {
                "seq": last.seq + 1,
                "at": now(),
                "actor": actor,
                "action": action,
                "object": object,
                "purpose": purpose,
                "allowed": int(allowed),
                "reason": reason,
                "detail": json.dumps(told, sort_keys=True, separators=(",", ":")),
                "previous": last.hash,
            }
            self._connection.run(
                "INSERT INTO audit VALUES (:seq, :at, :actor, :action, :object, :purpose, :allowed, :reason, :detail, "
                ":previous, :hash)",
                **entry,
                hash=_hash(entry),
            )
            self._connection.run_many(
                "INSERT INTO audit_objects VALUES (:object, :seq)",
                [{"object": name, "seq": entry["seq"]} for name in objects if name],
            )
        return last.seq + 1

    def head(self) -> Head:
        """Return the last entry's number and hash."""
        last = row(self._connection, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        return Head(0, FIRST) if last is None else Head(last["seq"], last["hash"])

    def entries(
        self, object: str | None = None, actor: str | None = None, after: int = 0
    ) -> Iterator[Mapping[str, Any]]:
        """Yield entries, oldest first; those about an object, or of an actor, when these are given."""
        about = "" if object is None else "AND seq IN (SELECT seq FROM audit_objects WHERE object = :object)"
        by = "" if actor is None else "AND actor = :actor"
        sql = f"SELECT * FROM audit WHERE seq > :after {about} {by} ORDER BY seq"
        for found in self._connection.each(sql, after=after, object=object, actor=actor):
            yield _told(found)

    def newest(
        self, object: str | None = None, actor: str | None = None, before: int | None = None, limit: int = 50
    ) -> list[Mapping[str, Any]]:
        """Return the newest entries before one, newest first; about an object, or of an actor, as `entries` does."""
        table = "audit a" if object is None else "audit_objects o JOIN audit a ON a.seq = o.seq"
        told = {"o.object = :object": object, "a.actor = :actor": actor, "a.seq < :before": before}
        parts = [condition for condition, value in told.items() if value is not None] or ["1 = 1"]
        sql = f"SELECT a.* FROM {table} WHERE {' AND '.join(parts)} ORDER BY a.seq DESC LIMIT :limit"
        found = self._connection.rows(sql, object=object, actor=actor, before=before, limit=limit)
        return [_told(each) for each in found]

    def verify(self, kept: Head | None = None) -> list[str]:
        """Return what is wrong with the chain, in sentences; empty when it is whole.

        Parameters
        ----------
        kept : Head, optional
            One that was kept elsewhere; it shows that no entry before it was changed or dropped.
        """
        with self._connection.reading():  # others go on writing
            return self._wrong(kept)

    def _wrong(self, kept: Head | None) -> list[str]:
        said: list[str] = []
        seq, previous = 0, FIRST
        indexed = self._index_digest()
        for found in self._connection.each("SELECT * FROM audit ORDER BY seq"):
            seq += 1
            if found["seq"] != seq:
                said.append(f"entries {seq} to {found['seq'] - 1} are missing")
                seq = found["seq"]
            if found["previous"] != previous or found["hash"] != _hash(found):
                said.append(f"entry {seq} was changed, or one before it")
            previous = found["hash"]
            if kept is not None and kept.seq == seq and kept.hash != found["hash"]:
                said.append(f"entry {seq} is not the one whose hash was kept")
        if kept is not None and kept.seq > seq:
            said.append(f"the log ends at entry {seq}, and the kept head is entry {kept.seq}: its end was cut off")
        if indexed != self._expected_index_digest():
            said.append("the index of the log does not agree with its entries")
        return said

    def close(self) -> None:
        self._connection.close()

    def check(self) -> list[str]:
        """Return what is amiss with the log's file."""
        return self._connection.check()

    def _index_digest(self) -> int:
        pairs = self._connection.each("SELECT object, seq FROM audit_objects")
        return _digest((pair["object"], pair["seq"]) for pair in pairs)

    def _expected_index_digest(self) -> int:
        def pairs() -> Iterator[tuple[str, int]]:
            for found in self._connection.each("SELECT seq, object, detail FROM audit"):
                for name in {found["object"], *_about(found["detail"])} - {""}:
                    yield name, found["seq"]

        return _digest(pairs())


def _told(found: Row) -> Mapping[str, Any]:
    return {**dict(found), "detail": json.loads(found["detail"]), "allowed": bool(found["allowed"])}


def _about(detail: Any) -> list[str]:
    """Return what an entry is about, also of one that is damaged: a flipped bit can make a number of a text."""
    try:
        told = json.loads(detail)
    except (TypeError, ValueError):
        return []
    about = told.get("about") if isinstance(told, dict) else None
    return [str(name) for name in about] if isinstance(about, list) else []


def _hash(entry: Row) -> str:
    # What a flipped bit has made of a text may be bytes, which no entry was written with.
    text = json.dumps([entry[name] for name in FIELDS], separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def _digest(pairs: Iterable[tuple[str, int]]) -> int:
    """Return a sum over pairs that does not depend on their order."""
    total = 0
    for name, seq in pairs:
        total += int.from_bytes(hashlib.sha256(f"{name} {seq}".encode()).digest()[:16], "big")
    return total % 2**128
