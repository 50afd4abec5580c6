"""Readouts of a sum over a window of a profile: of counts, or of logits with a head of total counts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from seqdo.errors import InputError
from seqdo.models.heads import select_head, shape_of
from seqdo.models.profile_axes import Axes, Evidence, as_axes, axes_of, check_window
from seqdo.models.readout_steps import Named, Reduce, Softmax, Window, refuse_logits


def window_sum(start: int, stop: int, *, axes: str | None = None) -> Callable[[Any], Any]:
    """Readout of the sum of a profile over positions [start, stop) and over strands.

    The profile has the shape (n, positions), (n, positions, strands) or (n, strands, positions). Without ``axes``, the
    axis of positions is the only one that holds the window. Where both axes do, or where the other axis has more than
    two strands, the readout is refused, and the error shows both readings.

    Parameters
    ----------
    start, stop : first position, and the position after the last, counted from 0
    axes : names of the profile's axes in order, of n, tracks, positions, strands; with tracks the result is (n, tracks)

    Raises
    ------
    InputError
        A window that is empty or begins before position 0; when it is used, a profile with negative values, which may
        be logits.

    Examples
    --------
    >>> window_sum(1, 3)(np.array([[1.0, 2, 3, 4]])).tolist()
    [5.0]
    """
    check_window(start, stop)
    return partial(_window_sum, start=start, stop=stop, **_declared(axes))


def profile_counts(
    profile: str | int, counts: str | int, start: int, stop: int, *, axes: str | None = None
) -> Callable[[Any], Any]:
    """Readout of the expected counts in positions [start, stop), for a model with a profile and a total-counts head.

    A softmax over positions and strands together turns the logits of the profile into shares. The other head is the
    natural logarithm of the total counts.

    Parameters
    ----------
    profile : key or index of the profile's logits, with axes as in :func:`window_sum`
    counts : key or index of the logarithm of the total counts, (n,) or (n, 1); (n, tracks) with tracks in ``axes``
    start, stop : first position, and the position after the last, counted from 0
    axes : names of the profile's axes in order, as in :func:`window_sum`

    Raises
    ------
    InputError
        A window that is empty or begins before position 0.

    Examples
    --------
    >>> flat = {"profile": np.zeros((1, 4, 2)), "counts": np.log([[80.0]])}
    >>> profile_counts("profile", "counts", 0, 3)(flat).round(6).tolist()
    [60.0]
    """
    check_window(start, stop)
    return partial(_profile_counts, profile=profile, counts=counts, start=start, stop=stop, **_declared(axes))


def _declared(axes: str | None) -> dict[str, Axes]:
    """The axes as an argument of a readout, so that a readout without them is recorded without them."""
    names = as_axes(axes)
    return {} if names is None else {"axes": names}


def _named(profile: Any, stop: int, axes: Axes | None) -> tuple[str, ...]:  # noqa: ANN401
    """The names of a profile's axes; undeclared, an axis that is not positions holds the two strands."""
    shape = shape_of(profile)
    names = axes_of(shape, axes, Evidence(positions=stop, along_positions=True), "strands")
    if "positions" not in names:
        raise InputError(
            f"`readout` of a profile for an output of shape {shape}",
            "a profile has the shape (n, positions), (n, positions, strands) or (n, strands, positions)",
        )
    other = shape[names.index("strands")] if "strands" in names else 1
    if axes is None and other > 2:
        declared = " ".join("tracks" if name == "strands" else name for name in names)
        raise InputError(
            f"`readout` for an output of shape {shape}, whose axes are not declared",
            f"an axis of {other} holds tracks and not the two strands, and tracks are not summed",
            f'Write axes="{declared}" in the readout',
        )
    return names


def _window_sum(raw: Any, *, start: int, stop: int, axes: Axes | None = None) -> Any:  # noqa: ANN401
    named = Window(start, stop).apply(Named(raw, _named(raw, stop, axes), raw))
    refuse_logits(named.values, f"window_sum({start}, {stop})")
    if "tracks" in named.axes:
        return Reduce("sum").apply(named).values
    return named.values.reshape(raw.shape[0], -1).sum(1)


def _profile_counts(
    raw: Any, *, profile: str | int, counts: str | int, start: int, stop: int, axes: Axes | None = None  # noqa: ANN401
) -> Any:  # fmt: skip # noqa: ANN401
    logits, total = select_head(raw, key=profile), select_head(raw, key=counts)
    names = _named(logits, stop, axes)
    if "tracks" in names:
        shares = Softmax(total=counts).apply(Named(logits, names, raw))
        return Reduce("sum").apply(Window(start, stop).apply(shares)).values
    n = logits.shape[0]
    if shape_of(total) not in ((n,), (n, 1)):
        raise InputError(
            f"`counts` is a head of shape {shape_of(total)}",
            f"({n},) or ({n}, 1) is needed: one total for each sequence",
        )
    # numpy and torch have both functions under the same name; torch is loaded if the logits are a tensor.
    xp: Any = sys.modules["torch"] if hasattr(logits, "detach") else np
    flat = logits.reshape(n, -1)
    odds = xp.exp(flat - xp.amax(flat, 1)[:, None])  # without the largest logit, exp would overflow
    shares = Window(start, stop).apply(Named(odds.reshape(logits.shape), names, raw)).values
    return shares.reshape(n, -1).sum(1) / odds.sum(1) * xp.exp(total.reshape(n))
