"""Rows of further inputs that differ between the backgrounds of a run, checked against the model that reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.further_inputs import FurtherInputs, as_array
from seqdo.models.model import Model

ACCEPTED = "further inputs of a run are arrays (n, ...), and row i belongs to background i"
"""What an error accepts as rows."""


@dataclass(frozen=True)
class Wanted:
    """How many rows a run reads, and why.

    Attributes
    ----------
    n : backgrounds of the run
    extra : backgrounds behind them that are predicted without edits only
    screen : backgrounds before them that choose, in a search
    own : are the n backgrounds a design's own sequences?
    """

    n: int
    extra: int = 0
    screen: int = 0
    own: bool = False

    @property
    def total(self) -> int:
        """All rows."""
        return self.screen + self.n + self.extra

    def __str__(self) -> str:
        if self.own:
            return f"the {self.n} sequences"
        parts = [("screen", self.screen), ("n", self.n), ("extra", self.extra)]
        words = [f"{name}={number}" for name, number in parts if number]
        return (f"{', '.join(words[:-1])} and " if words[1:] else "") + f"{words[-1]} backgrounds"

    def advice(self, rows: NDArray[Any], shape: tuple[int, ...]) -> str:
        """What to write in place of rows of another number than ``shape`` has, or of another shape."""
        if self.own:
            return f"Pass an array of shape {shape}, with its rows in the order of design.own_sequences"
        if rows.ndim and rows.shape[1:] == shape[1:] and self.total == self.n:
            return f"Write n={len(rows)}, or pass {self.n} rows"
        return f"Pass an array of shape {shape}"


def example_rows(inputs: Mapping[str, Any] | None, model: Model, wanted: Wanted) -> dict[str, NDArray[Any]]:
    """The argument ``inputs`` of ``run``: an array (n, ...) for each input, typed as the model was wrapped.

    Parameters
    ----------
    inputs : name of an input to its rows; None for the rows that the model was wrapped with
    model : was wrapped with one row of each of these inputs
    wanted : how many rows are needed

    Raises
    ------
    InputError
        A name that the model was not wrapped with; rows of another number, shape or type; NaN.

    Examples
    --------
    >>> import seqdo as sd
    >>> scaled = lambda x, scale: x[:, 2].sum(1) * scale[:, 0]
    >>> model = sd.wrap(scaled, alphabet=sd.DNA, length=20, inputs={"scale": (1,)})
    >>> example_rows({"scale": [[1], [2], [4]]}, model, Wanted(3))["scale"].ravel().tolist()
    [1.0, 2.0, 4.0]
    """
    if inputs is None:
        return {}
    if not isinstance(inputs, Mapping) or not all(isinstance(name, str) for name in inputs):
        raise InputError(f"`inputs` is a {type(inputs).__name__}", ACCEPTED, 'Write inputs={"control": rows}')
    wrapped = model.members[0].network.inputs
    rows: dict[str, NDArray[Any]] = {}
    for name, value in inputs.items():
        constant = _constant(name, wrapped, model.name)
        array = as_array(name, value, ACCEPTED)
        _check_shape(name, array, constant.shape[1:], wanted)
        rows[name] = _typed(name, array, constant.dtype)
    return rows


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


def _check_shape(name: str, rows: NDArray[Any], row: tuple[int, ...], wanted: Wanted) -> None:
    """Refuse rows of another number than there are backgrounds, or of another shape than the model was wrapped with."""
    shape = (wanted.total, *row)
    if rows.shape == shape:
        return
    order = "row i belongs to background i"
    order = f"the first {wanted.screen} rows belong to the backgrounds that choose" if wanted.screen else order
    order += f", and the last {wanted.extra} to the extra backgrounds" if wanted.extra else ""
    raise InputError(
        f"`inputs[{name!r}]` has shape {rows.shape} for {wanted}",
        f"{order}; a row has the shape {row}, with which the model was wrapped",
        wanted.advice(rows, shape),
    )


def _typed(name: str, rows: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The rows in the type of the row that the model was wrapped with."""
    with np.errstate(over="ignore", invalid="ignore"):  # what does not fit is refused below
        typed = rows.astype(dtype, copy=False)
    real = dtype.kind == "f"
    if not (np.isfinite(typed).all() if real else np.array_equal(typed, rows)):
        raise InputError(
            f"`inputs[{name!r}]` has values that {dtype} can't hold",
            f"rows have the type of the row that the model was wrapped with, {dtype}",
            "Pass smaller numbers" if real else f"Wrap with inputs={{{name!r}: {rows.shape[1:]}}} for real numbers",
        )
    return typed
