"""Adaptive triangle remeshing of a half face, with feature curves kept.

After Botsch and Kobbelt, "A remeshing approach to multiresolution modeling" (SGP 2004): split long edges, collapse
short ones, flip towards Delaunay, relax along the surface. Vertices never leave the reference surface: each remembers
its reference triangle and is projected onto the neighbourhood of that triangle only, so that it cannot jump across
lips, lids or an ear. Vertices of a feature curve slide along that curve; its ends do not move.

Symbols: R reference vertices, V vertices, T triangles, C feature curves.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

INTERIOR, FIXED = -1, -2


@dataclass(frozen=True)
class Reference:
    """The surface to remesh: `points (R, 3)` mm, `triangles (T, 3)`, `size (R,)` wanted edge length, mm."""

    points: np.ndarray
    triangles: np.ndarray
    size: np.ndarray

    def neighbourhoods(self, rings: int) -> np.ndarray:
        """Triangles within `rings` vertex rings of each triangle, padded with the triangle itself: `(T, M)`."""
        around = defaultdict(set)
        for t, corners in enumerate(self.triangles):
            for c in corners:
                around[c].add(t)
        first = [set().union(*(around[c] for c in corners)) for corners in self.triangles]
        grown = first
        for _ in range(rings - 1):
            grown = [set().union(*(first[n] for n in near)) for near in grown]
        width = max(map(len, grown))
        table = np.empty((len(grown), width), np.int32)
        for t, near in enumerate(grown):
            table[t] = t
            table[t, : len(near)] = sorted(near)
        return table


def closest_on_triangles(q: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Barycentric weights `(..., 3)` of the point of each triangle nearest to q (Ericson, 2005, 5.1.5)."""

    def dot(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.einsum("...i,...i->...", x, y)

    def safe(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return x / np.where(np.abs(y) < 1e-20, 1e-20, y)

    ab, ac, ap = b - a, c - a, q - a
    d1, d2 = dot(ab, ap), dot(ac, ap)
    bp, cp = q - b, q - c
    d3, d4, d5, d6 = dot(ab, bp), dot(ac, bp), dot(ab, cp), dot(ac, cp)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    total = va + vb + vc
    v, w = safe(vb, total), safe(vc, total)
    on_bc = (va <= 0) & (d4 - d3 >= 0) & (d5 - d6 >= 0)
    t = safe(d4 - d3, (d4 - d3) + (d5 - d6))
    v, w = np.where(on_bc, 1 - t, v), np.where(on_bc, t, w)
    on_ac = (vb <= 0) & (d2 >= 0) & (d6 <= 0)
    t = safe(d2, d2 - d6)
    v, w = np.where(on_ac, 0, v), np.where(on_ac, t, w)
    on_ab = (vc <= 0) & (d1 >= 0) & (d3 <= 0)
    t = safe(d1, d1 - d3)
    v, w = np.where(on_ab, t, v), np.where(on_ab, 0, w)
    at_c, at_b, at_a = (d6 >= 0) & (d5 <= d6), (d3 >= 0) & (d4 <= d3), (d1 <= 0) & (d2 <= 0)
    for corner, vv, ww in ((at_c, 0, 1), (at_b, 1, 0), (at_a, 0, 0)):
        v, w = np.where(corner, vv, v), np.where(corner, ww, w)
    return np.stack([1 - v - w, v, w], axis=-1)


class Remesher:
    """A mutable triangle mesh over a `Reference`.

    Parameters
    ----------
    reference : Reference
    curves : list of (n,) int arrays
        Feature polylines over reference vertices; their ends are fixed. Curves meet only at their ends.
    """

    def __init__(self, reference: Reference, curves: list[np.ndarray]) -> None:
        self.ref = reference
        self.near = reference.neighbourhoods(3)
        count = len(reference.points)
        self.pos = [tuple(p) for p in reference.points]
        self.h = list(reference.size)
        self.tri_of = np.zeros(count, np.int64).tolist()
        self.bary = [None] * count
        for t, corners in enumerate(reference.triangles):
            for k, c in enumerate(corners):
                self.tri_of[c], self.bary[c] = t, tuple(np.eye(3)[k])
        self.kind = [INTERIOR] * count
        self.arc = [0.0] * count
        self.feature: dict[tuple[int, int], int] = {}
        self.curves = curves
        self.curve_arc = []
        for k, line in enumerate(curves):
            steps = np.linalg.norm(np.diff(reference.points[line], axis=0), axis=1)
            arcs = np.concatenate([[0], np.cumsum(steps)])
            self.curve_arc.append(arcs)
            for i, vertex in enumerate(line):
                if i in (0, len(line) - 1):
                    self.kind[vertex] = FIXED
                elif self.kind[vertex] != FIXED:
                    self.kind[vertex], self.arc[vertex] = k, arcs[i]
            for i in range(len(line) - 1):
                self.feature[self._key(line[i], line[i + 1])] = k
        self.edge_triangle = {}
        for t, corners in enumerate(reference.triangles):
            for k in range(3):
                self.edge_triangle[self._key(corners[k], corners[k - 1])] = t
        self.tris: dict[int, tuple[int, int, int]] = {}
        self.around: dict[int, set[int]] = defaultdict(set)
        self.next_id = 0
        for corners in reference.triangles:
            self._add(tuple(int(c) for c in corners))

    @staticmethod
    def _key(a: int, b: int) -> tuple[int, int]:
        return (int(a), int(b)) if a < b else (int(b), int(a))

    def _add(self, corners: tuple[int, int, int]) -> None:
        self.tris[self.next_id] = corners
        for c in corners:
            self.around[c].add(self.next_id)
        self.next_id += 1

    def _remove(self, t: int) -> None:
        for c in self.tris.pop(t):
            self.around[c].discard(t)

    def _edges(self) -> list[tuple[int, int]]:
        return sorted({self._key(c[k], c[k - 1]) for c in self.tris.values() for k in range(3)})

    def _length(self, a: int, b: int) -> float:
        p, q = self.pos[a], self.pos[b]
        return ((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 + (p[2] - q[2]) ** 2) ** 0.5

    def _normal(self, a: int, b: int, c: int) -> tuple[float, float, float]:
        p, q, r = self.pos[a], self.pos[b], self.pos[c]
        ux, uy, uz = q[0] - p[0], q[1] - p[1], q[2] - p[2]
        vx, vy, vz = r[0] - p[0], r[1] - p[1], r[2] - p[2]
        n = (uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx)
        s = (n[0] ** 2 + n[1] ** 2 + n[2] ** 2) ** 0.5 + 1e-30
        return n[0] / s, n[1] / s, n[2] / s

    def _curve_ends(self, vertex: int, curve: int, other: int) -> float:
        """Arc length of `vertex` on `curve`; an end may stand for both ends of a closed curve, take the nearer."""
        if self.kind[vertex] == curve:
            return self.arc[vertex]
        line, arcs = self.curves[curve], self.curve_arc[curve]
        ends = [arcs[i] for i in (0, len(line) - 1) if line[i] == vertex]
        if len(ends) == 1:
            return ends[0]
        near = self.arc[other] if self.kind[other] == curve else 0.0
        return min(ends, key=lambda s: abs(s - near))

    def _place_on_curve(self, vertex: int, curve: int, arc: float) -> None:
        line, arcs = self.curves[curve], self.curve_arc[curve]
        i = int(np.clip(np.searchsorted(arcs, arc) - 1, 0, len(line) - 2))
        f = float(np.clip((arc - arcs[i]) / (arcs[i + 1] - arcs[i]), 0, 1))
        a, b = int(line[i]), int(line[i + 1])
        t = self.edge_triangle[self._key(a, b)]
        corners = self.ref.triangles[t].tolist()
        weights = [0.0, 0.0, 0.0]
        weights[corners.index(a)], weights[corners.index(b)] = 1 - f, f
        self.tri_of[vertex], self.bary[vertex], self.arc[vertex] = t, tuple(weights), float(arc)
        p = (1 - f) * self.ref.points[a] + f * self.ref.points[b]
        self.pos[vertex] = tuple(p)
        self.h[vertex] = (1 - f) * self.ref.size[a] + f * self.ref.size[b]

    def _project(self, vertices: list[int], targets: np.ndarray) -> None:
        """Move interior vertices to the points of the reference near their own triangle that lie closest to targets."""
        for start in range(0, len(vertices), 1000):
            part, q = vertices[start : start + 1000], targets[start : start + 1000]
            table = self.near[[self.tri_of[i] for i in part]]
            a, b, c = (self.ref.points[self.ref.triangles[table][..., k]] for k in range(3))
            bary = closest_on_triangles(q[:, None], a, b, c)
            points = bary[..., :1] * a + bary[..., 1:2] * b + bary[..., 2:] * c
            best = np.linalg.norm(points - q[:, None], axis=-1).argmin(1)
            for row, vertex in enumerate(part):
                t, w = int(table[row, best[row]]), bary[row, best[row]]
                self.tri_of[vertex], self.bary[vertex] = t, tuple(w)
                self.pos[vertex] = tuple(points[row, best[row]])
                self.h[vertex] = float(w @ self.ref.size[self.ref.triangles[t]])

    def split(self) -> int:
        """Split edges longer than 4/3 of the wanted length."""
        fresh = []
        for a, b in self._edges():
            if self._length(a, b) <= 4 / 3 * (self.h[a] + self.h[b]) / 2:
                continue
            m = len(self.pos)
            self.pos.append(tuple((np.array(self.pos[a]) + self.pos[b]) / 2))
            self.h.append((self.h[a] + self.h[b]) / 2)
            self.tri_of.append(self.tri_of[a])
            self.bary.append(None)
            self.arc.append(0.0)
            self.kind.append(INTERIOR)
            for t in sorted(self.around[a] & self.around[b]):
                corners = self.tris[t]
                self._remove(t)
                self._add(tuple(m if c == b else c for c in corners))
                self._add(tuple(m if c == a else c for c in corners))
            curve = self.feature.pop((a, b), None)
            if curve is None:
                fresh.append(m)
            else:
                self.kind[m] = curve
                arc = (self._curve_ends(a, curve, b) + self._curve_ends(b, curve, a)) / 2
                self._place_on_curve(m, curve, arc)
                self.feature[self._key(a, m)] = self.feature[self._key(m, b)] = curve
        if fresh:
            self._project(fresh, np.array([self.pos[m] for m in fresh]))
        return len(fresh)

    def collapse(self) -> int:
        """Collapse edges shorter than 4/5 of the wanted length, shortest first."""
        done = 0
        edges = sorted(self._edges(), key=lambda e: self._length(*e) / (self.h[e[0]] + self.h[e[1]]))
        for a, b in edges:
            if not self.around.get(a) or not self.around.get(b) or not self.around[a] & self.around[b]:
                continue
            if self._length(a, b) >= 4 / 5 * (self.h[a] + self.h[b]) / 2:
                continue
            done += any(self._try_collapse(gone, kept) for gone, kept in ((a, b), (b, a)))
        return done

    def _try_collapse(self, gone: int, kept: int) -> bool:
        curve = self.feature.get(self._key(gone, kept))
        if self.kind[gone] == FIXED or (self.kind[gone] != INTERIOR and curve is None):
            return False

        def ring(x: int) -> set[int]:
            return {c for t in self.around[x] for c in self.tris[t]} - {x}

        shared = self.around[gone] & self.around[kept]
        common = ring(gone) & ring(kept)
        if len(common) != len(shared) or any(len(self.around[c]) <= 3 for c in common):
            return False
        for c in ring(gone) - {kept}:
            if self._length(c, kept) > 4 / 3 * (self.h[c] + self.h[kept]) / 2:
                return False
        for t in self.around[gone] - shared:
            old = self.tris[t]
            new = tuple(kept if c == gone else c for c in old)
            n, m = self._normal(*old), self._normal(*new)
            if n[0] * m[0] + n[1] * m[1] + n[2] * m[2] < 0.6 or self._quality(*new) < 0.15:
                return False
        for t in shared:
            self._remove(t)
        for t in list(self.around[gone]):
            corners = self.tris[t]
            self._remove(t)
            self._add(tuple(kept if c == gone else c for c in corners))
        for key in [self._key(gone, c) for c in common | {kept} | ring(kept)]:
            k = self.feature.pop(key, None)
            other = key[0] if key[1] == gone else key[1]
            if k is not None and other != kept:
                self.feature[self._key(kept, other)] = k
        del self.around[gone]
        return True

    def _quality(self, a: int, b: int, c: int) -> float:
        """1 for an equilateral triangle, 0 for a needle: 4 sqrt(3) area / sum of squared edges."""
        x, y, z = self._length(a, b), self._length(b, c), self._length(c, a)
        s = (x + y + z) / 2
        return 6.9282 * max(s * (s - x) * (s - y) * (s - z), 0) ** 0.5 / (x * x + y * y + z * z + 1e-30)

    def flip(self) -> int:
        """Flip interior edges that are not Delaunay, unless that folds the surface."""
        done = 0
        for a, b in self._edges():
            if (a, b) in self.feature:
                continue
            pair = sorted(self.around[a] & self.around[b])
            if len(pair) != 2:
                continue
            first = self.tris[pair[0]]
            k = first.index(a)
            if first[(k + 1) % 3] != b:
                pair.reverse()
            c = next(x for x in self.tris[pair[0]] if x not in (a, b))
            d = next(x for x in self.tris[pair[1]] if x not in (a, b))
            if c == d or self.around[c] & self.around[d]:
                continue
            if min(self._quality(a, d, c), self._quality(d, b, c)) <= 1.02 * min(
                self._quality(a, b, c), self._quality(b, a, d)
            ):
                continue
            old = [self._normal(a, b, c), self._normal(b, a, d)]
            new = [self._normal(a, d, c), self._normal(d, b, c)]
            if min(sum(x * y for x, y in zip(n, m, strict=True)) for n in old for m in new) < 0.75:
                continue
            for t in pair:
                self._remove(t)
            self._add((a, d, c))
            self._add((d, b, c))
            done += 1
        return done

    def relax(self, step: float = 0.7) -> None:
        """Move vertices to the size-weighted mean of their neighbours, along the surface or their curve."""
        along: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (a, b), curve in self.feature.items():
            along[a].append((b, curve))
            along[b].append((a, curve))
        interior, targets = [], []
        for vertex in sorted(v for v, ts in self.around.items() if ts):
            kind = self.kind[vertex]
            if kind == FIXED:
                continue
            if kind == INTERIOR:
                total, weight = np.zeros(3), 0.0
                for t in self.around[vertex]:
                    corners = self.tris[t]
                    centre = np.mean([self.pos[c] for c in corners], axis=0)
                    p, q, r = (np.array(self.pos[c]) for c in corners)
                    u, w = q - p, r - p
                    area = 0.5 * np.sqrt(max((u @ u) * (w @ w) - (u @ w) ** 2, 1e-12))
                    dense = area / (sum(self.h[c] for c in corners) / 3) ** 2
                    total, weight = total + dense * centre, weight + dense
                interior.append(vertex)
                here = np.array(self.pos[vertex])
                targets.append(here + step * (total / weight - here))
                continue
            (x, _), (y, _) = along[vertex][:2]
            s, sx, sy = self.arc[vertex], self._curve_ends(x, kind, vertex), self._curve_ends(y, kind, vertex)
            if (sx - s) * (sy - s) < 0:
                hx, hy = self.h[x] + self.h[vertex], self.h[y] + self.h[vertex]
                self._place_on_curve(vertex, kind, s + step * ((sx * hy + sy * hx) / (hx + hy) - s))
        before = {v: (self.pos[v], self.tri_of[v], self.bary[v], self.h[v]) for v in interior}
        normals = {t: self._normal(*c) for t, c in self.tris.items()}
        self._project(interior, np.array(targets))
        # a vertex that folds a triangle goes back
        for _ in range(3):
            bad = set()
            for t, c in self.tris.items():
                m, n = self._normal(*c), normals[t]
                if m[0] * n[0] + m[1] * n[1] + m[2] * n[2] < 0.5:
                    bad.update(c)
            for v in bad & before.keys():
                self.pos[v], self.tri_of[v], self.bary[v], self.h[v] = before[v]

    def run(self, rounds: int) -> None:
        """Run whole rounds, then a few of flips and relaxation alone."""
        for _ in range(rounds):
            self.split()
            self.collapse()
            self.flip()
            self.relax()
        for _ in range(4):
            self.flip()
            self.relax()
        self.flip()
