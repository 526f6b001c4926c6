"""Pixel-Face: `<sample>/fusion/gt.mat` with three pictures and depth images, `release_info.txt` says whose they are.

Lyu, Li, Zhu, Cheng: *Pixel-Face*, arXiv 2008.12444, 2020. Layout after github.com/zyg11/Pixel-Face (`readme.md` and the
folder `sample`): pictures `<sample>/<view>/t.bmp` with view 0, 1, 2 for left, middle and right, depth
`<sample>/<view>/depth.png` or `.bmp`, raw mesh, registered mesh and landmarks in `<sample>/fusion/gt.mat`; in the
published sample pictures and meshes are below `mesh`, depth below `depth`, and both forms are taken. Rows of
`release_id/release_info.txt`: subject, sample, sex (1 male, 0 female), age, label of the expression; 0 is any other.
The names of the 22 expressions are published as a picture alone, so their numbers are kept. `release_id/split/
release_train.txt` and `release_eva.txt` name the samples of each part.

Assumed, since only one sample is public: that a folder is called as the sample in these lists, and that blanks or
commas separate their cells. Without `release_info.txt` nobody knows which samples are of one person, and nothing is
imported: a person could not be withdrawn. The unit is not stated.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

from lineament.database.importers.layout import Layout, has
from lineament.database.importers.listing import Listing, Part, gather, label, left_over, natural
from lineament.database.importers.metadata import agreed, parse_age, read_rows
from lineament.database.records import Manifest, ScanRecord, SubjectRecord
from lineament.errors import FormatError, InputError

_SAMPLE = "(?P<sample>(?!(?:mesh|depth)/)[^/]+)"
_MAT = rf"{_SAMPLE}(/mesh)?/fusion/gt\.mat"
PARTS = (
    Part(_MAT, "geometry"),
    Part(rf"{_SAMPLE}(/mesh)?/(?P<index>[0-2])/t\.(bmp|png|jpe?g)", "view"),
    Part(rf"{_SAMPLE}(/depth)?/(?P<index>[0-2])/depth\.(png|bmp)", "depth"),
    Part(rf"{_SAMPLE}(/depth)?/(?P<index>[0-2])/rgb_d\.(bmp|png)", "other", meta={"picture": "rgb_d"}),
)
_SEXES = {"1": "male", "0": "female", "-": None}
_SPLITS = {"release_train.txt": "train", "release_eva.txt": "evaluation"}


@dataclass(frozen=True)
class _Row:
    subject: str
    sex: str | None
    age: float | None
    expression: str


def _key(match: re.Match[str]) -> str:
    return label(match["sample"])


def read(listing: Listing) -> Manifest:
    """List the samples of a folder."""
    found = gather(listing, PARTS, _key, ("geometry", "view"))
    infos = [name for name in found.rest if PurePosixPath(name).name.lower() == "release_info.txt"]
    if not infos:
        raise InputError(
            f"{listing.folder} holds no release_info.txt, which says of whom each sample is; put the folder release_id "
            "of the dataset there"
        )
    rows = _read_rows(listing, infos)
    lists = {name: part for name in found.rest if (part := _SPLITS.get(PurePosixPath(name).name.lower()))}
    splits = {label(cells[0]): part for name, part in lists.items() for _, cells in read_rows(listing.path(name))}
    scans, repeats = [], Counter[tuple[str, str]]()
    known = sorted(set(found.scans) & set(rows), key=natural)
    for sample in known:
        row, files = rows[sample], found.scans[sample]
        repeats[row.subject, row.expression] += 1
        scans.append(
            ScanRecord(
                row.subject,
                files,
                "multiview" if any(file.role == "view" for file in files) else "mesh",
                expression=row.expression,
                protocol="pixelface" if row.expression else "",
                repeat=repeats[row.subject, row.expression],
                age=row.age,
                attributes={"sample": sample} | ({"split": splits[sample]} if sample in splits else {}),
            )
        )
    scans.sort(key=lambda scan: (natural(scan.subject), natural(scan.expression), scan.repeat))
    of_sex: dict[str, list[str | None]] = {}
    for sample in known:
        of_sex.setdefault(rows[sample].subject, []).append(rows[sample].sex)
    subjects = tuple(
        SubjectRecord(who, agreed(of_sex[who], f"the sex of subject {who}") or "unknown")
        for who in sorted(of_sex, key=natural)
    )
    strange = len(found.scans) - len(known)
    notes = [f"samples that are not in release_info.txt, passed over: {strange}"] if strange else []
    notes += left_over(set(found.rest) - set(infos) - set(lists))
    return Manifest("pixelface", subjects, tuple(scans), (*listing.notes, *notes))


def _read_rows(listing: Listing, names: list[str]) -> dict[str, _Row]:
    stated: dict[str, list[_Row]] = {}
    for name in names:
        for where, cells in read_rows(listing.path(name)):
            if len(cells) != 5 or cells[2] not in _SEXES or not cells[4].isdecimal():
                raise FormatError(f"{where}: expected subject, sample, sex (1 or 0), age and expression")
            expression = "" if cells[4] == "0" else cells[4]
            row = _Row(label(cells[0]), _SEXES[cells[2]], parse_age(cells[3], where), expression)
            stated.setdefault(label(cells[1]), []).append(row)
    rows = {}
    for sample, its in stated.items():
        agreed((row.subject for row in its), f"the subject of sample {sample}")
        agreed((row.expression for row in its), f"the expression of sample {sample}")
        agreed((row.age for row in its), f"the age of sample {sample}")
        agreed((row.sex for row in its), f"the sex of sample {sample}")
        rows[sample] = its[0]
    return rows


PIXELFACE = Layout("pixelface", "<sample>/fusion/gt.mat", has(_MAT), read)
