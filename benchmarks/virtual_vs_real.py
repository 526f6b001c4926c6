"""How like real scans virtual ones are: local statistics around landmarks, virtual against real.

    python benchmarks/virtual_vs_real.py PATH [--count 20] [--seed 1] [--json FILE]

PATH is laid out as for `landmarks.py`. Each statistic of a real scan is printed with the share of virtual
scans (`--count` of each sensor) that lie below it; `*` marks shares outside 5 to 95 %. On real scans the places are
where the shipped detector puts the landmarks, on virtual ones they are true; nothing here looks at an annotation.
Meshes of fewer than 40,000 vertices are sampled at random. Curvatures in 1/m, lengths in mm.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from lineament import Detector, NoFaceError, Scan, principal_curvatures, read_scan
from lineament.geometry.normals import estimate_normals, orient_outward

GROUPS = {
    "outer eye corners": [36, 45],
    "inner eye corners": [39, 42],
    "lids": [37, 38, 40, 41, 43, 44, 46, 47],
    "brows": [18, 19, 20, 23, 24, 25],
    "nose tip": [30],
    "nose wings": [31, 35],
    "mouth corners": [48, 54],
    "lips": [50, 51, 52, 56, 57, 58],
    "chin": [8],
    "cheeks": [68, 69],
}
BALL = 10.0
"""Radius around a landmark, mm."""
RADII = (3.0, 6.0)
FITS = (2.0, 4.0, 8.0)
REAL = {
    "james": "james/james.obj",
    "LPS": "lee_perry_smith/LeePerrySmith.glb",
    "bust": "truedepth_bust/fused.ply",
}


def surface_points(scan: Scan, rng: np.random.Generator, count: int = 40_000) -> np.ndarray:
    """The scan's points, or `count` independent samples of the triangles of a mesh with fewer."""
    if scan.triangles is None or len(scan.points) >= count:
        return scan.points
    corners = scan.points[scan.triangles].astype(np.float64)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chosen = corners[rng.choice(len(area), count, p=area / area.sum())]
    root, other = np.sqrt(rng.random((count, 1))), rng.random((count, 1))
    return (1 - root) * chosen[:, 0] + root * (1 - other) * chosen[:, 1] + root * other * chosen[:, 2]


def with_cheeks(marks: np.ndarray, tree: cKDTree) -> np.ndarray:
    """Add a control on each cheek, amid outer eye corner, mouth corner and jaw, on the surface."""
    amid = np.stack([marks[[36, 48, 2]].mean(0), marks[[45, 54, 14]].mean(0)])
    return np.concatenate([marks, tree.data[tree.query(amid)[1]]])


def residual(ball: np.ndarray) -> float:
    """Root mean square distance of points (N, 3) from the quadric that fits them best; NaN for too few."""
    if len(ball) < 10:
        return np.nan
    centred = ball - ball.mean(0)
    u, v, h = (centred @ np.linalg.svd(centred, full_matrices=False)[2].T).T
    basis = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], 1)
    left = h - basis @ np.linalg.lstsq(basis, h, rcond=None)[0]
    return float(np.sqrt(np.square(left).sum() / (len(ball) - 6)))


def empty_share(ball: np.ndarray, spacing: float) -> float:
    """Share of the disc around a landmark (the origin) that holds no point, on cells some points wide."""
    cell = max(2.0, 3 * spacing)
    flat = (ball - ball.mean(0)) @ np.linalg.svd(ball - ball.mean(0), full_matrices=False)[2][:2].T
    flat += ball.mean(0) @ np.linalg.svd(ball - ball.mean(0), full_matrices=False)[2][:2].T
    side = np.arange(-BALL, BALL, cell) + cell / 2
    cells = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    cells = cells[np.linalg.norm(cells, axis=1) < 0.75 * BALL]
    return float((cKDTree(flat).query(cells)[0] > cell * 0.75).mean())


def around(points: np.ndarray, tree: cKDTree, mark: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """Statistics around one landmark."""
    rows = np.asarray(tree.query_ball_point(mark, BALL + RADII[-1]))
    if len(rows) < 40:
        return {}
    if len(rows) > 6000:
        rows = rng.choice(rows, 6000, replace=False)
    near = points[rows].astype(np.float32)
    local = cKDTree(near)
    inner = np.nonzero(np.linalg.norm(near - mark, axis=1) < BALL)[0]
    if len(inner) < 20:
        return {}
    spacing = float(np.median(local.query(near[inner], 2)[0][:, 1]))
    found = {"spacing": spacing, "empty share": empty_share(near[inner] - mark, spacing)}
    normals = estimate_normals(near, local.query(near, min(16, len(near)))[1])
    normals = orient_outward(near, normals, np.array([0, 0, 20], np.float32))
    at = rng.choice(inner, min(120, len(inner)), replace=False)
    curvature = principal_curvatures(near, normals, RADII, at)
    for r, radius in enumerate(RADII):
        for k in (0, 1):
            for share in (10, 50, 90):
                found[f"k{k + 1} {radius:.0f} mm p{share}"] = 1000 * float(np.percentile(curvature[:, r, k], share))
    centres = near[rng.choice(inner, min(6, len(inner)), replace=False)]
    for radius in FITS:
        off = [residual(near[local.query_ball_point(centre, radius)]) for centre in centres]
        if np.isfinite(off).any():
            found[f"residual {radius:.0f} mm"] = float(np.nanmedian(off))
    return found


def statistics(points: np.ndarray, marks: np.ndarray, usable: np.ndarray, seed: int) -> dict[str, dict[str, float]]:
    """Mean of each statistic over the usable landmarks of each group; marks (68, 3) in the face frame, mm."""
    rng, tree = np.random.default_rng(seed), cKDTree(points)
    places = with_cheeks(marks, tree)
    usable = np.append(usable, usable[[36, 45]] & usable[[48, 54]])
    answer = {}
    for group, members in GROUPS.items():
        rows = [around(points, tree, places[m], rng) for m in members if usable[m]]
        names = {name for row in rows for name in row}
        answer[group] = {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}
    return answer


def virtual(count: int, seed: int) -> list[tuple[str, dict[str, dict[str, float]]]]:
    """Statistics of `count` scans of each sensor."""
    import torch

    from lineament.face.model import load_face_model
    from lineament.synth.condition import Condition
    from lineament.synth.scans import VirtualScanner
    from lineament.synth.sensors import NAMES

    torch.set_num_threads(1)
    scanner, drawn = VirtualScanner(load_face_model(), seed), []
    for name in NAMES:
        for scan in scanner.faces(count, Condition(sensor=name)):
            points, marks = scan.points.numpy(), scan.landmarks.numpy()[:68]
            drawn.append((name, statistics(points, marks, scan.visible.numpy()[:68], seed)))
    return drawn


def real(folder: Path, seed: int) -> dict[str, dict[str, dict[str, float]]]:
    """Statistics of the real scans that are there."""
    answer, detector = {}, Detector()
    for name, file in REAL.items():
        if not (folder / file).exists():
            continue
        scan = read_scan(folder / file)
        try:
            found = detector.detect(scan)
        except NoFaceError as error:
            print(f"{name}: {error}")
            continue
        points = found.pose.apply(surface_points(scan, np.random.default_rng(seed))).astype(np.float32)
        marks = found.pose.apply(found.landmarks["ibug68"].xyz)
        answer[name] = statistics(points, marks, np.ones(68, bool), seed)
    return answer


def table(
    drawn: list[tuple[str, dict[str, dict[str, float]]]], measured: dict[str, dict[str, dict[str, float]]]
) -> None:
    """Print every statistic, and how many are out of range."""
    out, total = dict.fromkeys(measured, 0), 0
    for group in GROUPS:
        names = sorted({name for one in measured.values() for name in one[group]})
        print(f"\n{group:<20}{'virtual p5':>11}{'p50':>8}{'p95':>8}" + "".join(f"{name:>16}" for name in measured))
        for name in names:
            values = np.array([one[group][name] for _, one in drawn if name in one[group]])
            line = f"  {name:<18}" + "".join(
                f"{np.percentile(values, p):>{w}.3g}" for p, w in ((5, 11), (50, 8), (95, 8))
            )
            total += 1
            for scan, one in measured.items():
                value = one[group].get(name, np.nan)
                if not np.isfinite(value):
                    line += f"{'-':>9}{'':>7}"
                    continue
                below = 100 * float((values < value).mean() + (values <= value).mean()) / 2
                odd = below < 5 or below > 95
                out[scan] += odd
                line += f"{value:>9.3g} {below:>3.0f} %{'*' if odd else ' '}"
            print(line)
    print(f"\nout of range, of {total}: " + ", ".join(f"{name} {n}" for name, n in out.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    drawn, measured = virtual(chosen.count, chosen.seed), real(chosen.folder, chosen.seed)
    print(
        f"virtual: N {len(drawn)}, {chosen.count} of each sensor, seed {chosen.seed}; curvatures in 1/m, lengths in mm"
    )
    table(drawn, measured)
    if chosen.json:
        chosen.json.write_text(json.dumps({"virtual": drawn, "real": measured}))


if __name__ == "__main__":
    main()
