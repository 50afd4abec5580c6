"""What a contender hands back: its predictions, and its seconds by what they grow with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.workloads import Workload

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Answer:
    """One contender's answer to a workload, or to a cut of it.

    Attributes
    ----------
    work : what was asked
    y : (arms, backgrounds, outputs)
    base : (backgrounds, outputs), without edits
    once : seconds spent once for a job, however large
    shared : seconds spent once for each background, however many arms
    each : seconds that grow with the evaluations, of which it made ``evaluations`` in them
    note : what of the contender's own choices the reader should know
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
        """All but what a job needs once."""
        return self.shared + self.each

    @property
    def per_evaluation(self) -> float:
        """Seconds for each evaluation of the whole workload, of which this may have answered a cut."""
        whole = self.work.entire
        shared = self.shared / (len(self.base) * whole.each)
        return self.once / whole.evaluations + shared + self.each / self.evaluations

    @property
    def effects(self) -> NDArray[np.float64]:
        """Arm minus background, (arms, backgrounds, outputs)."""
        return self.y.astype(np.float64) - self.base.astype(np.float64)


class Contender(Protocol):
    """Answers workloads on one network."""

    @property
    def name(self) -> str:
        """Its column."""
        ...

    def cut(self, work: Workload, seconds: float) -> Workload:
        """As much of the workload as takes about so long, in the shape that the contender is at its best with."""
        ...

    def ask(self, work: Workload) -> Answer:
        """Evaluate every arm on every background."""
        ...
