"""Backgrounds made of real sequences: which of them are used, in what order, and what is kept of them."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from seqdo import backgrounds
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, PAD
from seqdo.sequences.sequences import Sequences

_made = np.random.default_rng(3)
REAL = ["".join(_made.choice(list("ACGT"), length)) for length in _made.choice([30, 35, 41], 700)]


def test_shuffled_background_i_shuffles_source_i_mod_n():
    sources = ["ACGTTGCAACGGT", "TTGACATTGCATCCC", "GGGGAC"]
    for i, text in enumerate(backgrounds.shuffled(sources, k=1).sample(300, rng=0).to_strings()):
        assert sorted(text) == sorted(sources[i % 3])


def test_bkg_06_sequences_with_one_shuffle_are_counted_in_a_warning_and_returned():
    sources = ["AAAAAAAA", "ACACACAC", "ACGTTGCAACGGT"]
    with pytest.warns(UserWarning, match="2 of 3 sequences have only 1 valid shuffle"):
        null = backgrounds.shuffled(sources, k=2)
    assert null.sample(2, rng=0).to_strings() == sources[:2]
    assert null.describe()["fixed"] == 2
    with pytest.warns(UserWarning, match="1 of 1"):
        backgrounds.shuffled(["AACAGATAACAGATAA"], k=3)


def test_bkg_06_more_of_them_than_the_limit_is_an_error():
    with pytest.raises(InputError, match=r"2 of 3 sequences have only 1 valid shuffle.*0\.5"):
        backgrounds.shuffled(["AAAAAAAA", "ACACACAC", "ACGTTGCAACGGT"], k=2, fixed_limit=0.5)
    with pytest.raises(InputError, match="fixed_limit=2"):
        backgrounds.shuffled(REAL, fixed_limit=2)


def test_bkg_09_an_unknown_letter_never_reaches_a_shuffle():
    with pytest.raises(InputError, match="'N' at position 1"):
        backgrounds.shuffled(["ANGT"])


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
    with pytest.raises(InputError, match=r"without a match for 2 of 3 sequences.*0\.02"):
        backgrounds.gc_matched(["GGGG", "CCCC", "AAAA"], pool=["AATT"])
    with pytest.raises(InputError, match="tolerance=-1"):
        backgrounds.gc_matched(["GGGG"], pool=["CCCC"], tolerance=-1)


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
        ([1, 2], (0.5, 1), r"scores of shape \(2,\) for 3 sequences"),
        ([1, np.nan, 2], (0.5, 1), "1 scores that are no number"),
        ([1, 2, 3], (0.6, 0.9), "no score lies between"),
        (None, (0.5, 1), "without scores"),
        ([1, 2, 3], (1, 0.5), "quantile="),
        ([1, 2, 3], (50, 100), "quantile="),
    ],
)
def test_a_quantile_that_means_nothing_is_refused(scores, quantile, message):
    with pytest.raises(InputError, match=message):
        backgrounds.natural(["AA", "CC", "GG"], scores=scores, quantile=quantile)


def test_given_sequences_are_used_in_order():
    assert backgrounds.given(REAL).sample(700).to_strings() == REAL


def test_the_sha256_is_of_lengths_and_codes_whatever_the_padding():
    expected = hashlib.sha256(bytes([2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]) + bytes([0, 1, 2])).hexdigest()
    for columns in (2, 5):
        codes = np.full((2, columns), PAD)
        codes[0, :2], codes[1, 0] = [0, 1], 2
        assert backgrounds.given(codes).describe()["sources"] == {"number": 2, "sha256": expected}


def test_padding_to_a_common_width_changes_no_background():
    wide = np.full((1, 30), PAD)
    wide[0, :13] = DNA.encode("ACGTTGCAACGGT")
    assert backgrounds.shuffled(wide).sample(5, rng=0).to_strings() == (
        backgrounds.shuffled(wide[:, :13]).sample(5, rng=0).to_strings()
    )
