"""Any callable from one-hot or codes to numbers, as a member of a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.model import Member
from seqdo.models.readout import Readout, as_numbers, as_readout, in_words, is_half
from seqdo.sequences.alphabet import ONE_HOT

Layout = Literal["NCL", "NLC", "codes"]
"""NCL is one-hot (n, 4, length), NLC one-hot (n, length, 4), codes uint8 (n, length) with padding 4."""


@dataclass(frozen=True)
class FunctionCall:
    """A callable with how it is asked: a member's ``predict``."""

    name: str
    function: Callable[[Any], Any]
    layout: Layout
    readout: Callable[[Any], Any]

    def raw(self, codes: NDArray[np.uint8]) -> Any:  # noqa: ANN401 - a model may answer anything
        """The answer after the readout, before it is made an array."""
        return self.readout(self.function(encode(codes, self.layout)))

    def __call__(self, codes: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
        """Numbers (n, outputs) for codes (n, length)."""
        return as_numbers(self.raw(codes), len(codes), self.name)


def function_member(
    function: Callable[[Any], Any], name: str, probe: NDArray[np.uint8], layout: Layout | None, readout: Readout
) -> Member:
    """A member that hands ``function`` the layout it declares, (n, 4, length) by default."""
    if layout is None and probe.shape[1] == 4:
        raise InputError(
            f"{name}: the layout is not declared, and length is 4",
            "an input (n, 4, 4) does not tell letters from places",
            'Write layout="NCL" if letters are channels (n, 4, length), layout="NLC" if they come last (n, length, 4)',
        )
    call = FunctionCall(name, function, layout or "NCL", as_readout(readout))
    half = is_half(explained(call, probe))
    reading = " ".join(filter(None, [call.layout, in_words(call.readout)]))
    return Member(name, call, None, reading, half)


def encode(codes: NDArray[np.uint8], layout: Layout) -> NDArray[Any]:
    """A fresh array in the layout: float32 one-hot, zeros where there is padding, or the codes.

    >>> encode(np.array([[2, 4]], np.uint8), "NCL").tolist()
    [[[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]]
    """
    if layout == "codes":
        return codes.copy()
    if layout == "NLC":
        last: NDArray[np.float32] = ONE_HOT[codes]
        return last
    first: NDArray[np.float32] = (codes[:, None, :] == np.arange(4, dtype=np.uint8)[:, None]).astype(np.float32)
    return first


def check_layout(layout: str | None) -> None:
    """Refuse a layout that is none of the three."""
    if layout is not None and layout not in get_args(Layout):
        raise InputError(
            f"layout={layout!r}",
            "NCL is one-hot (n, 4, length), NLC one-hot (n, length, 4), codes is uint8 (n, length)",
            'Write layout="NCL"',
        )


def explained(call: Any, probe: NDArray[np.uint8]) -> Any:  # noqa: ANN401
    """The first answer of a model; if it breaks, an error that says what it was handed."""
    try:
        return call.raw(probe)
    except InputError:
        raise
    except Exception as error:
        handed = encode(probe[:1], call.layout)
        raise InputError(
            f"{call.name} failed on its first input, shape {(len(probe), *handed.shape[1:])} ({call.layout}): "
            f"{type(error).__name__}: {error}",
            'the layout is "NCL" (n, 4, length) unless declared, and length is the letters that the model reads',
            'Write layout="NLC" for (n, length, 4) or layout="codes" for (n, length), or check length',
        ) from error
