"""FaceScape's uniform models: `<subject>/models_reg/<n>_<expression>.obj`; the truth is a list of vertices.

Yang, Zhu, Wang, Huang, Shen, Yang, Cao: *FaceScape*, CVPR 2020. Two lists of 68 vertices, from 0, have been published:

- `official`: the toolkit's `landmark_indices` (version `v10`; github.com/zhuhao-nju/facescape, issue 20).
- `corrected`: posted in issue 114 of the same repository, which holds the official list to be misaligned. 44 of the
  68 are the same; of the 17 on the jaw line 3 are.

Neither was marked by hand on a person's scan: a vertex of a registered template says where the registration put the
point. Errors against them measure agreement with that template, and should not be compared with errors against human
marks. `--order FILE` takes any other list: one vertex, from 0, in each of 68 lines, in iBUG's order.
"""

from __future__ import annotations

from pathlib import Path

from lineament.bench.datasets.base import Dataset, Item, Truth, at_vertices, list_scans
from lineament.bench.points import ibug_names
from lineament.errors import FormatError, InputError
from lineament.io.landmarks.text import parse_count, read_lines
from lineament.io.scans import read_scan

# fmt: off
OFFICIAL = (
    23404, 4607, 4615, 4655, 20356, 4643, 5022, 5013, 1681, 1692, 11470, 10441, 1336, 1343, 1303, 1295, 2372,
    6143, 6141, 6126, 6113, 6109, 2844, 2762, 2765, 2774, 2789,
    6053, 6041, 1870, 1855, 4728, 4870, 1807, 1551, 1419,
    3434, 3414, 3447, 3457, 3309, 3373, 3179, 151, 127, 143, 3236, 47,
    21018, 4985, 4898, 6571, 1575, 1663, 1599, 1899, 12138, 5231, 21978, 5101,
    21067, 21239, 11378, 11369, 11553, 12048, 5212, 21892,
)
CORRECTED = (
    5696, 23350, 5702, 4651, 4650, 20322, 21351, 5013, 1681, 1692, 11486, 10439, 1338, 1339, 2369, 13524, 2363,
    24759, 3549, 24702, 24687, 24632, 14837, 14899, 14914, 237, 14968,
    *OFFICIAL[27:],
)
# fmt: on
LISTS = {"official": OFFICIAL, "corrected": CORRECTED}


def find(folder: Path) -> list[Item]:
    """List the registered models."""
    files = [path for path in list_scans(folder, "*.obj", "models (.obj)") if path.parent.name == "models_reg"]
    if not files:
        raise InputError(
            f"{folder} holds no <subject>/models_reg/<n>_<expression>.obj; give FaceScape's trainset folder"
        )
    return [Item(path.parent.parent.name, f"{path.parent.parent.name}/{path.stem}", path, path) for path in files]


def load(item: Item, order: str) -> Truth:
    """Read a model and its 68 vertices.

    Raises
    ------
    FormatError
        The model has fewer vertices than the list names, or the list is not one of 68.
    """
    scan = read_scan(item.scan)
    vertices = LISTS[order] if order in LISTS else _read_list(Path(order))
    return Truth(scan, ibug_names(), at_vertices(scan, vertices, item.scan))


def _read_list(path: Path) -> tuple[int, ...]:
    if not path.is_file():
        raise InputError(f"--order {path} is neither {', '.join(LISTS)} nor a file with 68 lines of one vertex each")
    lines = [(place, line.strip()) for place, line in enumerate(read_lines(path), 1) if line.strip()]
    if len(lines) != 68:
        raise FormatError(f"{path} holds {len(lines)} lines, expected 68 of one vertex each")
    return tuple(parse_count(line, f"{path}: line {place}") for place, line in lines)


FACESCAPE = Dataset("facescape", find, load, tuple(LISTS))
