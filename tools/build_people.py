"""Build what makes virtual people differ, `src/lineament/assets/people.npz`, from MakeHuman's targets.

python tools/build_people.py [makehuman.npz]
python tools/build_people.py --measure
python tools/build_people.py --pictures
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from build_face_model import save
from people.fields import fat_fields, local_fields, macro_fields
from people.makehuman import MakeHuman
from people.register import Carrier

from lineament.face.model import load_face_model

ROOT = Path(__file__).parents[1]
ASSET = ROOT / "src/lineament/assets/people.npz"
STEP = 0.03
"""mm of one step of the stored integers; below what a scanner sees."""


def build(path: Path) -> None:
    """Carry the targets over and write the asset."""
    model, human = load_face_model(), MakeHuman(path)
    carrier = Carrier(model, human)
    names, local = local_fields(human, carrier, model)
    half = model.vertices[:, 0] >= 0
    steps = {
        name: np.round(fields[..., half, :] / STEP).astype(np.int16)
        for name, fields in (
            ("macro", macro_fields(human, carrier, model)),
            ("fat", fat_fields(human, carrier, model)),
            ("local", local),
        )
    }
    save(ASSET, {**steps, "step": np.float32(STEP), "local_names": np.array(names), "half": np.flatnonzero(half)})
    for name, field in steps.items():
        moved = np.linalg.norm(field * STEP, axis=-1)
        largest = moved.max(-1)
        print(f"{name} {field.shape[:-2]}: largest move, mean {largest.mean():.1f} mm, most {largest.max():.1f} mm")
    print(
        f"distance of the registered heads: median {np.median(carrier.distance):.2f} mm, "
        f"95 % {np.percentile(carrier.distance, 95):.2f}; {ASSET.stat().st_size / 1e6:.2f} MB -> {ASSET}"
    )


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", type=Path, default=ROOT.parent / "shared/data/makehuman/makehuman.npz")
    parser.add_argument("--measure", action="store_true", help="measure virtual adults before and after rescaling")
    parser.add_argument("--pictures", action="store_true", help="draw docs/images")
    args = parser.parse_args()
    if args.measure:
        from people.measure import measure

        measure()
    elif args.pictures:
        from people.picture import draw_groups

        draw_groups(ROOT / "docs/images/virtual_people.png")
    else:
        build(args.source)


if __name__ == "__main__":
    main()
