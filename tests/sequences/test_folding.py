"""Folding: against another way to the same numbers, at the ends of what can be folded, and without ViennaRNA."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from seqdo.backgrounds.uniform import uniform
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.folding import KINDS, energies, letter_probabilities, loop_probabilities
from seqdo.sequences.sequences import Sequences

RNA = pytest.importorskip("RNA", reason="ViennaRNA (extra structure) is not installed")


def by_pairs(letters: str) -> tuple[np.ndarray, np.ndarray]:
    """P(paired) and P(in a hairpin loop) of each letter, from pairs: P(i, j closes a hairpin) = P(i, j) of the pair
    × the share of the hairpin in what i and j can enclose."""
    fold, n = RNA.fold_compound(letters), len(letters)
    fold.pf()
    pairs = np.array(fold.bpp())
    inside, index = fold.exp_matrices.qb, fold.iindx
    hairpin = np.zeros(n)
    for i in range(1, n + 1):
        for j in range(i + 4, n + 1):
            if pairs[i, j] > 0:
                hairpin[i : j - 1] += pairs[i, j] * fold.exp_E_hp_loop(i, j) / inside[index[i] - j]
    return (pairs.sum(0) + pairs.sum(1))[1:], hairpin


def test_pairs_give_the_same_probabilities():
    sequences = uniform(41).sample(5, rng=3)
    found = loop_probabilities(sequences)
    np.testing.assert_allclose(found.sum(2), 1, atol=1e-9)
    for one, codes in zip(found, sequences.codes, strict=True):
        paired, hairpin = by_pairs("".join("ACGU"[code] for code in codes))
        np.testing.assert_allclose(one[:, 0], paired, atol=1e-9)
        np.testing.assert_allclose(one[:, 1], hairpin, atol=1e-9)


def test_the_other_loops_are_those_of_sampled_structures():
    """A multiloop of three hairpins, one with a bulge: 2,000 samples, each share within 6 SD (fails once in 10^6)."""
    letters = "GGGAGGGCGAAAGCCCAGGCGCGAAAGCGCCAGCGAGCGAAAGCUGCACCC"
    details = RNA.md()
    details.uniq_ML = 1
    fold = RNA.fold_compound(letters, details)
    fold.pf()
    drawn = [RNA.db_to_element_string(one) for one in fold.pbacktrack(2000)]
    share = np.array([[[letter == kind for kind in "him"] for letter in one] for one in drawn]).mean(0)
    (found,) = loop_probabilities(Sequences.from_strings([letters]))
    assert found[:, 3].max() > 0.5
    assert found[:, 2].max() > 0.3
    assert (np.abs(found[:, 1:4] - share) <= 6 * np.sqrt(np.maximum(share * (1 - share), 1e-3) / 2000)).all()


def test_padding_is_not_folded():
    both = Sequences.from_strings(["GGGGGAAAACCCCC", "GGGGGAAAACCCCCAAAAAGGGGG"])
    found = loop_probabilities(both)
    np.testing.assert_array_equal(found[0, 14:], 0)
    np.testing.assert_array_equal(found[0, :14], loop_probabilities(both[:1])[0, :14])


@pytest.mark.parametrize("letters", ["A", "GC", "GAC", "GAAC"])
def test_what_is_too_short_to_pair_is_exterior(letters):
    """ViennaRNA 2.8.0 itself writes beyond its memory here."""
    (found,) = loop_probabilities(Sequences.from_strings([letters]))
    np.testing.assert_array_equal(found, [[0, 0, 0, 0, 1]] * len(letters))


def test_a_hot_hairpin_melts():
    codes = Sequences.from_strings(["GGGGGAAAACCCCC"]).codes[0].tobytes()
    cold, hot = (letter_probabilities(codes, temperature)[2] for temperature in (20.0, 95.0))
    assert KINDS[cold.argmax()] == "paired"
    assert hot[0] < cold[0]
    assert energies(20.0) == f"ViennaRNA {RNA.__version__}, Turner 2004, 20 °C"


def test_dna_is_refused():
    with pytest.raises(InputError, match="`sequences` are DNA: only RNA can be folded"):
        loop_probabilities(Sequences.from_strings(["ACGT"], DNA))


def test_without_viennarna_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "RNA", None)
    letter_probabilities.cache_clear()
    for call in (lambda: energies(37.0), lambda: loop_probabilities(Sequences.from_strings(["GACUAGCA"]))):
        with pytest.raises(InputError, match=r"`ViennaRNA` is not installed.*pip install 'seqdo\[structure\]'"):
            call()
