"""Estimation: from outcomes to effects, each with its interval, p-value and verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.design import Contrast
from seqdo.effects.anytime.interim import held
from seqdo.effects.columns import frame, row_order
from seqdo.effects.effects import Effects
from seqdo.effects.estimates import UNIT
from seqdo.effects.notes import notes
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.contrast import contrast_chunks, resolution
from seqdo.effects.statistics.control_variates import ControlVariates
from seqdo.effects.statistics.interval import Interval, interval, joined
from seqdo.effects.statistics.margin import Margin, margins, unseen
from seqdo.effects.statistics.multiplicity import bands, corrected
from seqdo.effects.statistics.verdicts import METHODS, verdicts
from seqdo.errors import InputError, RunError
from seqdo.outcomes.outcomes import Outcomes

Floats = NDArray[np.float64]

LARGEST_RATE = 0.05
"""Largest false coverage rate of verdicts, for any level of the intervals in the table."""


def estimate(
    outcomes: Outcomes,
    margin: float | Mapping[str, float] | None = None,
    level: float = 0.95,
    *,
    adjust: str | Sequence[str] = (),
    multiplicity: str = "bh",
) -> Effects:
    """Effects of a run: every contrast with its interval, p-value and verdict.

    With one model, the interval is a paired t interval over backgrounds. With an ensemble, it covers members and
    backgrounds. In a run that could stop early, it is anytime-valid. A family is all contrasts with the same name, over
    all outputs. Within a family, p-values are adjusted, and the intervals behind verdicts are wider.

    Parameters
    ----------
    outcomes : outcomes of a run
    margin : smallest effect size of interest, in the unit of the output: one number, or a mapping of output to number
        None takes 0.1 × the SD in ``outcomes.scales``.
    level : level of the intervals ``low`` to ``high``
        Verdicts control the false coverage rate at 1 − level, or at 5 % if that is less.
    adjust : control variates: some of "prediction", "gc", "letters"
        Removes the variance that a property of each background explains, without bias: its prediction without edits,
        its GC content, or its letters at the edits and 8 positions on either side. Needs ``run(extra=...)``, unless
        backgrounds are uniform and "prediction" is not used.
    multiplicity : "bh", "by", "holm" or "max-t" (``seqdo.effects.statistics.verdicts.METHODS``)
        "bh" and "by" control the false discovery rate (Benjamini-Hochberg, Benjamini-Yekutieli). "holm" and "max-t"
        control the probability of any false discovery. "max-t" simulates the correlation of effects. It needs one
        model and 300 backgrounds or more, and is "holm" otherwise.

    Raises
    ------
    InputError
        The outcomes have NaN (the error names arm, background and model), the margin, level or multiplicity is not
        valid, the design has no contrasts or a factor with the name of another column, a set of balanced backgrounds
        is incomplete, or a control variate is not available.
    RunError
        A contrast that is 0 by construction is not 0, so the model is not deterministic.
    """
    rate = min(1 - _checked_level(level), LARGEST_RATE)
    if multiplicity not in METHODS:
        raise InputError(
            f"`multiplicity={multiplicity!r}`", f"one of {', '.join(METHODS)} is needed", 'Write multiplicity="bh"'
        )
    _check(outcomes)
    units = _units(outcomes)
    margin_of = margins(margin, outcomes.scales, units)
    order = row_order(outcomes.design)
    contrasts = [outcomes.design.contrasts[place] for place in order]
    names = (adjust,) if isinstance(adjust, str) else tuple(adjust)
    variates = ControlVariates(outcomes, names, Clusters.of(outcomes))
    measures = _measure(outcomes, contrasts, variates)
    columns = _columns(measures, contrasts, variates, level, rate, multiplicity)
    columns |= _verdict_columns(measures, columns, contrasts, variates, margin_of)
    columns["unit"] = list(units.values()) * len(order)
    table = frame(outcomes.design, order, list(units), columns)
    places = tuple((place, output) for place in order for output in range(len(units)))
    sentences = notes(outcomes, margin_of, table, variates, measures.ratio, multiplicity)
    return Effects(table, outcomes, margin_of, sentences, level, places, variates.names, measures.ratio, multiplicity)


@dataclass(frozen=True, eq=False)
class _Measures:
    """Estimates in the order of the rows of the table.

    Attributes
    ----------
    intervals : estimates and intervals
    safe : whether the guard against skew and rare responses allows the verdict "absent"
    flag : flags of the guard
    ratio : variance ratio
    """

    intervals: Interval
    safe: NDArray[np.bool_]
    flag: NDArray[np.object_]
    ratio: Floats


def _measure(outcomes: Outcomes, contrasts: Sequence[Contrast], variates: ControlVariates) -> _Measures:
    """Interval, guard, flag and variance ratio of each contrast and output, chunk by chunk."""
    sd, rounding = unseen(outcomes.y, outcomes.scales), resolution(outcomes.y, contrasts)
    parts: list[Interval] = []
    safe: list[NDArray[np.bool_]] = []
    flags: list[NDArray[np.object_]] = []
    ratios: list[Floats] = []
    one_model = "one model" if outcomes.y.sizes["model"] == 1 else ""
    for span, chunk in contrast_chunks(outcomes.y, contrasts):
        identity = _identities(outcomes, contrasts[span])
        certain = identity != ""
        _check_identity(contrasts[span], identity, chunk)
        values = np.ascontiguousarray(np.moveaxis(chunk, 3, 1))
        adjusted = variates.adjust(values, contrasts[span])
        rows = None if adjusted.rows is values else adjusted.rows
        intervals, guard = interval(values, sd, rows, variates.clusters.independent, rounding[span])
        # A constant contrast varies by rounding alone. Extra backgrounds must not turn that into an error.
        noise = np.where(guard.constant, 0.0, adjusted.variance)
        parts.append(intervals.widened(noise, adjusted.free).exact(certain[:, None]))
        safe.append(guard.safe)
        flags.append(np.where(certain[:, None], identity[:, None], joined(guard.flag, one_model)))
        ratios.append(_ratio(values, adjusted.rows, noise))
    flat = _sequential(outcomes, contrasts, Interval.concatenated(parts))
    # Intervals for bounded outputs are valid for any distribution, also a skewed or rare one, and need no guard.
    bounded = outcomes.provenance.stopping is not None and outcomes.provenance.stopping.bounds is not None
    joint = np.concatenate(safe).ravel() | bounded
    return _Measures(flat, joint, np.concatenate(flags).ravel(), np.concatenate(ratios).ravel())


def _sequential(outcomes: Outcomes, contrasts: Sequence[Contrast], intervals: Interval) -> Interval:
    """Anytime-valid intervals for a run that could stop early; the same intervals for any other run."""
    stopping = outcomes.provenance.stopping
    return intervals if stopping is None else held(intervals, outcomes.y, contrasts, stopping.bounds)


def _columns(
    measures: _Measures, contrasts: Sequence[Contrast], variates: ControlVariates, level: float, rate: float,
    multiplicity: str,
) -> dict[str, Any]:  # fmt: skip
    """Columns of numbers: estimates, intervals, adjusted intervals, bands and p-values."""
    outcomes, intervals = variates.outcomes, measures.intervals
    families = np.repeat(np.array([contrast.name for contrast in contrasts]), outcomes.y.sizes["output"])
    p = intervals.p
    p_adjusted, levels = corrected(outcomes, contrasts, variates, p, families, rate, multiplicity)
    low, high = intervals.bounds(level)
    low_adjusted, high_adjusted = intervals.bounds(levels)
    low_band, high_band = bands(outcomes, contrasts, variates, intervals, level)
    return {
        "estimate": intervals.estimate, "se": intervals.se, "low": low, "high": high,
        "low_adjusted": low_adjusted, "high_adjusted": high_adjusted, "low_band": low_band, "high_band": high_band,
        "p": p, "p_adjusted": p_adjusted, "n": outcomes.y.sizes["background"], "members": outcomes.y.sizes["model"],
    }  # fmt: skip


def _verdict_columns(
    measures: _Measures, columns: Mapping[str, Any], contrasts: Sequence[Contrast], variates: ControlVariates,
    margin_of: Mapping[str, Margin],
) -> dict[str, Any]:  # fmt: skip
    """Columns margin, verdict and flag."""
    limits = [np.nan if margin.value is None else margin.value for margin in margin_of.values()]
    limit = np.tile(limits, len(contrasts))
    low, high = columns["low_adjusted"], columns["high_adjusted"]
    verdict = verdicts(low, high, limit, variates.clusters.independent, measures.safe)
    identity = np.repeat(_identities(variates.outcomes, contrasts) != "", len(limits))
    verdict[identity] = "absent"
    flag = joined(measures.flag, np.where(np.isnan(limit) & ~identity, "no margin", ""))
    return {"margin": limit, "verdict": verdict, "flag": flag}


def _ratio(values: Floats, rows: Floats, noise: Floats) -> Floats:
    """Variance with the same number of independent backgrounds, divided by that of the estimate; members averaged."""
    if rows.shape[-1] == 1:
        return np.full(noise.shape, np.nan)
    plain, reached = (part.mean(-2).var(-1, ddof=1) / part.shape[-1] for part in (values, rows))
    return np.asarray(np.divide(plain, reached + noise, out=np.full(noise.shape, np.nan), where=reached + noise > 0))


def _identities(outcomes: Outcomes, contrasts: Sequence[Contrast]) -> NDArray[np.object_]:
    """Why each contrast is 0 by construction; "" for the others, and for all with weights if the model is noisy."""
    noisy = outcomes.provenance.model is not None and bool(outcomes.provenance.model.noise)
    return np.array(["" if noisy and contrast.weights else contrast.identity for contrast in contrasts], object)


def _check_identity(contrasts: Sequence[Contrast], why: NDArray[np.object_], values: Floats) -> None:
    for contrast, reason, differences in zip(contrasts, why, values, strict=True):
        if reason and differences.any():
            raise RunError(
                f"contrast {contrast.name} is up to {np.abs(differences).max():.3g}",
                f"it must be 0 by construction ({reason}), so the model gives two predictions for the same sequence",
                "Is the model deterministic? Predict the same sequence twice, in batches of different sizes",
            )


def _checked_level(level: object) -> float:
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < float(level) < 1:
        raise InputError(f"`level={level!r}`", "a number between 0 and 1 is needed", "Write level=0.95 for 95 %")
    return float(level)


def _check(outcomes: Outcomes) -> None:
    if not isinstance(outcomes, Outcomes):
        raise InputError(
            f"`outcomes` is of type {type(outcomes).__name__}",
            "the result of run is needed",
            "Write estimate(run(...))",
        )
    if not outcomes.design.contrasts:
        raise InputError(
            "`outcomes` has a design without contrasts",
            "an effect is a contrast of arms",
            "Add a Contrast to the design",
        )
    if not outcomes.y.size:
        raise InputError(f"`outcomes` has the sizes {dict(outcomes.y.sizes)}", "at least one background is needed")
    y = outcomes.y.transpose("model", "background", "arm", "output")
    not_finite = np.argwhere(~np.isfinite(y.values))
    if len(not_finite):
        model, background, arm, output = (int(place) for place in not_finite[0])
        raise InputError(
            f"`outcomes` has {y.values[model, background, arm, output]} from model {y['model'].values[model]!s} for "
            f"arm {y['arm'].values[arm]!s} on background {background} (not finite: {len(not_finite)} of {y.size} "
            "values)",
            "every arm needs a finite prediction on every background",
            "Predict this sequence alone to find the cause, then run again",
        )


def _units(outcomes: Outcomes) -> dict[str, str]:
    """Name of each output to its unit, in order."""
    units = outcomes.provenance.units
    general = str(outcomes.y.attrs.get("unit") or UNIT)
    return {name: str(units.get(name) or general) for name in outcomes.outputs}
