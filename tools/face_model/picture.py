"""Pictures of the face model: its mesh, and its landmark sets with every point labelled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from lineament.face.model import FaceModel, load_face_model

COLORS = np.array([
    [0.87, 0.76, 0.68], [0.80, 0.50, 0.48], [0.93, 0.80, 0.66], [0.90, 0.72, 0.60], [0.85, 0.70, 0.62],
    [0.78, 0.74, 0.72], [0.82, 0.76, 0.70], [0.55, 0.30, 0.32], [0.93, 0.94, 0.95], [0.93, 0.94, 0.95],
])  # fmt: skip


def turned(yaw: float = 0, pitch: float = 0) -> np.ndarray:
    """Rotation of the face in degrees: positive yaw shows the subject's right side."""
    a, b = np.radians([yaw, pitch])
    around_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    return np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]]) @ around_y


Project = Callable[[np.ndarray], np.ndarray]


def render(
    points, triangles, colors, rotation, centre, span, size, wire=True
) -> tuple[np.ndarray, Project, np.ndarray]:
    """Orthographic z-buffer picture; back faces red. Returns the image, the projection and the depth buffer."""
    scale = size / span

    def project(q: np.ndarray) -> np.ndarray:
        p = (np.asarray(q, np.float64) - centre) @ rotation.T * scale
        return np.stack([p[:, 0] + size / 2, size / 2 - p[:, 1], p[:, 2]], axis=1)

    at = project(points)
    view = points @ rotation.T
    normal = np.cross(view[triangles[:, 1]] - view[triangles[:, 0]], view[triangles[:, 2]] - view[triangles[:, 0]])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    shade = 0.42 + 0.58 * np.clip(normal @ [0.35, 0.4, 0.85], 0, 1)
    flat = np.where(normal[:, 2:] > 0, colors * shade[:, None], [0.8, 0.1, 0.15])
    image, depth = np.ones((size, size, 3)), np.full((size, size), -1e9)
    for t, corners in enumerate(triangles):
        (x0, y0, z0), (x1, y1, z1), (x2, y2, z2) = at[corners]
        left, right = max(int(min(x0, x1, x2)), 0), min(int(max(x0, x1, x2)) + 2, size)
        top, bottom = max(int(min(y0, y1, y2)), 0), min(int(max(y0, y1, y2)) + 2, size)
        double = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if left >= right or top >= bottom or abs(double) < 1e-9:
            continue
        gx, gy = np.meshgrid(np.arange(left, right), np.arange(top, bottom))
        v = ((gx - x0) * (y2 - y0) - (x2 - x0) * (gy - y0)) / double
        w = ((x1 - x0) * (gy - y0) - (gx - x0) * (y1 - y0)) / double
        u = 1 - v - w
        z = u * z0 + v * z1 + w * z2
        part = depth[top:bottom, left:right]
        hit = (u >= -1e-6) & (v >= -1e-6) & (w >= -1e-6) & (z > part)
        if not hit.any():
            continue
        tint = np.ones_like(z)
        if wire:
            sides = [np.hypot(x2 - x1, y2 - y1), np.hypot(x2 - x0, y2 - y0), np.hypot(x1 - x0, y1 - y0)]
            near = np.minimum.reduce([k * abs(double) / max(s, 1e-9) for k, s in zip((u, v, w), sides, strict=True)])
            tint = 0.45 + 0.55 * np.clip(near / 0.9, 0, 1)
        part[hit] = z[hit]
        image[top:bottom, left:right][hit] = (tint[..., None] * flat[t])[hit]
    return np.clip(image, 0, 1), project, depth


def draw(model: FaceModel, vertices, rotation, centre, span, size=900, wire=True):
    """Render one face of the model in the colours of its regions."""
    colors = COLORS[np.sort(model.region[model.triangles], axis=1)[:, 1]]
    return render(vertices, model.triangles, colors, rotation, np.asarray(centre, float), span, size, wire)


VIEWS = (
    ("front", turned(), (0, -5, 0), 290),
    ("three-quarter", turned(-40), (30, -5, 0), 290),
    ("eye", turned(), (32, 35, 90), 48),
    ("nostrils", turned(-15, -50), (3, 0, 110), 46),
    ("mouth", turned(), (0, -33, 100), 66),
    ("ear", turned(-75), (80, 7, 5), 90),
)


def sheet(pictures, columns: int, path: Path, each: float = 6.0) -> None:
    """Save titled pictures on a grid."""
    rows = -(-len(pictures) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(each * columns, each * rows), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, (title, image) in zip(axes.flat, pictures, strict=False):
        ax.imshow(image)
        ax.set_title(title, fontsize=11)
    figure.tight_layout(pad=0.3)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def label_set(model: FaceModel, name: str, path: Path) -> None:
    """Front and side views, and close-ups for the named sets, with visible points of one set labelled."""
    at = model.landmarks(model.vertices, name)
    names = model.landmark_sets[name].names
    dense = name == "dense520"
    views = [("front", turned(), (0, 0, 0), 235), ("left", turned(-70), (0, -5, 20), 250)]
    views += [
        ("eye", turned(), (32, 33, 90), 62),
        ("nose", turned(-12, -18), (6, 6, 110), 62),
        ("mouth", turned(), (6, -33, 100), 70),
    ]
    if name == "anthropometric":
        views.append(("ear", turned(-75), (80, 7, 5), 100))
    if dense:
        views = [("front", turned(), (0, 2, 0), 185), ("left", turned(-55), (25, 0, 40), 190), *views[2:]]
    columns = 2 if dense else 3
    figure, axes = plt.subplots(
        -(-len(views) // columns), columns, squeeze=False, figsize=(13 * columns, 13 * -(-len(views) // columns))
    )
    for ax in axes.flat:
        ax.axis("off")
    for ax, (title, rotation, centre, span) in zip(axes.flat, views, strict=False):
        image, project, depth = draw(model, model.vertices, rotation, centre, span, 1300, wire=False)
        ax.imshow(0.35 + 0.65 * image)
        p = project(at)
        for (x, y, z), text in zip(p, names, strict=True):
            i, j = round(y), round(x)
            if 3 < i < 1296 and 3 < j < 1296 and z > depth[i - 2 : i + 3, j - 2 : j + 3].min() - 1300 / span * 1.5:
                ax.plot(x, y, "o", color="#0a3d91", ms=3 if dense else 5)
                short = text.replace("_left", "").replace("_right", "") if dense else text
                ax.annotate(
                    short,
                    (x, y),
                    xytext=(3, 3),
                    textcoords="offset points",
                    fontsize=6 if dense and span > 100 else 10,
                    color="#7a0010",
                )
        ax.set_title(title, fontsize=16)
        ax.set(xlim=(0, 1300), ylim=(1300, 0))
    figure.tight_layout(pad=0.4)
    figure.savefig(path, dpi=80)
    plt.close(figure)


def draw_all(folder: Path) -> None:
    """Write `face_model.png` and `landmarks_*.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    model = load_face_model()
    sheet([(t, draw(model, model.vertices, r, c, s)[0]) for t, r, c, s in VIEWS], 3, folder / "face_model.png")
    for name in model.landmark_sets:
        label_set(model, name, folder / f"landmarks_{name}.png")
