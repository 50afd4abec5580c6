"""Readouts: from whatever a model answers with to an array of numbers, (n,) or (n, outputs).

A readout is a key (of a dict), an index (of a tuple), the name of an attribute, or a function of the
raw answer. The functions here build the usual ones, for numpy arrays and torch tensors alike.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError

Readout = str | int | Callable[[Any], Any] | None


def select(key: str | int) -> Callable[[Any], Any]:
    """One head of several: an entry of a dict or tuple, or an attribute.

    >>> select("counts")({"profile": [[1, 2]], "counts": [3]})
    [3]
    """
    return partial(_select, key=key)


def tasks(*indices: int) -> Callable[[Any], Any]:
    """Some columns of an (n, tasks) answer, in the order given.

    >>> tasks(2, 0)(np.array([[10, 11, 12]])).tolist()
    [[12, 10]]
    """
    if not indices:
        raise InputError("tasks()", "name at least one column", "Write tasks(0) or tasks(3, 7)")
    return partial(_tasks, indices=indices)


def window_sum(start: int, stop: int) -> Callable[[Any], Any]:
    """Sum of a profile (n, positions) or (n, positions, strands) over positions [start, stop) and strands.

    >>> window_sum(1, 3)(np.array([[1.0, 2, 3, 4]])).tolist()
    [5.0]
    """
    _check_window(start, stop)
    return partial(_window_sum, start=start, stop=stop)


def profile_counts(profile: str | int, counts: str | int, start: int, stop: int) -> Callable[[Any], Any]:
    """Expected counts in positions [start, stop) of a model with a profile and a total-counts head.

    The profile's logits (n, positions[, strands]) become shares by a softmax over positions and strands
    together; the other head (n,) or (n, 1) is the logarithm of the total. Both are given by key or index.

    Examples
    --------
    >>> flat = {"profile": np.zeros((1, 4, 2)), "counts": np.log([[80.0]])}
    >>> profile_counts("profile", "counts", 0, 1)(flat).round(6).tolist()
    [20.0]
    """
    _check_window(start, stop)
    return partial(_profile_counts, profile=profile, counts=counts, start=start, stop=stop)


def as_readout(readout: Readout) -> Callable[[Any], Any]:
    """The function behind what a user gives as ``readout=``."""
    if readout is None:
        return whole
    if isinstance(readout, str | int) and not isinstance(readout, bool):
        return select(readout)
    if callable(readout):
        return readout
    raise InputError(
        f"readout={readout!r}",
        "a key, an index, or a function of the model's answer is needed",
        'Write readout="counts", readout=0, or readout=lambda answer: answer[:, 3]',
    )


def whole(raw: Any) -> Any:  # noqa: ANN401 - a model may answer anything
    """The answer as it is."""
    return raw


def in_words(readout: Callable[[Any], Any]) -> str:
    """A readout for the record: name and arguments; empty for the whole answer.

    >>> in_words(window_sum(400, 600))
    'window_sum(start=400, stop=600)'
    """
    if readout is whole:
        return ""
    if isinstance(readout, partial):
        arguments = ", ".join(f"{key}={value!r}" for key, value in readout.keywords.items())
        return f"{readout.func.__name__.lstrip('_')}({arguments})"
    return str(getattr(readout, "__qualname__", type(readout).__qualname__))


def as_numbers(raw: Any, n: int, name: str) -> NDArray[np.floating[Any]]:  # noqa: ANN401
    """A fresh array (n, outputs), float32 or float64, of what a model answered for n sequences.

    Raises
    ------
    InputError
        Several heads (they are listed, with the readout to write), another shape, or no numbers.
    """
    array = _as_array(raw, n, name)
    if array.dtype.kind not in "fiub":
        raise InputError(f"{name} answered with {array.dtype}", "answers are real numbers")
    if array.ndim not in (1, 2) or len(array) != n or not array.size:
        profile = array.ndim == 3 and len(array) == n
        raise InputError(
            f"{name} answered with shape {array.shape} for {n} sequences",
            f"({n},) or ({n}, outputs) is needed",
            "A profile? Sum a window of it: readout=sd.readout.window_sum(start, stop)"
            if profile
            else "Write readout=lambda answer: ... to make it so",
        )
    exact = array.dtype == np.float64 or (array.dtype.kind in "iu" and array.dtype.itemsize > 2)
    # A copy always: a model may hand out the same buffer at every call.
    return np.array(array.reshape(n, -1), np.float64 if exact else np.float32, copy=True)


def is_half(raw: Any) -> bool:  # noqa: ANN401
    """Is the answer in 16-bit floats (numpy's, torch's or jax's)?"""
    return str(getattr(raw, "dtype", "")).rpartition(".")[2] in {"float16", "bfloat16"}


def _as_array(raw: Any, n: int, name: str) -> NDArray[Any]:  # noqa: ANN401
    """The answer as a numpy array; tensors are taken off their graph and device."""
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
            f"{name} answered with a {type(raw).__name__} of uneven parts", "one array is needed"
        ) from error
    if is_half(array):
        array = array.astype(np.float32)
    if array.ndim == 0 or array.dtype == object:
        _refuse_heads(raw, name)
    return array


def _is_rows(raw: list[Any], n: int) -> bool:
    """Is a list one item for each sequence (numbers, lists or small arrays), and not one for each head?"""
    shapes = {_shape(item) for item in raw}
    return shapes == {()} or (len(raw) == n and len(shapes) == 1 and len(next(iter(shapes))) == 1)


def _refuse_heads(raw: Any, name: str) -> None:  # noqa: ANN401
    """Raise the error for an answer of several parts, with each part's key and shape."""
    if isinstance(raw, Mapping):
        parts: dict[Any, Any] = dict(raw)
    elif isinstance(raw, tuple) and hasattr(raw, "_fields"):
        parts = dict(zip(raw._fields, raw, strict=True))
    elif isinstance(raw, tuple | list):
        parts = dict(enumerate(raw))
    else:
        parts = {key: value for key, value in vars(raw).items() if _shape(value)} if hasattr(raw, "__dict__") else {}
    if not parts:
        raise InputError(
            f"{name} answered with a {type(raw).__name__} ({str(raw)[:40]})",
            "an array, one number for each sequence, is needed",
        )
    listed = ", ".join(f"{key!r} {_shape(value) or type(value).__name__}" for key, value in parts.items())
    raise InputError(
        f"{name} answered with a {type(raw).__name__} of {len(parts)}: {listed}",
        "one array of numbers is needed",
        f"Choose one with readout={next(iter(parts))!r}, or combine them with readout=lambda answer: ...",
    )


def _shape(value: Any) -> tuple[int, ...]:  # noqa: ANN401
    return tuple(getattr(value, "shape", ()))


def _select(raw: Any, *, key: str | int) -> Any:  # noqa: ANN401
    if isinstance(raw, Mapping) and key in raw:
        return raw[key]
    if isinstance(key, int) and isinstance(raw, tuple | list) and -len(raw) <= key < len(raw):
        return raw[key]
    if isinstance(key, str) and hasattr(raw, key) and not callable(getattr(raw, key)):
        return getattr(raw, key)
    if _shape(raw):
        raise InputError(
            f"readout={key!r} of an answer that is one array of shape {_shape(raw)}",
            "a key picks one of several heads",
            f"For a column write readout=sd.readout.tasks({key if isinstance(key, int) else 0})",
        )
    there = (
        list(raw)
        if isinstance(raw, Mapping)
        else list(range(len(raw)))
        if isinstance(raw, tuple | list)
        else list(vars(raw))
    )
    raise InputError(f"readout={key!r}", f"the model's answer has {', '.join(map(repr, there))}")


def _tasks(raw: Any, *, indices: tuple[int, ...]) -> Any:  # noqa: ANN401
    shape = _shape(raw)
    if len(shape) != 2 or max(indices) >= shape[1] or min(indices) < -shape[1]:
        raise InputError(
            f"tasks{indices} of an answer of shape {shape}", "(n, tasks) with all of these columns is needed"
        )
    return raw[:, list(indices)]


def _check_window(start: int, stop: int) -> None:
    if not 0 <= start < stop:
        raise InputError(f"a window from {start} to {stop}", "positions are 0-based and half-open: 0 <= start < stop")


def _check_profile(shape: tuple[int, ...], stop: int) -> None:
    if len(shape) not in (2, 3):
        raise InputError(f"a profile of shape {shape}", "(n, positions) or (n, positions, strands) is needed")
    if stop > shape[1]:
        raise InputError(f"a window that ends at {stop}", f"the profile has {shape[1]} positions")


def _window_sum(raw: Any, *, start: int, stop: int) -> Any:  # noqa: ANN401
    _check_profile(_shape(raw), stop)
    return raw[:, start:stop].reshape(raw.shape[0], -1).sum(1)


def _profile_counts(raw: Any, *, profile: str | int, counts: str | int, start: int, stop: int) -> Any:  # noqa: ANN401
    logits, total = _select(raw, key=profile), _select(raw, key=counts)
    _check_profile(_shape(logits), stop)
    n = logits.shape[0]
    if _shape(total) not in ((n,), (n, 1)):
        raise InputError(
            f"total counts of shape {_shape(total)}", f"({n},) or ({n}, 1) is needed: one total a sequence"
        )
    # Both frameworks spell these two functions alike; whichever made the logits is loaded.
    xp: Any = sys.modules["torch"] if hasattr(logits, "detach") else np
    flat = logits.reshape(n, -1)
    odds = xp.exp(flat - xp.amax(flat, 1)[:, None])
    inside = odds.reshape(logits.shape)[:, start:stop].reshape(n, -1).sum(1)
    return inside / odds.sum(1) * xp.exp(total.reshape(n))
