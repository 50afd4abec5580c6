"""Clusters of backgrounds that depend on one another: inference is over the clusters.

The backgrounds of a cluster were drawn together and are balanced, or they share a source sequence (shuffles of it, or
letters at its GC). What is kept of the source makes the effects on them alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.outcomes.outcomes import Outcomes
from seqdo.outcomes.run_inputs import Dependence

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Clusters:
    """How the backgrounds of a run depend on one another.

    Attributes
    ----------
    size : backgrounds in a cluster, the most where clusters differ by one; 1 where all are independent
    number : of clusters
    balance : "columns" or "dinucleotides" of balanced sets; "" of others
    independent : int
        Independent backgrounds that all clusters together are worth, at least; rules on how many
        backgrounds can reveal a rare response count these. Of shuffles, the source sequences: a
        response may depend on the source.
    sources : int
        Source sequences that a larger number of backgrounds shares; background i belongs to sequence i mod
        ``sources``. 0 where no two share a sequence. With 1 all backgrounds share one sequence: given it, they are
        independent.
    """

    size: int
    number: int
    balance: str
    independent: int
    sources: int = 0

    @classmethod
    def of(cls, outcomes: Outcomes) -> Clusters:
        """The clusters that the provenance of outcomes records.

        Raises
        ------
        InputError
            A number of backgrounds, or of extra ones, that is no multiple of the size of balanced sets; a run that
            could stop early, whose interim analyses took backgrounds of one sequence for independent.
        """
        n, dependence = outcomes.y.sizes["background"], dependence_of(outcomes)
        if dependence.set_size > 1:
            return cls._balanced(outcomes, n, dependence)
        sources = dependence.in_turn
        # Background i belongs to source i mod sources, so the first ones are of different sources: independent.
        if n <= sources or not sources:
            return cls(1, n, "", n)
        if sources == 1:
            return cls(1, n, "", n, 1)
        if outcomes.stopped:
            raise InputError(
                f"`outcomes` of run(until=...) with {n:,} backgrounds made of {sources:,} sequences",
                "its interim analyses took all of them for independent",
                f"Run again, with n={sources} or fewer, or with a fixed n",
            )
        return cls(-(-n // sources), sources, "", sources, sources)

    @classmethod
    def _balanced(cls, outcomes: Outcomes, n: int, dependence: Dependence) -> Clusters:
        size = dependence.set_size
        extra = 0 if outcomes.extra is None else len(outcomes.extra.backgrounds)
        for kind, number in (("backgrounds", n), ("extra backgrounds", extra)):
            if number % size:
                raise InputError(
                    f"`outcomes` of {number} {kind}, balanced in sets of {size}", "whole sets are needed",
                    f"Keep the first {number // size * size}" if number > size else f"Run n={size} or more",
                )  # fmt: skip
        return cls(size, n // size, dependence.balance, n // size * dependence.independent)

    def means(self, values: Floats) -> Floats:
        """Values by cluster: (..., backgrounds) to (..., clusters), with the mean of all backgrounds as plain mean.

        For balanced sets these are the means over each set. For n backgrounds from m sources, the row of a source is
        mean + (m/n) Σ (value − mean) over its backgrounds; this is the mean of the source where all sources have
        equally many. The variance of these rows over m is the cluster-robust variance of the mean with the factor
        m/(m − 1), and its t has m − 1 degrees of freedom (Cameron & Miller 2015, J. Human Resources 50:317, eq. 10-12
        for an intercept).

        Parameters
        ----------
        values : (..., backgrounds), in the order of the run

        Examples
        --------
        >>> Clusters(2, 2, "columns", 2).means(np.array([1.0, 3.0, 5.0, 6.0])).tolist()
        [2.0, 5.5]
        >>> Clusters(2, 2, "", 2, sources=2).means(np.array([3.0, 0.0, 6.0])).tolist()  # 3 and 6 share a source
        [5.0, 1.0]
        """
        if self.size == 1:
            return values
        if not self.sources:
            return np.asarray(values.reshape(*values.shape[:-1], -1, self.size).mean(-1))
        n, whole = values.shape[-1], values.shape[-1] // self.sources * self.sources
        mean = values.mean(-1, keepdims=True)
        deviation = values - mean
        rows = deviation[..., :whole].reshape(*values.shape[:-1], -1, self.sources).sum(-2)
        # The last round through the sources may be incomplete; its backgrounds belong to the first sources.
        rows[..., : n - whole] += deviation[..., whole:]
        return np.asarray(mean + self.sources / n * rows)


def dependence_of(outcomes: Outcomes) -> Dependence:
    """How the backgrounds of a run, and its extra backgrounds, depend on one another; not at all if not recorded.

    Parameters
    ----------
    outcomes : of a run, or assembled by a user
    """
    background = outcomes.provenance.background
    return Dependence() if background is None else background.dependence
