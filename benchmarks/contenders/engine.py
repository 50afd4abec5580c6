"""The engine of seqdo: the one that it chooses, or one by name, used as ``sd.run`` uses it."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from torch import nn

from benchmarks.contenders.contender import Result
from benchmarks.contenders.sizing import grown
from benchmarks.models import Network
from benchmarks.workloads import LETTERS, Workload
from seqdo.engine.choose import choose_engine
from seqdo.execution.run import BLOCK


@dataclass
class Engine:
    """The engine of seqdo for a network; it is opened at construction.

    Attributes
    ----------
    opening : seconds to choose, trace and check the engine for a new network
    macs : multiply-adds of an evaluation of the last workload; None if the engine does not count them
    """

    network: Network
    net: nn.Module
    engine: str = "auto"
    name: str = field(default="seqdo", init=False)
    opening: float = field(init=False)
    macs: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.model = self.network.wrap(self.net)
        start = time.perf_counter()
        self.choice = choose_engine(self.model, self.engine)
        self.opening = time.perf_counter() - start

    def cut(self, work: Workload, seconds: float) -> Workload:
        """First enough backgrounds to keep two threads busy, then all arms, because a run evaluates all arms together.

        Pairs start with all arms, because computation that arms share is done once.
        """
        arms = len(work.arms) if work.kind == "pair" else len(LETTERS)
        return grown(self.evaluate_arms, work, seconds, min(self._block, 2 * self.choice.engine.batch), arms)

    def evaluate_arms(self, work: Workload) -> Result:
        start = time.perf_counter()
        engine = self._engine(work)
        once = time.perf_counter() - start if work.whole_call else 0.0  # every later run chooses its engine, too
        shared = each = 0.0
        bases, ys = [], []
        for first in range(0, len(work.backgrounds), self._block):
            block = work.backgrounds[first : first + self._block]
            start = time.perf_counter()
            state = engine.prepare(block)
            prepared = time.perf_counter()
            y = engine.evaluate(state, work.arms)
            each, shared = each + time.perf_counter() - prepared, shared + prepared - start
            bases.append(engine.evaluate(state, [[]])[0, 0])
            ys.append(y[:, 0])
        self.macs = _macs(engine, work.arms)
        base, y = np.concatenate(bases), np.concatenate(ys, axis=1)
        return Result(work, y, base, once, shared, each, work.evaluations, self._note)

    def _engine(self, work: Workload) -> Any:
        """The engine of a workload: for a single sequence, the one that such a small run gets."""
        if len(work.entire.backgrounds) > 1:
            return self.choice.engine
        return choose_engine(self.model, self.engine, work.entire.evaluations).engine

    def first_call(self, work: Workload) -> float:
        """Seconds for each evaluation of a whole job on a new copy of the network: open, plan, evaluate."""
        new = Engine(self.network, copy.deepcopy(self.net), self.engine)
        return replace(new.evaluate_arms(work), once=new.opening).per_evaluation

    @property
    def _note(self) -> str:
        """The engine, and the reason if it is not the faster engine."""
        name = self.choice.engine.name
        return f"{name}: {self.choice.reason}" if name == "full" and self.engine == "auto" else name

    @property
    def _block(self) -> int:
        return int(getattr(self.choice.engine, "block", BLOCK))


def _macs(engine: Any, arms: Any) -> float | None:
    """Mean multiply-adds of an arm, if the engine counts them."""
    count = getattr(engine, "macs", None)
    return None if count is None else float(count(arms)) / len(arms)
