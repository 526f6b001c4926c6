"""A folder of scans to one table of a few distances, for R or a spreadsheet.

python examples/02_folder_to_table.py scans > distances.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import lineament

PAIRS = {"intercanthal width": ("en_l", "en_r"), "nose width": ("al_l", "al_r"), "mouth width": ("ch_l", "ch_r")}

detector = lineament.Detector()
print("scan", *PAIRS, "error", sep=",")
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        found = detector.detect(lineament.read_scan(path), ("anthropometric",)).landmarks["anthropometric"]
    except lineament.InputError as error:
        print(path.name, *[""] * len(PAIRS), str(error).replace(",", ";"), sep=",")
        continue
    lengths = [np.linalg.norm(found[a] - found[b]) * found.mm_per_unit for a, b in PAIRS.values()]
    print(path.name, *(f"{length:.1f}" for length in lengths), "", sep=",")
