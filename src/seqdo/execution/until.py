"""When a run may stop: looked at as it goes, by intervals that hold at every look."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.effects.anytime import FIRST, first_look, stretch
from seqdo.effects.contrast import contrast_values
from seqdo.effects.inference import ABSENT_NEEDS
from seqdo.errors import InputError
from seqdo.execution.extra import number
from seqdo.experiments.design import Contrast, Design
from seqdo.sequences.background import Background

LEVEL = 0.95
"""Of the intervals that decide."""

EVERY = FIRST
"""Backgrounds between looks."""

MOST = 10_000
"""Backgrounds after which a run ends that did not say."""


@dataclass(frozen=True)
class Until:
    """A rule, and what it looks at.

    Attributes
    ----------
    half_width : every interval must be as narrow, in the output's unit
    margin : or lie on one side of +margin and of −margin: then more backgrounds will hardly change what is said
    contrast : name of the contrasts that decide; None for all
    """

    half_width: float | None = None
    margin: float | None = None
    contrast: str | None = None

    def __str__(self) -> str:
        what = "all contrasts" if self.contrast is None else f"contrast {self.contrast}"
        if self.half_width is not None:
            return f"95 % intervals of {what} over backgrounds have a half-width of {self.half_width:g}"
        return f"95 % intervals of {what} over backgrounds are beyond or within ±{self.margin:g}"

    @property
    def call(self) -> str:
        """How it is written."""
        named = "" if self.contrast is None else f", {self.contrast!r}"
        if self.half_width is not None:
            return f"sd.half_width({self.half_width!r}{named})"
        return f"sd.decided({self.margin!r}{named})"

    def chosen(self, design: Design) -> list[Contrast]:
        """The contrasts that decide."""
        return [one for one in design.contrasts if not one.identity and self.contrast in (None, one.name)]

    def decides(self, y: xr.DataArray, design: Design) -> tuple[bool, float]:
        """May the run stop with these predictions, and the widest half-width.

        Members are averaged: what the run waits for is the precision over backgrounds.
        """
        chosen = self.chosen(design)
        values = np.moveaxis(contrast_values(y, chosen).mean(1), 2, 1)  # (contrasts, outputs, n)
        n, tests = values.shape[-1], values.shape[0] * values.shape[1]
        # Verdicts are read at a level for the family; its strictest is that of the only effect that is found.
        level = LEVEL if self.margin is None else 1 - (1 - LEVEL) / tests
        half = stretch(n, level) * values.std(-1, ddof=1) / math.sqrt(n)
        ready = bool((first_look(values) <= n).all())
        return ready and bool(self._met(values.mean(-1), half, n).all()), float(half.max())

    def _met(self, mean: NDArray[np.float64], half: NDArray[np.float64], n: int) -> NDArray[np.bool_]:
        if self.half_width is not None:
            return np.asarray(half <= self.half_width)
        margin = float(self.margin or 0)
        beyond, within = np.abs(mean) - half > margin, np.abs(mean) + half < margin
        zero = np.abs(mean) < half  # which is called absent from so many backgrounds on
        return np.asarray(beyond | (within & (~zero | (n >= ABSENT_NEEDS))))


def half_width(value: float, contrast: str | None = None) -> Until:
    """Run until every 95 % interval is as narrow as ± this, in the output's unit.

    Parameters
    ----------
    value : half of an interval's width
    contrast : name of the contrasts that decide ("effect", "interaction", ...); all by default

    Raises
    ------
    InputError
        A half-width that is not a positive number.

    Examples
    --------
    >>> str(half_width(0.05, "effect"))
    '95 % intervals of contrast effect over backgrounds have a half-width of 0.05'
    """
    return Until(half_width=_positive(value, "half_width"), contrast=contrast)


def decided(margin: float, contrast: str | None = None) -> Until:
    """Run until every effect is found, or found to be smaller than the margin: give ``estimate`` the same one.

    Raises
    ------
    InputError
        A margin that is not a positive number.

    Examples
    --------
    >>> str(decided(0.1))
    '95 % intervals of all contrasts over backgrounds are beyond or within ±0.1'
    """
    return Until(margin=_positive(margin, "margin"), contrast=contrast)


def _positive(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise InputError(f"{what}={value!r}", "a positive number is needed, in the unit of the output", "Write 0.05")
    return float(value)


@dataclass
class Looks:
    """What was seen while a run went on.

    Attributes
    ----------
    until : the rule
    most : backgrounds after which it ends in any case
    log : at each look the number of backgrounds and the widest half-width
    met : was the rule met at the last look?
    """

    until: Until
    most: int
    log: list[tuple[int, float]] = field(default_factory=list)
    met: bool = False

    def stop(self, y: xr.DataArray, design: Design) -> bool:
        """Look, every hundred backgrounds; may it stop?"""
        n = y.sizes["background"]
        if (n % EVERY and n < self.most) or n < EVERY:
            return False
        self.met, widest = self.until.decides(y, design)
        self.log.append((n, widest))
        return self.met

    def record(self, each: int) -> dict[str, Any]:
        """For the provenance: the rule, the looks, and the evaluations saved, with ``each`` for a background."""
        seen = self.log[-1][0] if self.log else self.most
        return {
            "rule": str(self.until), "call": self.until.call, "looks": [[n, widest] for n, widest in self.log],
            "most": self.most, "met": self.met, "saved": (self.most - seen) * each,
        }  # fmt: skip


def looked_at(until: Until | None, n: int | None, null: Background, design: Design) -> Looks | None:
    """The looks of a run that may stop; None for one that may not.

    Raises
    ------
    InputError
        Something else than a rule; a contrast that the design has not; balanced backgrounds, of which only whole
        sets can be looked at.
    """
    if until is None:
        return None
    if not isinstance(until, Until):
        raise InputError(f"until={until!r}", "a rule is needed", "Write until=sd.half_width(0.05)")
    if not until.chosen(design):
        names = dict.fromkeys(contrast.name for contrast in design.contrasts)
        raise InputError(
            f"until contrast {until.contrast!r} of {design.experiment}",
            f"its contrasts are {', '.join(names) or 'none'}", f"Write contrast={next(iter(names), '...')!r}",
        )  # fmt: skip
    if null.set_size > 1:
        raise InputError(
            f"until with the background {null.name}, balanced in sets of {null.set_size}",
            "intervals over sets can't be looked at as they come", "Draw them without balance=, or leave until= out",
        )  # fmt: skip
    most = min(MOST, null.capacity or MOST) if n is None else number(n, null)
    return Looks(until, most)


def spans(n: int, block: int, looks: Looks | None) -> Iterator[tuple[int, int]]:
    """First and end of each block; the same looks whatever the size of blocks."""
    first = 0
    while first < n:
        end = min(first + block, n)
        if looks:
            end = min(end, (first // EVERY + 1) * EVERY)
        yield first, end
        first = end
