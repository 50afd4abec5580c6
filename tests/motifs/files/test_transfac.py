"""TRANSFAC files, as TRANSFAC, JASPAR and RSAT write them."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs
from seqdo.sequences.alphabet import DNA, RNA

CLASSIC = """VV  EXAMPLE January 15, 2013
XX
//
AC  M00001
XX
ID  V$MYOD_01
NA  MyoD
P0      A      C      G      T
01      1      2      2      0      S
02      0      5      0      0      C
XX
BA  5 functional elements in 3 genes
//
"""
OF_JASPAR = (
    "AC MA0056.1\nXX\nID MZF1\nXX\nDE MA0056.1 MZF1 ; From JASPAR\nPO\tA\tC\tG\tT\n01\t3.0\t5.0\t4.0\t8.0\nXX\n//\n"
)
OF_RSAT = """AC  cluster_1
XX
ID  cluster_1
XX
DE  wr
P0           a         c         g         t
1           31         4         1        64
2           62         4        25         9
XX
CC  program: clusterbuster
CC  consensus.IUPAC: wr
XX
//
"""


@pytest.mark.parametrize(
    ("text", "name", "matrix"),
    [
        (CLASSIC, "M00001 V$MYOD_01", [[0.2, 0.4, 0.4, 0], [0, 1, 0, 0]]),
        (CLASSIC.replace("\n", "\r\n"), "M00001 V$MYOD_01", [[0.2, 0.4, 0.4, 0], [0, 1, 0, 0]]),
        (CLASSIC.removesuffix("//\n"), "M00001 V$MYOD_01", [[0.2, 0.4, 0.4, 0], [0, 1, 0, 0]]),
        (OF_JASPAR, "MA0056.1 MZF1", [[0.15, 0.25, 0.2, 0.4]]),
        (OF_RSAT, "cluster_1", [[0.31, 0.04, 0.01, 0.64], [0.62, 0.04, 0.25, 0.09]]),
        ("NA\tALX1.p2\nPO\tT\tG\tC\tA\n1\t9\t1\t0\t0\n//\n", "ALX1.p2", [[0, 0, 0.1, 0.9]]),
        ("P0 A C G T\n7 1 1 1 1\n8 4 0 0 0\n", "motifs", [[0.25] * 4, [1, 0, 0, 0]]),
    ],
    ids=["classic", "crlf", "no end", "jaspar", "rsat", "other order", "no name, later start"],
)
def test_a_transfac_file_is_read(text, name, matrix, write):
    (motif,) = read_motifs(write(text))
    assert (motif.name, motif.alphabet) == (name, DNA)
    np.testing.assert_allclose(motif.matrix, matrix, atol=1e-12)


def test_columns_of_u_make_a_motif_rna(write):
    assert read_motifs(write(OF_JASPAR.replace("G\tT", "G\tU")))[0].alphabet == RNA


def test_several_motifs_are_read_and_one_without_a_matrix_is_named(write):
    empty = "AC  M00002\nID  V$NONE\nXX\n//\n"
    with pytest.warns(UserWarning, match=r"without a matrix were skipped: M00002 V\$NONE \(line 14\)"):
        read = read_motifs(write(CLASSIC + empty + OF_RSAT))
    assert [motif.name for motif in read] == ["M00001 V$MYOD_01", "cluster_1"]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (CLASSIC.replace("02      0", "03      0"), 10, r"V\$MYOD_01 has the number 3 in its row 2"),
        (CLASSIC.replace("5      0      0      C", "5      0"), 10, "as position 1 of motif M00001"),
        (CLASSIC.replace("5      0      0      C", "5 0 0 0 C"), 10, "as position 1 of motif M00001"),
        (CLASSIC.replace("0      5      0", "0      x      0"), 10, "as position 1 of motif M00001"),
        (CLASSIC.replace("0      5      0", "0      -5     0"), 4, "-5.0 for C at position 1"),
        (CLASSIC.replace("0      5      0", "0      0      0"), 4, "all counts at position 1 are 0"),
        (CLASSIC.replace("G      T\n", "G      K\n"), 4, "has the columns A, C, G, K"),
        (OF_JASPAR.replace("//\n", "") + OF_JASPAR, 14, "MA0056.1 MZF1 has a second matrix.*//"),
    ],
)
def test_an_error_in_a_transfac_file_names_line_and_motif(text, line, problem, write):
    with pytest.raises(InputError, match=f"line {line}: .*{problem}"):
        read_motifs(write(text))
