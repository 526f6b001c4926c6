"""Registrations beside Lineament's: the alternatives start where the landmarks say, and no failure is left out."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import fit  # noqa: E402
import registrations  # noqa: E402

from lineament.detect.detector import Detection  # noqa: E402
from lineament.face.model import load_face_model  # noqa: E402
from lineament.face.prior import load_shape_prior  # noqa: E402
from lineament.geometry.alignment import Similarity  # noqa: E402
from lineament.geometry.normals import vertex_normals  # noqa: E402
from lineament.types import Landmarks, Scan  # noqa: E402


def test_every_scored_vertex_is_in_the_template():
    assert np.isin(np.flatnonzero(fit.inside_of(load_face_model())), registrations.template()[0]).all()


def test_a_cloud_becomes_a_surface_that_looks_outwards_and_keeps_its_hole():
    rng = np.random.default_rng(0)
    towards = rng.normal(size=(6000, 3))
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    towards = towards[(towards[:, 2] > 0) & (towards[:, 2] < 0.9)]
    points = (60 * towards + [5, 6, 7]).astype(np.float32)
    triangles = registrations.triangulated(points, np.array([5.0, 6.0, 7.0]))
    used = np.unique(triangles)
    assert len(used) > 0.95 * len(points)
    assert ((vertex_normals(points, triangles) * towards).sum(axis=1)[used] > 0.9).all()
    assert points[triangles].mean(axis=1)[:, 2].max() < 7 + 60 * 0.93


def test_the_template_starts_on_the_landmarks():
    model, mean = load_face_model(), load_shape_prior().mean
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    to_scan = Similarity(1.1, turn * np.sign(np.linalg.det(turn)), np.array([10.0, -20.0, 300.0]))
    truth = to_scan.apply(mean)
    places = model.landmarks(truth, "ibug68")
    names = model.landmark_sets["ibug68"].names
    found = Detection({"ibug68": Landmarks(names, places, np.ones(68), unit="mm")}, to_scan.inverse(), "mm", 1.0, 1.0)
    task = registrations.prepared(Scan(truth, model.triangles, unit="mm"), found)
    vertices, _ = registrations.run(lambda given: given.template, Scan(truth, model.triangles, unit="mm"), found)
    inside = fit.inside_of(model)
    assert np.abs(vertices[inside] - truth[inside]).max() < 0.1
    carried = np.einsum("lkc,lk->lc", task.template[task.faces[task.carriers]], task.weights)
    assert len(carried) >= 51
    assert np.abs(carried - task.places).max() < 0.1


def test_a_method_without_a_result_and_one_far_off_are_counted(capsys):
    values = np.ones((3, 2, len(fit.FIGURES)))
    values[0, 1] = np.nan
    values[1, 1, 0] = 30.0
    fit.report(["lineament", "other"], values, np.ones(3), 4)
    out = capsys.readouterr().out
    assert "| 2 of 4 scans | lineament | other |" in out
    assert "| no result | 0 | 1 |" in out
    assert "| more than 10 mm off | 0 | 1 |" in out
    assert "No landmarks on 1" in out


@pytest.mark.parametrize("name", ["MeshMonk", "nricp_amberg"])
def test_an_alternative_registers_what_it_is_given(name):
    if name == "MeshMonk":
        pytest.importorskip("meshmonk")
    grid = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), axis=-1).reshape(-1, 2) * 5 - 47.5
    low = np.arange(400).reshape(20, 20)[:-1, :-1].ravel()
    faces = np.concatenate([np.stack([low, low + 1, low + 21], 1), np.stack([low, low + 21, low + 20], 1)])
    template = np.column_stack([grid, np.sqrt(80**2 - (grid**2).sum(axis=1)) - 60]).astype(np.float32)
    points = template + np.float32([0, 0, 2])
    faces = faces.astype(np.int32)
    task = registrations.Task(
        template,
        faces,
        points,
        vertex_normals(points, faces),
        faces,
        np.array([0, 300]),
        np.full((2, 3), 1 / 3),
        points[faces[[0, 300]]].mean(axis=1),
    )
    register = partial(registrations.meshmonk, rigid=True) if name == "MeshMonk" else registrations.nricp_amberg
    assert np.median(np.linalg.norm(register(task) - points, axis=1)) < 0.2
