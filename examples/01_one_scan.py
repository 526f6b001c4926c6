"""Landmarks of one scan, in its own frame and unit, each with its expected error.

python examples/01_one_scan.py scan.ply
"""

from __future__ import annotations

import sys

import lineament

scan = lineament.read_scan(sys.argv[1])
landmarks = lineament.detect_landmarks(scan, "anthropometric")
for name, xyz, sigma in zip(landmarks.names, landmarks.xyz, landmarks.sigma, strict=True):
    print(f"{name:>8}  {xyz[0]:10.3f} {xyz[1]:10.3f} {xyz[2]:10.3f}   within {sigma:.1f} mm as a rule")
landmarks.save("landmarks.mrk.json")
