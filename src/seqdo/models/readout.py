"""Readouts: they turn the raw output of a model into an array of numbers, (n,) or (n, outputs).

A readout is a key of a dict, an index of a tuple, the name of an attribute, or a function of the raw output. The
functions of this file build the usual readouts, for numpy arrays and for torch tensors. ``head`` begins a readout that
is composed: ``head("profile").tracks("GATA1").window(1000, 1100).counts()``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.head_readout import HeadReadout, head
from seqdo.models.heads import select_head, shape_of
from seqdo.models.profile_sums import profile_counts, window_sum
from seqdo.models.reference_peak import WholeProfile

__all__ = ["Readout", "as_numbers", "as_readout", "head", "in_words", "is_half", "profile_counts", "select", "tasks",
           "whole", "window_sum"]  # fmt: skip

Readout = str | int | Callable[[Any], Any] | None

NAMES: dict[Any, str] = {select_head: "select"}
"""Functions of other files by which readouts are recorded."""


def select(key: str | int) -> Callable[[Any], Any]:
    """Readout of one head: an entry of a dict or tuple, or an attribute.

    Parameters
    ----------
    key : key, index, or name of the attribute

    Examples
    --------
    >>> select("counts")({"profile": [[1, 2]], "counts": [3]})
    [3]
    """
    return partial(select_head, key=key)


def tasks(*indices: int) -> Callable[[Any], Any]:
    """Readout of some columns of an output (n, tasks), in this order.

    Parameters
    ----------
    indices : columns, counted from 0

    Raises
    ------
    InputError
        No column.

    Examples
    --------
    >>> tasks(2, 0)(np.array([[10, 11, 12]])).tolist()
    [[12, 10]]
    """
    if not indices:
        raise InputError("`tasks()` without a column", "at least one column is needed", "Write tasks(0) or tasks(3, 7)")
    return partial(_tasks, indices=indices)


def as_readout(readout: Readout) -> Callable[[Any], Any]:
    """The function of a readout that is a key, an index, a function or None.

    Parameters
    ----------
    readout : the argument ``readout`` of ``sd.wrap``

    Raises
    ------
    InputError
        An argument of another type.
    """
    if readout is None:
        return whole
    if isinstance(readout, str | int) and not isinstance(readout, bool):
        return select(readout)
    if isinstance(readout, WholeProfile):  # of a network that was wrapped before
        return readout.readout
    if callable(readout):
        return readout
    raise InputError(
        f"`readout={readout!r}`",
        "a readout is a key, an index, or a function of the model's raw output",
        'Write readout="counts", readout=0, or readout=lambda output: output[:, 3]',
    )


def whole(raw: Any) -> Any:  # noqa: ANN401 - a model may return any type
    """Return the raw output unchanged.

    Parameters
    ----------
    raw : what the model returned
    """
    return raw


def in_words(readout: Callable[[Any], Any]) -> str:
    """Name and arguments of a readout, for provenance; "" for the whole output.

    Parameters
    ----------
    readout : the function of a readout

    Examples
    --------
    >>> in_words(window_sum(400, 600))
    'window_sum(start=400, stop=600)'
    """
    if readout is whole:
        return ""
    if isinstance(readout, HeadReadout | WholeProfile):
        return str(readout)
    if isinstance(readout, partial):
        arguments = ", ".join(f"{key}={value!r}" for key, value in readout.keywords.items())
        return f"{NAMES.get(readout.func, readout.func.__name__.lstrip('_'))}({arguments})"
    return str(getattr(readout, "__qualname__", type(readout).__qualname__))


def as_numbers(raw: Any, n: int, name: str) -> NDArray[np.floating[Any]]:  # noqa: ANN401
    """Copy the output of a model into an array (n, outputs) of float32 or float64.

    Parameters
    ----------
    raw : what the readout returned
    n : number of sequences that were predicted
    name : name of the model, for messages

    Raises
    ------
    InputError
        Several heads (the error lists them, with the readout to write); another shape; values that are not numbers.
    """
    array = _as_array(raw, n, name)
    if array.dtype.kind not in "fiub":
        raise InputError(f"`{name}` returned values of type {array.dtype}", "a model returns real numbers")
    if array.ndim not in (1, 2) or len(array) != n or not array.size:
        profile = array.ndim == 3 and len(array) == n
        raise InputError(
            f"`{name}` returned an array of shape {array.shape} for {n} sequences",
            f"the shape ({n},) or ({n}, outputs) is needed",
            "For a profile write readout=sd.readout.window_sum(start, stop)"
            if profile
            else "Write readout=lambda output: ... to change the shape",
        )
    exact = array.dtype == np.float64 or (array.dtype.kind in "iu" and array.dtype.itemsize > 2)
    # Always a copy: a model may return the same buffer at every call.
    return np.array(array.reshape(n, -1), np.float64 if exact else np.float32, copy=True)


def is_half(raw: Any) -> bool:  # noqa: ANN401
    """Whether an output is in 16-bit floats of numpy, torch or jax.

    Parameters
    ----------
    raw : what the model or the readout returned
    """
    return str(getattr(raw, "dtype", "")).rpartition(".")[2] in {"float16", "bfloat16"}


def _as_array(raw: Any, n: int, name: str) -> NDArray[Any]:  # noqa: ANN401
    """The output as a numpy array; tensors are detached from their graph and copied to the CPU."""
    if isinstance(raw, Mapping | tuple) or (isinstance(raw, list) and not _is_rows(raw, n)):
        _refuse_heads(raw, name)
    if hasattr(raw, "detach"):
        raw = raw.detach().cpu()
        raw = raw.float() if is_half(raw) else raw
    if isinstance(raw, list):
        raw = [item.detach().cpu() if hasattr(item, "detach") else item for item in raw]
    try:
        array = np.asarray(raw)
    except ValueError as error:
        raise InputError(
            f"`{name}` returned a {type(raw).__name__} of items with uneven lengths", "one array is needed"
        ) from error
    if is_half(array):
        array = array.astype(np.float32)
    if n == 1 and array.ndim < 2 and array.size and array.dtype.kind in "fiub" and shape_of(raw) == array.shape:
        # A model that ends in squeeze() drops the dimension of sequences where there is one sequence.
        return array.reshape(1, -1)
    if array.ndim == 0 or array.dtype == object:
        _refuse_heads(raw, name)
    return array


def _is_rows(raw: list[Any], n: int) -> bool:
    """Whether a list has one item for each sequence (a number, a list or a small array), and not one for each head."""
    shapes = {shape_of(item) for item in raw}
    return shapes == {()} or (len(raw) == n and len(shapes) == 1 and len(next(iter(shapes))) == 1)


def _refuse_heads(raw: Any, name: str) -> None:  # noqa: ANN401
    """Raise the error for an output of several heads; it lists the key and shape of each head."""
    if isinstance(raw, Mapping):
        heads: dict[Any, Any] = dict(raw)
    elif isinstance(raw, tuple) and hasattr(raw, "_fields"):
        heads = dict(zip(raw._fields, raw, strict=True))
    elif isinstance(raw, tuple | list):
        heads = dict(enumerate(raw))
    else:
        heads = {key: value for key, value in vars(raw).items() if shape_of(value)} if hasattr(raw, "__dict__") else {}
    if not heads:
        raise InputError(
            f"`{name}` returned a {type(raw).__name__} ({str(raw)[:40]})",
            "an array with one number for each sequence is needed",
        )
    listed = ", ".join(f"{key!r} {shape_of(value) or type(value).__name__}" for key, value in heads.items())
    raise InputError(
        f"`{name}` returned a {type(raw).__name__} of {len(heads)} heads: {listed}",
        "one array of numbers is needed",
        f"Choose a head with readout={next(iter(heads))!r}, or combine heads with readout=lambda output: ...",
    )


def _tasks(raw: Any, *, indices: tuple[int, ...]) -> Any:  # noqa: ANN401
    shape = shape_of(raw)
    if len(shape) != 2 or max(indices) >= shape[1] or min(indices) < -shape[1]:
        raise InputError(
            f"`tasks{indices}` for an output of shape {shape}",
            "an array (n, tasks) with all of these columns is needed",
        )
    return raw[:, list(indices)]
