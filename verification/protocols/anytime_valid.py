"""Interim analyses: intervals cover at every analysis, and where a run stopped because of its own interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import seqdo as sd
from seqdo.designs.design import Contrast
from seqdo.effects.anytime.bounded import Bets
from seqdo.effects.anytime.confidence_sequence import first_look, stretch
from seqdo.effects.anytime.interim import look
from seqdo.outcomes.extras import Scale
from verification.laws import LAWS
from verification.protocol import Cell, Draws, chunks

ANALYSES = np.arange(100, 5001, 100)

TRUTH = 0.05
"""The true effect in SDs: so small that runs stop at every analysis, and some of them wrongly."""

MOST = 2000
"""Largest number of backgrounds of runs whose outputs are probabilities."""

NARROW = 0.06
"""Half-width at which these runs stop: most stop between 200 and 1,500 backgrounds."""

UNSEEN = 3.1 / 200
"""Share of backgrounds that respond: just above the share that the share rule assumes if none of 200 responds."""

Floats = NDArray[np.float64]


def _beta(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    return rng.beta(2, 5, shape), rng.beta(3, 4, shape)


def _flip(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    return np.full(shape, 0.5), (rng.random(shape) < 0.52) * 1.0


def _gated(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    base = 0.1 * rng.random(shape)
    return base, base + 0.9 * (rng.random(shape) < 1 / 64)


PROBABILITIES: dict[str, tuple[Callable[..., tuple[Floats, Floats]], float]] = {
    "Beta": (_beta, 1 / 7),
    "0 or 1": (_flip, 0.02),
    "gate 1/64": (_gated, 0.9 / 64),
}
"""Predictions of two arms between 0 and 1, and the true effect."""


def anytime(draws: Draws) -> Iterator[Cell]:
    """A miss at any analysis from 100 to 5,000 backgrounds, or where the interval was narrow enough or excluded 0."""
    for place, law in enumerate(
        ("normal", "exponential", "log-normal", "gate 1/8", "gate 1/64", "gamma .3", "t5", "spike in 2 %")
    ):
        rng, replicates = draws.rng(place), draws.replicates(3000)
        any_analysis = narrow = excluded = 0
        for some in chunks(replicates, 4 * ANALYSES[-1]):
            values = TRUTH + LAWS[law](rng, some, ANALYSES[-1])
            missed, half = np.zeros((2, some, len(ANALYSES)))
            allowed, without_0 = np.zeros((2, some, len(ANALYSES)), bool)
            for at, n in enumerate(ANALYSES):
                sample = values[:, :n]
                mean, se = sample.mean(1), sample.std(1, ddof=1) / np.sqrt(n)
                half[:, at] = stretch(int(n), 0.95) * se
                missed[:, at] = np.abs(mean - TRUTH) > half[:, at]
                without_0[:, at] = np.abs(mean) > half[:, at]
                allowed[:, at] = n >= first_look(sample)
            any_analysis += int((missed.astype(bool) & allowed).any(1).sum())
            narrow += _wrong(missed, allowed & (half <= 0.1))
            excluded += _wrong(missed, allowed & without_0)
        yield Cell(f"{law}, a miss at any analysis", any_analysis / replicates, 0.05, "at most", replicates)
        yield Cell(f"{law}, stopped when narrow", narrow / replicates, 0.05, "at most", replicates)
        yield Cell(f"{law}, stopped when 0 is excluded", excluded / replicates, 0.05, "at most", replicates)
    yield from _bounded(draws)
    yield from _constant(draws)


def _bounded(draws: Draws) -> Iterator[Cell]:
    """Contrasts of probabilities: a miss at any n, or where a run stopped; and whole runs."""
    for place, (name, mean) in enumerate([("Beta(2, 5)", 2 / 7), ("one in 64", 1 / 64)], 20):
        rng, replicates, any_miss = draws.rng(place), draws.replicates(3000), 0
        for some in chunks(replicates, 10_000):
            values = rng.beta(2, 5, (some, 1000)) if "Beta" in name else (rng.random((some, 1000)) < mean) * 1.0
            low, high = Bets.on(values, 0.0, 1.0).ends(0.95)
            any_miss += int(((low > mean) | (high < mean)).any(1).sum())
        yield Cell(f"bounded, {name}, a miss at any n to 1,000", any_miss / replicates, 0.05, "at most", replicates)
    for place, (name, (draw, truth)) in enumerate(PROBABILITIES.items(), 30):
        rng, replicates, narrow, excluded = draws.rng(place), draws.replicates(1000), 0, 0
        for some in chunks(replicates, 4 * MOST):
            low, high, ready, _ = _analyses(draw(rng, (MOST, some)), (0.0, 1.0))
            missed = (low > truth) | (high < truth)
            narrow += _wrong(missed, ready & ((high - low) / 2 <= NARROW))
            excluded += _wrong(missed, ready & ((low > 0) | (high < 0)))
        yield Cell(f"bounded, {name}, stopped when narrow", narrow / replicates, 0.05, "at most", replicates)
        yield Cell(f"bounded, {name}, stopped when 0 is excluded", excluded / replicates, 0.05, "at most", replicates)
    rng, replicates, wrong = draws.rng(40), draws.replicates(100), 0
    for _ in range(replicates):
        wrong += _run_misses(rng)
    yield Cell("bounded, whole runs, stopped when narrow", wrong / replicates, 0.05, "at most", replicates)


def _constant(draws: Draws) -> Iterator[Cell]:
    """Runs that stop by the share rule without a response, although the true share is larger than the rule assumes."""
    rng, replicates, wrong = draws.rng(50), draws.replicates(4000), 0
    for some in chunks(replicates, 4 * 200):
        responds = (rng.random((200, some)) < UNSEEN) * 1.0
        low, high, _, same = _analyses((np.zeros(responds.shape), responds), None, 200)
        wrong += _wrong((low > UNSEEN) | (high < UNSEEN), same & ((high - low) / 2 <= 3.01 / 200))
    yield Cell("no response, stopped by the share rule", wrong / replicates, 0.05, "at most", replicates)


def _analyses(
    arms: tuple[Floats, Floats], bounds: Sequence[float] | None, most: int = MOST
) -> tuple[Floats, Floats, np.ndarray, np.ndarray]:  # fmt: skip
    """Limits at each analysis, whether they are usable, and whether no contrast varied: (replicates, analyses).

    Each replicate is an output of one model.
    """
    replicates = arms[0].shape[1]
    y = xr.DataArray(
        np.stack(arms, 1)[None],
        dims=("model", "background", "arm", "output"),
        coords={"arm": ["none", "edited"], "output": [str(output) for output in range(replicates)]},
    )
    effect = [Contrast("effect", {"edited": 1.0, "none": -1.0})]
    scales = dict.fromkeys(y["output"].values.tolist(), Scale(1.0, ""))
    analyses = []
    for n in range(100, most + 1, 100):
        intervals, ready, same = look(y[:, :n], effect, scales, bounds)
        analyses.append((*intervals.bounds(0.95), ready, same))
    low, high, ready, same = (np.stack(column, 1) for column in zip(*analyses, strict=True))
    return low, high, ready, same


def _run_misses(rng: np.random.Generator) -> bool:
    """Whether the interval of a run misses the effect, which is known by enumeration of four letters."""
    weights = rng.normal(size=(4, 4))

    def predict(codes: NDArray[np.uint8]) -> Floats:
        return 1 / (1 + np.exp(-weights[np.arange(4), codes[:, 10:14]].sum(1)))

    every = np.zeros((256, 20), np.uint8)
    every[:, 10:14] = np.stack(np.meshgrid(*[np.arange(4)] * 4), -1).reshape(256, 4)
    edited = every.copy()
    edited[:, 11:13] = sd.DNA.encode("GA")
    truth = float((predict(edited) - predict(every)).mean())
    model = sd.wrap(predict, alphabet=sd.DNA, length=20, layout="codes")
    design, null, rule = sd.embed("GA", at=11), sd.backgrounds.uniform(20), sd.half_width(NARROW, bounds=(0, 1))
    row = sd.estimate(sd.run(design, model, null, rng=int(rng.integers(2**32)), until=rule)).table.iloc[0]
    return bool(row["low"] > truth or row["high"] < truth)


def _wrong(missed: np.ndarray, stops: np.ndarray) -> int:
    """Number of runs whose interval misses at the first analysis at which they stop."""
    rows = np.flatnonzero(stops.any(1))
    return int(missed[rows, stops[rows].argmax(1)].sum())
