"""Markov backgrounds: letters after those before them, backed off where there are none."""

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


def test_bkg_13_contexts_without_a_next_letter_back_off_to_the_letter_frequencies(seed):
    """AAC: A is followed by A or C; nothing follows C, so the letters' 2/3 and 1/3 do. One seed in 10,000."""
    counts = Counter(backgrounds.markov(["AAC"], order=1).sample(4000, rng=seed).to_strings())
    law = {"AAA": 1 / 4, "AAC": 1 / 4, "ACA": 1 / 3, "ACC": 1 / 6}
    assert set(counts) == set(law)
    assert p_value([counts[text] for text in law], list(law.values())) > 1e-4


def test_bkg_13_contexts_back_off_one_order_at_a_time(seed):
    """Nothing follows AC, and only G ever follows C: so a TCGAC that goes on is TCGACGA. One seed in 10,000."""
    null = backgrounds.markov(["TCGAC", "GGGGGGG"], order=2)
    counts = Counter(null.sample(2000, rng=seed).to_strings())
    assert set(counts) == {"TCGAC", "TCGACGA", "GGGGG", "GGGGGGG"}
    assert p_value(list(counts.values()), np.ones(4)) > 1e-4


def test_markov_of_order_0_has_the_letters_frequencies(seed):
    """One seed in 10,000."""
    codes = backgrounds.markov(["AAAC", "GGTT"], order=0).sample(1000, rng=seed).codes
    assert p_value(np.bincount(codes.ravel(), minlength=4), [3, 1, 2, 2]) > 1e-4


@pytest.mark.parametrize("order", [4, 5, 60])
def test_bkg_13_an_order_that_reaches_the_shortest_length_is_refused_with_both(order):
    with pytest.raises(InputError, match=rf"order={order} with sequences as short as 4"):
        backgrounds.markov(["ACGT", "ACGTACGT"], order=order)


@pytest.mark.parametrize("order", [-1, 1.0, True, 9])
def test_orders_are_whole_numbers_up_to_8(order):
    with pytest.raises(InputError, match="order="):
        backgrounds.markov(["ACGTACGTACGT"], order=order)
