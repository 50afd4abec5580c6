"""Targets: how a measurement is transformed before a network learns it.

The constants of a transform are fitted on the training part alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError

UNITS = {
    "log_norm": "SD of the log-normalized measurements of the training part",
    "zscore": "SD of the measurements of the training part",
    "none": "as measured",
    "binary": "log odds of the label 1",
}
"""Unit of a prediction, by target."""


def check_values(kind: str, y: NDArray[np.float64]) -> None:
    """Refuse measurements that a network cannot learn or that cannot be scored.

    Parameters
    ----------
    kind : the recipe's ``target``
    y : measurements of all parts, (n, outputs); NaN where an output was not measured

    Raises
    ------
    InputError
        A row without any measurement; an infinite measurement; a label other than 0 and 1.
    """
    unusable = int((np.isnan(y).all(1) | np.isinf(y).any(1)).sum())
    if unusable:
        raise InputError(
            f"`data` has {unusable:,} of {len(y):,} rows with no measurement or an infinite one",
            "a network learns finite numbers only",
            "Leave these rows out of the data",
        )
    if kind == "binary" and (other := y[~np.isnan(y) & ~np.isin(y, (0, 1))]).size:
        raise InputError(
            f"`target: binary` with a measurement of {other[0]:g}", "labels are 0 and 1", "Write target: zscore"
        )


@dataclass(frozen=True)
class Target:
    """A transform and its constants.

    Source of ``log_norm``: log(y - min + 1), then z-score, of Koo et al., PLoS Comput Biol 17(5):e1008925 (2021).
    The paper fits the constants on each part separately.

    Attributes
    ----------
    kind : the recipe's ``target``
    low : subtracted before the logarithm (``log_norm``), in the unit of the measurement
    mean, sd : subtracted, and divided by, after the logarithm

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
        """The transform with constants of these measurements.

        Parameters
        ----------
        kind : the recipe's ``target``
        y : measurements of one output on the training part, (n,); NaN is left out

        Raises
        ------
        InputError
            Measurements that are all the same, or whose SD is not finite.
        """
        y = y[~np.isnan(y)]
        low = float(y.min()) if kind == "log_norm" else 0.0
        values = cls(kind, low)._logged(y)
        with np.errstate(over="ignore"):  # an overflow becomes an infinite SD, which is refused below
            sd = float(values.std())
        if sd == 0 or not np.isfinite(sd):
            raise InputError(
                f"`target: {kind}` for measurements from {y.min():g} to {y.max():g}",
                "measurements have to differ, and their SD has to be finite",
                "Check the column that `measured` names",
            )
        return cls(kind) if kind in ("binary", "none") else cls(kind, low, float(values.mean()), sd)

    def __call__(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Transform measurements of one output, (n,)."""
        return (self._logged(y) - self.mean) / self.sd

    def _logged(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        # A held-out measurement can be below every measurement of the training part: it counts as the lowest.
        return np.log(np.maximum(y, self.low) - self.low + 1) if self.kind == "log_norm" else y
