"""When a run may stop: interim analyses as it goes, by anytime-valid intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Real

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.sets import number
from seqdo.designs.design import Contrast, Design
from seqdo.effects.anytime.bounded import refuse_outside
from seqdo.effects.anytime.confidence_sequence import FIRST
from seqdo.effects.anytime.interim import look
from seqdo.effects.statistics.verdicts import ABSENT_NEEDS
from seqdo.errors import InputError
from seqdo.outcomes.extras import Scale
from seqdo.outcomes.provenance import Stopping

LEVEL = 0.95
"""Of the intervals that decide."""

EVERY = FIRST
"""Backgrounds between interim analyses."""

MOST = 10_000
"""Backgrounds after which a run ends, by default."""


@dataclass(frozen=True)
class Until:
    """A rule, and the contrasts that decide.

    Attributes
    ----------
    half_width : every interval must be as narrow, in the output's unit
    margin : or lie on one side of +margin and of −margin: more backgrounds will then hardly change the verdict
    contrast : name of the contrasts that decide; None for all
    bounds : two numbers that every output lies between, whatever the sequence; None if that is not known
    """

    half_width: float | None = None
    margin: float | None = None
    contrast: str | None = None
    bounds: tuple[float, float] | None = None

    def __str__(self) -> str:
        what = "all contrasts" if self.contrast is None else f"contrast {self.contrast}"
        if self.bounds is not None:
            what += " of outputs from {:g} to {:g}".format(*self.bounds)
        if self.half_width is not None:
            return f"95 % intervals of {what} over backgrounds have a half-width of {self.half_width:g}"
        return f"95 % intervals of {what} over backgrounds are beyond or within ±{self.margin:g}"

    @property
    def call(self) -> str:
        """The Python call that makes the rule."""
        more = "" if self.contrast is None else f", {self.contrast!r}"
        more += "" if self.bounds is None else f", bounds={self.bounds!r}"
        if self.half_width is not None:
            return f"sd.half_width({self.half_width!r}{more})"
        return f"sd.decided({self.margin!r}{more})"

    def chosen(self, design: Design) -> list[Contrast]:
        """The contrasts that decide."""
        return [each for each in design.contrasts if not each.identity and self.contrast in (None, each.name)]

    def decides(self, y: xr.DataArray, design: Design, scales: Mapping[str, Scale]) -> tuple[bool, float]:
        """Whether the run may stop with these predictions, and the widest half-width.

        Members are averaged: the run waits for precision over backgrounds.
        """
        n, chosen = y.sizes["background"], self.chosen(design)
        # Verdicts are read at a level for the family; the strictest applies to an effect that is the only discovery.
        level = LEVEL if self.margin is None else 1 - (1 - LEVEL) / (len(chosen) * y.sizes["output"])
        intervals, ready, constant = look(y, chosen, scales, self.bounds)
        low, high = intervals.bounds(level)
        met = ready & self._met(low, high, n, constant)
        return bool(met.all()), float(np.nanmax((high - low) / 2, initial=0.0))

    def _met(
        self, low: NDArray[np.float64], high: NDArray[np.float64], n: int, constant: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        if self.half_width is not None:
            return np.asarray((high - low) / 2 <= self.half_width)
        margin = float(self.margin or 0)
        beyond, within = (low > margin) | (high < -margin), (low > -margin) & (high < margin)
        zero = (low <= 0) & (high >= 0)
        # An interval with 0 in it is called absent from so many backgrounds on; under the share rule it never is.
        return np.asarray(beyond | (within & (~zero | constant | (n >= ABSENT_NEEDS))))


def half_width(value: float, contrast: str | None = None, *, bounds: tuple[float, float] | None = None) -> Until:
    """Run until every 95 % interval is as narrow as ± this, in the output's unit.

    A contrast that is the same on all backgrounds has a half-width of 3/n of its size, or of the output's spread if
    that is larger.

    Parameters
    ----------
    value : half of an interval's width
    contrast : name of the contrasts that decide ("effect", "interaction", ...); all by default
    bounds : two numbers that every output lies between, whatever the sequence: (0, 1) for probabilities
        Then intervals, those of ``estimate`` too, are valid for any distribution between the bounds, without a
        limit theorem (:mod:`seqdo.effects.anytime.bounded`); mostly wider.

    Raises
    ------
    InputError
        A half-width that is not a positive number; bounds that are not two numbers, the smaller first.

    Examples
    --------
    >>> str(half_width(0.05, "effect"))
    '95 % intervals of contrast effect over backgrounds have a half-width of 0.05'
    """
    return Until(half_width=_positive(value, "half_width"), contrast=contrast, bounds=_between(bounds))


def decided(margin: float, contrast: str | None = None, *, bounds: tuple[float, float] | None = None) -> Until:
    """Run until every effect is beyond the margin, or within it: pass ``estimate`` the same margin.

    A contrast that is the same on all backgrounds is decided once its interval lies within the margin.
    Without ``bounds`` it is never called absent: its verdict may be inconclusive, and the run does not wait for more.

    Parameters
    ----------
    margin : smallest effect that matters, in the output's unit
    contrast, bounds : as in :func:`half_width`

    Raises
    ------
    InputError
        A margin that is not a positive number; bounds that are not two numbers, the smaller first.

    Examples
    --------
    >>> str(decided(0.1))
    '95 % intervals of all contrasts over backgrounds are beyond or within ±0.1'
    """
    return Until(margin=_positive(margin, "margin"), contrast=contrast, bounds=_between(bounds))


def _positive(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise InputError(f"{name}={value!r}", "a positive number is needed, in the unit of the output", "Write 0.05")
    return float(value)


def _between(bounds: object) -> tuple[float, float] | None:
    if bounds is None:
        return None
    ends = list(bounds) if isinstance(bounds, tuple | list) else []
    numbers = all(isinstance(end, Real) and not isinstance(end, bool) and math.isfinite(end) for end in ends)
    if len(ends) != 2 or not numbers or not ends[0] < ends[1]:
        raise InputError(
            f"bounds={bounds!r}", "two numbers that every output lies between are needed, the smaller first",
            "Write bounds=(0, 1)",
        )  # fmt: skip
    return float(ends[0]), float(ends[1])


@dataclass
class Looks:
    """The interim analyses of a run.

    Attributes
    ----------
    until : the rule
    most : backgrounds after which the run ends in any case
    log : number of backgrounds and widest half-width at each interim analysis
    met : whether the rule was met at the last interim analysis
    """

    until: Until
    most: int
    log: list[tuple[int, float]] = field(default_factory=list)
    met: bool = False

    def stop(self, y: xr.DataArray, design: Design, scales: Mapping[str, Scale]) -> bool:
        """Whether the run may stop, analyzed every hundred backgrounds. Outputs outside their bounds are refused."""
        n = y.sizes["background"]
        if self.until.bounds:
            refuse_outside(y, self.until.bounds, EVERY)  # no block is longer
        if (n % EVERY and n < self.most) or n < EVERY:
            return False
        self.met, widest = self.until.decides(y, design, scales)
        self.log.append((n, widest))
        return self.met

    def record(self, each: int) -> Stopping:
        """The record for the provenance: the rule, the interim analyses, the evaluations saved.

        Parameters
        ----------
        each : evaluations for one background
        """
        n = self.log[-1][0] if self.log else self.most
        return Stopping(
            rule=str(self.until),
            call=self.until.call,
            bounds=self.until.bounds,
            analyses=tuple(self.log),
            most=self.most,
            met=self.met,
            saved=(self.most - n) * each,
        )


def looked_at(until: Until | None, n: int | None, null: Background, design: Design) -> Looks | None:
    """The interim analyses of a run that may stop early; None for a run that may not.

    Raises
    ------
    InputError
        Something else than a rule; a contrast that the design does not have; balanced backgrounds, whose intervals
        need whole sets; several made of one sequence, unless all are. Without n each sequence is used once.
    """
    if until is None:
        return None
    if not isinstance(until, Until):
        raise InputError(f"until={until!r}", "a rule is needed", "Write until=sd.half_width(0.05)")
    if not until.chosen(design):
        names = dict.fromkeys(contrast.name for contrast in design.contrasts)
        raise InputError(
            f"`until` with contrast={until.contrast!r} for {design.experiment}",
            f"its contrasts are {', '.join(names) or 'none'}", f"Write contrast={next(iter(names), '...')!r}",
        )  # fmt: skip
    if null.set_size > 1:
        raise InputError(
            f"`until` with the background {null.name}, balanced in sets of {null.set_size}",
            "interim analyses need backgrounds that are independent one by one",
            "Draw them without balance=, or leave until= out",
        )  # fmt: skip
    sources = null.in_turn
    most = min(MOST, null.capacity or MOST, sources if sources > 1 else MOST) if n is None else number(n, null)
    if 1 < sources < most:
        raise InputError(
            f"`until` with n={most} backgrounds made of {sources} sequences",
            "interim analyses need independent backgrounds, and backgrounds of one sequence depend on one another",
            f"Write n={sources} or fewer, give more sequences, or leave until= out",
        )  # fmt: skip
    return Looks(until, most)


def spans(n: int, block: int, looks: Looks | None) -> Iterator[tuple[int, int]]:
    """First and end of each block; the same interim analyses whatever the size of blocks."""
    first = 0
    while first < n:
        end = min(first + block, n)
        if looks:
            end = min(end, (first // EVERY + 1) * EVERY)
        yield first, end
        first = end
