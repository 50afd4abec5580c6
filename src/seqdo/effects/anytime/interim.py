"""Interim analyses of a run that may stop early: the same intervals that ``estimate`` computes afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.designs.design import Contrast
from seqdo.effects.anytime.bounded import Bets, Bounded
from seqdo.effects.anytime.confidence_sequence import Stopped, first_look
from seqdo.effects.statistics.contrast import contrast_chunks, resolution
from seqdo.effects.statistics.interval import Interval, interval
from seqdo.effects.statistics.margin import unseen
from seqdo.outcomes.extras import Scale

Flags = NDArray[np.bool_]


def held(
    fixed: Interval, y: xr.DataArray, contrasts: Sequence[Contrast], bounds: Sequence[float] | None
) -> Stopped | Bounded:  # fmt: skip
    """Anytime-valid intervals, flat: by the bounded sequence if bounds are known, else by the asymptotic sequence.

    Parameters
    ----------
    fixed : intervals for a fixed n, one for each contrast and output
    y : predictions
    contrasts : the contrasts of these intervals
    bounds : lower and upper bound of every output, or None
    """
    if bounds is None:
        return Stopped.at(fixed, y.sizes["background"])
    # A contrast that varies has a standard error, and a contrast that has not varied so far has a half-width by the
    # share rule. A contrast with neither is 0 by construction.
    certain = (fixed.se == 0) & (fixed.share == 0)
    return Bounded.at(fixed, Bets.of(y, contrasts, bounds, certain.reshape(len(contrasts), -1)))


def look(
    y: xr.DataArray, contrasts: Sequence[Contrast], scales: Mapping[str, Scale], bounds: Sequence[float] | None
) -> tuple[Interval, Flags, Flags]:
    """Anytime-valid intervals of each contrast and output, flat, and which of them are usable or constant.

    Members are averaged. A contrast that is constant so far gets its interval by the share rule, which needs no
    correction for repeated analyses. Responses are assumed to be no larger than :func:`unseen`. The interval is then
    wrong at n only if more than a share of 3/n of all backgrounds responds, and none of the n did. At any interim
    analysis this implies that none of the first 3/share backgrounds responded. That is a single event with a
    probability of 5 %, for any rule of stopping.

    Parameters
    ----------
    y : predictions so far
    contrasts : contrasts of the design
    scales : scale of each output
    bounds : lower and upper bound of every output, or None

    Returns
    -------
    The intervals, whether each is usable at this n, and whether each is by the share rule
    """
    n, sd, rounding = y.sizes["background"], unseen(y, scales), resolution(y, contrasts)
    parts: list[Interval] = []
    ready: list[Flags] = []
    constant: list[Flags] = []
    for span, chunk in contrast_chunks(y, contrasts):
        values = np.moveaxis(chunk.mean(1, keepdims=True), 3, 1)
        fixed, guarded = interval(values, sd, resolution=rounding[span])
        parts.append(fixed)
        ready.append((first_look(values[:, :, 0], rounding[span]) <= n).ravel())
        constant.append(guarded.constant.ravel())
    # The bounded sequence is valid at any n and for any distribution: it needs no share rule and no delay for skew.
    bounded = bounds is not None
    same = np.concatenate(constant) & (not bounded)
    return held(Interval.concatenated(parts), y, contrasts, bounds), np.concatenate(ready) | same | bounded, same
