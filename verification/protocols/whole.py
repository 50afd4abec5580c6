"""Whole runs: a model is wrapped, and a design is run and estimated 200 times. The true effect is known exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

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
    """The exact mean effect for a sum of letters, or for its exponential; letters are independent."""
    inside = slice(AT, AT + len(MOTIF))
    best = weights[np.arange(AT, AT + len(MOTIF)), sd.DNA.encode(MOTIF)]
    if link is _plain:
        return float(best.sum() - weights[inside].mean(1).sum())
    means = np.exp(weights).mean(1)
    rest = np.prod(means[:AT]) * np.prod(means[AT + len(MOTIF) :])
    return float(rest * (np.exp(best.sum()) - np.prod(means[inside])))


def _effect_row(model: Any, rng: np.random.Generator, margin: float = 0.1, **options: Any) -> Any:
    """The row of the effect in the table of a run."""
    null = sd.backgrounds.uniform(LENGTH)
    outcomes = sd.run(sd.embed(MOTIF, at=AT), model, null, rng=int(rng.integers(2**32)), **options)
    return sd.estimate(outcomes, margin=margin).table.iloc[0]


def effects(draws: Draws) -> Iterator[Cell]:
    """All cells of this file."""
    for part in (letters, gates, ensembles, stops, margins):
        yield from part(draws)


def letters(draws: Draws) -> Iterator[Cell]:
    """Sums, exponentials, and the logistic function of a sum of whole numbers, whose distribution is a convolution."""
    replicates = draws.replicates(REPLICATES)
    for place, (name, link, size) in enumerate([("sum", _plain, 0.3), ("exponential", np.exp, 0.1)]):
        rng, covered = draws.rng(place), 0
        for _ in range(replicates):
            weights = size * rng.normal(size=(LENGTH, 4))
            row, truth = _effect_row(_wrapped(weights, link), rng, n=N), _effect(weights, link)
            covered += row["low"] <= truth <= row["high"]
        yield Cell(f"{name} of letters, n={N}", covered / replicates, 0.95, "both", replicates)
    rng, covered = draws.rng(2), 0
    for _ in range(replicates):
        weights = rng.integers(-2, 3, (LENGTH, 4))
        row = _effect_row(_wrapped(weights.astype(np.float64), expit), rng, n=N)
        covered += row["low"] <= _convolved(weights) <= row["high"]
    yield Cell(f"logistic of whole numbers, n={N}", covered / replicates, 0.95, "both", replicates)


def _convolved(weights: NDArray[np.int64]) -> float:
    """The exact mean effect for the logistic function of a sum of whole numbers."""
    written = weights.copy()
    written[AT : AT + len(MOTIF)] = weights[np.arange(AT, AT + len(MOTIF)), sd.DNA.encode(MOTIF)][:, None]
    means = []
    for table in (written, weights):
        distribution = np.ones(1)
        for row in table:
            distribution = np.convolve(distribution, np.bincount(row + 2, minlength=5) / 4)
        scores = np.arange(len(distribution)) - 2.0 * LENGTH
        means.append(float(distribution @ expit(scores)))
    return means[0] - means[1]


def gates(draws: Draws) -> Iterator[Cell]:
    """An effect on backgrounds that begin with ACG (1/64) or A (1/4): intervals that miss are flagged."""
    replicates = draws.replicates(REPLICATES)
    for place, (gate, n) in enumerate([("ACG", 30), ("ACG", N), ("A", N)], 20):
        rng, silent, flagged = draws.rng(place), 0, 0

        def predict(codes: NDArray[np.uint8], gate: str = gate) -> Floats:
            open_ = (codes[:, : len(gate)] == sd.DNA.encode(gate)).all(1)
            return np.asarray(open_ & (codes[:, AT : AT + 7] == sd.DNA.encode(MOTIF)).all(1), np.float64)

        model, truth = (
            sd.wrap(predict, alphabet=sd.DNA, length=LENGTH, layout="codes"),
            0.25 ** len(gate) * (1 - 0.25**7),
        )
        for _ in range(replicates):
            row = _effect_row(model, rng, n=n)
            guard = str(row["flag"]).replace("one model", "").strip("; ")
            silent += not guard and not row["low"] <= truth <= row["high"]
            flagged += bool(guard)
        yield Cell(f"gate {gate}, n={n}: a miss without a flag", silent / replicates, 0.05, "at most", replicates)
        if gate == "ACG":
            yield Cell(f"gate {gate}, n={n}: flagged", flagged / replicates, 0.95, "at least", replicates)


def ensembles(draws: Draws) -> Iterator[Cell]:
    """Members with random weights around a mean: the interval covers the effect of the mean weights."""
    replicates = draws.replicates(REPLICATES)
    for place, size in enumerate((2, 3, 5, 10), 30):
        rng, covered = draws.rng(place), 0
        for _ in range(replicates):
            weights = 0.3 * rng.normal(size=(LENGTH, 4))
            members = [_letters(weights + 0.05 * rng.normal(size=weights.shape), _plain) for _ in range(size)]
            model = sd.wrap(members, alphabet=sd.DNA, length=LENGTH, layout="codes")
            row, truth = _effect_row(model, rng, n=N), _effect(weights, _plain)
            covered += row["low"] <= truth <= row["high"]
        side = "at least" if size < 5 else "both"
        yield Cell(f"{size} members, n={N}", covered / replicates, 0.95, side, replicates)  # type: ignore[arg-type]


def stops(draws: Draws) -> Iterator[Cell]:
    """Runs that stop when the interval is narrow enough, or when it lies on one side of the margin."""
    replicates = draws.replicates(REPLICATES)
    for place, (name, rule) in enumerate([("narrow enough", sd.half_width(0.15)), ("decided", sd.decided(0.1))], 40):
        rng, covered = draws.rng(place), 0
        for _ in range(replicates):
            weights = 0.3 * rng.normal(size=(LENGTH, 4))
            row = _effect_row(_wrapped(weights, _plain), rng, n=3000, until=rule)
            covered += row["low"] <= _effect(weights, _plain) <= row["high"]
        yield Cell(f"stopped when {name}", covered / replicates, 0.95, "at least", replicates)


def margins(draws: Draws) -> Iterator[Cell]:
    """An effect as large as the margin, which is neither absent nor negligible."""
    rng, replicates, absent = draws.rng(50), draws.replicates(REPLICATES), 0
    for _ in range(replicates):
        weights = 0.3 * rng.normal(size=(LENGTH, 4))
        row = _effect_row(_wrapped(weights, _plain), rng, margin=abs(_effect(weights, _plain)), n=N)
        absent += row["verdict"] in ("absent", "negligible")
    yield Cell(
        f"effect as large as the margin, called absent or negligible, n={N}",
        absent / replicates,
        0.05,
        "at most",
        replicates,
    )
