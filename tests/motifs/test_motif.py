"""A motif comes from a string, a matrix, counts or scores."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from strategies import motifs, patterns

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif, as_motif
from seqdo.sequences.alphabet import DNA, KEEP, RNA

LETTERS_OF = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "",
}  # fmt: skip


@given(patterns())
def test_a_string_gives_each_letter_of_a_code_the_same_probability(text):
    expected = [[(base in LETTERS_OF[x]) / max(1, len(LETTERS_OF[x])) for base in "ACGT"] for x in text]
    np.testing.assert_allclose(Motif.from_string(text).matrix, expected)


@given(patterns())
def test_a_strings_text_is_the_string(text):
    assert Motif.from_string(text).text == text


@given(motifs())
def test_the_reverse_complement_of_the_reverse_complement_is_the_motif(motif):
    np.testing.assert_array_equal(motif.reverse_complement().reverse_complement().matrix, motif.matrix)


@given(motifs())
def test_a_consensus_is_certain_and_has_the_likeliest_letters(motif):
    consensus = motif.consensus()
    assert consensus.certain
    assert (motif.matrix[consensus.matrix == 1] == motif.matrix.max(1)).all()


def test_a_dot_keeps_the_backgrounds_letter_as_n_does():
    assert Motif.from_string("T.A").draw(2, np.random.default_rng(0)).tolist() == [3, KEEP, 0]
    assert Motif.from_string("t.a").text == "TNA"


@pytest.mark.parametrize(("text", "alphabet"), [("GATTACA", DNA), ("GAUUACA", RNA), ("GACA", None)])
def test_the_letters_of_a_string_decide_its_alphabet(text, alphabet):
    assert Motif.from_string(text).alphabet == alphabet


def test_letters_are_drawn_with_the_matrixs_probabilities(seed):
    """Each of 12 frequencies lies within 5 standard errors: another seed fails with probability below 1e-5."""
    matrix = np.array([[0.1, 0.2, 0.3, 0.4], [0, 0.5, 0.5, 0], [0.9, 0, 0, 0.1]])
    n = 20_000
    drawn = Motif("m", matrix).draw(n, np.random.default_rng(seed))
    shares = np.stack([(drawn == code).mean(0) for code in range(4)], axis=1)
    assert (np.abs(shares - matrix) <= 5 * np.sqrt(matrix * (1 - matrix) / n)).all()


def test_a_letter_of_probability_0_is_never_drawn_though_rows_were_rounded(seed):
    """Rows that sum to 0.99 leave no share for a letter of probability 0 (with 10,000 draws, 100 T if they did)."""
    drawn = Motif("m", np.array([[0.33, 0.33, 0.33, 0.0]])).draw(10_000, np.random.default_rng(seed))
    assert set(np.unique(drawn).tolist()) == {0, 1, 2}


@pytest.mark.parametrize(("text", "same"), [("CACGTG", True), ("GNC", True), ("RNY", True), ("GAA", False)])
def test_a_palindrome_is_known_mot_16(text, same):
    assert Motif.from_string(text).palindromic is same


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_pattern_is_refused_mot_07(text):
    with pytest.raises(InputError, match=r"an empty pattern \(text="):
        Motif.from_string(text)


@pytest.mark.parametrize(("text", "place"), [("GAXTA", "'X' at position 2"), ("  GAT-A", "'-' at position 3")])
def test_a_letter_of_no_alphabet_is_named_with_its_position(text, place):
    with pytest.raises(InputError, match=re.escape(place)):
        Motif.from_string(text)


@pytest.mark.parametrize("text", ["GATC", "TGCA", "ACGT", "GANC"])
def test_a_string_of_four_letters_is_never_ambiguous(text):
    motif = Motif.from_string(text)
    assert motif.text == motif.consensus().text == motif.reverse_complement().reverse_complement().text == text


def test_counts_are_taken_either_way_round():
    counts = np.array([[6, 0, 0, 2], [0, 8, 0, 0]])
    np.testing.assert_array_equal(Motif.from_counts("m", counts).matrix, counts / 8)
    np.testing.assert_array_equal(Motif.from_counts("m", counts.T).matrix, counts / 8)


def test_a_pseudocount_is_added_to_each_cell():
    np.testing.assert_allclose(
        Motif.from_counts("m", np.array([[6, 0, 0, 2]]), pseudocount=1).matrix, [[7 / 12, 1 / 12, 1 / 12, 3 / 12]]
    )


def test_a_position_without_counts_is_refused():
    with pytest.raises(InputError, match=r"all counts at position 1 are 0.*pseudocount"):
        Motif.from_counts("m", np.array([[1, 0, 0, 0], [0, 0, 0, 0]]))


@pytest.mark.parametrize("base", [2.0, np.e, 10.0])
def test_log_odds_of_a_matrix_give_it_back(base):
    matrix = np.array([[0.1, 0.2, 0.3, 0.4], [0.0, 0.5, 0.5, 0.0]])
    with np.errstate(divide="ignore"):
        scores = np.log(matrix / 0.25) / np.log(base)
    np.testing.assert_allclose(Motif.from_pwm("m", scores, base=base).matrix, matrix, atol=1e-12)


def test_large_log_odds_do_not_overflow():
    assert Motif.from_pwm("m", np.array([[5000.0, 0, 0, 0]])).text == "A"


def test_a_motif_is_written_as_its_consensus_unless_sampled():
    motif = Motif("m", np.array([[0.6, 0.4, 0, 0]]))
    assert as_motif(motif).certain
    assert as_motif(motif, sample=True) is motif
    assert not as_motif("R").certain


def test_a_pattern_that_is_no_text_is_refused():
    with pytest.raises(InputError, match="of type int as `text`: a string of letters or a Motif"):
        Motif.from_string(5)


def test_t_and_u_in_one_pattern_are_refused():
    with pytest.raises(InputError, match="both T and U in `text`"):
        Motif.from_string("GAUT")
