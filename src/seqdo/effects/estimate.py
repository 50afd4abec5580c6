"""Estimation: outcomes become effects, each contrast with its interval, p and verdict."""

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
from seqdo.effects.statistics.contrast import contrast_chunks
from seqdo.effects.statistics.control_variates import ControlVariates
from seqdo.effects.statistics.interval import Interval, interval, joined
from seqdo.effects.statistics.margin import Margin, margins, unseen
from seqdo.effects.statistics.multiplicity import bands, corrected
from seqdo.effects.statistics.verdicts import METHODS, verdicts
from seqdo.errors import InputError, RunError
from seqdo.outcomes.outcomes import Outcomes

Floats = NDArray[np.float64]

LARGEST_RATE = 0.05
"""Largest false coverage rate of verdicts, whatever the level of the intervals shown."""


def estimate(
    outcomes: Outcomes,
    margin: float | Mapping[str, float] | None = None,
    level: float = 0.95,
    *,
    adjust: str | Sequence[str] = (),
    multiplicity: str = "bh",
) -> Effects:
    """Every contrast of the design as an effect with its interval, p and verdict.

    One model gets a paired t interval over backgrounds; an ensemble gets an interval over members and
    backgrounds; a run that could stop early gets an anytime-valid interval. p is adjusted, and intervals are
    widened for verdicts, within each family: the contrasts of one name, over all outputs.

    Parameters
    ----------
    outcomes : Outcomes
    margin : smallest effect that matters, in the output's unit: for all outputs, or by output
        None takes 0.1 × the SD in ``outcomes.scales``.
    level : of ``low`` and ``high``
        Verdicts are read at a false coverage rate of 1 − level, or 5 % if that is less.
    adjust : some of "prediction", "gc", "letters"
        Subtracts from each contrast what its background's prediction without edits, its GC, or its letters at the
        edits and 8 positions on either side explain; without bias, with a smaller variance. Needs ``run(extra=...)``,
        unless backgrounds are uniform and "prediction" is left out.
    multiplicity : "bh", "by", "holm" or "max-t" (``seqdo.effects.statistics.verdicts.METHODS``)
        Controls the false discovery rate (Benjamini-Hochberg, Benjamini-Yekutieli), or the chance of any false
        discovery. "max-t" simulates the correlation of effects, with one model and 300 backgrounds or more; else it is
        "holm".

    Raises
    ------
    InputError
        Outcomes with NaN (arm, background and model are named); a margin, level or multiplicity that is not valid; a
        design without contrasts, or with a factor named as a column of the table; a part of a set of
        balanced backgrounds; a control variate that is not available, or in a run that could stop early.
    RunError
        A contrast that is 0 by construction is not: the run contradicts itself.
    """
    rate = min(1 - _checked_level(level), LARGEST_RATE)
    if multiplicity not in METHODS:
        raise InputError(f"multiplicity={multiplicity!r}", f"one of {', '.join(METHODS)} is needed", 'Write "bh"')
    _check(outcomes)
    units = _units(outcomes)
    chosen = margins(margin, outcomes.scales, units)
    order = row_order(outcomes.design)
    contrasts = [outcomes.design.contrasts[place] for place in order]
    names = (adjust,) if isinstance(adjust, str) else tuple(adjust)
    variates = ControlVariates(outcomes, names, Clusters.of(outcomes))
    measures = _measure(outcomes, contrasts, variates)
    columns = _columns(measures, contrasts, variates, level, rate, multiplicity)
    columns |= _judged(measures, columns, contrasts, variates, chosen)
    columns["unit"] = list(units.values()) * len(order)
    table = frame(outcomes.design, order, list(units), columns)
    places = tuple((place, output) for place in order for output in range(len(units)))
    sentences = notes(outcomes, chosen, table, variates, measures.ratio, multiplicity)
    return Effects(table, outcomes, chosen, sentences, level, places, variates.names, measures.ratio, multiplicity)


@dataclass(frozen=True, eq=False)
class _Measures:
    """What the contrasts of each output amount to, flat: in rows of the table.

    ``intervals`` as they are reported, ``safe`` where the guard lets an effect be called absent, ``flag`` the guard's
    remarks, ``ratio`` the variance ratio.
    """

    intervals: Interval
    safe: NDArray[np.bool_]
    flag: NDArray[np.object_]
    ratio: Floats


def _measure(outcomes: Outcomes, contrasts: Sequence[Contrast], variates: ControlVariates) -> _Measures:
    """Interval, guard, flag and variance ratio of each contrast and output, chunk by chunk."""
    sd = unseen(outcomes.y, outcomes.scales)
    parts: list[Interval] = []
    safe: list[NDArray[np.bool_]] = []
    flags: list[NDArray[np.object_]] = []
    ratios: list[Floats] = []
    alone = "one model" if outcomes.y.sizes["model"] == 1 else ""
    for span, chunk in contrast_chunks(outcomes.y, contrasts):
        identity = _identities(outcomes, contrasts[span])
        certain = identity != ""
        _check_identity(contrasts[span], identity, chunk)
        values = np.ascontiguousarray(np.moveaxis(chunk, 3, 1))
        adjusted = variates.adjust(values, contrasts[span])
        rows = None if adjusted.rows is values else adjusted.rows
        intervals, guard = interval(values, sd, rows, variates.clusters.independent)
        # Rounding that means of extra backgrounds would explain must not pass for an error of a constant contrast.
        noise = np.where(guard.constant, 0.0, adjusted.variance)
        parts.append(intervals.widened(noise, adjusted.free).exact(certain[:, None]))
        safe.append(guard.safe)
        flags.append(np.where(certain[:, None], identity[:, None], joined(guard.flag, alone)))
        ratios.append(_ratio(values, adjusted.rows, noise))
    flat = _sequential(outcomes, contrasts, Interval.concatenated(parts))
    # A sequence for bounded outputs is valid for any distribution, however skewed or rare: no guard is needed.
    bounded = outcomes.provenance.stopping is not None and outcomes.provenance.stopping.bounds is not None
    joint = np.concatenate(safe).ravel() | bounded
    return _Measures(flat, joint, np.concatenate(flags).ravel(), np.concatenate(ratios).ravel())


def _sequential(outcomes: Outcomes, contrasts: Sequence[Contrast], intervals: Interval) -> Interval:
    """Anytime-valid intervals, of a run that could stop early; as they are for others."""
    stopping = outcomes.provenance.stopping
    return intervals if stopping is None else held(intervals, outcomes.y, contrasts, stopping.bounds)


def _columns(
    measures: _Measures, contrasts: Sequence[Contrast], variates: ControlVariates, level: float, rate: float,
    multiplicity: str,
) -> dict[str, Any]:  # fmt: skip
    """Columns of numbers: estimates, intervals, adjusted intervals, bands and p."""
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


def _judged(
    measures: _Measures, columns: Mapping[str, Any], contrasts: Sequence[Contrast], variates: ControlVariates,
    chosen: Mapping[str, Margin],
) -> dict[str, Any]:  # fmt: skip
    """Columns of what the numbers mean: margin, verdict and flag."""
    limits = [np.nan if margin.value is None else margin.value for margin in chosen.values()]
    limit = np.tile(limits, len(contrasts))
    low, high = columns["low_adjusted"], columns["high_adjusted"]
    verdict = verdicts(low, high, limit, variates.clusters.independent, measures.safe)
    identity = np.repeat(_identities(variates.outcomes, contrasts) != "", len(limits))
    verdict[identity] = "absent"
    flag = joined(measures.flag, np.where(np.isnan(limit) & ~identity, "no margin", ""))
    return {"margin": limit, "verdict": verdict, "flag": flag}


def _ratio(values: Floats, rows: Floats, noise: Floats) -> Floats:
    """Variance of the members' mean contrast over as many independent backgrounds, over that of the estimate."""
    if rows.shape[-1] == 1:
        return np.full(noise.shape, np.nan)
    plain, reached = (part.mean(-2).var(-1, ddof=1) / part.shape[-1] for part in (values, rows))
    return np.asarray(np.divide(plain, reached + noise, out=np.full(noise.shape, np.nan), where=reached + noise > 0))


def _identities(outcomes: Outcomes, contrasts: Sequence[Contrast]) -> NDArray[np.object_]:
    """Why each contrast is 0 by construction; "" where it is not, as where noise that was allowed answers twice."""
    noisy = outcomes.provenance.model is not None and bool(outcomes.provenance.model.noise)
    return np.array(["" if noisy and contrast.weights else contrast.identity for contrast in contrasts], object)


def _check_identity(contrasts: Sequence[Contrast], why: NDArray[np.object_], values: Floats) -> None:
    for contrast, reason, differences in zip(contrasts, why, values, strict=True):
        if reason and differences.any():
            raise RunError(
                f"contrast {contrast.name} is up to {np.abs(differences).max():.3g}",
                f"it is 0 by construction ({reason}), so the model gives two answers to one question",
                "Is it deterministic? Predict the same sequence twice, in batches of different sizes",
            )


def _checked_level(level: object) -> float:
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < float(level) < 1:
        raise InputError(f"level={level!r}", "a share between 0 and 1 is needed", "Write level=0.95 for 95 %")
    return float(level)


def _check(outcomes: Outcomes) -> None:
    if not isinstance(outcomes, Outcomes):
        raise InputError(
            f"`outcomes` is a {type(outcomes).__name__}", "the result of run is needed", "Write estimate(run(...))"
        )
    if not outcomes.design.contrasts:
        raise InputError(
            "`outcomes` of a design without contrasts",
            "an effect is a contrast of arms",
            "Add a Contrast to the design",
        )
    if not outcomes.y.size:
        raise InputError(f"`outcomes` of sizes {dict(outcomes.y.sizes)}", "at least one background is needed")
    y = outcomes.y.transpose("model", "background", "arm", "output")
    bad = np.argwhere(~np.isfinite(y.values))
    if len(bad):
        model, background, arm, output = (int(place) for place in bad[0])
        raise InputError(
            f"`outcomes` with {y.values[model, background, arm, output]} from model {y['model'].values[model]!s} for "
            f"arm {y['arm'].values[arm]!s} on background {background} ({len(bad)} such of {y.size} values)",
            "every arm needs a finite prediction on every background: a mean over the others is of another population",
            "Predict this sequence alone to see why, then run again",
        )


def _units(outcomes: Outcomes) -> dict[str, str]:
    """Outputs in their order, each with its unit."""
    units = outcomes.provenance.units
    general = str(outcomes.y.attrs.get("unit") or UNIT)
    return {name: str(units.get(name) or general) for name in outcomes.outputs}
