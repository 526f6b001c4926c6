"""The half of the ICT-FaceKit surface to be remeshed, its feature curves and the wanted edge length.

Indices such as `EYE_DEEP` are counts of quad rings from the opening of the eye or the mouth, in ICT-FaceKit's layout.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import igl
import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

SKIN, SOCKET = 11248, 13294  # ends of the skin and of the mouth socket in ICT-FaceKit's vertex order
EYEBALL_LEFT = slice(21451, 23021)
MIDLINE, OUTER, EYE, LID_MARGIN, LID_RING, LID_OUTER, MOUTH, LIP_LINE, VERMILION, NOSTRIL = range(10)


@dataclass(frozen=True)
class Source:
    """ICT-FaceKit: `vertices (R, 3)` mm, `polygons`, `identity (100, R, 3)`, `expression (53, R, 3)`, landmarks."""

    vertices: np.ndarray
    polygons: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    expression_names: list[str]
    landmarks: np.ndarray
    jaw_right: np.ndarray
    jaw_left: np.ndarray
    mirror: np.ndarray


def read_source(path: Path) -> Source:
    """Read the npz described in the data folder."""
    with np.load(path) as data:
        vertices = data["vertices"].astype(np.float64)
        mirror = cKDTree(vertices).query(vertices * [-1, 1, 1])[1]
        names = [name.replace("_L", "Left").replace("_R", "Right") for name in data["expression_names"].tolist()]
        return Source(
            vertices,
            data["polygons"],
            data["identity"].astype(np.float32),
            data["expression"].astype(np.float32),
            names,
            data["landmarks68"],
            data["jaw_right"],
            data["jaw_left"],
            mirror,
        )


@dataclass(frozen=True)
class Half:
    """The half x >= 0: `points (R, 3)`, `weights (R, ICT)`, `triangles`, feature edges, pinned points, size."""

    points: np.ndarray
    weights: sp.csr_matrix
    triangles: np.ndarray
    features: dict[tuple[int, int], int]
    pins: set[int]
    size: np.ndarray
    socket: np.ndarray


def triangulate(polygons: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """Cut each quad along its shorter diagonal."""
    out = []
    for a, b, c, d in polygons.tolist():
        if d < 0:
            out.append((a, b, c))
        elif np.sum((vertices[a] - vertices[c]) ** 2) <= np.sum((vertices[b] - vertices[d]) ** 2):
            out += [(a, b, c), (a, c, d)]
        else:
            out += [(a, b, d), (b, c, d)]
    return np.array(out)


def coverage(points: np.ndarray) -> np.ndarray:
    """Positive where the model covers the head: front of an oblique plane behind the ears, above the neck's base."""
    _, y, z = points.T
    back = z + 48 - 0.75 * np.logaddexp(0, (-25 - y) / 12) * 12 - 0.1 * np.maximum(y - 60, 0)
    base = y + 138
    return -10 * np.logaddexp(-back / 10, -base / 10)


def cut(points: np.ndarray, weights: sp.csr_matrix, triangles: np.ndarray, level: np.ndarray):
    """Keep the part with level > 0; triangles that cross are cut where the level is zero."""
    level = np.where(np.abs(level) < 1e-3, 1e-3, level)
    rows, cols, vals, at = [], [], [], {}

    def crossing(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in at:
            at[key] = len(points) + len(at)
            f = level[key[0]] / (level[key[0]] - level[key[1]])
            rows.extend([len(at) - 1] * 2)
            cols.extend(key)
            vals.extend([1 - f, f])
        return at[key]

    kept, rim = [], set()
    for corners in triangles.tolist():
        inside = [level[c] > 0 for c in corners]
        if all(inside):
            kept.append(tuple(corners))
        elif any(inside):
            k = inside.index(sum(inside) == 1)
            a, b, c = corners[k:] + corners[:k]
            ab, ca = crossing(a, b), crossing(c, a)
            kept += [(a, ab, ca)] if inside[k] else [(ab, b, c), (ab, c, ca)]
            rim.add((min(ab, ca), max(ab, ca)))
    extra = sp.csr_matrix((vals, (rows, cols)), shape=(len(at), len(points)))
    stack = sp.vstack([sp.identity(len(points)), extra]).tocsr()
    triangles = np.array(kept)
    used, flat = np.unique(triangles, return_inverse=True)
    renumber = -np.ones(stack.shape[0], int)
    renumber[used] = np.arange(len(used))
    return (stack @ points)[used], (stack @ weights)[used], flat.reshape(-1, 3), renumber


def quad_rings(polygons: np.ndarray, seed: set[int], count: int) -> list[set[int]]:
    """Rings of vertices around a seed loop, neighbours across quads included."""
    near = defaultdict(set)
    for quad in polygons.tolist():
        quad = [i for i in quad if i >= 0]
        for i in quad:
            near[i].update(quad)
    rings, seen = [seed], set(seed)
    for _ in range(count):
        rings.append(set().union(*(near[i] for i in rings[-1])) - seen)
        seen |= rings[-1]
    return rings


def _edges(triangles: np.ndarray) -> np.ndarray:
    return np.sort(np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)


def _key(a: int, b: int) -> tuple[int, int]:
    return (int(min(a, b)), int(max(a, b)))


def path_edges(points, edges, cost, stops, blocked) -> set[tuple[int, int]]:
    """Edges of the cheapest path through the stops that avoids blocked vertices."""
    blocked = np.isin(np.arange(len(points)), list(set(blocked) - set(stops)))
    ok = ~blocked[edges].any(1)
    graph = sp.csr_matrix((cost[ok], (edges[ok, 0], edges[ok, 1])), shape=(len(points),) * 2)
    found: set[tuple[int, int]] = set()
    for a, b in pairwise(stops):
        _, before = dijkstra(graph, directed=False, indices=a, return_predecessors=True)
        while b != a:
            found.add(_key(b, before[b]))
            b = before[b]
    return found


def limit_gradient(points, edges, size, slope=0.22) -> np.ndarray:
    """Let the wanted length grow by at most `slope` mm each mm."""
    length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    for _ in range(60):
        for a, b in ((0, 1), (1, 0)):
            np.minimum.at(size, edges[:, a], size[edges[:, b]] + slope * length)
    return size


def half_surface(source: Source) -> Half:
    """Build the half to remesh: skin within the coverage and the mouth socket."""
    polygons = source.polygons[source.polygons.max(1) < SOCKET]
    skin_polygons = source.polygons[source.polygons.max(1) < SKIN]
    triangles = triangulate(polygons, source.vertices)
    triangles = triangles[source.vertices[triangles][:, :, 0].min(1) > -1e-6]
    triangles = triangles[source.vertices[triangles][:, :, 0].max(1) > 1e-6]
    identity = sp.identity(len(source.vertices)).tocsr()
    level = coverage(source.vertices)
    level[SKIN:] = 1.0
    points, weights, triangles, new = cut(source.vertices, identity, triangles, level)
    is_socket_vertex = np.zeros(len(source.vertices), bool)
    is_socket_vertex[SKIN:SOCKET] = True
    socket = (weights @ is_socket_vertex.astype(float))[triangles].max(1) > 0.5

    counts: dict[tuple[int, int], int] = defaultdict(int)
    for a, b in _edges(triangles).tolist():
        counts[a, b] += 1
    features = {}
    for (a, b), n in counts.items():
        if n == 1:
            on_midline = abs(points[[a, b], 0]).max() < 1e-6
            at_eye = np.linalg.norm(points[a] - [32, 35, 91]) < 20
            features[a, b] = MIDLINE if on_midline else EYE if at_eye else OUTER

    boundary = defaultdict(int)
    for quad in skin_polygons.tolist():
        quad = [i for i in quad if i >= 0]
        for i, a in enumerate(quad):
            boundary[_key(a, quad[i - 1])] += 1
    rim = {i for e, n in boundary.items() if n == 1 for i in e}
    at = source.vertices
    eye = quad_rings(skin_polygons, {i for i in rim if np.linalg.norm(at[i] - [32, 35, 91]) < 20}, 6)
    mouth = quad_rings(skin_polygons, {i for i in rim if np.linalg.norm(at[i] - [0, -34, 103]) < 40}, 8)
    quad_edges = np.array(
        [_key(q[i], q[i - 1]) for q in skin_polygons.tolist() for i in range(4) if q[i] >= 0 and q[i - 1] >= 0]
    )
    quad_edges = np.unique(new[quad_edges[(new[quad_edges] >= 0).all(1)]], axis=0)
    for label, ring in (
        (LID_MARGIN, eye[2]),
        (LID_RING, eye[4]),
        (LID_OUTER, eye[6]),
        (MOUTH, mouth[0]),
        (LIP_LINE, mouth[8]),
    ):
        members = np.isin(quad_edges, [new[i] for i in ring if new[i] >= 0]).all(1)
        for a, b in quad_edges[members].tolist():
            if features.get(_key(a, b)) != MIDLINE:
                features.setdefault(_key(a, b), label)

    lm = new[source.landmarks]
    length = np.linalg.norm(points[quad_edges[:, 0]] - points[quad_edges[:, 1]], axis=1)
    taken = {i for e in features for i in e}
    for e in path_edges(points, quad_edges, length, lm[[51, 52, 53, 54, 55, 56, 57]].tolist(), taken):
        features[e] = VERMILION

    _, _, k1, k2, *_ = igl.principal_curvature(points, triangles.astype(np.int64), 4)
    bend = np.maximum(np.abs(k1), np.abs(k2))
    taken = {i for e in features for i in e}
    for e in nostril_rim(points, quad_edges, np.maximum(np.maximum(k1, k2), 0), taken):
        features[e] = NOSTRIL
    size = wanted_size(points, triangles, bend, socket, features)
    pins = {int(lm[i]) for i in (30, 33, 42, 45, 51, 54, 57, 62, 64, 66)}
    return Half(points, weights.tocsr(), triangles, features, pins, size, socket)


def nostril_rim(points, edges, convex, blocked) -> set[tuple[int, int]]:
    """The closed loop of strongest convex bending that winds once around the left nostril.

    The loop is the cheapest path from a vertex to its copy on the second sheet of a double cover, cut along a ray.
    """
    x, y, z = points.T
    up, depth = 0.64 * y + 0.77 * z, 0.64 * z - 0.77 * y  # seen from below and in front, along the nostril's axis
    centre = np.array([8.3, 87.5])
    radius = np.hypot(x - centre[0], up - centre[1])
    near = (depth > 69.5) & (radius > 2.5) & (radius < 9) & (x > 2) & ~np.isin(np.arange(len(points)), list(blocked))
    edges = edges[near[edges].all(1)]
    length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    cost = length / (0.05 + convex[edges].mean(1)) ** 1.5
    behind = up < centre[1]
    side = x > centre[0]
    crosses = behind[edges].all(1) & (side[edges[:, 0]] != side[edges[:, 1]])
    n = len(points)
    a, b = edges.T
    shift = n * crosses
    rows = np.concatenate([a, a + n, b, b + n])
    cols = np.concatenate([b + shift, b + n - shift, a + shift, a + n - shift])
    graph = sp.csr_matrix((np.tile(cost, 4), (rows, cols)), shape=(2 * n, 2 * n))
    best, found = np.inf, set()
    for start in np.unique(edges[crosses, 0]):
        distance, before = dijkstra(graph, indices=start, return_predecessors=True)
        if distance[start + n] < best:
            best, found, i = distance[start + n], set(), start + n
            while i != start:
                found.add(_key(i % n, before[i] % n))
                i = before[i]
    return found


def wanted_size(points, triangles, bend, socket, features) -> np.ndarray:
    """Edge length that keeps the chord error about constant, within bounds that depend on the region."""
    x, y, z = points.T
    size = np.sqrt(8 * 0.095 / np.maximum(bend, 1e-4))
    ear = (x > 62) & (y > -30) & (y < 45) & (z < 28)
    least = np.where(ear, 2.0, 1.4)
    most = np.where((y > 70) | (y < -85) | (x > 70), 13.0, 6.2)
    size = np.clip(size, least, most)
    bag = np.ones(len(points), bool)
    bag[triangles[~socket]] = False
    size[bag] = 5.0
    for (a, b), label in features.items():
        wanted = {
            EYE: 1.5,
            LID_MARGIN: 1.25,
            LID_RING: 1.25,
            LID_OUTER: 1.5,
            LIP_LINE: 1.5,
            MOUTH: 1.9,
            VERMILION: 1.5,
            NOSTRIL: 1.3,
        }
        if label in wanted:
            size[[a, b]] = np.minimum(size[[a, b]], wanted[label])
            if label == MOUTH:
                size[[a, b]] = wanted[label]
    skin = limit_gradient(points, _edges(triangles), size)
    coarse = np.where(bag, 9.0, skin)
    return np.where(bag, limit_gradient(points, _edges(triangles), coarse, slope=0.7), skin)


def trace_curves(half: Half) -> tuple[list[np.ndarray], list[int]]:
    """Chain feature edges into curves that meet only at their ends."""
    at = defaultdict(list)
    for (a, b), label in half.features.items():
        at[a].append((b, label))
        at[b].append((a, label))
    nodes = {i for i, near in at.items() if len(near) != 2 or near[0][1] != near[1][1] or i in half.pins}
    left = dict(half.features)
    curves, labels = [], []

    def walk(start: int, step: int, label: int) -> None:
        line = [start, step]
        del left[_key(start, step)]
        while line[-1] not in nodes and line[-1] != start:
            step = next(n for n, _ in at[line[-1]] if _key(n, line[-1]) in left)
            del left[_key(line[-1], step)]
            line.append(step)
        curves.append(np.array(line))
        labels.append(label)

    for node in sorted(nodes):
        for near, label in at[node]:
            if _key(node, near) in left:
                walk(node, near, label)
    while left:  # closed loops without a node: cut at their inner and outer ends
        loop = [next(iter(sorted(left)))]
        members, stack = set(), [loop[0][0]]
        while stack:
            i = stack.pop()
            if i not in members:
                members.add(i)
                stack += [n for n, _ in at[i]]
        order = sorted(members, key=lambda i: half.points[i, 0])
        nodes |= {order[0], order[-1]}
        for near, label in at[order[0]]:
            if _key(order[0], near) in left:
                walk(order[0], near, label)
    return curves, labels
