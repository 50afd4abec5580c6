"""Responses: tests of whole curves. Is a curve flat, additive, steric or periodic, and where does it change?

Every test uses contrasts between points of one curve on the same backgrounds, so that each background is its own
control.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.curves.gaps import change, distance, period, periodic
from seqdo.effects.curves.hypothesis import CurveContrasts, Test, signed
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
"""Contrasts whose curves are tested for an influence of the position or the gap."""

SUBJECTS = {"effect": "effect", "interaction": "interaction", "specific": "effect beyond the controls"}
"""Noun for a contrast in a reading."""

COLUMNS = [
    "output", "contrast", "factor", "curve", "test", "at", "estimate", "low", "high", "unit", "statistic", "value", "p",
    "p_adjusted", "margin", "verdict", "reading",
]  # fmt: skip


def flat(data: CurveContrasts) -> Test | None:
    """Does the position or the gap matter? Each point minus the mean of the curve; the test is of the largest |t|.

    The largest |t| also detects a single point that deviates. T² of many points would need more backgrounds than
    points.
    """
    curve = data.curve
    if curve.factor not in ("position", "gap") or curve.contrast not in FLAT or len(data.levels) < POINTS:
        return None
    return _joint(data, data.values - data.values.mean(0), None)


def additive(data: CurveContrasts) -> Test | None:
    """Do the effects of copies add up? All second differences are tested together.

    The test is Hotelling's T² for one model, and the largest |t| for an ensemble.
    """
    if data.curve.contrast != "second difference":
        return None
    # T² needs contrasts that vary. A constant 0 agrees with the null and is left out; another constant has no T².
    vary = data.values[:, 0].std(-1) > CONSTANT * np.abs(data.values[:, 0]).max(-1)
    f_test = None
    if data.one_member and vary.any() and not data.values[~vary].any():
        f_test = hotelling(data.values[vary, 0])
    return _joint(data, data.values, f_test)


def _joint(data: CurveContrasts, values: Floats, f_test: tuple[Floats, Floats] | None) -> Test:
    """Test contrasts that are all 0 under the null hypothesis; the reading is of the contrast that decides the verdict.

    Parameters
    ----------
    data : the curve
    values : contrasts of its points, (points, members, m)
    f_test : F and its p-value; without them the test is of the largest |t|
    """
    contrasts, guard = data.intervals(values)
    half, wide = (band(values, contrasts, level) for level in (0.95, data.verdict_level))
    verdict, deciding = data.verdict(contrasts.estimate - wide, contrasts.estimate + wide, guard)
    estimate = float(contrasts.estimate[deciding])
    low, high = (float(contrasts.estimate[deciding] + side * half[deciding]) for side in (-1, 1))
    if f_test is not None:
        name, value, p = "F", float(f_test[0]), float(f_test[1])
    else:
        name, value, p = "max |t|", float(contrasts.t.max()), _largest_t_p(data, values, contrasts)
    at = float(data.levels[deciding])
    limits = f"95 % CI {signed(low)} to {signed(high)}, simultaneous over {len(values)} points"
    reading = f"{_deviation(data, at)} by {signed(estimate, sign='+')} ({limits})."
    return Test(name, value, p, estimate, low, high, at, data.unit, verdict, reading)


def _deviation(data: CurveContrasts, at: float) -> str:
    """The beginning of a reading: which quantity at which level differs from which other."""
    factor, contrast = data.curve.factor, data.curve.contrast
    if contrast == "second difference" and factor == "copies":
        return f"The effect of adding copy {at:g} differs from the effect of adding the copy before"
    if contrast == "second difference":
        return f"At {factor} {at:g} the last step differs from the step before"
    place = f"At a gap of {at:g} {data.positions}" if factor == "gap" else f"At position {at:g}"
    return f"{place} the {SUBJECTS[contrast]} differs from the mean of the curve"


def _largest_t_p(data: CurveContrasts, values: Floats, contrasts: Interval) -> float:
    """The p-value of the largest |t|; NaN where a contrast is the same on all backgrounds and not 0.

    One member allows the simulated p-value. Members and backgrounds are crossed in an ensemble, so that its p-values
    are multiplied by the number of points (Bonferroni).
    """
    p = contrasts.p
    if (np.isnan(p) & (contrasts.estimate != 0)).any():
        return math.nan
    return float(np.min(adjusted(p, values[:, 0]) if data.one_member else np.minimum(p * len(p), 1.0)))


TESTS: Mapping[str, Callable[[CurveContrasts], Test | None]] = {
    "flat": flat, "additive": additive, "near or far": distance, "change point": change, "periodic": periodic,
    "period": period,
}  # fmt: skip
"""Name to test. A test returns None for a curve that it does not apply to. A new test needs a row here."""


def responses(effects: Estimates, outputs: Sequence[str] | None = None) -> pd.DataFrame:
    """Every test that applies to a curve of the design.

    A run that could stop early has no such tests, because they are valid for a fixed number of backgrounds only. For an
    ensemble the tests also cover how other members would predict. The level is then divided over points (Bonferroni)
    instead of simulated.

    Parameters
    ----------
    effects : the estimates of a design
    outputs : outputs whose curves are tested; by default all

    Returns
    -------
    DataFrame with columns output, contrast, factor, curve (levels of the other factors), test, at, estimate, low, high,
    unit, statistic, value, p, p_adjusted (Benjamini-Hochberg over the curves of one test), margin, verdict, reading
    """
    import pandas as pd

    rows = [
        {
            "output": output,
            "contrast": curve.contrast,
            "factor": curve.factor,
            "curve": _other_levels(curve),
            "test": name,
        }
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
    tested_curves = curves(contrasts, least=1)
    number = len(units) if outputs is None else len(outputs)
    same_contrast = Counter(curve.contrast for curve in tested_curves)
    alphabet = outcomes.backgrounds.alphabet
    positions = "positions" if alphabet is None else {"dna": "bp", "rna": "nt"}[alphabet.name]
    for curve in tested_curves:
        values = contrast_values(outcomes.y, [contrasts[place] for place in curve.places])
        for place, output in enumerate(outcomes.outputs):
            if outputs is not None and output not in outputs:
                continue
            margin = effects.margins[output]
            data = CurveContrasts(
                curve,
                clusters.means(values[..., place]),
                np.nan if margin.value is None else margin.value,
                units[output],
                largest[place],
                clusters.independent,
                number * same_contrast[curve.contrast],
                positions,
            )
            for name, test in TESTS.items():
                result = test(data) if data.values.shape[2] > 1 else None
                if result:
                    yield curve, output, data.margin, name, result


def _other_levels(curve: Curve) -> str:
    """Levels of the factors other than the curve's own, as text."""
    return ", ".join(f"{name} {level}" for name, level in curve.others.items())
