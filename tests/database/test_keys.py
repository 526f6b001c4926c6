"""Keys: kept by mode 600, wrapped, destroyed so that nothing is left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lineament.database import disk
from lineament.database.keys import KeyStore, load_master_key, make_master_key
from lineament.errors import InputError, StoreError


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys", make_master_key(str(tmp_path / "master")), "data")


def test_a_master_key_is_read_again_and_never_shown(tmp_path: Path) -> None:
    made = make_master_key(str(tmp_path / "folder" / "master"))
    assert load_master_key(made.place).secret == made.secret
    assert made.secret.hex() not in repr(made)
    with pytest.raises(InputError, match="never takes the place"):
        make_master_key(made.place)


@pytest.mark.skipif(os.name != "posix", reason="permissions of files")
def test_a_master_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    made = make_master_key(str(tmp_path / "master"))
    assert Path(made.place).stat().st_mode & 0o777 == 0o600
    Path(made.place).chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"):
        load_master_key(made.place)


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff\xfe", b"zz" * 32, b"00" * 31])
def test_what_is_no_master_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(InputError, match="master key"):
        load_master_key(str(path))


def test_each_subject_has_a_key_of_its_own(store: KeyStore, tmp_path: Path) -> None:
    keys = {store.create(name) for name in ("a1", "b1", "c2")}
    assert len(keys) == 3
    assert store.create("a1") == store.get("a1")
    assert list(store) == ["a1", "b1", "c2"]
    on_disk = b"".join(path.read_bytes() for path in (tmp_path / "keys").rglob("*.key"))
    assert not any(key in on_disk for key in keys)


def test_a_destroyed_key_is_gone(store: KeyStore, tmp_path: Path) -> None:
    store.create("a1")
    store.destroy("a1")
    store.destroy("a1")
    assert "a1" not in store
    assert not [path for path in (tmp_path / "keys").rglob("*") if path.is_file()]
    with pytest.raises(StoreError, match="destroyed"):
        store.get("a1")


def test_a_key_that_is_destroyed_while_all_are_wrapped_anew_is_passed_over(store: KeyStore, tmp_path: Path) -> None:
    _, kept = store.create("a1"), store.create("b1")
    new = make_master_key(str(tmp_path / "new"))

    def leave(kind: str, what: str) -> None:
        if kind == "rename" and what.endswith("a1.key"):
            store.destroy("a1")

    disk.watch(leave)
    try:
        assert store.rewrap(new) == 1
    finally:
        disk.watch(None)
    assert [path.name for path in sorted((tmp_path / "keys").rglob("*.*"))] == ["b1.key"]
    assert KeyStore(tmp_path / "keys", new, "data").get("b1") == kept


def test_a_key_wrapped_for_another_subject_or_use_does_not_open(store: KeyStore, tmp_path: Path) -> None:
    store.create("a1")
    store.create("b1")
    (tmp_path / "keys" / "b1" / "b1.key").write_bytes((tmp_path / "keys" / "a1" / "a1.key").read_bytes())
    store.get.cache_clear()
    with pytest.raises(StoreError):
        store.get("b1")
    other = KeyStore(tmp_path / "keys", load_master_key(str(tmp_path / "master")), "identity")
    with pytest.raises(StoreError):
        other.get("a1")
