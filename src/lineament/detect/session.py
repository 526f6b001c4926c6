"""The shipped networks as ONNX Runtime sessions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from lineament.errors import ModelError

ASSETS = "lineament.assets"


@dataclass(frozen=True, eq=False)
class Network:
    """One network, ready to run."""

    name: str
    session: onnxruntime.InferenceSession
    card: dict[str, Any]
    """What training wrote down: sha256, figures, calibration."""

    def run(self, *inputs: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        """Run on one scan: inputs without the batch axis, in the order of the network's `forward`."""
        names = [entry.name for entry in self.session.get_inputs()]
        outputs = self.session.run(None, {name: array[None] for name, array in zip(names, inputs, strict=True)})
        return [np.asarray(output)[0] for output in outputs]


def load_network(name: str, folder: Path | None = None) -> Network:
    """Load `coarse`, `cfgat` or `refine`: the package's are read once, a folder's anew each time.

    Parameters
    ----------
    name : str
    folder : Path or None
        Where `lineament train` left its networks; None takes the package's.

    Raises
    ------
    ModelError
        The file is missing, or its bytes are not those of its model card.
    """
    return _packaged(name) if folder is None else _read(name, folder)


@cache
def _packaged(name: str) -> Network:
    return _read(name, None)


def _read(name: str, folder: Path | None) -> Network:
    place = resources.files(ASSETS) if folder is None else folder
    try:
        weights = place.joinpath(f"{name}.onnx").read_bytes()
        card = json.loads(place.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    except OSError as error:
        where = "this installation" if folder is None else str(folder)
        raise ModelError(f"the network {name!r} is missing from {where} ({error}); install or train again") from None
    if hashlib.sha256(weights).hexdigest() != card["sha256"]:
        raise ModelError(f"{name}.onnx does not match its model card; it was changed or damaged: install again")
    options = onnxruntime.SessionOptions()
    # Two runs side by side are faster than one run that waits for its own threads.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    return Network(name, session, card)
