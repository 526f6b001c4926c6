"""LZF, the compression of PCD files: http://oldhome.schmorp.de/marc/liblzf.html."""

from __future__ import annotations

from lineament.errors import FormatError

LARGEST_RATIO = 88
"""Three bytes of input give at most 264 bytes of output."""


def decompress(data: bytes, size: int) -> bytes:
    """Return the `size` bytes that `data` stands for.

    Raises
    ------
    FormatError
        `data` is damaged, or stands for more or fewer bytes.
    """
    if size > len(data) * LARGEST_RATIO:
        raise FormatError(f"{len(data)} compressed bytes cannot hold the {size} bytes that the file declares")
    output = bytearray()
    position, end = 0, len(data)
    try:
        while position < end and len(output) <= size:
            control = data[position]
            position += 1
            if control < 32:
                if position + control >= end:
                    raise IndexError
                output += data[position : position + control + 1]
                position += control + 1
                continue
            length = control >> 5
            if length == 7:
                length += data[position]
                position += 1
            start = len(output) - ((control & 31) << 8) - data[position] - 1
            position += 1
            length += 2
            if start < 0:
                raise IndexError
            piece = output[start : start + length]
            # a reference may reach into the bytes that it writes
            output += piece if len(piece) == length else (piece * (length // len(piece) + 1))[:length]
    except IndexError:
        raise FormatError("the compressed data is damaged or cut off") from None
    if len(output) != size:
        raise FormatError(f"the compressed data does not inflate to the {size} bytes that the file declares")
    return bytes(output)
