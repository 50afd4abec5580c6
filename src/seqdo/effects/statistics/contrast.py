"""Contrasts of outcomes: one number for each model member, background and output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.designs.design import Contrast
from seqdo.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CHUNK_BYTES = 2**25
"""Bytes of float64 contrasts in memory at once. What is computed from them takes about ten times as much."""

ROUNDING = 1e-14
"""Share of Σ|weight|·|prediction| below which a contrast is float64 rounding and is set to 0.

Without this, y_AB − y_A − y_B + y_0 of an additive model would be 1e-16 on some backgrounds and 0 on others, and
would pass for an effect.
"""

UNITS = 4
"""Units in the last place of its terms that a contrast must exceed to be more than rounding.

A network adds up thousands of products, and an engine adds them in another order: the last digits of a prediction are
not its own.
"""


def contrast_values(y: xr.DataArray, contrasts: Sequence[Contrast]) -> NDArray[np.float64]:
    """Every contrast of the predictions, for each member, background and output.

    Contrasts are formed in float64, whatever the dtype of the predictions. A contrast without weights is 0.

    Parameters
    ----------
    y : predictions, dims model, background, arm, output
    contrasts : weights over arms

    Returns
    -------
    float64 (contrasts, members, backgrounds, outputs), in the unit of each output

    Raises
    ------
    InputError
        A contrast names an arm that the outcomes do not have.
    """
    shape = (len(contrasts), *(y.sizes[dim] for dim in ("model", "background", "output")))
    values = np.zeros(shape)
    for span, chunk in contrast_chunks(y, contrasts):
        values[span] = chunk
    return values


def contrast_chunks(
    y: xr.DataArray, contrasts: Sequence[Contrast], chunk_bytes: int = CHUNK_BYTES
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """The same numbers, a few contrasts at a time: (which contrasts, their values), so that memory is bounded."""
    predictions = y.transpose("arm", "model", "background", "output").values
    weights = _weights(y["arm"].values.tolist(), contrasts)
    step = max(1, chunk_bytes // max(1, predictions[0].size * 8))
    for first in range(0, len(contrasts), step):
        span = slice(first, min(first + step, len(contrasts)))
        yield span, _weighted(weights[span], predictions, step)


def resolution(y: xr.DataArray, contrasts: Sequence[Contrast]) -> NDArray[np.float64]:
    """Size up to which a contrast may be the rounding of the predictions it is formed from.

    It is 4 units in the last place of Σ|weight|·|prediction|, with the largest prediction of each arm. A contrast may
    be much smaller than its terms: a network with a large common part rounds by the size of that part.

    Parameters
    ----------
    y : predictions, dims model, background, arm, output
    contrasts : weights over arms

    Returns
    -------
    float64 (contrasts, outputs), in the unit of each output
    """
    predictions = y.transpose("arm", "model", "background", "output").values
    largest = np.array([np.abs(arm).max((0, 1), initial=0.0) for arm in predictions], np.float64)
    terms = abs(_weights(y["arm"].values.tolist(), contrasts)) @ largest
    return np.asarray(UNITS * float(np.finfo(_precision(predictions)).eps) * terms)


def _precision(predictions: NDArray[Any]) -> type[np.float32] | type[np.float64]:
    """float32 if all predictions are numbers of float32, also where a readout handed them on as float64."""
    single = all(np.array_equal(arm, arm.astype(np.float32)) for arm in predictions)
    return np.float32 if single else np.float64


def _weights(arms: Sequence[str], contrasts: Sequence[Contrast]) -> csr_array:
    """Weights as a sparse matrix, contrasts × arms."""
    from scipy.sparse import csr_array

    index = {name: i for i, name in enumerate(arms)}
    entries: list[tuple[int, int, float]] = []
    for row, contrast in enumerate(contrasts):
        for arm, weight in contrast.weights.items():
            if arm not in index:
                raise InputError(
                    f"contrast `{contrast.name}` names the arm {arm!r}",
                    f"the outcomes have {len(index)} arms, and {arm!r} is not among them",
                )
            entries.append((row, index[arm], float(weight)))
    shape = (len(contrasts), len(index))
    if not entries:
        return csr_array(shape, dtype=np.float64)
    rows, columns, values = zip(*entries, strict=True)
    return csr_array((np.array(values), (np.array(rows), np.array(columns))), shape=shape)


def _weighted(weights: csr_array, y: NDArray[Any], step: int) -> NDArray[np.float64]:
    """Weighted sums over arms, a few arms at a time, because a contrast may weigh thousands."""
    sums = np.zeros((weights.shape[0], y[0].size))
    sizes = np.zeros_like(sums)
    # In a scan each contrast has a few arms of its own: only arms with a weight are widened to float64.
    columns = weights.tocsc()
    used = np.flatnonzero(np.diff(columns.indptr))
    for first in range(0, len(used), step):
        arms = used[first : first + step]
        part = columns[:, arms].tocsr()
        predictions = y[arms].astype(np.float64).reshape(len(arms), -1)
        sums += part @ predictions
        sizes += abs(part) @ np.abs(predictions)
    # The rounding of a sum is that of its terms, however small the sum itself is.
    sums[np.abs(sums) <= ROUNDING * sizes] = 0
    return sums.reshape(-1, *y.shape[1:])
