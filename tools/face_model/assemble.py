"""Assemble the whole model from the remeshed half: mirror, weld, eyeballs, mouth bag, regions, uv.

Symbols: V vertices, T triangles, R vertices of ICT-FaceKit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from face_model.remesh import FIXED, Reference, Remesher
from face_model.source import (
    EYEBALL_LEFT,
    LID_OUTER,
    LIP_LINE,
    MOUTH,
    VERMILION,
    Half,
    Source,
    half_surface,
    trace_curves,
    triangulate,
)

REGIONS = ("face", "lips", "eyelids", "nose", "ears", "scalp", "neck", "mouth", "eyeball_left", "eyeball_right")


@dataclass(frozen=True)
class Mesh:
    """`points (V, 3)` mm, `weights (V, R)`, `triangles (T, 3)`, `mirror (V,)`, `region (V,)`, label to `curves`."""

    points: np.ndarray
    weights: sp.csr_matrix
    triangles: np.ndarray
    mirror: np.ndarray
    region: np.ndarray
    curves: dict[int, np.ndarray]


def remesh_half(half: Half) -> tuple[np.ndarray, sp.csr_matrix, np.ndarray, np.ndarray, dict[tuple[int, int], int]]:
    """Points, weights on ICT-FaceKit, triangles, their socket flags and feature edges of the new half."""
    curves, labels = trace_curves(half)
    mesh = Remesher(Reference(half.points, half.triangles, half.size), curves)
    for pin in half.pins:
        mesh.kind[pin] = FIXED
    mesh.run(rounds=8)
    used = sorted(v for v, ts in mesh.around.items() if ts)
    new = {v: i for i, v in enumerate(used)}
    triangles = np.array([[new[c] for c in mesh.tris[t]] for t in sorted(mesh.tris)])
    rows = np.repeat(np.arange(len(used)), 3)
    cols = half.triangles[[mesh.tri_of[v] for v in used]].ravel()
    vals = np.array([mesh.bary[v] for v in used]).ravel()
    onto = sp.csr_matrix((vals, (rows, cols)), shape=(len(used), len(half.points)))
    features = {tuple(sorted((new[a], new[b]))): labels[k] for (a, b), k in mesh.feature.items()}
    socket = flood(triangles, features, half.socket[[mesh.tri_of[used[c]] for c in triangles[:, 0]]], half, mesh, used)
    return onto @ half.points, (onto @ half.weights).tocsr(), triangles, socket, features


def patches(triangles: np.ndarray, walls: set[tuple[int, int]]) -> np.ndarray:
    """Label `(T,)` of the patches that the wall edges separate."""
    sides = defaultdict(list)
    for t, corners in enumerate(triangles.tolist()):
        for k in range(3):
            sides[tuple(sorted((corners[k], corners[k - 1])))].append(t)
    pairs = np.array([p for e, p in sides.items() if len(p) == 2 and e not in walls])
    graph = sp.coo_matrix((np.ones(len(pairs)), pairs.T), shape=(len(triangles),) * 2)
    return sp.csgraph.connected_components(graph, directed=False)[1]


def flood(triangles, features, guess, half, mesh, used) -> np.ndarray:
    """Triangles behind the mouth opening: the patch beyond the curve where most corners came from the socket."""
    label = patches(triangles, {e for e, k in features.items() if k == MOUTH})
    return np.isin(label, [k for k in np.unique(label) if guess[label == k].mean() > 0.5])


def mirrored(points, weights, triangles, source: Source) -> tuple[np.ndarray, sp.csr_matrix, np.ndarray, np.ndarray]:
    """Add the other half and weld on x = 0; also returns the `mirror` map."""
    on_midline = np.abs(points[:, 0]) < 1e-6
    points = np.where(on_midline[:, None] & (np.arange(3) == 0), 0.0, points)
    other = np.flatnonzero(~on_midline)
    twin = np.arange(len(points))
    twin[other] = len(points) + np.arange(len(other))
    swap = sp.csr_matrix((np.ones(len(source.mirror)), (np.arange(len(source.mirror)), source.mirror)))
    both = np.vstack([points, points[other] * [-1, 1, 1]])
    mirror = np.concatenate([twin, other])
    return (
        both,
        sp.vstack([weights, weights[other] @ swap]).tocsr(),
        np.vstack([triangles, twin[triangles][:, ::-1]]),
        mirror,
    )


def eye_cap(source: Source, rings: int = 8, sectors: int = 20, widest: float = 84.0):
    """The front of the left eyeball: a polar grid of rays from its centre, hitting the outermost shell."""
    polygons = source.polygons[
        (source.polygons[:, 0] >= EYEBALL_LEFT.start) & (source.polygons[:, 0] < EYEBALL_LEFT.stop)
    ]
    triangles = triangulate(polygons, source.vertices)
    ball = source.vertices[EYEBALL_LEFT]
    centre = (ball.max(0) + ball.min(0)) / 2
    polar = np.radians(widest) * (np.arange(1, rings + 1) / rings)
    turn = 2 * np.pi * np.arange(sectors) / sectors
    spread = np.stack(
        np.broadcast_arrays(
            np.sin(polar)[:, None] * np.cos(turn),
            np.sin(polar)[:, None] * np.sin(turn),
            np.cos(polar)[:, None] + 0 * turn,
        ),
        axis=-1,
    )
    rays = np.vstack([[[0, 0, 1]], spread.reshape(-1, 3)])
    a, b, c = (source.vertices[triangles[:, k]] for k in range(3))
    rows, cols, vals = [], [], []
    for i, ray in enumerate(rays):
        e1, e2, o = b - a, c - a, centre - a
        h = np.cross(ray, e2)
        det = np.einsum("ij,ij->i", e1, h)
        det = np.where(np.abs(det) < 1e-12, 1e-12, det)
        u = np.einsum("ij,ij->i", o, h) / det
        q = np.cross(o, e1)
        v, t = q @ ray / det, np.einsum("ij,ij->i", e2, q) / det
        hit = (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1 + 1e-6) & (t > 0)
        best = int(np.argmax(np.where(hit, t, -1)))
        rows += [i] * 3
        cols += triangles[best].tolist()
        vals += [1 - u[best] - v[best], u[best], v[best]]
    weights = sp.csr_matrix((vals, (rows, cols)), shape=(len(rays), len(source.vertices)))

    def at(r: int, s: int) -> int:
        return 0 if r == 0 else 1 + (r - 1) * sectors + s % sectors

    faces = []
    for s in range(sectors):
        faces.append((0, at(1, s), at(1, s + 1)))
        for r in range(1, rings):
            faces += [(at(r, s), at(r + 1, s), at(r + 1, s + 1)), (at(r, s), at(r + 1, s + 1), at(r, s + 1))]
    return (
        weights @ source.vertices,
        weights,
        np.array(faces),
        rays[:, :2]
        * (
            np.arccos(np.clip(rays[:, 2:], -1, 1))
            / np.radians(widest)
            / np.maximum(np.linalg.norm(rays[:, :2], axis=1, keepdims=True), 1e-9)
        ),
    )


def skin_regions(points, triangles, features) -> np.ndarray:
    """Region of each vertex of the half's skin, from the feature curves and simple planes on the mean face."""
    x, y, z = points.T
    region = np.zeros(len(points), np.uint8)
    region[y < -62 - 0.55 * (z - 20)] = REGIONS.index("neck")
    region[(z < -15) & (y < -30)] = REGIONS.index("neck")
    region[(y > 92 - 0.25 * np.maximum(0, x - 30)) | ((y > 40) & (z < 22)) | ((y > 0) & (z < -22))] = REGIONS.index(
        "scalp"
    )
    region[(x > 66) & (y > -26) & (y < 38) & (z < 19) & (z > -30) & (x > 72 - 0.1 * z)] = REGIONS.index("ears")
    width = np.interp(y, [-8, -3, 2, 12, 25, 42], [12, 18.5, 20, 17, 11, 8])
    region[(y > -8.5) & (y < 42) & (x < width) & (z > 85) & (z > np.where(x < 14, 97, 101 - 0.1 * (y + 8)))] = (
        REGIONS.index("nose")
    )
    region[(y > 20) & (y < 42) & (x < 9) & (z > 85)] = REGIONS.index("nose")
    region[np.linalg.norm((points - [32.0, 35.0, 90.0]) / [1.25, 0.8, 1.0], axis=1) < 14.5] = REGIONS.index("eyelids")
    label = patches(triangles, {e for e, k in features.items() if k in (VERMILION, MOUTH)})
    lip_line = {i for e, k in features.items() if k == LIP_LINE for i in e}
    count = Counter(label[t] for t, corners in enumerate(triangles.tolist()) if lip_line & set(corners))
    region[np.unique(triangles[np.isin(label, [k for k, n in count.items() if n > 8])])] = REGIONS.index("lips")
    label = patches(triangles, {e for e, k in features.items() if k == LID_OUTER})
    inner = [k for k in np.unique(label) if (label == k).sum() < 0.3 * len(label)]
    region[np.unique(triangles[np.isin(label, inner)])] = REGIONS.index("eyelids")
    return region


def boundary_loops(triangles: np.ndarray) -> list[list[int]]:
    """Ordered boundary loops, following the triangles' winding, longest first."""
    directed = {(a, b) for t in triangles.tolist() for a, b in zip(t, t[1:] + t[:1], strict=True)}
    follow = {a: b for a, b in sorted(directed) if (b, a) not in directed}
    loops = []
    while follow:
        loop = [min(follow)]
        while loop[-1] in follow:
            loop.append(follow.pop(loop[-1]))
        loops.append(loop[:-1])
    return sorted(loops, key=len, reverse=True)


def flatten(points: np.ndarray, triangles: np.ndarray, rim: list[int], rounds: int) -> np.ndarray:
    """Map a patch onto the unit disc without folds: mean value weights, stretch evened out (Yoshizawa, SMI 2004).

    Holes other than the rim are closed with one virtual vertex each, which keeps the map injective.
    """
    total = len(points)
    extra, faces = [], triangles
    for loop in boundary_loops(triangles):
        if set(loop) != set(rim):
            hub = total + len(extra)
            extra.append(points[loop].mean(0))
            faces = np.vstack([faces, [(loop[k], loop[k - 1], hub) for k in range(len(loop))]])
    p = np.vstack([points, extra]) if extra else points
    rows, cols, vals = [], [], []
    for k in range(3):
        i, j, h = faces[:, k], faces[:, (k + 1) % 3], faces[:, (k + 2) % 3]
        u, w = p[j] - p[i], p[h] - p[i]
        nu, nw = np.linalg.norm(u, axis=1), np.linalg.norm(w, axis=1)
        half_tan = np.tan(np.arccos(np.clip((u * w).sum(1) / (nu * nw), -1, 0.9999)) / 2)
        rows += [i, i]
        cols += [j, h]
        vals += [half_tan / nu, half_tan / nw]
    base = sp.csr_matrix((np.concatenate(vals), (np.concatenate(rows), np.concatenate(cols))), shape=(len(p),) * 2)
    at = p[rim]
    step = np.linalg.norm(at - np.roll(at, 1, axis=0), axis=1)
    start = rim.index(max(rim, key=lambda i: (abs(p[i, 0]) < 1e-6, p[i, 1])))
    arc = np.cumsum(step)
    turn = np.pi / 2 + 2 * np.pi * (arc - arc[start]) / arc[-1]
    uv = np.zeros((len(p), 2))
    uv[rim] = np.stack([np.cos(turn), np.sin(turn)], 1)
    free = np.setdiff1d(np.arange(len(p)), rim)
    area = np.linalg.norm(np.cross(p[faces[:, 1]] - p[faces[:, 0]], p[faces[:, 2]] - p[faces[:, 0]]), axis=1)
    for _ in range(rounds):
        matrix = sp.diags(np.asarray(base.sum(1)).ravel()) - base
        uv[free] = spsolve(matrix[free][:, free].tocsc(), -(matrix[free][:, rim] @ uv[rim]))
        e1, e2 = uv[faces[:, 1]] - uv[faces[:, 0]], uv[faces[:, 2]] - uv[faces[:, 0]]
        flat = np.maximum(e1[:, 0] * e2[:, 1] - e1[:, 1] * e2[:, 0], 1e-12)
        stretch = np.sqrt(area / flat)
        near = np.zeros(len(p))
        for k in range(3):
            np.add.at(near, faces[:, k], stretch * area)
        weight = np.zeros(len(p))
        for k in range(3):
            np.add.at(weight, faces[:, k], area)
        near /= weight
        near = (near / np.median(near)) ** 0.5
        base = base @ sp.diags(1 / near)  # a neighbour in a crowded place pulls less
    return uv[:total]


def build_mesh(source: Source) -> tuple[Mesh, np.ndarray]:
    """The whole template and its uv."""
    half = half_surface(source)
    points, weights, triangles, socket, features = remesh_half(half)
    parts, regions = [], []
    for is_bag in (False, True):
        chosen = triangles[socket == is_bag]
        used, flat = np.unique(chosen, return_inverse=True)
        new = {v: i for i, v in enumerate(used.tolist())}
        own = {tuple(sorted((new[a], new[b]))): k for (a, b), k in features.items() if a in new and b in new}
        faces = flat.reshape(-1, 3)
        region = (
            np.full(len(used), REGIONS.index("mouth"), np.uint8) if is_bag else skin_regions(points[used], faces, own)
        )
        p, w, t, m = mirrored(points[used], weights[used], faces, source)
        parts.append((p, w, t, m))
        regions.append(np.concatenate([region, region[m[len(used) :]]]))
        if not is_bag:
            curves = {k: np.unique([e for e, label in own.items() if label == k]) for k in set(own.values())}
    p, w, t, disc = eye_cap(source)
    swap = sp.csr_matrix((np.ones(len(source.mirror)), (np.arange(len(source.mirror)), source.mirror)))
    eye_mirror = np.concatenate([len(p) + np.arange(len(p)), np.arange(len(p))])
    parts.append(
        (
            np.vstack([p, p * [-1, 1, 1]]),
            sp.vstack([w, w @ swap]).tocsr(),
            np.vstack([t, t[:, ::-1] + len(p)]),
            eye_mirror,
        )
    )
    regions.append(np.repeat([REGIONS.index("eyeball_left"), REGIONS.index("eyeball_right")], len(p)).astype(np.uint8))

    skin_uv = flatten(parts[0][0], parts[0][2], boundary_loops(parts[0][2])[0], rounds=12)
    loops = boundary_loops(parts[1][2])
    bag_uv = flatten(parts[1][0], parts[1][2], loops[0], rounds=4)
    small = 0.08
    uv = np.vstack(
        [
            0.5 + 0.499 * skin_uv,
            [0.085, 0.085] + small * bag_uv,
            [0.915, 0.915] + small * disc,
            [0.085, 0.915] + small * disc * [-1, 1],
        ]
    )
    offset, faces, mirror = 0, [], []
    for q, _, t, m in parts:
        faces.append(t + offset)
        mirror.append(m + offset)
        offset += len(q)
    mesh = Mesh(
        np.vstack([q for q, *_ in parts]),
        sp.vstack([q[1] for q in parts]).tocsr(),
        np.vstack(faces),
        np.concatenate(mirror),
        np.concatenate(regions),
        curves,
    )
    return mesh, uv
