"""Bosphorus range images, `.bnt`; the layout as menpo3d reads it.

Little endian: uint16 rows, uint16 columns, float64 bad value, uint16 length of a texture file's name, the name,
uint32 number of values, then the values as float64, column after column: x, y, z, u, v.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from lineament.errors import FormatError
from lineament.io.scans.arrays import ScanArrays, single

START = struct.Struct("<HHdH")
COLUMNS = 5


def read_bnt(data: bytes, path: Path) -> ScanArrays:
    """Read a Bosphorus range image, in mm.

    Point i is the i-th pixel as the file stores it: row after row from the lowest row of the image upwards.
    Pixels that hold the bad value become rows of NaN.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        Not used.

    Returns
    -------
    ScanArrays
        `points (rows * columns, 3)` and `uv`, the pixels' places in the texture as the file gives them.

    Raises
    ------
    FormatError
        The file is shorter or longer than its header says.
    """
    if len(data) < START.size + 4:
        raise FormatError(f"the BNT header is cut off after {len(data)} bytes")
    rows, columns, bad, name_length = START.unpack_from(data)
    offset = START.size + name_length + 4
    if offset > len(data):
        raise FormatError("the BNT header is cut off")
    (size,) = struct.unpack_from("<I", data, offset - 4)
    if size != rows * columns * COLUMNS or len(data) != offset + 8 * size:
        raise FormatError(
            f"the BNT header promises {rows} x {columns} pixels, {8 * COLUMNS * rows * columns} bytes, "
            f"but declares {size} values and {len(data) - offset} bytes follow; the file is cut off or damaged"
        )
    values = np.frombuffer(data, "<f8", offset=offset).reshape(COLUMNS, -1).T
    valid = ~(values[:, :3] == bad).any(axis=1, keepdims=True)
    # NaN in place of the bad value, which may be too large for float32
    return ScanArrays(
        points=single(np.where(valid, values[:, :3], np.nan)),
        uv=single(np.where(valid, values[:, 3:], np.nan)),
        unit="mm",
        warnings=[],
    )
