"""The parts of a model's raw output, its heads: entries of a dict or tuple, or attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqdo.errors import InputError


def shape_of(value: Any) -> tuple[int, ...]:  # noqa: ANN401 - a model may return any type
    """The shape of an array or tensor; () for anything else."""
    return tuple(getattr(value, "shape", ()))


def select_head(raw: Any, *, key: str | int) -> Any:  # noqa: ANN401
    """One head of a raw output.

    Parameters
    ----------
    raw : what the model returned
    key : key, index, or name of the attribute

    Raises
    ------
    InputError
        No such head; the message lists the heads.

    Examples
    --------
    >>> select_head({"profile": [[1, 2]], "counts": [3]}, key="counts")
    [3]
    """
    if isinstance(raw, Mapping) and key in raw:
        return raw[key]
    if isinstance(key, int) and isinstance(raw, tuple | list) and -len(raw) <= key < len(raw):
        return raw[key]
    if isinstance(key, str) and hasattr(raw, key) and not callable(getattr(raw, key)):
        return getattr(raw, key)
    if shape_of(raw):
        raise InputError(
            f"`readout={key!r}` for an output that is one array of shape {shape_of(raw)}",
            "a key selects one of several heads",
            f"For a column write readout=sd.readout.tasks({key if isinstance(key, int) else 0})",
        )
    keys = (
        list(raw)
        if isinstance(raw, Mapping)
        else list(range(len(raw)))
        if isinstance(raw, tuple | list)
        else list(vars(raw))
        if hasattr(raw, "__dict__")
        else []
    )
    raise InputError(
        f"`readout={key!r}`", f"this model has the heads {', '.join(map(repr, keys))}",
        f"Write readout={keys[0]!r}" if keys else "",
    )  # fmt: skip
