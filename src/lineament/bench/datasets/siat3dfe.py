"""SIAT-3DFE: `<sex>/<subject>/<expression>/model.cie` holds a mesh and the vertices of its landmarks.

Ye, Song, Guo, Qiao: *SIAT-3DFE: A High-Resolution 3D Facial Expression Dataset*, IEEE Access 8, 2020. The file is laid
out as in the dataset's own `dataset/cieFileReader.cpp` (github.com/CIESIAT/SIAT-3DFE, commit a569c4f) and in
github.com/PETMR/220913_SIAT (`readData.py`), little endian: uint32 numbers of vertices, faces, blendshape entries and
landmarks; 64 bytes a vertex (3 float32 place, 4 bytes, 3 float32 normal, 4 bytes, 8 float32 texture); 16 bytes a face;
16 bytes an entry; an int32 vertex, from 0, for each landmark. Not checked on a licensed file. Neither source says what
the landmarks are, nor in which order: give `--order`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lineament.bench.datasets.base import Dataset, Item, Truth, at_vertices, list_scans, pick, read_order
from lineament.errors import FormatError, InputError
from lineament.io.load import load_bytes
from lineament.types import Scan, Source

HEADER, VERTEX, FACE, ENTRY, LANDMARK = 16, 64, 16, 16, 4
"""Bytes of each part."""


def find(folder: Path) -> list[Item]:
    """List the scans; subjects are numbered within their sex."""
    items = []
    for path in list_scans(folder, "*.cie", "scans of SIAT-3DFE (.cie)"):
        sex, subject, expression = ("", *path.parts)[-4:-1]
        items.append(Item(f"{sex}/{subject}", f"{sex}/{subject}/{expression}", path, path))
    return items


def read_cie(path: Path) -> Scan:
    """Read the scan of a `.cie` file, as a cloud: the sources differ on the type of the faces' numbers.

    Raises
    ------
    FormatError
        The file's length is not what its header promises.
    """
    return _parse(path)[0]


def _parse(path: Path) -> tuple[Scan, list[int]]:
    """Return the scan and its vertices that are landmarks."""
    data = load_bytes(path)
    if len(data) < HEADER:
        raise FormatError(f"{path}: the header is cut off after {len(data)} bytes")
    vertices, faces, entries, landmarks = (int(number) for number in np.frombuffer(data, "<u4", 4))
    end = HEADER + VERTEX * vertices + FACE * faces + ENTRY * entries
    if len(data) != end + LANDMARK * landmarks:
        raise FormatError(
            f"{path}: promises {vertices} vertices, {faces} faces, {entries} entries and {landmarks} landmarks, "
            f"{end + LANDMARK * landmarks} bytes, but holds {len(data)}"
        )
    if not vertices or not landmarks:
        raise FormatError(f"{path}: holds {vertices} vertices and {landmarks} landmarks")
    records = np.frombuffer(data, "<f4", vertices * VERTEX // 4, HEADER).reshape(vertices, -1)
    scan = Scan(np.array(records[:, :3]), source=Source(path, "cie"))
    return scan, np.frombuffer(data, "<i4", landmarks, end).tolist()


def load(item: Item, order: str) -> Truth:
    """Read a scan and its landmarks.

    Raises
    ------
    InputError
        No order is given.
    """
    scan, vertices = _parse(item.scan)
    if not order:
        raise InputError(
            f"SIAT-3DFE does not say what its {len(vertices)} landmarks are; give --order ibug68 where they are "
            "iBUG's 68, or --order FILE"
        )
    names, xyz = pick(at_vertices(scan, vertices, item.scan), read_order(order, len(vertices), item.scan))
    return Truth(scan, names, xyz)


SIAT3DFE = Dataset("siat3dfe", find, load, read=read_cie)
