"""Passwords: slow, sealed, told apart by nobody from outside, in no backup."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from lineament.cli import main
from lineament.database import passwords
from lineament.database.actors import add_actor, grant, set_active
from lineament.database.backup import SHARED, backup, copy_keys
from lineament.database.database import Database
from lineament.database.passwords import REFUSED, password_changed, prove, set_password
from lineament.database.restore import restore
from lineament.database.rotate import rotate_key
from lineament.database.verify import verify
from lineament.errors import AccessError, InputError, StoreError

PASSWORD = "four words in a row"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", {"n": 2**4, "r": 8, "p": 1})


@pytest.fixture
def carl(lab) -> str:
    actor = add_actor(lab.database, "carl")
    set_password(lab.database, "carl", PASSWORD)
    return actor


def entries(database: Database) -> list[tuple]:
    log = database.log.entries()
    return [(e["actor"], e["object"], e["allowed"], e["reason"]) for e in log if e["action"] == "sign in"]


def test_who_knows_the_password_is_told_by_name(lab, carl: str) -> None:
    assert prove(lab.database, "carl", PASSWORD) == carl
    assert entries(lab.database) == [(carl, carl, True, "")]
    assert not list(verify(lab.database))


def test_all_that_is_refused_reads_alike_and_the_log_tells_why(lab, carl: str) -> None:
    add_actor(lab.database, "dora")
    for name, typed in (("carl", "another four words"), ("PASSWORD typed as name", PASSWORD), ("dora", PASSWORD)):
        with pytest.raises(AccessError) as told:
            prove(lab.database, name, typed)
        assert str(told.value) == REFUSED
    set_active(lab.database, "carl", False)
    with pytest.raises(AccessError, match=REFUSED):
        prove(lab.database, "carl", PASSWORD)
    reasons = [(actor, reason) for actor, _, _, reason in entries(lab.database)]
    assert reasons == [("", "wrong password"), ("", "unknown actor"), ("", "no password"), ("", "kept out")]
    assert password_changed(lab.database, carl) is None
    assert "PASSWORD typed" not in str(list(lab.database.log.entries()))


def test_an_unknown_name_costs_as_much_as_a_wrong_password(lab, carl: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    hash_of = passwords._hash

    def counted(*given, **cost) -> bytes:
        hashed.append(cost)
        return hash_of(*given, **cost)

    monkeypatch.setattr(passwords, "_hash", counted)
    for name in ("carl", "nobody"):
        with pytest.raises(AccessError):
            prove(lab.database, name, "another four words")
    assert len(hashed) == 2
    assert hashed[0] == hashed[1]


def test_letters_are_the_same_however_a_keyboard_composes_them(lab) -> None:
    set_password(lab.database, "anna", "Mu\u0308ller und drei mehr")
    assert prove(lab.database, "anna", "M\u00fcller und drei mehr")


def test_the_password_before_is_gone(lab, carl: str) -> None:
    before = password_changed(lab.database, carl)
    set_password(lab.database, "carl", "another four words")
    with pytest.raises(AccessError):
        prove(lab.database, "carl", PASSWORD)
    assert prove(lab.database, "carl", "another four words") == carl
    assert before is not None
    assert before < (password_changed(lab.database, carl) or "")


@pytest.mark.parametrize("plain", ["short", "aaaaaaaaaaaaaaaa", "x" * 257])
def test_a_plain_password_is_not_taken(lab, plain: str) -> None:
    with pytest.raises(InputError):
        set_password(lab.database, "anna", plain)


def test_only_who_gives_roles_sets_the_password_of_another(lab, carl: str) -> None:
    grant(lab.database, "carl", "curator")
    with lab.opened("carl") as database:
        with pytest.raises(AccessError, match="grant"):
            set_password(database, "anna", PASSWORD)
        set_password(database, "carl", "another four words")


def test_the_catalogue_alone_gives_nothing_to_guess_against(lab, carl: str) -> None:
    (kept,) = lab.database.catalogue.rows("SELECT sealed FROM passwords")
    assert b"salt" not in bytes(kept["sealed"])
    # A row that is put in the place of another's does not open.
    add_actor(lab.database, "dora")
    lab.database.catalogue.run(
        "INSERT INTO passwords SELECT a.id, p.sealed, p.changed_at FROM actors a, passwords p WHERE a.name = 'dora'"
    )
    with pytest.raises(StoreError):
        prove(lab.database, "dora", PASSWORD)


def test_a_backup_holds_no_password_and_a_restored_database_lets_nobody_in_by_one(lab, carl: str) -> None:
    assert "passwords" not in SHARED
    backup(lab.database, lab.root / "backup")
    copy_keys(lab.database, lab.root / "keys")
    restore(lab.root / "backup", lab.root / "again", lab.root / "keys", catalogue="")
    with Database.open(lab.root / "again", "anna") as database:
        assert not database.catalogue.rows("SELECT * FROM passwords")
        with pytest.raises(AccessError):
            prove(database, "carl", PASSWORD)
        set_password(database, "carl", PASSWORD)
        assert prove(database, "carl", PASSWORD) == carl


def test_a_new_master_key_changes_no_password(lab, carl: str) -> None:
    rotate_key(lab.database)
    with lab.opened() as database:
        assert prove(database, "carl", PASSWORD) == carl


def test_nobody_may_do_nothing(lab, carl: str) -> None:
    with Database.open_for_nobody(lab.root / "db") as database:
        with pytest.raises(AccessError, match="nobody active"):
            database.guard.demand("audit")
        (anna,) = database.catalogue.rows("SELECT id FROM actors WHERE name = 'anna'")
        database.acting(anna["id"]).guard.demand("audit")


def test_the_command_takes_it_twice_or_from_a_pipe(lab, carl: str) -> None:
    words = ["db", "actor", "password", "carl", "--db", str(lab.root / "db"), "--as", "anna"]
    typed = ["three new words", "three new wodrs", "three new words", "three new words", ""]
    result = CliRunner().invoke(main, words, input="\n".join(typed))
    assert result.exit_code == 0, result.output
    assert "three" not in result.output
    assert prove(lab.database, "carl", "three new words")
    result = CliRunner().invoke(main, [*words, "--stdin"], input="words from a pipe\n")
    assert result.exit_code == 0, result.output
    assert prove(lab.database, "carl", "words from a pipe")
    assert CliRunner().invoke(main, [*words, "--stdin"], input="short\n").exit_code != 0
