"""MakeHuman's base mesh and shape targets, and the places on it that we can name.

Symbols: N vertices of MakeHuman, T triangles. Millimetres, y up, z forward, the whole body.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

ORIGINS = ("african", "asian", "caucasian")
SEXES = ("female", "male")

CORRESPONDENCES: dict[tuple[str, str | int], tuple[int, ...]] = {
    # middle
    ("anthropometric", "v"): (881,),
    ("anthropometric", "tr"): (983,),
    ("anthropometric", "g"): (234,),
    ("anthropometric", "se"): (132,),
    ("ibug68", 28): (131,),
    ("ibug68", 29): (164, 201),
    ("anthropometric", "prn"): (5054, 297),
    ("anthropometric", "c_prime"): (307,),
    ("anthropometric", "sn"): (317,),
    ("anthropometric", "ls"): (455,),
    ("ibug68", 62): (474,),
    ("ibug68", 66): (493,),
    ("anthropometric", "li"): (496, 492),
    ("anthropometric", "sl"): (491,),
    ("anthropometric", "pg"): (5162,),
    ("anthropometric", "gn"): (5211, 5171),
    ("anthropometric", "me"): (5225,),
    # left side; the right is its mirror image
    ("ibug68", 42): (6851,),
    ("ibug68", 43): (11483,),
    ("ibug68", 44): (11467,),
    ("ibug68", 45): (6805,),
    ("ibug68", 46): (6820,),
    ("ibug68", 47): (6831, 6834),
    ("ibug68", 22): (7007, 7006),
    ("ibug68", 23): (6997,),
    ("ibug68", 24): (6996, 6998),
    ("ibug68", 25): (7005,),
    ("ibug68", 26): (7031,),
    ("anthropometric", "al_l"): (7081, 11710),
    ("anthropometric", "ac_l"): (7099, 11673),
    ("anthropometric", "sbal_l"): (7119, 7121),
    ("anthropometric", "stn_l"): (7043,),
    ("anthropometric", "itn_l"): (7095, 7096),
    ("anthropometric", "cph_l"): (7210,),
    ("anthropometric", "ch_l"): (7249,),
    ("ibug68", 53): (11953,),
    ("ibug68", 55): (7166, 7239),
    ("ibug68", 56): (7245, 7241),
    ("ibug68", 63): (7226,),
    ("ibug68", 65): (7236,),
    ("ibug68", 64): (7204,),
    ("anthropometric", "sa_l"): (12012,),
    ("anthropometric", "pa_l"): (12040,),
    ("anthropometric", "sba_l"): (12005,),
    ("anthropometric", "obs_l"): (12026,),
    ("anthropometric", "obi_l"): (12328,),
    ("anthropometric", "go_l"): (7614,),
}
"""A landmark of ours, and the vertices of MakeHuman whose mean is the same place; picked on pictures of the mesh."""


class MakeHuman:
    """`vertices (N, 3)` of the mean young adult, skin `triangles (T, 3)` of head and neck, `delta(name)` (N, 3)."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as data:
            self._names = {str(name): i for i, name in enumerate(data["target_names"])}
            self._offsets, self._vertex = data["target_offsets"], data["target_vertex"]
            self._delta = data["target_delta"]
            self.base = data["vertices"].astype(np.float64)
            body = data["faces"][data["face_group"] == data["group_names"].tolist().index("body")]
        adults = [self.delta(f"macrodetails/{origin}-{sex}-young") for origin in ORIGINS for sex in SEXES]
        self.vertices = self.base + np.mean(adults, 0)
        lowest = self.vertices[:, 1].max() - 290
        head = body[(self.vertices[body][..., 1] > lowest).all(1) & (np.abs(self.vertices[body][..., 0]) < 105).all(1)]
        self.triangles = np.vstack([head[:, [0, 1, 2]], head[:, [0, 2, 3]]])

    def names(self, folder: str) -> list[str]:
        """Names of the targets in a folder, sorted, without the folder."""
        return sorted(name.split("/", 1)[1] for name in self._names if name.startswith(folder + "/"))

    def delta(self, name: str) -> np.ndarray:
        """Displacement (N, 3) of one target at full strength."""
        number = self._names[name]
        part = slice(self._offsets[number], self._offsets[number + 1])
        moved = np.zeros(self.base.shape)
        moved[self._vertex[part]] = self._delta[part]
        return moved
