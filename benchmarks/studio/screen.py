"""What a person waits for: the first load of the page, and a dropped scan until its landmarks are on the screen.

A studio of its own, headless Chromium that draws in software (SwiftShader), 1280 x 720. The first load counts the
bytes that come over the wire, compressed as the studio sends them; times are from the drop to the second frame after
the landmarks are drawn and listed.

    python benchmarks/studio/screen.py
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from open import LIMITS, person_of
from orbit import FLAGS, SIZE
from playwright.sync_api import Browser, Page, sync_playwright

from lineament import write_scan

MOST_BYTES = 400_000
"""Of the first load, compressed, that issue 6 allows."""
SHOWN = """() => new Promise((resolve) => {
  const look = () => {
    const rows = document.querySelectorAll('[aria-label="Landmarks"] tbody tr').length;
    if (rows < 68) return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(rows)));
  };
  look();
})"""


def first_load(browser: Browser, address: str) -> int:
    """Return the bytes that a browser without a cache takes until the page can be used."""
    page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
    session = page.context.new_cdp_session(page)
    taken: list[float] = []
    session.on("Network.loadingFinished", lambda event: taken.append(event["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(address)
    page.get_by_role("heading", name="Drop a scan").wait_for()
    page.wait_for_load_state("load")
    page.wait_for_timeout(1000)
    page.context.close()
    return int(sum(taken))


def drop(page: Page, scan: Path) -> float:
    """Return the seconds from picking a file until its landmarks are drawn."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open scans").first.click()
    began = time.perf_counter()
    chooser.value.set_files(str(scan))
    page.evaluate(SHOWN)
    return time.perf_counter() - began


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    args = parser.parse_args()
    command = [sys.executable, "-c", "from lineament.cli import main; main()", "studio", "--no-browser"]
    studio = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert studio.stdout is not None
    address = studio.stdout.readline().split()[-1]
    try:
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
            options: dict[str, Any] = {"executable_path": args.chromium, "args": FLAGS}
            browser = play.chromium.launch(**options)
            print(f"first load: {first_load(browser, address):,} bytes (at most {MOST_BYTES:,})")
            print(f"{'vertices':>10}{'first':>9}{'median':>9}{'slowest':>9}   at most")
            for size, limit in LIMITS.items():
                scan = write_scan(person_of(size), Path(folder) / f"{size}.ply")
                seconds = []
                for _ in range(args.rounds):
                    page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
                    page.goto(address)
                    page.get_by_role("heading", name="Drop a scan").wait_for()
                    seconds.append(drop(page, scan))
                    page.context.close()
                told = (seconds[0], statistics.median(seconds), max(seconds))
                print(f"{size:>10,}" + "".join(f"{each:>7.2f} s" for each in told) + f"{limit:>8.1f} s")
            browser.close()
    finally:
        studio.terminate()
        studio.wait(20)


if __name__ == "__main__":
    main()
