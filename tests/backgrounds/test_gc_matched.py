"""GC-matched backgrounds: each sequence's GC, in letters or in sequences of a pool."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.stats import chisquare

from seqdo import backgrounds
from seqdo.errors import InputError


def p_value(counts: ArrayLike, shares: ArrayLike) -> float:
    """Of counts that have these shares if all is well."""
    counts, shares = np.asarray(counts), np.asarray(shares)
    return float(chisquare(counts, counts.sum() * shares / shares.sum()).pvalue)


def test_gc_matched_letters_have_each_sources_gc(seed):
    """One seed in 5,000 for the two tests together; GC 0 and 1 hold exactly."""
    sources = ["AATT", "GGCC", "GAAA"]
    sample = backgrounds.gc_matched(sources).sample(9000, rng=seed).codes
    assert set(np.unique(sample[0::3]).tolist()) == {0, 3}
    assert set(np.unique(sample[1::3]).tolist()) == {1, 2}
    assert p_value(np.bincount(sample[2::3].ravel(), minlength=4), [3, 1, 1, 3]) > 1e-4
    assert p_value(np.bincount(sample[0::3].ravel(), minlength=4)[[0, 3]], [1, 1]) > 1e-4


def test_gc_matched_pool_draws_every_match_equally_often(seed):
    """One seed in 10,000."""
    null = backgrounds.gc_matched(
        ["GATTT", "GGCCC"], pool=["CAAAA", "GGGGG", "TTTTC", "GCATA", "AAAAA"], tolerance=0.01
    )
    drawn = null.sample(4000, rng=seed).to_strings()
    assert set(drawn[1::2]) == {"GGGGG"}
    counts = Counter(drawn[::2])
    assert set(counts) == {"CAAAA", "TTTTC"}
    assert chisquare(list(counts.values())).pvalue > 1e-4


def test_a_pool_sequence_at_the_tolerance_itself_is_a_match():
    """0.7 and 0.8 differ by 0.1, though in doubles 0.7 + 0.1 < 0.8."""
    null = backgrounds.gc_matched(["GGGGGGGAAA"], pool=["CCCCCCCCAA"], tolerance=0.1)
    assert null.sample(1, rng=0).to_strings() == ["CCCCCCCCAA"]


def test_a_pool_without_matches_is_refused_with_their_number():
    with pytest.raises(InputError, match=r"`pool` has no match for 2 of 3 sequences.*0\.02"):
        backgrounds.gc_matched(["GGGG", "CCCC", "AAAA"], pool=["AATT"])
    with pytest.raises(InputError, match="tolerance=-1"):
        backgrounds.gc_matched(["GGGG"], pool=["CCCC"], tolerance=-1)
