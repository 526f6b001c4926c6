"""JSON from outside: bounded, without NaN, and with typed access to its members."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from lineament.errors import FormatError
from lineament.io.landmarks.text import Row, check_magnitude, decimal, read_text, show

T = TypeVar("T")

_KINDS = {dict: "an object", list: "a list", str: "text", int: "a whole number", bool: "true or false"}


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON file's object."""
    return parse_json(read_text(path), path)


def parse_json(text: str, path: Path) -> dict[str, Any]:
    """Return the object that a JSON file's text is."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not a JSON number")

    try:
        document = json.loads(text, parse_constant=refuse)
    except RecursionError:
        raise FormatError(f"{path}: JSON nested too deep") from None
    except json.JSONDecodeError as error:
        raise FormatError(f"{path}: not JSON at line {error.lineno}: {error.msg}; is it truncated?") from None
    except ValueError as error:
        raise FormatError(f"{path}: not JSON: {str(error).split(';')[0]}") from None
    if not isinstance(document, dict):
        raise FormatError(f"{path}: found {show(document)}, expected a JSON object")
    return document


def member(parent: Any, key: str, kind: type[T], where: str, default: T | None = None) -> T:
    """Return `parent[key]` of a given type; without a default the key must be there."""
    if not isinstance(parent, dict):
        raise FormatError(f"{where}: found {show(parent)}, expected an object with {key!r}")
    if key not in parent and default is not None:
        return default
    value = parent.get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        found = show(value) if key in parent else "none"
        raise FormatError(f"{where}: {key!r} should be {_KINDS[kind]}, found {found}")
    return value


def json_number(value: Any, where: str) -> float:
    """Return a JSON number as a float that float32 can hold."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise FormatError(f"{where}: found {show(value)}, expected a number")
    return check_magnitude(value, where)


def json_row(value: Any, where: str) -> Row:
    """Return a JSON list of three numbers."""
    if not isinstance(value, list) or len(value) != 3:
        raise FormatError(f"{where}: found {show(value)}, expected three numbers")
    x, y, z = (json_number(item, where) for item in value)
    return x, y, z


def short(value: Any) -> float:
    """Return the double with the shortest text that is the same float32."""
    return float(decimal(value))


def dump_rows(document: dict[str, Any], rows: Sequence[Any]) -> str:
    """Return JSON text, one row a line; the rows stand in place of the document's last empty list."""
    head, _, tail = json.dumps(document, ensure_ascii=False, indent=1).rpartition("[]")
    lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
    return f"{head}[\n{lines}\n ]{tail}\n"
