"""What a row is in a table without labels: a position or a letter. It is never guessed."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from motif_files import as_clusterbuster, matches_or_ambiguous, one_hot
from numpy.random import default_rng

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs


def rows(table, name="m"):
    return as_clusterbuster(name, np.asarray(table, int))


def test_tgta_is_not_read_as_tncr(write):
    counts = 9 * one_hot("TGTA")
    assert read_motifs(write(rows(counts)))[0].text == "TGTA"
    assert read_motifs(write(rows(counts.T)))[0].text == "TGTA"


def test_every_consensus_of_width_4_is_right_or_refused_with_both_readings(write):
    """All 256: a letter that occurs twice decides. The 24 orders of four letters are a motif both ways.

    Orders that are their own transpose (of no cycle longer than 2: 1 + 6 + 3 = 10) are the same motif both ways.
    """
    outcomes = Counter()
    for letters in product("ACGT", repeat=4):
        text = "".join(letters)
        outcome = matches_or_ambiguous(write(rows(9 * one_hot(text))), one_hot(text))
        outcomes[outcome] += 1
        assert outcome, text
        assert outcome is True or len(set(text)) == 4, text
    assert outcomes == {True: 256 - 14, "ambiguous": 24 - 10}


def test_sums_over_letters_decide_although_some_sites_have_gaps(write):
    counts = np.array(
        [[10, 2, 3, 5], [1, 1, 17, 1], [0, 19, 0, 0], [4, 4, 4, 8]]
    )  # sums 20, 20, 19, 20; 15, 26, 24, 14
    expected = counts / counts.sum(1, keepdims=True)
    half = np.diag([9, 20, 4, 20]) @ one_hot("TGTA")  # sums differ, but the other reading has a position without sites
    assert read_motifs(write(rows(half)))[0].text == read_motifs(write(rows(half.T)))[0].text == "TGTA"
    for table in (counts, counts.T):
        np.testing.assert_allclose(read_motifs(write(rows(table)))[0].matrix, expected)


def test_random_counts_of_width_4_are_never_transposed(write, seed):
    """Each of 200 tables of 30 sites is right or refused; a wrong reading needs four equal sums by chance.

    The chance of four letter totals within 10 % of 30 is about 1 in 20. These tables are refused, not misread.
    """
    rng, outcomes = default_rng(seed), Counter()
    for _ in range(200):
        counts = np.array([rng.multinomial(30, rng.dirichlet(np.full(4, 0.5))) for _ in range(4)])
        for table in (counts, counts.T):
            outcomes[matches_or_ambiguous(write(rows(table)), counts / 30)] += 1
    assert not outcomes[False]
    assert outcomes["ambiguous"] < 40


def test_a_wider_motif_of_the_same_file_decides(write):
    """A file is of one format."""
    for turned in (lambda table: table, lambda table: table.T):
        text = rows(turned(9 * one_hot("GATC")), "a") + rows(turned(9 * one_hot("GATCCA")), "b")
        assert [motif.text for motif in read_motifs(write(text))] == ["GATC", "GATCCA"]
        text = rows(turned(9 * one_hot("GATC")), "a") + rows(turned(9 * one_hot("TGTA")), "b")
        assert [motif.text for motif in read_motifs(write(text))] == ["GATC", "TGTA"]


def test_the_shape_of_one_motif_counts_more_than_the_sums_of_two(write):
    uneven = [[8, 0, 0, 0], [0, 4, 2, 0], [0, 4, 2, 0], [0, 0, 4, 8]]  # the sums of A, C, G and T are equal by chance
    text = rows(uneven, "a") + rows(uneven, "b") + rows(9 * one_hot("ACGTA"), "c")
    assert read_motifs(write(text))[0].matrix.tolist() == [
        [1, 0, 0, 0],
        [0, 2 / 3, 1 / 3, 0],
        [0, 2 / 3, 1 / 3, 0],
        [0, 0, 1 / 3, 2 / 3],
    ]


def test_the_caller_decides_with_format(write):
    path = write(rows(9 * one_hot("GATC")))
    with pytest.raises(InputError, match=r'reads GATC .*CTAG .*format="clusterbuster".*format="jaspar"'):
        read_motifs(path)
    assert read_motifs(path, format="clusterbuster")[0].text == "GATC"
    assert read_motifs(path, format="JASPAR")[0].text == "CTAG"


def test_motifs_of_width_1_are_read_both_ways(write):
    assert read_motifs(write(">a\n9\n1\n0\n0\n"))[0].matrix.tolist() == [[0.9, 0.1, 0, 0]]
    assert read_motifs(write(">a\n9 1 0 0\n"))[0].matrix.tolist() == [[0.9, 0.1, 0, 0]]


def test_a_minority_of_other_orientation_is_reported_not_transposed(write):
    text = rows(one_hot("ACGTA"), "a") + rows(one_hot("ACG").T, "b") + rows(one_hot("AC"), "c")
    with pytest.raises(InputError, match=r"line 8: '1\\t0\\t0' as position 0 of motif b.*other 2 motifs"):
        read_motifs(write(text))
    with pytest.raises(InputError, match=r"motif a has 5 rows of 4 numbers, other motifs the reverse"):
        read_motifs(write(rows(one_hot("ACGTA"), "a") + rows(one_hot("ACG").T, "b")))
    with pytest.raises(InputError, match=r"motif a has 5 rows of 3 numbers"):
        read_motifs(write(rows(one_hot("ACGTA")[:, :3], "a")))


def test_one_damaged_row_does_not_turn_a_motif(write):
    text = rows(one_hot("ACGTA")).replace("0\t1\t0\t0", "0\t1\t0")
    with pytest.raises(InputError, match=r"position 1 of motif m has 3 numbers"):
        read_motifs(write(text))
