"""HOMER files: probabilities in rows of positions, after a header of consensus, name and threshold."""

from __future__ import annotations

import numpy as np
import pytest
from motif_files import as_homer, one_hot

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs

TWO = (
    ">AST\t1-AST,BestGuess:Elk1(ETS)\t8.059752\t-23791.535714\t0\tT:17311.0(44.36%),B:2181.5(5.80%),P:1e-10317\n"
    "0.726\t0.002\t0.170\t0.102\n0.002\t0.494\t0.354\t0.150\n0.016\t0.016\t0.014\t0.954\n"
    ">AC\tAP-1 (bZIP)/Homer\t6.049537\t-1.782996e+03\t0\n9\t1\t0\t0\n0\t10\t0\t0\n"
)


@pytest.mark.parametrize("text", [TWO, TWO.replace("\n", "\r\n"), TWO.replace("\n>", "\n\n# next\n>")])
def test_a_homer_file_is_read_and_its_second_field_is_the_name(text, write):
    first, second = read_motifs(write(text))
    assert (first.name, second.name) == ("1-AST,BestGuess:Elk1(ETS)", "AP-1 (bZIP)/Homer")
    np.testing.assert_allclose(
        first.matrix, [[0.726, 0.002, 0.17, 0.102], [0.002, 0.494, 0.354, 0.15], [0.016, 0.016, 0.014, 0.954]]
    )
    np.testing.assert_allclose(second.matrix, [[0.9, 0.1, 0, 0], [0, 1, 0, 0]])


def test_tabs_that_became_spaces_and_an_empty_consensus_are_read(write):
    rows = TWO[TWO.index("0.726") : TWO.index("\n>AC")]
    assert read_motifs(write(f">AST AP-1/x 8.05 -2e3 0 9805.3,57.0\n{rows}\n"))[0].name == "AP-1/x"
    assert read_motifs(write(f">AST\t\t8.05\n{rows}\n"))[0].name == "AST"
    assert read_motifs(write(f">\tNFkB\t8.05\n{rows}\n"))[0].name == "NFkB"


@pytest.mark.parametrize("text", ["TGTA", "GATC", "CTAG", "AAAA"])
def test_a_header_of_homer_makes_each_row_a_position(text, write):
    """GATC as numbers alone is ambiguous; the threshold and the consensus in the header are not."""
    assert read_motifs(write(as_homer("m", one_hot(text))))[0].text == text


def test_a_third_field_that_is_a_number_does_not_make_a_jaspar_file_homers(write):
    (motif,) = read_motifs(write(">MA1.1 X 2\n0 0 0 9\n0 0 0 0\n0 9 0 0\n9 0 9 0\n"))
    assert (motif.name, motif.text) == ("MA1.1 X 2", "TGTA")
    assert read_motifs(write(">mine\tX\t2\n9 0 0 0\n0 9 0 0\n"))[0].name == "X"
    assert read_motifs(write(">MA1.1 X 2\n9 0 0 0 0\n0 9 0 0 0\n0 0 9 0 0\n0 0 0 9 9\n"))[0].text == "ACGTT"


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("0.494\t", "", 3, "as position 1 of motif 1-AST"),
        ("0.494\t", "0.2\t", 1, "probabilities at position 1 sum to 0.706"),
        ("0.494\t", "-0.494\t", 1, "-0.494 for C at position 1"),
        ("9\t1\t0\t0", "0\t0\t0\t0", 5, "motif AP-1 .*all counts at position 0 are 0"),
    ],
)
def test_an_error_in_a_homer_file_names_line_and_motif(old, new, line, problem, write):
    with pytest.raises(InputError, match=f"line {line}: .*{problem}"):
        read_motifs(write(TWO.replace(old, new)))
