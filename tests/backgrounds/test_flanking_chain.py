"""Local backgrounds: chains against counting by hand, and letters against the chain."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

import seqdo as sd
from seqdo.backgrounds.flanking_chain import PSEUDO, chains, follow
from seqdo.sequences.alphabet import PAD

TEXTS = ["ATATCATGGATTACATTTATA", "GCGC", "CCGATTACAACCA", "TTTTTTTTTTTTTTTTTTTTT"]


def by_hand(text, start, stop, taken, window):
    """(5, 4) the chain of one span, by walking through the letters."""
    sides = [range(max(start - window, 0), start), range(stop, min(stop + window, len(text)))]
    letters, pairs = np.zeros(4), np.zeros((4, 4))
    for side in sides:
        for place in side:
            if place in taken:
                continue
            letters["ACGT".index(text[place])] += 1
            if place + 1 in side and place + 1 not in taken:
                pairs["ACGT".index(text[place]), "ACGT".index(text[place + 1])] += 1
    mean = (letters + PSEUDO / 4) / (letters.sum() + PSEUDO)
    after = (pairs + PSEUDO * mean) / (pairs.sum(1, keepdims=True) + PSEUDO)
    return np.concatenate([after, mean[None]])


@pytest.mark.parametrize("window", [1, 3, 50])
def test_chains_count_letters_and_pairs_on_either_side_but_not_across_nor_in_sites(window):
    given = sd.Sequences.from_strings(TEXTS, sd.DNA)
    start, stop = np.array([8, 0, 2, 20]), np.array([15, 4, 9, 21])
    taken = np.zeros(given.codes.shape, bool)
    for row, (a, b) in enumerate(zip(start, stop, strict=True)):
        taken[row, a:b] = True
    taken[0, 16:18] = taken[3, :5] = True
    made = chains(given, start, stop, taken, window)
    for row, text in enumerate(TEXTS):
        hand = by_hand(text, start[row], stop[row], set(np.flatnonzero(taken[row])), window)
        np.testing.assert_allclose(made[row], hand, err_msg=text)
    np.testing.assert_allclose(made.sum(2), 1)


def test_letters_follow_the_chain(seed):
    """20,000 draws of two letters against their joint law; a right chain fails once in a million seeds."""
    chain = np.random.default_rng(0).dirichlet([2] * 4, 5)
    n = 20_000
    numbers = np.random.default_rng(seed).random((n, 2))
    drawn = follow(np.broadcast_to(chain, (n, 5, 4)), np.full(n, PAD, np.uint8), numbers)
    expected = chain[4][:, None] * chain[:4]
    found = np.bincount(4 * drawn[:, 0].astype(int) + drawn[:, 1], minlength=16)
    assert chisquare(found, n * expected.ravel()).pvalue > 1e-6
