"""Letters that differ from sequence to sequence: alleles of a variant, or stretches of other sequences."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.changes.change import Change
from seqdo.errors import InputError
from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.edit import Edit
from seqdo.sequences.sequences import Sequences


@dataclass(frozen=True, eq=False)
class Written(Change):
    """Row i of some letters, written at its own start into background i.

    Where there are more backgrounds than rows, backgrounds cycle through the rows: background i gets row i mod rows.

    Attributes
    ----------
    what : its name in errors
    rows : uint8 (rows, width)
        Codes 0-3, or KEEP where the background's letter stays.
    at : int64 (rows,), 0-based starts

    Raises
    ------
    InputError
        Letters and starts whose shapes do not match, or no rows.

    Examples
    --------
    >>> from seqdo.sequences.alphabet import DNA
    >>> from seqdo.sequences.edit import apply
    >>> two = Sequences.from_strings(["AAAAAA", "TTTTTT"])
    >>> alleles = Written("allele", np.array([DNA.encode("G"), DNA.encode("C")]), np.array([1, 4]))
    >>> apply(two, [alleles.edit(np.random.SeedSequence(0), 0, two)]).to_strings()
    ['AGAAAA', 'TTTTCT']
    """

    what: str
    rows: NDArray[np.uint8]
    at: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or self.at.shape != (len(self.rows),) or not self.rows.size:
            raise InputError(
                f"{self.what}: `rows` of shape {self.rows.shape} and `at` of shape {self.at.shape}",
                "letters (rows, width) and one start for each row are needed, at least one row",
            )
        Edit(self.what, self.rows, self.at)  # refuses codes that are no letters

    @property
    def turns(self) -> int:
        """The number of rows."""
        return len(self.at)

    @property
    def name(self) -> str:
        """Its name in errors and arms."""
        return self.what

    @property
    def label(self) -> str:
        """Its name; starts differ from row to row."""
        return self.what

    @property
    def writes(self) -> tuple[object, ...]:
        """Equal for the same letters at the same places."""
        return self.at.tobytes(), sha256(self.rows.tobytes()).hexdigest(), self.rows.shape

    @property
    def starts(self) -> tuple[int, ...]:
        """Every start, in order."""
        return tuple(np.unique(self.at).tolist())

    @property
    def width(self) -> int:
        """Width of a row."""
        return int(self.rows.shape[1])

    @property
    def columns(self) -> NDArray[np.int64]:
        """Every column that a row has a letter for."""
        row, place = np.nonzero(self.rows != KEEP)
        return np.unique(self.at[row] + place)

    def check(self, lengths: NDArray[np.int64]) -> None:
        """Refuse a sequence that is too short for its own row, whatever other rows need."""
        turns = np.arange(len(lengths)) % len(self.at)
        off = (self.at[turns] < 0) | (self.at[turns] + self.width > lengths)
        if off.any():
            super().check(lengths[off])

    def edit(self, seed: np.random.SeedSequence, first: int, backgrounds: Sequences) -> Edit:
        """The edit of backgrounds first, first + 1, ..., whatever the seed."""
        rows = np.arange(first, first + len(backgrounds)) % len(self.at)
        return Edit(self.name, self.rows[rows], self.at[rows])
