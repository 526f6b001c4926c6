"""Draw the pictures of docs/studio.md: a real browser at a real studio, with virtual people.

    python tools/studio_pictures.py [NAME...]

Needs a Chromium. Scans, people and consents are invented.
"""

from __future__ import annotations

import argparse
import io
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import uvicorn
from db_pictures import Laboratory
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from lineament.database.database import Database
from lineament.database.run import run
from lineament.demo import demo_scan, subdivide, visible_triangles
from lineament.face.model import load_face_model
from lineament.io.scans import write_scan
from lineament.studio.app import create_app
from lineament.studio.serving import address_of
from lineament.studio.settings import Settings
from lineament.types import Scan

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIZE = {"width": 1280, "height": 720}
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking"]
PATIENCE = 180_000
SEED, FRAMES = 21, 9


def scan_picture(page: Page, folder: Path) -> None:
    """Landmarks with their names and expected errors; one of them has been corrected."""
    opened(page, demo_file(folder))
    page.get_by_role("grid", name="Landmarks").get_by_role("row", name="nose bridge 3").click()
    page.keyboard.press("Shift+ArrowUp")
    page.get_by_text("corrected").first.wait_for()


def curvature_picture(page: Page, folder: Path) -> None:
    opened(page, demo_file(folder))
    page.get_by_role("button", name="None", exact=True).click()
    page.get_by_role("button", name="Shape index").click()
    page.keyboard.press("t")
    page.wait_for_timeout(3000)


def fit_picture(page: Page, folder: Path) -> None:
    opened(page, demo_file(folder))
    page.keyboard.press("2")
    page.get_by_role("button", name="Fit the face").click()
    page.get_by_text("off the scan").wait_for()
    page.keyboard.press("t")
    page.wait_for_timeout(2000)


def measure_picture(page: Page, folder: Path) -> None:
    """Two distances, straight and along the skin."""
    opened(page, demo_file(folder))
    page.keyboard.press("3")
    for start, end in (("zy l", "sn"), ("ex r", "ch r"), ("n", "gn")):
        page.get_by_role("combobox", name="From").select_option(label=start)
        page.get_by_role("combobox", name="To").select_option(label=end)
        with page.expect_response(lambda answer: answer.url.endswith("/distance")):
            page.get_by_role("button", name="Measure", exact=True).last.click()
    page.keyboard.press("t")
    page.wait_for_timeout(2000)


def compare_picture(page: Page, folder: Path) -> None:
    """Neutral and smiling: what has moved."""
    opened(page, *expressions(folder, {"neutral": 0.0, "smile": 0.9}, "mouthSmile"))
    page.keyboard.press("4")
    page.get_by_role("combobox", name="A, from which").select_option(label="neutral.ply")
    page.get_by_role("combobox", name="B, to which").select_option(label="smile.ply")
    page.get_by_role("button", name="Compare", exact=True).last.click()
    page.get_by_role("grid", name="Deviation of each region").wait_for()
    page.wait_for_timeout(2000)


def sequence_picture(page: Page, folder: Path) -> None:
    """A mouth that opens and closes."""
    shares = {f"talk_{n + 1:02d}": float(0.7 * np.sin(np.pi * n / (FRAMES - 1)) ** 2) for n in range(FRAMES)}
    picked(page, *expressions(folder, shares, "jawOpen"))
    page.get_by_role("dialog").get_by_role("button", name="Open as a sequence").click()
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text(f"1 of {FRAMES}")
    for _ in range(FRAMES // 2):
        page.keyboard.press(".")
    page.wait_for_timeout(2000)


def database_picture(page: Page, folder: Path) -> None:
    page.keyboard.press("6")
    cells = page.get_by_role("tabpanel").locator(".cell")
    cells.locator("img.here").nth(8).wait_for()
    cells.nth(2).click()
    page.wait_for_timeout(3000)


PICTURES: dict[str, tuple[Callable[[Page, Path], None], str]] = {
    "scan": (scan_picture, "dark"),
    "curvature": (curvature_picture, "light"),
    "fit": (fit_picture, "dark"),
    "measure": (measure_picture, "light"),
    "compare": (compare_picture, "light"),
    "sequence": (sequence_picture, "dark"),
    "database": (database_picture, "light"),
}


def demo_file(folder: Path) -> Path:
    path = folder / "person.ply"
    if not path.exists():
        write_scan(demo_scan(3)[0], path)
    return path


def expressions(folder: Path, shares: dict[str, float], expression: str) -> list[Path]:
    """Write scans of one virtual person who shows more or less of an expression."""
    model = load_face_model()
    identity = 0.8 * np.random.default_rng(SEED).standard_normal(len(model.identity))
    paths = []
    for name, share in shares.items():
        weights = [share if each.startswith(expression) else 0.0 for each in model.expression_names]
        points, triangles = subdivide(model.shape(identity, weights), visible_triangles(model))
        paths.append(folder / f"{name}.ply")
        write_scan(Scan(points, triangles, unit="mm"), paths[-1])
    return paths


def picked(page: Page, *paths: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open scans").first.click()
    chooser.value.set_files([str(path) for path in paths])


def opened(page: Page, *paths: Path) -> None:
    picked(page, *paths)
    expect(page.locator(".tab")).to_have_count(len(paths))
    page.get_by_role("grid", name="Landmarks").wait_for()


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = replace(settings, port=listener.getsockname()[1])
        server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield address_of(settings)
        finally:
            server.should_exit = True
            thread.join(30)


def laboratory(folder: Path) -> Path:
    """A database of twelve virtual people, with thumbnails, a release and somebody who has left."""
    path = folder / "laboratory.db"
    with Database.create(path, "anna", key=str(folder / "master.key")) as database:
        lab = Laboratory(folder / "in", database, 12)
        lab.fill()
        for _ in run(database, "thumbnail"):
            pass
        lab.publish()
    return path


def save(page: Page, name: str) -> None:
    page.evaluate("document.activeElement?.blur()")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = IMAGES / f"studio_{name}.png"
    picture.save(path, optimize=True)
    print(path.name, picture.size, path.stat().st_size)


def main() -> None:
    """Draw all, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", default=list(PICTURES), help=", ".join(PICTURES))
    names = parser.parse_args().names
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        database = laboratory(folder) if "database" in names else None
        settings = Settings(database=database, actor="anna" if database else None)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with serving(settings) as address:
            for name in names:
                draw, theme = PICTURES[name]
                context = browser.new_context(viewport=SIZE, color_scheme=theme)
                context.set_default_timeout(PATIENCE)
                page = context.new_page()
                page.goto(address)
                draw(page, folder)
                save(page, name)
                context.close()
        browser.close()


if __name__ == "__main__":
    expect.set_options(timeout=PATIENCE)
    main()
