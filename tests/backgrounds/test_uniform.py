"""Uniform backgrounds: letters equally likely, and sets that hold each of them equally often."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.stats import chi2, chisquare

from seqdo import backgrounds
from seqdo.backgrounds.background import BLOCK
from seqdo.errors import InputError
from seqdo.sequences.stream import root, stream


def p_value(counts: ArrayLike, shares: ArrayLike) -> float:
    """Of counts that have these shares if all is well."""
    counts, shares = np.asarray(counts), np.asarray(shares)
    return float(chisquare(counts, counts.sum() * shares / shares.sum()).pvalue)


def test_uniform_letters_are_equally_likely_at_every_place(seed):
    """One seed in 10,000."""
    codes = backgrounds.uniform(20).sample(4000, rng=seed).codes
    counts = (codes[:, :, None] == np.arange(4)).sum(0)
    assert chi2.sf(((counts - 1000) ** 2 / 1000).sum(), 20 * 3) > 1e-4


BALANCES = ("columns", "dinucleotides")


def in_sets(balance, sets, seed, length=9):
    """Codes (sets, 16, length)."""
    return backgrounds.uniform(length, balance).sample(16 * sets, rng=seed).codes.reshape(sets, 16, length)


@pytest.mark.parametrize("balance", BALANCES)
def test_every_set_has_every_letter_four_times_at_every_place(balance, seed):
    codes = in_sets(balance, 40, seed)
    assert ((codes[..., None] == np.arange(4)).sum(1) == 4).all()


def test_every_set_has_every_dinucleotide_once_at_every_two_places(seed):
    codes = in_sets("dinucleotides", 40, seed).astype(int)
    pairs = np.sort(4 * codes[:, :, :-1] + codes[:, :, 1:], axis=1)
    assert (pairs == np.arange(16)[:, None]).all()
    codes = in_sets("columns", 40, seed).astype(int)
    assert not (np.sort(4 * codes[:, :, :-1] + codes[:, :, 1:], axis=1) == np.arange(16)[:, None]).all()


@pytest.mark.parametrize("balance", BALANCES)
def test_each_balanced_background_alone_is_uniform(balance, seed):
    """Each of the 16 rows of a set, over 3,000 sets: all 64 words at places 3 to 5; one seed in 10,000 / 32."""
    codes = in_sets(balance, 3000, seed).astype(int)
    words = 16 * codes[:, :, 3] + 4 * codes[:, :, 4] + codes[:, :, 5]
    for row in range(16):
        assert p_value(np.bincount(words[:, row], minlength=64), np.ones(64)) > 1e-4 / 32, row


@pytest.mark.parametrize("balance", BALANCES)
def test_sets_know_nothing_of_one_another(balance, seed):
    """Last row of a set and first of the next, words at the same two places; one seed in 10,000 each."""
    codes = in_sets(balance, 8001, seed).astype(int)
    words = 4 * codes[:, :, 4] + codes[:, :, 5]
    both = 16 * words[:-1, 15] + words[1:, 0]
    assert p_value(np.bincount(both, minlength=256), np.ones(256)) > 1e-4


@pytest.mark.parametrize("balance", BALANCES)
def test_balanced_letters_follow_the_written_recipe(balance):
    """Row by row: ranks by the letter before and then by u; the letter is the rank mod 4."""
    u = stream(root(7), "background", 0).random((BLOCK, 5))
    for first in range(0, BLOCK, 16):
        letters = np.zeros((16, 5), int)
        for j in range(5):
            before = [letters[row, j - 1] if j and balance == "dinucleotides" else 0 for row in range(16)]
            ranked = sorted(range(16), key=lambda row: (before[row], u[first + row, j]))
            for rank, row in enumerate(ranked):
                letters[row, j] = rank % 4
        drawn = backgrounds.uniform(5, balance).sample(16, rng=7, first=first).codes
        assert (drawn == letters).all(), first


def both_rows(balance, length):
    """P(words of row 1 | word of row 2) of a set of 16, from counting which letters are left."""
    words = list(product(range(4), repeat=length))
    law = np.ones((len(words), len(words)))
    for (i, x), (j, y) in product(enumerate(words), enumerate(words)):
        for t in range(length):
            if t == 0 or balance == "columns":
                law[i, j] *= (3 if x[t] == y[t] else 4) / 15  # the other 15 rows have 3 more of this letter
            elif x[t - 1] == y[t - 1]:
                law[i, j] *= 0 if x[t] == y[t] else 1 / 3  # of the four with this letter before, each has another
            else:
                law[i, j] *= 1 / 4
    return law


@pytest.mark.parametrize(("balance", "worth", "worst"), [("columns", 15, 1 / 225), ("dinucleotides", 12, 1 / 45)])
def test_a_set_is_worth_so_many_independent_backgrounds_whatever_is_averaged(balance, worth, worst):
    """A function of words with eigenvalue λ has 1 + 15 λ times the variance over sets; the largest λ is the worst."""
    for length in (3, 4):
        law = both_rows(balance, length)
        assert np.allclose(law.sum(1), 1)
        assert np.allclose(law, law.T)
        eigenvalues = np.linalg.eigvalsh(law)  # the last is 1, of the constant
        assert eigenvalues[-2] == pytest.approx(worst)
        assert eigenvalues[0] == pytest.approx(-1 / 15)
    assert 16 / (1 + 15 * worst) == pytest.approx(worth)
    assert backgrounds.uniform(9, balance).describe()["independent"] == worth


@pytest.mark.parametrize("balance", BALANCES)
def test_two_rows_of_a_set_have_the_law_that_this_is_computed_from(balance, seed):
    """Rows 0 and 1 of 8,000 sets: where they agree among three places; one seed in 10,000 each."""
    codes = in_sets(balance, 8000, seed)
    found = (codes[:, 0, 3:6] == codes[:, 1, 3:6]) @ np.array([4, 2, 1])
    law, words = both_rows(balance, 3), list(product(range(4), repeat=3))
    shares = np.zeros(8)
    for i, x in enumerate(words):
        shares[sum(4 >> t for t in range(3) if x[t] == 0)] += law[words.index((0, 0, 0)), i]
    possible = shares > 0
    assert not np.isin(found, np.flatnonzero(~possible)).any()
    assert p_value(np.bincount(found, minlength=8)[possible], shares[possible]) > 1e-4


def test_the_law_of_a_balanced_background_is_in_its_description():
    shown = backgrounds.uniform(9, balance="dinucleotides").describe()
    assert (shown["kind"], shown["balance"], shown["set"]) == ("uniform", "dinucleotides", 16)
    assert "set" not in backgrounds.uniform(9).describe()


@pytest.mark.parametrize("balance", ["dinucleotide", "", True, 2, ["columns"]])
def test_another_balance_is_refused_with_the_two_there_are(balance):
    with pytest.raises(InputError, match='None, "columns" or "dinucleotides" is needed'):
        backgrounds.uniform(9, balance=balance)
