"""Comparing two scans of one person: registration on stable parts, deviation, tables, pictures."""

from lineament.compare.comparison import LIMIT, Comparison, Sitting, compare, compare_scans, sit
from lineament.compare.regions import REGIONS, STABLE
from lineament.compare.table import LandmarkChange, RegionChange

__all__ = [
    "LIMIT",
    "REGIONS",
    "STABLE",
    "Comparison",
    "LandmarkChange",
    "RegionChange",
    "Sitting",
    "compare",
    "compare_scans",
    "sit",
]
