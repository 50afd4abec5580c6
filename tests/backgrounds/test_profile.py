"""Profile backgrounds: letters by position, lengths as observed, and what is no probability."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.stats import chisquare

from seqdo import backgrounds
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA


def p_value(counts: ArrayLike, shares: ArrayLike) -> float:
    """Of counts that have these shares if all is well."""
    counts, shares = np.asarray(counts), np.asarray(shares)
    return float(chisquare(counts, counts.sum() * shares / shares.sum()).pvalue)


def test_profile_draws_lengths_as_observed_and_letters_of_that_length(seed):
    """Every sequence that can occur, with its probability; one seed in 10,000."""
    null = backgrounds.profile(["AC", "AG", "CC", "AC", "AG", "CC", "TTT", "TTT"])
    law = {a + b: 0.75 * p * q for a, p in (("A", 2 / 3), ("C", 1 / 3)) for b, q in (("C", 2 / 3), ("G", 1 / 3))}
    law["TTT"] = 0.25
    counts = Counter(null.sample(6000, rng=seed).to_strings())
    assert set(counts) == set(law)
    assert p_value([counts[text] for text in law], list(law.values())) > 1e-4
    assert (null.shortest, null.longest, null.alphabet) == (2, 3, DNA)


def test_profile_from_stored_numbers_is_the_profile_of_the_sequences():
    stored = {2: [[2 / 3, 1 / 3, 0, 0], [0, 2 / 3, 1 / 3, 0]], 3: [[0, 0, 0, 1]] * 3}
    null = backgrounds.profile(stored, weights={2: 0.75, 3: 0.25})
    observed = backgrounds.profile(3 * ["AC", "AG", "CC", "TTT"])
    assert null.sample(500, rng=1).to_strings() == observed.sample(500, rng=1).to_strings()
    assert null.alphabet is None


def test_lengths_that_one_sequence_has_are_counted_in_a_warning():
    with pytest.warns(UserWarning, match="2 of 4 sequences are the only sequence of their length"):
        null = backgrounds.profile(["AC", "GG", "ACG", "TTTT"])
    assert set(null.sample(500, rng=0).to_strings()) == {"AC", "AG", "GC", "GG", "ACG", "TTTT"}


def test_a_profile_matrix_may_be_an_array():
    null = backgrounds.profile(np.array([[1.0, 0, 0, 0], [0, 0, 0, 1.0]]))
    assert set(null.sample(300, rng=0).to_strings()) == {"AT"}


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0.5, 0.5, 0.5, 0.5]], "at position 0.*sum to 1"),
        ([[1, 0, 0, 0], [1.5, -0.5, 0, 0]], "at position 1.*not negative"),
        ([[np.nan, 1, 0, 0]], "at position 0"),
        ([[0.5, 0.5]], r"shape \(1, 2\)"),
        (np.zeros((0, 4)), r"shape \(0, 4\)"),
    ],
)
def test_a_profile_that_is_no_probability_is_refused(matrix, message):
    with pytest.raises(InputError, match=message):
        backgrounds.profile(np.array(matrix, float))


@pytest.mark.parametrize("weights", [None, {3: 1.0}, {2: 0.5}, {2: 1.5, 3: -0.5}])
def test_weights_are_one_share_for_each_length(weights):
    with pytest.raises(InputError, match="share"):
        backgrounds.profile({2: np.full((2, 4), 0.25)}, weights=weights)


def test_sequences_bring_their_own_weights():
    with pytest.raises(InputError, match="`weights` with sequences"):
        backgrounds.profile(["AC", "GT"], weights={2: 1.0})
