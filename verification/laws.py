"""Distributions of contrasts over backgrounds, each with mean 0 and SD 1, from benign to extreme."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Law:
    """A distribution of contrasts.

    Attributes
    ----------
    draw : function of a generator and a shape
    mean, sd : mean and SD of the numbers that ``draw`` returns
    rare : whether the response is so rare that fewer than 300 backgrounds may have none
    """

    draw: Callable[[np.random.Generator, tuple[int, ...]], Floats]
    mean: float
    sd: float
    rare: bool = False

    def __call__(self, rng: np.random.Generator, *shape: int) -> Floats:
        """Random numbers with mean 0 and SD 1."""
        return (self.draw(rng, shape) - self.mean) / self.sd


def gate(share: float) -> Law:
    """An effect of 1 on a share of the backgrounds, and of 0 on the others."""
    return Law(lambda rng, shape: (rng.random(shape) < share) * 1.0, share, float(np.sqrt(share * (1 - share))))


def _spike(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.standard_normal(shape) + 10.0 * (rng.random(shape) < 0.02)


def _rarer(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.standard_normal(shape) + 20.0 * (rng.random(shape) < 0.01)


def _both(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.standard_normal(shape) + 10.0 * (rng.random(shape) < 0.02) * np.where(rng.random(shape) < 0.5, 1, -1)


def _humps(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return 0.3 * rng.standard_normal(shape) + 3.0 * (rng.random(shape) < 0.1)


def _below(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return np.where(rng.random(shape) < 0.03, -6.0, rng.standard_exponential(shape))


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
    # Chosen to defeat the guard: heavy tails, spikes that cancel, a rare response hidden by a common response.
    "Pareto 3": Law(lambda rng, shape: rng.pareto(3, shape), 0.5, 0.75**0.5),
    "t3": Law(lambda rng, shape: rng.standard_t(3, shape), 0, 3**0.5),
    "spike in 1 %": Law(_rarer, 0.2, (1 + 400 * 0.01 * 0.99) ** 0.5, rare=True),
    "spikes of both signs": Law(_both, 0, 3**0.5, rare=True),
    "two humps": Law(_humps, 0.3, 0.9**0.5),
    "rare below, wide above": Law(_below, 0.79, (0.97 * 2 + 0.03 * 36 - 0.79**2) ** 0.5, rare=True),
    "minus exponential": Law(lambda rng, shape: -rng.standard_exponential(shape), -1, 1),
}  # fmt: skip
"""Name to distribution. A new distribution needs a row here."""
