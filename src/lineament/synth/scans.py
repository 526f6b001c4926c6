"""Virtual scans with exact ground truth: people and clutter before a sensor.

Symbols: B scans, P samples, L landmarks (all sets one after another). Millimetres, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lineament.face.model import FaceModel
from lineament.synth.clutter import Props, around_a_face, without_a_face
from lineament.synth.people import TorchFace, random_people
from lineament.synth.sensors import SENSORS, draw_captures, see
from lineament.synth.surface import SurfacePool, sample_surface

SAMPLES = 26_000
"""Samples of each person's surface before the sensor; about 1 mm apart in the face."""
SHOWN_WITHIN = 4.0
"""A landmark counts as visible when a skin point was measured within this distance, mm."""


@dataclass(frozen=True)
class VirtualScan:
    """One virtual scan in the face frame."""

    points: Tensor
    """(N, 3) float32, mm"""
    on_face: Tensor
    """(N,) bool: skin in front of the ears."""
    landmarks: Tensor | None
    """(L, 3) float32, mm; None when the scan holds no face."""
    visible: Tensor | None
    """(L,) bool"""
    sensor: str


class VirtualScanner:
    """Draws virtual scans; the same seed gives the same scans on the same kind of device."""

    def __init__(self, model: FaceModel, seed: int, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.face = TorchFace.from_model(model, device)
        self.pool = SurfacePool.build(self.face, torch.Generator(self.device).manual_seed(0))

    def faces(self, count: int) -> list[VirtualScan]:
        """Draw `count` scans of people."""
        generator = self.generator
        vertices = random_people(self.face, count, generator)
        landmarks = self.face.landmarks(vertices)
        surface = sample_surface(self.face, self.pool, vertices, SAMPLES, generator)
        eyes = torch.stack([landmarks[:, 36:42].mean(1), landmarks[:, 42:48].mean(1)], 1)
        clutter, glasses = around_a_face(Props(count, generator, self.device), eyes)
        points = torch.cat([surface.points, clutter.points], 1)
        inside = torch.cat([surface.inside, torch.zeros_like(clutter.present)], 1)
        present = torch.cat([torch.ones_like(surface.inside), clutter.present], 1)
        capture = draw_captures(count, generator, self.device)
        normals = torch.cat([surface.normals, clutter.normals], 1)
        measured, seen = see(capture, points, normals, inside, present, generator)
        bare = torch.cat([surface.bare, torch.zeros_like(clutter.present)], 1)
        # In front of the ears, as far round as the face frame calls face.
        on_face = bare & (points[..., 2] > 20) & (points[..., 1] > -110) & (points[..., 1] < 115)
        scans = []
        for row in range(count):
            kept = self._holes(measured[row], seen[row], eyes[row], bool(glasses[row]))
            cloud, skin = measured[row, kept], on_face[row, kept]
            if capture.smear[row] > 0:
                cloud = self._smeared(cloud, skin, landmarks[row], int(capture.smear[row]))
            near = torch.cdist(landmarks[row], cloud[skin]) if skin.any() else torch.full((len(landmarks[row]), 1), 1e9)
            scans.append(
                VirtualScan(
                    cloud, skin, landmarks[row], near.min(1).values < SHOWN_WITHIN, SENSORS[int(capture.kind[row])].name
                )
            )
        return scans

    def faceless(self, count: int) -> list[VirtualScan]:
        """Draw `count` scans that hold no face."""
        props = Props(count, self.generator, self.device)
        clutter = without_a_face(props)
        capture = draw_captures(count, self.generator, self.device)
        inside = torch.zeros_like(clutter.present)
        measured, seen = see(capture, clutter.points, clutter.normals, inside, clutter.present, self.generator)
        scans = []
        for row in range(count):
            cloud = measured[row, seen[row]] if seen[row].sum() > 300 else clutter.points[row, clutter.present[row]]
            scans.append(
                VirtualScan(
                    cloud, torch.zeros(len(cloud), dtype=torch.bool), None, None, SENSORS[int(capture.kind[row])].name
                )
            )
        return scans

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.generator, device=self.device)

    def _holes(self, points: Tensor, seen: Tensor, eyes: Tensor, glasses: bool) -> Tensor:
        """Return indices (N,) of samples that stay: holes, lost corneas and lenses, and the scan's density."""
        keep = seen.clone()
        if self._uniform(1) < 0.4:
            for _ in range(int(self._uniform(1) * 5) + 1):
                centre = points[seen][int(self._uniform(1) * max(1, int(seen.sum()) - 1))] if seen.any() else points[0]
                keep &= (points - centre).norm(dim=-1) > 3 + 13 * self._uniform(1)
        for eye in eyes:
            behind_lens = (points[:, :2] - eye[:2]).norm(dim=-1) < 20
            if glasses:
                keep &= ~behind_lens | (self._uniform(len(points)) < self._uniform(1))
            elif self._uniform(1) < 0.12:
                keep &= (points - eye).norm(dim=-1) > 3 + 5 * self._uniform(1)
        left = torch.nonzero(keep)[:, 0]
        # One scan of four is sparse: down to 1,000 points on the head.
        if self._uniform(1) < 0.25:
            amount = int(1000 * 10 ** float(self._uniform(1)))
            left = left[torch.randperm(len(left), generator=self.generator, device=self.device)[:amount]]
        return left

    def _smeared(self, points: Tensor, skin: Tensor, landmarks: Tensor, neighbours: int) -> Tensor:
        """Average eyes, brows and lips over their neighbours, as fusion and on-device filters do."""
        points = points.clone()
        regions = ((slice(36, 42), 14.0), (slice(42, 48), 14.0), (slice(17, 27), 9.0), (slice(48, 68), 10.0))
        for which, margin in regions:
            if self._uniform(1) > 0.85:
                continue
            near = (torch.cdist(points, landmarks[which]).min(1).values < margin) & skin
            rows = torch.nonzero(near)[:, 0]
            if len(rows) > neighbours:
                nearest = torch.cdist(points[rows], points[rows]).topk(neighbours, largest=False).indices
                share = 0.5 + 0.5 * self._uniform(1)
                points[rows] += share * (points[rows][nearest].mean(1) - points[rows])
        return points
