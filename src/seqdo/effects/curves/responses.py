"""Responses: what a whole curve says. Is it flat, additive, steric, periodic, and where does it change?

Every test is of contrasts of the curve's own points on the same backgrounds: each is its own control.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.curves.gaps import change, distance, period, periodic
from seqdo.effects.curves.hypothesis import Asked, Test, said
from seqdo.effects.estimates import Estimates
from seqdo.effects.statistics.band import adjusted, band
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.contrast import contrast_values
from seqdo.effects.statistics.curve import POINTS, Curve, curves
from seqdo.effects.statistics.hotelling import hotelling
from seqdo.effects.statistics.interval import CONSTANT, Interval
from seqdo.effects.statistics.margin import unseen
from seqdo.effects.statistics.verdicts import adjust

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

FLAT = ("effect", "interaction", "specific")
"""Contrasts whose curves are asked whether the place matters."""

COLUMNS = [
    "output", "contrast", "factor", "curve", "test", "at", "estimate", "low", "high", "unit", "statistic", "value", "p",
    "p_adjusted", "margin", "verdict", "reading",
]  # fmt: skip


def flat(ask: Asked) -> Test | None:
    """Does the place matter? Each point less the curve's mean, on each background; the largest |t| of all."""
    if ask.curve.factor not in ("position", "gap") or ask.curve.contrast not in FLAT or len(ask.levels) < POINTS:
        return None
    return _joint(ask, ask.values - ask.values.mean(0), None, "from the curve's mean")


def additive(ask: Asked) -> Test | None:
    """Do effects add with number? All second differences at once, by Hotelling's T² where one model is asked."""
    if ask.curve.contrast != "second difference":
        return None
    vary = ask.values[:, 0].std(-1) > CONSTANT * np.abs(ask.values[:, 0]).max(-1)
    tested = None
    if ask.alone and vary.any() and not ask.values[~vary].any():  # a constant 0 has nothing to test
        tested = hotelling(ask.values[vary, 0])
    return _joint(ask, ask.values, tested, "from what one more copy added before")


def _joint(ask: Asked, apart: Floats, tested: tuple[Floats, Floats] | None, what: str) -> Test:
    """A test of contrasts that are all 0 under its null: F and p if ``tested``, else those of the largest |t|.

    What is told is the contrast that the verdict is read from.
    """
    found, guard = ask.judged(apart)
    half, wide = (band(apart, found, level) for level in (0.95, ask.strict))
    verdict, most = ask.verdict(found.estimate - wide, found.estimate + wide, guard)
    low, high = (float(found.estimate[most] + side * half[most]) for side in (-1, 1))
    if tested is not None:
        name, value, p = "F", float(tested[0]), float(tested[1])
    else:
        name, value, p = "max |t|", float(found.t.max()), _smallest(ask, apart, found)
    at = float(ask.levels[most])
    reading = (
        f"At {ask.curve.factor} {at:g} it is {said(found.estimate[most], sign='+')} {what} "
        f"({said(low)} to {said(high)}, all {len(apart)} points together)."
    )
    return Test(name, value, p, float(found.estimate[most]), low, high, at, ask.unit, verdict, reading)


def _smallest(ask: Asked, apart: Floats, found: Interval) -> float:
    """P of the largest |t|; NaN where a contrast is the same in all backgrounds and not 0: it has no p."""
    p = found.p
    if (np.isnan(p) & (found.estimate != 0)).any():
        return math.nan
    return float(np.min(adjusted(p, apart[:, 0]) if ask.alone else np.minimum(p * len(p), 1.0)))


TESTS: Mapping[str, Callable[[Asked], Test | None]] = {
    "flat": flat, "additive": additive, "near or far": distance, "change point": change, "periodic": periodic,
    "period": period,
}  # fmt: skip
"""Name to test; None for a curve that it has no question for: the one table to extend."""


def responses(effects: Estimates, outputs: Sequence[str] | None = None) -> pd.DataFrame:
    """Every test that a curve of the design has a question for, of some outputs or of all.

    None of a run that could stop early, as these tests do not hold at every look. Of an ensemble they cover what
    other members would answer too; the level is then shared out over points instead of simulated.

    Returns
    -------
    DataFrame with columns output, contrast, factor, curve (levels of the other factors), test, at, estimate, low, high,
    unit, statistic, value, p, p_adjusted (Benjamini-Hochberg over the curves of one test), margin, verdict, reading
    """
    import pandas as pd

    rows = [
        {"output": output, "contrast": curve.contrast, "factor": curve.factor, "curve": _named(curve), "test": name}
        | {"at": test.at, "estimate": test.estimate, "low": test.low, "high": test.high, "unit": test.unit}
        | {"statistic": test.statistic, "value": test.value, "p": test.p, "p_adjusted": np.nan, "margin": margin}
        | {"verdict": test.verdict, "reading": test.reading}
        for curve, output, margin, name, test in _tested(effects, outputs)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["p_adjusted"] = adjust(table["p"].to_numpy(np.float64), table["test"].to_numpy())
    return table


def _tested(effects: Estimates, outputs: Sequence[str] | None) -> Iterator[tuple[Curve, str, float, str, Test]]:
    outcomes = effects.outcomes
    if outcomes.stopped:
        return
    contrasts, clusters = outcomes.design.contrasts, Clusters.of(outcomes)
    largest = unseen(outcomes.y, outcomes.scales)
    units = dict(zip(effects.table["output"].astype(str), effects.table["unit"], strict=True))
    found = curves(contrasts, least=1)
    asked = len(units) if outputs is None else len(outputs)
    alike = Counter(curve.contrast for curve in found)
    for curve in found:
        values = contrast_values(outcomes.y, [contrasts[place] for place in curve.places])
        for place, output in enumerate(outcomes.outputs):
            if outputs is not None and output not in outputs:
                continue
            margin = effects.margins[output]
            ask = Asked(
                curve,
                clusters.means(values[..., place]),
                np.nan if margin.value is None else margin.value,
                units[output],
                largest[place],
                clusters.independent,
                asked * alike[curve.contrast],
            )
            for name, test in TESTS.items():
                answer = test(ask) if ask.values.shape[2] > 1 else None
                if answer:
                    yield curve, output, ask.margin, name, answer


def _named(curve: Curve) -> str:
    return ", ".join(f"{name} {level}" for name, level in curve.others.items())
