"""Texts of motif files, for the tests that read them."""

from __future__ import annotations

import numpy as np

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs

MEME = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

MOTIF MA0001.1 AGL3

letter-probability matrix: alength= 4 w= 3 nsites= 8 E= 0
  0.500000\t0.250000\t0.125000\t0.125000
  0.000000\t1.000000\t0.000000\t0.000000
  0.250000\t0.250000\t0.500000\t0.000000

URL http://example.org/AGL3
"""
MATRIX = [[0.5, 0.25, 0.125, 0.125], [0, 1, 0, 0], [0.25, 0.25, 0.5, 0]]
JASPAR = ">MA0001.1 AGL3\nA [ 4 0 2 ]\nC [ 2 8 2 ]\nG [ 1 0 4 ]\nT [ 1 0 0 ]\n"


def as_jaspar(name, counts):
    rows = [
        f"{letter} [ {' '.join(str(number) for number in row)} ]" for letter, row in zip("ACGT", counts.T, strict=True)
    ]
    return "\n".join([f">{name}", *rows, ""])


def as_meme(name, probabilities):
    rows = [" ".join(f"{number:.6f}" for number in row) for row in probabilities]
    head = f"letter-probability matrix: alength= 4 w= {len(rows)} nsites= 20 E= 0"
    return "\n".join(["MEME version 5", "", "ALPHABET= ACGT", "", f"MOTIF {name}", head, *rows, ""])


def as_transfac(name, counts):
    rows = [f"{number:02d}  " + "  ".join(str(cell) for cell in row) + "  N" for number, row in enumerate(counts, 1)]
    return "\n".join([f"ID  {name}", "XX", "P0      A      C      G      T", *rows, "XX", "//", ""])


def as_homer(name, probabilities):
    rows = ["\t".join(f"{cell:.3f}" for cell in row) for row in probabilities]
    return "\n".join([f">{'N' * len(rows)}\t{name}\t6.049537\t-41.5\t0\tT:17311.0(44.36%)", *rows, ""])


def as_cisbp(name, probabilities):
    rows = [
        "\t".join([str(number), *(repr(float(cell)) for cell in row)]) for number, row in enumerate(probabilities, 1)
    ]
    return "\n".join([f"Motif\t{name}", "Pos\tA\tC\tG\tT", *rows, ""])


def as_uniprobe(name, probabilities):
    rows = [
        f"{letter}:\t" + "\t".join(repr(float(cell)) for cell in row)
        for letter, row in zip("ACGT", probabilities.T, strict=True)
    ]
    return "\n".join([f"Protein: {name}\tSeed k-mer: ACGTACGT\tEnrichment Score: 0.49", "", *rows, ""])


def as_clusterbuster(name, counts):
    return "\n".join([f">{name}", *("\t".join(str(cell) for cell in row) for row in counts), ""])


def as_log_odds(name, probabilities, log):
    return as_clusterbuster(name, log(probabilities / 0.25))


def one_hot(text):
    return np.eye(4)[["ACGT".index(letter) for letter in text]]


def matches_or_ambiguous(path, matrix, tolerance=1e-12):
    """Whether a file is read as this matrix (True), refused as ambiguous ("ambiguous"), or neither (False)."""
    try:
        (motif,) = read_motifs(path)
    except InputError as error:
        return "ambiguous" if "4 x 4 table without letters" in str(error) else False
    return motif.matrix.shape == matrix.shape and bool(np.allclose(motif.matrix, matrix, rtol=0, atol=tolerance))
