"""What every request passes before any route, and what every reply carries."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lineament.studio.errors import TooLargeError, error_reply
from lineament.studio.settings import MEBIBYTE, Settings

LARGEST_BODY = 4 * MEBIBYTE
"""Of a request that is no upload."""
POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "connect-src 'self' blob:",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Refuses names that are not the studio's (DNS rebinding), other sites' pages and endless bodies."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope["path"], self._settings.tls)
            await send(message)

        headers = Headers(scope=scope)
        if not self._is_own_name(headers.get("host", "")):
            reply = error_reply(403, "ForbiddenError", "the studio is not known by this name")
            await reply(scope, receive, guarded)
        elif headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none") and _is_api(scope["path"]):
            reply = error_reply(403, "ForbiddenError", "another site may not use the studio")
            await reply(scope, receive, guarded)
        elif _is_upload(scope):
            await self._app(scope, receive, guarded)
        elif _states_too_much(headers):
            reply = error_reply(413, TooLargeError.__name__, f"a request has {LARGEST_BODY} bytes at most")
            await reply(scope, receive, guarded)
        else:
            await self._app(scope, _bounded(receive), guarded)

    def _is_own_name(self, host: str) -> bool:
        name, _, port = host.lower().rpartition(":") if not host.endswith("]") else (host.lower(), "", "")
        if not name:
            name, port = port, ""
        usual = "443" if self._settings.tls else "80"
        # port 0 is one that the system has chosen: then only the name tells
        number = port or usual
        if not _is_port(number) or name not in self._settings.hosts:
            return False
        if name == (self._settings.public_name or "").lower():  # its port may be another one's that passes on
            return True
        return bool(self._settings.port in (0, int(number)))


def _is_port(text: str) -> bool:
    return text.isdecimal() and len(text) <= len("65535")


def _states_too_much(headers: Headers) -> bool:
    length = headers.get("content-length", "0")
    return not length.isdecimal() or int(length) > LARGEST_BODY


def _bounded(receive: Receive) -> Receive:
    """Stop a body that is larger than any request's."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            raise TooLargeError(f"a request has {LARGEST_BODY} bytes at most")
        return message

    return counted


def _is_api(path: str) -> bool:
    return path.startswith("/api/")


def _is_upload(scope: Scope) -> bool:
    """Whether a route counts the bytes itself."""
    return bool(scope["method"] == "PUT" and scope["path"].startswith("/api/scans/"))


def _add_headers(headers: MutableHeaders, path: str, tls: bool) -> None:
    for name, value in HEADERS.items():
        headers[name] = value
    if tls:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if _is_api(path):
        headers["Cache-Control"] = "no-store"
