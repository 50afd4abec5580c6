"""Shuffled backgrounds: whose shuffle each one is, and sequences that have no other."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo import backgrounds
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, PAD

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


def test_padding_to_a_common_width_changes_no_background():
    wide = np.full((1, 30), PAD)
    wide[0, :13] = DNA.encode("ACGTTGCAACGGT")
    assert backgrounds.shuffled(wide).sample(5, rng=0).to_strings() == (
        backgrounds.shuffled(wide[:, :13]).sample(5, rng=0).to_strings()
    )
