"""The interface of a contender, and its result: predictions, and seconds by the quantity that they scale with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.workloads import Workload

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Result:
    """One contender's result for a workload, or for a part of it.

    Attributes
    ----------
    work : the workload that was evaluated
    y : predictions (arms, backgrounds, outputs)
    base : predictions without edits (backgrounds, outputs)
    once : seconds for each job, independent of its size
    shared : seconds for each background, independent of the number of arms; summed over backgrounds
    each : seconds that scale with the number of evaluations
    evaluations : number of evaluations in ``each``
    note : choices of the contender that the reader should know
    """

    work: Workload
    y: Floats
    base: Floats
    once: float
    shared: float
    each: float
    evaluations: int
    note: str = ""

    @property
    def seconds(self) -> float:
        """Seconds without those for each job."""
        return self.shared + self.each

    @property
    def per_evaluation(self) -> float:
        """Seconds for each evaluation of the whole workload, extrapolated if this result is of a part."""
        whole = self.work.entire
        shared = self.shared / (len(self.base) * whole.each)
        return self.once / whole.evaluations + shared + self.each / self.evaluations

    @property
    def effects(self) -> NDArray[np.float64]:
        """Arm minus background, (arms, backgrounds, outputs)."""
        return self.y.astype(np.float64) - self.base.astype(np.float64)


class Contender(Protocol):
    """Evaluates workloads on one network."""

    @property
    def name(self) -> str:
        """Name of its column."""
        ...

    def cut(self, work: Workload, seconds: float) -> Workload:
        """The part of the workload that takes about ``seconds``, in the shape that is fastest for the contender."""
        ...

    def evaluate_arms(self, work: Workload) -> Result:
        """Evaluate every arm on every background."""
        ...
