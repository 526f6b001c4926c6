"""Who uses the studio: by the token of the printed address, or by an actor's name and password."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from lineament import __version__
from lineament.database.actors import actor_named
from lineament.database.database import Database
from lineament.database.describe import actions_of, own_roles
from lineament.database.passwords import any_password, password_changed, prove, set_password
from lineament.errors import AccessError
from lineament.studio.database.pool import Pool, check_session
from lineament.studio.errors import REPLIES, ErrorReply, ForbiddenError, SignInError, error_reply
from lineament.studio.settings import Settings
from lineament.studio.sign_in_limits import Limits, TooManyError
from lineament.studio.sign_in_session import BY_PASSWORD, BY_TOKEN, Session, SessionTable

__all__ = ["CSRF_HEADER", "Session", "Sessions", "cookie_name", "current", "router"]

_LOG = logging.getLogger("lineament.studio")
CSRF_HEADER = "X-Lineament-CSRF"
SAFE = ("GET", "HEAD", "OPTIONS")
ASK_AGAIN = 5.0
"""Seconds after which the database is asked again whether a session's actor may act, by requests that do not ask it
themselves."""


class Sessions:
    """All sessions of a studio, and how one is begun.

    Attributes
    ----------
    settings : Settings
    table : SessionTable
    limits : Limits
    pool : Pool or None
        Of the database; None in a studio without one.

    Raises
    ------
    AccessError
        The actor that the studio is started for is none of the database.
    InputError, StoreError
        The database cannot be opened.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.table = SessionTable()
        self.limits = Limits()
        self._stranger = secrets.token_urlsafe(32)
        self._for_once: set[str] = set()
        if settings.database is not None and settings.actor is not None:
            Database.open(settings.database, settings.actor).close()
        self.pool = None if settings.database is None else Pool(settings.database)
        if self.pool is not None and settings.signs_in and not self.pool.call(any_password):
            _LOG.warning("nobody can sign in yet; give somebody a password: lineament db actor password NAME")

    def begin(self, token: str, response: Response, request: Request | None = None) -> bool:
        """Start a session where the token is right, or go on with the one that there is; return whether it is."""
        if self.settings.signs_in or not self._is_right(token):
            return False
        if request is not None and self.of(request) is not None:
            return True
        name, actor = self.settings.actor or "", ""
        if self.pool is not None:
            actor = self.pool.call(lambda database: _let_in(database, name))
        session = Session(secrets.token_urlsafe(9), name, self.settings.database, actor)
        self._give(response, self.table.begin(session, BY_TOKEN))
        return True

    def token_for_once(self) -> str:
        """Return a further token, which lets one browser in, and is spent then."""
        token = secrets.token_urlsafe(32)
        self._for_once.add(hashlib.sha256(token.encode()).hexdigest())
        return token

    def _is_right(self, token: str) -> bool:
        try:
            self._for_once.remove(hashlib.sha256(token.encode()).hexdigest())
        except KeyError:
            return hmac.compare_digest(token.encode(), self.settings.token.encode())
        return True

    def begin_by_password(self, response: Response, name: str, password: str, database: Database) -> Session:
        """Start a session of the actor who knows the password.

        Raises
        ------
        AccessError
            Name and password do not go together.
        """
        actor = prove(database, name, password)
        since = password_changed(database, actor)
        session = Session(secrets.token_urlsafe(9), name, self.settings.database, actor, since)
        self._give(response, self.table.begin(session, BY_PASSWORD))
        return session

    def end(self, session: Session, response: Response) -> None:
        """End a session, and have the browser forget it."""
        self.table.end(session)
        response.delete_cookie(cookie_name(self.settings), secure=self.settings.tls, httponly=True, samesite="strict")

    def of(self, request: Request) -> tuple[Session, str] | None:
        """Return the session of a request and its CSRF token, or None."""
        return self.table.of(self._secret(request))

    async def checked(self, request: Request) -> tuple[Session, str] | None:
        """Do as `of`, and ask the database from time to time whether the actor still may act."""
        found = self.of(request)
        if found is None or self.pool is None or not self.table.to_check(self._secret(request), ASK_AGAIN):
            return found
        session = found[0]
        try:
            await self.pool.call_later(lambda database: check_session(database, session))
        except SignInError:
            self.table.end(session)
            return None
        return found

    def csrf(self, found: tuple[Session, str] | None) -> str:
        """Return the token that a session's changes must carry; of whoever is not signed in, that of strangers, which
        pages of other sites cannot read either."""
        return self._stranger if found is None else found[1]

    def check_csrf(self, request: Request, found: tuple[Session, str] | None) -> None:
        """See whether a request that changes something comes from the studio's own page.

        Raises
        ------
        ForbiddenError
        """
        said = request.headers.get(CSRF_HEADER, "").encode()
        if request.method not in SAFE and not hmac.compare_digest(said, self.csrf(found).encode()):
            raise ForbiddenError(f"the request lacks the session's token in {CSRF_HEADER}")

    def close(self) -> None:
        """End all sessions, and close the database."""
        for session in self.table.all():
            self.table.end(session)
        if self.pool is not None:
            self.pool.close()

    def _secret(self, request: Request) -> str:
        return request.cookies.get(cookie_name(self.settings), "")

    def _give(self, response: Response, secret: str) -> None:
        tls = self.settings.tls
        response.set_cookie(cookie_name(self.settings), secret, httponly=True, samesite="strict", secure=tls, path="/")


def cookie_name(settings: Settings) -> str:
    """Return the name of the cookie; with the port, since cookies of two studios on one machine share all else."""
    return "__Host-lineament" if settings.tls else f"lineament_{settings.port}"


async def current(request: Request) -> Session:
    """Return the session of a request.

    Raises
    ------
    SignInError
        There is none.
    ForbiddenError
        The request changes something and does not carry the session's CSRF token.
    """
    sessions: Sessions = request.app.state.sessions
    found = await sessions.checked(request)
    if found is None:
        raise SignInError(
            "nobody is signed in; sign in with actor and password"
            if sessions.settings.signs_in
            else "nobody is signed in; open the address that the studio has printed"
        )
    sessions.check_csrf(request, found)
    return found[0]


class RoleReply(BaseModel):
    """A role of whoever is signed in."""

    role: str
    project: str = Field(description="Name of the project; `all projects`.")


class DatabaseReply(BaseModel):
    """The database that the studio shows."""

    name: str


class SessionReply(BaseModel):
    """Who is signed in, and what they may do."""

    signed_in: bool
    actor: str = Field(description="Name in the database; empty without one.")
    roles: list[RoleReply]
    can: dict[str, bool] = Field(
        description="Actions that a role of theirs allows in some project; each is asked anew."
    )
    csrf: str = Field(description=f"What requests that change something carry in {CSRF_HEADER}; also the sign-in.")
    database: DatabaseReply | None
    needs_password: bool
    version: str


class SignIn(BaseModel):
    """Who wants to sign in."""

    actor: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=1024, repr=False)


class NewPassword(BaseModel):
    """One's own password, in place of the one before."""

    old: str = Field(min_length=1, max_length=1024, repr=False)
    new: str = Field(min_length=1, max_length=1024, repr=False)


router = APIRouter(prefix="/api/session", tags=["session"], responses=REPLIES)
_TOO_MANY: dict[int | str, dict[str, Any]] = {
    429: {"model": ErrorReply, "description": "Too many failures; the header Retry-After tells how long."}
}


@router.get("")
async def get_session(request: Request) -> SessionReply:
    """Return who is signed in, what they may do, and the token that changes must carry."""
    sessions: Sessions = request.app.state.sessions
    found = await sessions.checked(request)
    return await _told(sessions, found)


@router.post("", response_model=SessionReply, responses=_TOO_MANY)
async def sign_in(request: Request, response: Response, said: SignIn) -> SessionReply | Response:
    """Sign in with an actor's name and password."""
    sessions: Sessions = request.app.state.sessions
    before = await sessions.checked(request)
    sessions.check_csrf(request, before)
    pool = sessions.pool
    if pool is None or not sessions.settings.signs_in:
        raise SignInError("this studio knows no passwords; open the address that it has printed")
    address = request.client.host if request.client else ""

    def attempt(database: Database) -> Session:
        with sessions.limits.attempt(said.actor, address):
            return sessions.begin_by_password(response, said.actor, said.password, database)

    try:
        session = await pool.prove(attempt)
    except TooManyError as error:
        return _too_many(error)
    except AccessError as error:
        raise SignInError(str(error)) from None
    if before is not None:
        sessions.table.end(before[0])
    return await _told(sessions, sessions.table.found(session))


@router.delete("")
async def sign_out(request: Request, response: Response) -> SessionReply:
    """Sign out: what the session has opened is destroyed."""
    sessions: Sessions = request.app.state.sessions
    found = sessions.of(request)
    sessions.check_csrf(request, found)
    if found is not None:
        session = found[0]
        if sessions.pool is not None:
            await sessions.pool.call_later(
                lambda database: database.log.append(session.actor_id, "sign out", session.actor_id)
            )
        sessions.end(session, response)
    return await _told(sessions, None)


@router.put("/password", response_model=SessionReply, responses=_TOO_MANY)
async def change_password(request: Request, said: NewPassword) -> SessionReply | Response:
    """Change one's own password; all other sessions that were signed in by the old one end."""
    session = await current(request)
    sessions: Sessions = request.app.state.sessions
    pool = sessions.pool
    if pool is None or session.password_from is None:
        raise SignInError("this studio knows no passwords")
    address = request.client.host if request.client else ""

    def change(database: Database) -> str | None:
        with sessions.limits.attempt(session.actor, address):
            prove(database, session.actor, said.old)
        set_password(database.acting(session.actor_id), session.actor, said.new)
        return password_changed(database, session.actor_id)

    try:
        since = await pool.prove(change)
    except TooManyError as error:
        return _too_many(error)
    renewed = replace(session, password_from=since)
    sessions.table.put(renewed)
    for other in sessions.table.all():
        if other.actor_id == session.actor_id and other.password_from not in (None, since):
            sessions.table.end(other)
    return await _told(sessions, sessions.table.found(renewed))


async def _told(sessions: Sessions, found: tuple[Session, str] | None) -> SessionReply:
    roles: list[RoleReply] = []
    can: dict[str, bool] = {}
    if found is not None and sessions.pool is not None:
        roles, can = await sessions.pool.run(found[0], _may)
    name = sessions.settings.database
    return SessionReply(
        signed_in=found is not None,
        actor="" if found is None else found[0].actor,
        roles=roles,
        can=can,
        csrf=sessions.csrf(found),
        # What a database is called is for those who are in it.
        database=DatabaseReply(name=name.name) if name is not None and found is not None else None,
        needs_password=sessions.settings.signs_in,
        version=__version__,
    )


def _may(database: Database) -> tuple[list[RoleReply], dict[str, bool]]:
    roles = [RoleReply(**each) for each in own_roles(database)]
    allowed = actions_of(database, {each.role for each in roles})
    return roles, {**allowed, "run": allowed["derive"]}


def _let_in(database: Database, name: str) -> str:
    actor = actor_named(database, name)
    database.log.append(actor, "sign in", actor, by="token")
    return actor


def _too_many(error: TooManyError) -> Response:
    reply = error_reply(429, TooManyError.__name__, str(error))
    reply.headers["Retry-After"] = str(error.seconds)
    return reply
