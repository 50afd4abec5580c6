"""Input layouts: how codes reach a network, as one-hot with the channels first or last, or as codes."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import ONE_HOT

Layout = Literal["NCL", "NLC", "codes"]
"""NCL is one-hot (n, 4, length), NLC one-hot (n, length, 4), codes uint8 (n, length) with padding 4.

The channels of both one-hot layouts are A, C, G, T (or U), in this order."""

CHANNELS = 'Write layout="NCL" if letters are channels (n, 4, length), layout="NLC" if they come last (n, length, 4)'
"""What to do where an input fits both one-hot layouts."""


def encode(codes: NDArray[np.uint8], layout: Layout) -> NDArray[Any]:
    """A fresh array in the layout: float32 one-hot, zeros where there is padding, or the codes.

    >>> encode(np.array([[2, 4]], np.uint8), "NCL").tolist()
    [[[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]]
    """
    if layout == "codes":
        return codes.copy()
    if layout == "NLC":
        channels_last: NDArray[np.float32] = ONE_HOT[codes]
        return channels_last
    channels = np.arange(4, dtype=np.uint8)[:, None]
    channels_first: NDArray[np.float32] = (codes[:, None, :] == channels).astype(np.float32)
    return channels_first


def check_layout(layout: str | None) -> None:
    """Refuse a layout that is none of the three."""
    if layout is not None and layout not in get_args(Layout):
        raise InputError(
            f"`layout={layout!r}`",
            "NCL is one-hot (n, 4, length), NLC one-hot (n, length, 4), codes is uint8 (n, length)",
            'Write layout="NCL"',
        )
