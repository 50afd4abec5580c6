"""Margins: the smallest effect size of interest, declared by the user or a tenth of the SD of the output."""

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
"""The default margin, as a share of the SD of the output."""


@dataclass(frozen=True)
class Margin:
    """The smallest effect size of interest (SESOI) on one output.

    Attributes
    ----------
    value : in the output's unit; None if there is no scale to take it from
    rule : where the number comes from, as a phrase for notes
    declared : did the user declare it? The default follows from a spread.
    """

    value: float | None
    rule: str
    declared: bool = False


def margins(
    margin: float | Mapping[str, float] | None, scales: Mapping[str, Scale], units: Mapping[str, str]
) -> dict[str, Margin]:
    """The margin of each output (the keys of ``units``).

    One number applies to all outputs. Outputs that a mapping leaves out, and all outputs if ``margin`` is None, get
    0.1 × the SD of their scale.

    Raises
    ------
    InputError
        A margin that is negative, not finite or not a number; a margin for an output that does not exist.

    Examples
    --------
    >>> margins(None, {"y": Scale(2.0, "500 held-out sequences")}, {"y": "log2"})["y"].rule
    '0.1 × the SD of 500 held-out sequences = 0.1 × 2 = 0.2 log2'
    """
    if isinstance(margin, Mapping):
        unknown = [name for name in margin if name not in units]
        if unknown:
            near = difflib.get_close_matches(str(unknown[0]), units, 1)
            raise InputError(
                f"`margin` names the output {unknown[0]!r}",
                f"the outputs are {', '.join(units)}",
                f"Did you mean {near[0]!r}?" if near else "",
            )
        declared = {name: _checked(value, f" for output {name}") for name, value in margin.items()}
    else:
        declared = {} if margin is None else dict.fromkeys(units, _checked(margin))
    return {
        name: Margin(declared[name], f"declared: {declared[name]:g} {unit}", declared=True)
        if name in declared
        else _tenth(scales.get(name), unit)
        for name, unit in units.items()
    }


def _checked(value: object, output: str = "") -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        ends = isinstance(value, tuple | list)
        raise InputError(
            f"`margin={value!r}`{output}",
            "a margin is one number, half the width of the band ±margin, in the unit of the output",
            "Write margin=0.1 for the band from −0.1 to 0.1" if ends else "Write margin=0.1",
        )
    if not math.isfinite(value) or value < 0:
        raise InputError(
            f"`margin={value}`{output}",
            "a margin is 0 or a positive number, in the unit of the output",
            "Write margin=0.1",
        )
    return float(value)


def _tenth(scale: Scale | None, unit: str) -> Margin:
    if scale is None or not math.isfinite(scale.sd):
        return Margin(None, "none: the SD of this output is unknown; pass `margin=`")
    if scale.sd <= 0:
        return Margin(None, f"none: the SD of {scale.source} is 0; pass `margin=`")
    value = SHARE * scale.sd
    return Margin(value, f"{SHARE} × the SD of {scale.source} = {SHARE} × {scale.sd:.4g} = {value:.4g} {unit}")


def unseen(y: xr.DataArray, scales: Mapping[str, Scale]) -> NDArray[np.float64]:
    """Assumed size of a response that no background showed: float64 (outputs,), in the unit of each output.

    It is the SD of the output's scale, or the range of all predictions where that SD is 0.
    """
    sizes = []
    for place, name in enumerate(map(str, y["output"].values.tolist())):
        sd = scales[name].sd if name in scales else 0.0
        sizes.append(sd if sd > 0 else float(np.ptp(y.transpose(..., "output").values[..., place])))
    return np.array(sizes)
