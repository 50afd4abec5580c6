"""UniPROBE files, and others whose rows start with their letter."""

from __future__ import annotations

import numpy as np
import pytest
from motif_files import as_uniprobe, one_hot

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs
from seqdo.sequences.alphabet import DNA, RNA

ROWS = "A:\t0.2\t0.0\nC:\t0.3\t0.0\nG:\t0.4\t0.0\nT:\t0.1\t1.0\n"
MATRIX = [[0.2, 0.3, 0.4, 0.1], [0, 0, 0, 1]]
FULL = (
    "# Motif: GTAATAAA\tEnrichment Score: 0.494\n1\tGTAATAAA\t0.494\n\nEnrichment score matrix\n\n"
    "A:\t-0.01\t0.31\nC:\t-0.02\t0.24\nG:\t0.08\t-0.32\nT:\t-0.05\t-0.21\n\nEnergy matrix for enoLOGOS\n\n"
    "PO\t1\t2\nA:\t0.12\t-2.87\nC:\t0.23\t-2.27\nG:\t-0.82\t3.01\nT:\t0.47\t1.99\n\nProbability matrix\n\n"
    + ROWS
    + "\n\n"
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Protein: Cbf1\tSeed k-mer: GTCACGTG\tEnrichment Score: 0.494\n\n" + ROWS, "Cbf1"),
        ("Gene: Abf1  Motif: x\n" + ROWS, "Abf1"),
        ("Cell08/Alx3_3418.2\n" + ROWS, "Cell08/Alx3_3418.2"),
        ("#Alx3\r\n" + ROWS.replace("\n", "\r\n"), "Alx3"),
        (ROWS, "u"),
        (ROWS.lower().replace(":", " |"), "u"),
        (ROWS.replace("\t", " ").replace(":", " ["), "u"),
        ("".join(line + "\n" for line in sorted(ROWS.splitlines(), reverse=True)), "u"),
        (FULL, "GTAATAAA"),
        (FULL[FULL.index("Enr", 40) :], "u"),
    ],
)
def test_rows_of_letters_are_read(text, name, write):
    (motif,) = read_motifs(write(text, "u.pwm"))
    assert (motif.name, motif.alphabet) == (name, DNA)
    np.testing.assert_allclose(motif.matrix, MATRIX)


def test_several_motifs_and_rna(write):
    assert [m.name for m in read_motifs(write("one\n" + ROWS + "\ntwo\n" + ROWS))] == ["one", "two"]
    assert [m.name for m in read_motifs(write(FULL + FULL.replace("GTAATAAA", "CCC")))] == ["GTAATAAA", "CCC"]
    assert read_motifs(write(ROWS.replace("T:", "U:")))[0].alphabet == RNA


def test_names_with_and_without_a_field_in_one_file_are_all_read(write):
    text = "A_primary\n" + ROWS + "B_primary\n" + ROWS + "   \n" + FULL + "C_primary\n" + ROWS
    read = read_motifs(write(text))
    assert [motif.name for motif in read] == ["A_primary", "B_primary", "GTAATAAA", "C_primary"]
    assert all(np.allclose(motif.matrix, MATRIX) for motif in read)
    with pytest.warns(UserWarning, match=r"skipped: X \(line 6\), Y \(line 7\)"):
        assert len(read_motifs(write("A\n" + ROWS + "Protein: X\nProtein: Y\n"))) == 1


def test_energies_are_never_taken_for_probabilities(write):
    with pytest.warns(UserWarning, match=r"skipped: GTAATAAA \(line 1\)"):
        (motif,) = read_motifs(write(FULL[: FULL.index("Probability")] + FULL.replace("GTAATAAA", "CCC")))
    assert motif.name == "CCC"


@pytest.mark.parametrize("text", ["TGTA", "GATC", "ACGT"])
def test_labels_decide_what_a_row_is(text, write):
    assert read_motifs(write(as_uniprobe("m", one_hot(text))))[0].text == text


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("C:\t0.3\t0.0", "C:\t0.3", 3, "motif one has 1 counts in this row and 2 in the first"),
        ("C:\t0.3\t0.0", "C:\t0.3\tx", 3, "in motif one"),
        ("C:\t0.3\t0.0\n", "", 1, "motif one has 3 rows"),
        ("C:", "G:", 1, "has the rows A, G, G, T"),
        ("0.3", "0.1", 1, "probabilities at position 0 sum to 0.8"),
    ],
)
def test_an_error_names_line_and_motif(old, new, line, problem, write):
    with pytest.raises(InputError, match=f"line {line}: .*{problem}"):
        read_motifs(write("one\n" + ROWS.replace(old, new) + "\ntwo\n" + ROWS))
