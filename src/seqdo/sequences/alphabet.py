"""Alphabets: the letters of DNA and RNA, their codes, their complements, and the ambiguous IUPAC letters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PAD = 4
"""The code of a position beyond the end of a sequence. PAD is not a letter: its one-hot row is all zeros."""

KEEP = 5
"""In an edit, the code of a position that keeps the letter of the background. Sequences never contain KEEP."""

ONE_HOT = np.eye(5, 4, dtype=np.float32)
"""Row c is the one-hot vector of code c. The row of PAD is all zeros."""

_IUPAC = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip

AMBIGUOUS = "".join(letter for letter, bases in _IUPAC.items() if len(bases) > 1)
"""The IUPAC letters that stand for more than one base, N among them."""


@dataclass(frozen=True)
class Alphabet:
    """Four letters with the codes 0 to 3. DNA and RNA use the same codes, so arrays of codes fit both.

    Attributes
    ----------
    name : "dna" or "rna"
    letters : the four letters, in the order of their codes

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
        """Convert letters to codes.

        Parameters
        ----------
        text : letters, upper or lower case

        Returns
        -------
        uint8 (len(text),)
            0 to 3 for the letters of this alphabet, 255 for any other character.
        """
        return self._code_of_byte[np.frombuffer(text.encode("latin-1", "replace"), np.uint8)]

    def decode(self, codes: NDArray[np.uint8]) -> str:
        """Convert codes to letters.

        Parameters
        ----------
        codes : uint8 (length,), 0 to 3, or PAD, which is left out of the text
        """
        return bytes(np.frombuffer(self.letters.encode(), np.uint8)[codes[codes != PAD]]).decode()

    def iupac(self, letter: str) -> tuple[int, ...]:
        """List the codes that an IUPAC letter stands for.

        Parameters
        ----------
        letter : one IUPAC letter, upper or lower case

        Returns
        -------
        tuple of int
            Codes in increasing order; empty if this alphabet has no such letter.

        Examples
        --------
        >>> DNA.iupac("R"), DNA.iupac("r"), DNA.iupac("X")
        ((0, 2), (0, 2), ())
        """
        letter = letter.upper()
        # The table is written with T. RNA has U in its place, and neither alphabet has the letter of the other.
        letter = "T" if letter == self.letters[3] else ("" if letter in "TU" else letter)
        return tuple("ACGT".index(base) for base in _IUPAC.get(letter, ""))

    @property
    def _code_of_byte(self) -> NDArray[np.uint8]:
        """The code of each of the 256 bytes."""
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
    """Codes of the complementary letters, in the same order. PAD and KEEP stay unchanged."""
    return np.array([3, 2, 1, 0, PAD, KEEP], np.uint8)[codes]
