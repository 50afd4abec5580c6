"""Files of Cluster-Buster and cisTarget: after a name, a row for each position."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs

TWO = (
    ">MA0004.1\n4   16  0   0\n20  0   0   0\n"
    ">MA0008.1 x\n# WEIGHT: 3.0\n# GAP: 10.0\n3   13  4   5\n0 0.5 0.5 0\n10 0 0 0\n"
)


@pytest.mark.parametrize("text", [TWO, TWO.replace("\n", "\r\n"), TWO.replace("   ", "\t"), TWO.replace(">", "  > ")])
def test_a_cb_file_is_read(text, write):
    first, second = read_motifs(write(text, "m.cb"))
    assert (first.name, second.name) == ("MA0004.1", "MA0008.1 x")
    np.testing.assert_allclose(first.matrix, [[0.2, 0.8, 0, 0], [1, 0, 0, 0]])
    np.testing.assert_allclose(second.matrix, [[0.12, 0.52, 0.16, 0.2], [0, 0.5, 0.5, 0], [1, 0, 0, 0]])


def test_numbers_alone_are_a_motif_named_after_the_file(write):
    assert [(m.name, m.text) for m in read_motifs(write("9 0 0 0\n0 9 0 0\n", "a.txt"))] == [("a", "AC")]
    assert [(m.name, m.text) for m in read_motifs(write("9 0\n0 9\n0 0\n0 0\n", "b.pfm"))] == [("b", "AC")]
    assert [m.name for m in read_motifs(write("9 0 0 0\n0 9 0 0\n>b\n0 9 0 0\n", "a.txt"))] == ["a", "b"]


@pytest.mark.parametrize("sums", [(0.4,), (0.9, 0.9), (1.0, 1.2), (0.5, 1.0, 1.0)])
def test_probabilities_that_do_not_sum_to_1_are_refused(sums, write):
    rows = "".join(f"{total / 2} {total / 2} 0 0\n" for total in sums)
    off = next(i for i, total in enumerate(sums) if total != 1)
    with pytest.raises(InputError, match=f"motif a: the probabilities at position {off} sum to {sums[off]}"):
        read_motifs(write(f">a\n{rows}"))


def test_weighted_counts_below_1_are_counts_if_each_position_has_the_same_weight(write):
    (motif,) = read_motifs(write(">a\n0.5 0.5 0.25 0.25\n0.75 0.75 0 0\n"))
    np.testing.assert_allclose(motif.matrix, [[1 / 3, 1 / 3, 1 / 6, 1 / 6], [0.5, 0.5, 0, 0]])


def test_a_title_in_front_of_the_first_name_is_no_motif(write):
    assert [motif.name for motif in read_motifs(write("JASPAR 2024, release 1\n" + TWO))] == ["MA0004.1", "MA0008.1 x"]


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("20  0   0   0", "20 0 0", 3, "has 3 numbers, not four"),
        ("20  0   0   0", "20 0 0 0 0", 3, "has 5 numbers, not four"),
        ("20  0   0   0", "20 O 0 0", 3, "as position 1 of motif MA0004.1 is not four numbers"),
        ("20  0   0   0", "0 0 0 0", 1, "all counts at position 1 are 0"),
        ("20  0   0   0", "20 inf 0 0", 1, "inf for C at position 1"),
        (">MA0004.1\n4   16  0   0\n", ">MA0004.1\n0.2 0.8 0 0\n20 0.1 0 0\n-4 0 0 0\n", 1, "-4.0 for A at position 2"),
    ],
)
def test_an_error_in_a_cb_file_names_line_and_motif(old, new, line, problem, write):
    with pytest.raises(InputError, match=f"line {line}: .*{problem}.*other 1 motif"):
        read_motifs(write(TWO.replace(old, new)))
