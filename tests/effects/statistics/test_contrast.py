"""Contrasts: the sum over arms, in float64, in bounded memory."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from seqdo.designs.design import Contrast
from seqdo.effects.statistics.contrast import contrast_chunks, contrast_values
from seqdo.errors import InputError


def random_contrasts(rng, arms, count):
    weights = rng.normal(size=(count, arms))
    weights[rng.random((count, arms)) < 0.5] = 0
    weights[:, 0] -= weights.sum(1)
    names = ["none"] + [f"arm {i}" for i in range(1, arms)]
    return weights, [
        Contrast("c", {n: w for n, w in zip(names, row, strict=True) if w}, {"i": i}) for i, row in enumerate(weights)
    ]


@pytest.mark.parametrize("chunk_bytes", [1, 3000, 2**25])
def test_a_contrast_is_the_weighted_sum_over_arms_whatever_the_chunks(make, seed, chunk_bytes):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(2, 7, 9, 3))
    weights, contrasts = random_contrasts(rng, 9, 11)
    outcomes = make(y, contrasts)
    expected = np.zeros((11, 2, 7, 3))
    for c, m, b, o in np.ndindex(*expected.shape):
        expected[c, m, b, o] = sum(weights[c, a] * y[m, b, a, o] for a in range(9))
    spans = list(contrast_chunks(outcomes.y, contrasts, chunk_bytes))
    assert sum(len(chunk) for _, chunk in spans) == 11
    for span, chunk in spans:
        np.testing.assert_allclose(chunk, expected[span], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(contrast_values(outcomes.y, contrasts), expected, rtol=1e-12, atol=1e-13)


def test_the_order_of_dimensions_in_the_outcomes_does_not_matter(make, seed):
    from dataclasses import replace

    y = np.random.default_rng(seed).normal(size=(2, 5, 4, 3))
    outcomes = make(y)
    turned = replace(outcomes, y=outcomes.y.transpose("output", "arm", "background", "model"))
    contrasts = outcomes.design.contrasts
    assert (contrast_values(turned.y, contrasts) == contrast_values(outcomes.y, contrasts)).all()


def test_contrasts_of_float32_predictions_are_formed_in_float64(make):
    """Near 2**24 float32 has steps of 1 and 2: a difference of means formed in it is lost."""
    y = np.array([2.0**24, 2.0**24 - 1, 2.0**24 - 2, 2.0**24 - 1], np.float32)
    weights = [1.0, -1 / 3, -1 / 3, -1 / 3]
    contrast = Contrast("c", dict(zip(["none", "arm 1", "arm 2", "arm 3"], weights, strict=True)))
    exact = sum(Fraction(w) * Fraction(float(v)) for w, v in zip(weights, y, strict=True))
    value = contrast_values(make(y[None, None, :, None]).y, [contrast])[0, 0, 0, 0]
    assert value == pytest.approx(float(exact), abs=1e-8)
    assert value == pytest.approx(4 / 3, abs=1e-8)


def test_the_interaction_of_an_additive_model_is_exactly_0_and_not_rounding(make, seed):
    """Else 1e-16 on some backgrounds passes for a small sure effect. A real effect of 1e-10 stays."""
    rng = np.random.default_rng(seed)
    base, a, b = rng.normal(size=(1, 500)), 0.1, 0.7
    real = 1e-10
    y = np.stack([base, base + a, base + b, base + a + b, base + a + b + real], axis=2)[..., None]
    plain = y[..., 3, 0] - y[..., 1, 0] - y[..., 2, 0] + y[..., 0, 0]
    assert plain.any()
    additive = Contrast("interaction", {"arm 3": 1, "arm 1": -1, "arm 2": -1, "none": 1})
    more = Contrast("interaction", {"arm 4": 1, "arm 1": -1, "arm 2": -1, "none": 1})
    values = contrast_values(make(y).y, [additive, more])
    assert not values[0].any()
    np.testing.assert_allclose(values[1], real, rtol=1e-4)


def test_the_moebius_term_of_three_sites_recovers_a_planted_triple_effect(make, seed):
    """m(S) = Σ (−1)^|S∖T| Y(T), enumerated here by hand: pairs cancel, the triple stays."""
    base = np.random.default_rng(seed).normal(size=(1, 20))
    single, pair, triple = {0: 0.5, 1: -1.0, 2: 2.0}, {(0, 1): 0.25, (0, 2): -0.5, (1, 2): 1.0}, 0.125
    sets = [s for k in range(4) for s in combinations(range(3), k)]
    y = [
        base + sum(single[i] for i in s) + sum(pair[p] for p in combinations(s, 2)) + (triple if len(s) == 3 else 0)
        for s in sets
    ]
    names = ["none"] + [f"arm {i}" for i in range(1, 8)]
    contrast = Contrast("m", {name: float((-1) ** (3 - len(s))) for name, s in zip(names, sets, strict=True)})
    values = contrast_values(make(np.stack(y, axis=2)[..., None]).y, [contrast])
    np.testing.assert_allclose(values, triple, atol=1e-12)


def test_a_contrast_without_weights_is_0(make):
    outcomes = make(np.ones((1, 3, 2, 1)), [Contrast("asymmetry", {}, identity="palindrome")])
    assert contrast_values(outcomes.y, outcomes.design.contrasts).tolist() == [[[[0.0]] * 3]]


def test_an_arm_that_the_outcomes_lack_is_named_DES_06(make):
    with pytest.raises(InputError, match="'arm 9'"):
        contrast_values(make(np.ones((1, 3, 2, 1))).y, [Contrast("c", {"arm 9": 1, "none": -1})])


def test_memory_stays_near_the_chunk_for_many_contrasts_and_for_one_of_all_arms(make):
    """1,000 contrasts of 4 members and 500 backgrounds are 16 MB; chunks of 1 MB need a few of that size."""
    outcomes = make(np.ones((4, 500, 1001, 1), np.float32))
    everything = {f"arm {i}": 1.0 for i in range(1, 1001)} | {"none": -1000.0}
    for contrasts in (outcomes.design.contrasts, [Contrast("all", everything)]):
        tracemalloc.start()
        for _ in contrast_chunks(outcomes.y, contrasts, 2**20):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 9 * 2**20, peak
