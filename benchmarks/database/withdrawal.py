"""Plants words, names and points of people everywhere, lets one of them withdraw, and searches every byte that is left.

    python benchmarks/database/withdrawal.py [--every 1] [--seed 0] [--folder FOLDER]

Planted are labels, names, attributes of people and of scans, points of scans as floats, and files derived from them;
they lie in the database, in exports of every layout, and in a backup. After the withdrawal every file is searched, with
the journals of SQLite, the tables of Parquet unpacked, and all that any key that is left still opens; so is the
database that the backup from before and the keys of after restore. The same when the withdrawal was killed before each
of its steps and begun again. `before` shows that the search finds what is there.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from laboratory import ACTOR, Laboratory, build, machine, planted
from trials import LEAVES, OPERATIONS, run

from lineament.database.backup import copy_keys
from lineament.database.cipher import unseal_small
from lineament.database.database import Database
from lineament.database.people import identity_path
from lineament.database.releases.create import pseudonym
from lineament.database.restore import restore
from lineament.database.verify import doctor, verify
from lineament.database.withdraw import withdraw
from lineament.errors import LineamentError

LAYOUTS = ("bids", "webdataset", "parquet")
STAYS = "LABEL-old-1"
NOT_COVERED = """
not covered: what a disk or an SSD keeps of bytes that the file system has given up (all of it is encrypted; what is
left there of a key ends with the next change of the master key); copies of the keys that were made before and not
again; what recipients have, who get a letter; files that somebody put elsewhere; memory, swap and core dumps;
PostgreSQL"""


def withdrawal(lab: Laboratory, every: int = 1) -> dict[str, Counter[str]]:
    """Search before, after, and after each kill.

    Returns
    -------
    dict of str to Counter
        `trials`, `found` (places with anything of who left), `searched` (bytes), `others` (places with anything of who
        stays, which must not be 0), `unclean`.
    """
    tables: dict[str, Counter[str]] = {}
    lab.restore()
    names = _names(lab)
    tables["before"] = _search(lab, names, restored=True)
    steps = run(lab, OPERATIONS["withdraw"], tell_steps=True).steps
    tables["after"] = _search(lab, names, restored=True)
    killed = tables["killed, begun again"] = Counter()
    mended = tables["killed, then doctor"] = Counter()
    for number, k in enumerate(range(0, len(steps), every)):
        lab.restore()
        run(lab, OPERATIONS["withdraw"], kill_at=k)
        with lab.opened() as database:
            if number % 2 and database.catalogue.rows("SELECT 1 FROM withdrawals"):
                list(doctor(database))
            else:
                withdraw(database, lab.people[LEAVES])
        table = mended if number % 2 else killed
        table.update(_search(lab, names, restored=number % 8 < 2))
    return tables


def _names(lab: Laboratory) -> list[bytes]:
    """Return the names under which recipients know who leaves."""
    with lab.opened() as database:
        releases = database.catalogue.rows("SELECT id FROM releases")
        return [pseudonym(database, each["id"], lab.people[LEAVES]).encode() for each in releases]


def _search(lab: Laboratory, names: list[bytes], *, restored: bool) -> Counter[str]:
    gone, others = planted(lab, LEAVES), planted(lab, STAYS)
    table = Counter(trials=1)

    def look(where: str, data: bytes, words: list[bytes]) -> None:
        table["searched"] += len(data)
        for word in words:
            if word in data:
                table["found"] += 1
                table[f"  {where}: {word!r}"] += 1
        table["others"] += any(word in data for word in others)

    for path in lab.work.rglob("*"):
        if path.is_relative_to(lab.work / "sent"):
            continue
        place = path.relative_to(lab.work).as_posix()
        if lab.people[LEAVES] in place and not place.startswith(("backup/", "keys/")):
            table["found"] += 1
            table[f"  {place}: its name"] += 1
        if path.is_file():
            for data in _readings(path):
                look(place, data, [*gone, *(names if place.startswith("out/") else [])])
    with lab.opened() as database:
        for where, data in opened(database):
            look(f"opened: {where}", data, gone)
        table["unclean"] += len(list(verify(database)))
        if restored:
            copy_keys(database, lab.work / "keys")
    if restored:
        again = lab.work / "again"
        restore(lab.work / "backup", again, lab.work / "keys")
        for path in again.rglob("*"):
            if path.is_file():
                look(f"restored: {path.name}", path.read_bytes(), gone)
        with Database.open(again, ACTOR) as database:
            for where, data in opened(database):
                look(f"restored and opened: {where}", data, gone)
            table["unclean"] += len(list(verify(database)))
        shutil.rmtree(again)
    return table


def opened(database: Database) -> Iterator[tuple[str, bytes]]:
    """Yield all that the keys of a database open, wherever a row or a file is that they could open."""
    for subject, name in database.store.files():
        try:
            yield f"object of {subject}", b"".join(database.store.read(subject, name))
        except LineamentError:
            continue
    for kind, table in (("subject", "subjects"), ("scan", "scans")):
        owner = "id" if kind == "subject" else "subject"
        for found in database.catalogue.rows(
            f"SELECT id, {owner} AS who, sealed FROM {table} WHERE sealed IS NOT NULL"
        ):
            try:
                secret = database.keys.get(found["who"])
                yield f"row of {found['id']}", unseal_small(secret, f"{kind} {found['id']}", bytes(found["sealed"]))
            except LineamentError:
                continue
    for subject in database.identity_keys:
        path = identity_path(database, subject)
        if path.exists():
            secret = database.identity_keys.get(subject)
            yield f"identity of {subject}", unseal_small(secret, f"identity {subject}", path.read_bytes())


def _readings(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes, and what they hold unpacked."""
    data = path.read_bytes()
    yield data
    if path.suffix == ".parquet":
        from pyarrow import parquet

        for row in parquet.read_table(io.BytesIO(data)).to_pylist():
            yield b"\0".join(_flat(row))


def _flat(value: object) -> Iterator[bytes]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _flat(each)
    elif isinstance(value, list):
        for each in value:
            yield from _flat(each)
    else:
        yield value if isinstance(value, bytes) else str(value).encode()


def print_table(tables: dict[str, Counter[str]]) -> None:
    columns = ("trials", "found", "searched", "others", "unclean")
    print(f"{'':20}" + "".join(f"{column:>14}" for column in columns))
    for name, table in tables.items():
        print(f"{name:20}" + "".join(f"{table[column]:>14,}" for column in columns))
    for name, table in tables.items():
        if name != "before":
            for said in [said for said in table if said.startswith(" ")][:40]:
                print(f"  {name}:{said}"[:300])
    places = {"/".join(said.strip().split(":")[0].split("/")[:2]) for said in tables["before"] if said.startswith(" ")}
    print(f"before, it was found in: {', '.join(sorted(places))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="kill before each so many-th step only")
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where the database is made; the system's temporary one without it")
    options = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=options.folder) as top:
        lab = build(Path(top, "lab"), people=options.people, waiting=0, layouts=LAYOUTS, seed=options.seed)
        tables = withdrawal(lab, options.every)
        print_table(tables)
        took = time.perf_counter() - start
        kills = sum(table["trials"] for table in tables.values()) - 2
        print(f"\nN {kills} kills, {options.people} people of whom one left, seed {options.seed}, {took:.0f} s")
        print(machine(Path(top)))
    print(NOT_COVERED.strip())
    good = tables["before"]["found"] and all(table["others"] for table in tables.values())
    sys.exit(not good or any(table["found"] or table["unclean"] for name, table in tables.items() if name != "before"))


if __name__ == "__main__":
    main()
