"""A substitution: the letter at one position of each sequence becomes another, whatever the letter is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqdo.designs.changes.change import Change
from seqdo.designs.changes.site import place
from seqdo.errors import InputError
from seqdo.sequences.edit import Edit
from seqdo.sequences.sequences import Sequences

LETTERS = 4

STEPS = (1, 2, 3)
"""From a letter to each of the three others, in codes: A to C, G, T; C to G, T, A. None of them leaves it as it is."""


@dataclass(frozen=True, eq=False)
class Substitution(Change):
    """The letter at a position becomes the letter ``step`` codes further on, modulo 4.

    Sequences with different letters at the position get different letters, so the change is named by its step.

    Attributes
    ----------
    at : 0-based position
    step : 1, 2 or 3

    Raises
    ------
    InputError
        A position below 0, or a step that would leave the letter as it is.

    Examples
    --------
    >>> from seqdo.sequences.edit import apply
    >>> two = Sequences.from_strings(["AAAA", "GTTT"])
    >>> apply(two, [Substitution(0, 3).edit(np.random.SeedSequence(0), 0, two)]).to_strings()
    ['TAAA', 'CTTT']
    """

    at: int
    step: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", place(self.at, lowest=0))
        if place(self.step, "step") not in STEPS:
            raise InputError(f"step={self.step}", "1, 2 or 3 is needed: 4 codes further on is the same letter")

    @property
    def name(self) -> str:
        """Its name in errors."""
        return f"step {self.step}"

    @property
    def label(self) -> str:
        """Step and position, such as ``step 2@17``."""
        return f"step {self.step}@{self.at}"

    @property
    def writes(self) -> tuple[object, ...]:
        """Equal for the same step at the same position."""
        return self.at, "step", self.step

    @property
    def starts(self) -> tuple[int, ...]:
        """The one position."""
        return (self.at,)

    @property
    def width(self) -> int:
        """One letter."""
        return 1

    def edit(self, seed: np.random.SeedSequence, first: int, backgrounds: Sequences) -> Edit:
        """The edit of these backgrounds, whatever the seed and their index."""
        self.check(backgrounds.lengths)
        letters = (backgrounds.codes[:, self.at] + np.uint8(self.step)) % np.uint8(LETTERS)
        # Equal letters are written once, so that an engine sees one edit for all sequences.
        alike = bool((letters == letters[0]).all())
        return Edit(self.name, letters[:1] if alike else letters[:, None], self.at)
