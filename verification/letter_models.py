"""Models that are functions of the letters, wrapped and run as a user does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import seqdo as sd

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]


def wrapped(predict: Callable[[Codes], Floats], length: int) -> sd.Model:
    """A function of codes (n, length) as a model of DNA."""
    return sd.wrap(predict, alphabet=sd.DNA, length=length, layout="codes")


def estimated(design: Any, predict: Callable[[Codes], Floats], length: int, rng: np.random.Generator, n: int) -> Any:
    """The effects of a design on uniform backgrounds."""
    null = sd.backgrounds.uniform(length)
    return sd.estimate(sd.run(design, wrapped(predict, length), null, n=n, rng=int(rng.integers(2**32))), margin=0.1)


def gain_of(rng: np.random.Generator, length: int, sites: slice) -> Callable[[Codes], Floats]:
    """A weighted sum of the letters outside ``sites``, with mean 0 over uniform backgrounds."""
    weights = 0.3 * rng.normal(size=(length, 4))
    weights -= weights.mean(1, keepdims=True)
    weights[sites] = 0
    return lambda codes: weights[np.arange(length), codes].sum(1)


def has_pattern(codes: Codes, pattern: str, at: int) -> NDArray[np.bool_]:
    """Whether the pattern is at a start of each sequence."""
    return np.asarray((codes[:, at : at + len(pattern)] == sd.DNA.encode(pattern)).all(1))
