"""Readouts: they turn the raw output of a model into an array of numbers, (n,) or (n, outputs).

A readout is a key of a dict, an index of a tuple, the name of an attribute, or a function of the raw output. The
functions of this file build the usual readouts, for numpy arrays and for torch tensors.
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
    """Readout of one head: an entry of a dict or tuple, or an attribute.

    Parameters
    ----------
    key : key, index, or name of the attribute

    Examples
    --------
    >>> select("counts")({"profile": [[1, 2]], "counts": [3]})
    [3]
    """
    return partial(_select, key=key)


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


def window_sum(start: int, stop: int) -> Callable[[Any], Any]:
    """Readout of the sum of a profile over positions [start, stop) and over strands.

    The profile has the shape (n, positions) or (n, positions, strands).

    Parameters
    ----------
    start, stop : first position, and the position after the last, counted from 0

    Raises
    ------
    InputError
        A window that is empty or begins before position 0.

    Examples
    --------
    >>> window_sum(1, 3)(np.array([[1.0, 2, 3, 4]])).tolist()
    [5.0]
    """
    _check_window(start, stop)
    return partial(_window_sum, start=start, stop=stop)


def profile_counts(profile: str | int, counts: str | int, start: int, stop: int) -> Callable[[Any], Any]:
    """Readout of the expected counts in positions [start, stop), for a model with a profile and a total-counts head.

    A softmax over positions and strands together turns the logits of the profile into shares. The other head is the
    natural logarithm of the total counts.

    Parameters
    ----------
    profile : key or index of the profile's logits, (n, positions) or (n, positions, strands)
    counts : key or index of the logarithm of the total counts, (n,) or (n, 1)
    start, stop : first position, and the position after the last, counted from 0

    Raises
    ------
    InputError
        A window that is empty or begins before position 0.

    Examples
    --------
    >>> flat = {"profile": np.zeros((1, 4, 2)), "counts": np.log([[80.0]])}
    >>> profile_counts("profile", "counts", 0, 1)(flat).round(6).tolist()
    [20.0]
    """
    _check_window(start, stop)
    return partial(_profile_counts, profile=profile, counts=counts, start=start, stop=stop)


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
    if isinstance(readout, partial):
        arguments = ", ".join(f"{key}={value!r}" for key, value in readout.keywords.items())
        return f"{readout.func.__name__.lstrip('_')}({arguments})"
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
    if array.ndim == 0 or array.dtype == object:
        _refuse_heads(raw, name)
    return array


def _is_rows(raw: list[Any], n: int) -> bool:
    """Whether a list has one item for each sequence (a number, a list or a small array), and not one for each head."""
    shapes = {_shape(item) for item in raw}
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
        heads = {key: value for key, value in vars(raw).items() if _shape(value)} if hasattr(raw, "__dict__") else {}
    if not heads:
        raise InputError(
            f"`{name}` returned a {type(raw).__name__} ({str(raw)[:40]})",
            "an array with one number for each sequence is needed",
        )
    listed = ", ".join(f"{key!r} {_shape(value) or type(value).__name__}" for key, value in heads.items())
    raise InputError(
        f"`{name}` returned a {type(raw).__name__} of {len(heads)} heads: {listed}",
        "one array of numbers is needed",
        f"Choose a head with readout={next(iter(heads))!r}, or combine heads with readout=lambda output: ...",
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
            f"`readout={key!r}` for an output that is one array of shape {_shape(raw)}",
            "a key selects one of several heads",
            f"For a column write readout=sd.readout.tasks({key if isinstance(key, int) else 0})",
        )
    keys = (
        list(raw)
        if isinstance(raw, Mapping)
        else list(range(len(raw)))
        if isinstance(raw, tuple | list)
        else list(vars(raw))
    )
    raise InputError(
        f"`readout={key!r}`", f"this model has the heads {', '.join(map(repr, keys))}",
        f"Write readout={keys[0]!r}" if keys else "",
    )  # fmt: skip


def _tasks(raw: Any, *, indices: tuple[int, ...]) -> Any:  # noqa: ANN401
    shape = _shape(raw)
    if len(shape) != 2 or max(indices) >= shape[1] or min(indices) < -shape[1]:
        raise InputError(
            f"`tasks{indices}` for an output of shape {shape}",
            "an array (n, tasks) with all of these columns is needed",
        )
    return raw[:, list(indices)]


def _check_window(start: int, stop: int) -> None:
    if not 0 <= start < stop:
        raise InputError(
            f"`start={start}, stop={stop}`", "positions are 0-based and half-open: 0 <= start < stop",
            "Write start=400, stop=600 for the positions 400 to 599",
        )  # fmt: skip


def _check_profile(shape: tuple[int, ...], stop: int) -> None:
    if len(shape) not in (2, 3):
        raise InputError(
            f"`readout` of a profile for an output of shape {shape}",
            "a profile has the shape (n, positions) or (n, positions, strands)",
        )
    if stop > shape[1]:
        raise InputError(f"`stop={stop}`", f"the profile has {shape[1]} positions", f"Write stop={shape[1]}")


def _window_sum(raw: Any, *, start: int, stop: int) -> Any:  # noqa: ANN401
    _check_profile(_shape(raw), stop)
    return raw[:, start:stop].reshape(raw.shape[0], -1).sum(1)


def _profile_counts(raw: Any, *, profile: str | int, counts: str | int, start: int, stop: int) -> Any:  # noqa: ANN401
    logits, total = _select(raw, key=profile), _select(raw, key=counts)
    _check_profile(_shape(logits), stop)
    n = logits.shape[0]
    if _shape(total) not in ((n,), (n, 1)):
        raise InputError(
            f"`counts` is a head of shape {_shape(total)}", f"({n},) or ({n}, 1) is needed: one total for each sequence"
        )
    # numpy and torch have both functions under the same name; torch is loaded if the logits are a tensor.
    xp: Any = sys.modules["torch"] if hasattr(logits, "detach") else np
    flat = logits.reshape(n, -1)
    odds = xp.exp(flat - xp.amax(flat, 1)[:, None])  # without the largest logit, exp would overflow
    inside = odds.reshape(logits.shape)[:, start:stop].reshape(n, -1).sum(1)
    return inside / odds.sum(1) * xp.exp(total.reshape(n))
