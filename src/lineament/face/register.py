"""A registered collection: the same points of many people in one array, what statistics of shape start from.

Symbols: M people, V model vertices, L landmarks, P points of each (V or L), T triangles.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lineament.check import check_finite, check_indices, check_shape
from lineament.errors import InputError
from lineament.face.face import Face, Template
from lineament.face.model import LANDMARK_SETS, load_face_model
from lineament.face.rig import neutral as without_expression
from lineament.geometry.procrustes import centroid_size, procrustes
from lineament.types import Floats, Ints, _frozen

VERTICES = "vertices"
POINTS = (VERTICES, *LANDMARK_SETS)
"""What may be taken of each face: the model's vertices, or a set of landmarks."""
UNITS = ("mm", "centroid size")


@dataclass(frozen=True, eq=False, slots=True)
class Stack:
    """Faces of M people.

    Attributes
    ----------
    names : tuple of M str
    points : (M, P, 3) float32
        In mm, or of centroid size 1.
    confidence : (M, P) float32
        1 where the person's scan was measured there, 0 where the model alone says how the face goes on.
    size : (M,) float32, mm
        Centroid size: the root of the summed squared distances from the centroid.
    point_names : tuple of P str
        Names of the landmarks; `v0`, `v1`, ... for vertices.
    triangles : (T, 3) int32
        Of the vertices; none, (0, 3), for landmarks.
    unit : str
        `mm` or `centroid size`.

    Raises
    ------
    InputError
        Shapes do not agree, a value is not finite, or names are not different.
    """

    names: tuple[str, ...]
    points: Floats
    confidence: Floats
    size: Floats
    point_names: tuple[str, ...]
    triangles: Ints
    unit: str = "mm"

    def __post_init__(self) -> None:
        for name in ("points", "confidence", "size"):
            object.__setattr__(self, name, _frozen(getattr(self, name), np.float32))
            check_finite(getattr(self, name), name)
        object.__setattr__(self, "triangles", _frozen(self.triangles, np.int32))
        people, count = len(self.names), len(self.point_names)
        check_shape(self.points, f"{people} {count} 3", "points")
        check_shape(self.confidence, f"{people} {count}", "confidence")
        check_shape(self.size, f"{people}", "size")
        check_shape(self.triangles, "T 3", "triangles")
        check_indices(self.triangles, count, "triangles")
        if len(set(self.names)) != people:
            raise InputError("two people of a stack have the same name")
        if self.unit not in UNITS:
            raise InputError(f"unit is {self.unit!r}, expected one of {', '.join(UNITS)}")


def stack_faces(
    faces: Mapping[str, Face],
    points: str = VERTICES,
    aligned: bool = True,
    unit_size: bool = False,
    neutral: bool = False,
) -> Stack:
    """Put fitted faces into one array.

    Parameters
    ----------
    faces : mapping of str to Face
        By name.
    points : str
        `vertices`, `ibug68`, `anthropometric` or `dense520`.
    aligned : bool
        Lay each face onto the mean of all by generalised Procrustes alignment; False leaves it in its face frame.
    unit_size : bool
        Scale each to centroid size 1 while aligning; otherwise sizes are kept.
    neutral : bool
        Take the expression out of each face first, see `lineament.face.rig.neutral`.

    Raises
    ------
    InputError
        There is no face, they are of several models, there are no such points, or unit size without alignment. Of a
        user's own model there are only the vertices, with their expression.
    """
    if not faces:
        raise InputError("there are no faces to put into a stack")
    if points not in POINTS:
        raise InputError(f"no points {points!r}; there are {', '.join(POINTS)}")
    if unit_size and not aligned:
        raise InputError("only aligned faces can have unit size")
    template = _template(faces)
    if template is not None and (points != VERTICES or neutral):
        raise InputError(f"of faces of {template.name} only the vertices can be stacked, with their expression")
    shapes = [without_expression(face) if neutral else face.vertices for face in faces.values()]
    if template is not None:
        mean, names, triangles = shapes[0], _numbered(len(shapes[0])), template.triangles
        taken, seen = np.stack(shapes), np.stack([face.confidence for face in faces.values()])
    else:
        model, whole = load_face_model(), points == VERTICES
        mean = _places(model.vertices, points)
        names = _numbered(len(mean)) if whole else model.landmark_sets[points].names
        triangles = model.triangles if whole else np.zeros((0, 3), np.int32)
        taken = np.stack([_places(shape, points) for shape in shapes])
        seen = np.stack(
            [_places(np.repeat(face.confidence[:, None], 3, axis=1), points)[:, 0] for face in faces.values()]
        )
    size = centroid_size(taken)
    if aligned:
        moves = procrustes(taken, mean, unit_size)
        taken = np.stack([move.apply(shape) for move, shape in zip(moves, taken, strict=True)])
    return Stack(tuple(faces), taken, seen, size, names, triangles, UNITS[unit_size])


def _template(faces: Mapping[str, Face]) -> Template | None:
    """Return the user's own model that all faces are of, or None for the shipped one."""
    models = {face.template.sha256 if face.template else "": (name, face.template) for name, face in faces.items()}
    if len(models) > 1:
        found = ", ".join(f"{name} ({other.name if other else 'Lineament'})" for name, other in models.values())
        raise InputError(f"the faces were fitted with different models, such as {found}; vertices are alike within one")
    return next(iter(models.values()))[1]


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"v{row}" for row in range(count))


def _places(vertices: Floats, points: str) -> Floats:
    model = load_face_model()
    if vertices.shape != model.vertices.shape:
        raise InputError(f"a face has {len(vertices)} vertices, the face model {len(model.vertices)}")
    return vertices if points == VERTICES else model.landmarks(vertices, points)


def name_faces(files: Sequence[Path]) -> tuple[str, ...]:
    """Return a name for each file: its stem, after the folders below the one that holds all of them."""
    folders = [Path(os.path.abspath(file)).parent for file in files]
    common = os.path.commonpath(folders)
    stems = (file.stem.removesuffix(".face") for file in files)
    names = tuple((folder.relative_to(common) / stem).as_posix() for folder, stem in zip(folders, stems, strict=True))
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two faces would both be called {twice!r}; rename one of their files")
    return names
