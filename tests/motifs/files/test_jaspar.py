"""JASPAR files: the matrix that they hold, or an error with file and line."""

from __future__ import annotations

import re

import numpy as np
import pytest
from motif_files import JASPAR, MEME

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs
from seqdo.sequences.alphabet import DNA, RNA


@pytest.mark.parametrize(
    "text",
    [
        JASPAR,
        JASPAR.lower().replace(">ma0001.1 agl3", ">MA0001.1 AGL3"),
        JASPAR.replace(" ", "\t"),
        JASPAR.replace("[ ", "[").replace(" ]", "]"),
        JASPAR.replace("A [", "A  [").replace("4 0 2", "4.0  0.0 2.00"),
        JASPAR.replace("[", "").replace("]", ""),
        re.sub(r"(?m)^[ACGT] \[(.*)\]$", r"\1", JASPAR),
        JASPAR.replace("\n", "\r\n"),
        "\ufeff" + JASPAR,
        ">MA0001.1 AGL3\nT [ 1 0 0 ]\nG [ 1 0 4 ]\nC [ 2 8 2 ]\nA [ 4 0 2 ]\n",
    ],
    ids=["plain", "lower", "tabs", "tight", "floats", "labels", "bare", "crlf", "bom", "rows in another order"],
)  # fmt: skip
def test_a_jaspar_file_equals_its_meme_file_mot_12(text, write):
    (motif,) = read_motifs(write(text), format="jaspar")
    (same,) = read_motifs(write(MEME, "same.meme"))
    assert motif.name == same.name
    np.testing.assert_array_equal(motif.matrix, same.matrix)


def test_rows_of_u_make_a_jaspar_motif_rna(write):
    assert read_motifs(write(JASPAR.replace("T [", "U [")))[0].alphabet == RNA
    assert read_motifs(write(JASPAR))[0].alphabet == DNA


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (JASPAR.replace("4 0 2", "4 0 -2"), 1, r"motif MA0001.1 AGL3: -2.0 for A at position 2"),
        (JASPAR.replace("2 8 2", "2 nan 2"), 1, r"AGL3: nan for C at position 1"),
        (JASPAR.replace("2 8 2", "2 8"), 3, r"has 2 counts in this row and 3 in the first"),
        (JASPAR.replace("2 8 2", "2 x 2"), 3, r"'C \[ 2 x 2 \]' in motif MA0001.1 AGL3"),
        (JASPAR.replace("2 8 2", ""), 3, r"'C \[  \]' in motif"),
        (JASPAR.replace("2 8 2", "2 0 2"), 1, r"all counts at position 1 are 0"),
        (JASPAR.replace("T [ 1 0 0 ]\n", ""), 1, r"has 3 rows"),
        (JASPAR.replace("T [", "G ["), 1, r"has the rows A, C, G, G"),
        ("A [ 1 2 ]\n", 1, r"a JASPAR file starts with '>identifier name', a MEME file with"),
    ],
)  # fmt: skip
def test_an_error_in_a_jaspar_file_names_file_line_and_value_mot_08_mot_09(text, line, problem, write):
    path = write(text)
    where = re.escape(str(path)) + (f", line {line}: " if line else "")
    with pytest.raises(InputError, match=where + ".*" + problem):
        read_motifs(path)


def test_a_meme_file_given_as_jaspar_is_refused(write):
    with pytest.raises(InputError, match=r"format='jaspar': .*holds no motifs.*looks like meme"):
        read_motifs(write(MEME), format="jaspar")
