"""Targets: what a network learns of a measurement, with constants fitted on the training part alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError

UNITS = {
    "log_norm": "SD of the log-normalised measurements of the training part",
    "zscore": "SD of the measurements of the training part",
    "none": "as measured",
    "binary": "log odds of the label 1",
}
"""What a network's answer is counted in, by target."""


def check_values(kind: str, y: NDArray[np.float64]) -> None:
    """Refuse measurements (n, outputs), of whichever part, that can't be learned, or scored: none, or infinite."""
    bad = int((np.isnan(y).all(1) | np.isinf(y).any(1)).sum())
    if bad:
        raise InputError(
            f"measurements with NaN or infinity ({bad:,} of {len(y):,})", "a network can learn finite numbers only",
            "Leave these rows out of the data",
        )  # fmt: skip
    if kind == "binary" and (strange := y[~np.isnan(y) & ~np.isin(y, (0, 1))]).size:
        raise InputError(f"target binary for a measurement of {strange[0]:g}", "0 and 1 are needed")


@dataclass(frozen=True)
class Target:
    """A transform with its constants: ``low`` is taken off before the logarithm, then ``mean`` off, then by ``sd``.

    Source of ``log_norm``: log(y - min + 1), then z-score, of Koo et al., PLoS Comput Biol 17(5):e1008925 (2021),
    who fit the constants on each part for itself.

    Examples
    --------
    >>> target = Target.fitted("zscore", np.array([1.0, 3.0]))
    >>> target.mean, target.sd, target(np.array([5.0])).tolist()
    (2.0, 1.0, [3.0])
    """

    kind: str
    low: float = 0.0
    mean: float = 0.0
    sd: float = 1.0

    @classmethod
    def fitted(cls, kind: str, y: NDArray[np.float64]) -> Target:
        """The transform with the constants of these measurements (n,), those that are there."""
        y = y[~np.isnan(y)]
        low = float(y.min()) if kind == "log_norm" else 0.0
        values = cls(kind, low)._logged(y)
        with np.errstate(over="ignore"):
            sd = float(values.std())
        if sd == 0 or not np.isfinite(sd):
            raise InputError(
                f"target {kind} for measurements from {y.min():g} to {y.max():g}",
                "they have to differ, and their spread has to be a number",
            )
        return cls(kind) if kind in ("binary", "none") else cls(kind, low, float(values.mean()), sd)

    def __call__(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is learned of the measurements y (n,)."""
        return (self._logged(y) - self.mean) / self.sd

    def _logged(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        # A held-out measurement can be below every one of the training part: it counts as the lowest.
        return np.log(np.maximum(y, self.low) - self.low + 1) if self.kind == "log_norm" else y
