"""The step of a composed readout that reads a profile at the reference's peak, and which steps fit around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqdo.errors import InputError
from seqdo.models.heads import shape_of
from seqdo.models.profile_axes import Evidence
from seqdo.models.readout_steps import LogFold, Named, Reduce, Step, refuse_negative

ROUNDINGS = 8
"""Values this close to the highest are equal to it, in roundings of the largest value.

Equal windows of a sequence have equal values, up to the order in which a network sums them. Without an allowance two
engines, or two batches, would read such a background at different positions."""

SPELLED = "at_reference_peak()"


@dataclass(frozen=True)
class AtReferencePeak(Step):
    """One number for each track: the value at the position where the reference has its highest; strands are summed.

    A readout gets one batch of sequences and not their backgrounds. So the step takes each sequence as its own
    reference; a run reads edited sequences at the peaks of their backgrounds (:mod:`seqdo.models.reference_peak`).
    """

    def apply(self, named: Named) -> Named:
        """The array without positions and strands, each sequence at its own peak."""
        named = with_strands_summed(named)
        axis = named.axis("positions", str(self))
        before = (slice(None),) * axis
        values = named.values
        highest = values.amax(axis) if hasattr(values, "amax") else values.max(axis)
        reach = values >= (highest - allowance(values, axis))[(*before, None)]
        # The first of those that reach the peak: sums and products alone, so that gradients go through any framework.
        first = reach & (reach.cumsum(axis) == 1)
        return named.reduced((values * first).sum(axis), "positions")

    def evidence(self, positions: int) -> Evidence:
        """There are positions."""
        return Evidence(along_positions=True)

    def __str__(self) -> str:
        return SPELLED


def with_strands_summed(named: Named) -> Named:
    """The sum over strands, where there is an axis of them.

    Raises
    ------
    InputError
        Negative values of two strands, which may be logits.
    """
    if "strands" not in named.axes:
        return named
    axis = named.axes.index("strands")
    if shape_of(named.values)[axis] > 1:
        refuse_negative(named.values, SPELLED, 'to read each strand alone, name it a track: axes="n tracks positions"')
    return named.reduced(named.values.sum(axis), "strands")


def allowance(values: Any, axis: int) -> Any:  # noqa: ANN401 - an array of numpy or torch
    """The distance from the highest value along an axis that counts as rounding; the axis is gone."""
    sizes = abs(values)
    largest = sizes.amax(axis) if hasattr(sizes, "amax") else sizes.max(axis)
    exact = str(values.dtype).endswith("64")
    return largest * float(ROUNDINGS * np.finfo(np.float64 if exact else np.float32).eps)


def refuse_order(before: Sequence[object], step: object) -> None:
    """Refuse a step that has no positions to work on: the peak after a sum, or a window after the peak.

    Parameters
    ----------
    before : the steps so far
    step : the step to be added

    Raises
    ------
    InputError
        Such a step.
    """
    peak = isinstance(step, AtReferencePeak)
    reduced = next((each for each in before if isinstance(each, Reduce | LogFold)), None)
    if peak and reduced is not None:
        raise InputError(
            f"`.{step}` after `.{reduced}`", "the peak is sought along positions, and none are left there",
            f"Write .window(400, 600).{SPELLED}, without .{reduced} before it",
        )  # fmt: skip
    along = isinstance(step, Step) and step.evidence(0).along_positions
    if along and any(isinstance(each, AtReferencePeak) for each in before):
        earlier = not peak and not isinstance(step, Reduce)
        raise InputError(
            f"`.{step}` after `.{SPELLED}`",
            "one position is left there; .log_fold(), .tracks() or .average() may follow",
            f"Write .{step} before .{SPELLED}" if earlier else f"Leave .{step} out",
        )  # fmt: skip
