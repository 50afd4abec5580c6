"""Shuffles that share source sequences: intervals over sources cover the mean over all sources."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import seqdo as sd
from verification.protocol import Cell, Draws, chunks

Floats = NDArray[np.float64]

LENGTH, AT, MOTIF = 40, 16, "GATTACA"
DESIGN = sd.embed(MOTIF, at=AT)

REPLICATES = 20_000
SOURCES = (20, 50, 300)
ICC = (0.0, 0.3, 0.9)
"""Intraclass correlations: share of the variance of single effects that is between sources."""

RUNS = 200


def sources(draws: Draws) -> Iterator[Cell]:
    """Normal effects of sources and of shuffles; ensembles; whole runs. Replicates are outputs of one estimate.

    Sources are shuffled three or four times. The most unequal case is half of them shuffled once and half twice. Then m
    sources have fewer than m − 1 degrees of freedom, and the claim is 0.94 (Carter, Schnepel & Steigerwald 2017, Rev.
    Econ. Stat. 99:698).
    """
    for place, (m, icc) in enumerate(product(SOURCES, ICC)):
        replicates = draws.replicates(REPLICATES)
        covered = _coverage(draws.rng(place), m, 7 * m // 2, icc, replicates)
        yield Cell(f"{m} sources, 3 or 4 shuffles, ICC {icc:g}", covered, 0.95, "both", replicates)
    for place, (m, icc) in enumerate(product(SOURCES, (0.9,)), 20):
        replicates = draws.replicates(REPLICATES)
        covered = _coverage(draws.rng(place), m, 3 * m // 2, icc, replicates)
        yield Cell(f"{m} sources, 1 or 2 shuffles, ICC {icc:g}", covered, 0.94, "at least", replicates)
    for place, share in enumerate((0.0, 0.1, 0.5), 30):
        replicates = draws.replicates(4000)
        covered = _coverage(draws.rng(place), 50, 175, 0.3, replicates, members=5, share=share)
        yield Cell(f"5 members, SD {share:g}, 50 sources, ICC 0.3", covered, 0.95, "at least", replicates)
    rng, replicates = draws.rng(40), draws.replicates(RUNS)
    covered = sum(_run_covers(rng) for _ in range(replicates)) / replicates
    yield Cell("whole runs: 40 sources, 100 shuffles", covered, 0.95, "both", replicates)


def _coverage(
    rng: np.random.Generator, m: int, n: int, icc: float, replicates: int, members: int = 1, share: float = 0.0
) -> float:
    """Share of replicates whose 95 % interval covers 0, the mean over all sources, shuffles and members."""
    covered, source = 0, np.arange(n) % m
    for some in chunks(replicates, members * n):
        values = icc**0.5 * rng.standard_normal((1, m, some))[:, source]
        values = values + (1 - icc) ** 0.5 * rng.standard_normal((1, n, some))
        if members > 1:
            own = 0.3 * rng.standard_normal((members, m, some))[:, source]
            values = values + own + share * rng.standard_normal((members, 1, some))
        table = sd.estimate(_outcomes(values, m)).table
        covered += int(((table["low"] <= 0) & (table["high"] >= 0)).sum())
    return covered / replicates


def _outcomes(values: Floats, m: int) -> sd.Outcomes:
    """Outcomes of single effects (members, n, outputs) on shuffles of m sources."""
    members, n, outputs = values.shape
    coords = {
        "model": [f"member {i}" for i in range(members)], "arm": list(DESIGN.arms),
        "output": [f"y{i}" for i in range(outputs)],
    }  # fmt: skip
    y = np.stack([0 * values if not arm.sites else values for arm in DESIGN.arms.values()], 2)
    return sd.Outcomes(
        y=xr.DataArray(y, dims=("model", "background", "arm", "output"), coords=coords),
        design=DESIGN,
        backgrounds=sd.Sequences.from_codes(np.zeros((n, LENGTH), np.uint8)),
        scales={},
        provenance={"background": {"kind": "shuffled", "in_turn": m}},
    )


def _run_covers(rng: np.random.Generator) -> bool:
    """Whether the interval of a run on shuffles of 40 sequences covers the true effect.

    The effect of the motif is the number of C at the other 33 positions. The share of C in a source is uniform from .1
    to .5, so that the true effect is 9.9.
    """
    outside = np.delete(np.arange(LENGTH), np.arange(AT, AT + len(MOTIF)))
    motif = sd.DNA.encode(MOTIF)

    def predict(codes: NDArray[np.uint8]) -> Floats:
        present = (codes[:, AT : AT + len(MOTIF)] == motif).all(1)
        return np.asarray(present * (codes[:, outside] == 1).sum(1), np.float64)

    share = rng.uniform(0.1, 0.5, 40)[:, None]
    letters = rng.choice(np.array([0, 2, 3], np.uint8), (40, LENGTH))
    codes = np.where(rng.random((40, LENGTH)) < share, np.uint8(1), letters)
    null = sd.backgrounds.shuffled(sd.Sequences.from_codes(codes, sd.DNA), k=1)
    model = sd.wrap(predict, alphabet=sd.DNA, length=LENGTH, layout="codes", name="C around a motif")
    row = sd.estimate(sd.run(DESIGN, model, null, n=100, rng=int(rng.integers(2**32))), margin=0.1).table.iloc[0]
    return bool(row["low"] <= len(outside) * 0.3 <= row["high"])
