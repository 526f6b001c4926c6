"""Run the examples of the command pages again and put their real output into the pages.

    python tools/command_examples.py

In a block that begins with ```console, a line that begins with `$` is a command and what follows is its output. A block
that begins with ```text and a name is written to a file of this name first. All pages share one scratch folder and are
run in the order below, so that a page may use files that an earlier one made.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = ("demo", "convert", "landmarks", "info", "curvature", "fit", "pose", "expressions", "register", "measure", "db")
PICTURES = {"demo.png": "demo-out/demo.ibug68.png", "curvature.png": "curvature/demo.10mm.png"}
BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
FILE = re.compile(r"```text (\S+)\n(.*?)```", re.DOTALL)


def run(command: str, folder: Path) -> str:
    """Return a command line and what it prints on both streams."""
    name, *words = shlex.split(command)
    if name == "export":
        os.environ.update(word.split("=", 1) for word in words)
        return f"$ {command}\n"
    program = [sys.executable, "-c", "from lineament.cli import main; main(prog_name='lineament')"]
    start = program if name == "lineament" else [name]
    done = subprocess.run([*start, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(f"$ {command}\n{done.stdout}", end="")
    return f"$ {command}\n{done.stdout}"


def rerun(block: str, folder: Path) -> str:
    """Return a block with the output of now."""
    return "".join(run(line[2:], folder) for line in block.splitlines() if line.startswith("$ "))


def main() -> None:
    """Bring every page and picture up to date."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in PAGES:
            page = DOCS / f"{name}.md"
            text = page.read_text(encoding="utf-8")
            for file, content in FILE.findall(text):
                (folder / file).write_text(content, encoding="utf-8")
            page.write_text(BLOCK.sub(lambda found: rerun(found.group(), folder), text), encoding="utf-8")
        for name, source in PICTURES.items():
            shutil.copy(folder / source, DOCS / "images" / name)


if __name__ == "__main__":
    main()
