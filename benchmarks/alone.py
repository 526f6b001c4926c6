"""A piece of Python in a process of its own, so that its peak memory is its own. Linux only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# Not ru_maxrss: that starts at what the parent holds.
PEAK = """
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
"""


def alone(program: str, *arguments: Path) -> list[float]:
    """Run a program, which may call `peak()` for its memory in MB so far; return the numbers that it prints."""
    command = [sys.executable, "-c", PEAK + program, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]
