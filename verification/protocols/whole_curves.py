"""Whole runs of curves and interactions: 200 times through wrap, run and estimate, with a known truth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seqdo as sd
from verification.letter_models import Codes, Floats, estimated, gain_of, has_pattern
from verification.protocol import Cell, Draws

REPLICATES = 200
FIRST, SECOND = "GATTACA", "CCGGTTA"


def positions(draws: Draws) -> Iterator[Cell]:
    """A sum of letters: the band covers the exact curve; equal weights are flat, and growing weights are not flat."""
    length, starts = 50, range(0, 42, 2)
    design = sd.positions(FIRST, at=starts)
    for place, name in enumerate(("band", "flat", "not flat")):
        rng, count = draws.rng(place), 0
        replicates = draws.replicates(REPLICATES)
        for _ in range(replicates):
            same = 0.3 * np.tile(rng.normal(size=4), (length, 1))
            weights = 0.3 * rng.normal(size=(length, 4)) if name == "band" else same
            if name == "not flat":
                weights = same + 0.02 * np.arange(length)[:, None] * (np.arange(4) == 0)
            effects = estimated(design, lambda codes, w=weights: w[np.arange(length), codes].sum(1), length, rng, 300)
            gain = weights - weights.mean(1, keepdims=True)
            truth = [gain[np.arange(at, at + 7), sd.DNA.encode(FIRST)].sum() for at in starts]
            table = effects.table
            if name == "band":
                count += bool(((table["low_band"] <= truth) & (truth <= table["high_band"])).all())
            else:
                count += p_value(effects, "flat") <= 0.05
        claim = {"band": 0.95, "flat": 0.05, "not flat": 0.9}[name]
        side = "at most" if name == "flat" else "at least"
        yield Cell(f"positions: {name}", count / replicates, claim, side, replicates)  # type: ignore[arg-type]


def copies(draws: Draws) -> Iterator[Cell]:
    """Copies are additive in a sum, and are not additive in the exponential of a sum."""
    length, design = 60, sd.copies(FIRST, at=[5, 17, 29, 41])
    for place, name in enumerate(("additive", "not additive")):
        rng, rejected = draws.rng(place), 0
        replicates = draws.replicates(REPLICATES)
        for _ in range(replicates):
            weights = 0.1 * rng.normal(size=(length, 4))
            weights[np.arange(60), np.resize(sd.DNA.encode(FIRST + "AAAAA"), 60)] += 0.05
            link = np.exp if name == "not additive" else np.positive
            site = np.arange(7)
            for slot in (5, 17, 29, 41):
                weights[slot + site, sd.DNA.encode(FIRST)] += 0.1
            predict = lambda codes, w=weights, f=link: f(w[np.arange(length), codes].sum(1))  # noqa: E731
            rejected += p_value(estimated(design, predict, length, rng, 300), "additive") <= 0.05
        additive = name == "additive"
        yield Cell(
            f"copies: {name}, rejected", rejected / replicates, 0.05 if additive else 0.9,
            "both" if additive else "at least", replicates,
        )  # fmt: skip


def pairs(draws: Draws) -> Iterator[Cell]:
    """Interaction and strand asymmetry: a gain of the background with mean 0, and the same with 0.5 added."""
    length, sites = 60, slice(10, 37)
    both = sd.interaction([FIRST, SECOND], at=[10, 30])
    strand = sd.orientation(FIRST, at=10)
    for place, (name, design) in enumerate((("interaction", both), ("asymmetry", strand))):
        for planted in (0.0, 0.5):
            rng, rejected = draws.rng(10 * place + bool(planted)), 0
            replicates = draws.replicates(REPLICATES)
            for _ in range(replicates):
                gain = gain_of(rng, length, sites)

                def predict(codes: Codes, gain: Any = gain, planted: float = planted, name: str = name) -> Floats:
                    present = has_pattern(codes, FIRST, 10)
                    present = present & has_pattern(codes, SECOND, 30) if name == "interaction" else present
                    return np.asarray(gain(codes) + present * (gain(codes) + planted))

                table = estimated(design, predict, length, rng, 300).table
                rejected += float(table.loc[table["contrast"] == name, "p"].iloc[0]) <= 0.05
            yield Cell(
                f"{name}: {'planted' if planted else 'none'}, rejected", rejected / replicates,
                0.9 if planted else 0.05, "at least" if planted else "both", replicates,
            )  # fmt: skip


def spacings(draws: Draws) -> Iterator[Cell]:
    """A smooth curve of each background with mean 0 is no wave; a curve with a period of 10.5 bp is a wave."""
    length, gaps = 90, range(0, 64)
    design = sd.spacing(FIRST, SECOND, gaps=gaps, at=2)
    for place, amplitude in enumerate((0.0, 0.25)):
        rng, rejected = draws.rng(place), 0
        replicates = draws.replicates(REPLICATES)
        for _ in range(replicates):
            own = [gain_of(rng, length, slice(2, 80)) for _ in range(4)]
            wave = rng.uniform(0, 2 * np.pi)

            def predict(codes: Codes, own: Any = own, wave: float = wave, amplitude: float = amplitude) -> Floats:
                windows = np.lib.stride_tricks.sliding_window_view(codes[:, 9:], 7, 1)
                sites = (windows == sd.DNA.encode(SECOND)).all(2)
                gap = sites.argmax(1)
                smooth = sum(gain(codes) * np.cos(np.pi * k * gap / 64 + k) for k, gain in enumerate(own))
                planted = amplitude * np.cos(2 * np.pi * gap / 10.5 + wave)
                return np.asarray(sites.any(1) * has_pattern(codes, FIRST, 2) * (smooth + planted))

            rejected += p_value(estimated(design, predict, length, rng, 150), "periodic") <= 0.05
        yield Cell(
            f"spacing: {'a wave' if amplitude else 'no wave'}, rejected", rejected / replicates,
            0.9 if amplitude else 0.05, "at least" if amplitude else "both", replicates,
        )  # fmt: skip


def p_value(effects: Any, test: str) -> float:
    """The p-value of a test, for the last curve of the design that has this test."""
    rows = effects.responses
    return float(rows.loc[rows["test"] == test, "p"].iloc[-1])


def curves(draws: Draws) -> Iterator[Cell]:
    """All cells of this file. The name of each function is part of its seed."""
    for part in (positions, copies, pairs, spacings):
        yield from part(Draws(f"{draws.key} {part.__name__}", draws.release, draws.share))
