"""Custom backgrounds: what a user's function may return, and that it draws from its generator alone."""

from __future__ import annotations

import random

import numpy as np
import pytest

from seqdo import backgrounds
from seqdo.backgrounds.background import BLOCK
from seqdo.errors import InputError
from seqdo.sequences.alphabet import RNA
from seqdo.sequences.sequences import Sequences

OUTSIDE = np.random.default_rng(3)


def test_custom_strings_sequences_and_codes_say_the_same():
    def codes(n, rng):
        return rng.integers(0, 4, (n, 40))

    def strings(n, rng):
        return [RNA.decode(row) for row in codes(n, rng).astype(np.uint8)]

    expected = backgrounds.custom(codes, 40).sample(300, rng=1).codes
    for function in (strings, lambda n, rng: Sequences.from_codes(codes(n, rng))):
        sample = backgrounds.custom(function, 40, alphabet=RNA).sample(300, rng=1)
        assert np.array_equal(sample.codes, expected)
        assert sample.alphabet is RNA
    with pytest.raises(InputError, match=r"Write custom.*alphabet=RNA"):
        backgrounds.custom(strings, 40).sample(1, rng=1)


@pytest.mark.parametrize(
    ("function", "got"),
    [
        (lambda n, rng: rng.integers(0, 4, (n - 1, 6)), "255 sequences of length 6:"),
        (lambda n, rng: rng.integers(0, 4, (n, 7)), "256 sequences of length 7:"),
        (lambda n, rng: rng.random((n, 6)), "dtype float64.*whole numbers 0-3"),
        (lambda n, rng: np.eye(4)[rng.integers(0, 4, (n, 6))], r"shape \(256, 6, 4\)"),
        (lambda n, rng: np.eye(4, dtype=int)[rng.integers(0, 4, (n, 6))], r"shape \(256, 6, 4\)"),
        (lambda n, rng: ["ACG"] * (n - 1) + ["ACGACG"], "256 sequences of length 3 to 6"),
        (lambda n, rng: ["ACGACG"] * (n + 1), "257 sequences"),
        (lambda n, rng: [], r"shape \(0,\)"),
        (lambda n, rng: ["ACGNAC"] * n, "'N' at position 3 of sequence 0"),
        (lambda n, rng: rng.integers(4, 5, (n, 6)), "sequence 0 is empty"),
        (lambda n, rng: rng.integers(7, 8, (n, 6)), "codes from 7 to 7"),
        (lambda n, rng: [[0] * 6] * (n - 1) + [[0]], "no array"),
        (lambda n, rng: None, r"shape \(\)"),
    ],
)
def test_bkg_11_a_wrong_answer_is_refused_with_got_and_wanted(function, got):
    with pytest.raises(InputError, match=rf"`function`.*{got}.*256 sequences of length 6 are needed"):
        backgrounds.custom(function, 6).sample(10, rng=0)


def test_bkg_11_what_a_function_raises_itself_is_left_alone():
    def broken(n, rng):
        raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        backgrounds.custom(broken, 6).sample(10, rng=0)


@pytest.mark.parametrize(
    "function",
    [
        lambda n, rng: np.random.randint(0, 4, (n, 6)),  # noqa: NPY002
        lambda n, rng: ["".join(random.choices("ACG", k=6)) for _ in range(n)],  # noqa: S311
        lambda n, rng: OUTSIDE.integers(0, 4, (n, 6)),
    ],
)
def test_bkg_11_bkg_12_another_answer_for_the_same_stream_is_refused(function):
    with pytest.raises(InputError, match="`function` returned different sequences for the same rng"):
        backgrounds.custom(function, 6).sample(10, rng=0)


def test_bkg_12_a_function_that_seeds_itself_repeats_its_blocks_and_is_refused():
    with pytest.raises(InputError, match="`function` returned the same sequences for two different rng"):
        backgrounds.custom(lambda n, rng: np.random.default_rng(0).integers(0, 4, (n, 6)), 6).sample(10, rng=0)


def test_custom_is_checked_at_its_first_use_only():
    called = []
    null = backgrounds.custom(lambda n, rng: called.append(n) or rng.integers(0, 4, (n, 6)), 6)
    null.sample(10, rng=0)
    assert called == [BLOCK] * 4
    null.sample(300, rng=1)
    assert called == [BLOCK] * 6
    with pytest.raises(InputError, match=r"`function` is a list: a function f\(n, rng\) is needed"):
        backgrounds.custom(["ACGT"], 4)
