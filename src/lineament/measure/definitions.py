"""What is measured: the kinds of measures, and the landmarks that each is taken between.

A landmark is named as in the face model's `anthropometric` set. A star stands for a side: a measure with `ex_*` is
taken on the left between the points `_l` and on the right between the points `_r`.
"""

from __future__ import annotations

from dataclasses import dataclass

MILLIMETRE, DEGREE, PER_CENT = "mm", "deg", "%"
SIDES = {"left": "l", "right": "r"}
FRANKFURT = ("t_l", "t_r", "or_l", "or_r")
"""Tragia and orbitalia: they fix the Frankfurt horizontal, and with it what is up and forward."""


@dataclass(frozen=True, slots=True)
class Distance:
    """Straight distance between two landmarks.

    Attributes
    ----------
    abbreviation : str
        As the field writes it: `en-en`.
    name : str
    landmarks : (str, str)
    farkas : str
        Region under which Farkas, Anthropometry of the Head and Face, 1994, lists it; empty where he does not.
    ansur : str
        Its name in ANSUR II (Gordon et al., 2012 Anthropometric Survey of U.S. Army Personnel, 2014), or empty.
    """

    abbreviation: str
    name: str
    landmarks: tuple[str, str]
    farkas: str = ""
    ansur: str = ""


@dataclass(frozen=True, slots=True)
class SurfaceDistance:
    """Length of the shortest path on the skin that touches `landmarks` one after another; the rest as `Distance`."""

    abbreviation: str
    name: str
    landmarks: tuple[str, ...]
    farkas: str = ""
    ansur: str = ""


@dataclass(frozen=True, slots=True)
class ProjectiveHeight:
    """Height of the first landmark over the second, square to the Frankfurt horizontal; the rest as `Distance`."""

    abbreviation: str
    name: str
    landmarks: tuple[str, str]
    farkas: str = ""
    ansur: str = ""


@dataclass(frozen=True, slots=True)
class Angle:
    """Angle at the middle one of three landmarks; the rest as `Distance`."""

    abbreviation: str
    name: str
    landmarks: tuple[str, str, str]
    farkas: str = ""
    ansur: str = ""


@dataclass(frozen=True, slots=True)
class Inclination:
    """Slope of the line from the first landmark to the second; the rest as `Distance`.

    `profile` is seen from the side, against the vertical of the Frankfurt horizontal: positive when the second, lower
    point lies further forward. `frontal` is seen from the front, against the horizontal: positive when the second
    point lies higher.
    """

    abbreviation: str
    name: str
    landmarks: tuple[str, str]
    farkas: str = ""
    ansur: str = ""
    view: str = "profile"


@dataclass(frozen=True, slots=True)
class Index:
    """100 times one straight distance by another; the rest as `Distance`.

    Attributes
    ----------
    landmarks : (str, str, str, str)
        Ends of the first distance, then of the second.
    """

    abbreviation: str
    name: str
    landmarks: tuple[str, str, str, str]
    farkas: str = ""
    ansur: str = ""


Definition = Distance | SurfaceDistance | ProjectiveHeight | Angle | Inclination | Index

KINDS: dict[type[Definition], str] = {
    Distance: "distance",
    SurfaceDistance: "surface distance",
    ProjectiveHeight: "projective height",
    Angle: "angle",
    Inclination: "inclination",
    Index: "index",
}


def unit_of(definition: Definition) -> str:
    """Return `mm`, `deg` or `%`."""
    if isinstance(definition, Angle | Inclination):
        return DEGREE
    return PER_CENT if isinstance(definition, Index) else MILLIMETRE


def is_bilateral(definition: Definition) -> bool:
    """Return whether it is taken once on the left and once on the right."""
    return any(name.endswith("*") for name in definition.landmarks)


def on_side(definition: Definition, side: str) -> tuple[str, ...]:
    """Return the names of its landmarks on one side, `left` or `right`; of an unpaired measure for any."""
    return tuple(name.removesuffix("*") + SIDES[side] if name.endswith("*") else name for name in definition.landmarks)


def all_landmarks(definition: Definition, side: str) -> tuple[str, ...]:
    """Return the names of every landmark that its value depends on."""
    needs_frame = isinstance(definition, ProjectiveHeight | Inclination)
    return (*on_side(definition, side), *(FRANKFURT if needs_frame else ()))
