"""Points as rows of text: XYZ, TXT, CSV and ASC.

Columns are parted by commas, semicolons, tabs or blanks; a header may name them; `#` begins a comment.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import numpy as np

from lineament.errors import FormatError
from lineament.io.scans.arrays import Array, ScanArrays, as_colors, single
from lineament.io.scans.text import clean, quote, table, warn_unfinished, write_rows
from lineament.types import Scan

NAMES = {
    **dict.fromkeys(("x", "px", "pos_x", "points:0"), "x"),
    **dict.fromkeys(("y", "py", "pos_y", "points:1"), "y"),
    **dict.fromkeys(("z", "pz", "pos_z", "points:2"), "z"),
    **{f"{prefix}{axis}": f"n{axis}" for prefix in ("n", "n_", "normal_", "normal") for axis in "xyz"},
    **{name: name[0] for name in ("r", "g", "b", "red", "green", "blue")},
}
"""Column titles, lower case, and what they mean."""
POINT, NORMAL, COLOR = ("x", "y", "z"), ("nx", "ny", "nz"), ("r", "g", "b")


def read_xyz(data: bytes, path: Path) -> ScanArrays:
    """Read rows of `x y z`, with normals and colours where a header or the numbers themselves show them.

    Without a header six columns are points and colours when columns 4 to 6 are whole numbers from 0 to 255, points
    and normals when those are of length one; nine columns are points, colours and normals, in either order.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        Not used.

    Returns
    -------
    ScanArrays

    Raises
    ------
    FormatError
        A row is longer or shorter than the first, a field is empty or no number, or there are less than 3 columns.
    """
    text = clean(data, b"#")
    if b"\0" in text:
        raise FormatError(f"the file is binary, not rows of text; it begins with {quote(data)}")
    text = _blanks_only(text.replace(b"//", b""))
    first, rest = _first_line(text)
    if not first:
        raise FormatError("the file holds no points")
    warnings: list[str] = []
    warn_unfinished(data, warnings)
    if re.fullmatch(rb"\d+", first):
        rows = table(rest, "points")
        if len(rows) != int(first[:18]):
            raise FormatError(f"the first line promises {quote(first)} points, but {len(rows)} follow")
    elif _is_row(first):
        rows = table(text, "points")
    else:
        rows = table(rest, "points")
        return _by_titles(first, rows, warnings)
    if rows.shape[1] < 3:
        raise FormatError(f"rows hold {rows.shape[1]} numbers, expected at least x y z")
    return _by_values(rows, warnings)


def _blanks_only(text: bytes) -> bytes:
    """Return the rows with blanks between the numbers and points in them."""
    if b";" in text:
        # beside a semicolon a comma is a decimal sign
        text = text.replace(b",", b".").replace(b";", b",")
    elif re.search(rb"\d,\d", text) and re.search(rb"\d[ \t]+[-+.\d]", text):
        raise FormatError("both commas and blanks stand between the numbers; use one of them, and write 1.5 not 1,5")
    if re.search(rb",[ \t]*,|(?:^|\n)[ \t]*,", text):
        raise FormatError("a row has an empty field; write nan for a missing number")
    return text.replace(b",", b" ").replace(b'"', b"")


def _first_line(text: bytes) -> tuple[bytes, bytes]:
    line, _, rest = text.lstrip().partition(b"\n")
    return line.strip(), rest


def _is_row(line: bytes) -> bool:
    """Return whether some word of a line is a number; titles are none."""
    for word in line.split():
        with suppress(ValueError):
            float(word)
            return True
    return False


def _by_titles(line: bytes, rows: Array, warnings: list[str]) -> ScanArrays:
    """Pick columns by the titles in the first line."""
    titles = [re.sub(r"[\[(].*", "", word).strip("'_ ") for word in line.decode("utf-8", "replace").lower().split()]
    titles = [title for title in titles if title]
    if len(titles) != rows.shape[1]:
        raise FormatError(f"the first line {quote(line)} has {len(titles)} titles for {rows.shape[1]} columns")
    meanings = [NAMES.get(title, "") for title in titles]
    if not set(POINT) <= set(meanings):
        raise FormatError(f"the first line {quote(line, 40)} does not name columns x, y and z")

    def columns(names: tuple[str, str, str]) -> Array | None:
        return rows[:, [meanings.index(name) for name in names]] if set(names) <= set(meanings) else None

    unknown = [title for title, meaning in zip(titles, meanings, strict=True) if not meaning]
    if unknown:
        warnings.append(f"columns passed over: {', '.join(unknown[:6])}")
    points, colors = columns(POINT), columns(COLOR)
    return ScanArrays(
        points=single(rows[:, :3] if points is None else points),
        normals=columns(NORMAL),
        colors=None if colors is None else _levels(colors),
        warnings=warnings,
    )


def _by_values(rows: Array, warnings: list[str]) -> ScanArrays:
    """Tell colours and normals apart by their numbers."""
    arrays = ScanArrays(points=single(rows[:, :3]), warnings=warnings)
    used = 3
    for start in (3, 6):
        block = rows[:, start : start + 3]
        if rows.shape[1] not in (6, 9) or block.shape[1] < 3:
            break
        if _are_colors(block) and "colors" not in arrays:
            arrays["colors"] = _levels(block)
        elif _are_normals(block) and "normals" not in arrays:
            arrays["normals"] = block
        else:
            break
        used = start + 3
    if used < rows.shape[1]:
        warnings.append(f"columns {used + 1} to {rows.shape[1]} have no title and were passed over")
    return arrays


def _are_colors(block: Array) -> bool:
    return bool(((block >= 0) & (block <= 255) & (block == np.floor(block))).all()) and not _are_normals(block)


def _are_normals(block: Array) -> bool:
    with np.errstate(all="ignore"):
        length = np.linalg.norm(block, axis=1)
        known = ~np.isnan(length)
        # text often keeps three digits only
        return bool(known.any()) and bool((np.abs(length[known] - 1) < 0.02).all())


def _levels(block: Array) -> Array:
    """Return colours as bytes; whole numbers are bytes already."""
    return as_colors(block, 255.0 if (block == np.floor(block)).all() else None)


def _columns(scan: Scan) -> tuple[list[str], list[tuple[str, Array]]]:
    titles = list(POINT)
    columns: list[tuple[str, Array]] = [("%.9g", scan.points)]
    if scan.normals is not None:
        titles, columns = [*titles, *NORMAL], [*columns, ("%.9g", scan.normals)]
    if scan.colors is not None:
        titles, columns = [*titles, *COLOR], [*columns, ("%d", scan.colors)]
    return titles, columns


def write_xyz(scan: Scan, ascii: bool) -> bytes:
    """Return rows of `x y z`, then normals and colours as far as there are any; a header then names the columns.

    Parameters
    ----------
    scan : Scan
        Its triangles are left out: the format has none.
    ascii : bool
        Not used; the file is always text.
    """
    titles, columns = _columns(scan)
    header = b"" if len(titles) == 3 else " ".join(titles).encode() + b"\n"
    return header + write_rows(columns)


def write_csv(scan: Scan, ascii: bool) -> bytes:
    """Return comma-separated rows under a header; otherwise as `write_xyz`."""
    titles, columns = _columns(scan)
    return ",".join(titles).encode() + b"\n" + write_rows(columns, separator=",")
