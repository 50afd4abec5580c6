"""Which outputs of a model get figures and sentences in a report, where there are too many for all."""

from __future__ import annotations

import math

import numpy as np

from seqdo.effects.effects import Effects
from seqdo.effects.statistics.margin import SHARE
from seqdo.outcomes.outcomes import Outcomes
from seqdo.reporting.text.labels import margin_of, outputs

MOST_OUTPUTS = 6
"""Outputs that get figures in a report; its table has all of them."""


def shown_outputs(effects: Effects) -> list[str]:
    """Outputs that get figures: all in the table's order; of more than ``MOST_OUTPUTS``, the first of the ranking."""
    every = outputs(effects)
    return every if len(every) <= MOST_OUTPUTS else ranking(effects)[:MOST_OUTPUTS]


def ranking(effects: Effects) -> list[str]:
    """All outputs, those that respond most first.

    First comes the number of effects with the verdict "present". Among equals, the largest effect comes first, as a
    multiple of the margin. Without a margin it is a multiple of the default margin, a tenth of the SD. Outputs that are
    still equal keep their order.
    """
    table, every = effects.table, outputs(effects)
    names = table["output"].astype(str)
    present = (table["verdict"].astype(str) == "present").groupby(names).sum().to_dict()
    estimates = table["estimate"].astype(float).abs()
    largest = estimates.where(np.isfinite(estimates)).groupby(names).max().to_dict()
    sizes = {name: _ratio(largest[name], effects, name) for name in every}
    return sorted(every, key=lambda name: (-present[name], -sizes[name]))


def _ratio(estimate: float, effects: Effects, output: str) -> float:
    """An effect as a multiple of the margin of its output; -1 where there is no number, or nothing to divide by."""
    margin = margin_of(effects, output)
    unit = margin if margin > 0 else SHARE * _sd(effects.outcomes, output)
    return estimate / unit if math.isfinite(estimate) and unit > 0 else -1.0


def _sd(outcomes: Outcomes, output: str) -> float:
    """The SD of an output's scale; where that is unknown or 0, the SD of all predictions of the run."""
    sd = outcomes.scales[output].sd if output in outcomes.scales else 0.0
    return sd if sd > 0 else float(outcomes.y[..., outcomes.outputs.index(output)].std())


def left_out(effects: Effects) -> str:
    """A note on the outputs that get no figure, and on the rule; "" where each gets one."""
    every = outputs(effects)
    if len(every) <= MOST_OUTPUTS:
        return ""
    bare = any(not margin_of(effects, output) > 0 for output in every)
    unit = f"the margin, or of {SHARE} × the SD without a margin" if bare else "the margin"
    return (
        f"Figures show {MOST_OUTPUTS} of {len(every)} outputs; the table has all. They are those with the most effects "
        f"present, and among equals those with the largest effect as a multiple of {unit}."
    )
