"""What a run that may stop is looked at by: the intervals that ``estimate`` will give of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.designs.design import Contrast
from seqdo.effects.anytime.bounded import Bets, Bounded
from seqdo.effects.anytime.confidence_sequence import Stopped, first_look
from seqdo.effects.statistics.contrast import contrast_chunks
from seqdo.effects.statistics.interval import Interval, interval
from seqdo.effects.statistics.margin import unseen
from seqdo.outcomes.extras import Scale

Flags = NDArray[np.bool_]


def held(
    found: Interval, y: xr.DataArray, contrasts: Sequence[Contrast], bounds: Sequence[float] | None
) -> Stopped | Bounded:  # fmt: skip
    """Intervals, flat, as they hold at every look: by the bounded sequence where bounds are known."""
    if bounds is None:
        return Stopped.at(found, y.sizes["background"])
    certain = (found.se == 0) & (found.share == 0)  # what varies has the one, what did not so far the other
    return Bounded.at(found, Bets.of(y, contrasts, bounds, certain.reshape(len(contrasts), -1)))


def look(
    y: xr.DataArray, contrasts: Sequence[Contrast], scales: Mapping[str, Scale], bounds: Sequence[float] | None
) -> tuple[Interval, Flags, Flags]:
    """Intervals of each contrast and output, flat; which may be looked at, and which are by the share rule.

    Members are averaged. A contrast that is the same on all backgrounds so far gets its interval by the share rule,
    which needs no correction for looks. Responses being no larger than :func:`unseen`, it is wrong at n only if the
    share that responds is above 3/n and none of the n did: so at whichever look, and whatever made the run stop there,
    none of the first 3/share backgrounds responded. That is one event, and it has a chance of 5 %.
    """
    n, sd = y.sizes["background"], unseen(y, scales)
    parts: list[Interval] = []
    ready: list[Flags] = []
    constant: list[Flags] = []
    for _, chunk in contrast_chunks(y, contrasts):
        values = np.moveaxis(chunk.mean(1, keepdims=True), 3, 1)
        found, guarded = interval(values, sd)
        parts.append(found)
        ready.append((first_look(values[:, :, 0]) <= n).ravel())
        constant.append(guarded.constant.ravel())
    any_law = bounds is not None  # then what never varies needs no rule of its own, and no skew delays a look
    same = np.concatenate(constant) & (not any_law)
    return held(Interval.concatenated(parts), y, contrasts, bounds), np.concatenate(ready) | same | any_law, same
