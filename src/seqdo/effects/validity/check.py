"""A check: one number of a run with its thresholds, and what to say of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Check:
    """One number with its thresholds; NaN is a number that can't be had.

    Attributes
    ----------
    check : its name
    value : 0 where there is nothing to say, or .5 of an AUC
    green, red : green up to the first, red beyond the second
    found : a sentence with the number
    advice : what to do where it is not green
    """

    check: str
    value: float
    green: float
    red: float
    found: str
    advice: str = ""

    @property
    def light(self) -> str:
        """Green, amber or red; "unknown" without a number."""
        if np.isnan(self.value):
            return "unknown"
        return "green" if self.value <= self.green else "amber" if self.value <= self.red else "red"


def unknown(check: str, found: str) -> Check:
    """A check that could not be made, and why."""
    return Check(check, np.nan, np.nan, np.nan, found)
