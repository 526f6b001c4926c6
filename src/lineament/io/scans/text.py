"""Numbers in text, parsed in bulk.

Every function takes bytes with `\n` line ends, as `clean` returns them.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.errors import FormatError

NEWLINE = 10
BLANK = 32
"""Every byte up to this one separates tokens."""


def clean(data: bytes, comment: bytes = b"") -> bytes:
    """Return text with `\n` line ends, without byte-order mark, and without comments.

    Parameters
    ----------
    data : bytes
    comment : bytes
        The character that begins a comment, which ends with its line; empty where the format has none.

    Raises
    ------
    FormatError
        The text is UTF-16, or binary.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FormatError("the text is UTF-16; save it as UTF-8")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if comment and comment in data:
        data = re.sub(re.escape(comment) + rb"[^\n]*", b"", data)
    return data


def warn_unfinished(data: bytes, warnings: list[str]) -> None:
    """Tell of a text without a line end at its end, in formats that cannot say how long they are."""
    if not data.endswith((b"\n", b"\r")):
        warnings.append("the last line has no line end; the file may be cut off")


def quote(data: bytes | str, limit: int = 24) -> str:
    """Return the beginning of `data` as it may stand in an error text."""
    data = data.encode("utf-8", "replace") if isinstance(data, str) else data
    shown = "".join(c if c.isprintable() else "?" for c in data[:limit].decode("latin-1").split("\n")[0].strip())
    return repr(shown + ("..." if len(data) > limit else ""))


def numbers(block: bytes, dtype: type[np.generic] = np.float64) -> npt.NDArray[Any]:
    """Parse blank-separated numbers.

    Parameters
    ----------
    block : bytes
    dtype : float64 or int64

    Returns
    -------
    (n,) of dtype

    Raises
    ------
    FormatError
        A token is not a number; the text names it.
    """
    if not block.strip():
        return np.empty(0, dtype)
    try:
        values = np.fromstring(block, dtype=dtype, sep=" ")
    except ValueError:
        raise FormatError(_first_bad(block, dtype)) from None
    # fromstring takes "1-2" for two numbers, and older versions of numpy stop early with a mere warning
    if len(values) != len(token_starts(block)):
        raise FormatError(_first_bad(block, dtype))
    return values


def _first_bad(block: bytes, dtype: type[np.generic]) -> str:
    kind, expected = (float, "a number") if dtype is np.float64 else (int, "a whole number")
    for token in block.split():
        try:
            kind(token)
        except ValueError:
            return f"found {quote(token)} where {expected} is expected"
    return f"the text holds something that is not {expected}"


def token_starts(block: bytes) -> npt.NDArray[np.intp]:
    """Return the offset of each token's first byte."""
    solid = np.frombuffer(block, np.uint8) > BLANK
    solid[1:] &= ~solid[:-1]
    return np.flatnonzero(solid)


def tokens_per_line(block: bytes) -> npt.NDArray[np.intp]:
    """Return the number of tokens of each line, blank lines included."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == NEWLINE)
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    return np.diff(np.searchsorted(token_starts(block), ends), prepend=0)


def table(block: bytes, what: str) -> npt.NDArray[np.float64]:
    """Parse lines of equally many numbers; blank lines are passed over.

    Raises
    ------
    FormatError
        A token is not a number, or a line is longer or shorter than the first.
    """
    counts = tokens_per_line(block)
    counts = counts[counts > 0]
    if not counts.size:
        return np.empty((0, 0))
    odd = np.flatnonzero(counts != counts[0])
    if odd.size:
        raise FormatError(
            f"row {odd[0] + 1} of the {what} holds {counts[odd[0]]} numbers, but the first holds {counts[0]}; "
            "the file may be cut off or damaged"
        )
    return numbers(block).reshape(-1, counts[0])


def write_rows(columns: list[tuple[str, npt.NDArray[Any]]], prefix: str = "", separator: str = " ") -> bytes:
    """Return rows of text, each column block with its printf format.

    Parameters
    ----------
    columns : list of (format of one number, (N, D) array)
    prefix : str
        Text at the beginning of each row.
    separator : str
    """
    rows = len(columns[0][1])
    if not rows:
        return b""
    line = prefix + separator.join(form for form, block in columns for _ in range(block.shape[1])) + "\n"
    lists = [block.tolist() for _, block in columns]
    if len(lists) == 1:
        return "".join([line % tuple(row) for row in lists[0]]).encode("ascii")
    return "".join([line % tuple(chain.from_iterable(parts)) for parts in zip(*lists, strict=True)]).encode("ascii")
