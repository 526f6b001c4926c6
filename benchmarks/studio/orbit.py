"""Frames a second while a scan of 100,000 vertices is turned, as a browser without a graphics card draws it.

A virtual person's scan is opened in headless Chromium, which draws in software (SwiftShader), with all that the page
shows at first: landmarks, names, errors. Then the pointer turns the head; each frame that the page draws is timed.

`processor` is the time that all processes of the browser spend on one frame: on a machine that has other things to do,
frames a second are few, and that stays as it is. Linux only.

    python benchmarks/studio/orbit.py
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from open import person_of
from playwright.sync_api import Page, sync_playwright

from lineament import write_scan

VERTICES = 100_000
LEAST = 30
"""Frames a second that issue 6 asks for."""
SIZE = {"width": 1280, "height": 720}
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking"]
READY = """() => {
  const open = window.lineament?.active;
  return open && open.surface && (open.info.stages.landmarks || open.info.no_face);
}"""
# Moves come 125 times a second, as from a mouse, and wait for no frame.
TURN = """([x, y, seconds]) => new Promise((resolve) => {
  const { viewer } = window.lineament;
  const drawn = [];
  const stop = viewer.onFrame(() => drawn.push(performance.now()));
  const began = performance.now();
  const timer = setInterval(() => {
    const now = performance.now() - began;
    if (now > 1000 * seconds) {
      clearInterval(timer);
      stop();
      resolve(drawn);
      return;
    }
    // To and fro.
    const clientX = x + 300 - Math.abs(((now / 4) % 600) - 300);
    const clientY = y + 20 * Math.sin(now / 300);
    const init = { clientX, clientY, pointerId: 1, pointerType: "mouse", buttons: 1, bubbles: true };
    viewer.canvas.dispatchEvent(new PointerEvent("pointermove", init));
  }, 8);
})"""


def processes(parent: int) -> list[int]:
    """Return a process and all below it."""
    found = [parent]
    for child in Path(f"/proc/{parent}/task").glob("*/children"):
        for pid in child.read_text().split():
            found += processes(int(pid))
    return found


def browser_seconds() -> float:
    """Processor time that browsers below this process have spent so far."""
    ticks = 0
    for pid in processes(os.getpid()):
        try:
            if b"chrom" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def turn(page: Page, seconds: float) -> list[float]:
    """Turn the head with the pointer; return the milliseconds between the frames that were drawn."""
    box = page.locator(".stage > canvas").first.bounding_box()
    assert box is not None
    # Beside the head, where there is no landmark to take hold of.
    x, y = box["x"] + 0.12 * box["width"], box["y"] + 0.7 * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    drawn: list[float] = page.evaluate(TURN, [x, y, seconds])
    page.mouse.up()
    return [b - a for a, b in pairwise(drawn)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    parser.add_argument("--page", help="Address of a page that is being worked on, in front of the studio's.")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scan = write_scan(person_of(VERTICES), Path(folder) / "person.ply")
        command = [sys.executable, "-c", "from lineament.cli import main; main()", "view", "--no-browser"]
        port = ["--port", "8766"] if args.page else []
        studio = subprocess.Popen([*command, *port, str(scan)], stdout=subprocess.PIPE, text=True)
        assert studio.stdout is not None
        address = studio.stdout.readline().split()[-1]
        try:
            with sync_playwright() as play:
                browser = play.chromium.launch(executable_path=args.chromium, args=FLAGS)
                page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
                for _ in range(100):
                    try:
                        page.goto(address)
                        break
                    except Exception:
                        time.sleep(0.2)
                if args.page:
                    page.goto(args.page)
                page.wait_for_function(READY, timeout=120_000)
                page.wait_for_timeout(2000)
                turn(page, 1.0)
                print(f"{'look':<14}{'frames/s':>10}{'slowest 5 %':>14}{'processor':>14}{'vertices':>10}")
                for look in ("Clay", "Shape index"):
                    page.get_by_role("button", name=look, exact=True).click()
                    page.wait_for_timeout(4000)
                    spent = browser_seconds()
                    times = turn(page, args.seconds)
                    spent = 1000 * (browser_seconds() - spent) / (len(times) + 1)
                    slow = sorted(times)[int(0.95 * len(times))]
                    drawn = page.evaluate("() => window.lineament.active.info.display.points")
                    rate = 1000 / statistics.mean(times)
                    print(f"{look:<14}{rate:>10.1f}{slow:>11.0f} ms{spent:>11.0f} ms{drawn:>10,}")
                print(f"asked for: {LEAST} frames a second")
                browser.close()
        finally:
            studio.terminate()
            studio.wait(10)


if __name__ == "__main__":
    main()
