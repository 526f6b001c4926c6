"""Passwords of actors, for a studio, where no operating system tells who somebody is.

What is kept is scrypt of the password and a random salt, encrypted under a key that comes from the database's secret: a
copy of the catalogue alone, without the master key, gives nothing to guess against. Backups leave passwords out, since
an old one would come back with them; after a restore they are set anew. An attempt takes as long for a name that nobody
has, or without a password, as for a wrong one, and is told in the same words; the audit log tells which it was.
"""

from __future__ import annotations

import hmac
import json
import os
import threading
import unicodedata
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from lineament.database.actors import actor_named
from lineament.database.catalogue import row
from lineament.database.cipher import seal_small, unseal_small
from lineament.database.when import now
from lineament.errors import AccessError, InputError

if TYPE_CHECKING:
    from lineament.database.database import Database

COST = {"n": 2**17, "r": 8, "p": 1}
"""Of scrypt: 128 MiB for one hash, as OWASP recommends; kept with each hash, so that it may grow."""
LEAST, MOST = 12, 256
"""Characters of a password."""
DISTINCT = 5
"""Characters that differ, at least."""
REFUSED = "actor and password do not go together"
SALT, HASH = 16, 32
_AT_ONCE = threading.BoundedSemaphore(2)
"""Hashes that are computed at the same time, for the memory that each takes."""


def set_password(database: Database, name: str, password: str) -> None:
    """Give an actor a password, in place of the one before; somebody else's is set by those who give roles.

    Raises
    ------
    AccessError
    InputError
        There is no such actor, or the password is too short, too long or too plain.
    """
    check_password(name, password)
    actor = actor_named(database, name)
    if actor == database.guard.actor:
        database.log.append(actor, "password", actor)
    else:
        database.guard.demand("grant", password_of=actor)
    salt = os.urandom(SALT)
    kept = {**COST, "salt": salt.hex(), "hash": _hash(password, salt, **COST).hex()}
    database.catalogue.run(
        """INSERT INTO passwords VALUES (:actor, :sealed, :at)
        ON CONFLICT (actor) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at""",
        actor=actor,
        sealed=seal_small(database.secret("passwords"), _use(actor), json.dumps(kept).encode()),
        at=now(),
    )


def check_password(name: str, password: str) -> None:
    """See whether a password is one that may be set.

    Raises
    ------
    InputError
    """
    if not LEAST <= len(password) <= MOST:
        raise InputError(f"a password has {LEAST} to {MOST} characters; a few words are easy to keep in mind")
    if len(set(password)) < DISTINCT or password.casefold() == name.casefold():
        raise InputError("the password is too plain; take a few words that nobody would put together")


def prove(database: Database, name: str, password: str) -> str:
    """Return the random name of the actor who knows the password; either is in the log when this returns.

    Parameters
    ----------
    database : Database
        May be open on behalf of nobody.
    name, password : str
        As somebody has typed them. Neither reaches the log: people type a password into the wrong field.

    Raises
    ------
    AccessError
        They do not go together, for whichever reason.
    StoreError
        The log cannot be written.
    """
    found = row(
        database.catalogue,
        """SELECT a.id, a.active, p.sealed FROM actors a LEFT JOIN passwords p ON p.actor = a.id
        WHERE a.name = :name""",
        name=name,
    )
    kept: dict[str, Any] = {}
    if found is not None and found["sealed"] is not None:
        kept = json.loads(unseal_small(database.secret("passwords"), _use(found["id"]), bytes(found["sealed"])))
    cost = {word: int(kept.get(word, standard)) for word, standard in COST.items()}
    salt = bytes.fromhex(kept["salt"]) if kept else os.urandom(SALT)
    expected = bytes.fromhex(kept["hash"]) if kept else os.urandom(HASH)
    same = hmac.compare_digest(_hash(password[: 4 * MOST], salt, **cost), expected)
    actor = "" if found is None else str(found["id"])
    if found is None:
        reason = "unknown actor"
    elif not kept:
        reason = "no password"
    elif not same:
        reason = "wrong password"
    else:
        reason = "" if found["active"] else "kept out"
    database.log.append("" if reason else actor, "sign in", actor, allowed=not reason, reason=reason)
    if reason:
        raise AccessError(REFUSED)
    return actor


def password_changed(database: Database, actor: str) -> str | None:
    """Return when the password of an actor who may act was set last, empty when never; None for who may not act."""
    found = row(
        database.catalogue,
        """SELECT COALESCE(p.changed_at, '') AS at FROM actors a LEFT JOIN passwords p ON p.actor = a.id
        WHERE a.id = :actor AND a.active = 1""",
        actor=actor,
    )
    return None if found is None else str(found["at"])


def any_password(database: Database) -> bool:
    """Return whether anybody at all has a password."""
    return row(database.catalogue, "SELECT 1 FROM passwords LIMIT 1") is not None


def _hash(password: str, salt: bytes, **cost: int) -> bytes:
    # One key on two keyboards may give other code points for one letter.
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    with _AT_ONCE:
        return Scrypt(salt=salt, length=HASH, **cost).derive(text)


def _use(actor: str) -> str:
    return f"password of {actor}"
