"""CIS-BP tables, alone and many in one file, and those that it writes without rows."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs
from seqdo.sequences.alphabet import DNA, RNA

SINGLE = "Pos\tA\tC\tG\tT\n1\t0.2\t0.3\t0.4\t0.1\n2\t0.0\t0.0\t0.0\t1.0\n"
EMPTY = "Pos\tA\tC\tG\tT\n"
FULL = f"TF\tT000676_1.02\nTF Name\tANT\nGene\tAT4G37750\nMotif\tM2364_1.02\nFamily\tAP2\nSpecies\tA\n{SINGLE}\n\n"
MATRIX = [[0.2, 0.3, 0.4, 0.1], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("text", "matrix"),
    [
        (SINGLE, MATRIX),
        (SINGLE.replace("\t", "   "), MATRIX),
        (SINGLE.replace("\n", "\r\n"), MATRIX),
        (SINGLE.replace("Pos\tA\tC\tG\tT", "pos\ta\tc\tg\tt"), MATRIX),
        (SINGLE.replace("A\tC\tG\tT", "T\tG\tC\tA"), np.array(MATRIX)[:, ::-1]),
        ("A\tC\tG\tT\n0.2\t0.3\t0.4\t0.1\n0\t0\t0\t1\n", MATRIX),
        ("T A G C\n30 0 30 40\n0 0 0 99\n", [[0, 0.4, 0.3, 0.3], [0, 1, 0, 0]]),
    ],
    ids=["plain", "spaces", "crlf", "lower", "other order", "no positions", "counts"],
)
def test_a_table_is_read_and_named_after_its_file(text, matrix, write):
    (motif,) = read_motifs(write(text, "M00116_2.00.txt"))
    assert (motif.name, motif.alphabet) == ("M00116_2.00", DNA)
    np.testing.assert_allclose(motif.matrix, matrix)
    assert read_motifs(write(gzip.compress(text.encode()), "M1_2.00.txt.gz"))[0].name == "M1_2.00"


def test_a_table_of_u_is_rna(write):
    assert read_motifs(write(SINGLE.replace("G\tT", "G\tU")))[0].alphabet == RNA


def test_each_table_of_many_is_named_by_the_lines_in_front_of_it(write):
    other = "Gene\tENSG00000197372\n" + SINGLE
    read = read_motifs(write(FULL + other + f">a name\n{SINGLE}"))
    assert [motif.name for motif in read] == ["M2364_1.02 ANT", "ENSG00000197372", "a name"]


def test_a_table_without_rows_is_refused_with_the_reason_and_can_be_skipped(write):
    """CIS-BP writes such files where TRANSFAC holds the license."""
    path = write(EMPTY, "M02931_2.00.txt")
    with pytest.raises(InputError, match=r"holds no motifs: no matrix for M02931_2.00.*license of TRANSFAC"):
        read_motifs(path)
    with pytest.warns(UserWarning, match=r"skipped: M02931_2.00 \(line 1\)"):
        assert read_motifs(path, errors="skip") == []
    with pytest.warns(UserWarning, match="is empty"):
        assert read_motifs(write(""), errors="skip") == []
    with pytest.warns(UserWarning, match=r"skipped: M3 \(line 12\)"):
        assert len(read_motifs(write(FULL.strip("\n") + f"\n\nMotif\tM3\n{EMPTY}"))) == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("0.3\t", "", 2, "as position 0 of motif M2"),
        ("0.3\t", "x\t", 2, "as position 0 of motif M2"),
        ("0.3\t", "0.2\t", 1, "probabilities at position 0 sum to 0.9"),
        ("0.3\t", "nan\t", 1, "nan for C at position 0"),
        ("2\t0.0", "3\t0.0", 3, "M2 has the number 3 in its row 2"),
        ("G\tT", "G\tN", 1, "has the columns A, C, G, N"),
    ],
)
def test_an_error_in_a_table_names_line_and_motif(old, new, line, problem, write):
    with pytest.raises(InputError, match=f"line {line}: .*{problem}"):
        read_motifs(write(SINGLE.replace(old, new), "M2.txt"))
