"""Runs a studio, and opens a browser at it."""

from __future__ import annotations

import socket
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import replace

import uvicorn
from fastapi import FastAPI

from lineament.errors import InputError
from lineament.studio.app import create_app
from lineament.studio.settings import Settings
from lineament.studio.state import Studio

KEEP_ALIVE_SECONDS = 75
"""That a connection waits for the next request: longer than people look at a view."""
END_SECONDS = 2
"""That open connections, such as event streams, are waited for at the end."""


class Server(uvicorn.Server):
    """Ends the event streams before it stops, which would otherwise be waited for in vain."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=END_SECONDS,
                ssl_certfile=settings.certificate,
                ssl_keyfile=settings.key,
                proxy_headers=False,
                ws="none",
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
            )
        )
        self._studio: Studio = app.state.studio

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        self._studio.jobs.end_following()
        await super().shutdown(sockets)


def address_of(settings: Settings, token: str | None = None) -> str:
    """Return the address to open; where nobody signs in, it holds a token, the studio's own without another one."""
    host = settings.public_name or (f"[{settings.host}]" if ":" in settings.host else settings.host)
    base = f"{'https' if settings.tls else 'http'}://{host}:{settings.port}/"
    return base if settings.signs_in else f"{base}?token={token or settings.token}"


def serve(settings: Settings, tell: Callable[[str], None], browser: bool) -> None:
    """Serve until the user ends it.

    Parameters
    ----------
    settings : Settings
        A port of 0 takes one that is free.
    tell : callable
        Gets the address.
    browser : bool
        Whether to open one.

    Raises
    ------
    InputError
        The address is in use or is none of this machine's.
    """
    listener = _listen(settings.host, settings.port)
    settings = replace(settings, port=listener.getsockname()[1])
    tell(address_of(settings))
    try:
        app = create_app(settings)
        if browser:
            # all users of this machine can read with what a browser was started
            address = address_of(settings, app.state.sessions.token_for_once())
            threading.Timer(0.5, webbrowser.open, [address]).start()
        try:
            Server(app, settings).run([listener])
        finally:
            app.state.studio.workspace.close()  # also when it was ended in haste
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends small replies at once (TCP_NODELAY): else each waits 40 ms for the client.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InputError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from None
    return listener
