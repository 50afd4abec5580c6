"""Further inputs of a network, next to the sequence: control tracks, a cell type, a condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError

ACCEPTED = "a further input is one row for all sequences: a shape for zeros, an array (1, ...), or a function of n"
"""What an error accepts as a further input."""


@dataclass(frozen=True, eq=False)
class FurtherInputs:
    """Inputs by name. Every sequence gets the same row, except where there are rows by sequence.

    Attributes
    ----------
    constants : name to an array (1, ...), the row for all sequences
    examples : name to an array (n, ...), the rows of n sequences; they replace the constant of that name
    """

    constants: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    examples: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.constants)

    def __iter__(self) -> Iterator[str]:
        return iter(self.constants)

    @classmethod
    def of(cls, inputs: Mapping[str, Any] | None) -> FurtherInputs:
        """The argument ``inputs`` of ``sd.wrap``.

        Raises
        ------
        InputError
            Something other than a mapping of names to constants.

        Examples
        --------
        >>> FurtherInputs.of({"control": (2, 100)}).constants["control"].shape
        (1, 2, 100)
        """
        if inputs is None:
            return cls()
        if not isinstance(inputs, Mapping) or not all(isinstance(name, str) for name in inputs):
            raise InputError(
                f"`inputs` is a {type(inputs).__name__}",
                "further inputs have the names of the model's parameters",
                'Write inputs={"control": (2, 1000)}',
            )
        return cls({name: _constant(name, value) for name, value in inputs.items()})

    def rows(self, n: int, size: int | None = None) -> dict[str, NDArray[Any]]:
        """Fresh arrays (n, ...) of every input.

        Parameters
        ----------
        n : number of sequences
        size : rows of a call that is larger, filled up with copies of the last row; None for n
        """
        order = np.minimum(np.arange(n if size is None else size), n - 1)
        return {name: array[order if len(array) > 1 else 0 * order] for name, array in self.arrays.items()}

    def as_real(self, dtype: str) -> FurtherInputs:
        """The inputs with their real numbers in another type; whole numbers stay as they are.

        Parameters
        ----------
        dtype : such as "float32"
        """
        rows = self.constants.items()
        constants = {name: row.astype(dtype) if row.dtype.kind == "f" else row for name, row in rows}
        return FurtherInputs(constants, self.examples)

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The array of every input: (1, ...), or (n, ...) where there are rows by sequence."""
        return {**self.constants, **self.examples}

    def at(self, first: int, number: int) -> FurtherInputs:
        """The inputs of some consecutive sequences."""
        rows = {name: array[first : first + number] for name, array in self.examples.items()}
        return FurtherInputs(self.constants, rows)

    def in_words(self) -> str:
        """Names and shapes for the record; "" if there are none."""
        return " ".join(f"{name}={_described(value)}" for name, value in self.constants.items())


def _constant(name: str, value: Any) -> NDArray[Any]:  # noqa: ANN401 - whatever the user gives
    """One row (1, ...) of a shape, an array, or a function of the number of rows."""
    if isinstance(value, tuple) and all(isinstance(size, int) for size in value):
        return np.zeros((1, *value), np.float32)
    if callable(value) and not hasattr(value, "shape"):
        return _row_of_function(name, value)
    array = as_array(name, value, ACCEPTED)
    if array.ndim == 0 or len(array) != 1:
        differ = f"; where rows differ, wrap one row and write sd.run(..., inputs={{{name!r}: rows}})"
        raise InputError(
            f"`inputs[{name!r}]` has shape {array.shape}",
            ACCEPTED,
            f"Write inputs={{{name!r}: values[None]}} for the same values in every call"
            + (differ if array.ndim else ""),
        )
    return array.copy()


def _row_of_function(name: str, function: Callable[[int], Any]) -> NDArray[Any]:
    """The row that a function returns for every sequence."""
    rows = as_array(name, function(2), ACCEPTED)
    if rows.ndim == 0 or len(rows) != 2 or not np.array_equal(rows[0], rows[1], equal_nan=False):
        raise InputError(
            f"`inputs[{name!r}]` returned shape {rows.shape} for n=2"
            + (", with rows that differ" if rows.ndim and len(rows) == 2 else ""),
            "a function of n returns an array (n, ...) of n equal rows",
            f'Write inputs={{{name!r}: lambda n: np.zeros((n, 2, 1000), "float32")}}',
        )
    return rows[:1].copy()


def as_array(name: str, value: Any, accepted: str) -> NDArray[Any]:  # noqa: ANN401 - whatever the user gives
    """An input as an array of finite numbers.

    Parameters
    ----------
    name : of the input
    value : an array, a tensor, or what numpy reads as one
    accepted : what an error accepts

    Raises
    ------
    InputError
        A value that holds no numbers, or NaN.
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.array(None)
    if array.dtype.kind not in "fiub":
        raise InputError(f"`inputs[{name!r}]` is a {type(value).__name__}", accepted, "Pass numbers")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(
            f"`inputs[{name!r}]` has NaN or infinite values", accepted, "Write zeros where there is no value"
        )
    return array


def _described(value: NDArray[Any]) -> str:
    shape = "x".join(map(str, value.shape[1:])) or "1"
    return f"zeros({shape})" if not value.any() else f"constant({shape})"
