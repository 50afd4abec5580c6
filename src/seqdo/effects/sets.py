"""Sets of backgrounds that were drawn together: inference is over them, as those of a set depend on one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.outcomes import Outcomes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sets:
    """How the backgrounds of a run hang together.

    Attributes
    ----------
    size : backgrounds to a set; 1 where all are independent
    number : of sets
    balance : "columns" or "dinucleotides"; "" where sets are single backgrounds
    independent : int
        Independent backgrounds that all sets together are worth at the least; rules on how many
        backgrounds a rare response needs to be seen count these.
    """

    size: int
    number: int
    balance: str
    independent: int

    @classmethod
    def of(cls, outcomes: Outcomes) -> Sets:
        """The sets that provenance tells of.

        Raises
        ------
        InputError
            A number of backgrounds, or of extra ones, that is no whole number of sets.
        """
        n, given = outcomes.y.sizes["background"], outcomes.provenance.get("background")
        if not isinstance(given, dict) or "set" not in given:  # or outcomes were put together by hand
            return cls(1, n, "", n)
        size = int(given["set"])
        extra = 0 if outcomes.extra is None else len(outcomes.extra.backgrounds)
        for what, number in (("backgrounds", n), ("extra backgrounds", extra)):
            if number % size:
                raise InputError(
                    f"outcomes of {number} {what}, balanced in sets of {size}", "whole sets are needed",
                    f"Keep the first {number // size * size}" if number > size else f"Run n={size} or more",
                )  # fmt: skip
        return cls(size, n // size, str(given["balance"]), n // size * int(given["independent"]))

    def means(self, values: Floats) -> Floats:
        """Means over each set: (..., backgrounds) to (..., sets).

        >>> Sets(2, 2, "columns", 2).means(np.array([1.0, 3.0, 5.0, 6.0])).tolist()
        [2.0, 5.5]
        """
        if self.size == 1:
            return values
        return np.asarray(values.reshape(*values.shape[:-1], -1, self.size).mean(-1))
