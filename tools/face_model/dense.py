"""The dense landmark set: contours first, then a blue-noise fill of the face's skin."""

from __future__ import annotations

import numpy as np

from face_model.assemble import REGIONS
from face_model.landmarks import PlacedSet, Skin
from face_model.source import LID_MARGIN, LID_OUTER, LIP_LINE, NOSTRIL, VERMILION, Source


def resample(line: np.ndarray, count: int, ends: bool = True) -> np.ndarray:
    """`count` points at equal steps of arc length along an open polyline; without its ends when `ends` is false."""
    arc = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.linspace(0, arc[-1], count) if ends else np.linspace(0, arc[-1], count + 2)[1:-1]
    return np.stack([np.interp(at, arc, line[:, k]) for k in range(3)], axis=1)


def dense520(skin: Skin, source: Source) -> PlacedSet:
    """520 points: contours first, then a blue-noise fill of the face's skin."""
    out = PlacedSet()
    lm = source.vertices[source.landmarks]
    line = skin.profile[skin.profile[:, 2] > 40]
    upper = line[line[:, 1] > lm[51][1] - 0.05]
    upper = upper[np.argsort(-upper[:, 1])]
    spots = resample(upper[upper[:, 1] < 92], 17)
    for i, p in enumerate(spots):
        skin.midline(out, f"midline_{i:02d}", p, f"Midline of the face, point {i + 1} of 24 from the forehead down.")
    lower = line[(line[:, 1] < lm[57][1] + 0.05) & (line[:, 1] > -72) & (line[:, 2] > 95)]
    lower = lower[np.argsort(-lower[:, 1])]
    inner = [lm[62], lm[66]]
    for i, p in enumerate([*inner, *resample(lower, 5)]):
        skin.midline(
            out, f"midline_{17 + i:02d}", p, f"Midline of the face, point {18 + i} of 24 from the forehead down."
        )

    def contour(name: str, points: np.ndarray, text: str) -> None:
        for i, p in enumerate(points):
            left, right = f"{name}_left_{i:02d}", f"{name}_right_{i:02d}"
            skin.pair(out, left, right, p, f"{text}, point {i + 1} of {len(points)} from the midline outward.")

    contour("jaw", resample(source.vertices[[source.landmarks[8], *source.jaw_left]], 12, ends=True)[1:], "Jaw line")
    brow = resample(lm[22:27], 7)
    contour("brow_upper", brow + np.array([0, 1.2, 0]), "Upper border of the eyebrow")
    contour("brow_lower", brow - np.array([0, 4.0, 0]), "Lower border of the eyebrow")
    contour("canthus", lm[[42, 45]], "Corners of the eye, inner and outer")
    for label, name, text in (
        (LID_MARGIN, "lid", "lid's margin"),
        (LID_OUTER, "lid_fold", "lid, two to three millimetres from the margin"),
    ):
        ring = skin.points[skin.mesh.curves[label]]
        ends = ring[np.argmin(ring[:, 0])], ring[np.argmax(ring[:, 0])]
        height = ring[:, 1] - np.interp(ring[:, 0], [ends[0][0], ends[1][0]], [ends[0][1], ends[1][1]])
        for part, sign in (("upper", 1), ("lower", -1)):
            half = ring[sign * height > 0]
            half = np.vstack([ends[0], half[np.argsort(half[:, 0])], ends[1]])
            contour(f"{name}_{part}", resample(half, 8, ends=False), f"{part.capitalize()} {text}")
    contour(
        "nose_ridge_side", resample(np.array([[7, 33, 100], [6, 20, 112], [8, 8, 122.0]]), 4), "Side of the nasal ridge"
    )
    rim = skin.points[skin.mesh.curves[NOSTRIL]]
    up = rim[:, 1] + rim[:, 2]
    angle = np.arctan2(up - up.mean(), rim[:, 0] - rim[:, 0].mean())
    rim = rim[np.argsort(angle)]
    contour("nostril", resample(np.vstack([rim, rim[:1]]), 9)[:-1], "Rim of the nostril")
    contour("nose_base", lm[[34, 35]], "Lower border of the nose")
    corner_o, corner_i = lm[54], lm[64]
    for label, name, corner, tops, text in (
        (VERMILION, "lip_border", corner_o, (lm[51], lm[57]), "vermilion border"),
        (LIP_LINE, "lip_line", corner_i, (lm[62], lm[66]), "lip's inner line"),
    ):
        ring = skin.points[skin.mesh.curves[label]]
        height = ring[:, 1] - corner[1]
        contour(f"{name}_corner", corner[None], f"Corner of the mouth, {text}")
        for part, top in zip(("upper", "lower"), tops, strict=True):
            half = ring[
                (np.linalg.norm(ring - top, axis=1) <= np.linalg.norm(ring - (tops[0] + tops[1] - top), axis=1))
            ]
            if label == LIP_LINE:
                upper_half = source_side(skin, ring)
                half = ring[upper_half if part == "upper" else ~upper_half]
            else:
                half = ring[height > 0] if part == "upper" else ring[height < 0]
            half = np.vstack([half[np.argsort(half[:, 0])], corner])
            spare = 2 if label == LIP_LINE else 0  # the two lips' lines meet in the corner: stop short of it
            at = resample(half, 8 + spare, ends=False)[:8]
            contour(f"{name}_{part}", at, f"{part.capitalize()} {text}")
    fill(skin, out, (520 - len(out.names)) // 2, lm)
    return out


def source_side(skin: Skin, ring: np.ndarray) -> np.ndarray:
    """True where a point of the inner lip line lies above the parting of the lips."""
    order = np.argsort(ring[:, 0])
    parting = np.interp(
        ring[:, 0], ring[order, 0], np.convolve(np.pad(ring[order, 1], 3, mode="edge"), np.ones(7) / 7, "valid")
    )
    return ring[:, 1] > parting


def part_of_face(point: np.ndarray, lm: np.ndarray) -> str:
    """Name of the part that a point of the left half's skin lies on, by its place among the 68 landmarks."""
    x, y, z = point
    if y > lm[24][1]:
        return "forehead"
    if y > lm[22][1] - 15 and z > 80:
        return "brow"
    if y > lm[45][1] + 3 and z < 76:
        return "temple"
    if y > lm[45][1] - 18 and z > 78:
        return "eye_socket"
    if y < lm[57][1] and x < 30:
        return "chin" if y < lm[57][1] - 4 else "lower_lip"
    return "upper_lip" if lm[54][1] < y < lm[33][1] and x < 22 else "cheek"


def fill(skin: Skin, out: PlacedSet, count: int, lm: np.ndarray) -> None:
    """Farthest-point sampling of the face's skin among the points already placed; closer where curvature is high."""
    mesh = skin.mesh
    region = mesh.region[mesh.triangles[skin.left]].max(1)
    names = {
        REGIONS.index("face"): "cheek",
        REGIONS.index("eyelids"): "lid_skin",
        REGIONS.index("nose"): "nose",
        REGIONS.index("lips"): "lip",
    }
    at = mesh.points[mesh.triangles[skin.left]].mean(1)
    chosen = (at[:, 2] > 40) & (at[:, 1] < 88) & (at[:, 1] > -74) & (at[:, 0] > 2.5) & np.isin(region, list(names))
    corners = mesh.points[mesh.triangles[skin.left]]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    cavity = (
        (at[:, 0] < 14)
        & (at[:, 1] > -7)
        & (at[:, 1] < 9)
        & (at[:, 2] > 94)
        & (at[:, 2] < 117)
        & (at[:, 2] < 113 - 0.6 * at[:, 1])
    )
    chosen &= ~(cavity & (normal[:, 2] < 0.8 * np.linalg.norm(normal, axis=1)))
    chosen &= normal[:, 2] > 0  # scanners do not see what faces backward
    tri = skin.left[chosen]
    at, region = at[chosen], region[chosen]
    a, b, c = (mesh.points[mesh.triangles[tri][:, k]] for k in range(3))
    edge = np.sqrt(np.linalg.norm(np.cross(b - a, c - a), axis=1))
    reach = edge**0.5
    placed = np.array([w @ mesh.points[mesh.triangles[t]] for t, w in zip(out.triangle, out.barycentric, strict=True)])
    distance = np.linalg.norm(at[:, None] - placed[None], axis=-1).min(1) / reach
    distance = np.minimum(distance, 2 * at[:, 0] / reach)
    seen: dict[str, int] = {}
    picks = []
    for _ in range(count):
        best = int(np.argmax(distance))
        picks.append(best)
        distance = np.minimum(distance, np.linalg.norm(at - at[best], axis=1) / reach)
    picks.sort(key=lambda i: (-round(at[i, 1] / 6), at[i, 0]))
    for i in picks:
        kind = names[int(region[i])]
        if kind == "cheek":
            kind = part_of_face(at[i], lm)
        k = seen.get(kind, 0)
        seen[kind] = k + 1
        text = f"Skin of the {kind.replace('_', ' ')}, blue-noise sample {k + 1}, from above and the midline outward."
        skin.pair(out, f"{kind}_left_{k:02d}", f"{kind}_right_{k:02d}", at[i], text)
