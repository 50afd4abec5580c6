"""Inputs that a model declares by name, shape and type, as ONNX files and functional Keras models do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.further_inputs import FurtherInputs


class DeclaredInput(NamedTuple):
    """An input of a model.

    Attributes
    ----------
    name : by which ``inputs`` names it
    shape : of one row; None where any size will do, and for a shape that is not declared
    dtype : numpy's name of its type; None for a type that seqdo can't make
    """

    name: str
    shape: tuple[int | None, ...] | None
    dtype: np.dtype[Any] | None

    def __str__(self) -> str:
        return repr(self.name) if self.shape is None else f"{self.name!r} {shown(self.shape)}"

    @property
    def written(self) -> str:
        """How ``inputs`` gives a row of zeros."""
        return f'"{self.name}": {"..." if self.shape is None else shown(self.shape)}'


def shown(shape: tuple[int | None, ...]) -> str:
    """A shape as Python writes it, with "?" where any size will do.

    >>> shown((None, 2)), shown((3,))
    ('(?, 2)', '(3,)')
    """
    return str(tuple(shape)).replace("None", "?")


def sequence_input(declared: Sequence[DeclaredInput], inputs: FurtherInputs, name: str, length: int) -> DeclaredInput:
    """The input that is the sequence: the one that the further inputs leave.

    Parameters
    ----------
    declared : the inputs of a model, in order
    inputs : the further inputs
    name : how messages refer to the model
    length : positions that the model reads

    Raises
    ------
    InputError
        A name that is no input; an input that gets no value; no input left. Each message lists the inputs.

    Examples
    --------
    >>> inputs = [DeclaredInput("dose", (3,), None), DeclaredInput("dna", (60, 4), None)]
    >>> sequence_input(inputs, FurtherInputs.of({"dose": (3,)}), "net", 60).name
    'dna'
    """
    first = f"has {len(declared)} inputs:" if len(declared) > 1 else "has one input, the sequence:"
    listed = f"{first} {', '.join(map(str, declared))}"
    names = [each.name for each in declared]
    left = [each for each in declared if each.name not in inputs]
    sequence = _most_alike(left, length)
    others = [each for each in left if each is not sequence]
    for wrong in (each for each in inputs if each not in names):
        raise InputError(
            f"`inputs` has {wrong!r}",
            f"`{name}` {listed}",
            f"Write inputs={{{others[0].written}}}" if others else f"Leave {wrong!r} out",
        )
    if sequence is None:
        raise InputError(
            f"`inputs` names all of them: `{name}` {listed}",
            "one of them is the sequence, which seqdo fills in",
            f"Leave {(_most_alike(declared, length) or declared[0]).name!r} out of inputs",
        )
    if others:
        raise InputError(
            f"`{name}` {listed}, and needs {' and '.join(each.name for each in others)} next to the sequence",
            "a further input is one row for all sequences: a shape for zeros, or an array (1, ...)",
            f"Write inputs={{{', '.join(each.written for each in others)}}}",
        )
    return sequence


def _most_alike(declared: Sequence[DeclaredInput], length: int) -> DeclaredInput | None:
    """The first input of the shape of one-hot or codes; the first of all if none has one."""
    fits = [
        each
        for each in declared
        if each.shape is None or (each.shape and len(each.shape) <= 2 and set(each.shape) <= {4, length, None})
    ]
    one_hot = [each for each in fits if each.shape is not None and len(each.shape) == 2]
    return next(iter([*one_hot, *fits, *declared]), None)


def as_declared(declared: Sequence[DeclaredInput], inputs: FurtherInputs, name: str) -> FurtherInputs:
    """The further inputs in the types that the model declares.

    Parameters
    ----------
    declared : the inputs of a model
    inputs : the further inputs, whose names are known
    name : how messages refer to the model

    Raises
    ------
    InputError
        A row of another shape than the declared one; real numbers where whole ones are declared.

    Examples
    --------
    >>> typed = as_declared([DeclaredInput("cell", (1,), np.dtype("int64"))], FurtherInputs.of({"cell": (1,)}), "net")
    >>> typed.constants["cell"].dtype.name
    'int64'
    """
    by_name = {each.name: each for each in declared}
    rows = {key: _as_declared(row, by_name[key], name) for key, row in inputs.constants.items()}
    return FurtherInputs(rows, inputs.examples)


def _as_declared(row: NDArray[Any], declared: DeclaredInput, name: str) -> NDArray[Any]:
    shape, dtype = row.shape[1:], declared.dtype
    wanted = declared.shape
    fits = wanted is None or (
        len(shape) == len(wanted) and all(b in (None, a) for a, b in zip(shape, wanted, strict=True))
    )
    if not fits and wanted is not None:
        raise InputError(
            f"`inputs[{declared.name!r}]` has a row of shape {shape}",
            f"`{name}` reads rows of shape {shown(wanted)}" + (", where ? is any size" if None in wanted else ""),
            f"Write inputs={{{declared.written}}}, or an array of shape {shown((1, *wanted))}",
        )
    if dtype is None or row.dtype == dtype:
        return row
    typed = row.astype(dtype)
    if dtype.kind in "iub" and not np.array_equal(typed, row):
        raise InputError(
            f"`inputs[{declared.name!r}]` has real numbers, such as {row.ravel()[np.argmax((typed != row).ravel())]:g}",
            f"`{name}` reads {dtype} there",
            f"Write inputs={{{declared.name!r}: values.astype(int)}}",
        )
    return typed
