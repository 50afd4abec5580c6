"""What a run keeps alongside its outcomes: the spread of outputs, extra backgrounds, real sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.sequences.sequences import Sequences


@dataclass(frozen=True)
class Scale:
    """The spread of a model's output; the default margin is a tenth of it.

    Attributes
    ----------
    sd : standard deviation, in the output's unit; 0 for a constant model
    source : the predictions that it is the SD of, as a phrase that follows "SD of"
    """

    sd: float
    source: str


@dataclass(frozen=True, eq=False, repr=False)
class Extra:
    """More backgrounds of a run, without edits: what predictions and letters are on average, for ``adjust``.

    Attributes
    ----------
    y : DataArray, dims model, extra, output
    backgrounds : Sequences, in the order of y's ``extra``
    """

    y: xr.DataArray
    backgrounds: Sequences


@dataclass(frozen=True, eq=False, repr=False)
class Layer:
    """Where a layer of the model's first member places sequences: float32 (rows, directions).

    The directions are those of the largest spread of real sequences; the last column is the distance of a sequence
    from the plane of all these directions. At most 1,000 rows each, spread evenly over the sequences.

    Attributes
    ----------
    name : of the layer, as the network calls it
    arm : the arm whose edits ``edited`` has, on the backgrounds of ``unedited``
    real, unedited, edited : places of these sequences
    """

    name: str
    arm: str
    real: NDArray[np.float32]
    unedited: NDArray[np.float32]
    edited: NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class Real:
    """Real held-out sequences, predicted without edits: backgrounds and edits are compared with them.

    Attributes
    ----------
    y : DataArray, dims model, real, output
    sequences : Sequences, in the order of y's ``real``
    layer : Layer, None where the model shows none
    """

    y: xr.DataArray
    sequences: Sequences
    layer: Layer | None = None


def evenly(number: int, most: int) -> NDArray[np.int64]:
    """Indices of at most ``most`` of ``number`` items, spread evenly over their order.

    Parameters
    ----------
    number : items that there are
    most : items to take; all of them where there are fewer

    Examples
    --------
    >>> evenly(10, 4).tolist(), evenly(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    most = min(number, most)
    return np.arange(most, dtype=np.int64) * number // max(most, 1)
