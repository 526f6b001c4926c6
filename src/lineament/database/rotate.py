"""A new master key: every key that it wraps is wrapped anew, and no object is touched.

What was wrapped by the old key, on an SSD or in an old copy of the keys, opens nothing once the old key is destroyed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lineament.database import disk
from lineament.database.database import Database, Settings, read_settings, write_settings
from lineament.database.keys import KeyStore, check_key_place, load_master_key, make_master_key, rewrap_secret
from lineament.database.locks import alone
from lineament.database.when import new_name


def rotate_key(database: Database, key: str | None = None) -> str:
    """Give a database a new master key; it must be opened again afterwards.

    The old key stays where it is: copies of keys that were made before need it. After a crash, the next opening of the
    database goes on where this stopped.

    Parameters
    ----------
    database : Database
    key : str, optional
        Where the new key is made; beside the old one without it.

    Returns
    -------
    str
        Place of the new key.

    Raises
    ------
    AccessError
    InputError
        There is a key at this place, or it is in the database.
    StoreError
        Somebody else works on the database for too long.
    """
    place = check_key_place(key or _beside(database.settings.key), database.root)
    database.guard.demand("keep", rotated=True)
    with alone(database.lock):
        database.check_master()
        make_master_key(place)
        disk.reach("new master key made")
        write_settings(database.root, replace(database.settings, next_key=place))
        disk.reach("rotation begun")
        return _rewrap(database.root).key


def finish_rotation(root: Path) -> Settings:
    """Go on with a rotation that was cut off; return the settings of today."""
    with alone(root / "lock.sqlite"):
        return _rewrap(root)


def _rewrap(root: Path) -> Settings:
    settings = read_settings(root)
    if not settings.next_key:  # another program was first
        return settings
    old, new = load_master_key(settings.key), load_master_key(settings.next_key)
    rewrap_secret(root, old, new)
    disk.reach("secret rewrapped")
    for folder, use in (("keys", "data"), ("identities", "identity")):
        KeyStore(root / folder, old, use).rewrap(new)
        disk.reach(f"{folder} rewrapped")
    done = replace(settings, key=settings.next_key, next_key="")
    write_settings(root, done)
    return done


def _beside(place: str) -> str:
    name = new_name("key")
    return f"keyring:{name}" if place.startswith("keyring:") else str(Path(place).with_name(f"{name}.key"))
