"""A motif is a matrix or a string, and says what is wrong with either."""

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
UNIFORM = [0.25] * 4


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
def test_the_letters_of_a_string_say_its_alphabet(text, alphabet):
    assert Motif.from_string(text).alphabet == alphabet


def test_letters_are_drawn_with_the_matrixs_probabilities(seed):
    """Each of 12 frequencies lies within 5 standard errors: another seed fails with probability below 1e-5."""
    matrix = np.array([[0.1, 0.2, 0.3, 0.4], [0, 0.5, 0.5, 0], [0.9, 0, 0, 0.1]])
    n = 20_000
    drawn = Motif("m", matrix).draw(n, np.random.default_rng(seed))
    found = np.stack([(drawn == code).mean(0) for code in range(4)], axis=1)
    assert (np.abs(found - matrix) <= 5 * np.sqrt(matrix * (1 - matrix) / n)).all()


def test_a_letter_of_probability_0_is_never_drawn_though_rows_were_rounded(seed):
    """Rows that sum to 0.99 leave no share for a letter of probability 0 (with 10,000 draws, 100 T if they did)."""
    drawn = Motif("m", np.array([[0.33, 0.33, 0.33, 0.0]])).draw(10_000, np.random.default_rng(seed))
    assert set(np.unique(drawn).tolist()) == {0, 1, 2}


@pytest.mark.parametrize(("text", "same"), [("CACGTG", True), ("GNC", True), ("RNY", True), ("GAA", False)])
def test_a_palindrome_is_known_mot_16(text, same):
    assert Motif.from_string(text).palindromic is same


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_pattern_is_refused_mot_07(text):
    with pytest.raises(InputError, match="empty pattern"):
        Motif.from_string(text)


@pytest.mark.parametrize(("text", "found"), [("GAXTA", "'X' at position 2"), ("  GAT-A", "'-' at position 3")])
def test_a_letter_of_no_alphabet_is_named_with_its_position(text, found):
    with pytest.raises(InputError, match=re.escape(found)):
        Motif.from_string(text)


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_probability_is_named_mot_08(value):
    matrix = np.array([UNIFORM, UNIFORM, [0.5, 0.5, value, 0.1]])
    with pytest.raises(InputError, match=rf"motif CTCF: {re.escape(str(value))} for G at position 2"):
        Motif("CTCF", matrix)


def test_infinities_that_cancel_are_named_and_not_warned_of_mot_08():
    with pytest.raises(InputError, match="motif m: inf for A at position 0"):
        Motif("m", np.array([[np.inf, -np.inf, 0, 0]]))


def test_log_odds_are_recognised_mot_09():
    with pytest.raises(InputError, match=r"looks like log-odds: write Motif\.from_pwm"):
        Motif("m", np.array([[1.2, -3, -3, 0.4], [1.5, -2, -2, -2]]))


def test_log_odds_given_as_counts_are_recognised_mot_09():
    with pytest.raises(InputError, match=r"-3\.0 for C at position 0.*Motif\.from_pwm"):
        Motif.from_counts("m", np.array([[1.2, -3, -3, 0.4], [1.5, -2, -2, -2]]))


def test_counts_given_as_probabilities_are_recognised():
    with pytest.raises(InputError, match=r"position 0 sum to 12.*Motif\.from_counts"):
        Motif("m", np.array([[3, 3, 3, 3], [12, 0, 0, 0]]))


def test_a_matrix_on_its_side_is_recognised_mot_10():
    with pytest.raises(InputError, match=r"shape \(4, 2\).*matrix\.T"):
        Motif("m", np.full((4, 2), 0.25))


ASYMMETRIC = np.eye(4)[[2, 0, 3, 1]]
"""GATC: its rows and its columns sum to 1, and it reads as CATG... on its side."""


@pytest.mark.parametrize(
    "make",
    [
        lambda: Motif("m", ASYMMETRIC),
        lambda: Motif.from_counts("m", 7 * ASYMMETRIC),
        lambda: Motif.from_pwm("m", ASYMMETRIC),
        lambda: Motif(
            "m", np.array([[0.7, 0.1, 0.0, 0.3], [0.1, 0.2, 0, 0.3], [0.1, 0.3, 1, 0.2], [0.1, 0.4, 0, 0.2]])
        ),
    ],
)
def test_a_4_x_4_matrix_that_could_be_either_way_needs_its_axis_mot_10(make):
    with pytest.raises(InputError, match=r"4 x 4.*Say axis=1"):
        make()


def test_the_axis_settles_a_4_x_4_matrix_mot_10():
    assert Motif("m", ASYMMETRIC, axis=1).text == "GATC"
    assert Motif("m", ASYMMETRIC.T, axis=0).text == "GATC"
    assert Motif.from_counts("m", ASYMMETRIC, axis=1).text == "GATC"
    assert Motif.from_counts("m", ASYMMETRIC.T, axis=0).text == "GATC"
    assert Motif.from_pwm("m", ASYMMETRIC.T, axis=0).text == "GATC"


@pytest.mark.parametrize("text", ["GATC", "TGCA", "ACGT", "GANC"])
def test_a_string_of_four_letters_is_never_ambiguous(text):
    motif = Motif.from_string(text)
    assert motif.text == motif.consensus().text == motif.reverse_complement().reverse_complement().text == text


def test_a_4_x_4_matrix_whose_rows_alone_sum_to_1_is_read_as_it_is():
    assert Motif("m", np.eye(4)[[0, 0, 0, 3]]).text == "AAAT"


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


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_no_number_is_named_mot_08(value):
    with pytest.raises(InputError, match=f"{value} for T at position 0"):
        Motif.from_pwm("m", np.array([[0, 0, 0, value]]))


@pytest.mark.parametrize("given", [[["A", "C"]], "GATTACA", [[1, 2], [3]]])
def test_a_matrix_that_is_not_numbers_is_refused(given):
    with pytest.raises(InputError, match=r"not all numbers.*Motif\.from_string"):
        Motif("m", given)


def test_a_motif_is_written_as_its_consensus_unless_sampled():
    motif = Motif("m", np.array([[0.6, 0.4, 0, 0]]))
    assert as_motif(motif).certain
    assert as_motif(motif, sample=True) is motif
    assert not as_motif("R").certain
