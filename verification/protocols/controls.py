"""Controls of a pattern: no alarm if all have the same effects, a rank that is a p-value, an alarm if they differ."""

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
"""With 39 controls, 2 of 40 k-mers are the 5 % that rank first."""


def _own(rng: np.random.Generator) -> Floats:
    """Effects of k-mers vary independently over backgrounds."""
    return rng.normal(size=(CONTROLS + 1, N))


def _shared(rng: np.random.Generator) -> Floats:
    """A background multiplies the effects of all k-mers: their p-values are correlated."""
    return rng.normal(size=(CONTROLS + 1, 1)) * rng.normal(size=N) + 0.1 * rng.normal(size=(CONTROLS + 1, N))


def _skewed(rng: np.random.Generator) -> Floats:
    return rng.exponential(size=(CONTROLS + 1, N))


def _differ(rng: np.random.Generator) -> Floats:
    """K-mers have different effects, with an SD of three standard errors."""
    return rng.normal(size=(CONTROLS + 1, N)) + 3 / np.sqrt(N) * rng.normal(size=(CONTROLS + 1, 1))


LAWS = {"independent k-mers": _own, "a shared gain": _shared, "skewed": _skewed}


def calibrated(draws: Draws) -> Iterator[Cell]:
    """Alarms and ranks of simulated effects; then whole runs on a model whose effects are known."""
    replicates = draws.replicates(REPLICATES)
    for place, (name, law) in enumerate([*LAWS.items(), ("k-mers that differ", _differ)]):
        rng, alarms, first = draws.rng(place), 0, 0
        for _ in range(replicates):
            values = law(rng)
            result = calibration_of(0, values - values[1:].mean(0), Clusters(1, N, "", N), float("nan"))
            alarms += result.p_distance <= 0.05
            first += result.p_calibrated <= 0.05
        side = "at least" if law is _differ else "both"
        yield Cell(f"{name}: alarm at 5 %", alarms / replicates, 0.95 if law is _differ else 0.05, side, replicates)
        yield Cell(f"{name}: a control that ranks first", first / replicates, 0.05, "both", replicates)
    yield from _whole_runs(draws)


def _whole_runs(draws: Draws) -> Iterator[Cell]:
    """A motif with effect 1, and k-mers with mean effect 0: a gain of the background times a number of the k-mer."""
    rng, length, at = draws.rng(100), 30, 11
    replicates = draws.replicates(200)
    alarms, gray, first = 0, 0, 0
    for _ in range(replicates):
        gain, kmer = rng.normal(size=(length, 4)), rng.normal(size=(7, 4))
        gain -= gain.mean(1, keepdims=True)  # the gain then has mean 0 over uniform backgrounds
        gain[at : at + 7] = 0

        def predict(codes: NDArray[np.uint8], gain: Floats = gain, kmer: Floats = kmer) -> Floats:
            site = codes[:, at : at + 7]
            motif = (site == sd.DNA.encode("GATTACA")).all(1)
            return motif + 0.1 * gain[np.arange(length), codes].sum(1) * kmer[np.arange(7), site].sum(1)

        model = sd.wrap(predict, alphabet=sd.DNA, length=length, layout="codes")
        design = sd.controls("GATTACA", at=at, scrambles=40, kmers=0)
        null, seed = sd.backgrounds.uniform(length), int(rng.integers(2**32))
        row = sd.estimate(sd.run(design, model, null, n=N, rng=seed), margin=0.1).calibration.iloc[0]
        alarms += row["ks_p"] <= 0.05
        gray += row["ks_p"] <= 0.001
        first += row["p_calibrated"] <= 0.05
    yield Cell("whole runs: alarm at 5 %", alarms / replicates, 0.05, "both", replicates)
    yield Cell("whole runs: verdicts shown in gray", gray / replicates, 0.001, "at most", replicates)
    yield Cell("whole runs: the motif ranks first", first / replicates, 0.95, "at least", replicates)
