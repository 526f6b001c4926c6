"""Landmarks placed on the mean face by their geometric definitions: the sets ibug68 and anthropometric.

Everything is found on the subject's left (x >= 0) and mirrored. Points of the midline lie on midline edges.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from face_model.assemble import REGIONS, Mesh
from face_model.remesh import closest_on_triangles
from face_model.source import LID_MARGIN, NOSTRIL, Source


@dataclass
class PlacedSet:
    """A landmark set under construction: one row a point."""

    names: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)
    partner: list[str] = field(default_factory=list)
    triangle: list[int] = field(default_factory=list)
    barycentric: list[np.ndarray] = field(default_factory=list)

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return the set as arrays with `name` before each key."""
        index = {n: i for i, n in enumerate(self.names)}
        return {
            f"{name}_names": np.array(self.names),
            f"{name}_definitions": np.array(self.definitions),
            f"{name}_mirror": np.array([index[p] for p in self.partner], np.int32),
            f"{name}_triangle": np.array(self.triangle, np.int32),
            f"{name}_barycentric": np.array(self.barycentric, np.float32),
        }


class Skin:
    """The skin of the template: places points on its triangles, in mirrored pairs."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh, self.points = mesh, mesh.points
        skin = mesh.region < REGIONS.index("mouth")
        self.chosen = np.flatnonzero(skin[mesh.triangles].all(1))
        self.left = self.chosen[self.points[mesh.triangles[self.chosen]][:, :, 0].min(1) > -1e-6]
        row = {tuple(sorted(t)): i for i, t in enumerate(mesh.triangles.tolist())}
        self.twin = np.array([row[tuple(sorted(mesh.mirror[t].tolist()))] for t in mesh.triangles])
        self.vertices = np.flatnonzero(skin & (self.points[:, 0] >= 0))
        on_mid = np.abs(self.points[mesh.triangles[self.left]][:, :, 0]) < 1e-6
        self.mid_triangles = self.left[on_mid.sum(1) == 2]
        self.profile = self._profile()

    def _profile(self) -> np.ndarray:
        """Points of the midline every 0.1 mm at most, `(N, 3)`."""
        out = []
        for t in self.mid_triangles:
            a, b = (self.points[c] for c in self.mesh.triangles[t] if abs(self.points[c, 0]) < 1e-6)
            f = np.linspace(0, 1, max(2, int(np.linalg.norm(a - b) / 0.1)))[:, None]
            out.append((1 - f) * a + f * b)
        return np.vstack(out)

    def closest(self, point: np.ndarray, triangles: np.ndarray) -> tuple[int, np.ndarray]:
        a, b, c = (self.points[self.mesh.triangles[triangles][:, k]] for k in range(3))
        w = closest_on_triangles(np.asarray(point, float)[None], a, b, c)
        at = w[:, :1] * a + w[:, 1:2] * b + w[:, 2:] * c
        best = int(np.linalg.norm(at - point, axis=1).argmin())
        return int(triangles[best]), np.clip(w[best], 0, 1) / np.clip(w[best], 0, 1).sum()

    def midline(self, out: PlacedSet, name: str, point: np.ndarray, text: str) -> None:
        t, w = self.closest(np.asarray(point) * [0, 1, 1], self.mid_triangles)
        w = np.where(np.abs(self.points[self.mesh.triangles[t], 0]) < 1e-6, w, 0)
        self._put(out, name, name, t, w / w.sum(), text)

    def pair(self, out: PlacedSet, left: str, right: str, point: np.ndarray, text: str) -> None:
        t, w = self.closest(np.asarray(point), self.left)
        self._put(out, left, right, t, w, text)
        corners, other = self.mesh.triangles[t], self.twin[t]
        order = [int(np.flatnonzero(self.mesh.mirror[corners] == c)[0]) for c in self.mesh.triangles[other]]
        self._put(out, right, left, int(other), w[order], text)

    @staticmethod
    def _put(out: PlacedSet, name: str, partner: str, t: int, w: np.ndarray, text: str) -> None:
        out.names.append(name)
        out.partner.append(partner)
        out.triangle.append(t)
        out.barycentric.append(w)
        out.definitions.append(text)


def reorder(placed: PlacedSet, names: list[str]) -> PlacedSet:
    """The same set in the order of `names`."""
    rows = [placed.names.index(n) for n in names]

    def pick(values: list) -> list:
        return [values[i] for i in rows]

    return PlacedSet(
        *(pick(v) for v in (placed.names, placed.definitions, placed.partner, placed.triangle, placed.barycentric))
    )


GROUPS = (
    ("jaw", 17, "jaw line, from the subject's right ear over the chin to the left ear"),
    ("brow_right", 5, "right eyebrow, from its tail to its head"),
    ("brow_left", 5, "left eyebrow, from its head to its tail"),
    ("nose_bridge", 4, "ridge of the nose on the midline, from its root to its tip"),
    ("nose_base", 5, "lower border of the nose, from the right wing over subnasale to the left wing"),
    ("eye_right", 6, "right lid margin: outer corner, upper lid, inner corner, lower lid"),
    ("eye_left", 6, "left lid margin: inner corner, upper lid, outer corner, lower lid"),
    (
        "lip_outer",
        12,
        "vermilion border, clockwise in the picture from the right corner of the mouth over the upper lip",
    ),
    ("lip_inner", 8, "inner lip line, from the right corner over the upper lip, then back along the lower lip"),
)
IBUG_PARTNER = [
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1), 45, 44, 43, 42, 47, 46, 39, 38, 37, 36,
    41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
]  # fmt: skip


def ibug68(skin: Skin, source: Source) -> PlacedSet:
    """The 68 points in iBUG's order; the jaw on the real jaw line."""
    names, texts = [], []
    for group, count, text in GROUPS:
        names += [f"jaw_{i:02d}" if group == "jaw" else f"{group}_{i}" for i in range(count)]
        texts += [f"Point {i + 1} of {count} on the {text}." for i in range(count)]
    index = source.landmarks.copy()
    index[:8], index[9:17] = source.jaw_right, source.jaw_left
    out = PlacedSet()
    for i, j in enumerate(IBUG_PARTNER):
        at = source.vertices[index[i]]
        if i == j:
            skin.midline(out, names[i], at, texts[i])
        elif at[0] > 0:
            skin.pair(out, names[i], names[j], at, texts[i])
    out = reorder(out, names)
    out.definitions = texts
    return out


def farthest_from_chord(
    line: np.ndarray, a: np.ndarray, b: np.ndarray, between: tuple[float, float], outward: bool
) -> np.ndarray:
    """Point of a profile, y within `between`, that lies farthest in front of (or behind) the chord from a to b."""
    d = (b - a) / np.linalg.norm(b - a)
    normal = np.array([0, -d[2], d[1]])
    normal *= np.sign(normal[2]) or 1
    part = line[(line[:, 1] > min(between)) & (line[:, 1] < max(between))]
    height = (part - a) @ normal
    return part[np.argmax(height if outward else -height)]


def anthropometric(skin: Skin, source: Source) -> PlacedSet:
    """Points after Farkas, Anthropometry of the Head and Face (1994), by their geometric definitions."""
    out = PlacedSet()
    lm = source.vertices[source.landmarks]
    line = skin.profile
    outer = line[line[:, 2] > 30]

    def mid(name: str, point: np.ndarray, text: str) -> None:
        skin.midline(out, name, point, text)

    def both(name: str, point: np.ndarray, text: str) -> None:
        skin.pair(out, f"{name}_l", f"{name}_r", point, text)

    nose = outer[(outer[:, 1] > -12) & (outer[:, 1] < 30)]
    prn = nose[np.argmax(nose[:, 2])]
    brow = outer[(outer[:, 1] > 50) & (outer[:, 1] < lm[22][1])]
    front = brow[np.argmax(brow[:, 2])]
    se = farthest_from_chord(outer, prn, front, (prn[1], front[1]), outward=False)
    g = front
    ls, li = lm[51], lm[57]
    sn = farthest_from_chord(outer[outer[:, 2] > 100], prn, ls, (prn[1], ls[1]), outward=False)
    columella = farthest_from_chord(outer[outer[:, 2] > sn[2]], prn, sn, (prn[1], sn[1] - 2), outward=True)
    chin = outer[(outer[:, 1] < -52) & (outer[:, 1] > -80)]
    pg = chin[np.argmax(chin[:, 2])]
    sl = farthest_from_chord(outer, li, pg, (li[1], pg[1]), outward=False)
    me = lm[8]
    low = outer[np.argmin(outer[:, 1])]
    throat = outer[(outer[:, 1] < me[1]) & (outer[:, 2] < me[2])]
    down = (low - me) / np.linalg.norm(low - me)
    c = throat[np.argmax((throat - me) @ np.array([0, -down[2], down[1]]))]
    gn = farthest_from_chord(outer[outer[:, 2] > me[2] - 1], pg, me, (pg[1], me[1]), outward=True)
    n = outer[np.argmin(np.abs(outer[:, 1] - (se[1] + 0.25 * (g[1] - se[1]))))]
    tr = outer[np.argmin(np.abs(outer[:, 1] - (g[1] + 0.75 * (g[1] - sn[1]))))]

    mid("v", line[np.argmax(line[:, 1])], "Vertex: highest point of the head on the midline, head upright.")
    mid(
        "tr",
        tr,
        "Trichion: hairline on the midline; estimated, three quarters of the height of glabella over subnasale higher.",
    )
    mid("g", g, "Glabella: most prominent midline point between the eyebrows.")
    mid(
        "n",
        n,
        "Nasion: midline point over the nasofrontal suture; estimated, a quarter of the way from sellion to glabella.",
    )
    mid(
        "se", se, "Sellion: deepest midline point of the nasal root, seen from the line between glabella and pronasale."
    )
    mid("prn", prn, "Pronasale: most protruding point of the nasal tip, on the midline.")
    mid(
        "c_prime",
        columella,
        "Columella point: most prominent midline point of the columella, between tip and subnasale.",
    )
    mid("sn", sn, "Subnasale: midline point where the columella meets the upper lip.")
    mid("ls", ls, "Labiale superius: midline point of the upper vermilion border.")
    mid("sto", lm[62], "Stomion: midline point where the closed lips meet; placed on the inner line of the upper lip.")
    mid("li", li, "Labiale inferius: midline point of the lower vermilion border.")
    mid("sl", sl, "Sublabiale: deepest midline point of the fold between lower lip and chin.")
    mid("pg", pg, "Pogonion: most anterior midline point of the chin.")
    mid("gn", gn, "Gnathion: most anterior-inferior midline point of the chin, between pogonion and menton.")
    mid("me", me, "Menton: lowest midline point of the chin's border.")
    mid("c", c, "Cervical point: deepest midline point of the angle between chin and neck.")

    margin = skin.points[[v for v in skin.mesh.curves[LID_MARGIN]]]
    centre = (lm[42] + lm[45]) / 2
    inner = margin[np.abs(margin[:, 0] - centre[0]) < 9]
    ps, pi = inner[np.argmax(inner[:, 1])], inner[np.argmin(inner[:, 1])]
    width = np.linalg.norm(lm[45] - lm[42])
    both("en", lm[42], "Endocanthion: inner corner of the eye, where the lids meet.")
    both("ex", lm[45], "Exocanthion: outer corner of the eye, where the lids meet.")
    both("ps", ps, "Palpebrale superius: highest point of the upper lid's margin.")
    both("pi", pi, "Palpebrale inferius: lowest point of the lower lid's margin.")
    both(
        "os",
        [centre[0], ps[1] + 0.36 * width, ps[2] + 3],
        "Orbitale superius: upper bony rim of the orbit; estimated above the lid by 0.36 widths of the eye.",
    )
    both(
        "or",
        [centre[0], pi[1] - 0.36 * width, pi[2] - 2],
        "Orbitale: lowest point of the orbit's lower rim; estimated below the lid by 0.36 widths of the eye.",
    )
    both("sci", lm[22:27][np.argmax(lm[22:27, 1])], "Superciliare: highest point of the eyebrow.")

    p = skin.points[skin.vertices]
    region = skin.mesh.region[skin.vertices]

    def pick(mask: np.ndarray, score: np.ndarray) -> np.ndarray:
        return p[np.flatnonzero(mask)[np.argmax(score[mask])]]

    side = (region == REGIONS.index("face")) | (region == REGIONS.index("scalp"))
    temple = side & (np.abs(p[:, 1] - (lm[26][1] + 16)) < 4) & (p[:, 2] > 40)
    both(
        "ft",
        pick(temple, p[:, 0] * 0.6 + p[:, 2] * 0.8),
        "Frontotemporale: side of the forehead where it turns into the temple; estimated above the tail of the brow.",
    )
    arch = side & (p[:, 1] > 4) & (p[:, 1] < 22) & (p[:, 2] > 32)
    both("zy", pick(arch, p[:, 0]), "Zygion: most lateral point of the cheek bone's arch.")
    ear = region == REGIONS.index("ears")
    both("t", [80.0, 6.5, 15.5], "Tragion: notch at the upper margin of the tragus.")
    both("sa", pick(ear & (p[:, 0] > 84), p[:, 1]), "Superaurale: highest point of the ear's free margin.")
    both("sba", pick(ear, -p[:, 1]), "Subaurale: lowest point of the ear lobe.")
    both("pa", pick(ear, -p[:, 2] + 0.3 * p[:, 0]), "Postaurale: most posterior point of the ear's free margin.")
    both("pra", [78.0, 10.0, 18.0], "Preaurale: front of the ear's attachment, level with the tragus.")
    both("obs", [77.5, 22.0, 12.5], "Otobasion superius: upper end of the ear's attachment to the head.")
    both("obi", [76.0, -18.0, 15.0], "Otobasion inferius: lower end of the ear lobe's attachment to the cheek.")

    wing = (p[:, 1] > -6) & (p[:, 1] < 8) & (p[:, 2] > 96) & (p[:, 0] < 24)
    nose_mask = wing & (region == REGIONS.index("nose"))
    al = pick(nose_mask & (p[:, 2] > 101), p[:, 0] + 0.3 * p[:, 2])
    ac = [al[0] + 1.0, al[1] - 1.5, al[2] - 6.0]
    both("al", al, "Alare: most lateral point of the nasal wing's contour.")
    both("ac", ac, "Alar curvature point: where the base of the nasal wing meets the face.")
    both("sbal", lm[35], "Subalare: lower limit of the wing's base, where it ends in the upper lip.")
    rim = skin.points[skin.mesh.curves[NOSTRIL]]
    both("stn", rim[np.argmax(rim[:, 1] + rim[:, 2])], "Superior nostril point: front end of the nostril's long axis.")
    both("itn", rim[np.argmin(rim[:, 1] + rim[:, 2])], "Inferior nostril point: rear end of the nostril's long axis.")
    both(
        "mf",
        [(lm[42][0] * 0.62), lm[42][1] + 1, lm[42][2] + 6],
        "Maxillofrontale: side of the nasal root; estimated, level with the inner corner of the eye.",
    )
    both("ch", lm[54], "Cheilion: corner of the mouth.")
    both("cph", lm[52], "Crista philtri: peak of the upper vermilion border at the edge of the philtrum.")
    jaw = source.vertices[source.jaw_left]
    a, b = jaw[-1], jaw[0]
    d = (b - a) / np.linalg.norm(b - a)
    off = np.linalg.norm((jaw - a) - ((jaw - a) @ d)[:, None] * d, axis=1)
    both("go", jaw[np.argmax(off)], "Gonion: most lateral point of the jaw's angle.")
    return out
