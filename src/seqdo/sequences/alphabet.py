"""Alphabets: letters and their codes, complements, and the IUPAC letters that stand for several."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PAD = 4
"""The code of a place beyond a sequence's end. It is no letter: in one-hot it is all zeros."""

KEEP = 5
"""In an edit, the code of a place whose letter stays the background's. Never in a sequence."""

ONE_HOT = np.eye(5, 4, dtype=np.float32)
"""Row c is the one-hot of code c; the row of PAD is zeros."""

_IUPAC = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip


@dataclass(frozen=True)
class Alphabet:
    """Four letters with codes 0 to 3, so that DNA and RNA share every array.

    Examples
    --------
    >>> DNA.encode("GATTACA").tolist()
    [2, 0, 3, 3, 0, 1, 0]
    >>> RNA.decode(DNA.encode("GATTACA"))
    'GAUUACA'
    """

    name: str
    letters: str

    def encode(self, text: str) -> NDArray[np.uint8]:
        """Codes 0-3 of the letters, upper or lower case; any other character gets 255."""
        return self._table[np.frombuffer(text.encode("latin-1", "replace"), np.uint8)]

    def decode(self, codes: NDArray[np.uint8]) -> str:
        """Letters of the codes; PAD is left out."""
        return bytes(np.frombuffer(self.letters.encode(), np.uint8)[codes[codes != PAD]]).decode()

    def iupac(self, letter: str) -> tuple[int, ...]:
        """Codes that an IUPAC letter, upper or lower case, stands for; empty if it is not one.

        >>> DNA.iupac("R"), DNA.iupac("r"), DNA.iupac("X")
        ((0, 2), (0, 2), ())
        """
        letter = letter.upper()
        letter = "T" if letter == self.letters[3] else ("" if letter in "TU" else letter)
        return tuple("ACGT".index(base) for base in _IUPAC.get(letter, ""))

    @property
    def _table(self) -> NDArray[np.uint8]:
        table = np.full(256, 255, np.uint8)
        for code, letter in enumerate(self.letters):
            table[[ord(letter), ord(letter.lower())]] = code
        return table

    def __repr__(self) -> str:
        return self.name.upper()


DNA = Alphabet("dna", "ACGT")
RNA = Alphabet("rna", "ACGU")
ALPHABETS = {alphabet.name: alphabet for alphabet in (DNA, RNA)}


def complement(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Codes of the complementary letters; PAD and KEEP stay what they are."""
    return np.array([3, 2, 1, 0, PAD, KEEP], np.uint8)[codes]
