"""What a file holds, judged by its first bytes."""

from __future__ import annotations

import re

# possessive, so that a long run of digits is gone through once
NUMBER = rb"[-+]?(?:\d++\.?+\d*+|\.\d++|nan)(?:e[-+]?\d++)?"
MARKS: tuple[tuple[str, re.Pattern[bytes]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE if name in ("stl", "xyz") else 0))
    for name, pattern in (
        ("ply", rb"ply[ \t]*[\r\n]"),
        ("glb", rb"glTF"),
        ("npz", rb"PK\x03\x04"),
        ("npy", rb"\x93NUMPY"),
        ("png", rb"\x89PNG"),
        ("wrl", rb"#VRML V2"),
        ("pcd", rb"(?:#[^\n]*\n\s*)*VERSION[ \t]|# \.PCD"),
        ("off", rb"(?:ST)?C?N?4?n?OFF\b"),
        ("stl", rb"\s*solid\b[^\n]*\n\s*facet\b"),
        ("gltf", rb"\s*\{\s*\""),
        ("obj", rb"(?:[ \t]*(?:#[^\n]*|(?:mtllib|o|g|s|usemtl)[ \t][^\n]*)?\r?\n)*[ \t]*v[ \t]+" + NUMBER),
        ("xyz", rb"(?:#[^\n]*\n)*\s*" + NUMBER + rb"(?:[\s,;]+" + NUMBER + rb"){2}"),
    )
)
FAMILIES = ({"glb", "gltf"}, {"xyz", "txt", "csv", "asc", "pts"})
"""Suffixes whose readers take each other's files."""


def looks_like(data: bytes) -> str | None:
    """Return the suffix of the format that `data` seems to be of, or None."""
    start = data[:65536]
    return next((name for name, pattern in MARKS if pattern.match(start)), None)


def same_family(first: str, second: str) -> bool:
    """Return whether one reader serves both suffixes."""
    return first == second or any(first in family and second in family for family in FAMILIES)
