"""Shuffles keep k-mers, and each valid one is equally likely: against enumeration, with a control that must fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from seqdo.backgrounds.shuffle import count_shuffles, log_counts, shuffle
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.sequences import Sequences

# calibration C11: sequence, k, number of valid shuffles
CASES = [
    ("ACCCACGATGATG", 2, 27),
    ("ACGTTGCAACGGT", 2, 48),
    ("TTGACATTGCAT", 2, 24),
    ("ACGACGTTACGTACGA", 3, 6),
    ("AACAGATAACAGATAA", 3, 1),
    ("AACCGGTA", 1, 1680),
    ("ACGTACGTTGCATGCAAC", 2, 3024),
]
PER_SHUFFLE = 200
P_LOWEST = 1e-4
"""A correct implementation fails one of the 7 uniformity tests with one seed in 1,400."""


def kmers(text: str, k: int) -> list[str]:
    return sorted(text[i : i + k] for i in range(len(text) - k + 1))


def enumerated(text: str, k: int) -> set[str]:
    """Every string with the k-mers of the text, grown letter by letter from its first k - 1."""
    left = {word: kmers(text, k).count(word) for word in kmers(text, k)}
    found: set[str] = set()

    def grow(begun: str) -> None:
        if len(begun) == len(text):
            found.add(begun)
            return
        for letter in "ACGT":
            word = (begun + letter)[len(begun) + 1 - k :]
            if left.get(word):
                left[word] -= 1
                grow(begun + letter)
                left[word] += 1

    grow(text[: k - 1])
    return found


def last_edge_kept(text: str, rng: np.random.Generator) -> str:
    """The common dinucleotide shuffle that is not uniform: each letter's last follower stays last."""
    followers = {a: [y for x, y in pairwise(text) if x == a] for a in set(text)}
    for a, after in followers.items():
        followers[a] = [*rng.permutation(after[:-1]).tolist(), *after[-1:]]
    out = text[0]
    while followers[out[-1]]:
        out += followers[out[-1]].pop(0)
    return out


def tally(block: Sequences) -> dict[str, int]:
    """How often each sequence occurs; all are of one length."""
    packed = block.codes @ 4 ** np.arange(block.codes.shape[1])
    _, where, counts = np.unique(packed, return_index=True, return_counts=True)
    return dict(zip(block[where].to_strings(), counts.tolist(), strict=True))


def p_uniform(counts: Mapping[str, int], valid: set[str]) -> float:
    """Chi-square p-value of the drawn shuffles being uniform over the valid ones; 0 if one is not valid."""
    if not set(counts) <= valid:
        return 0.0
    expected = sum(counts.values()) / len(valid)
    statistic = sum((counts.get(text, 0) - expected) ** 2 / expected for text in valid)
    return 1.0 if len(valid) == 1 else float(chi2.sf(statistic, len(valid) - 1))


@pytest.mark.parametrize(("text", "k", "number"), CASES)
def test_c11_bkg_07_all_valid_shuffles_are_reached_equally_often(text, k, number, seed):
    valid = enumerated(text, k)
    assert len(valid) == number
    copies = Sequences.from_codes(np.tile(DNA.encode(text), (PER_SHUFFLE * number, 1)), DNA)
    drawn = tally(shuffle(copies, k, np.random.default_rng(seed)))
    assert set(drawn) == valid
    assert p_uniform(drawn, valid) > P_LOWEST


@pytest.mark.parametrize(
    ("text", "number", "reached"), [(*CASES[0][::2], 9), (*CASES[1][::2], 24), (*CASES[2][::2], 6)]
)
def test_c11_the_test_sees_a_shuffle_that_keeps_last_edges(text, number, reached, seed):
    rng = np.random.default_rng(seed)
    drawn = Counter(last_edge_kept(text, rng) for _ in range(PER_SHUFFLE * number))
    assert len(drawn) == reached
    assert p_uniform(drawn, enumerated(text, 2)) < P_LOWEST


def test_c11_rows_of_one_block_are_independent(seed):
    """Pairs of neighbouring rows are uniform over the pairs of valid shuffles; fails with one seed in 10,000."""
    text, valid = "TTGACATTGCAT", sorted(enumerated("TTGACATTGCAT", 2))
    copies = Sequences.from_codes(np.tile(DNA.encode(text), (2 * 50 * len(valid) ** 2, 1)), DNA)
    drawn = shuffle(copies, 2, np.random.default_rng(seed)).to_strings()
    pairs = Counter(a + b for a, b in zip(drawn[::2], drawn[1::2], strict=True))
    assert p_uniform(pairs, {a + b for a in valid for b in valid}) > P_LOWEST


@given(
    st.lists(st.text("ACGT", min_size=3, max_size=40), min_size=1, max_size=8), st.integers(1, 3), st.integers(0, 99)
)
def test_kmers_ends_lengths_and_padding_are_kept(texts, k, draw):
    """Also BKG-09: padding is no letter."""
    given = Sequences.from_strings(texts)
    result = shuffle(given, k, np.random.default_rng(draw))
    assert ((result.codes == 4) == (given.codes == 4)).all()
    for before, after in zip(texts, result.to_strings(), strict=True):
        after = after.replace("U", "T")
        assert kmers(after, k) == kmers(before, k)
        if k > 1:
            assert (after[: k - 1], after[1 - k :]) == (before[: k - 1], before[1 - k :])


def test_what_was_given_is_not_changed(seed):
    given = Sequences.from_strings(["ACGTTGCAACGGT"], names=["a"])
    before = given.codes.copy()
    result = shuffle(given, 1, np.random.default_rng(seed))
    assert (given.codes == before).all()
    assert (result.names, result.alphabet) == (("a",), DNA)


@pytest.mark.parametrize("length", [0, 1, 2])
def test_bkg_08_up_to_two_letters_have_one_order(length):
    codes = np.full((1, 4), 4, np.uint8)
    codes[0, :length] = [3, 1][:length]
    given = Sequences(codes, np.array([length]))
    assert shuffle(given, 2, np.random.default_rng(0)).codes.tolist() == codes.tolist()
    assert log_counts(given, 2).tolist() == [0.0]


def test_bkg_08_a_k_above_the_length_is_refused_with_both():
    given = Sequences.from_strings(["ACGT", "AC"], names=["long", "brief"])
    with pytest.raises(InputError, match=r"k=3 for brief of length 2"):
        shuffle(given, 3, np.random.default_rng(0))


@pytest.mark.parametrize("k", [0, 4, 2.0, True, "2", None])
def test_k_is_1_2_or_3(k):
    with pytest.raises(InputError, match="k="):
        shuffle(Sequences.from_strings(["ACGTACGT"]), k, np.random.default_rng(0))


@pytest.mark.parametrize(("text", "k", "number"), CASES)
def test_c11_counts_agree_with_the_catalogue(text, k, number):
    assert np.exp(count_shuffles(DNA.encode(text), k)) == pytest.approx(number, rel=1e-9)


@given(st.text("ACGT", min_size=3, max_size=9), st.integers(1, 3))
def test_counts_agree_with_enumeration(text, k):
    assert np.exp(count_shuffles(DNA.encode(text), k)) == pytest.approx(len(enumerated(text, k)), rel=1e-9)


@pytest.mark.parametrize(("text", "k"), [("AAAAAAAA", 1), ("AAAAAAAA", 2), ("ACACACAC", 2), ("AACAGATAACAGATAA", 3)])
def test_bkg_06_one_valid_shuffle_is_counted_as_one(text, k):
    assert count_shuffles(DNA.encode(text), k) == pytest.approx(0, abs=1e-9)


def test_counts_do_not_depend_on_the_chunk(monkeypatch, seed):
    given = Sequences.from_codes(np.random.default_rng(seed).integers(0, 4, (50, 30)))
    whole = log_counts(given, 3)
    monkeypatch.setattr("seqdo.backgrounds.shuffle._CHUNK", 7 * 64)
    assert np.array_equal(log_counts(given, 3), whole)


def test_a_folder_that_cannot_be_written_to_only_costs_the_cache(monkeypatch):
    from seqdo.backgrounds import shuffle_rows as module

    def njit(*, cache: bool = False, nogil: bool):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    def twice(number):
        return 2 * number

    monkeypatch.setattr(module, "njit", njit)
    assert module._compiled(twice) is twice
