"""Models of codes, and questions to them, as a user writes both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import seqdo as sd

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]


def wrapped(answer: Callable[[Codes], Floats], length: int) -> sd.Model:
    return sd.wrap(answer, alphabet=sd.DNA, length=length, layout="codes")


def estimated(design: Any, answer: Callable[[Codes], Floats], length: int, rng: np.random.Generator, n: int) -> Any:
    null = sd.backgrounds.uniform(length)
    return sd.estimate(sd.run(design, wrapped(answer, length), null, n=n, rng=int(rng.integers(2**32))), margin=0.1)


def gain_of(rng: np.random.Generator, length: int, sites: slice) -> Callable[[Codes], Floats]:
    """A number of the letters outside some places, whose mean over uniform backgrounds is 0."""
    weights = 0.3 * rng.normal(size=(length, 4))
    weights -= weights.mean(1, keepdims=True)
    weights[sites] = 0
    return lambda codes: weights[np.arange(length), codes].sum(1)


def stands(codes: Codes, pattern: str, at: int) -> NDArray[np.bool_]:
    return np.asarray((codes[:, at : at + len(pattern)] == sd.DNA.encode(pattern)).all(1))
