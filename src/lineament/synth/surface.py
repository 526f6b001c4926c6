"""Samples of a virtual person's bare surface.

Symbols: S samples, P places of the pool, V model vertices, T triangles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lineament.synth.people import INSIDE, TorchFace
from lineament.synth.stream import Stream

POOL_SIZE = 600_000


@dataclass(frozen=True)
class SurfacePool:
    """Many places on the model's surface, eight times denser in the face; a scan takes some of them."""

    triangle: Tensor
    """(P,) int64"""
    barycentric: Tensor
    """(P, 3)"""
    place: Tensor
    """(P, 3) mm, on the mean face: tells forehead from chin."""
    inside: Tensor
    """(P,) bool: eyeball or mouth, behind lids or lips."""
    area: Tensor
    """(P,) surface that a sample stands for on the mean face, relative to one in the face."""
    triangle_area: Tensor
    """(P,) twice the area of its triangle on the mean face, mm2"""
    bend: Tensor
    """(P,) how curved the mean face is here, 1 on average: decimation keeps more points there."""
    vertices: int
    """How many places at the end are the mesh's vertices; the middles of its edges come before them."""
    corners: int
    """How many places at the end are vertices or middles of edges, one each."""

    @classmethod
    def build(cls, face: TorchFace, generator: torch.Generator, size: int = POOL_SIZE) -> SurfacePool:
        """Draw `size` places."""
        corners = face.mean[face.triangles]
        cross = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area = cross.norm(dim=1)
        density = 0.12 + 0.88 * torch.sigmoid((corners.mean(1)[:, 2] - 40) / 8)
        triangle = torch.multinomial(area * density, size, replacement=True, generator=generator)
        a, b = torch.rand(2, size, generator=generator, device=area.device)
        a, b = torch.where(a + b > 1, 1 - a, a), torch.where(a + b > 1, 1 - b, b)
        barycentric = torch.stack([1 - a - b, a, b], 1)
        middles, vertices = _edges(face), _vertices(face)
        triangle = torch.cat([triangle, middles[0], vertices[0]])
        barycentric = torch.cat([barycentric, middles[1], vertices[1]])
        inside = torch.tensor([name in INSIDE for name in face.region_names], device=area.device)
        normals = torch.nn.functional.normalize(_vertex_sum(face, cross), dim=1)
        turn = 1 - (normals[face.triangles] * torch.nn.functional.normalize(cross, dim=1)[:, None]).sum(-1).mean(1)
        bend = (turn.clamp(min=0) / area.clamp(min=1e-3)).sqrt().clamp(max=0.5)
        return cls(
            triangle,
            barycentric,
            (corners[triangle] * barycentric[..., None]).sum(1),
            inside[face.region[triangle]],
            1 / density[triangle],
            area[triangle].clamp(min=1e-3),
            (bend / bend[triangle].mean())[triangle],
            len(vertices[0]),
            len(vertices[0]) + len(middles[0]),
        )


def _vertices(face: TorchFace) -> tuple[Tensor, Tensor]:
    """Return each vertex as a place: a triangle (V,) and barycentric weights (V, 3)."""
    count = len(face.triangles)
    triangle = torch.full((len(face.mean),), -1, device=face.mean.device)
    corner = torch.zeros_like(triangle)
    for number in range(3):
        triangle[face.triangles[:, number]] = torch.arange(count, device=face.mean.device)
        corner[face.triangles[:, number]] = number
    # A later column may have overwritten the triangle of an earlier one, and its corner with it.
    used = triangle >= 0
    return triangle[used], torch.eye(3, device=face.mean.device)[corner[used]]


def _edges(face: TorchFace) -> tuple[Tensor, Tensor]:
    """Return the middle of each edge as a place: a triangle (E,) and barycentric weights (E, 3)."""
    ends = torch.stack([face.triangles[:, [i, (i + 1) % 3]].sort(1).values for i in range(3)], 1)
    key = (ends[..., 0] * len(face.mean) + ends[..., 1]).flatten()
    _, index = torch.unique(key, return_inverse=True)
    first = torch.zeros(int(index.max()) + 1, dtype=torch.int64, device=key.device)
    first[index] = torch.arange(len(key), device=key.device)
    weights = 0.5 * (1 - torch.eye(3, device=key.device)[[2, 0, 1]])
    return first // 3, weights[first % 3]


def _vertex_sum(face: TorchFace, values: Tensor) -> Tensor:
    """Sum a value of each triangle (T, 3) over the triangles around each vertex, (V, 3)."""
    total = torch.zeros_like(face.mean)
    for corner in range(3):
        total.index_add_(0, face.triangles[:, corner], values)
    return total


@dataclass(frozen=True)
class Surface:
    """Sampled surface of one scene: a person, what they wear, what stands around."""

    points: Tensor
    """(S, 3) mm, face frame"""
    normals: Tensor
    """(S, 3) outward, unit"""
    inside: Tensor
    """(S,) bool: eyeball or mouth"""
    bare: Tensor
    """(S,) bool: the skin itself, not hair, cloth or furniture"""
    area: Tensor
    """(S,) relative area that a sample stands for"""
    bend: Tensor
    """(S,) relative curvature"""
    vertex: Tensor
    """(S,) bool: a vertex of the mesh, or the middle of an edge"""

    def __getitem__(self, rows: Tensor) -> Surface:
        return Surface(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def __add__(self, other: Surface) -> Surface:
        return Surface(*(torch.cat([getattr(self, name), getattr(other, name)]) for name in self.__dataclass_fields__))


def plain(points: Tensor, normals: Tensor, inside: bool = False) -> Surface:
    """Return things that are not skin as a surface: teeth, cloth, furniture; each sample is a vertex."""
    flag = torch.zeros(len(points), dtype=torch.bool, device=points.device)
    one = torch.ones(len(points), device=points.device)
    return Surface(points, normals, flag | inside, flag, one, one, ~flag)


def lining(surface: Surface, marks: Tensor, thickness: float, reach: float) -> Surface:
    """Return the inner side of lids and lips, as modelled heads have it: skin near `marks` (K, 3), turned inwards."""
    near = torch.nonzero((surface.points - marks.mean(0)).norm(dim=1) < 75)[:, 0]
    part = surface[near[torch.cdist(surface.points[near], marks).amin(1) < reach]]
    return replace(
        part, points=part.points - thickness * part.normals, normals=-part.normals, bare=torch.zeros_like(part.bare)
    )


def sample_surface(
    face: TorchFace, pool: SurfacePool, vertices: Tensor, count: int, stream: Stream, extra: int = 0
) -> tuple[Surface, Tensor]:
    """Take `count` samples of the bare surface of one person, `vertices` (V, 3), and the pool's last `extra` places.

    Returns
    -------
    surface : Surface
    place : (S, 3) mm, the same places on the mean face
    """
    start = stream.integer(0, POOL_SIZE - count)
    part = torch.arange(start, start + count, device=vertices.device)
    part = torch.cat([part, torch.arange(len(pool.triangle) - extra, len(pool.triangle), device=vertices.device)])
    vertex = part >= len(pool.triangle) - extra
    xyz = vertices[face.triangles[pool.triangle[part]]]
    points = (xyz * pool.barycentric[part][..., None]).sum(1)
    normals = torch.linalg.cross(xyz[:, 1] - xyz[:, 0], xyz[:, 2] - xyz[:, 0])
    length = normals.norm(dim=1)
    area = pool.area[part] * (length / pool.triangle_area[part]).clamp(max=10)
    bare = torch.ones_like(vertex)
    normals = normals / length.clamp(min=1e-9)[:, None]
    return Surface(points, normals, pool.inside[part], bare, area, pool.bend[part], vertex), pool.place[part]
