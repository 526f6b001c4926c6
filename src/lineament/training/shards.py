"""Shards: virtual scans as the networks see them, on disk, so that drawing and training run side by side.

Symbols: B scans of a shard, L landmarks of all sets one after another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.detect.features import face_graph, sample_face, sample_whole, whole_graph
from lineament.detect.patches import detail
from lineament.errors import InputError, NoFaceError
from lineament.face.model import load_face_model
from lineament.geometry.neighbours import knn

Arrays = dict[str, npt.NDArray[Any]]

SHARD_SIZE = 64
FACELESS_SHARE = 0.2
"""Share of scans without a face in what the coarse network learns from."""
FINE, WIDE = 0.01, 0.1
"""Millimetres in one step of the stored coordinates: in the face, and in a whole scan."""
GRAPH = ("local", "pool_1", "graph_1", "pool_2", "graph_2", "up")
RAGGED = ("patch_fine", "patch_wide")
"""Arrays with as many rows as a scan has; stored end to end, with `NAME_end` beside them."""
FEWEST_NEAR = 50
PATCH_REACH = 15.0
"""Points farther than this from every landmark are no part of any patch, mm."""


def _random_turn(rng: np.random.Generator, degrees: float) -> npt.NDArray[np.float32]:
    """Rotation by a normal angle about a random axis; uniform over all rotations for 180 or more."""
    if degrees >= 180:
        q = rng.normal(size=4)
    else:
        axis = rng.normal(size=3)
        half = np.deg2rad(rng.normal() * degrees) / 2
        q = np.concatenate([[np.cos(half)], np.sin(half) * axis / np.linalg.norm(axis)])
    w, x, y, z = q / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ],
        dtype=np.float32,
    )


def _steps(values: npt.NDArray[Any], step: float) -> npt.NDArray[np.int16]:
    return np.clip(np.rint(values / step), -32768, 32767).astype(np.int16)


def _cut(points: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Choose what a user cut out of a scan: everything, a ball around the face, or a plane's front side."""
    luck = rng.random()
    if luck < 0.5:
        return np.ones(len(points), dtype=np.bool_)
    centre = np.array([0, 5, 75]) + rng.normal(size=3) * 8
    keep: npt.NDArray[np.bool_] = np.linalg.norm(points - centre, axis=1) < rng.uniform(88, 160)
    if luck > 0.8:
        keep = points[:, 2] > rng.uniform(-20, 45)
    if rng.random() < 0.3:
        keep &= points[:, 1] > rng.uniform(-140, -95)
    if rng.random() < 0.2:
        keep &= points[:, 1] < rng.uniform(65, 120)
    return keep


def _face_record(points: npt.NDArray[np.float32], rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """Describe the face region as detection would, from a guess of the frame that is a little off."""
    turn, shift, size = _random_turn(rng, 9), rng.normal(size=3) * 7, np.exp(rng.normal() * 0.05)
    guess = ((points @ turn.T) * size + shift).astype(np.float32)
    sample = sample_face(guess)
    graph = face_graph(sample.points)
    return {
        "points": _steps(((sample.points - shift) / size) @ turn, FINE),
        "normals": np.rint((sample.normals @ turn) * 127).astype(np.int8),
        "curvature": sample.curvature.astype(np.float16),
        **{name: indices.astype(np.uint16) for name, indices in zip(GRAPH, graph, strict=True)},
    }


def _patch_record(
    points: npt.NDArray[np.float32], landmarks: npt.NDArray[np.float32], rng: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """Average the surface around the landmarks as refinement would, in cells that lie at a random angle."""
    turn, shift = _random_turn(rng, 9), rng.normal(size=3)
    surface = detail((points @ turn.T + shift).astype(np.float32))
    record = {}
    for name, means in zip(RAGGED, (surface.fine, surface.wide), strict=True):
        means = ((means - shift) @ turn).astype(np.float32)
        record[name] = _steps(means[knn(landmarks, 1, means)[1][:, 0] < PATCH_REACH], FINE)
    if min(len(means) for means in record.values()) < FEWEST_NEAR:
        raise NoFaceError("too few points around the landmarks")
    return record


def _whole_record(
    points: npt.NDArray[np.float32], on_face: npt.NDArray[np.bool_], rng: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """Describe a whole scan as detection would, from a random side."""
    turn = _random_turn(rng, 180)
    sample = sample_whole(points @ turn.T)
    places = (sample.points * sample.scale + sample.centre) @ turn
    nearest = knn(points, 1, places)[0][:, 0]
    return {
        "whole_points": _steps(places, WIDE),
        "whole_normals": np.rint((sample.normals @ turn) * 127).astype(np.int8),
        "whole_on_face": on_face[nearest],
        "whole_scale": np.float32(sample.scale),
        "whole_centre": sample.centre @ turn,
        **{f"whole_{name}": i.astype(np.uint16) for name, i in zip(GRAPH, whole_graph(sample.points), strict=True)},
    }


def draw_records(seed: int, count: int, device: str = "cpu") -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Draw `count` virtual scans of faces as records; a scan too poor to hold a face is drawn again."""
    from lineament.synth.scans import VirtualScanner

    scanner = VirtualScanner(load_face_model(), seed, device)
    rng = np.random.default_rng(seed)
    done = 0
    while done < count:
        for scan in scanner.faces(8):
            cloud, skin = scan.points.cpu().numpy(), scan.on_face.cpu().numpy()
            if scan.landmarks is None or scan.visible is None or done == count:
                continue
            landmarks, visible = scan.landmarks.cpu().numpy(), scan.visible.cpu().numpy()
            # What is cut away with its landmarks is hidden from then on.
            keep = _cut(np.concatenate([cloud, landmarks]), rng)
            visible, keep = visible & keep[len(cloud) :], keep[: len(cloud)]
            cloud, skin = cloud[keep], skin[keep]
            if np.count_nonzero(skin) < 300:
                continue
            try:
                record = {
                    **_face_record(cloud, rng),
                    **_whole_record(cloud, skin, rng),
                    **_patch_record(cloud, landmarks, rng),
                }
            except (NoFaceError, InputError):
                continue
            yield record | {
                "landmarks": _steps(landmarks, FINE),
                "visible": visible,
            }
            done += 1


def draw_faceless(seed: int, count: int, device: str = "cpu") -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Draw `count` scans without a face, as the coarse network's part of a record."""
    from lineament.synth.scans import VirtualScanner

    scanner = VirtualScanner(load_face_model(), seed + 1, device)
    rng = np.random.default_rng(seed + 1)
    for scan in scanner.faceless(count):
        yield _whole_record(scan.points.cpu().numpy(), scan.on_face.cpu().numpy(), rng)


def packed(faces: list[dict[str, Any]], others: list[dict[str, Any]]) -> dict[str, npt.NDArray[Any]]:
    """Join the records of a shard: arrays of faces, ragged ones end to end, and under `faceless_...` the others."""
    arrays = {name: np.stack([record[name] for record in faces]) for name in faces[0] if name not in RAGGED}
    for name in RAGGED:
        arrays[name] = np.concatenate([record[name] for record in faces])
        arrays[f"{name}_end"] = np.cumsum([len(record[name]) for record in faces])
    return arrays | {f"faceless_{name}": np.stack([record[name] for record in others]) for name in others[0]}


def write_shard(folder: Path, number: int, device: str = "cpu") -> Path:
    """Draw shard `number` and write it; an existing shard is left as it is.

    Returns
    -------
    Path
        `shard_00000.npz` with the faces' arrays, and under `faceless_...` those of the faceless scans.
    """
    path = folder / f"shard_{number:05d}.npz"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    faces = list(draw_records(2 * number, SHARD_SIZE, device))
    others = list(draw_faceless(2 * number, round(SHARD_SIZE * FACELESS_SHARE), device))
    arrays = packed(faces, others)
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    with partial.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    partial.replace(path)
    return path
