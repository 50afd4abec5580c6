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
    caution_above, fail_above : thresholds; the check passes up to the first, and fails beyond the second
    finding : a sentence with the number
    advice : what to do if the check does not pass
    """

    check: str
    value: float
    caution_above: float
    fail_above: float
    finding: str
    advice: str = ""

    @property
    def result(self) -> str:
        """The result: "pass", "caution", "fail", or "not checked" without a number."""
        if np.isnan(self.value):
            return "not checked"
        if self.value <= self.caution_above:
            return "pass"
        return "caution" if self.value <= self.fail_above else "fail"


def not_checked(check: str, reason: str) -> Check:
    """A check that could not be made.

    Parameters
    ----------
    check : name of the check
    reason : a sentence that says why
    """
    return Check(check, np.nan, np.nan, np.nan, reason)
