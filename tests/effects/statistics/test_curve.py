"""Which contrasts make a curve."""

from __future__ import annotations

import numpy as np

from seqdo.designs.design import Contrast
from seqdo.effects.statistics.curve import curves

WEIGHTS = {"arm": 1.0, "none": -1.0}


def found(*contrasts, **more):
    return [
        (curve.contrast, curve.factor, dict(curve.others), curve.levels.tolist(), curve.places)
        for curve in curves(contrasts, **more)
    ]


def test_a_curve_is_for_each_name_and_each_level_of_the_other_factors():
    contrasts = [
        Contrast(name, WEIGHTS, {"gap": gap, "strand": strand})
        for name in ("interaction", "effect")
        for strand in ("+", "-")
        for gap in (7, 3, 5)
    ]
    levels = [3.0, 5.0, 7.0]
    assert found(*contrasts) == [
        (name, "gap", {"strand": strand}, levels, (first + 1, first + 2, first))
        for first, (name, strand) in zip(
            range(0, 12, 3), [(n, s) for n in ("interaction", "effect") for s in "+-"], strict=True
        )
    ]


def test_words_single_levels_and_what_is_0_by_construction_are_on_no_curve():
    words = [Contrast("effect", WEIGHTS, {"strand": strand}) for strand in ("+", "-", "?")]
    two = [Contrast("step", WEIGHTS, {"copies": k}) for k in (2, 3)]
    zero = [Contrast("asymmetry", {}, {"position": k}, identity="a palindrome") for k in range(4)]
    assert found(*words, *two, *zero) == []
    assert found(*two, least=2) == [("step", "copies", {}, [2.0, 3.0], (0, 1))]


def test_a_map_is_read_along_its_first_factor():
    contrasts = [Contrast("effect", WEIGHTS, {"gap": gap, "copies": k}) for gap in (1, 2, 3) for k in (1, 2)]
    assert [curve[1:3] for curve in found(*contrasts)] == [("gap", {"copies": 1}), ("gap", {"copies": 2})]
    np.testing.assert_array_equal(curves(contrasts)[1].places, (1, 3, 5))
