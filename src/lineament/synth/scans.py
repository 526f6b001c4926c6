"""Virtual scans with exact ground truth: people and clutter before a sensor.

Symbols: N points, L landmarks (all sets one after another), V model vertices. Millimetres, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lineament.face.model import FaceModel
from lineament.geometry.neighbours import knn
from lineament.synth import processing
from lineament.synth.clutter import around_a_face, without_a_face
from lineament.synth.condition import Condition
from lineament.synth.measure import see
from lineament.synth.mesh import Mesh
from lineament.synth.mouth import mouth_contents
from lineament.synth.people import AGES, ORIGINS, SEXES, TorchFace, random_people
from lineament.synth.sensors import Capture, draw_capture
from lineament.synth.smear import smear
from lineament.synth.sockets import Sockets
from lineament.synth.stream import Stream
from lineament.synth.surface import POOL_SIZE, Surface, SurfacePool, lining, plain, sample_surface
from lineament.synth.worn import dress

SAMPLES = (25_000, 90_000)
"""Samples of a person's surface before the sensor, log-uniform; at most, about 0.7 mm apart in the face."""
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
    """(L, 3) float32, mm, on the surface as the scan shows it: carried along where software rounds or fills it, not by
    noise; None when the scan holds no face."""
    visible: Tensor | None
    """(L,) bool: the sensor measured skin there, before software thinned or filled the cloud."""
    sensor: str
    origin: str | None = None
    sex: str | None = None
    age: str | None = None
    vertices: Tensor | None = None
    """(V, 3) float32, mm: the person's skin before the sensor, in the face model's vertices."""


class VirtualScanner:
    """Draws virtual scans; the same seed gives the same scans on the same kind of device."""

    def __init__(self, model: FaceModel, seed: int, device: str = "cpu") -> None:
        self.stream = Stream(seed, device)
        self.face = TorchFace.from_model(model, device)
        self.pool = SurfacePool.build(self.face, torch.Generator(self.stream.device).manual_seed(0))
        self.mesh = Mesh.build(self.face)
        self.sockets = Sockets.build(self.face)

    def faces(self, count: int, condition: Condition = Condition()) -> list[VirtualScan]:  # noqa: B008
        """Draw `count` scans of people.

        Raises
        ------
        InputError
            The condition names what does not exist.
        """
        people = random_people(self.face, count, self.stream.generator, condition)
        vertices = self.sockets.moved(people.vertices, self.stream.generator)
        landmarks = self.face.landmarks(vertices)
        teeth = mouth_contents(self.face, vertices, self.stream.generator)
        scans = []
        for row in range(count):
            present = teeth[2][row]
            inner = plain(teeth[0][row, present], teeth[1][row, present], inside=True)
            origin, sex, age = ORIGINS[people.origin[row]], SEXES[people.sex[row]], AGES[people.age[row]]
            scan = self._face(vertices[row], landmarks[row], inner, sex == "male" and age != "child", condition)
            scans.append(replace(scan, origin=origin, sex=sex, age=age, vertices=vertices[row]))
        return scans

    def faceless(self, count: int) -> list[VirtualScan]:
        """Draw `count` scans that hold no face."""
        scans = []
        for _ in range(count):
            scene, capture = without_a_face(self.stream), draw_capture(self.stream)
            measured, seen = see(capture, scene, self.stream)
            cloud = measured[seen] if seen.sum() > 300 else scene.points
            scans.append(VirtualScan(cloud, torch.zeros_like(cloud[:, 0]).bool(), None, None, capture.sensor))
        return scans

    def _face(
        self, vertices: Tensor, landmarks: Tensor, teeth: Surface, bearded: bool, condition: Condition
    ) -> VirtualScan:
        """Scan one person, `vertices` (V, 3)."""
        stream = self.stream
        capture = draw_capture(stream, condition)
        scene, glasses = self._scene(vertices, landmarks, teeth, bearded, capture, condition)
        measured, seen = see(capture, scene, stream)
        scene = replace(scene, points=measured)[seen]
        # In front of the ears, as far round as the face frame calls face.
        _, y, z = scene.points.T
        on_face = scene.bare & (z > 20) & (y > -110) & (y < 115)
        if not condition.clean:
            scene, on_face, landmarks = self._spoilt(scene, on_face, landmarks, glasses, capture, condition)
        elif condition.hidden is not None:
            kept = ~processing.hidden(scene.points, scene.area, on_face, condition.hidden, stream)
            scene, on_face = scene[kept], on_face[kept]
        skin = torch.nonzero(on_face)[:, 0]
        near, away = _nearest(landmarks, scene.points[skin])
        smoothed = self._smoothed(scene.points, capture)
        landmarks = _carried(landmarks, (smoothed - scene.points)[skin], near, away)
        points, on_face = self._thinned(replace(scene, points=smoothed), on_face, capture, condition)
        visible = away[:, 0] < SHOWN_WITHIN
        return VirtualScan(points, on_face, landmarks, visible, capture.sensor)

    def _scene(
        self, vertices: Tensor, landmarks: Tensor, teeth: Surface, bearded: bool, capture: Capture, condition: Condition
    ) -> tuple[Surface, bool]:
        """Sample a person and what is on and around them; tells who wears glasses."""
        stream = self.stream
        count = round(stream.log_uniform(*SAMPLES))
        if condition.clean:
            count = 130_000
        if condition.points is not None:
            count = min(max(count, 5 * condition.points), POOL_SIZE // 2)
        if capture.facets > 0:
            vertices = self.mesh.simplified(vertices, capture.facets)
        extra = 0
        if capture.vertices:
            extra = self.pool.vertices if stream.chance(0.6) else self.pool.corners
        skin, place = sample_surface(self.face, self.pool, vertices, count, stream, extra)
        if condition.clean:
            return skin, False
        eyes = torch.stack([landmarks[36:42].mean(0), landmarks[42:48].mean(0)])
        clutter, glasses = around_a_face(stream, eyes)
        person = dress(skin, place, stream, bearded) + teeth
        if capture.whole and stream.chance(0.6):
            person = person + lining(person, landmarks[36:68], stream.uniform(0.5, 5), stream.uniform(3, 7))
        return (person if clutter is None else person + clutter), glasses

    def _spoilt(
        self, scene: Surface, on_face: Tensor, landmarks: Tensor, glasses: bool, capture: Capture, condition: Condition
    ) -> tuple[Surface, Tensor, Tensor]:
        """Blur features, and lose what sensors lose; landmarks move with the features."""
        stream = self.stream
        points, kept, landmarks = smear(scene.points, scene.normals, scene.bare, landmarks, capture.smear, stream)
        if glasses:
            for eye in (slice(36, 42), slice(42, 48)):
                points, lost = _behind_lens(points, landmarks[eye].mean(0), stream)
                kept &= ~lost
        if condition.hidden is not None:
            kept = ~processing.hidden(points, scene.area, on_face, condition.hidden, stream)
        else:
            kept &= ~processing.torn(points, on_face, stream)
        if kept.sum() < 200:
            kept = torch.ones_like(kept)
        return replace(scene, points=points)[kept], on_face[kept], landmarks

    def _smoothed(self, points: Tensor, capture: Capture) -> Tensor:
        """Move points (N, 3) as the sensor and its software do over whole surfaces."""
        stream, turn = self.stream, capture.views[0]
        if capture.multipath > 0.01:
            points = processing.deepen(points, turn, capture.multipath)
        if capture.melt:
            points = processing.melt(points, turn, stream)
        if capture.blur > 0.2:
            points = processing.smooth(points, turn, capture.blur)
        return points

    def _thinned(
        self, scene: Surface, on_face: Tensor, capture: Capture, condition: Condition
    ) -> tuple[Tensor, Tensor]:
        """Give a scan its density and fill its holes; returns points (N, 3) and `on_face` (N,)."""
        stream, turn, points = self.stream, capture.views[0], scene.points
        kept = torch.arange(len(points), device=points.device)
        if condition.points is not None:
            kept = processing.decimate(scene.area, condition.points, stream)
            points = points[kept]
        elif capture.vertices and scene.vertex.sum() > 500:
            kept = torch.nonzero(scene.vertex)[:, 0]
            # Vertices that simplification joined are one.
            points, joined = processing.fuse(points[kept], 0.3, stream)
            kept = kept[joined]
        elif capture.pixel > 0:
            points, kept = processing.pixels(points, scene.normals, turn, capture.pixel)
        elif capture.voxel > 0:
            points, kept = processing.fuse(points, capture.voxel, stream)
        elif not condition.clean:
            weight = scene.area * (scene.bend**2 if capture.curved else 1.0)
            kept = processing.decimate(weight, round(len(points) * stream.uniform(0.4, 1)), stream)
            points = points[kept]
        on_face = on_face[kept]
        if condition.points is None and not condition.clean:
            # One scan of six is sparse: down to 1,000 points on the head.
            if stream.chance(0.17):
                kept = processing.decimate(torch.ones_like(points[:, 0]), round(stream.log_uniform(1e3, 1e4)), stream)
                points, on_face = points[kept], on_face[kept]
            elif capture.fill and condition.hidden is None:
                sheet = processing.filled(points, turn, stream.uniform(5, 18))
                points = torch.cat([points, sheet])
                on_face = torch.cat([on_face, torch.zeros_like(sheet[:, 0]).bool()])
        return points, on_face


def _nearest(landmarks: Tensor, skin: Tensor) -> tuple[Tensor, Tensor]:
    """Return which of the skin's points (N, 3) are nearest to each landmark and how far off, (L, 6) and mm."""
    if len(skin) < 6:
        nothing = torch.zeros(len(landmarks), 6, device=landmarks.device)
        return nothing.long(), nothing + torch.inf
    near, away = knn(skin, 6, landmarks, radius=SHOWN_WITHIN)
    return near, away


def _carried(landmarks: Tensor, step: Tensor, near: Tensor, away: Tensor) -> Tensor:
    """Move landmarks (L, 3) along with the surface, `step` (N, 3) of the skin: people mark what the scan shows."""
    if not len(step):
        return landmarks
    share = torch.exp(-((away / 1.5) ** 2))
    return landmarks + (share[..., None] * step[near]).sum(1) / share.sum(1, keepdim=True).clamp(min=0.1)


def _behind_lens(points: Tensor, eye: Tensor, stream: Stream) -> tuple[Tensor, Tensor]:
    """Read an eye through a lens: shifted and bent, thinned or lost; returns points and lost (N,) bool."""
    radius = stream.uniform(17, 24)
    away = (points[:, :2] - eye[:2]).norm(dim=1)
    inside = (away < radius) & (points[:, 2] < eye[2] + 12) & (points[:, 2] > eye[2] - 25)
    luck = stream.uniform(0, 1)
    if luck < 0.5:
        bent = stream.normal(1.5) + stream.normal(1.5) * (away / radius) ** 2 + 0.5 * stream.wavy(points, 12)
        points = points + (inside * bent)[:, None] * points.new_tensor([0.0, 0.0, 1.0])
    lost = inside & (stream.rand(len(points)) < (0.0 if luck < 0.3 else stream.uniform(0, 1.2)))
    return points, lost
