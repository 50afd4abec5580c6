"""Margins: the smallest effect that matters, given or a tenth of the output's spread; and the largest not seen."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.outcomes.extras import Scale

SHARE = 0.1
"""Share of the output's SD that the default margin is."""


@dataclass(frozen=True)
class Margin:
    """The smallest effect on one output that matters.

    Attributes
    ----------
    value : in the output's unit; None if there is no scale to take it from
    rule : where the number is from, in words
    """

    value: float | None
    rule: str


def margins(
    given: float | Mapping[str, float] | None, scales: Mapping[str, Scale], units: Mapping[str, str]
) -> dict[str, Margin]:
    """The margin of each output (the keys of ``units``).

    One number is for all outputs. Outputs that a mapping leaves out, and all outputs if None is given,
    get 0.1 × the SD of their scale.

    Raises
    ------
    InputError
        A margin that is negative, not finite or not a number; an output that there isn't.

    Examples
    --------
    >>> margins(None, {"y": Scale(2.0, "500 held-out sequences")}, {"y": "log2"})["y"].rule
    '0.1 × the SD of 500 held-out sequences = 0.1 × 2 = 0.2 log2'
    """
    if isinstance(given, Mapping):
        strange = [name for name in given if name not in units]
        if strange:
            near = difflib.get_close_matches(str(strange[0]), units, 1)
            raise InputError(
                f"a margin for output {strange[0]!r}",
                f"the outputs are {', '.join(units)}",
                f"Did you mean {near[0]!r}?" if near else "",
            )
        chosen = {name: _checked(value, f"margin of {name}") for name, value in given.items()}
    else:
        chosen = {} if given is None else dict.fromkeys(units, _checked(given, "margin"))
    return {
        name: Margin(chosen[name], f"given: {chosen[name]:g} {unit}")
        if name in chosen
        else _tenth(scales.get(name), unit)
        for name, unit in units.items()
    }


def _checked(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        ends = isinstance(value, tuple | list)
        raise InputError(
            f"{what} is {value!r}",
            "one number is needed, the half-width of the band ±margin, in the unit of the output",
            "Write margin=0.1 for the band from −0.1 to 0.1" if ends else "Write margin=0.1",
        )
    if not math.isfinite(value) or value < 0:
        raise InputError(
            f"{what} is {value}", "a margin is 0 or a positive number, in the unit of the output", "Write margin=0.1"
        )
    return float(value)


def _tenth(scale: Scale | None, unit: str) -> Margin:
    if scale is None or not math.isfinite(scale.sd):
        return Margin(None, "none: the SD of this output is not known, so a margin must be given")
    if scale.sd <= 0:
        return Margin(None, f"none: the SD of {scale.source} is 0, so a margin must be given")
    value = SHARE * scale.sd
    return Margin(value, f"{SHARE} × the SD of {scale.source} = {SHARE} × {scale.sd:.4g} = {value:.4g} {unit}")


def unseen(y: xr.DataArray, scales: Mapping[str, Scale]) -> NDArray[np.float64]:
    """How large a response that no background showed could be: float64 (outputs,), in the unit of each.

    The SD of the output's scale, or the range of all answers if that is 0.
    """
    found = []
    for place, name in enumerate(map(str, y["output"].values.tolist())):
        sd = scales[name].sd if name in scales else 0.0
        found.append(sd if sd > 0 else float(np.ptp(y.transpose(..., "output").values[..., place])))
    return np.array(found)
