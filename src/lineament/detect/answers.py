"""What the networks answer when they are asked for landmarks.

Symbols: L landmarks. Millimetres, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from lineament.detect.beside import Beside
from lineament.detect.features import FACE_CENTRE, NETWORK_UNIT, FaceSample
from lineament.detect.patches import PATCH_UNIT, Detail, patches
from lineament.detect.session import Network
from lineament.types import Floats

MIRROR = np.array([-1, 1, 1], dtype=np.float32)
AXIS_SHARE = 2 / 3
"""Standard deviation of an error along one axis, in units of sigma. The density that `bound` names has the mean
sigma = 3 b and the mean square 12 b^2, a third of it along each axis: (2 b)^2."""


def bound(share: float) -> float:
    """Return the multiple of sigma that should hold `share` of the errors.

    The networks state the density exp(-r / b) / (8 pi b^3) of an error r in space, of which the mean is sigma = 3 b;
    so r / b has the gamma distribution of shape 3.
    """
    return float(gammaincinv(3, share)) / 3


@dataclass(frozen=True, eq=False)
class Answer:
    """Places of landmarks in the frame that was asked in."""

    xyz: npt.NDArray[np.float64]
    """(L, 3) mm"""
    sigma: Floats
    """(L,) expected error, mm"""
    visible: npt.NDArray[np.bool_]
    """(L,)"""
    context: Floats
    """(asks, L, C) what CF-GAT knew of each landmark when it was asked"""


def ask(network: Network, sample: FaceSample, graph: tuple[npt.NDArray[np.int64], ...], asked: Floats) -> Answer:
    """Ask CF-GAT for the places `asked` (L, 3)."""
    xyz, log_scale, logit, _, context = network.run(sample.geometry(), *graph, asked)
    sigma = 3 * np.exp(log_scale) * NETWORK_UNIT * network.card["sigma_factor"]
    xyz = xyz.astype(np.float64) * NETWORK_UNIT + FACE_CENTRE
    return Answer(xyz, sigma.astype(np.float32), logit > 0, context[None])


def ask_in_the_mirror(
    network: Network, sample: FaceSample, graph: tuple[npt.NDArray[np.int64], ...], asked: Floats
) -> Answer:
    """Ask CF-GAT for the mirrored places on the mirrored face: the same question, with errors of its own."""
    mirrored = replace(sample, points=sample.points * MIRROR, normals=sample.normals * MIRROR)
    answer = ask(network, mirrored, graph, asked * MIRROR)
    return replace(answer, xyz=answer.xyz * MIRROR)


def mean(one: Answer, other: Answer) -> Answer:
    """Average two answers to one question; each keeps what it knew."""
    sigma = np.asarray((one.sigma + other.sigma) / 2, dtype=np.float32)
    context = np.concatenate([one.context, other.context])
    return Answer((one.xyz + other.xyz) / 2, sigma, one.visible & other.visible, context)


def refined(network: Network, answer: Answer, surface: Detail, asked: Floats, beside: Beside) -> Answer:
    """Correct the mean of a straight and a mirrored answer by what the surface shows around it, again in both ways."""
    around = patches(surface, answer.xyz.astype(np.float32))
    log_sigma = np.log(answer.sigma / PATCH_UNIT)
    straight, mirrored = answer.context
    other = beside(partial(network.run, around * MIRROR, asked * MIRROR, log_sigma, mirrored))
    both = network.run(around, asked, log_sigma, straight), other()
    step = (both[0][0] + both[1][0] * MIRROR) / 2
    log_scale = (both[0][1], both[1][1])
    sigma = 3 * np.exp(log_scale).mean(axis=0) * PATCH_UNIT * network.card["sigma_factor"]
    return replace(answer, xyz=answer.xyz + step * PATCH_UNIT, sigma=sigma.astype(np.float32))
