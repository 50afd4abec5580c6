"""Small runs of planted models, whose provenance and files tests/golden holds as format 4 wrote them.

Together they record everything that a run can record: balanced and shuffled backgrounds, a pool, scores, a rule that
stops, extra and real sequences, a search, the name of a background, noise, and the spec of a study.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

import seqdo as sd

LENGTH = 40
MODEL = sd.planted.additive({"GATTACA": 2.0, "TA": 0.5}, LENGTH)
REAL = sd.backgrounds.uniform(LENGTH).sample(120, rng=1)
DESIGN = sd.embed("GATTACA", at=9, scrambles=2)


def balanced() -> sd.Outcomes:
    """Sets of 16, and extra backgrounds."""
    return sd.run(DESIGN, MODEL, sd.backgrounds.uniform(LENGTH, balance="dinucleotides"), n=32, rng=0, extra=16)


def stopped() -> sd.Outcomes:
    """A run that could stop, with bounds."""
    until = sd.half_width(3.0, "effect", bounds=(0, 50))
    return sd.run(DESIGN, MODEL, sd.backgrounds.uniform(LENGTH), n=500, rng=0, until=until)


def asymptotic() -> sd.Outcomes:
    """A run that could stop, without bounds, and did not."""
    return sd.run(DESIGN, MODEL, sd.backgrounds.uniform(LENGTH), n=200, rng=2, until=sd.half_width(1e-6))


def searched() -> sd.Outcomes:
    """What a search among scored sequences kept, next to real sequences."""
    scores = MODEL.predict(REAL)[0, :, 0]
    null = sd.backgrounds.natural(REAL, scores=scores, quantile=(0.1, 0.9))
    kmers = sd.kmers(2, at=9)
    return sd.search(kmers, MODEL, null, keep=3, screen=20, n=60, rng=0, by="highest", real=REAL).effects.outcomes


def scored() -> sd.Outcomes:
    """Sequences chosen by scores that are not the model's predictions."""
    null = sd.backgrounds.natural(REAL, scores=np.arange(120) % 7, quantile=(0.5, 1))
    return sd.run(DESIGN, MODEL, null, n=20, rng=0)


def shuffled() -> sd.Outcomes:
    """Several backgrounds of each sequence, on a background that has a name."""
    nulls = {"first": sd.backgrounds.shuffled(REAL[:6], k=1), "second": sd.backgrounds.gc_matched(REAL[:6], pool=REAL)}
    return sd.across(DESIGN, MODEL, nulls, n=20, rng=0).effects["first"].outcomes


def pooled() -> sd.Outcomes:
    """Picks from a pool, matched to the real sequences of the run."""
    targets = REAL[:100]
    null = sd.backgrounds.gc_matched(targets, pool=REAL, tolerance=0.1)
    return sd.run(DESIGN, MODEL, null, n=120, rng=np.random.SeedSequence(5).spawn(2)[1], real=targets)


def noisy() -> sd.Outcomes:
    """A model whose noise was allowed."""
    return sd.run(DESIGN, replace(MODEL, noise={"y": 0.25}), sd.backgrounds.uniform(LENGTH), n=8, rng=3)


RUNS: dict[str, Callable[[], sd.Outcomes]] = {
    each.__name__: cache(each)
    for each in (balanced, stopped, asymptotic, searched, scored, shuffled, pooled, noisy)
}  # fmt: skip


WORDING = ("versions", "engine_because", "rule")
"""Keys whose values are free: installed versions, and sentences."""


def same(value: Any, stored: Any) -> bool:
    """Equal, keys in their order, but for WORDING; numbers to 1e-9, as another processor rounds otherwise."""
    if isinstance(stored, dict):
        return list(value) == list(stored) and all(key in WORDING or same(value[key], stored[key]) for key in stored)
    if isinstance(stored, list):
        return isinstance(value, list) and len(value) == len(stored) and all(map(same, value, stored))
    if isinstance(stored, float):
        return isinstance(value, float) and bool(np.isclose(value, stored, rtol=1e-9, atol=0))
    return type(value) is type(stored) and value == stored
