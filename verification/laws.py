"""Laws of contrasts over backgrounds, each with mean 0 and SD 1: from the kindest to the nastiest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Law:
    """Contrasts of some law.

    Attributes
    ----------
    draw : numbers of a generator and a shape
    mean, sd : of them
    rare : so rare a response that fewer than 300 backgrounds may hold none
    """

    draw: Callable[[np.random.Generator, tuple[int, ...]], Floats]
    mean: float
    sd: float
    rare: bool = False

    def __call__(self, rng: np.random.Generator, *shape: int) -> Floats:
        """As many numbers with mean 0 and SD 1."""
        return (self.draw(rng, shape) - self.mean) / self.sd


def gate(share: float) -> Law:
    """An effect that few backgrounds show: 1 in a share of them, 0 in the others."""
    return Law(lambda rng, shape: (rng.random(shape) < share) * 1.0, share, float(np.sqrt(share * (1 - share))))


def _spike(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.standard_normal(shape) + 10.0 * (rng.random(shape) < 0.02)


_E = float(np.e)

LAWS: Mapping[str, Law] = {
    "normal": Law(lambda rng, shape: rng.standard_normal(shape), 0, 1),
    "exponential": Law(lambda rng, shape: rng.standard_exponential(shape), 1, 1),
    "log-normal": Law(lambda rng, shape: np.exp(rng.standard_normal(shape)), _E**0.5, float(np.sqrt(_E**2 - _E))),
    "gate 1/8": gate(1 / 8),
    "gate 1/20": gate(1 / 20),
    "gate 1/64": gate(1 / 64),
    "gate 1/200": gate(1 / 200),
    "gamma .3": Law(lambda rng, shape: rng.standard_gamma(0.3, shape), 0.3, 0.3**0.5),
    "t5": Law(lambda rng, shape: rng.standard_t(5, shape), 0, float(np.sqrt(5 / 3))),
    "two points, 3 %": Law(lambda rng, shape: np.where(rng.random(shape) < 0.03, 4.0, 1.0), 1.09, 3 * 0.0291**0.5),
    "spike in 2 %": Law(_spike, 0.2, float(np.sqrt(1 + 100 * 0.02 * 0.98)), rare=True),
    "minus exponential": Law(lambda rng, shape: -rng.standard_exponential(shape), -1, 1),
}  # fmt: skip
"""Name to law: the one table to extend."""
