"""The process in the sandbox: takes one file after another from its parent and tells what it found in each.

Requests and replies are lines of JSON on its standard input and output. Replies are never pickled: the parent would
have to trust them.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import lineament
from lineament.database.intake.confine import Watch, confine_kernel, limit_resources, limit_time

Work = Callable[[Path, dict[str, Any]], tuple[dict[str, Any], list[Any]]]
"""Turns a file and the request for it into a reply, and arrays that are handed over when they are called for."""


def serve(memory: int) -> None:
    """Give up every right that parsing does not need, then serve until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its children
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # what a library prints must not stand among the replies
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        work, watch, measures = _prepare(memory)
    except Exception as error:
        _send(replies, {"failed": f"{type(error).__name__}: {error}"})
        return
    _send(replies, {"ready": measures})
    held: list[Any] = []
    for line in requests:
        request = json.loads(line)
        if request.get("hand_over"):
            for array in held:
                replies.write(memoryview(array).cast("B"))
            replies.flush()
            held = []
            continue
        limit_time(request["seconds"])
        path = Path(request["path"])
        watch.allowed = {str(path), str(path.with_name(path.stem + ".names.csv")), *request.get("beside", ())}
        watch.denied.clear()
        reply, held = work(path, request)
        watch.allowed = set()
        if watch.denied:
            held = []
            reply = {
                "refused": f"reading it led to something that is refused here: {watch.denied[0]}",
                "kind": "malformed",
            }
        _send(replies, reply | {"denied": watch.denied[:10]})
        if reply.get("kind") == "memory":
            return  # what is left of the memory may be too little for the next file


def _prepare(memory: int) -> tuple[Work, Watch, list[str]]:
    """Give up rights; return what parses, what watches over it, and what is in force."""
    measures = confine_kernel()  # before anything is imported that starts threads
    work = _load()
    measures += limit_resources(memory)
    gc.freeze()  # what is loaded stays, and need not be gone through again and again
    return work, Watch([Path(str(lineament.__file__)).parent]), [*measures, "audit hook"]


def _load() -> Work:
    """Import all that parsing needs, while files may still be opened, and return what turns a request to a reply."""
    from PIL import Image

    from lineament.database.intake.formats import IMAGES
    from lineament.database.intake.handover import read_whole
    from lineament.database.intake.inspection import inspect_file
    from lineament.errors import LineamentError

    Image.init()
    Image.MAX_IMAGE_PIXELS = None  # `inspect_file` has a limit of its own, which raises and does not warn
    if not set(IMAGES) <= set(Image.OPEN):
        raise LineamentError(f"Pillow was built without a decoder for {sorted(set(IMAGES) - set(Image.OPEN))}")

    def work(path: Path, request: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
        try:
            if "role" in request:
                return {"found": asdict(inspect_file(path, request["role"]))}, []
            promise, arrays = read_whole(path, request["unit"], request["intrinsics"])
            return {"whole": promise}, arrays
        except LineamentError as error:
            return {"refused": _nameless(str(error), path), "kind": "malformed"}, []
        except MemoryError:
            return {"refused": "reading it takes more memory than is allowed", "kind": "memory"}, []
        except RecursionError:
            return {"refused": "it is nested too deep", "kind": "malformed"}, []
        except Exception as error:
            # a fault of a reader, which is the file's fault all the same until it is mended
            text = f"its reader failed: {type(error).__name__}: {error}"
            return {"refused": _nameless(text, path), "kind": "fault"}, []

    return work


def _nameless(text: str, path: Path) -> str:
    """Return a reason without the file's name, which may hold a person's."""
    for name in (str(path), path.name):
        text = text.replace(f"{name}: ", "").replace(name, "the file")
    return text[:600]


def _send(replies: IO[bytes], reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply, allow_nan=False).encode("ascii") + b"\n")
    replies.flush()
