"""As a user asks: a model is wrapped, a design is run and estimated, 200 times over, and the truth is exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import seqdo as sd
from verification.protocol import Cell, Draws

Floats = NDArray[np.float64]

LENGTH, AT, MOTIF = 40, 16, "GATTACA"
N = 300
REPLICATES = 200


def _letters(weights: Floats, link: Callable[[Floats], Floats]) -> Callable[[NDArray[np.uint8]], Floats]:
    places = np.arange(LENGTH)
    return lambda codes: link(weights[places, codes].sum(1))


def _plain(score: Floats) -> Floats:
    return score


def _wrapped(weights: Floats, link: Callable[[Floats], Floats], name: str = "letters") -> sd.Model:
    return sd.wrap(_letters(weights, link), alphabet=sd.DNA, length=LENGTH, layout="codes", name=name)


def _effect(weights: Floats, link: Callable[[Floats], Floats]) -> float:
    """The exact mean of a sum of letters, or of its exponential: letters are independent."""
    inside = slice(AT, AT + len(MOTIF))
    best = weights[np.arange(AT, AT + len(MOTIF)), sd.DNA.encode(MOTIF)]
    if link is _plain:
        return float(best.sum() - weights[inside].mean(1).sum())
    means = np.exp(weights).mean(1)
    rest = np.prod(means[:AT]) * np.prod(means[AT + len(MOTIF) :])
    return float(rest * (np.exp(best.sum()) - np.prod(means[inside])))


def _asked(model: Any, rng: np.random.Generator, margin: float = 0.1, **more: Any) -> Any:
    """The row of the effect."""
    null = sd.backgrounds.uniform(LENGTH)
    outcomes = sd.run(sd.embed(MOTIF, at=AT), model, null, rng=int(rng.integers(2**32)), **more)
    return sd.estimate(outcomes, margin=margin).table.iloc[0]


def asked(draws: Draws) -> Iterator[Cell]:
    """Sums and exponentials of letters; an ensemble; a run that stops; an effect as large as the margin."""
    replicates = draws.replicates(REPLICATES)
    for place, (name, link, size) in enumerate([("sum", _plain, 0.3), ("exponential", np.exp, 0.1)]):
        rng, held = draws.rng(place), 0
        for _ in range(replicates):
            weights = size * rng.normal(size=(LENGTH, 4))
            row, truth = _asked(_wrapped(weights, link), rng, n=N), _effect(weights, link)
            held += row["low"] <= truth <= row["high"]
        yield Cell(f"{name} of letters, n={N}", held / replicates, 0.95, "both", replicates)
    rng, held = draws.rng(10), 0
    for _ in range(replicates):
        weights = 0.3 * rng.normal(size=(LENGTH, 4))
        members = [_letters(weights + 0.05 * rng.normal(size=weights.shape), _plain) for _ in range(5)]
        model = sd.wrap(members, alphabet=sd.DNA, length=LENGTH, layout="codes")
        row, truth = _asked(model, rng, n=N), _effect(weights, _plain)
        held += row["low"] <= truth <= row["high"]
    yield Cell(f"5 members, of what they are draws of, n={N}", held / replicates, 0.95, "both", replicates)
    rng, held = draws.rng(11), 0
    for _ in range(replicates):
        weights = 0.3 * rng.normal(size=(LENGTH, 4))
        row = _asked(_wrapped(weights, _plain), rng, until=sd.half_width(0.15))
        held += row["low"] <= _effect(weights, _plain) <= row["high"]
    yield Cell("stopped when narrow enough", held / replicates, 0.95, "at least", replicates)
    rng, absent = draws.rng(12), 0
    for _ in range(replicates):
        weights = 0.3 * rng.normal(size=(LENGTH, 4))
        row = _asked(_wrapped(weights, _plain), rng, margin=abs(_effect(weights, _plain)), n=N)
        absent += row["verdict"] in ("absent", "negligible")
    yield Cell(f"as large as the margin, called smaller, n={N}", absent / replicates, 0.05, "at most", replicates)
