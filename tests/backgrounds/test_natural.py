"""Natural backgrounds: an order of the seed, each sequence once, and quantiles of scores."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo import backgrounds
from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences

_made = np.random.default_rng(3)
REAL = ["".join(_made.choice(list("ACGT"), length)) for length in _made.choice([30, 35, 41], 700)]


def test_natural_uses_each_sequence_once_in_an_order_of_the_seed():
    null = backgrounds.natural(REAL)
    a, b = (null.sample(len(REAL), rng=seed).to_strings() for seed in (0, 1))
    assert sorted(a) == sorted(b) == sorted(REAL)
    assert a != b
    assert a != REAL


def test_natural_and_given_refuse_more_than_they_hold_with_both_numbers():
    for null in (backgrounds.natural(["ACGT", "GGTT"]), backgrounds.given(["ACGT", "GGTT"])):
        with pytest.raises(InputError, match=r"n=3 .*holds 2 sequences"):
            null.sample(3, rng=0)
        with pytest.raises(InputError, match=r"n=2, first=1"):
            null.sample(2, rng=0, first=1)


def test_names_of_real_sequences_are_kept():
    sources = Sequences.from_strings(["AA", "CC", "GT"], names=["a", "b", "c"])
    sample = backgrounds.natural(sources).sample(3, rng=0)
    assert dict(zip(sample.names, sample.to_strings(), strict=True)) == {"a": "AA", "b": "CC", "c": "GT"}


def test_bkg_14_a_quantile_of_scores_keeps_those_between_and_says_it_is_conditioned():
    sources, scores = ["AA", "CC", "GG", "TT", "AC"], [5, 1, 4, 2, 3]
    null = backgrounds.natural(sources, scores=scores, quantile=(0.5, 1))
    assert sorted(null.sample(3, rng=0).to_strings()) == ["AA", "AC", "GG"]
    assert null.describe()["conditioned_on"] == "scores"
    assert "conditioned_on" not in backgrounds.natural(sources).describe()


@pytest.mark.parametrize(
    ("scores", "quantile", "message"),
    [
        ([1, 2], (0.5, 1), r"`scores` of shape \(2,\) for 3 sequences"),
        ([1, np.nan, 2], (0.5, 1), "`scores` holds 1 values that are not finite"),
        ([1, 2, 3], (0.6, 0.9), "no score lies between"),
        (None, (0.5, 1), "without scores"),
        ([1, 2, 3], (1, 0.5), "quantile="),
        ([1, 2, 3], (50, 100), "quantile="),
    ],
)
def test_a_quantile_that_means_nothing_is_refused(scores, quantile, message):
    with pytest.raises(InputError, match=message):
        backgrounds.natural(["AA", "CC", "GG"], scores=scores, quantile=quantile)
