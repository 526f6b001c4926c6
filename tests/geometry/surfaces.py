"""Surfaces whose normals and curvatures are known exactly; symbols: N points."""

from __future__ import annotations

import numpy as np


def sphere(count, seed=0):
    """Irregular unit vectors (count, 3): a Fibonacci lattice with jitter."""
    index = np.arange(count) + 0.5
    z = 1 - 2 * index / count
    turn = index * np.pi * (3 - np.sqrt(5))
    vectors = np.stack([np.sqrt(1 - z * z) * np.cos(turn), np.sqrt(1 - z * z) * np.sin(turn), z], axis=1)
    vectors += np.random.default_rng(seed).normal(0, 1 / np.sqrt(count), vectors.shape)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def ellipsoid(count, axes, seed=0):
    """Points, outward normals, k1 and k2 of an ellipsoid."""
    axes = np.asarray(axes, dtype=np.float64)
    points = sphere(count, seed) * axes
    normals = points / axes**2
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    support = 1 / np.sqrt((points**2 / axes**4).sum(axis=1))
    gauss = support**4 / np.prod(axes) ** 2
    mean = support**3 * ((axes**2).sum() - (points**2).sum(axis=1)) / (2 * np.prod(axes) ** 2)
    half = np.sqrt(np.maximum(mean**2 - gauss, 0))
    return points.astype(np.float32), normals.astype(np.float32), mean + half, mean - half


def graph(height, gradient, extent=40.0, count=8000, seed=0):
    """Points and upward normals of z = height(x, y) over a square of random points."""
    x, y = np.random.default_rng(seed).uniform(-extent, extent, (2, count))
    dx, dy = gradient(x, y)
    normals = np.stack([-dx, -dy, np.ones_like(x) + 0 * dx], axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return np.stack([x, y, height(x, y)], axis=1).astype(np.float32), normals.astype(np.float32)


def rotation(seed=0):
    """A random proper rotation (3, 3)."""
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    q *= np.sign(np.diag(r))
    return q * np.linalg.det(q)


def relative(found, true):
    """Relative error."""
    return np.abs(found - true) / np.abs(true)
