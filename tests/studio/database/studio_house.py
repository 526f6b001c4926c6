"""A studio over a small laboratory, and browsers that use it."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from lineament.database import passwords
from lineament.database.actors import add_actor, grant
from lineament.database.derive import Derivation, Product, store_derived
from lineament.database.reading import assets_of

_SPEC = importlib.util.spec_from_file_location(
    "database_laboratory", Path(__file__).parents[2] / "database" / "conftest.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
_LABORATORY = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _LABORATORY
_SPEC.loader.exec_module(_LABORATORY)
Lab, lab, postgres = _LABORATORY.Lab, _LABORATORY.lab, _LABORATORY.postgres

PASSWORD = "four words in a row"
PNG = b"\x89PNG\r\n\x1a\n a picture"


@dataclass
class Browser:
    """Somebody at a studio's page, who brings the token of their session along."""

    client: TestClient
    csrf: str = ""

    def get(self, place: str, **asked: Any) -> Any:
        return self.client.get(place, params=asked)

    def ask(self, method: str, place: str, body: Any = None, csrf: str | None = None) -> Any:
        headers = {"X-Lineament-CSRF": self.csrf if csrf is None else csrf}
        return self.client.request(method, place, json=body, headers=headers)

    def sign_in(self, actor: str, password: str = PASSWORD) -> Any:
        self.csrf = self.get("/api/session").json()["csrf"]
        reply = self.ask("POST", "/api/session", {"actor": actor, "password": password})
        if reply.status_code == 200:
            self.csrf = reply.json()["csrf"]
        return reply

    def rows(self, place: str, **asked: Any) -> list[dict[str, Any]]:
        reply = self.get(place, **asked)
        assert reply.status_code == 200, reply.text
        return reply.json()["rows"]


@dataclass
class House:
    """A studio and its laboratory."""

    lab: Any
    app: FastAPI
    names: dict[str, str] = field(default_factory=dict)

    def browser(self) -> Browser:
        return Browser(TestClient(self.app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False))

    def join(self, name: str, *roles: str, project: str = "*") -> Browser:
        """Add an actor with roles, who signs in."""
        self.names[name] = add_actor(self.lab.database, name)
        passwords.set_password(self.lab.database, name, PASSWORD)
        for role in roles:
            grant(self.lab.database, name, role, project)
        browser = self.browser()
        assert browser.sign_in(name).status_code == 200
        return browser

    def refusals(self, **like: Any) -> list[dict[str, Any]]:
        """Return the entries of the log that tell of a refusal."""
        found = [dict(each) for each in self.lab.database.log.entries() if not each["allowed"]]
        return [each for each in found if all(each[name] == value for name, value in like.items())]


def picture(lab, scan: str, data: bytes = PNG) -> None:
    (original,) = [each for each in assets_of(lab.database, scan) if each.role == "geometry"]
    made = Derivation(scan, (Product("thumbnail", "png", data),), (original.id,), "a tool")
    store_derived(lab.database, [made], action="derive", purpose="research")
