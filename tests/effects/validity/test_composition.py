"""k-mers of sequences against plain strings, and distances of spectra against scipy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from seqdo.effects.validity import composition
from seqdo.effects.validity.composition import counts, divergence, shares
from seqdo.sequences.sequences import Sequences


def texts_of(seed, n=30):
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("ACGT"), length)) for length in rng.integers(1, 12, n)]


def counted(text, k):
    """How often each word stands in a string, overlaps included."""
    words = ["".join(letters) for letters in product("ACGT", repeat=k)]
    return [sum(text[i : i + k] == word for i in range(len(text) - k + 1)) for word in words]


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("block", [1, 2**22])
def test_counts_are_those_of_strings_whatever_their_lengths_and_blocks(seed, k, block, monkeypatch):
    monkeypatch.setattr(composition, "BLOCK_LETTERS", block)
    texts = texts_of(seed)
    assert counts(Sequences.from_strings(texts).codes, k).tolist() == [counted(text, k) for text in texts]


def test_shares_are_of_the_k_mers_of_one_length_and_0_where_there_are_none(seed):
    texts = texts_of(seed)
    found, start = shares(Sequences.from_strings(texts)), 0
    assert found.shape == (30, 84)
    for k in (1, 2, 3):
        expected = [np.array(counted(text, k)) / max(len(text) - k + 1, 1) for text in texts]
        np.testing.assert_allclose(found[:, start : start + 4**k], expected)
        start += 4**k


def test_no_place_for_a_k_mer_is_no_k_mer():
    assert not counts(np.array([[0, 1]], np.uint8), 3).any()


def test_divergence_is_that_of_scipy_squared(seed):
    p, q = np.random.default_rng(seed).integers(0, 9, (2, 64))
    assert divergence(p, q) == pytest.approx(jensenshannon(p, q, base=2) ** 2, rel=1e-9)
