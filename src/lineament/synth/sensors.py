"""Virtual sensors: what a scanner sees of a surface and what it does to it.

Symbols: B scans, P samples of the scene, W views. Millimetres. Figures are ranges that cover the
sources named at each sensor; a scan draws its own values from them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lineament.synth.surface import wavy


@dataclass(frozen=True)
class Sensor:
    """Ranges (low, high) that one kind of sensor draws from; noise figures are log-uniform."""

    name: str
    noise: tuple[float, float]
    """Independent noise along the line of sight, mm, one standard deviation."""
    ripple: tuple[float, float]
    """Smooth error that neighbouring points share, mm, one standard deviation."""
    views: tuple[int, int]
    """Number of views, spread over the front; a large number sees the whole outside."""
    spread: float
    """Yaw of the outermost views from the middle one, degrees."""
    smear: float
    """Chance that lids, lashes and lips are averaged into one surface."""
    bleed: tuple[float, float]
    """Share of points near depth edges that fly off backwards."""
    quantum: tuple[float, float]
    """Step of the depth readings, mm."""
    drift: float
    """Misregistration of each further view, mm."""


SENSORS = (
    # Structured light: 0.05 to 0.2 mm on skin, two or three units around the face (SIAT-3DFE, BU-3DFE rigs).
    Sensor("structured light", (0.03, 0.3), (0.02, 0.25), (1, 3), 55, 0.6, (0.0, 0.3), (0.0, 0.02), 0.25),
    # Stereophotogrammetry: about 0.2 mm, whole face at once, smooth, lids and hair melted (3dMD, FaceScape).
    Sensor("photogrammetry", (0.02, 0.15), (0.05, 0.35), (3, 5), 85, 0.85, (0.0, 0.05), (0.0, 0.01), 0.1),
    # Time of flight: millimetres of noise and centimetres of flying pixels (Kinect v2 and its like).
    Sensor("time of flight", (0.6, 2.0), (0.3, 1.5), (1, 1), 0, 0.7, (0.3, 1.0), (0.2, 1.0), 0.0),
    # TrueDepth: about 0.5 mm at arm's length, smoothed on the device.
    Sensor("truedepth", (0.1, 0.8), (0.2, 0.8), (1, 2), 35, 0.8, (0.1, 0.6), (0.05, 0.4), 0.5),
    # Skin from CT or MR: voxels of 0.5 to 1 mm, seen from all sides, eyes closed more often than not.
    Sensor("ct skin", (0.05, 0.3), (0.05, 0.3), (8, 8), 180, 0.9, (0.0, 0.0), (0.0, 0.3), 0.0),
    # A retopologised or clean mesh.
    Sensor("mesh", (0.001, 0.03), (0.001, 0.05), (8, 8), 180, 0.5, (0.0, 0.0), (0.0, 0.0), 0.0),
)


def rotation_about(axis: int, angle: Tensor) -> Tensor:
    """Rotation matrices (B, 3, 3) by `angle` (B,) radians about coordinate axis 0, 1 or 2."""
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = torch.eye(3, device=angle.device).repeat(len(angle), 1, 1)
    matrix[:, i, i], matrix[:, i, j], matrix[:, j, i], matrix[:, j, j] = cos, -sin, sin, cos
    return matrix + zero[:, None, None]


@dataclass(frozen=True)
class Capture:
    """One drawn set of sensor values for each of B scans; each field is (B, 1) unless noted."""

    kind: Tensor
    """(B,) int64, index into `SENSORS`."""
    noise: Tensor
    ripple: Tensor
    ripple_length: Tensor
    smear: Tensor
    """(B,) number of neighbours averaged at eyes, brows and lips; 0 leaves them sharp."""
    bleed: Tensor
    quantum: Tensor
    drift: Tensor
    views: Tensor
    """(B, W, 3, 3) rotations from the face frame to each camera, which looks along its -z."""
    used: Tensor
    """(B, W) bool"""


def draw_captures(count: int, generator: torch.Generator, device: torch.device | str = "cpu") -> Capture:
    """Draw a sensor, its errors and its views for each of `count` scans."""

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, device=device)

    kind = torch.randint(len(SENSORS), (count,), generator=generator, device=device)

    def between(ranges: list[tuple[float, float]], log: bool) -> Tensor:
        low, high = torch.tensor(ranges, device=device)[kind].unbind(-1)
        u = uniform(count)
        if log:
            return torch.exp(low.clamp(min=1e-4).log() * (1 - u) + high.clamp(min=1e-4).log() * u)[:, None]
        return (low + (high - low) * u)[:, None]

    most = max(sensor.views[1] for sensor in SENSORS)
    amount = between([sensor.views for sensor in SENSORS], log=False)[:, 0].round()
    order = torch.arange(most, device=device)
    used = order < amount[:, None]
    spread = torch.tensor([sensor.spread for sensor in SENSORS], device=device)[kind][:, None]
    # The middle view turns away from the front by 18 degrees as a rule, by up to 80 in a tenth of the scans.
    middle = torch.where(
        uniform(count) < 0.1, 160 * uniform(count) - 80, 18 * torch.randn(count, generator=generator, device=device)
    )[:, None]
    side = torch.where(order % 2 == 1, 1.0, -1.0) * ((order + 1) // 2) / ((amount[:, None] - 1) / 2).clamp(min=1)
    yaw = torch.deg2rad(middle + side * spread).flatten()
    pitch = torch.deg2rad(10 * torch.randn(count, 1, generator=generator, device=device)).expand(-1, most).flatten()
    views = (rotation_about(0, pitch) @ rotation_about(1, yaw)).view(count, most, 3, 3)
    chance = torch.tensor([sensor.smear for sensor in SENSORS], device=device)[kind]
    smear = torch.where(uniform(count) < chance, 10 + 130 * uniform(count) ** 1.5, torch.zeros(count, device=device))
    return Capture(
        kind=kind,
        noise=between([sensor.noise for sensor in SENSORS], log=True),
        ripple=between([sensor.ripple for sensor in SENSORS], log=True),
        ripple_length=10 + 40 * uniform(count, 1),
        smear=smear.long(),
        bleed=between([sensor.bleed for sensor in SENSORS], log=False) * (uniform(count, 1) < 0.7),
        quantum=between([sensor.quantum for sensor in SENSORS], log=False),
        drift=torch.tensor([sensor.drift for sensor in SENSORS], device=device)[kind][:, None],
        views=views,
        used=used,
    )


def _nearest_depth(cell: Tensor, depth: Tensor, counts: Tensor, cells: int) -> Tensor:
    """Largest z (nearest to the camera) over the samples in each cell, looked up at each sample: (B, P)."""
    rows = torch.arange(len(cell), device=cell.device)[:, None] * cells
    flat = (cell + rows).flatten()
    z = torch.where(counts, depth, torch.full_like(depth, -1e9)).flatten()
    top = torch.full((len(cell) * cells,), -1e9, device=cell.device)
    top.scatter_reduce_(0, flat, z, "amax")
    return top[flat].view_as(depth)


def see(
    capture: Capture, points: Tensor, normals: Tensor, inside: Tensor, present: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Measure a scene.

    Parameters
    ----------
    points, normals : (B, P, 3) float32, mm, face frame
    inside : (B, P) bool
        Eyeballs and mouths, which anything in front of them hides.
    present : (B, P) bool

    Returns
    -------
    measured : (B, P, 3) float32, mm
        Places of the samples with the sensor's errors.
    seen : (B, P) bool
    """
    grid, cell_size, fine = 256, 3.0, 1.6
    seen = torch.zeros_like(present)
    sight = torch.zeros_like(points)
    shift = torch.zeros_like(points)
    sharp = torch.zeros_like(present)
    for view in range(capture.used.shape[1]):
        on = capture.used[:, view]
        if not on.any():
            continue
        turn = capture.views[:, view]
        camera = points @ turn.transpose(1, 2)
        facing = (normals @ turn.transpose(1, 2))[..., 2]
        depth = camera[..., 2]

        def cells(size: float, xy: Tensor = camera[..., :2]) -> Tensor:
            column = (xy / size + grid / 2).long().clamp(0, grid - 1)
            return column[..., 0] * grid + column[..., 1]

        nearest = _nearest_depth(cells(cell_size), depth, present, grid * grid)
        skin = _nearest_depth(cells(fine), depth, present & ~inside, grid * grid)
        slope = cell_size * (1 - facing**2).clamp(min=0).sqrt() / facing.clamp(min=0.15)
        visible = present & (facing > 0.12) & (nearest - depth < 2.0 + 1.5 * slope)
        visible &= ~(inside & (skin > depth - 0.3))
        fresh = visible & ~seen & on[:, None]
        direction = turn[:, 2]
        sight = torch.where(fresh[..., None], direction[:, None], sight)
        drift = capture.drift[:, :, None] * torch.randn(len(points), 1, 3, generator=generator, device=points.device)
        shift = torch.where(fresh[..., None], drift * min(view, 1), shift)
        sharp = torch.where(fresh, ((nearest - depth) > 1.5) | (facing < 0.3), sharp)
        seen |= fresh
    error = capture.noise * torch.randn(points.shape[:2], generator=generator, device=points.device)
    error = error + capture.ripple * wavy(points, capture.ripple_length, generator)
    luck = torch.rand(2, *sharp.shape, generator=generator, device=points.device)
    flying = sharp & (luck[0] < capture.bleed * 0.3)
    error = error - flying * 12 * luck[1]
    along = (points * sight).sum(-1) + error
    step = capture.quantum.clamp(min=1e-3)
    stepped = torch.where(capture.quantum > 1e-3, (along / step).round() * step, along)
    return points + sight * (stepped - (points * sight).sum(-1))[..., None] + shift, seen
