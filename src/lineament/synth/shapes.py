"""Shapes that the linear face model does not hold: origins, sexes, ages, fat, and local variety.

Symbols: V model vertices, S sliders. Millimetres, face frame. Learned from MakeHuman's CC0 targets; see
`assets/PEOPLE.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lineament.errors import ModelError
from lineament.face.model import load_face_model
from lineament.types import Floats

ORIGINS = ("african", "asian", "caucasian")
SEXES = ("female", "male")
AGES = ("child", "young", "old")


@dataclass(frozen=True)
class Shapes:
    """Displacements of the face model's vertices, flat: x, y, z of the first vertex, then of the second."""

    macro: Tensor
    """(3, 2, 4, V * 3): origin, sex, and child, young, old, infant; against the mean young adult, size removed."""
    fat: Tensor
    """(2, V * 3): lean, fat."""
    local: Tensor
    """(2 * S, V * 3): every slider's negative end, then every slider's positive end."""
    names: tuple[str, ...]
    """(S,) `eyes/l-eye-scale-decr-incr`; a slider of one side appears twice, as `l-` and `r-`."""
    partner: Tensor
    """(S,) int64: the same slider of the other side, or itself."""
    one_ended: Tensor
    """(S,) bool: has no negative end."""


def _whole(half: npt.NDArray[np.int16], kept: npt.NDArray[np.int64], step: float, both: bool) -> Floats:
    """Return fields (..., V, 3) from those of the left half; the right is its mirror image, or stays at zero."""
    model = load_face_model()
    whole = np.zeros((*half.shape[:-2], *model.vertices.shape), np.float32)
    left = half.astype(np.float32) * np.float32(step)
    if both:
        whole[..., model.mirror[kept], :] = left * np.array([-1, 1, 1], np.float32)
    whole[..., kept, :] = left
    return whole


@cache
def load_shapes(device: str = "cpu") -> Shapes:
    """Load the shapes that ship with Lineament; later calls return the same object.

    Raises
    ------
    ModelError
        The asset is missing or damaged.
    """
    asset = files("lineament") / "assets" / "people.npz"
    try:
        with asset.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            data = {name: archive[name] for name in archive.files}
        half, step, names = data["half"], data["step"].item(), data["local_names"].tolist()
        sided = np.array([name.split("/")[1].startswith("l-") for name in names])
        single = _whole(data["local"][sided], half, step, both=False)
        mirrored = single[..., load_face_model().mirror, :] * np.array([-1, 1, 1], np.float32)
        local = np.concatenate([_whole(data["local"][~sided], half, step, both=True), single, mirrored])
        whole = {name: _whole(data[name], half, step, both=True) for name in ("macro", "fat")}
    except Exception as error:
        raise ModelError(f"{asset} is missing or damaged ({error}); reinstall lineament") from error

    def flat(fields: Floats) -> Tensor:
        return torch.as_tensor(fields, device=device).flatten(-2)

    left = [name for name, one in zip(names, sided, strict=True) if one]
    middle = [name for name, one in zip(names, sided, strict=True) if not one]
    order = torch.arange(len(middle) + 2 * len(left), device=device)
    partner = order.clone()
    partner[len(middle) :] = order[len(middle) :].roll(len(left))
    return Shapes(
        macro=flat(whole["macro"]),
        fat=flat(whole["fat"]),
        local=flat(np.concatenate([local[:, 0], local[:, 1]])),
        names=(*middle, *left, *(name.replace("/l-", "/r-") for name in left)),
        partner=partner,
        one_ended=torch.as_tensor(~local[:, 0].any(axis=(1, 2)), device=device),
    )
