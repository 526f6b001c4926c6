"""Takes files from a browser, piece by piece, up to what one file and one session may have."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from lineament.studio.errors import QuotaError, StudioError, TooLargeError
from lineament.studio.workspace import Item, Workspace

PIECE = 4 << 20
"""Bytes that are gathered before they are written."""


async def receive(request: Request, workspace: Workspace, item: Item, name: str) -> None:
    """Write the body of a request to a file of a dropped scan; whole or not at all.

    Raises
    ------
    StudioError
        The name is no file name, or the body ended early.
    TooLargeError, QuotaError
    """
    place = workspace.place_for(item, name)
    replaced = place.stat().st_size if place.exists() else 0
    length = request.headers.get("content-length", "")
    room = workspace.left(item.owner) + replaced
    if length.isdecimal():
        _check(int(length), workspace.upload_limit, room)
    partial = place.with_name(f".{place.name[:100]}.part")
    try:
        with open(partial, "xb") as file:
            size = await _write(request, file, workspace.upload_limit, room)
        partial.replace(place)
    except FileExistsError:
        raise StudioError(f"{name} is being sent already") from None
    except ClientDisconnect:
        _remove(partial)
        raise StudioError("the file was cut off on its way") from None
    except BaseException:
        _remove(partial)
        raise
    with item.lock:
        item.on_disk += size - replaced


async def _write(request: Request, file: BinaryIO, limit: int, room: int) -> int:
    size, pieces = 0, []
    async for piece in request.stream():
        size += len(piece)
        _check(size, limit, room)
        pieces.append(piece)
        if sum(map(len, pieces)) >= PIECE:
            await run_in_threadpool(file.write, b"".join(pieces))
            pieces.clear()
    file.write(b"".join(pieces))
    return size


def _check(size: int, limit: int, room: int) -> None:
    if size > limit:
        raise TooLargeError(f"a file has {limit >> 20} MiB at most")
    if size > room:
        raise QuotaError("the open scans would take more than a session may; close some first")


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
