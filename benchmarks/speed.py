"""Speed and memory of `lineament landmarks` on a scan of about 100,000 vertices that the package makes itself.

    python benchmarks/speed.py [--scans 20]

Prints the time of one scan in a warm process, of one cold command, the rate over a folder, and peak memory.
The first line is a fixed piece of arithmetic: compare machines, and runs on a noisy one, by their ratio to it.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import trimesh
from alone import alone

from lineament import Scan, load_face_model, write_scan

COMMAND = [sys.executable, "-c", "from lineament.cli import main; main()", "landmarks"]
WARM = """
import sys, time
from lineament import Detector, read_scan
detector, times = Detector(), []
for _ in range(8):
    start = time.perf_counter()
    detector.detect(read_scan(sys.argv[1])).landmarks["ibug68"].save(sys.argv[2])
    times.append(time.perf_counter() - start)
print(*times[1:], peak())
"""


def make_scan(path: Path) -> int:
    """Write the front of a virtual head as a binary PLY; return its number of vertices."""
    model = load_face_model()
    rng = np.random.default_rng(2)
    vertices = model.shape(identity=rng.normal(size=len(model.identity)).astype(np.float32))
    outside = model.region[model.triangles[:, 0]] != model.region_names.index("mouth")
    fine, triangles = trimesh.remesh.subdivide(*trimesh.remesh.subdivide(vertices, model.triangles[outside]))
    corners = fine[triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] > 0
    used, triangles = np.unique(triangles[facing & (corners[:, 0, 2] > -30)], return_inverse=True)
    points = fine[used] + rng.normal(size=(len(used), 3)) * 0.05
    write_scan(Scan(points.astype(np.float32), triangles.reshape(-1, 3).astype(np.int32)), path)
    return len(points)


def arithmetic() -> float:
    """Seconds of a fixed matrix product on one thread's worth of work."""
    a = np.random.default_rng(0).normal(size=(1500, 1500))
    start = time.perf_counter()
    for _ in range(3):
        a @ a
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scans", type=int, default=20)
    count = parser.parse_args().scans
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        scan = folder / "scan.ply"
        vertices = make_scan(scan)
        print(f"{'reference arithmetic':<44}{arithmetic():7.2f} s")
        print(f"{vertices} vertices, {scan.stat().st_size / 1e6:.1f} MB binary PLY")
        *times, peak = alone(WARM, scan, folder / "out.json")
        print(f"{'PLY to JSON, warm, median of 7 (best)':<44}{statistics.median(times):7.2f} s ({min(times):.2f})")
        print(f"{'peak memory of that process':<44}{peak:7.0f} MB")
        cold = []
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run([*COMMAND, scan, "-o", folder / f"cold{len(cold)}"], check=True, capture_output=True)
            cold.append(time.perf_counter() - start)
        print(f"{'one cold command, median of 3 (best)':<44}{statistics.median(cold):7.2f} s ({min(cold):.2f})")
        many = folder / "many"
        many.mkdir()
        for number in range(count):
            shutil.copy(scan, many / f"{number:03d}.ply")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run([*COMMAND, many, "-o", folder / "results", "--jobs", "2"], check=True, capture_output=True)
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        work = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        print(f"{f'a folder of {count}, two jobs, start included':<44}{count / seconds:7.2f} scans a second")
        print(f"{'processor time of that':<44}{work / count:7.2f} s a scan")


if __name__ == "__main__":
    main()
