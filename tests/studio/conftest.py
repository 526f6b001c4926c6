"""A studio that runs, and browsers that use it over HTTP."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest

from lineament.demo import demo_scan, subdivide
from lineament.io.scans import write_scan
from lineament.studio.app import create_app
from lineament.studio.serving import Server
from lineament.studio.settings import Settings
from lineament.studio.state import Studio
from lineament.types import Landmarks, Scan

ENDED = ("done", "failed", "cancelled")


@dataclass
class Running:
    """A studio that listens."""

    settings: Settings
    studio: Studio
    server: Server
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def browser(self) -> Browser:
        """Return somebody who has opened the printed address."""
        client = httpx.Client(base_url=self.address, timeout=60)
        self.clients.append(client)
        reply = client.get("/", params={"token": self.settings.token})
        assert reply.status_code == 303
        client.headers["X-Lineament-CSRF"] = client.get("/api/session").json()["csrf"]
        return Browser(client)


@dataclass
class Browser:
    """One session."""

    client: httpx.Client

    def get(self, place: str, **asked: Any) -> httpx.Response:
        return self.client.get(f"/api{place}", params=asked)

    def post(self, place: str, body: Any = None) -> httpx.Response:
        return self.client.post(f"/api{place}", json={} if body is None else body)

    def edit(self, scan: str, *edits: dict[str, Any], set_name: str = "ibug68") -> httpx.Response:
        return self.client.patch(f"/api/scans/{scan}/landmarks/{set_name}", json={"edits": list(edits)})

    def job(self, reply: httpx.Response) -> dict[str, Any]:
        """Follow a job to its end; return its last state, and the stages in `stages`."""
        assert reply.status_code == 202, reply.text
        stages = []
        with self.client.stream("GET", f"/api/jobs/{reply.json()['id']}/events") as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            for line in events.iter_lines():
                if line.startswith("data: "):
                    state = json.loads(line.removeprefix("data: "))
                    stages.append(state["stage"])
        assert state["state"] in ENDED
        return state | {"stages": list(dict.fromkeys(stages))}

    def drop(self, **files: bytes) -> str:
        """Send the files of a scan, `name__suffix=bytes`; return its id."""
        scan = self.post("/scans").json()["id"]
        for name, data in files.items():
            reply = self.client.put(f"/api/scans/{scan}/files/{name.replace('__', '.')}", content=data)
            assert reply.status_code == 204, reply.text
        return scan

    def open(self, **files: bytes) -> str:
        """Send a scan, read it and find its landmarks; return its id."""
        scan = self.drop(**files)
        assert self.job(self.post(f"/scans/{scan}/open"))["state"] == "done"
        return scan

    def floats(self, place: str, **asked: Any) -> np.ndarray:
        reply = self.get(place, **asked)
        assert reply.status_code == 200, reply.text
        return np.frombuffer(reply.content, "<f4")


@contextmanager
def running(**changes: Any) -> Iterator[Running]:
    """Run a studio on a port of its own."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings = Settings(port=listener.getsockname()[1], **changes)
        app = create_app(settings)
        server = Server(app, settings)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            end = time.monotonic() + 30
            while not server.started:
                assert time.monotonic() < end
                assert thread.is_alive()
                time.sleep(0.01)
            found = Running(settings, app.state.studio, server)
            yield found
        finally:
            for client in found.clients:
                client.close()
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


@pytest.fixture(scope="session")
def run_studio() -> Callable[..., Any]:
    return running


@pytest.fixture(scope="session")
def studio() -> Iterator[Running]:
    with running() as found:
        yield found


@pytest.fixture(scope="session")
def browser(studio: Running) -> Browser:
    return studio.browser()


@dataclass
class Person:
    """A virtual person's scan, and where its landmarks truly are."""

    scan: Scan
    truth: Landmarks
    ply: bytes


@pytest.fixture(scope="session")
def person(tmp_path_factory: pytest.TempPathFactory) -> Person:
    scan, truth = demo_scan()
    place = write_scan(scan, tmp_path_factory.mktemp("person") / "person.ply")
    return Person(scan, truth, place.read_bytes())


@pytest.fixture(scope="session")
def large(person: Person, tmp_path_factory: pytest.TempPathFactory) -> Person:
    """The same with more than 100,000 vertices."""
    points, triangles = subdivide(person.scan.points, person.scan.triangles)
    scan = replace(person.scan, points=points, triangles=triangles)
    return Person(scan, person.truth, write_scan(scan, tmp_path_factory.mktemp("large") / "large.ply").read_bytes())


@pytest.fixture(scope="session")
def opened(browser: Browser, person: Person) -> str:
    """A scan that is open; tests leave its landmarks as they were found."""
    return browser.open(person__ply=person.ply)
