"""Responses: what a whole curve says. Is it flat, additive, steric, periodic, and where does it change?

Every test is of contrasts of the curve's own points on the same backgrounds: each is its own control.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.band import adjusted, band
from seqdo.effects.contrast import contrast_values
from seqdo.effects.curve import POINTS, Curve, curves
from seqdo.effects.harmonic import Wave
from seqdo.effects.hotelling import hotelling
from seqdo.effects.inference import adjust, verdicts
from seqdo.effects.interval import Guard, Interval, interval
from seqdo.effects.sets import Sets
from seqdo.sequences.stream import root, stream

if TYPE_CHECKING:
    import pandas as pd

    from seqdo.effects.estimate import Effects

Floats = NDArray[np.float64]

NEAR, FAR = 10, 20
"""Gaps up to and from which two sites are near and far: a turn of the helix between sites, and two."""

PERIOD = 10.5
"""Letters to a turn of B-DNA."""

FLAT = ("effect", "interaction", "specific")
"""Contrasts whose curves are asked whether the place matters."""

CYCLES = 10
"""Turns below which a curve is too short to tell one period from the next."""

COLUMNS = [
    "output", "contrast", "factor", "curve", "test", "at", "estimate", "low", "high", "unit", "statistic", "value", "p",
    "p_adjusted", "margin", "verdict", "reading",
]  # fmt: skip

RESAMPLED = 1000
"""Times that backgrounds are drawn again for the interval of a place or a period."""


@dataclass(frozen=True)
class Test:
    """What a test of a curve found.

    Attributes
    ----------
    statistic : its name and value, as in "T2(2, 998)", 12.3
    p : NaN where nothing is tested and a place is estimated
    estimate, low, high : the number that the reading is about, at 95 %
    at : level of the curve's factor at which it is, NaN for none
    unit : of the estimate
    verdict : as of an effect, "" where nothing is compared with the margin
    reading : what it says, in a sentence
    """

    statistic: str
    value: float
    p: float
    estimate: float
    low: float
    high: float
    at: float
    unit: str
    verdict: str
    reading: str


@dataclass(frozen=True, eq=False)
class Asked:
    """A curve of one output.

    Attributes
    ----------
    levels : float64 (points,), of the factor
    values : float64 (points, members, m), contrasts on each background, or set of them
    margin : smallest difference that matters; NaN without one
    independent : backgrounds that all m are worth
    """

    curve: Curve
    values: Floats
    margin: float
    unit: str
    sd: float
    independent: int

    @property
    def levels(self) -> Floats:
        """Of the curve's factor."""
        return self.curve.levels

    @property
    def alone(self) -> bool:
        """Is it one model's?"""
        return bool(self.values.shape[1] == 1)

    def judged(self, values: Floats) -> tuple[Interval, Guard]:
        """Intervals of contrasts (..., members, m) of the points, and the guard."""
        return interval(values, self.sd, independent=self.independent)

    @cached_property
    def drawn(self) -> Floats:
        """Curves (draws, points) of backgrounds, and of members, drawn again."""
        rng = stream(root(0), "bootstrap")
        shares = [rng.multinomial(n, np.full(n, 1 / n), RESAMPLED) / n for n in self.values.shape[1:]]
        return np.asarray(np.einsum("pmd,dm->dp", self.values @ shares[1].T, shares[0]))

    def verdict(self, low: Floats, high: Floats, guard: Guard) -> str:
        """Of several contrasts at once, from their simultaneous band: is any beyond the margin, or none?"""
        each = verdicts(low, high, np.full(low.shape, self.margin), self.independent, guard.safe)
        if "present" in each:
            return "present"
        if "inconclusive" in each:
            return "inconclusive"
        return "absent" if (each == "absent").all() else "negligible"


def flat(ask: Asked) -> Test | None:
    """Does the place matter? Each point less the curve's mean, on each background; the largest |t| of all."""
    if ask.curve.factor not in ("position", "gap") or ask.curve.contrast not in FLAT or len(ask.levels) < POINTS:
        return None
    return _joint(ask, ask.values - ask.values.mean(0), None, "from the curve's mean")


def additive(ask: Asked) -> Test | None:
    """Do effects add with number? All second differences at once, by Hotelling's T² where one model is asked."""
    if ask.curve.contrast != "second difference":
        return None
    p = float(hotelling(ask.values[:, 0])[1]) if ask.alone else None
    return _joint(ask, ask.values, p, "from what one more copy added before")


def _joint(ask: Asked, apart: Floats, p: float | None, what: str) -> Test:
    """A test of contrasts that are all 0 under its null, told by the largest of them; p is that one's if not given."""
    found, guard = ask.judged(apart)
    name = "max |t|" if p is None else "T²"
    if p is None:
        tested = found.p[~np.isnan(found.p)]
        every = adjusted(found.p, apart[:, 0]) if ask.alone else np.minimum(found.p * len(tested), 1.0)
        p = float(np.nanmin(every)) if len(tested) else np.nan
    half = band(apart, found, 0.95)
    low, high = found.estimate - half, found.estimate + half
    t = np.divide(np.abs(found.estimate), found.se, out=np.zeros(found.se.shape), where=found.se > 0)
    most = int(np.argmax(t))
    at = float(ask.levels[most])
    verdict = ask.verdict(low, high, guard)
    reading = (
        f"At {ask.curve.factor} {at:g} it is {_said(found.estimate[most], sign='+')} {what} "
        f"({_said(low[most])} to {_said(high[most])}, all {len(apart)} points together)."
    )
    return Test(
        name, float(t[most]), p, float(found.estimate[most]), float(low[most]), float(high[most]), at, ask.unit,
        verdict, reading,
    )  # fmt: skip


def _said(number: float | Floats, sign: str = "") -> str:
    """A number with the minus sign of the page."""
    return f"{float(number):{sign}.3g}".replace("-", "−")


def distance(ask: Asked) -> Test | None:
    """Do near sites do less together than far ones, as if in each other's way, or more? Up to NEAR less FAR and on."""
    near, far = ask.levels <= NEAR, ask.levels >= FAR
    if ask.curve.factor != "gap" or ask.curve.contrast != "interaction" or not (near.any() and far.any()):
        return None
    found, guard = ask.judged((ask.values[near].mean(0) - ask.values[far].mean(0))[None])
    (low,), (high,) = found.bounds(0.95)
    estimate, se = float(found.estimate[0]), float(found.se[0])
    way = ", as if near sites were in each other's way" if high < 0 else ""
    reading = (
        f"Up to {NEAR} letters apart it is {_said(estimate, sign='+')} from what it is at {FAR} and more "
        f"({_said(low)} to {_said(high)}){way}."
    )
    verdict = ask.verdict(np.array([low]), np.array([high]), guard)
    return Test(
        "t", estimate / se if se > 0 else np.nan, float(found.p[0]), estimate, float(low), float(high), np.nan,
        ask.unit, verdict, reading,
    )  # fmt: skip


def change(ask: Asked) -> Test | None:
    """Where does the curve step from one level to another? Least squares; its interval from backgrounds drawn again."""
    if ask.curve.factor != "gap" or ask.curve.contrast != "interaction" or len(ask.levels) < 2 * 3:
        return None
    middles = (ask.levels[1:] + ask.levels[:-1]) / 2
    at = float(middles[_step(ask.values.mean((1, 2))[None])[0]])
    low, high = np.quantile(middles[_step(ask.drawn)], [0.025, 0.975], method="nearest")
    reading = (
        f"If it is one level and then another, the step is at {at:g} ({low:g} to {high:g} in 95 % of resamplings)."
    )
    return Test("", np.nan, np.nan, at, float(low), float(high), at, "letters", "", reading)


def _step(curves: Floats) -> NDArray[np.intp]:
    """For each curve (draws, points) the last point of the first of two levels that fit it best."""
    n = curves.shape[1]
    sums = np.cumsum(curves, 1)
    left = np.arange(1, n)
    before, after = sums[:, :-1], sums[:, -1:] - sums[:, :-1]
    return np.asarray((before**2 / left + after**2 / (n - left)).argmax(1))


def periodic(ask: Asked) -> Test | None:
    """Is there a wave of a turn of the helix? T² of cosine and sine over backgrounds; the amplitude by Scheffé."""
    beyond = _beyond(ask)
    if beyond is None:
        return None
    values = Wave(ask.levels[beyond], PERIOD).coefficients(ask.values[beyond].swapaxes(0, 1)).swapaxes(0, 1)
    amplitude = float(np.hypot(*values.mean((1, 2))))
    half, statistic, value, p = _scheffe(values[:, 0]) if ask.alone else _both(ask, values)
    low, high = max(amplitude - half, 0.0), amplitude + half
    turns = np.ptp(ask.levels[beyond]) / PERIOD
    few = f" The curve has {turns:.1f} turns, and {CYCLES} are needed to tell {PERIOD} from its neighbours."
    reading = f"A wave of {PERIOD} letters has an amplitude of {amplitude:.3g} ({low:.3g} to {high:.3g})."
    verdict = ask.verdict(np.array([low]), np.array([high]), ask.judged(values[:1])[1])
    return Test(
        statistic, value, p, amplitude, low, high, PERIOD, ask.unit, verdict,
        reading + (few if turns < CYCLES else ""),
    )  # fmt: skip


def _scheffe(values: Floats) -> tuple[float, str, float, float]:
    """How far the mean of two coefficients (2, m) may be off in any direction; name and value of the test, and p."""
    from scipy.special import fdtri

    f, p = hotelling(values)
    n = values.shape[1]
    widest = max(float(np.linalg.eigvalsh(np.cov(values))[-1]), 0.0)
    half = math.sqrt(2 * (n - 1) / (n - 2) * float(fdtri(2, n - 2, 0.95)) * widest / n) if n > 2 else math.nan
    return half, "T²", float(f), float(p)


def _both(ask: Asked, values: Floats) -> tuple[float, str, float, float]:
    """The same of several members (2, members, m): an interval for each coefficient, which both hold in 95 %."""
    found = ask.judged(values)[0]
    t = np.divide(np.abs(found.estimate), found.se, out=np.zeros(2), where=found.se > 0)
    return float(np.hypot(*found.half_width(0.975))), "max |t|", float(t.max()), min(1.0, 2 * float(found.p.min()))


def period(ask: Asked) -> Test | None:
    """Of which period is the wave? The peak of the periodogram; its interval from backgrounds drawn again."""
    beyond = _beyond(ask)
    if beyond is None:
        return None
    wave = Wave(ask.levels[beyond], PERIOD)
    best = float(wave.periods[wave.power(ask.values[beyond].mean((1, 2))).argmax()])
    found = wave.periods[wave.power(ask.drawn[:, beyond]).argmax(1)]
    low, high = np.quantile(found, [0.025, 0.975], method="nearest")
    apart = abs(np.gradient(wave.periods)[wave.periods == best]).max()  # what is tried is no finer than that
    low, high = low - apart / 2, high + apart / 2
    reading = f"The strongest wave has {best:.2f} letters ({low:.2f} to {high:.2f} in 95 % of resamplings)."
    return Test("", np.nan, np.nan, best, float(low), float(high), best, "letters", "", reading)


def _beyond(ask: Asked) -> NDArray[np.bool_] | None:
    """Points that are not near, if they are as dense as they must be and there are two turns of them."""
    if ask.curve.factor != "gap" or ask.curve.contrast != "interaction":
        return None
    beyond = ask.levels > NEAR
    levels = ask.levels[beyond]
    dense = len(levels) > 1 and np.diff(levels).max() <= PERIOD / 4 and np.ptp(levels) >= 2 * PERIOD
    return beyond if dense else None


TESTS: Mapping[str, Callable[[Asked], Test | None]] = {
    "flat": flat, "additive": additive, "near or far": distance, "change point": change, "periodic": periodic,
    "period": period,
}  # fmt: skip
"""Name to test; None for a curve that it has no question for: the one table to extend."""


def responses(effects: Effects, outputs: Sequence[str] | None = None) -> pd.DataFrame:
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


def _tested(effects: Effects, outputs: Sequence[str] | None) -> Iterator[tuple[Curve, str, float, str, Test]]:
    outcomes = effects.outcomes
    if "until" in outcomes.provenance:
        return
    contrasts, sets = outcomes.design.contrasts, Sets.of(outcomes)
    units = dict(zip(effects.table["output"].astype(str), effects.table["unit"], strict=True))
    for curve in curves(contrasts, least=1):
        values = contrast_values(outcomes.y, [contrasts[place] for place in curve.places])
        for place, output in enumerate(map(str, outcomes.y["output"].values.tolist())):
            if outputs is not None and output not in outputs:
                continue
            margin, scale = effects.margins[output], outcomes.scales.get(output)
            ask = Asked(
                curve,
                sets.means(values[..., place]),
                np.nan if margin.value is None else margin.value,
                units[output],
                scale.sd if scale else np.nan,
                sets.independent,
            )
            for name, test in TESTS.items():
                found = test(ask) if ask.values.shape[2] > 1 else None
                if found:
                    yield curve, output, ask.margin, name, found


def _named(curve: Curve) -> str:
    return ", ".join(f"{name} {level}" for name, level in curve.others.items())
