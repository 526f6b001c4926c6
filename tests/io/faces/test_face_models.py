"""Files of face models: other layouts, damaged files and foreign contents are refused by name."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from lineament.errors import FormatError, InputError
from lineament.face.model import load_face_model
from lineament.io.faces.models import FACESCAPE_EXPRESSIONS, model_digest_of, read_contents


@pytest.mark.parametrize("kind", ["facescape", "ict"])
def test_numbers_are_those_of_the_file_up_to_how_the_mean_lies(user_models, kind) -> None:
    contents, own = read_contents(getattr(user_models, kind)), load_face_model()
    sizes = {"facescape": 1 / 50, "ict": 1.0}

    def lengths(moved: np.ndarray) -> np.ndarray:
        return np.linalg.norm(moved, axis=-1) / sizes[kind]

    kept = user_models.kept
    mean = own.vertices[kept]
    np.testing.assert_allclose(
        lengths(contents.mean[1:] - contents.mean[:-1]), np.linalg.norm(np.diff(mean, axis=0), axis=1), atol=1e-3
    )
    count = len(contents.expression)
    truth = np.linalg.norm(own.expression[:count, kept], axis=-1)
    np.testing.assert_allclose(lengths(contents.expression), truth, atol=0.02)
    assert contents.names == (FACESCAPE_EXPRESSIONS if kind == "facescape" else own.expression_names)
    chosen = own.landmark_sets["ibug68"]
    corners = own.triangles[chosen.triangle, chosen.barycentric.argmax(axis=1)]
    np.testing.assert_array_equal(kept[contents.landmarks], corners)
    # Every triangle is there, whether as one or as half of a quad.
    found, expected = (np.sort(t, axis=1) for t in (contents.triangles, user_models.triangles))
    assert set(map(tuple, found.tolist())) == set(map(tuple, expected.tolist()))
    assert len(contents.uv) == len(kept) + 1


def test_the_digest_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(b"one")
    first = model_digest_of(path)
    before = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))
    second = model_digest_of(path)
    path.write_bytes(b"three")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert len({first, second, model_digest_of(path)}) == 3
    path.unlink()
    with pytest.raises(InputError, match="cannot read"):
        model_digest_of(path)


def rewritten(path: Path, to: Path, **changes: np.ndarray | None) -> Path:
    """The NPZ file with arrays replaced, or left out where None."""
    with np.load(path, allow_pickle=True) as archive:
        arrays = {name: archive[name] for name in archive.files} | changes
    np.savez(to, **{name: values for name, values in arrays.items() if values is not None})
    return to


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("facescape", {"id_var": None, "lm_list_v16": None}, "FaceScape's bilinear model lacks id_var, lm_list_v16"),
        ("ict", {"polygons": None}, "ICT-FaceKit's model lacks polygons"),
        ("facescape", {"id_mean": np.zeros(7)}, r"id_mean has shape \(7,\), expected \(6\)"),
        ("facescape", {"id_var": np.full(6, -1.0)}, "negative"),
        ("facescape", {"id_mean": np.full(6, np.nan)}, "NaN"),
        ("facescape", {"fv_indices": np.full((5, 3), 40_000), "ft_indices": None}, "fv_indices refer to item 39999"),
        ("facescape", {"fv_indices": np.zeros((5, 3), int), "ft_indices": None}, "fv_indices refer to item -1"),
        ("facescape", {"lm_list_v16": np.array(["a"] * 68)}, "whole numbers"),
        ("facescape", {"id_mean": np.array([{}] * 6)}, "damaged, or an array holds no numbers"),
        ("facescape", {"shape_bm_core": np.zeros((30, 50, 6), np.float32)}, r"shape_bm_core has shape \(30, 50, 6\)"),
        ("ict", {"landmarks68": np.arange(51)}, r"landmarks68 has shape \(51,\)"),
        ("ict", {"polygons": np.zeros((5, 3), int)}, "polygons has shape"),
        ("ict", {"expression_names": np.array(["jawOpen"])}, "expression has shape"),
        ("ict", {"vertices": np.zeros((4, 3), int)}, "expected floating numbers"),
    ],
)
def test_other_layouts_are_refused_by_name(user_models, tmp_path: Path, kind, changes, said) -> None:
    path = rewritten(getattr(user_models, kind), tmp_path / "other.npz", **changes)
    with pytest.raises(FormatError, match=said) as caught:
        read_contents(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_principal_components_are_no_expressions(user_models, tmp_path: Path) -> None:
    with np.load(user_models.facescape) as archive:
        core = archive["shape_bm_core"]
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(52, 52)))[0].astype(np.float32)
    mixed = np.tensordot(core, turn, (1, 0)).transpose(0, 2, 1)
    path = rewritten(user_models.facescape, tmp_path / "exp.npz", shape_bm_core=mixed)
    with pytest.raises(FormatError, match="principal components"):
        read_contents(path)


def test_files_that_are_no_models(user_models, tmp_path: Path) -> None:
    np.savez(tmp_path / "b.npz", points=np.zeros((3, 3)))
    with pytest.raises(FormatError, match=r"no face model; expected arrays of ICT-FaceKit's .* or FaceScape's"):
        read_contents(tmp_path / "b.npz")
    (tmp_path / "c.npz").write_bytes(b"PK broken")
    with pytest.raises(FormatError, match="no NPZ archive"):
        read_contents(tmp_path / "c.npz")
    with pytest.raises(InputError, match="does not exist"):
        read_contents(tmp_path / "absent.npz")
    whole = bytearray(user_models.ict.read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 400] = bytes(400)
    (tmp_path / "d.npz").write_bytes(whole)
    with pytest.raises(FormatError, match="damaged"):
        read_contents(tmp_path / "d.npz")
