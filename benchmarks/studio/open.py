"""From the drop of a scan to its landmarks, as a browser sees it: a studio of its own, over HTTP, stage by stage.

The scan is a virtual person's, a PLY file of 100,000 or 1,000,000 vertices. The studio runs in a process of its own;
times are from the first byte that is sent. `--cores N` keeps both processes to N processors.

    python benchmarks/studio/open.py
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2 as httpx
import numpy as np

from lineament import write_scan
from lineament.demo import cut, demo_scan, subdivide
from lineament.types import Scan

STAGES = ("sent", "parsed", "mesh", "landmarks", "first query", "next query")
LIMITS = {100_000: 2.0, 1_000_000: 6.0}
"""Seconds to the landmarks that issue 6 asks for."""


def person_of(size: int) -> Scan:
    """Return a virtual person's scan of `size` vertices: the nearest to its middle of a finer one."""
    scan, _ = demo_scan()
    points, triangles = scan.points, scan.triangles
    assert triangles is not None
    while len(points) < size:
        points, triangles = subdivide(points, triangles)
    away = np.square(points - points.mean(axis=0)).sum(axis=1)
    points, triangles = cut(points, triangles, away <= np.partition(away, size - 1)[size - 1])
    return Scan(points, triangles)


def start_studio() -> tuple[subprocess.Popen[str], httpx.Client]:
    """Start a studio and sign in."""
    command = [sys.executable, "-c", "from lineament.cli import main; main()", "studio", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = httpx.URL(process.stdout.readline().split()[-1])
    client = httpx.Client(base_url=address.copy_with(query=None), timeout=120)
    for _ in range(100):
        try:
            client.get("/", params=dict(address.params))
            break
        except httpx.ConnectError:
            time.sleep(0.1)
    client.headers["X-Lineament-CSRF"] = client.get("/api/session").json()["csrf"]
    return process, client


def drop(client: httpx.Client, data: bytes) -> dict[str, float]:
    """Open a scan as the page does; return the seconds to each stage, and those of two queries."""
    began = time.perf_counter()
    seconds: dict[str, float] = {}
    scan = client.post("/api/scans").json()["id"]
    client.put(f"/api/scans/{scan}/files/person.ply", content=data).raise_for_status()
    seconds["sent"] = time.perf_counter() - began
    job = client.post(f"/api/scans/{scan}/open", json={}).json()["id"]
    with client.stream("GET", f"/api/jobs/{job}/events") as events:
        for line in events.iter_lines():
            if not line.startswith("data:"):
                continue
            state = json.loads(line[5:])
            if state["stage"] == "parsed" and "mesh" not in seconds:
                seconds["parsed"] = time.perf_counter() - began
                client.get(f"/api/scans/{scan}").raise_for_status()
                client.get(f"/api/scans/{scan}/mesh.glb").raise_for_status()
                seconds["mesh"] = time.perf_counter() - began
    if state["state"] != "done":
        raise SystemExit(f"the scan was not opened: {state['error']}")
    marks = [client.get(f"/api/scans/{scan}/landmarks/{name}").json() for name in ("ibug68", "anthropometric")]
    client.get(f"/api/scans/{scan}").raise_for_status()
    seconds["landmarks"] = time.perf_counter() - began
    for name, place in (("first query", marks[0]["xyz"][30]), ("next query", marks[0]["xyz"][8])):
        start = time.perf_counter()
        client.post(f"/api/scans/{scan}/surface", json={"point": place}).raise_for_status()
        seconds[name] = time.perf_counter() - start
    client.delete(f"/api/scans/{scan}").raise_for_status()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pause", type=float, default=3.0, help="Seconds between drops, as people make them.")
    args = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: args.cores]))
    process, client = start_studio()
    try:
        print(f"{'vertices':>9}", *(f"{stage:>12}" for stage in STAGES), "     limit", sep="")
        for size, limit in LIMITS.items():
            with tempfile.TemporaryDirectory() as folder:
                data = write_scan(person_of(size), Path(folder) / "person.ply").read_bytes()
            found = []
            for _ in range(args.rounds):
                time.sleep(args.pause)
                found.append(drop(client, data))
            median = {stage: statistics.median(each[stage] for each in found) for stage in STAGES}
            print(f"{size:>9}", *(f"{median[stage]:>11.3f}s" for stage in STAGES), f"{limit:>9.1f}s", sep="")
    finally:
        client.close()
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    main()
