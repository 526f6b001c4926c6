"""A studio that really runs, and a real browser at it. Skipped where there is no Chromium."""

from __future__ import annotations

import io
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from lineament import write_scan
from lineament.demo import demo_scan
from lineament.studio.app import create_app
from lineament.studio.serving import address_of
from lineament.studio.settings import Settings
from lineament.types import Landmarks, Scan

sync_api = pytest.importorskip("playwright.sync_api")
uvicorn = pytest.importorskip("uvicorn")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in BROWSERS if (path := shutil.which(name))), None)
FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
)
PATIENCE = 90_000
"""Longest that a page is waited for, ms: the machine may have much else to do."""
sync_api.expect.set_options(timeout=PATIENCE)
GRAVE = ("serious", "critical")
Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Served:
    """A studio that answers.

    Attributes
    ----------
    address : str
        To open; lets the browser in.
    settings : Settings
    """

    address: str
    settings: Settings


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """Run a studio on a free port of this machine until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = replace(settings, port=listener.getsockname()[1])
        config = uvicorn.Config(create_app(settings), log_level="warning", lifespan="on", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield Served(address_of(settings), settings)
        finally:
            server.should_exit = True
            thread.join(30)


# Of a module, not of the session: while Playwright runs, no other test of the process can run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def studio(browser: Any) -> Iterator[Served]:
    """A studio without a database."""
    with serving(Settings()) as served:
        yield served


@pytest.fixture(scope="module")
def serve(browser: Any) -> Callable[..., Any]:
    """Serve a studio with other settings, as a context manager."""
    return lambda **settings: serving(Settings(**settings))


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page of a studio in a browser of its own; a script that fails there fails the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def open_page(served: Served, may_fail: bool = False, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        if not may_fail:  # a refused request is an error on the browser's console
            page.on("console", lambda told: told.type == "error" and faults.append(told.text))
        page.goto(served.address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, faults


@pytest.fixture(scope="session")
def virtual() -> tuple[Scan, Landmarks]:
    """The scan of a virtual person, and where its landmarks are."""
    return demo_scan(3)


@pytest.fixture(scope="session")
def scan_file(virtual: tuple[Scan, Landmarks], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scans") / "person.ply"
    write_scan(virtual[0], path)
    return path


@dataclass(frozen=True)
class Lens:
    """What a place of a page means in its scan: computed from the camera's numbers, not by the page's own code."""

    page: Any

    def matrix(self, expression: str) -> Float64s:
        """Return a 4 x 4 matrix of three.js, which keeps columns."""
        return np.asarray(self.page.evaluate(f"{expression}.elements.slice()"), np.float64).reshape(4, 4).T

    def scan_to_world(self) -> Float64s:
        """Return the matrix (4, 4) from the active scan's frame and unit to the stage's millimetres."""
        return self.matrix("lineament.frames.scanToWorld(lineament.active.info)")

    def scan_to_clip(self) -> Float64s:
        camera = "lineament.viewer.camera"
        self.page.evaluate(f"{camera}.updateMatrixWorld()")
        view = np.linalg.inv(self.matrix(f"{camera}.matrixWorld"))
        return self.matrix(f"{camera}.projectionMatrix") @ view @ self.scan_to_world()

    def canvas(self) -> tuple[Float64s, Float64s]:
        """Return the upper left corner and the size of the stage, pixels of the page."""
        box = self.page.locator(".stage > canvas").first.bounding_box()
        return np.array([box["x"], box["y"]]), np.array([box["width"], box["height"]])

    def place(self, point: npt.ArrayLike) -> Float64s:
        """Return where a point (3,) of the scan is drawn, pixels of the page."""
        clip = self.scan_to_clip() @ np.append(np.asarray(point, np.float64), 1)
        corner, size = self.canvas()
        return np.asarray(corner + (clip[:2] / clip[3] * [0.5, -0.5] + 0.5) * size)

    def ray(self, place: npt.ArrayLike) -> tuple[Float64s, Float64s]:
        """Return origin and direction (3,) of the ray through a place of the page, in the scan's frame."""
        corner, size = self.canvas()
        at = ((np.asarray(place, np.float64) - corner) / size - 0.5) * [2, -2]
        back = np.linalg.inv(self.scan_to_clip())
        near, far = (back @ [*at, depth, 1] for depth in (-1, 1))
        start, end = near[:3] / near[3], far[:3] / far[3]
        return start, (end - start) / np.linalg.norm(end - start)

    def hit(self, scan: Scan, place: npt.ArrayLike) -> Float64s:
        """Return where the ray through a place meets a mesh first; every triangle is asked (Moeller, Trumbore 1997)."""
        origin, direction = self.ray(place)
        assert scan.triangles is not None
        a, b, c = (scan.points[scan.triangles[:, corner]].astype(np.float64) for corner in range(3))
        across, along = b - a, c - a
        p = np.cross(direction, along)
        volume = (across * p).sum(axis=1)
        volume[volume == 0] = np.nan
        s = origin - a
        q = np.cross(s, across)
        u, v, t = (s * p).sum(axis=1) / volume, q @ direction / volume, (along * q).sum(axis=1) / volume
        met = (u >= 0) & (v >= 0) & (u + v <= 1)
        assert met.any(), "the ray misses the scan"
        return np.asarray(origin + t[met].min() * direction)

    def pixels(self, selector: str = ".stage > canvas") -> npt.NDArray[np.uint8]:
        """Return what is drawn once it has come to rest, (H, W, 3)."""
        before, shown = b"", self.page.locator(selector).first
        while (picture := shown.screenshot()) != before:
            before = picture
            self.page.wait_for_timeout(300)  # at rest the stage is drawn once more, finer
        return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


@pytest.fixture
def findings() -> Callable[[Any], list[str]]:
    """Ask axe what keeps somebody from using a page."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe

    def findings(page: Any) -> list[str]:
        return [
            f"{each['id']} ({each['impact']}): {node['html'][:160]}"
            for each in axe().run(page).response["violations"]
            if each["impact"] in GRAVE
            for node in each["nodes"]
        ]

    return findings


@pytest.fixture
def lens() -> type[Lens]:
    return Lens


@pytest.fixture
def pick() -> Callable[..., None]:
    """Pick files as a person would."""

    def pick(page: Any, *paths: Path) -> None:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Open scans").first.click()
        chooser.value.set_files([str(path) for path in paths])

    return pick


@pytest.fixture
def opened(visit: Any, studio: Served, pick: Any, scan_file: Path) -> Any:
    """A page with a scan of which the landmarks are shown."""
    page = visit(studio)
    pick(page, scan_file)
    sync_api.expect(page.get_by_role("grid", name="Landmarks").get_by_role("row")).to_have_count(69)
    return page


@pytest.fixture
def ask() -> Callable[..., Any]:
    """Ask the API, as a script would, about the scan that a page shows."""

    def ask(page: Any, path: str) -> Any:
        scan = page.evaluate("lineament.active.info.id")
        answer = page.request.get(f"{page.url.partition('#')[0]}api/scans/{scan}{path}")
        assert answer.ok, answer.text()
        return answer.json()

    return ask


@pytest.fixture
def ask_landmarks(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Ask what the landmarks of a page's scan are now."""
    return lambda page, set_name="ibug68": ask(page, f"/landmarks/{set_name}")
