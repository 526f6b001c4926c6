"""What a studio is started with."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from lineament.errors import InputError

MEBIBYTE = 1 << 20
EVERYWHERE = ("0.0.0.0", "::")


def _new_token() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a studio listens, what it serves and what it allows.

    Attributes
    ----------
    host : str
        Address to listen on; anything but this machine's own needs a certificate and a database with sign-in.
    port : int
    database : Path or None
        The database to browse.
    actor : str or None
        Everybody who has the token acts as this person; None asks for a password where there is a database.
    token : str
        Lets a browser in where nobody signs in.
    certificate, key : Path or None
        PEM files; with them the studio speaks TLS.
    upload_limit : int, bytes
        Of one file; a little more than the 200 MB that are promised.
    quota : int, bytes
        That one session may hold, on disk and in memory.
    workers : int
        Jobs at the same time.
    preload : tuple of Path
        Scans that everybody with the token sees: those of `lineament view`.
    public_name : str or None
        A further name by which browsers may call the studio.

    Raises
    ------
    InputError
        A studio that others can reach would have no certificate or no sign-in; or a number is out of range.
    """

    host: str = "127.0.0.1"
    port: int = 0
    database: Path | None = None
    actor: str | None = None
    token: str = field(default_factory=_new_token, repr=False)
    certificate: Path | None = None
    key: Path | None = None
    upload_limit: int = 256 * MEBIBYTE
    quota: int = 2048 * MEBIBYTE
    workers: int = 2
    preload: tuple[Path, ...] = ()
    public_name: str | None = None

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise InputError("a certificate and its key belong together; give both or neither")
        if not self.loopback and not (self.tls and self.signs_in):
            raise InputError(
                f"{self.host} can be reached from other machines; a studio there needs a certificate, its key, and a "
                "database whose people sign in with a password"
            )
        if self.host in EVERYWHERE and self.public_name is None:
            raise InputError(f"{self.host} is every address of this machine; give the name by which browsers call it")
        if self.actor is not None and self.database is None:
            raise InputError(f"{self.actor!r} is a person of a database; give the database too")
        if not 0 <= self.port < 1 << 16:
            raise InputError(f"port is {self.port}, expected 0 to 65535")
        if self.workers < 1:
            raise InputError(f"workers are {self.workers}, expected 1 or more")

    @property
    def loopback(self) -> bool:
        """Whether this machine alone can reach the studio."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def tls(self) -> bool:
        """Whether browsers reach the studio by https."""
        return self.certificate is not None

    @property
    def signs_in(self) -> bool:
        """Whether people sign in with a password, rather than by the token."""
        return self.database is not None and self.actor is None

    @property
    def hosts(self) -> frozenset[str]:
        """What the header `Host` may be, without the port."""
        names = {"127.0.0.1", "localhost", "[::1]"} if self.loopback else set()
        names |= {f"[{self.host}]" if ":" in self.host else self.host}
        return frozenset(name.lower() for name in (*names, self.public_name) if name)
