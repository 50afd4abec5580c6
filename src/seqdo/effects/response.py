"""Responses: what a whole curve says. Is it flat, additive, steric, periodic, and where does it change?

Every test is of contrasts of the curve's own points on the same backgrounds: each is its own control.
"""

from __future__ import annotations

import math
from collections import Counter
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
from seqdo.effects.interval import CONSTANT, SETTLED, Guard, Interval, interval
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
    statistic, value : "F", "t" or "max |t|", and how large it is; "" where nothing is tested
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
    tests : curves and outputs of which the same is asked; verdicts share out the 5 % over them
    """

    curve: Curve
    values: Floats
    margin: float
    unit: str
    sd: float
    independent: int
    tests: int = 1

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

    @property
    def strict(self) -> float:
        """The level that verdicts are read at."""
        return 1 - 0.05 / self.tests

    @cached_property
    def still(self) -> bool:
        """Does nothing of the curve vary, from point to point, beyond rounding? Then there is no place to find."""
        mean = self.values.mean((1, 2))
        return bool(np.ptp(mean) <= SETTLED * max(np.abs(self.values).max(), self.sd if self.sd > 0 else 0.0))

    def verdict(self, low: Floats, high: Floats, guard: Guard) -> tuple[str, int]:
        """Of several contrasts at once, from their simultaneous band: is any beyond the margin, or none? And which."""
        each = verdicts(low, high, np.full(low.shape, self.margin), self.independent, guard.safe).tolist()
        for verdict in ("present", "inconclusive", "negligible"):
            if verdict in each:
                far = np.where(np.array(each) == verdict, np.maximum(np.abs(low), np.abs(high)), -1.0)
                return verdict, int(np.argmax(far))
        return "absent", int(np.argmax(np.maximum(np.abs(low), np.abs(high))))


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
        t = np.divide(np.abs(found.estimate), found.se, out=np.zeros(found.se.shape), where=found.se > 0)
        name, value, p = "max |t|", float(t.max()), _smallest(ask, apart, found)
    at = float(ask.levels[most])
    reading = (
        f"At {ask.curve.factor} {at:g} it is {_said(found.estimate[most], sign='+')} {what} "
        f"({_said(low)} to {_said(high)}, all {len(apart)} points together)."
    )
    return Test(name, value, p, float(found.estimate[most]), low, high, at, ask.unit, verdict, reading)


def _smallest(ask: Asked, apart: Floats, found: Interval) -> float:
    """P of the largest |t|; NaN where a contrast is the same in all backgrounds and not 0: it has no p."""
    p = found.p
    if (np.isnan(p) & (found.estimate != 0)).any():
        return math.nan
    return float(np.min(adjusted(p, apart[:, 0]) if ask.alone else np.minimum(p * len(p), 1.0)))


def _said(number: float | Floats, sign: str = "") -> str:
    """A number with the minus sign of the page."""
    return f"{float(number):{sign}.3g}".replace("-", "−")


def distance(ask: Asked) -> Test | None:
    """Do near sites do less together than far ones, or more? The mean up to NEAR less the mean from FAR on."""
    near, far = ask.levels <= NEAR, ask.levels >= FAR
    if ask.curve.factor != "gap" or ask.curve.contrast != "interaction" or not (near.any() and far.any()):
        return None
    found, guard = ask.judged((ask.values[near].mean(0) - ask.values[far].mean(0))[None])
    (low,), (high,) = found.bounds(0.95)
    estimate, se = float(found.estimate[0]), float(found.se[0])
    reading = (
        f"Up to {NEAR} letters apart it is {_said(estimate, sign='+')} from what it is at {FAR} and more "
        f"({_said(low)} to {_said(high)})."
    )
    verdict, _ = ask.verdict(*found.bounds(ask.strict), guard)
    return Test(
        "t", estimate / se if se > 0 else np.nan, float(found.p[0]), estimate, float(low), float(high), np.nan,
        ask.unit, verdict, reading,
    )  # fmt: skip


def change(ask: Asked) -> Test | None:
    """Where does the curve step from one level to another? Least squares; its interval from backgrounds drawn again."""
    if ask.curve.factor != "gap" or ask.curve.contrast != "interaction" or len(ask.levels) < 2 * 3 or ask.still:
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
    found, guard = ask.judged(values)
    # Coefficients that do not vary have no T²; like any constant contrast they have a half-width by the share rule.
    plain = ask.alone and not guard.constant.any()
    half, wide = (
        _scheffe(values[:, 0], q) if plain else np.hypot(*found.half_width((1 + q) / 2)) for q in (0.95, ask.strict)
    )
    low, high = max(amplitude - half, 0.0), amplitude + half
    if plain:
        f, p = hotelling(values[:, 0])
        name, value, chance = "F", float(f), float(p)
    else:
        t = np.divide(np.abs(found.estimate), found.se, out=np.zeros(2), where=found.se > 0)
        name, value, chance = "max |t|", float(t.max()), float(np.minimum(2 * found.p.min(), 1.0))
    turns = np.ptp(ask.levels[beyond]) / PERIOD
    few = f" The curve has {turns:.1f} turns, and {CYCLES} are needed to tell {PERIOD} from its neighbours."
    reading = f"A wave of {PERIOD} letters has an amplitude of {amplitude:.3g} ({low:.3g} to {high:.3g})."
    both = Guard(np.array([guard.safe.all()]), guard.constant[:1], guard.flag[:1])
    verdict, _ = ask.verdict(np.array([max(amplitude - wide, 0.0)]), np.array([amplitude + wide]), both)
    return Test(
        name, value, chance, amplitude, low, high, PERIOD, ask.unit, verdict,
        reading + (few if turns < CYCLES else ""),
    )  # fmt: skip


def _scheffe(values: Floats, level: float) -> float:
    """How far the mean of two coefficients (2, m) may be off in any direction."""
    from scipy.special import fdtri

    n = values.shape[1]
    if n < 4:
        return math.nan
    widest = max(float(np.linalg.eigvalsh(np.cov(values))[-1]), 0.0)
    return math.sqrt(2 * (n - 1) / (n - 2) * float(fdtri(2, n - 2, level)) * widest / n)


def period(ask: Asked) -> Test | None:
    """Of which period is the wave, if there is one? The peak of the periodogram; backgrounds are drawn again."""
    beyond, there = _beyond(ask), periodic(ask)
    if beyond is None or there is None or ask.still or not there.low > 0:
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
    found = curves(contrasts, least=1)
    asked = len(units) if outputs is None else len(outputs)
    alike = Counter(curve.contrast for curve in found)
    for curve in found:
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
                asked * alike[curve.contrast],
            )
            for name, test in TESTS.items():
                answer = test(ask) if ask.values.shape[2] > 1 else None
                if answer:
                    yield curve, output, ask.margin, name, answer


def _named(curve: Curve) -> str:
    return ", ".join(f"{name} {level}" for name, level in curve.others.items())
