"""A studio over a small laboratory, and browsers that use it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from lineament.database import passwords
from lineament.database.actors import add_actor, grant
from lineament.studio.app import create_app
from lineament.studio.settings import Settings

_SPEC = importlib.util.spec_from_file_location(
    "database_laboratory", Path(__file__).parents[2] / "database" / "conftest.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
_LABORATORY = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _LABORATORY
_SPEC.loader.exec_module(_LABORATORY)
lab, postgres = _LABORATORY.lab, _LABORATORY.postgres

PASSWORD = "four words in a row"


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


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", {"n": 2**4, "r": 8, "p": 1})


@pytest.fixture
def house(lab) -> Iterator[House]:
    """A studio that asks for passwords."""
    app = create_app(Settings(database=lab.root / "db", port=8000))
    yield House(lab, app)
    app.state.sessions.close()
    app.state.studio.close()


@pytest.fixture
def own(lab) -> Iterator[House]:
    """A studio that anna has started for herself."""
    app = create_app(Settings(database=lab.root / "db", actor="anna", port=8000))
    yield House(lab, app)
    app.state.sessions.close()
    app.state.studio.close()
