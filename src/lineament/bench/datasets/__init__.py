"""Datasets of real scans, one small module each, found by name. None of them ships; layouts are facts from the sources
that each module names, and what could not be checked on a licensed file is said there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from lineament.bench.datasets.base import Dataset
from lineament.bench.datasets.bosphorus import BOSPHORUS
from lineament.bench.datasets.bu3dfe import BU3DFE
from lineament.bench.datasets.facescape import FACESCAPE
from lineament.bench.datasets.folder import FOLDER
from lineament.bench.datasets.headspace import HEADSPACE
from lineament.bench.datasets.siat3dfe import SIAT3DFE
from lineament.errors import InputError

DATASETS: Mapping[str, Dataset] = MappingProxyType(
    {dataset.name: dataset for dataset in (BU3DFE, FACESCAPE, SIAT3DFE, BOSPHORUS, HEADSPACE, FOLDER)}
)


def choose(text: str) -> tuple[Dataset, Path]:
    """Return dataset and folder of `NAME=FOLDER`, or of a mere folder.

    Raises
    ------
    InputError
        There is no dataset of that name, or no such folder.
    """
    name, equals, folder = text.partition("=")
    if equals and name in DATASETS:
        return DATASETS[name], Path(folder)
    if Path(text).is_dir():
        return FOLDER, Path(text)
    if text in DATASETS:
        raise InputError(f"where is {text}? give --dataset {text}=FOLDER")
    raise InputError(
        f"--dataset {text} is neither virtual nor a folder; for a dataset with its own layout give NAME=FOLDER "
        f"with one of {', '.join(DATASETS)}"
    )
