"""The page itself: the built front end, and the way in by the token."""

from __future__ import annotations

import gzip
import mimetypes
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from lineament.studio.errors import UnknownError
from lineament.studio.sign_in import Sessions

router = APIRouter(include_in_schema=False)
IMMUTABLE = "public, max-age=31536000, immutable"
"""Of assets, whose names hold a hash of their content."""
LONGEST_PATH = 200
"""Bytes, of a file of the page."""
TEXT = frozenset({".html", ".js", ".css", ".svg", ".json", ".map", ".txt"})
"""Files that are worth compressing."""
NO_SESSION = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Lineament Studio</title>
<p>Open the address that <code>lineament studio</code> has printed: it holds the token that lets you in.</p></html>"""
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Lineament Studio</title>
<p>This installation lacks the page's files. In a checkout, build them: <code>npm --prefix web ci &amp;&amp;
npm --prefix web run build</code>.
The API is described at <a href="/api/openapi.json">/api/openapi.json</a>.</p></html>"""


@cache
def static_folder() -> Path:
    """Return the folder of the built front end."""
    return Path(str(files("lineament.studio"))) / "static"


@router.get("/")
def get_root(request: Request, token: str | None = None) -> Response:
    """Let a browser in that brings the token; else show the page."""
    sessions: Sessions = request.app.state.sessions
    if token is not None:
        reply = RedirectResponse("/", 303)
        return reply if sessions.begin(token, reply, request) else HTMLResponse(NO_SESSION, 401)
    if sessions.of(request) is None and not sessions.settings.signs_in:
        return HTMLResponse(NO_SESSION, 401)
    return _index(request)


@router.get("/{path:path}")
def get_file(path: str, request: Request) -> Response:
    """Return a file of the front end; what is none is a view of the page itself."""
    if path == "api" or path.startswith("api/"):
        raise UnknownError(f"there is no /{path}")
    folder = static_folder().resolve()
    place = (folder / path).resolve() if _is_plain(path) else folder
    if place.is_relative_to(folder) and place.is_file():
        return _file(place, request, IMMUTABLE if path.startswith("assets/") else "no-cache")
    if "." in path.rpartition("/")[2]:
        raise UnknownError(f"there is no /{path[:200]}")
    return _index(request)


def _is_plain(path: str) -> bool:
    """Return whether a path can be that of a file of the page, so that the system may be asked: it leads to no drive
    and to no other machine, and is no longer than a name may be."""
    known = len(path.encode("utf-8", "replace")) <= LONGEST_PATH
    return known and not path.startswith("/") and not set(path) & set("\0\\:")


def _index(request: Request) -> Response:
    place = static_folder() / "index.html"
    if not place.is_file():
        return HTMLResponse(NOT_BUILT, 503)
    return _file(place, request, "no-cache")


def _file(place: Path, request: Request, caching: str) -> Response:
    """Return a file of the page, compressed where the browser takes that; all of them are public."""
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    if place.suffix not in TEXT or "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(place, headers=headers)
    data = _compressed(place, place.stat().st_mtime_ns)
    return Response(data, headers=headers | {"Content-Encoding": "gzip"}, media_type=mimetypes.guess_type(place)[0])


@lru_cache(256)
def _compressed(place: Path, changed: int) -> bytes:
    """Return a file's content, compressed once for each time that it has changed."""
    return gzip.compress(place.read_bytes(), mtime=0)
