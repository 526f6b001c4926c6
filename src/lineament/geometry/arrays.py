"""The few places where NumPy arrays and torch tensors differ; torch is never imported here."""

from __future__ import annotations

import sys
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""A NumPy array or a torch tensor; a function returns the kind that it was given."""


def is_tensor(x: Array) -> bool:
    """Return whether `x` is a torch tensor."""
    torch = sys.modules.get("torch")  # whoever holds a tensor has imported torch
    return torch is not None and isinstance(x, torch.Tensor)


def namespace(x: Array) -> Any:
    """Return the module whose functions take `x`: `torch` for a tensor, else `numpy`."""
    return sys.modules["torch"] if is_tensor(x) else np


def take(x: Array, rows: Array) -> Array:
    """Return `x[rows]`; for NumPy through `np.take`, which is twice as fast."""
    return x[rows] if is_tensor(x) else np.take(x, rows, axis=0)


def double(x: Array) -> Array:
    """Return `x` in float64."""
    return x.double() if is_tensor(x) else np.asarray(x, dtype=np.float64)


def like(x: Array, template: Array) -> Array:
    """Return `x` in the floating type of `template`."""
    return x.to(template.dtype) if is_tensor(x) else x.astype(template.dtype, copy=False)


def unit(vectors: Array) -> Array:
    """Return `vectors (..., 3)` at length 1; a zero vector stays zero."""
    xp = namespace(vectors)
    length = xp.sqrt((vectors * vectors).sum(axis=-1))[..., None]
    return vectors / xp.where(length > 0, length, xp.ones_like(length))
