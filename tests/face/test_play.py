"""Which expressions go together: both sides do, rare ones are held back more, and what is unknown stands alone."""

from __future__ import annotations

import numpy as np

from lineament.face.model import load_face_model
from lineament.face.play import ALONE, LEAST, WIDER, expression_precision, load_play


def test_it_knows_the_expressions_of_the_model() -> None:
    names, products = load_play()
    assert names == load_face_model().expression_names
    np.testing.assert_array_equal(products, products.T)
    assert np.linalg.eigvalsh(products).min() > -1e-6


def test_it_is_the_inverse_of_what_people_show() -> None:
    names, products = load_play()
    covariance = WIDER * products + LEAST**2 * np.eye(len(names))
    np.testing.assert_allclose(expression_precision(names) @ covariance, np.eye(len(names)), atol=1e-6)


def test_a_smile_on_both_sides_costs_less_than_a_smile_and_a_frown() -> None:
    names = load_face_model().expression_names
    precision, one = expression_precision(names), np.eye(len(names))
    left, right, frown = (one[names.index(f"mouth{name}")] for name in ("SmileLeft", "SmileRight", "FrownRight"))
    smile, torn = left + right, left + frown
    assert smile @ precision @ smile < torn @ precision @ torn / 2


def test_other_ways_to_name_sides_mean_the_same() -> None:
    ours = expression_precision(["jawOpen", "mouthSmileLeft", "mouthSmileRight"])
    np.testing.assert_array_equal(expression_precision(["jawOpen", "mouthSmile_L", "mouthSmile_R"]), ours)


def test_an_unknown_expression_stands_alone() -> None:
    precision = expression_precision(["grin", "jawOpen", "mouthSmileLeft"])
    np.testing.assert_allclose(precision[0], [ALONE**-2, 0, 0], atol=1e-9)
    np.testing.assert_allclose(precision[1:, 1:], expression_precision(["jawOpen", "mouthSmileLeft"]))
