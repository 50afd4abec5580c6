"""How much the prediction of one sequence takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """What a network does for one sequence.

    Attributes
    ----------
    multiplications : of convolutions and matrix products, about
    largest : bytes of the largest tensor
    """

    multiplications: int
    largest: int
