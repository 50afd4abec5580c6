"""Texts of motif files, for the tests that read them."""

from __future__ import annotations

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
