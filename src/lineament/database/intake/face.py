"""Holds a scan's face against what the person was asked to do: is there a face, is it whole, does it show the prompt?

It is a second look, at scans that were taken, since it needs the project's networks and about a second each. Whatever
it says is a warning for a person to look at, but for a scan without any face.

What it can tell: whether the mouth is open, wide, narrow, lifted at its corners or pushed aside, and whether the jaw
is. The limits lie between the ranges found on 200 virtual scans, of 10 people with FaceScape's 20 expressions each;
on these and 100 more, of 5 others, no right expression is doubted. A neutral face is doubted at every prompt below but
`lip_puckerer`, where half are, and `eye_closed` and the brows, where only an open mouth is seen. Real people differ
more, and do less of what they are asked to. What it cannot tell: eyes (the lids that it finds on open eyes are too
often those of closed ones), brows, cheeks, lips rolled in, and the direction of a head against a prompt, since a
scan's frame is the scanner's own.

Lengths in mm, in the face frame: x to the person's left, y up, z forward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from lineament.database.intake.quality import Finding
from lineament.database.records import ScanRecord
from lineament.detect.detector import Detection, Detector
from lineament.errors import NoFaceError
from lineament.types import MILLIMETRES, Scan

MOST_INFERRED = 0.1
"""Share of the landmarks of brows, nose, eyes and mouth that may lie where the scan shows nothing."""


@dataclass(frozen=True)
class FaceMeasures:
    """What iBUG's landmarks tell of an expression.

    Attributes
    ----------
    gap : float, mm
        Between the lips at the middle.
    width : float
        Of the mouth, in widths between the outer corners of the eyes.
    lift : float, mm
        Of the corners of the mouth above its middle.
    mouth_aside, jaw_aside : float, mm
        Of the mouth's corners and of the chin, to the person's left of the bridge of the nose.
    """

    gap: float
    width: float
    lift: float
    mouth_aside: float
    jaw_aside: float


@dataclass(frozen=True)
class _Doubt:
    """A prompt is doubted where the measure is past the limit."""

    measure: str
    doubted: Callable[[float, float], bool]
    limit: float
    text: str


def _above(value: float, limit: float) -> bool:
    return value > limit


def _below(value: float, limit: float) -> bool:
    return value < limit


OPEN = _Doubt("gap", _above, 6.0, "the mouth is open")
SMILES = _Doubt("lift", _above, 2.2, "the corners of the mouth are lifted")
ASIDE = (
    _Doubt("mouth_aside", _above, 2.5, "the mouth is pushed to the left"),
    _Doubt("mouth_aside", _below, -2.5, "the mouth is pushed to the right"),
    _Doubt("jaw_aside", _above, 3.0, "the jaw is pushed to the left"),
    _Doubt("jaw_aside", _below, -3.0, "the jaw is pushed to the right"),
)
DOUBTS: Mapping[str, tuple[_Doubt, ...]] = MappingProxyType(
    {
        "neutral": (OPEN, SMILES, *ASIDE, _Doubt("width", _below, 0.46, "the lips are puckered")),
        "smile": (OPEN, _Doubt("lift", _below, 1.8, "the corners of the mouth are not lifted")),
        "mouth_stretch": (_Doubt("gap", _below, 20.0, "the mouth is not wide open"),),
        "jaw_left": (_Doubt("jaw_aside", _below, 2.5, "the jaw is not to the left"),),
        "jaw_right": (_Doubt("jaw_aside", _above, -2.5, "the jaw is not to the right"),),
        "mouth_left": (_Doubt("mouth_aside", _below, 2.3, "the mouth is not to the left"),),
        "mouth_right": (_Doubt("mouth_aside", _above, -2.3, "the mouth is not to the right"),),
        "lip_puckerer": (OPEN, _Doubt("width", _above, 0.55, "the lips are not puckered")),
        "lip_funneler": (_Doubt("gap", _below, 8.0, "the lips are not opened to a funnel"),),
        "grin": (_Doubt("gap", _below, 4.0, "the teeth do not show"),),
        "eye_closed": (OPEN,),
        "brow_raiser": (OPEN,),
        "brow_lower": (OPEN,),
    }
)
"""What speaks against each prompt of FaceScape; prompts that are not here cannot be checked."""


def measure_face(detection: Detection) -> FaceMeasures:
    """Measure an expression.

    Parameters
    ----------
    detection : Detection
        With the landmarks of `ibug68`.
    """
    xyz: npt.NDArray[np.float64] = detection.pose.apply(detection.landmarks["ibug68"].xyz.astype(np.float64))
    corners, middle = xyz[[48, 54]], xyz[[51, 57]]
    return FaceMeasures(
        gap=float(np.linalg.norm(xyz[62] - xyz[66])),
        width=float(np.linalg.norm(corners[0] - corners[1]) / np.linalg.norm(xyz[36] - xyz[45])),
        lift=float((corners - middle)[:, 1].mean()),
        mouth_aside=float(corners[:, 0].mean() - xyz[27, 0]),
        jaw_aside=float(xyz[8, 0] - xyz[27, 0]),
    )


def assess_face(scan: Scan, record: ScanRecord, detector: Detector) -> tuple[Finding, ...]:
    """Judge whether a scan shows a whole face that does what was asked.

    Parameters
    ----------
    scan : Scan
    record : ScanRecord
        Its `expression` is a name of `lineament.face.rig.FACESCAPE20`, or none is checked.
    detector : Detector
    """
    try:
        detection = detector.detect(scan)
    except NoFaceError as error:
        return (Finding("face", "refuse", None, None, str(error)),)
    return (*_of_pose(detection), *_of_unit(detection, record), *_of_expression(measure_face(detection), record))


def _of_pose(detection: Detection) -> Iterator[Finding]:
    turn = Rotation.from_matrix(detection.pose.rotation.T)
    yaw, pitch, roll = turn.as_euler("YXZ", degrees=True)
    text = f"in the scan's frame the head is turned by {yaw:.0f}, {pitch:.0f}, {roll:.0f} degrees (yaw, pitch, roll)"
    yield Finding("pose", "note", float(np.degrees(turn.magnitude())), None, text)
    visible = detection.landmarks["ibug68"].visible
    inferred = 1 - float(np.asarray(visible)[17:].mean())
    if inferred > MOST_INFERRED:
        text = f"{inferred:.0%} of the landmarks of brows, nose, eyes and mouth lie where the scan shows nothing"
        yield Finding("coverage", "warn", inferred, MOST_INFERRED, text)


def _of_unit(detection: Detection, record: ScanRecord) -> Iterator[Finding]:
    if record.unit is not None and detection.unit != record.unit:
        found = detection.unit or f"{detection.mm_per_unit:.4g} mm"
        text = f"by the size of the face the unit is {found}, the record says {record.unit}"
        yield Finding("unit", "refuse", detection.mm_per_unit, MILLIMETRES[record.unit], text)


def _of_expression(measures: FaceMeasures, record: ScanRecord) -> Iterator[Finding]:
    for doubt in DOUBTS.get(record.expression, ()):
        value = getattr(measures, doubt.measure)
        if doubt.doubted(value, doubt.limit):
            text = f"the prompt was {record.expression!r}, but {doubt.text}"
            yield Finding("expression", "warn", value, doubt.limit, text)
