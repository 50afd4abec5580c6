"""Measurement: contenders alternate on the same workload in one process, and their medians are compared."""

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
from benchmarks.contenders.contender import Contender, Result
from benchmarks.contenders.engine import Engine
from benchmarks.contenders.plain import Plain, one_hot
from benchmarks.floors import EXACT, FLOORS, Floor
from benchmarks.models import Network
from benchmarks.workloads import LETTERS, WORKLOADS, Workload

SPREAD_OVER = 32
"""Number of backgrounds for the SD of each output."""

log = logging.getLogger("benchmarks")


@dataclass(frozen=True)
class Timing:
    """Seconds for each evaluation of a contender in each round, and the size of a round."""

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
    float32 : seqdo from plain torch
    float64 : seqdo from plain torch in float64
    plain : plain torch in float32 from plain torch in float64
    """

    float32: float
    float64: float
    plain: float

    @property
    def exact(self) -> bool:
        """Within the bound, or no further from float64 than plain float32: no float32 engine can round less."""
        return min(self.float32, self.float64) <= max(EXACT, self.plain)


@dataclass(frozen=True)
class Row:
    """All measurements of one network and workload.

    Attributes
    ----------
    opening : seconds to choose the engine for a new model
    macs : multiply-adds of an evaluation, if the engine counts them
    first_call : seconds for each evaluation of the first call on a new model, opening included
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
        """Seconds of a contender divided by seconds of seqdo."""
        if contender not in self.timings:
            return None
        return self.timings[contender].seconds / self.timings["seqdo"].seconds

    @property
    def fast(self) -> bool | None:
        """Whether the floor is reached; None without a floor, or without the contender that it refers to."""
        ratio = self.ratio(self.floor.against) if self.floor else None
        return None if self.floor is None or ratio is None else ratio >= self.floor.ratio

    @property
    def met(self) -> bool | None:
        """Whether the floor is reached and the effects are exact."""
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
    seconds : approximate time of a round of one contender
    rival : builds a third contender from network, module and seconds of a plain evaluation
    """
    log.info("%s: %s", network.name, network.source)
    net = network.build()
    seqdo, plain = Engine(network, net, engine), Plain(network, net)
    double = Plain(network, copy.deepcopy(net).double(), torch.float64, plain.batch)
    spread = _spread(plain)
    contenders: list[Contender] = [seqdo, plain]
    rows = []
    for name in workloads:
        work = WORKLOADS[name](network.length)
        cuts = {contender.name: contender.cut(work, seconds) for contender in (seqdo, plain)}
        each = plain.evaluate_arms(cuts["plain"]).per_evaluation
        if rival and len(contenders) == 2:
            contenders.append(rival(network, net, each))
        cuts |= {contender.name: contender.cut(work, seconds) for contender in contenders[2:]}
        difference = _difference([seqdo, plain, double, *contenders[2:]], work, each, seconds, spread)
        timings = _alternate(contenders, cuts, rounds)
        rows.append(
            Row(
                network.name, name, work.title, work.evaluations, seqdo.choice.engine.name, seqdo.opening, timings,
                difference,
                macs=seqdo.macs,
                first_call=seqdo.first_call(cuts["seqdo"]) if work.whole_call else None,
                floor=FLOORS.get((network.name, name)),
            )
        )  # fmt: skip
        log.info("  %s", "  ".join(f"{who} {timing.seconds * 1e6:,.0f} us" for who, timing in timings.items()))
    return rows


def _alternate(contenders: Sequence[Contender], cuts: dict[str, Workload], rounds: int) -> dict[str, Timing]:
    """Alternate between contenders in every round, so that a machine that slows down slows all of them."""
    results: dict[str, Result] = {}
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            results[contender.name] = contender.evaluate_arms(cuts[contender.name])
            seconds[contender.name].append(results[contender.name].per_evaluation)
    return {name: Timing(seconds[name], *cuts[name].size, last.once, last.note) for name, last in results.items()}


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
    """Compare effects on two backgrounds, for as many arms as plain torch evaluates in half a round (at least 12)."""
    part = work.corners(max(3 * len(LETTERS), min(len(work.arms), round(seconds / each / 4))), 2)
    seqdo, plain, double = (contender.evaluate_arms(part).effects for contender in contenders[:3])
    for other in contenders[3:]:
        few = work.cut(4, 1)
        if _largest(other.evaluate_arms(few).effects, contenders[2].evaluate_arms(few).effects, spread) > 1e-2:
            raise RuntimeError(
                f"{other.name} gives other effects for {work.name} ({work.entire.title}): not the same job"
            )
    return Difference(*(_largest(a, b, spread) for a, b in ((seqdo, plain), (seqdo, double), (plain, double))))


def _largest(a: Any, b: Any, spread: NDArray[np.float64]) -> float:
    return float((np.abs(a - b) / spread).max())
