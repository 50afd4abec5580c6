"""Rows of further inputs that differ between the backgrounds of a run, checked against the model that reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.further_inputs import FurtherInputs, as_array
from seqdo.models.model import Model

ACCEPTED = "further inputs of a run are arrays (n, ...): row i belongs to background i, in every arm"
"""What an error accepts as rows."""


def example_rows(inputs: Mapping[str, Any] | None, model: Model, n: int) -> dict[str, NDArray[Any]]:
    """The argument ``inputs`` of ``run``: an array (n, ...) for each input, of the type that the model was wrapped with.

    Parameters
    ----------
    inputs : name of an input to its rows; None for the rows that the model was wrapped with
    model : was wrapped with one row of each of these inputs
    n : number of backgrounds

    Raises
    ------
    InputError
        A name that the model was not wrapped with; rows of another number, shape or type; NaN.

    Examples
    --------
    >>> import seqdo as sd
    >>> scaled = lambda x, scale: x[:, 2].sum(1) * scale[:, 0]
    >>> model = sd.wrap(scaled, alphabet=sd.DNA, length=20, inputs={"scale": (1,)})
    >>> example_rows({"scale": [[1], [2], [4]]}, model, 3)["scale"].ravel().tolist()
    [1.0, 2.0, 4.0]
    """
    if inputs is None:
        return {}
    if not isinstance(inputs, Mapping) or not all(isinstance(name, str) for name in inputs):
        raise InputError(f"`inputs` is a {type(inputs).__name__}", ACCEPTED, 'Write inputs={"control": rows}')
    wrapped = model.members[0].network.inputs
    return {name: _rows(name, value, _constant(name, wrapped, model.name), n) for name, value in inputs.items()}


def _constant(name: str, wrapped: FurtherInputs, model: str) -> NDArray[Any]:
    """The row that the model was wrapped with."""
    if name not in wrapped.constants:
        names = ", ".join(map(repr, wrapped)) or "no further inputs"
        raise InputError(
            f"`inputs` has {name!r}",
            f"`{model}` was wrapped with {names}",
            f"Write sd.wrap(..., inputs={{{name!r}: shape}}), with the shape of one row",
        )
    return wrapped.constants[name]


def _rows(name: str, value: Any, constant: NDArray[Any], n: int) -> NDArray[Any]:  # noqa: ANN401 - whatever the user gives
    """The rows of one input, in the type of the row that the model was wrapped with."""
    rows = as_array(name, value, ACCEPTED)
    shape = constant.shape[1:]
    if rows.shape != (n, *shape):
        raise InputError(
            f"`inputs[{name!r}]` has shape {rows.shape} for n={n} backgrounds",
            f"{ACCEPTED}; a row has the shape {shape}, with which the model was wrapped",
            f"Write n={len(rows)}, or pass {n} rows"
            if rows.shape[1:] == shape and rows.ndim
            else f"Pass an array of shape {(n, *shape)}",
        )
    with np.errstate(over="ignore", invalid="ignore"):  # what does not fit is refused below
        typed = rows.astype(constant.dtype, copy=False)
    real = constant.dtype.kind == "f"
    if not (np.isfinite(typed).all() if real else np.array_equal(typed, rows)):
        raise InputError(
            f"`inputs[{name!r}]` has values that {constant.dtype} can't hold",
            f"rows have the type of the row that the model was wrapped with, {constant.dtype}",
            "Pass smaller numbers" if real else f"Wrap with inputs={{{name!r}: {shape}}} for real numbers",
        )
    return typed
