"""Build the face model, `src/lineament/assets/face_model.npz`, from ICT-FaceKit; or measure how well it reproduces it.

python tools/build_face_model.py [ict_facekit.npz]
python tools/build_face_model.py --verify
python tools/build_face_model.py --pictures
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from face_model.assemble import REGIONS, build_mesh
from face_model.dense import dense520
from face_model.landmarks import Skin, anthropometric, ibug68
from face_model.refit import refit
from face_model.source import read_source

ROOT = Path(__file__).parents[1]
ASSET = ROOT / "src/lineament/assets/face_model.npz"


def quantise(basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A basis (K, V, 3) as int16 and one float32 scale a mode; a step is below 0.01 mm where it matters."""
    step = np.maximum(np.abs(basis).max(axis=(1, 2)) / 8000, 1e-6).astype(np.float32)
    return np.round(basis / step[:, None, None]).astype(np.int16), step


def save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a compressed npz whose bytes depend on the arrays alone."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, buffer.getvalue())


def build(path: Path) -> None:
    """Build the model and write the asset."""
    source = read_source(path)
    mesh, uv = build_mesh(source)
    skin = Skin(mesh)
    (identity, identity_step), (expression, expression_step) = map(quantise, refit(source, mesh))
    save(
        ASSET,
        {
            "vertices": mesh.points.astype(np.float32),
            "triangles": mesh.triangles.astype(np.int32),
            "uv": uv.astype(np.float32),
            "mirror": mesh.mirror.astype(np.int32),
            "region": mesh.region.astype(np.uint8),
            "region_names": np.array(REGIONS),
            "identity": identity,
            "identity_step": identity_step,
            "expression": expression,
            "expression_step": expression_step,
            "expression_names": np.array(source.expression_names),
            **ibug68(skin, source).arrays("ibug68"),
            **anthropometric(skin, source).arrays("anthropometric"),
            **dense520(skin, source).arrays("dense520"),
        },
    )
    print(
        f"{len(mesh.points)} vertices, {len(mesh.triangles)} triangles, {ASSET.stat().st_size / 1e6:.1f} MB -> {ASSET}"
    )


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", type=Path, default=ROOT.parent / "shared/data/ict_facekit/ict_facekit.npz")
    parser.add_argument(
        "--verify", action="store_true", help="measure the model against its source on 500 random faces"
    )
    parser.add_argument("--pictures", action="store_true", help="draw docs/images")
    args = parser.parse_args()
    if args.verify:
        from face_model.verify import verify

        verify(args.source)
    elif args.pictures:
        from face_model.picture import draw_all

        draw_all(ROOT / "docs/images")
    else:
        build(args.source)


if __name__ == "__main__":
    main()
