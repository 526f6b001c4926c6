"""Proportions of virtual adults before and after they are rescaled, against ANSUR II."""

from __future__ import annotations

import torch

from lineament.face.model import load_face_model
from lineament.synth import people
from lineament.synth.proportions import MEASURED, UNSCALED, wanted_proportions


def measure(count: int = 2000) -> None:
    """Print mean and standard deviation, mm; the first column is what `UNSCALED` must hold."""
    face = people.TorchFace.from_model(load_face_model())
    seen = []

    def remember(own, sex, child, size, generator):
        wanted = wanted_proportions(own, sex, child, size, generator)
        seen.append((own, wanted, sex, child))
        return wanted

    people.wanted_proportions = remember
    generator = torch.Generator().manual_seed(0)
    for _ in range(count // 25):
        people.random_people(face, 25, generator)
    sex, child = (torch.cat([part[k] for part in seen]) for k in (2, 3))
    for name, truth in MEASURED.items():
        own, wanted = (torch.cat([getattr(part[k], name) for part in seen]) for k in (0, 1))
        for which, label in enumerate(people.SEXES):
            rows = (sex == which) & ~child
            print(
                f"{name}, {label}, N = {int(rows.sum())}: before {own[rows].mean():.1f} / {own[rows].std():.1f} "
                f"(noted {UNSCALED[name][which]}), after {wanted[rows].mean():.1f} / {wanted[rows].std():.1f}, "
                f"ANSUR II {truth[which][0]} / {truth[which][1]}"
            )
        print(f"{name}, children, N = {int(child.sum())}: after {wanted[child].mean():.1f} / {wanted[child].std():.1f}")
