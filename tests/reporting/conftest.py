"""Effects made by hand: a planted model, plain t intervals, and verdicts by the rule of the design."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from seqdo.experiments.design import Arm, Design
from seqdo.outcomes import Outcomes, Scale
from seqdo.sequences.sequence import Sequences

VALIDITY = pd.DataFrame(
    {
        "check": ["length", "GC", "k-mer divergence k=3", "predictions outside the real 1–99 %"],
        "value": [0.0, 0.012, 0.21, np.nan],
        "threshold": [0.0, 0.05, 0.1, 0.1],
        "light": ["green", "green", "red", "unknown"],
        "detail": ["all of 60 letters, as real ones", "share of G and C 0.50, real 0.51", "Jensen-Shannon, bits", "no reference"],
    }
)


@dataclass(frozen=True, eq=False)
class MadeEffects:
    """As reporting reads them."""

    table: pd.DataFrame
    outcomes: Outcomes
    margins: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    validity: pd.DataFrame = field(default_factory=lambda: VALIDITY)

    def values(self, row: pd.Series) -> np.ndarray:
        contrast = self.outcomes.design.contrasts[int(row["_contrast"])]
        y = self.outcomes.y.sel(output=row["output"])
        return sum(weight * y.sel(arm=arm).values for arm, weight in contrast.weights.items())


def verdict(low: float, high: float, margin: float) -> str:
    if low > margin or high < -margin:
        return "present"
    if -margin < low and high < margin:
        return "absent" if low <= 0 <= high else "negligible"
    return "inconclusive"


def make(
    design: Design,
    planted: Callable[[Arm], float] = lambda arm: 2.0 * len(arm.sites),
    *,
    outputs: tuple[str, ...] = ("y",),
    n: int = 60,
    noise: float = 0.15,
    margin: float = 0.1,
    units: str = "",
    notes: tuple[str, ...] = (),
    seed: int = 3,
) -> MadeEffects:
    """Effects of a design on a model that answers ``planted(arm)`` beyond its noise (times 1, 1/2, ... by output)."""
    rng = np.random.default_rng(seed)
    arms = list(design.arms)
    base = rng.normal(size=(1, n, 1, len(outputs)))
    means = np.array([planted(arm) for arm in design.arms.values()])
    y = base + means[None, None, :, None] / (1 + np.arange(len(outputs))) + rng.normal(0, noise, (1, n, len(arms), len(outputs)))
    coords = {"model": ["m0"], "background": np.arange(n), "arm": arms, "output": list(outputs)}
    data = xr.DataArray(y, coords, ("model", "background", "arm", "output"))
    place = {arm: i for i, arm in enumerate(arms)}
    rows = []
    for o, output in enumerate(outputs):
        for i, contrast in enumerate(design.contrasts):
            ds = sum(weight * y[0, :, place[arm], o] for arm, weight in contrast.weights.items())
            mean, se = float(ds.mean()), float(ds.std(ddof=1) / np.sqrt(n))
            levels = {name: contrast.levels.get(name, np.nan) for name in design.factors}
            low, high, lower, higher = mean - 2 * se, mean + 2 * se, mean - 3 * se, mean + 3 * se
            rows.append(
                {"output": output, "contrast": contrast.name, **levels, "estimate": mean, "se": se, "low": low, "high": high,
                 "low_adjusted": lower, "high_adjusted": higher, "p": 0.001, "p_adjusted": 0.002, "n": n, "members": 1,
                 "unit": units, "margin": margin, "verdict": verdict(lower, higher, margin), "flag": "", "_contrast": i}
            )  # fmt: skip
    provenance = {"seed": 0, "n": n, "versions": {"seqdo": "0.1.0", "numpy": "2.4"}, "model": "planted", "background": "uniform(60)"}
    outcomes = Outcomes(
        data, design, Sequences.from_strings(["ACGT" * 15] * n), {o: Scale(1.0, "made") for o in outputs}, None, provenance
    )
    margins = {output: SimpleNamespace(value=margin, rule="0.1 × SD of predictions on 1,000 backgrounds") for output in outputs}
    return MadeEffects(pd.DataFrame(rows), outcomes, margins, list(notes))


@pytest.fixture(name="make")
def _make() -> Callable[..., MadeEffects]:
    return make


@pytest.fixture(name="replace")
def _replace() -> Callable[..., MadeEffects]:
    return replace
