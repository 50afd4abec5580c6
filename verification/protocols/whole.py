"""As a user asks: a model is wrapped, a design is run and estimated, 200 times over, and the truth is exact."""

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
    """All of them, each with randomness of its own."""
    for part in (letters, gates, ensembles, stops, margins):
        yield from part(draws)


def letters(draws: Draws) -> Iterator[Cell]:
    """Sums, exponentials, and whole numbers through a logistic link, whose law is a convolution."""
    replicates = draws.replicates(REPLICATES)
    for place, (name, link, size) in enumerate([("sum", _plain, 0.3), ("exponential", np.exp, 0.1)]):
        rng, held = draws.rng(place), 0
        for _ in range(replicates):
            weights = size * rng.normal(size=(LENGTH, 4))
            row, truth = _asked(_wrapped(weights, link), rng, n=N), _effect(weights, link)
            held += row["low"] <= truth <= row["high"]
        yield Cell(f"{name} of letters, n={N}", held / replicates, 0.95, "both", replicates)
    rng, held = draws.rng(2), 0
    for _ in range(replicates):
        weights = rng.integers(-2, 3, (LENGTH, 4))
        row = _asked(_wrapped(weights.astype(np.float64), expit), rng, n=N)
        held += row["low"] <= _convolved(weights) <= row["high"]
    yield Cell(f"logistic of whole numbers, n={N}", held / replicates, 0.95, "both", replicates)


def _convolved(weights: NDArray[np.int64]) -> float:
    """The exact mean of the logistic of a sum of whole numbers, with the motif and without it."""
    written = weights.copy()
    written[AT : AT + len(MOTIF)] = weights[np.arange(AT, AT + len(MOTIF)), sd.DNA.encode(MOTIF)][:, None]
    means = []
    for table in (written, weights):
        law = np.ones(1)
        for row in table:
            law = np.convolve(law, np.bincount(row + 2, minlength=5) / 4)
        means.append(float(law @ expit(np.arange(len(law)) - 2.0 * LENGTH)))
    return means[0] - means[1]


def gates(draws: Draws) -> Iterator[Cell]:
    """An effect where ACG (1/64 of backgrounds) or A (1/4) stands elsewhere: a miss is flagged, and so are few."""
    replicates = draws.replicates(REPLICATES)
    for place, (gate, n) in enumerate([("ACG", 30), ("ACG", N), ("A", N)], 20):
        rng, silent, flagged = draws.rng(place), 0, 0

        def answer(codes: NDArray[np.uint8], gate: str = gate) -> Floats:
            open_ = (codes[:, : len(gate)] == sd.DNA.encode(gate)).all(1)
            return np.asarray(open_ & (codes[:, AT : AT + 7] == sd.DNA.encode(MOTIF)).all(1), np.float64)

        model, truth = (
            sd.wrap(answer, alphabet=sd.DNA, length=LENGTH, layout="codes"),
            0.25 ** len(gate) * (1 - 0.25**7),
        )
        for _ in range(replicates):
            row = _asked(model, rng, n=n)
            guard = str(row["flag"]).replace("one model", "").strip("; ")
            silent += not guard and not row["low"] <= truth <= row["high"]
            flagged += bool(guard)
        yield Cell(f"gate {gate}, n={n}: a miss without a flag", silent / replicates, 0.05, "at most", replicates)
        if gate == "ACG":
            yield Cell(f"gate {gate}, n={n}: flagged", flagged / replicates, 0.95, "at least", replicates)


def ensembles(draws: Draws) -> Iterator[Cell]:
    """Members that are draws of what training gives: the interval is of their mean law."""
    replicates = draws.replicates(REPLICATES)
    for place, size in enumerate((2, 3, 5, 10), 30):
        rng, held = draws.rng(place), 0
        for _ in range(replicates):
            weights = 0.3 * rng.normal(size=(LENGTH, 4))
            members = [_letters(weights + 0.05 * rng.normal(size=weights.shape), _plain) for _ in range(size)]
            model = sd.wrap(members, alphabet=sd.DNA, length=LENGTH, layout="codes")
            row, truth = _asked(model, rng, n=N), _effect(weights, _plain)
            held += row["low"] <= truth <= row["high"]
        side = "at least" if size < 5 else "both"
        yield Cell(f"{size} members, n={N}", held / replicates, 0.95, side, replicates)  # type: ignore[arg-type]


def stops(draws: Draws) -> Iterator[Cell]:
    """Stopped when the interval was narrow enough, or lay on one side of the margin."""
    replicates = draws.replicates(REPLICATES)
    for place, (name, rule) in enumerate([("narrow enough", sd.half_width(0.15)), ("decided", sd.decided(0.1))], 40):
        rng, held = draws.rng(place), 0
        for _ in range(replicates):
            weights = 0.3 * rng.normal(size=(LENGTH, 4))
            row = _asked(_wrapped(weights, _plain), rng, n=3000, until=rule)
            held += row["low"] <= _effect(weights, _plain) <= row["high"]
        yield Cell(f"stopped when {name}", held / replicates, 0.95, "at least", replicates)


def margins(draws: Draws) -> Iterator[Cell]:
    """As large as the margin, and so neither absent nor negligible."""
    rng, replicates, absent = draws.rng(50), draws.replicates(REPLICATES), 0
    for _ in range(replicates):
        weights = 0.3 * rng.normal(size=(LENGTH, 4))
        row = _asked(_wrapped(weights, _plain), rng, margin=abs(_effect(weights, _plain)), n=N)
        absent += row["verdict"] in ("absent", "negligible")
    yield Cell(f"as large as the margin, called smaller, n={N}", absent / replicates, 0.05, "at most", replicates)
