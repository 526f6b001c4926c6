"""A user's own face model, made ready for fitting: brought into the face frame, its skin, lips and lids found.

Lineament's model is fitted to the mean of the other one as to a scan; whatever lies next to a part of it is that part.

Symbols: V vertices of the user's model, O of Lineament's own, T triangles, C connected pieces.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt
import trimesh
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from lineament.errors import FormatError, InputError
from lineament.face.basis import Basis, FitModel
from lineament.face.deviation import REGIONS
from lineament.face.face import Face, Template
from lineament.face.fit import fit_face
from lineament.face.model import FaceModel, load_face_model
from lineament.face.start import BY_HAND, JAW
from lineament.geometry.alignment import Similarity
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import vertex_normals
from lineament.geometry.quality import on_boundary
from lineament.io.faces.models import Contents, model_digest_of, read_contents
from lineament.types import Floats, Ints, Landmarks, LandmarkSet, Scan

Bools = npt.NDArray[np.bool_]

JAW_SIGMA = 8.0
"""How far off a model's own landmarks on the jaw line are taken to be, mm."""
SKIN_WITHIN = 8.0
"""Skin lies within this distance of Lineament's model where that is laid onto the mean, mm,"""
SKIN_ABOVE = 2.0
"""no farther than this along that one's normals, mm,"""
SKIN_FACING = 0.5
"""and looks where that looks, by this cosine at least; the inner side of a lid does not."""
NEAREST = 12
"""Vertices of Lineament's model that a vertex may be next to."""
EYEBALL_SHARE = 0.1
"""A loose piece of which this share lies at the front of an eyeball belongs to it."""
HEAD = "head"
"""Region of skin that Lineament's model lacks, such as the back of the head."""


def read_model(path: str | PathLike[str]) -> FitModel:
    """Read a face model of the user's own, for `lineament.fit_face(scan, model=...)`.

    Parameters
    ----------
    path : path-like
        ICT-FaceKit or FaceScape's bilinear model as an NPZ file, see `lineament.io.faces.models`. The whole of it is
        kept in memory.

    Raises
    ------
    InputError
        The file cannot be read.
    FormatError
        It is in neither layout, damaged, or its landmarks do not lie on a face.
    """
    contents = read_contents(path)
    try:
        mean = _as_scan(contents)
    except InputError as error:
        raise FormatError(f"{path}: its mean face cannot be used: {error}") from None
    surface = _surface(contents, mean)

    def basis(expression: Floats) -> Basis:
        return Basis.build(surface.vertices, surface.identity, expression, contents.names)

    at_mean, of_person = basis(surface.expression), contents.expression_of

    def near(identity: Floats | None) -> Basis:
        if of_person is None or identity is None:
            return at_mean
        return basis(_moved(mean.pose, of_person(identity)))

    return FitModel(surface, near, _template(path, contents, surface))


def _as_scan(contents: Contents) -> Face:
    """Fit Lineament's model to the mean as to a scan.

    Raises
    ------
    InputError
        The landmarks do not look like a face's.
    """
    chosen = load_face_model().landmark_sets["ibug68"]
    sigma = np.where(np.arange(len(chosen)) < JAW, JAW_SIGMA, BY_HAND)
    marks = Landmarks(chosen.names, contents.mean[contents.landmarks], sigma, set_name=chosen.name)
    skin = contents.triangles[_skin_piece(contents)[contents.triangles].all(axis=1)]
    return fit_face(Scan(contents.mean, skin), marks)


def _pieces(contents: Contents) -> npt.NDArray[np.int32]:
    """Return the connected piece of each vertex (V,)."""
    count, corners = len(contents.mean), contents.triangles
    ends = corners.reshape(-1), np.roll(corners, 1, axis=1).reshape(-1)
    pieces: npt.NDArray[np.int32] = connected_components(coo_matrix((np.ones(corners.size), ends), (count, count)))[1]
    return pieces


def _skin_piece(contents: Contents) -> Bools:
    """Return which vertices hang together with most landmarks, (V,)."""
    pieces = _pieces(contents)
    skin: Bools = pieces == np.bincount(pieces[contents.landmarks]).argmax()
    return skin


def _surface(contents: Contents, mean: Face) -> FaceModel:
    own, triangles = load_face_model(), contents.triangles
    vertices: Floats = mean.pose.apply(contents.mean)
    region = _regions(contents, mean, vertices)
    names = (*own.region_names, HEAD)
    skin = np.isin(region, [names.index(name) for name in own.region_names[: own.region_names.index("mouth")]])
    sets = {
        name: _carried(own.landmarks(mean.vertices, name), chosen, vertices, triangles, skin)
        for name, chosen in own.landmark_sets.items()
    }
    return FaceModel(
        vertices,
        triangles,
        np.zeros((len(vertices), 2), np.float32),
        knn(vertices, 1, vertices * np.array([-1, 1, 1], np.float32))[0][:, 0],
        region,
        names,
        _moved(mean.pose, contents.identity),
        _moved(mean.pose, contents.expression),
        contents.names,
        sets,
    )


def _moved(pose: Similarity, modes: Floats) -> Floats:
    """Bring displacements (..., 3) into the face frame."""
    moved: Floats = modes @ (pose.scale * pose.rotation.T).astype(np.float32)
    return moved


def _regions(contents: Contents, mean: Face, vertices: Floats) -> npt.NDArray[np.uint8]:
    """Return the region of each vertex (V,): that of Lineament's model next to it, if it is skin as that is."""
    own = load_face_model()
    names = list(own.region_names)
    mouth, balls = names.index("mouth"), [names.index(f"eyeball_{side}") for side in ("left", "right")]
    # Rims of skin and of what lies inside meet: without them it is plain on which side of a rim a place is.
    plain = np.flatnonzero(~on_boundary(len(own.region), own.triangles))
    found, away = knn(mean.vertices[plain], NEAREST, vertices)
    normals = vertex_normals(mean.vertices, own.triangles)[plain[found]]
    facing = np.einsum("vkc,vc->vk", normals, vertex_normals(vertices, contents.triangles)) > SKIN_FACING
    # Closed lips touch: the nearest place that looks the same way is the same lip's.
    first = np.arange(len(vertices)), facing.argmax(axis=1)
    nearest, away, normals, facing = plain[found[first]], away[first], normals[first], facing[first]
    above = np.abs(((vertices - mean.vertices[nearest]) * normals).sum(axis=1))
    next_to = own.region[nearest]
    # What lies behind lips and lids goes along with them, what is farther back with the skin around it.
    inside = np.isin(next_to, [mouth, *balls])
    openings = inside | np.isin(next_to, [names.index("lips"), names.index("eyelids")])
    region = np.where(openings, mouth, len(names))
    skin, pieces = _skin_piece(contents), _pieces(contents)
    alike = skin & ~inside & (away < SKIN_WITHIN) & (above < SKIN_ABOVE) & facing
    region[alike] = next_to[alike]
    region[~skin] = mouth
    for ball in balls:
        share = np.bincount(pieces, next_to == ball) / np.bincount(pieces)
        region[~skin & (share > EYEBALL_SHARE)[pieces]] = ball
    return region.astype(np.uint8)


def _carried(places: Floats, chosen: LandmarkSet, vertices: Floats, triangles: Ints, skin: Bools) -> LandmarkSet:
    """Put landmarks at `places` (L, 3) onto the nearest skin."""
    rows = np.flatnonzero(skin[triangles].all(axis=1))
    corners = vertices[triangles[rows]].astype(np.float64)
    near = knn(corners.mean(axis=1), min(12, len(rows)), places.astype(np.float64))[0]
    each = np.repeat(places.astype(np.float64), near.shape[1], axis=0)
    closest = trimesh.triangles.closest_point(corners[near.reshape(-1)], each)  # type: ignore[no-untyped-call]
    best = np.linalg.norm(closest - each, axis=1).reshape(near.shape).argmin(axis=1)
    picked = near[np.arange(len(near)), best]
    at = closest.reshape(*near.shape, 3)[np.arange(len(near)), best]
    weights = trimesh.triangles.points_to_barycentric(corners[picked], at)  # type: ignore[no-untyped-call]
    return LandmarkSet(chosen.name, chosen.names, chosen.definitions, chosen.mirror, rows[picked], weights)


def _template(path: str | PathLike[str], contents: Contents, surface: FaceModel) -> Template:
    count = len(surface.vertices)
    corners, copies, uv = contents.triangles, np.zeros(0, np.int32), contents.uv
    if len(uv):
        # A vertex with several places in uv stands once more behind the others for each of them.
        both = np.stack([contents.triangles, contents.uv_triangles], axis=2).reshape(-1, 2)
        pairs, where = np.unique(both, axis=0, return_inverse=True)
        again = np.concatenate([[False], pairs[1:, 0] == pairs[:-1, 0]])
        row = np.where(again, count - 1 + np.cumsum(again), pairs[:, 0])
        copies, corners = pairs[again, 0], row[where].reshape(-1, 3)
        uv = np.zeros((count + len(copies), 2), np.float32)
        uv[row] = contents.uv[pairs[:, 1]]
    inside = np.isin(surface.region, [surface.region_names.index(name) for name in REGIONS])
    return Template(Path(path).name, model_digest_of(Path(path)), contents.names, corners, copies, uv, inside)
