"""MEME files: the matrix that they hold, or an error with file and line."""

from __future__ import annotations

import re

import numpy as np
import pytest
from motif_files import JASPAR, MATRIX, MEME, as_meme

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs
from seqdo.sequences.alphabet import DNA, RNA


def test_a_meme_file_is_read(write):
    (motif,) = read_motifs(write(MEME))
    assert (motif.name, motif.alphabet) == ("MA0001.1 AGL3", DNA)
    np.testing.assert_array_equal(motif.matrix, MATRIX)


@pytest.mark.parametrize(
    ("declared", "alphabet"),
    [
        ("ALPHABET= ACGU", RNA),
        ("ALPHABET=ACGT", DNA),
        ('ALPHABET "RNA" RNA-LIKE', RNA),
        ("ALPHABET DNA", DNA),
        ("", None),
    ],
)
def test_the_alphabet_line_sets_the_alphabet(declared, alphabet, write):
    assert read_motifs(write(MEME.replace("ALPHABET= ACGT", declared)))[0].alphabet == alphabet


def test_the_full_output_of_meme_is_read(write):
    stars = "*" * 60
    text = (
        f"{stars}\nMEME - Motif discovery tool\n{stars}\nMEME version 5.5.5 (Release date: Thu Sep 7 2023)\n"
        "ALPHABET= ACGT\nCommand line: meme x.fa\n"
        f"{stars}\nMOTIF GATA MEME-1\twidth =   2  sites =  20  llr = 200  E-value = 1.0e-010\n{stars}\n"
        "\tMotif GATA MEME-1 position-specific scoring matrix\n"
        "log-odds matrix: alength= 4 w= 2 n= 900 bayes= 5.4 E= 1.0e-010\n  -1000 -1000 200 -1000\n"
        "  200 -1000 -1000 -1000\n"
        "\tMotif GATA MEME-1 position-specific probability matrix\n"
        "letter-probability matrix: alength= 4 w= 2 nsites= 20 E= 1.0e-010\n 0.0 0.0 1.0 0.0\n 1.0 0.0 0.0 0.0\n"
        "-------------------\n\tMotif GATA MEME-1 regular expression\n"
    )
    (motif,) = read_motifs(write(text))
    assert (motif.name, motif.text) == ("GATA MEME-1", "GA")


def test_probabilities_printed_with_two_decimals_are_rescaled(write):
    (motif,) = read_motifs(write(as_meme("m", np.array([[0.33, 0.33, 0.33, 0.0]]))))
    np.testing.assert_allclose(motif.matrix, [[1 / 3, 1 / 3, 1 / 3, 0]])


FIRST, LAST = "0.500000\t0.250000\t0.125000\t0.125000", "  0.250000\t0.250000\t0.500000\t0.000000\n"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (MEME.replace(FIRST, "0.5 0.3 -0.1 0.3"), 10, r"motif MA0001.1 AGL3: -0.1 for G at position 0"),
        (MEME.replace(FIRST, "0.5 nan 0.3 0.2"), 10, r"AGL3: nan for C at position 0"),
        (MEME.replace(FIRST, "inf 0 0 0"), 10, r"AGL3: inf for A at position 0"),
        (MEME.replace(FIRST, "1.2 -3.1 -2 0.4"), 10, r"-3.1 for C at position 0.*Motif.from_pwm"),
        (MEME.replace(FIRST, "40 20 10 10"), 10, r"position 0 sum to 80.*Motif.from_counts"),
        (MEME.replace(FIRST, "0 0 0 0"), 13, r"has only zeros at position 0"),
        (MEME.replace(FIRST, "0.5 0.5 0.0"), 13, r"'0.5 0.5 0.0' as position 0 of motif MA0001.1 AGL3"),
        (MEME.replace(FIRST, "0.5 0.5 0.0 x"), 13, r"'0.5 0.5 0.0 x' as position 0"),
        (MEME.replace(LAST, ""), 12, r"AGL3 declares w= 3 and has 2 rows"),
        (MEME.replace(LAST, 2 * LAST), 12, r"AGL3 declares w= 3 and has 4 rows"),
        (MEME.replace("alength= 4", "alength= 20"), 12, r"alength= 20"),
        (MEME.replace("letter-probability", "log-odds"), 10, r"no letter-probability matrix.*Motif.from_pwm"),
        (MEME.replace("ACGT", "ACDEFGHIKLMNPQRSTVWY"), 3, r"alphabet 'ACDEF"),
        (MEME[: MEME.index("MOTIF")], None, "holds no motifs"),
    ],
)  # fmt: skip
def test_an_error_in_a_meme_file_names_file_line_and_value_mot_08_mot_09(text, line, problem, write):
    path = write(text)
    where = re.escape(str(path)) + (f", line {line}: " if line else "")
    with pytest.raises(InputError, match=where + ".*" + problem):
        read_motifs(path)


def test_a_jaspar_file_given_as_meme_gets_advice(write):
    with pytest.raises(InputError, match=r"format='meme': .*holds no motifs.*looks like jaspar"):
        read_motifs(write(JASPAR), format="meme")
