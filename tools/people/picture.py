"""Draw one virtual person of each origin, sex and age."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from lineament.face.model import load_face_model
from lineament.picture.camera import Camera, turned
from lineament.picture.landmarks import font
from lineament.picture.render import render
from lineament.synth.condition import Condition
from lineament.synth.people import AGES, ORIGINS, SEXES, TorchFace, random_people

WIDTH, HEIGHT, RANGE = 176, 224, 285.0
"""A tile, pixels, and the height that it shows, mm."""


def draw_groups(target: Path, seeds: tuple[int, ...] = (25, 29, 27)) -> None:
    """Rows are origins, columns ages and sexes; a row is one draw of chance, so only its group changes along it."""
    model = load_face_model()
    face = TorchFace.from_model(model)
    rows = []
    for seed, origin in zip(seeds, ORIGINS, strict=True):
        tiles = []
        for age in AGES:
            for sex in SEXES:
                condition = Condition(origin=origin, sex=sex, age=age)
                drawn = random_people(face, 1, torch.Generator().manual_seed(seed), condition)
                at = drawn.vertices[0].numpy()
                camera = Camera(turned(22), np.array([0.0, 8.0, 30.0]), HEIGHT / RANGE, WIDTH, HEIGHT)
                tile = Image.fromarray(render(at, model.triangles, camera).image)
                ImageDraw.Draw(tile).text((6, HEIGHT - 18), f"{origin}, {sex}, {age}", fill=(70, 70, 80), font=font(12))
                tiles.append(np.asarray(tile))
        rows.append(np.hstack(tiles))
    Image.fromarray(np.vstack(rows)).quantize(96).save(target, optimize=True)
