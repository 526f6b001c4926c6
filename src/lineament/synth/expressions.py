"""What virtual people do with their faces: gazes, lids, and combinations of muscles that go together.

Symbols: B people, E expressions. Weights lie in [0, 1.05]; names are ARKit's.
"""

from __future__ import annotations

import torch
from torch import Tensor

_PLAYS: tuple[tuple[float, dict[str, tuple[float, float]]], ...] = (
    (0.34, {}),
    (0.16, {"mouthSmile": (0.15, 0.9), "cheekSquint": (0, 0.6), "mouthDimple": (0, 0.5), "eyeSquint": (0, 0.5)}),
    (
        0.06,
        {"mouthSmile": (0.4, 1.0), "mouthUpperUp": (0.1, 0.6), "cheekSquint": (0.2, 0.9), "mouthLowerDown": (0, 0.4)},
    ),
    (
        0.06,
        {"mouthPress": (0.2, 0.9), "mouthRollLower": (0, 0.6), "mouthRollUpper": (0, 0.6), "mouthShrugLower": (0, 0.5)},
    ),
    (0.06, {"browDown": (0.2, 0.9), "eyeSquint": (0.1, 0.8), "noseSneer": (0, 0.6), "mouthPress": (0, 0.6)}),
    (0.05, {"mouthFrown": (0.2, 0.9), "browInnerUp": (0.1, 0.8), "mouthShrugLower": (0, 0.7)}),
    (0.06, {"browInnerUp": (0.1, 0.9), "browOuterUp": (0.1, 0.9), "eyeWide": (0, 0.7)}),
    (0.04, {"mouthPucker": (0.1, 0.8), "mouthFunnel": (0, 0.7), "cheekPuff": (0, 0.2)}),
    (0.02, {"cheekPuff": (0.3, 0.9), "mouthPress": (0.1, 0.5)}),
    (0.04, {"mouthStretch": (0.1, 0.7), "mouthLowerDown": (0.1, 0.7), "mouthUpperUp": (0, 0.4)}),
    (0.03, {"noseSneer": (0.3, 1.0), "mouthUpperUp": (0.1, 0.7), "browDown": (0, 0.6), "cheekSquint": (0, 0.6)}),
)
"""How often, and from where to where its muscles go, both sides together; what is left over is a random mixture."""


def random_expressions(names: tuple[str, ...], count: int, generator: torch.Generator) -> Tensor:
    """Draw expression weights, (B, E): eyes as people hold them for a scanner, mouths at rest or in play.

    Scanners ask for closed eyes or dazzle, so 45 % are closed, 15 % half closed. A play of muscles moves both sides
    alike but for about a fifth; one in eight moves one side alone.
    """
    device = generator.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, device=device)

    def column(name: str) -> int:
        return names.index(name)

    shares = torch.tensor([share for share, _ in _PLAYS], device=device).cumsum(0)
    play = torch.bucketize(uniform(count), shares)  # len(_PLAYS): a random mixture
    weights = torch.zeros(count, len(names), device=device)
    effort = 0.35 + 0.65 * uniform(count)
    for number, (_, muscles) in enumerate(_PLAYS):
        for muscle, (low, high) in muscles.items():
            strength = torch.where(play == number, (low + (high - low) * uniform(count)) * effort, 0.0)
            for name in _both(muscle, names):
                weights[:, column(name)] += strength
    mixed = torch.where(
        uniform(count, len(names)) < uniform(count, 1) * 0.25, uniform(count, len(names)) ** 1.5 * 0.9, 0
    )
    weights = torch.where((play == len(_PLAYS))[:, None], mixed, weights)
    weights = weights * _uneven_sides(names, uniform(count, 4))
    tremor = torch.where(uniform(count, len(names)) < 0.15, 0.15 * uniform(count, len(names)), 0.0)
    weights = weights + torch.where(uniform(count, 1) < 0.75, tremor, 0.0)
    _set_jaw(weights, names, uniform(count, 6))
    _set_eyes(weights, names, uniform(count, 8))
    return weights.clamp(0, 1.05)


def _both(muscle: str, names: tuple[str, ...]) -> list[str]:
    return [muscle] if muscle in names else [muscle + "Left", muscle + "Right"]


def _uneven_sides(names: tuple[str, ...], drawn: Tensor) -> Tensor:
    """Return factors (B, E) for muscles of the left and the right side."""
    tilt = 0.25 * (drawn[:, 0] - drawn[:, 1])
    one_sided = drawn[:, 2] < 0.12
    tilt = torch.where(one_sided, torch.sign(tilt) * (0.5 + 0.5 * drawn[:, 3]), tilt)
    side = torch.tensor([name.endswith("Left") * 1.0 - name.endswith("Right") for name in names], device=drawn.device)
    return (1 + tilt[:, None] * side).clamp(0, 1.3)


def _set_jaw(weights: Tensor, names: tuple[str, ...], drawn: Tensor) -> None:
    """Lips a little apart in 15 %, an open mouth in 22 %; lips may close over an open jaw."""
    kind = drawn[:, 0]
    jaw = torch.where(kind < 0.15, 0.02 + 0.10 * drawn[:, 1], torch.zeros_like(kind))
    jaw = torch.where((kind >= 0.15) & (kind < 0.37), 0.1 + 0.75 * drawn[:, 1] ** 1.3, jaw)
    closing = torch.where(drawn[:, 2] < 0.25, drawn[:, 3], torch.zeros_like(kind))
    sideways = torch.where(drawn[:, 4] < 0.12, drawn[:, 5], torch.zeros_like(kind))
    for name, value in (
        ("jawOpen", jaw),
        ("mouthClose", jaw * closing),
        ("jawLeft", 0.5 * (2 * sideways - 1).clamp(min=0)),
        ("jawRight", torch.where(sideways > 0, 0.5 * (1 - 2 * sideways).clamp(min=0), 0.0)),
    ):
        weights[:, names.index(name)] = value


def _set_eyes(weights: Tensor, names: tuple[str, ...], drawn: Tensor) -> None:
    """Lids closed in 45 %, half closed in 15 %, one eye alone in 2 %; both eyes look the same way."""
    lids, amount = drawn[:, 0], drawn[:, 1]
    closed = torch.where(lids < 0.45, 0.9 + 0.15 * amount, 0.15 * amount)
    closed = torch.where((lids >= 0.45) & (lids < 0.6), 0.2 + 0.6 * amount, closed)
    wink = drawn[:, 2] < 0.02
    across, up = 2 * drawn[:, 4] - 1, 2 * drawn[:, 5] - 1
    looking = torch.where(drawn[:, 3] < 0.5, 0.7, 0.1) * (1 - closed).clamp(min=0)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        blink = torch.where(wink & ((drawn[:, 6] < 0.5) == (sign > 0)), 0.95, closed)
        blink = (blink + 0.04 * sign * (drawn[:, 7] - 0.5)).clamp(0, 1.05)
        for name, value in (
            ("Blink", blink),
            ("LookOut", looking * (sign * across).clamp(min=0)),
            ("LookIn", looking * (-sign * across).clamp(min=0)),
            ("LookUp", looking * up.clamp(min=0)),
            ("LookDown", looking * (-up).clamp(min=0)),
        ):
            weights[:, names.index(f"eye{name}{side}")] = value
        weights[:, names.index(f"eyeWide{side}")] *= blink < 0.2
        weights[:, names.index(f"eyeSquint{side}")] *= (1 - 0.8 * blink).clamp(min=0)
