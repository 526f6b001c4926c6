"""Errors of a request, and how every error is told: `{"error": {"kind": ..., "message": ...}}`, never a traceback."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match

from lineament.errors import AccessError, FormatError, InputError, LineamentError, NoFaceError

_LOG = logging.getLogger("lineament.studio")


class StudioError(LineamentError):
    """A request that cannot be served; `status` is its HTTP status."""

    status = 400


class SignInError(StudioError):
    """Nobody is signed in, or the proof is wrong."""

    status = 401


class ForbiddenError(StudioError):
    """The request does not come from the studio's own page."""

    status = 403


class UnknownError(StudioError):
    """There is nothing of this name, or it is another session's."""

    status = 404


class ConflictError(StudioError):
    """What is asked for has not been made yet, or cannot be."""

    status = 409


class TooLargeError(StudioError):
    """A body is larger than is taken."""

    status = 413


class QuotaError(StudioError):
    """The session holds as much as it may."""

    status = 507


class ErrorBody(BaseModel):
    """What went wrong."""

    kind: str
    message: str


class ErrorReply(BaseModel):
    """Every reply that is no success."""

    error: ErrorBody


REPLIES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorReply, "description": text}
    for status, text in (
        (400, "A value cannot be used."),
        (401, "Not signed in."),
        (403, "Not allowed."),
        (404, "There is no such thing, or it is another session's."),
        (409, "It has not been made yet, or cannot be."),
        (413, "Too large."),
        (422, "The request or the file does not follow its format, or no face was found."),
        (507, "The session holds as much as it may."),
    )
}
"""Replies that every route may give, for OpenAPI."""


def status_of(error: LineamentError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, StudioError):
        return error.status
    if isinstance(error, AccessError):
        return 403
    if isinstance(error, (NoFaceError, FormatError)):
        return 422
    return 400 if isinstance(error, InputError) else 500


def readable(text: str) -> str:
    """Return a text without the half characters that stand in names of files that are no UTF-8: JSON has none."""
    return text.encode("utf-8", "replace").decode("utf-8")


def error_reply(status: int, kind: str, message: str) -> JSONResponse:
    """Return an error as every route tells it."""
    return JSONResponse({"error": {"kind": kind, "message": readable(message)}}, status)


def _methods_of(app: FastAPI, request: Request) -> list[str]:
    """Return what may be done at a path: Starlette names the methods of the first route there alone."""
    there = [route for route in app.routes if route.matches(request.scope)[0] != Match.NONE]
    return sorted({method for route in there for method in getattr(route, "methods", None) or ()})


def add_handlers(app: FastAPI) -> None:
    """Have every exception told in the one form."""

    def own(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, LineamentError)
        return error_reply(status_of(error), type(error).__name__, str(error))

    def wrong(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        texts = [
            f"{'.'.join(str(part) for part in found['loc'][1:]) or found['loc'][0]}: {found['msg']}"
            for found in error.errors()[:5]
        ]
        return error_reply(422, "InputError", "; ".join(texts))

    def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        kind = "UnknownError" if error.status_code == 404 else "StudioError"
        reply = error_reply(error.status_code, kind, str(error.detail))
        reply.headers.update(error.headers or {})
        if error.status_code == 405:
            reply.headers["Allow"] = ", ".join(_methods_of(app, request))
        return reply

    def fault(request: Request, error: Exception) -> JSONResponse:
        _LOG.exception("%s %s", request.method, request.url.path, exc_info=error)
        return error_reply(500, "InternalError", f"internal error, please report it: {type(error).__name__}")

    app.add_exception_handler(LineamentError, own)
    app.add_exception_handler(RequestValidationError, wrong)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, fault)
