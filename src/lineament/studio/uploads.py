"""Takes files from a browser, piece by piece, up to what one file and one session may have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from lineament.studio.errors import QuotaError, StudioError, TooLargeError
from lineament.studio.workspace import Item, Workspace, check_open

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
    if length.isdecimal():
        _check(int(length), workspace.upload_limit, workspace.left(item.owner) + replaced)
    partial = place.with_name(f".{place.name[:100]}.part")
    taken = 0
    try:
        with open(partial, "xb") as file:
            async for piece in _pieces(request):
                with item.lock:
                    check_open(item)  # else it would be counted nowhere
                    item.on_disk += len(piece)
                taken += len(piece)
                # what is on its way counts as held already
                _check(taken, workspace.upload_limit, taken + workspace.left(item.owner) + replaced)
                await run_in_threadpool(file.write, piece)
        partial.replace(place)
    except FileExistsError:
        raise StudioError(f"{name} is being sent already") from None
    except BaseException as error:
        with suppress(OSError):
            partial.unlink()
        with item.lock:
            item.on_disk = max(0, item.on_disk - taken)
        if isinstance(error, ClientDisconnect):
            raise StudioError("the file was cut off on its way") from None
        if isinstance(error, OSError):
            raise QuotaError(f"the file cannot be kept: {error.strerror or error}") from None
        raise
    with item.lock:
        item.on_disk -= replaced
        closed = item.closed
    if closed:
        workspace.drop_files(item)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield the body in pieces that are worth writing."""
    held, size = list[bytes](), 0
    async for piece in request.stream():
        held.append(piece)
        size += len(piece)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _check(size: int, limit: int, room: int) -> None:
    if size > limit:
        raise TooLargeError(f"a file has {limit >> 20} MiB at most")
    if size > room:
        raise QuotaError("the open scans would take more than a session may; close some first")
