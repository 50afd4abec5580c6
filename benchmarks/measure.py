"""Measurement: contenders take turns on the same workload in one process, and their medians are compared."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

import seqdo as sd
from benchmarks.contenders.answer import Answer, Contender
from benchmarks.contenders.engine import Engine
from benchmarks.contenders.plain import Plain, one_hot
from benchmarks.floors import EXACT, FLOORS, Floor
from benchmarks.models import Network
from benchmarks.workloads import LETTERS, WORKLOADS, Workload

SPREAD_OVER = 32
"""Backgrounds over which the SD of each output is taken."""

log = logging.getLogger("benchmarks")


@dataclass(frozen=True)
class Timing:
    """Seconds for each evaluation of a contender, round by round, and what it was asked in a round."""

    rounds: list[float]
    arms: int
    backgrounds: int
    once: float
    note: str

    @property
    def seconds(self) -> float:
        return median(self.rounds)


@dataclass(frozen=True)
class Difference:
    """Largest differences of effects, in SDs of the output over backgrounds.

    Attributes
    ----------
    float32 : seqdo's from plain torch's
    float64 : seqdo's from plain torch's in float64
    plain : plain torch's in float32 from its own in float64
    """

    float32: float
    float64: float
    plain: float

    @property
    def exact(self) -> bool:
        """Within the bound, or no further from float64 than plain float32: nobody rounds less than the arithmetic."""
        return min(self.float32, self.float64) <= max(EXACT, self.plain)


@dataclass(frozen=True)
class Row:
    """One network and workload: everything that was measured.

    Attributes
    ----------
    opening : seconds to choose the engine for a model that was never seen
    macs : multiply-adds of an evaluation, if the engine counts them
    first_call : seconds for each evaluation where a call on such a model is counted whole
    """

    network: str
    workload: str
    title: str
    evaluations: int
    engine: str
    opening: float
    timings: dict[str, Timing]
    difference: Difference
    macs: float | None = None
    first_call: float | None = None
    floor: Floor | None = None

    def ratio(self, contender: str) -> float | None:
        """How many times longer a contender takes than seqdo."""
        if contender not in self.timings:
            return None
        return self.timings[contender].seconds / self.timings["seqdo"].seconds

    @property
    def fast(self) -> bool | None:
        """Is the floor reached? None where there is none, or nobody to compare with."""
        ratio = self.ratio(self.floor.against) if self.floor else None
        return None if self.floor is None or ratio is None else ratio >= self.floor.ratio

    @property
    def met(self) -> bool | None:
        """Is the floor reached, and are the effects exact?"""
        return self.fast and self.difference.exact


def measure(
    network: Network,
    workloads: Sequence[str],
    *,
    rounds: int,
    seconds: float,
    engine: str = "auto",
    rival: Callable[[Network, nn.Module, float], Contender] | None = None,
) -> list[Row]:
    """The rows of one network.

    Parameters
    ----------
    seconds : for a round of one contender, about
    rival : makes the contender beside seqdo and plain torch, given the seconds of a plain evaluation
    """
    log.info("%s: %s", network.name, network.source)
    net = network.build()
    mine, plain = Engine(network, net, engine), Plain(network, net)
    double = Plain(network, copy.deepcopy(net).double(), torch.float64, plain.batch)
    spread = _spread(plain)
    contenders: list[Contender] = [mine, plain]
    rows = []
    for name in workloads:
        work = WORKLOADS[name](network.length)
        cuts = {contender.name: contender.cut(work, seconds) for contender in (mine, plain)}
        each = plain.ask(cuts["plain"]).per_evaluation
        if rival and len(contenders) == 2:
            contenders.append(rival(network, net, each))
        cuts |= {contender.name: contender.cut(work, seconds) for contender in contenders[2:]}
        difference = _difference([mine, plain, double, *contenders[2:]], work, each, seconds, spread)
        timings = _turns(contenders, cuts, rounds)
        rows.append(
            Row(
                network.name, name, work.title, work.evaluations, mine.choice.engine.name, mine.opening, timings,
                difference,
                macs=mine.macs,
                first_call=mine.first_call(cuts["seqdo"]) if work.whole_call else None,
                floor=FLOORS.get((network.name, name)),
            )
        )  # fmt: skip
        log.info("  %s", "  ".join(f"{who} {timing.seconds * 1e6:,.0f} us" for who, timing in timings.items()))
    return rows


def _turns(contenders: Sequence[Contender], cuts: dict[str, Workload], rounds: int) -> dict[str, Timing]:
    """Each contender in turn, and again: a machine that slows down slows them all."""
    answers: dict[str, Answer] = {}
    taken: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            answers[contender.name] = contender.ask(cuts[contender.name])
            taken[contender.name].append(answers[contender.name].per_evaluation)
    return {name: Timing(taken[name], *cuts[name].size, last.once, last.note) for name, last in answers.items()}


def _spread(plain: Plain) -> NDArray[np.float64]:
    """SD of each output over random backgrounds."""
    codes = sd.backgrounds.uniform(plain.network.length).sample(SPREAD_OVER, rng=1).codes
    return plain.predict(one_hot(codes, plain.dtype)).double().numpy().std(0, ddof=1)


def _difference(
    contenders: Sequence[Contender],
    work: Workload,
    each: float,
    seconds: float,
    spread: NDArray[np.float64],
) -> Difference:
    """Effects compared on two backgrounds, on as many arms as plain torch evaluates in half a round, three at least."""
    part = work.corners(max(3 * len(LETTERS), min(len(work.arms), round(seconds / each / 4))), 2)
    mine, plain, double = (contender.ask(part).effects for contender in contenders[:3])
    for other in contenders[3:]:
        few = work.cut(4, 1)
        if _largest(other.ask(few).effects, contenders[2].ask(few).effects, spread) > 1e-2:
            raise RuntimeError(f"{other.name} answers {work.name} on {work.entire.title} otherwise: not the same job")
    return Difference(*(_largest(a, b, spread) for a, b in ((mine, plain), (mine, double), (plain, double))))


def _largest(a: Any, b: Any, spread: NDArray[np.float64]) -> float:
    return float((np.abs(a - b) / spread).max())
