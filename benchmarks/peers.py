"""Lineament beside MediaPipe's Face Mesh, in one process, on the same scans.

    python benchmarks/peers.py real PATH --out FOLDER             PATH holds `james/james.obj` and its landmarks
    python benchmarks/peers.py virtual --count 20 --out FOLDER    unseen virtual people, upright and turned at random

MediaPipe 0.10.21 is the last wheel with its model inside. It is a peer, never a dependency: give it an environment of
its own. It asks for an old numpy, and runs with the new one:

    python -m venv peers && peers/bin/pip install mediapipe==0.10.21 -e '.[train]' && peers/bin/pip install 'numpy>=2'

For MediaPipe a scan is rendered, its picture searched, and what is found cast back onto the surface. It sees what a
user would render who takes the scan's own frame for upright: +y up, the face towards +z; eight views are fused by the
median. Lineament gets points and triangles alone. Annotations and ground truth score, nothing else.

Symbols: N points, T triangles, H x W pixels. Millimetres.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from PIL import Image

from lineament import Detector, NoFaceError, Scan, consensus_landmarks, fit_face, read_landmarks
from lineament.face.model import LANDMARK_SETS
from lineament.picture.camera import Camera, turned
from lineament.picture.raster import interpolate, rasterise
from lineament.picture.render import render

MEDIAPIPE = {36: 33, 39: 133, 42: 362, 45: 263, 48: 61, 54: 291, 30: 4, 33: 2, 51: 0, 57: 17, 8: 152}
"""iBUG point: vertex of Face Mesh. After Peizhi Yan, github.com/PeizhiYan/Mediapipe_2_Dlib_Landmarks, 2024."""
ELEVEN = list(MEDIAPIPE)
MENPO_TO_IBUG = [*range(17), *range(29, 34), *range(43, 48), *range(34, 43), *range(17, 29), *range(48, 68)]
ONE = [turned(0)]
EIGHT = [turned(yaw, pitch) for yaw in (-30, -10, 10, 30) for pitch in (-10, 10)]
SIZE = 640
"""Pixels along a side of a rendered view."""
FAILED = 10.0
"""A larger mean error is a face found in the wrong place, mm."""

Finder = Callable[["Subject"], np.ndarray | None]
"""Returns the eleven points (11, 3) in the subject's frame, or None when it finds no face."""


@dataclass(frozen=True)
class Subject:
    """A scan in mm and, for the pictures alone, its texture."""

    points: np.ndarray
    triangles: np.ndarray | None = None
    uv: np.ndarray | None = None
    texture: np.ndarray | None = None


@dataclass(frozen=True)
class View:
    """A rendered picture, and how near the surface is at each of its pixels."""

    camera: Camera
    image: np.ndarray
    nearness: np.ndarray

    def surface(self, pixels: np.ndarray) -> np.ndarray:
        """Cast pixels (L, 2) onto the surface (L, 3); beside it, onto the depth of the nearest pixel that shows it."""
        rows, columns = np.nonzero(np.isfinite(self.nearness))
        shown = np.stack([columns, rows], axis=1)
        nearest = np.square(pixels[:, None] - shown[None]).sum(-1).argmin(1)
        middle = (SIZE - 1) / 2
        seen = np.column_stack([pixels - middle, self.nearness[rows, columns][nearest]]) * [1, -1, 1]
        return seen / self.camera.scale @ self.camera.rotation + self.camera.centre


def take(subject: Subject, rotation: np.ndarray) -> View:
    """Photograph a subject: its texture where it has one, shaded clay otherwise."""
    camera = Camera.fit(subject.points, rotation, SIZE, SIZE)
    if subject.texture is None or subject.triangles is None or subject.uv is None:
        picture = render(subject.points, subject.triangles, camera)
        return View(camera, picture.image, picture.nearness)
    positions = camera.project(subject.points)
    seen = rasterise(positions, subject.triangles, SIZE, SIZE)
    values = np.column_stack([subject.uv, positions[:, 2]]).astype(np.float32)
    pixels, values = interpolate(positions, subject.triangles, seen, values)
    image = np.full((SIZE * SIZE, 3), 240, dtype=np.uint8)
    nearness = np.full(SIZE * SIZE, -np.inf, dtype=np.float32)
    height, width = subject.texture.shape[:2]
    u, v = values[:, 0] % 1, values[:, 1] % 1  # v counts from the lower edge
    image[pixels] = subject.texture[((1 - v) * (height - 1)).astype(int), (u * (width - 1)).astype(int)]
    nearness[pixels] = values[:, 2]
    return View(camera, image.reshape(SIZE, SIZE, 3), nearness.reshape(SIZE, SIZE))


class FaceMesh:
    """MediaPipe's image model, made into a landmarker of scans."""

    def __init__(self, views: list[np.ndarray]) -> None:
        os.environ.setdefault("GLOG_minloglevel", "2")
        try:
            import mediapipe
        except ImportError:
            sys.exit("MediaPipe is not installed here. Make an environment of its own for this benchmark:\n" + INSTALL)
        self.model = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True)
        self.views = views
        self.rendering = 0.0
        """Seconds of all that was spent in rendering, by far the slower part without a graphics card."""

    def __call__(self, subject: Subject) -> np.ndarray | None:
        found = []
        for rotation in self.views:
            start = time.perf_counter()
            view = take(subject, rotation)
            self.rendering += time.perf_counter() - start
            faces = self.model.process(view.image).multi_face_landmarks
            if faces:
                marks = [faces[0].landmark[index] for index in MEDIAPIPE.values()]
                found.append(view.surface(np.array([[mark.x, mark.y] for mark in marks]) * SIZE - 0.5))
        return np.median(found, axis=0) if found else None


INSTALL = "\n".join(line for line in __doc__.splitlines() if "pip install" in line)


class Lineament:
    """The detector as shipped, on the geometry alone; halfway to the fitted face, as for measures, when asked."""

    def __init__(self, halfway: bool = False) -> None:
        self.detector, self.halfway = Detector(), halfway

    def __call__(self, subject: Subject) -> np.ndarray | None:
        scan = Scan(subject.points, subject.triangles)
        try:
            found = self.detector.detect(scan, LANDMARK_SETS if self.halfway else ("ibug68",))
            marks = found.landmarks["ibug68"]
            return (consensus_landmarks(fit_face(scan, found), marks) if self.halfway else marks).xyz[ELEVEN]
        except NoFaceError:
            return None


def compare(finders: dict[str, Finder], subjects: list[tuple[Subject, np.ndarray]]) -> list[dict[str, Any]]:
    """Run every method on every subject with true points (11, 3); one row of figures for each method."""
    rows = []
    for name, find in finders.items():
        find(subjects[0][0])  # warm
        before = getattr(find, "rendering", 0.0)
        start = time.perf_counter()
        answers = [find(subject) for subject, _ in subjects]
        seconds = (time.perf_counter() - start) / len(subjects)
        pairs = [(answer, truth) for answer, (_, truth) in zip(answers, subjects, strict=True) if answer is not None]
        errors = np.array([np.linalg.norm(answer - truth, axis=1) for answer, truth in pairs]).reshape(-1, len(ELEVEN))
        right = errors[errors.mean(axis=1) <= FAILED]
        row = {"method": name, "N": len(subjects), "found": len(errors), "right": len(right)}
        row |= {"median_mm": None, "mean_mm": None, "p95_mm": None, "points_mm": None}
        if len(right):
            each = dict(zip(map(str, ELEVEN), np.median(right, axis=0).tolist(), strict=True))
            row |= {"median_mm": float(np.median(right)), "mean_mm": float(right.mean()), "points_mm": each}
            row["p95_mm"] = float(np.percentile(right, 95))
        spent = getattr(find, "rendering", 0.0) - before
        rows.append(row | {"seconds": seconds, "rendering_seconds": spent / len(subjects)})
    return rows


def real(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Score the annotated scan with and without its texture."""
    mesh = trimesh.load(folder / "james" / "james.obj", process=False, force="mesh")
    truth = read_landmarks(folder / "james" / "james.ljson").xyz[MENPO_TO_IBUG][ELEVEN]
    points, triangles = mesh.vertices.astype(np.float32), mesh.faces.astype(np.int32)
    bare = Subject(points, triangles)
    texture = np.asarray(Image.open(folder / "james" / "james.jpg").convert("RGB"))
    textured = Subject(points, triangles, np.asarray(mesh.visual.uv), texture)
    ours = {"lineament": Lineament(), "lineament, halfway to the fit": Lineament(halfway=True)}
    return {
        "james, geometry": compare({**ours, **peers("shaded")}, [(bare, truth)]),
        "james, textured": compare(peers("textured"), [(textured, truth)]),
    }


def peers(looks: str) -> dict[str, Finder]:
    return {f"mediapipe, one {looks} view": FaceMesh(ONE), f"mediapipe, eight {looks} views": FaceMesh(EIGHT)}


def virtual(count: int, seed: int) -> dict[str, list[dict[str, Any]]]:
    """Score virtual people, clean and degraded, as they stand and turned at random."""
    from lineament.face.model import load_face_model
    from lineament.synth.condition import Condition
    from lineament.synth.scans import VirtualScanner

    finders = {"lineament": Lineament(), **peers("shaded")}
    tables = {}
    for kind, condition in {"clean, frontal": Condition(clean=True), "all degradations": Condition()}.items():
        scanner, rng = VirtualScanner(load_face_model(), seed), np.random.default_rng(seed)
        scans = [scan for start in range(0, count, 8) for scan in scanner.faces(min(8, count - start), condition)]
        upright = [(scan.points.numpy(), scan.landmarks.numpy()[ELEVEN]) for scan in scans]
        turns = [random_rotation(rng) for _ in scans]
        turned = [(points @ turn.T, truth @ turn.T) for (points, truth), turn in zip(upright, turns, strict=True)]
        for pose, pairs in {"upright": upright, "turned at random": turned}.items():
            subjects = [(Subject(points.astype(np.float32)), truth) for points, truth in pairs]
            tables[f"virtual people, {kind}, {pose}, seed {seed}"] = compare(finders, subjects)
    return tables


def random_rotation(rng: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q *= np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else q[:, [1, 0, 2]]


def markdown(tables: dict[str, list[dict[str, Any]]]) -> str:
    """Lay the figures out, one table a condition; errors are those of the scans that came out right."""
    lines = [f"Right: found, with a mean error of at most {FAILED:.0f} mm. Errors in mm, over the right scans.", ""]
    for title, rows in tables.items():
        lines += [
            f"**{title}**",
            "",
            "| method | N | found | right | median | mean | p95 | s a scan | of it rendering |",
        ]
        lines.append("|---" * 9 + "|")
        for row in rows:
            figures = (row[key] for key in ("median_mm", "mean_mm", "p95_mm", "seconds", "rendering_seconds"))
            counts = (row["method"], row["N"], row["found"], row["right"])
            cells = [*map(str, counts), *("" if figure is None else f"{figure:.2f}" for figure in figures)]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["real", "virtual"])
    parser.add_argument("path", nargs="?", type=Path, help="folder that holds james/james.obj, for `real`")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=2_000_001)
    parser.add_argument("--out", type=Path, help="folder for the JSON and the table")
    options = parser.parse_args()
    if options.what == "real" and options.path is None:
        parser.error("`real` needs the folder of the scans")
    tables = real(options.path) if options.what == "real" else virtual(options.count, options.seed)
    print(markdown(tables))
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / f"peers_{options.what}.json").write_text(json.dumps(tables, indent=1) + "\n")
        (options.out / f"peers_{options.what}.md").write_text(markdown(tables))


if __name__ == "__main__":
    main()
