"""Sets of backgrounds that depend on one another: inference is over the sets.

Either they were drawn together, and are balanced, or they are made of one sequence (shuffles of it, or letters at its
GC): what is kept of it makes the effects on them alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.outcomes.outcomes import Outcomes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sets:
    """How the backgrounds of a run hang together.

    Attributes
    ----------
    size : backgrounds to a set, the most where they differ by one; 1 where all are independent
    number : of sets
    balance : "columns" or "dinucleotides" of balanced sets; "" of others
    independent : int
        Independent backgrounds that all sets together are worth at the least; rules on how many
        backgrounds a rare response needs to be seen count these. Of shuffles they are their sources: a
        response may hang on the source.
    sources : int
        Sequences that more backgrounds than these are made of, and background i belongs to sequence i mod
        ``sources``; 0 where no two share one. With 1 all are made of one sequence: they are independent, given it.
    """

    size: int
    number: int
    balance: str
    independent: int
    sources: int = 0

    @classmethod
    def of(cls, outcomes: Outcomes) -> Sets:
        """The sets that provenance tells of.

        Raises
        ------
        InputError
            A number of backgrounds, or of extra ones, that is no whole number of balanced sets; a run that could stop
            early, whose looks took those of one sequence for independent.
        """
        n, given = outcomes.y.sizes["background"], outcomes.provenance.get("background")
        if isinstance(given, dict) and "set" in given:  # outcomes may have been put together by hand
            return cls._balanced(outcomes, n, given)
        sources = in_turn(outcomes)
        if n <= sources or not sources:
            return cls(1, n, "", n)
        if sources == 1:
            return cls(1, n, "", n, 1)
        if outcomes.stopped:
            raise InputError(
                f"outcomes of run(until=...) with {n:,} backgrounds made of {sources:,} sequences",
                "its looks took all of them for independent",
                f"Run again, with n={sources} or fewer, or with a fixed n",
            )
        return cls(-(-n // sources), sources, "", sources, sources)

    @classmethod
    def _balanced(cls, outcomes: Outcomes, n: int, given: Mapping[str, Any]) -> Sets:
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
        """What inference is over: (..., backgrounds) to (..., sets), whose plain mean is that of all backgrounds.

        Means over each balanced set. Of m sources and n backgrounds, mean + (m/n) Σ (value − mean) over those of each
        source, which is the source's mean where all have as many: the variance of these rows over m is the
        cluster-robust variance of the mean, with the factor m/(m − 1), and its t has m − 1 degrees of freedom
        (Cameron & Miller 2015, J. Human Resources 50:317, eq. 10-12 for an intercept alone).

        >>> Sets(2, 2, "columns", 2).means(np.array([1.0, 3.0, 5.0, 6.0])).tolist()
        [2.0, 5.5]
        >>> Sets(2, 2, "", 2, sources=2).means(np.array([3.0, 0.0, 6.0])).tolist()  # 3 and 6 are of one source
        [5.0, 1.0]
        """
        if self.size == 1:
            return values
        if not self.sources:
            return np.asarray(values.reshape(*values.shape[:-1], -1, self.size).mean(-1))
        n, whole = values.shape[-1], values.shape[-1] // self.sources * self.sources
        mean = values.mean(-1, keepdims=True)
        apart = values - mean
        rows = apart[..., :whole].reshape(*values.shape[:-1], -1, self.sources).sum(-2)
        rows[..., : n - whole] += apart[..., whole:]
        return np.asarray(mean + self.sources / n * rows)


def in_turn(outcomes: Outcomes) -> int:
    """Sequences that the backgrounds of a run, and its extra ones, are made of in turn; 0 for other backgrounds."""
    given = outcomes.provenance.get("background")
    return int(given.get("in_turn", 0)) if isinstance(given, dict) else 0
