"""A matrix that is not a motif is refused, with the cell or the shape and with advice."""

from __future__ import annotations

import re

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif

UNIFORM = [0.25] * 4


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_a_probability_is_named_mot_08(value):
    matrix = np.array([UNIFORM, UNIFORM, [0.5, 0.5, value, 0.1]])
    with pytest.raises(InputError, match=rf"motif CTCF: {re.escape(str(value))} for G at position 2"):
        Motif("CTCF", matrix)


def test_infinities_that_cancel_are_named_and_give_no_warning_mot_08():
    with pytest.raises(InputError, match="motif m: inf for A at position 0"):
        Motif("m", np.array([[np.inf, -np.inf, 0, 0]]))


def test_log_odds_are_recognized_mot_09():
    with pytest.raises(InputError, match=r"look like log-odds: write sd\.Motif\.from_pwm"):
        Motif("m", np.array([[1.2, -3, -3, 0.4], [1.5, -2, -2, -2]]))


def test_log_odds_given_as_counts_are_recognized_mot_09():
    with pytest.raises(InputError, match=r"-3\.0 for C at position 0.*Motif\.from_pwm"):
        Motif.from_counts("m", np.array([[1.2, -3, -3, 0.4], [1.5, -2, -2, -2]]))


def test_counts_given_as_probabilities_are_recognized():
    with pytest.raises(InputError, match=r"position 0 sum to 12.*Motif\.from_counts"):
        Motif("m", np.array([[3, 3, 3, 3], [12, 0, 0, 0]]))


def test_a_matrix_on_its_side_is_recognized_mot_10():
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
    with pytest.raises(InputError, match=r"4 x 4.*`axis`.*Write axis=1"):
        make()


def test_the_axis_settles_a_4_x_4_matrix_mot_10():
    assert Motif("m", ASYMMETRIC, axis=1).text == "GATC"
    assert Motif("m", ASYMMETRIC.T, axis=0).text == "GATC"
    assert Motif.from_counts("m", ASYMMETRIC, axis=1).text == "GATC"
    assert Motif.from_counts("m", ASYMMETRIC.T, axis=0).text == "GATC"
    assert Motif.from_pwm("m", ASYMMETRIC.T, axis=0).text == "GATC"


def test_a_4_x_4_matrix_whose_rows_alone_sum_to_1_is_read_as_it_is():
    assert Motif("m", np.eye(4)[[0, 0, 0, 3]]).text == "AAAT"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_not_a_number_is_named_mot_08(value):
    with pytest.raises(InputError, match=f"{value} for T at position 0"):
        Motif.from_pwm("m", np.array([[0, 0, 0, value]]))


@pytest.mark.parametrize("table", [[["A", "C"]], "GATTACA", [[1, 2], [3]]])
def test_a_matrix_that_is_not_numbers_is_refused(table):
    with pytest.raises(InputError, match=r"not all numbers.*Motif\.from_string"):
        Motif("m", table)
