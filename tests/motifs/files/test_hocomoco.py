"""HOCOMOCO's counts and log-odds: log-odds become the probabilities that they were made of, or are refused."""

from __future__ import annotations

import numpy as np
import pytest
from motif_files import as_clusterbuster, as_log_odds, one_hot

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs

COUNTS = np.array([[40.0, 10, 30, 20], [1, 2, 3, 94], [0, 100, 0, 0]])


def pwm_of_hocomoco(counts):
    """The formula of HOCOMOCO: ln((x + a q) / ((N + a) q)), with N sites, a = ln N and q = 0.25."""
    sites = counts.sum(1, keepdims=True)
    return np.log((counts + np.log(sites) * 0.25) / ((sites + np.log(sites)) * 0.25))


@pytest.mark.parametrize("format", [None, "hocomoco"])
def test_counts_are_divided_by_their_sum(format, write):
    text = as_clusterbuster("AHR_HUMAN.H11MO.0.B", COUNTS)
    for form in (text, text.replace(">", "> ").replace("\t", "  "), text.replace("\n", "\r\n")):
        (motif,) = read_motifs(write(form, "a.pcm"), format=format)
        assert motif.name == "AHR_HUMAN.H11MO.0.B"
        np.testing.assert_allclose(motif.matrix, COUNTS / 100)


def test_log_odds_of_hocomoco_become_its_counts_with_its_pseudocount(write):
    (motif,) = read_motifs(write(as_clusterbuster("A.H12CORE.0.P.B", pwm_of_hocomoco(COUNTS)), "a.pwm"))
    np.testing.assert_allclose(motif.matrix, (COUNTS + np.log(100) / 4) / (100 + np.log(100)), atol=1e-12)


@pytest.mark.parametrize("log", [np.log, np.log2, np.log10])
def test_the_base_of_the_logarithm_is_recognized(log, write):
    wanted = (COUNTS + 1) / 104
    motifs = [wanted, wanted[::-1], np.full((2, 4), 0.25)]  # the last fits any base: the others decide
    text = "".join(as_log_odds(f"m{i}", matrix, log) for i, matrix in enumerate(motifs))
    for motif, matrix in zip(read_motifs(write(text)), motifs, strict=True):
        np.testing.assert_allclose(motif.matrix, matrix, atol=1e-12)


def test_scores_printed_with_three_decimals_are_recognized(write):
    scores = pwm_of_hocomoco(COUNTS).round(3)
    (motif,) = read_motifs(write(as_clusterbuster("m", scores)))
    np.testing.assert_allclose(motif.matrix, (COUNTS + np.log(100) / 4) / (100 + np.log(100)), atol=1e-3)


@pytest.mark.parametrize("text", ["TGTA", "GCGC", "AAAC"])
def test_log_odds_of_width_4_are_not_transposed(text, write):
    matrix = np.where(one_hot(text) == 1, 0.91, 0.03)
    if text == "GCGC":
        matrix[0] = [0.4, 0.1, 0.4, 0.1]
    (motif,) = read_motifs(write(as_log_odds("m", matrix, np.log)))
    np.testing.assert_allclose(motif.matrix, matrix, atol=1e-12)


@pytest.mark.parametrize(
    ("scores", "problem"),
    [
        (np.log(COUNTS[:2] / 100 / [0.3, 0.2, 0.2, 0.3]), "not log-odds of equal letter frequencies"),
        (np.array([[1.0, -2, 0.5, 0.3], [0.2, 0.3, -4, 1]]), "not log-odds of equal letter frequencies"),
        (np.round(100 * pwm_of_hocomoco(COUNTS)), "not log-odds of equal letter frequencies"),
        (np.array([[0.001, -0.001, 0, 0], [0, 0, 0.001, -0.001]]), "not log-odds of equal letter frequencies"),
    ],
    ids=["another background", "no log-odds", "scaled", "any base"],
)
def test_scores_that_do_not_sum_to_1_are_refused_with_advice(scores, problem, write):
    with pytest.raises(InputError, match=rf"line 1: motif m .*{problem}.*\.pcm.*sd\.Motif\(name, b"):
        read_motifs(write(as_clusterbuster("m", scores)))


def test_one_motif_of_another_base_is_refused_alone(write):
    """The others say that the base is e. By it, the first position of the odd motif sums to more than 1."""
    text = "".join(as_log_odds(name, (COUNTS + 1) / 104, np.log) for name in "abc")
    odd = as_log_odds("odd", (COUNTS + 1) / 104, np.log2)
    with pytest.raises(InputError, match=r"line 13: motif odd .* the base 2.72, the four p.*other 3 motifs"):
        read_motifs(write(text + odd))
    with pytest.warns(UserWarning, match="1 of 4 motifs"):
        assert [motif.name for motif in read_motifs(write(odd + text), errors="skip")] == ["a", "b", "c"]


def test_one_negative_count_among_many_is_not_taken_for_log_odds(write):
    text = as_clusterbuster("a", COUNTS) + as_clusterbuster("b", COUNTS - np.eye(4)[:3]) + as_clusterbuster("c", COUNTS)
    with pytest.raises(
        InputError, match=r"line 5: motif b: -1.0 for C at position 1.*log-odds.*other 2 motifs"
    ) as error:
        read_motifs(write(text.replace("\t1.0\t3.0", "\t-1.0\t3.0")))
    assert "motif a" not in str(error.value)
