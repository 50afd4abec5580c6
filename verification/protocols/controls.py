"""Controls of a pattern: no alarm where they all do the same, a rank that is a p, and an alarm where they differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

import seqdo as sd
from seqdo.effects.analyses.calibration import calibration_of
from seqdo.effects.statistics.clusters import Clusters
from verification.protocol import Cell, Draws

Floats = NDArray[np.float64]

N, CONTROLS, REPLICATES = 300, 39, 600
"""39 controls: of 40 words 2 are the 5 % that rank first."""


def _own(rng: np.random.Generator) -> Floats:
    """What each word does varies from background to background by itself."""
    return rng.normal(size=(CONTROLS + 1, N))


def _shared(rng: np.random.Generator) -> Floats:
    """A background multiplies what all words do: their p hang together."""
    return rng.normal(size=(CONTROLS + 1, 1)) * rng.normal(size=N) + 0.1 * rng.normal(size=(CONTROLS + 1, N))


def _skewed(rng: np.random.Generator) -> Floats:
    return rng.exponential(size=(CONTROLS + 1, N))


def _differ(rng: np.random.Generator) -> Floats:
    """Words that do something of their own, of the size of three standard errors."""
    return rng.normal(size=(CONTROLS + 1, N)) + 3 / np.sqrt(N) * rng.normal(size=(CONTROLS + 1, 1))


LAWS = {"each word by itself": _own, "a gain that all share": _shared, "skewed": _skewed}


def calibrated(draws: Draws) -> Iterator[Cell]:
    """Alarms and ranks in arrays; then the whole path on a model of which both are known."""
    replicates = draws.replicates(REPLICATES)
    for place, (name, law) in enumerate([*LAWS.items(), ("words that differ", _differ)]):
        rng, alarms, first = draws.rng(place), 0, 0
        for _ in range(replicates):
            values = law(rng)
            one = calibration_of(0, values - values[1:].mean(0), Clusters(1, N, "", N), float("nan"))
            alarms += one.p_distance <= 0.05
            first += one.p_calibrated <= 0.05
        side = "at least" if law is _differ else "both"
        yield Cell(f"{name}: alarm at 5 %", alarms / replicates, 0.95 if law is _differ else 0.05, side, replicates)
        yield Cell(f"{name}: a control that ranks first", first / replicates, 0.05, "both", replicates)
    yield from _asked(draws)


def _asked(draws: Draws) -> Iterator[Cell]:
    """A motif that adds 1, and words that do nothing on average: a background's gain times a number of the word's."""
    rng, length, at = draws.rng(100), 30, 11
    replicates = draws.replicates(200)
    alarms, last, found = 0, 0, 0
    for _ in range(replicates):
        gain, word = rng.normal(size=(length, 4)), rng.normal(size=(7, 4))
        gain -= gain.mean(1, keepdims=True)  # so that a uniform background's gain is 0 on average
        gain[at : at + 7] = 0

        def answer(codes: NDArray[np.uint8], gain: Floats = gain, word: Floats = word) -> Floats:
            site = codes[:, at : at + 7]
            motif = (site == sd.DNA.encode("GATTACA")).all(1)
            return motif + 0.1 * gain[np.arange(length), codes].sum(1) * word[np.arange(7), site].sum(1)

        model = sd.wrap(answer, alphabet=sd.DNA, length=length, layout="codes")
        design = sd.controls("GATTACA", at=at, scrambles=40, kmers=0)
        null, seed = sd.backgrounds.uniform(length), int(rng.integers(2**32))
        row = sd.estimate(sd.run(design, model, null, n=N, rng=seed), margin=0.1).calibration.iloc[0]
        alarms += row["ks_p"] <= 0.05
        last += row["ks_p"] <= 0.001
        found += row["p_calibrated"] <= 0.05
    yield Cell("run, estimate: alarm at 5 %", alarms / replicates, 0.05, "both", replicates)
    yield Cell("run, estimate: verdicts shown grey", last / replicates, 0.001, "at most", replicates)
    yield Cell("run, estimate: the motif ranks first", found / replicates, 0.95, "at least", replicates)
