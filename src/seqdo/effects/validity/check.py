"""A check: one number of a run with its thresholds, and what the number means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Check:
    """One number with its thresholds. NaN means that the number is not available.

    Attributes
    ----------
    check : name of the check
    value : 0 if there is no difference (0.5 for an AUC), and larger for a larger difference
    green, red : thresholds; the check passes up to the first, asks for caution beyond it, and fails beyond the second
    finding : a sentence with the number
    advice : what to do if the check does not pass
    """

    check: str
    value: float
    green: float
    red: float
    finding: str
    advice: str = ""

    @property
    def light(self) -> str:
        """Result: "green" (pass), "amber" (caution), "red" (fail), or "unknown" without a number."""
        if np.isnan(self.value):
            return "unknown"
        return "green" if self.value <= self.green else "amber" if self.value <= self.red else "red"


def unknown(check: str, reason: str) -> Check:
    """A check that could not be made.

    Parameters
    ----------
    check : name of the check
    reason : a sentence that says why
    """
    return Check(check, np.nan, np.nan, np.nan, reason)
