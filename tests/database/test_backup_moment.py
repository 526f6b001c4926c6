"""A backup holds the database of one moment, whatever others do while it is written."""

from __future__ import annotations

from lineament.database import backup as module
from lineament.database.backup import backup, copy_keys
from lineament.database.database import Database
from lineament.database.find import count
from lineament.database.releases.create import create_release
from lineament.database.restore import restore
from lineament.database.verify import verify


def test_who_comes_while_it_is_written_is_not_half_in_it(lab, monkeypatch) -> None:
    lab.person("P1")
    lab.ingest(lab.record("P1", 1))
    write = module._Writer._write_subject

    def meanwhile(self, subject: str) -> None:
        write(self, subject)
        with lab.opened() as other:
            mine, lab.database = lab.database, other
            lab.person("P2")
            lab.ingest(lab.record("P2", 2), lab.record("P1", 3))
            create_release(other, "late", "faces", "training", description="d", licence="l")
            lab.database = mine

    monkeypatch.setattr(module._Writer, "_write_subject", meanwhile)
    backup(lab.database, lab.root / "backup")
    copy_keys(lab.database, lab.root / "keys")
    assert restore(lab.root / "backup", lab.root / "again", lab.root / "keys", catalogue="") == (1, 0)
    with Database.open(lab.root / "again", "anna") as again:
        assert count(again) == 1
        assert [damage for damage in verify(again) if damage.what != "leftover"] == []
