"""Virtual sensors: their kinds, their figures, and the values that one scan draws.

Symbols: W views. Millimetres. Figures are ranges around the sources named at each sensor,
drawn wider than published: below, because files hold what software has smoothed; above, because published figures come
from good instruments in good hands. A scan draws its own values.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import copysign, cos, radians, sin

import numpy as np
import torch
from torch import Tensor

from lineament.errors import InputError
from lineament.synth.condition import Condition
from lineament.synth.stream import Stream

Range = tuple[float, float]
NEVER: Range = (0.0, 0.0)


@dataclass(frozen=True)
class Sensor:
    """Ranges (low, high) that one kind of sensor draws from, mm unless noted; (0, 0) is never."""

    name: str
    noise: Range
    """Independent noise along the line of sight, one standard deviation, log-uniform."""
    ripple: Range
    """Smooth error over centimetres (calibration, motion, registration), one standard deviation, log-uniform."""
    views: tuple[int, int]
    """Number of views."""
    spread: float
    """Yaw of the outermost views from the middle one, degrees."""
    smear: float
    """Chance that lids, lashes, brows, lips and nostrils are blurred into their surroundings."""
    grain: Range = NEVER
    """Noise that neighbours within 2 to 6 mm share, one standard deviation, log-uniform."""
    bleed: Range = NEVER
    """Share of points near depth edges that fly off backwards."""
    quantum: Range = NEVER
    """Step of the depth readings."""
    drift: float = 0.0
    """Misregistration of each further view."""
    fringe: Range = NEVER
    """Amplitude of a ripple that follows the projected pattern."""
    sway: Range = NEVER
    """Motion of the subject while stripes are scanned, one standard deviation between stripes."""
    multipath: Range = NEVER
    """Share by which hollows are measured too deep: light that bounces between the walls takes longer."""
    pixel: Range = NEVER
    """Pitch of the depth image: one point a pixel."""
    voxel: Range = NEVER
    """Edge of the cells that views or slices are averaged in."""
    blur: Range = NEVER
    """Radius (sigma) of the smoothing that the device or its software applies everywhere."""
    melt: float = 0.0
    """Chance of patches without texture, where the matcher leaves a smooth, slightly wrong surface."""
    facets: Range = NEVER
    """Edge of the triangles that a mesh is simplified to, after which its vertices are the points."""
    fill: float = 0.0
    """Chance that holes are closed with a membrane."""
    curved: float = 0.0
    """Chance that points are kept in proportion to curvature."""
    vertices: float = 0.0
    """Chance that the points are the vertices of a mesh, instead of places all over its triangles."""
    share: float = 1.0
    """How often this sensor is drawn, relative to the others."""
    whole: float = 0.0
    """Chance that the file holds everything, what no scanner sees included: the inside of lids, lips and nostrils."""


SENSORS = (
    # Repeated scans of a mannequin agree within 0.04 (Artec Space Spider) to 0.08 mm RMS (Eva), those of people within
    # 0.15 to 0.20 mm (Schipper et al. 2024, Scientific Reports). Fringe amplitudes: an assumption.
    Sensor(
        "structured light",
        (0.005, 0.2),
        (0.02, 0.25),
        (1, 3),
        55,
        0.6,
        grain=(0.003, 0.1),
        bleed=(0.0, 0.3),
        quantum=(0.0, 0.02),
        drift=0.2,
        fringe=(0.0, 0.12),
        pixel=(0.4, 1.1),
        blur=(0.0, 0.8),
        fill=0.3,
        share=2.0,
    ),
    # 3dMD: mean global error 0.2 mm, 0.1 to 0.5 (Luebbers et al. 2010, J Craniofac Surg); people repeat within 0.23 mm
    # (Schipper et al. 2024). Matching windows make the error smooth and melt hair, lids and lashes.
    Sensor(
        "photogrammetry",
        (0.003, 0.08),
        (0.05, 0.4),
        (3, 5),
        85,
        0.85,
        grain=(0.005, 0.2),
        bleed=(0.0, 0.05),
        drift=0.1,
        voxel=(0.6, 2.5),
        blur=(0.3, 1.5),
        melt=0.35,
        fill=0.6,
        share=2.0,
    ),
    # Minolta Vivid 910: 0.1 mm in depth (maker's figure); faces repeat within about 0.85 mm, most of it the subject's
    # motion and expression (Kau et al. 2005, Am J Orthod Dentofacial Orthop).
    Sensor(
        "laser line",
        (0.01, 0.15),
        (0.1, 0.5),
        (1, 2),
        45,
        0.6,
        grain=(0.005, 0.1),
        bleed=(0.0, 0.3),
        drift=0.4,
        sway=(0.02, 0.2),
        pixel=(0.5, 1.4),
        blur=(0.0, 0.8),
        fill=0.2,
    ),
    # Kinect v2: 1 to 2 mm of noise at a metre, more at edges, flying pixels (Fankhauser et al. 2015, ICAR; Wasenmueller
    # and Stricker 2016, ACCV workshops). Multipath shares: an assumption.
    Sensor(
        "time of flight",
        (0.2, 2.0),
        (0.3, 1.5),
        (1, 1),
        0,
        0.7,
        grain=(0.05, 0.8),
        bleed=(0.3, 1.0),
        quantum=(0.2, 1.0),
        multipath=(0.0, 0.4),
        pixel=(1.0, 3.0),
        blur=(0.0, 1.5),
        share=0.8,
    ),
    # iPhone X: accuracy in the millimetre range (Breitbarth et al. 2019, SPIE 11144); face scans with smartphones err
    # by 0.46 to 1.4 mm (review in Children 9(9):1390, 2022). Depth is interpolated between dots and smoothed.
    Sensor(
        "truedepth",
        (0.01, 0.4),
        (0.2, 0.8),
        (1, 2),
        35,
        0.8,
        grain=(0.02, 0.4),
        bleed=(0.1, 0.6),
        quantum=(0.05, 0.4),
        drift=0.5,
        pixel=(0.7, 1.6),
        blur=(0.8, 4.0),
        fill=0.3,
        share=1.5,
    ),
    # Many depth images in a truncated signed distance field (Curless and Levoy 1996; Newcombe et al. 2011): noise
    # averages out, registration errors and the cells round lids, wings and lips.
    Sensor(
        "fused views",
        (0.005, 0.3),
        (0.1, 0.8),
        (3, 6),
        75,
        0.9,
        grain=(0.01, 0.3),
        drift=0.7,
        bleed=(0.0, 0.2),
        voxel=(0.8, 3.0),
        blur=(0.5, 3.5),
        fill=0.4,
        share=1.5,
    ),
    # Voxels of 0.3 to 1 mm; CBCT skin agrees with 3D photographs within 1 mm over 90 % of it (Maal et al. 2008, Int J
    # Oral Maxillofac Surg). Eyes are closed more often than not; slices leave stairs.
    Sensor(
        "ct skin",
        (0.01, 0.2),
        (0.05, 0.3),
        (6, 6),
        180,
        0.9,
        grain=(0.01, 0.2),
        quantum=(0.0, 0.3),
        voxel=(0.5, 1.5),
        blur=(0.3, 1.2),
        fill=0.3,
        share=0.8,
    ),
    # Voxels of about 1 mm; gradients bend the image by about a millimetre when corrected for, by more when not (Wang et
    # al. 2004, Magn Reson Imaging 22:1211).
    Sensor(
        "mr skin",
        (0.03, 0.4),
        (0.2, 0.9),
        (6, 6),
        180,
        0.95,
        grain=(0.03, 0.3),
        quantum=(0.0, 0.5),
        voxel=(0.8, 2.0),
        blur=(0.6, 2.0),
        fill=0.5,
        share=0.5,
    ),
    # Simplified by edge collapse (Garland and Heckbert 1997): flat facets, vertices denser where curved.
    Sensor(
        "decimated mesh",
        (0.001, 0.05),
        (0.02, 0.3),
        (6, 6),
        180,
        0.7,
        grain=(0.001, 0.1),
        blur=(0.0, 1.5),
        melt=0.2,
        facets=(1.5, 4.5),
        fill=0.5,
        curved=0.6,
        vertices=0.3,
        whole=0.1,
        share=1.5,
    ),
    # Fitted by a template or redrawn by an artist: regular, smooth, sparse.
    Sensor("retopologised mesh", (0.001, 0.03), (0.001, 0.15), (6, 6), 180, 0.6, blur=(0.0, 1.0), facets=(1.0, 2.5)),
    # As a maker's software delivers: smoothed, watertight (Kazhdan and Hoppe 2013, screened Poisson).
    Sensor(
        "vendor mesh",
        (0.001, 0.05),
        (0.03, 0.4),
        (3, 6),
        80,
        0.85,
        grain=(0.002, 0.1),
        drift=0.15,
        blur=(0.6, 2.5),
        melt=0.2,
        fill=0.95,
        share=2.0,
    ),
)
NAMES = tuple(sensor.name for sensor in SENSORS)


def rotation_about(axis: int, angle: Tensor) -> Tensor:
    """Rotation matrices (B, 3, 3) by `angle` (B,) radians about coordinate axis 0, 1 or 2."""
    cosine, sine = angle.cos(), angle.sin()
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = torch.eye(3, device=angle.device).repeat(len(angle), 1, 1)
    matrix[:, i, i], matrix[:, i, j], matrix[:, j, i], matrix[:, j, j] = cosine, -sine, sine, cosine
    return matrix


def _view(yaw: float, pitch: float) -> Tensor:
    """Rotation (3, 3) from the face frame to a camera that looks along its -z, degrees."""
    a, b = radians(yaw), radians(pitch)
    nod = torch.tensor([[1, 0, 0], [0, cos(b), -sin(b)], [0, sin(b), cos(b)]])
    return nod @ torch.tensor([[cos(a), 0, -sin(a)], [0, 1, 0], [sin(a), 0, cos(a)]])


@dataclass(frozen=True)
class Capture:
    """The values one scan drew from its sensor's ranges; mm."""

    sensor: str
    views: Tensor
    """(W, 3, 3) rotations from the face frame to each camera, which looks along its -z; the first is the middle one."""
    yaw: float
    """Of the first view, degrees."""
    noise: float = 0.0
    grain: float = 0.0
    grain_length: float = 3.0
    ripple: float = 0.0
    ripple_length: float = 30.0
    bleed: float = 0.0
    quantum: float = 0.0
    drift: float = 0.0
    fringe: float = 0.0
    fringe_period: float = 5.0
    sway: float = 0.0
    multipath: float = 0.0
    pixel: float = 0.0
    voxel: float = 0.0
    blur: float = 0.0
    melt: bool = False
    facets: float = 0.0
    fill: bool = False
    curved: bool = False
    vertices: bool = False
    whole: bool = False
    smear: float = 0.0
    """How strongly eyes, brows, lips and nostrils are blurred: 0 not at all, 1 as a rule at most, up to 1.8."""


def draw_capture(stream: Stream, condition: Condition = Condition()) -> Capture:  # noqa: B008
    """Draw a sensor, its errors and its views for one scan.

    Raises
    ------
    InputError
        The condition names a sensor that does not exist.
    """
    if condition.sensor is not None and condition.sensor not in NAMES:
        raise InputError(f"sensor is {condition.sensor!r}, expected one of: {', '.join(NAMES)}")
    if condition.clean:
        yaws = [0.0, -40.0, 40.0] if condition.yaw is None else [condition.yaw]
        views = torch.stack([_view(yaw, 0.0) for yaw in yaws]).to(stream.device)
        noise = 0.02 if condition.noise is None else condition.noise
        return Capture(condition.sensor or "clean", views, yaws[0], noise=noise)
    shares = np.array([sensor.share for sensor in SENSORS])
    number = int(stream.numbers.choice(len(SENSORS), p=shares / shares.sum()))
    sensor = SENSORS[number] if condition.sensor is None else SENSORS[NAMES.index(condition.sensor)]
    yaws, pitch = _yaws(sensor, stream, condition)
    drawn = {name: stream.log_uniform(*getattr(sensor, name)) for name in ("noise", "ripple", "grain")}
    ranged = ("bleed", "quantum", "fringe", "sway", "multipath", "pixel", "voxel", "blur", "facets")
    drawn |= {name: stream.uniform(*getattr(sensor, name)) for name in ranged}
    if stream.chance(0.3):
        drawn["bleed"] = 0.0
    if condition.noise is not None:
        # What averages points would change the noise that was asked for.
        drawn |= {"noise": condition.noise, "blur": 0.0, "voxel": 0.0, "quantum": 0.0}
    return Capture(
        sensor=sensor.name,
        views=torch.stack([_view(yaw, pitch) for yaw in yaws]).to(stream.device),
        yaw=yaws[0],
        grain_length=stream.uniform(2, 6),
        ripple_length=stream.uniform(10, 50),
        drift=sensor.drift,
        fringe_period=stream.uniform(2.5, 9),
        melt=stream.chance(sensor.melt),
        fill=stream.chance(sensor.fill),
        curved=stream.chance(sensor.curved),
        vertices=stream.chance(sensor.vertices) and condition.points is None,
        whole=stream.chance(sensor.whole) and len(yaws) > 1,
        smear=_smear(sensor, stream),
        **drawn,
    )


def _smear(sensor: Sensor, stream: Stream) -> float:
    """Draw how strongly features are blurred; one smeared scan in four is melted altogether."""
    if not stream.chance(sensor.smear):
        return 0.0
    return stream.uniform(1, 1.8) if stream.chance(0.25) else stream.uniform(0.15, 1)


def _yaws(sensor: Sensor, stream: Stream, condition: Condition) -> tuple[list[float], float]:
    """Draw the yaw of each view, the middle one first, and the common pitch, degrees."""
    if condition.yaw is not None:
        return [condition.yaw], 0.0
    pitch = stream.normal(10)
    if stream.chance(0.16):  # half a face, whatever the sensor
        return [copysign(stream.uniform(45, 92), stream.normal())], pitch
    count = stream.integer(*sensor.views)
    middle = stream.normal(15)
    steps = [(-1) ** i * ((i + 1) // 2) / max((count - 1) / 2, 1) for i in range(count)]
    return [middle + sensor.spread * step for step in steps], pitch
