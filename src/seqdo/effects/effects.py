"""Effects: every contrast of a run with its interval, p and verdict, in one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.design import Contrast
from seqdo.effects.anytime.interim import held
from seqdo.effects.columns import frame, row_order
from seqdo.effects.notes import notes
from seqdo.effects.statistics.clusters import Sets
from seqdo.effects.statistics.contrast import contrast_chunks, contrast_values
from seqdo.effects.statistics.control_variates import Variates
from seqdo.effects.statistics.interval import Interval, interval, joined
from seqdo.effects.statistics.margin import Margin, margins, unseen
from seqdo.effects.statistics.multiplicity import bands, corrected
from seqdo.effects.statistics.verdicts import METHODS, verdicts
from seqdo.errors import InputError, RunError
from seqdo.outcomes.outcomes import Outcomes

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from seqdo.effects.analyses.calibration import Calibration

UNIT = "model output"
"""The unit of an output that nobody named one for."""

LARGEST_RATE = 0.05
"""False coverage rate above which no verdict is read, whatever the level of the intervals shown."""


@dataclass(frozen=True, eq=False, repr=False)
class Effects:
    """The effects of a run.

    Attributes
    ----------
    table : DataFrame, a row for each contrast and output
        Columns output, contrast, one for each factor of the design, estimate, se, low, high (at
        ``level``), low_adjusted, high_adjusted (at the level adjusted for the family), low_band, high_band (the
        whole curve lies between them, at ``level``; NaN for what is not on one), p, p_adjusted, n
        (backgrounds), members, unit, margin, verdict, flag. NaN with a flag where a number can't be had.
    outcomes : Outcomes, what it was computed from
    margins : output to Margin
    notes : sentences that belong beside the table
    level : of low and high
    places : for each row of the table, the place of its contrast in the design and that of its output
    adjusted : what contrasts were adjusted for
    multiplicity : how families of tests were corrected
    variance_ratio : float64, one for each row
        How many times larger the variance over backgrounds would be with as many independent backgrounds and
        no adjustment: what balance and ``adjust`` gained; below 1 what it costs that several are made of one sequence.
        1 without any of these, NaN where nothing varies.
    """

    table: pd.DataFrame
    outcomes: Outcomes
    margins: dict[str, Margin]
    notes: tuple[str, ...]
    level: float
    places: tuple[tuple[int, int], ...]
    adjusted: tuple[str, ...] = ()
    variance_ratio: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    multiplicity: str = "bh"

    def __repr__(self) -> str:
        counts = self.table["verdict"].value_counts()
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        return f"<effects of {self.outcomes.design.experiment}: {verdicts}; the rows are in .table>"

    @property
    def asked(self) -> list[tuple[int, int]]:
        """``places`` of the rows that the table has now: a user may have filtered or sorted it."""
        return [self.places[int(str(label))] for label in self.table.index]

    def values(self, row: int) -> NDArray[np.float64]:
        """The per-background contrasts behind one row of the table, by its index there: float64 (members, n).

        As they are, before any adjustment.
        """
        if not 0 <= row < len(self.places):
            raise InputError(f"row {row}", f"the table has rows 0 to {len(self.places) - 1}")
        contrast, output = self.places[row]
        return contrast_values(self.outcomes.y, [self.outcomes.design.contrasts[contrast]])[0, :, :, output]

    def single(self) -> Iterator[NDArray[np.float64]]:
        """The same (members, n) of each row of the table, as it is now."""
        y, contrasts = self.outcomes.y, [self.outcomes.design.contrasts[place] for place, _ in self.asked]
        if self.asked == list(self.places):  # all of them: each contrast is formed once, for all outputs
            for _, chunk in contrast_chunks(y, contrasts[:: y.sizes["output"]]):
                for values in chunk:
                    yield from np.moveaxis(values, 2, 0)
            return
        for (_, output), contrast in zip(self.asked, contrasts, strict=True):
            yield from (chunk[0, :, :, 0] for _, chunk in contrast_chunks(y[..., [output]], [contrast]))

    @cached_property
    def maps(self) -> xr.DataArray:
        """What each substitution does to each sequence, of mutagenesis: :func:`seqdo.effects.analyses.maps.maps`."""
        from seqdo.effects.analyses.maps import maps

        return maps(self.outcomes)

    @property
    def individual(self) -> pd.DataFrame:
        """The rows of the table on every background: :func:`seqdo.effects.analyses.individual.individual`."""
        from seqdo.effects.analyses.individual import individual

        return individual(self)

    @cached_property
    def responses(self) -> pd.DataFrame:
        """What whole curves show (flat, steric, periodic): :func:`seqdo.effects.curves.responses.responses`."""
        from seqdo.effects.curves.responses import responses

        return responses(self)

    @cached_property
    def distribution(self) -> pd.DataFrame:
        """How single effects vary: :func:`seqdo.effects.heterogeneity.heterogeneity.distribution`."""
        from seqdo.effects.heterogeneity.heterogeneity import distribution

        return distribution(self)

    @cached_property
    def context(self) -> pd.DataFrame:
        """How they vary with GC and with the prediction: :func:`seqdo.effects.heterogeneity.heterogeneity.context`."""
        from seqdo.effects.heterogeneity.heterogeneity import context

        return context(self)

    @cached_property
    def scales(self) -> pd.DataFrame:
        """The rows of the table on other scales: :func:`seqdo.effects.analyses.scales.scales`."""
        from seqdo.effects.analyses.scales import scales

        return scales(self)

    @cached_property
    def calibrations(self) -> tuple[Calibration, ...]:
        """Contrasts with the mean of 20 or more controls, and what those controls do."""
        from seqdo.effects.analyses.calibration import calibrations

        return tuple(calibrations(self))

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Would a small p be said of any word in its place: :func:`seqdo.effects.analyses.calibration.calibration`."""
        from seqdo.effects.analyses.calibration import calibration

        return calibration(self)

    @cached_property
    def hygiene(self) -> pd.DataFrame:
        """Sites that edits made or broke beside what they wrote: :func:`seqdo.effects.validity.hygiene.hygiene`."""
        from seqdo.effects.validity.hygiene import hygiene

        return hygiene(self.outcomes)

    @cached_property
    def validity(self) -> pd.DataFrame:
        """How far backgrounds and edits are from real data: :func:`seqdo.effects.validity.validity.validity`."""
        from seqdo.effects.validity.validity import validity

        return validity(self.outcomes, self.margins)

    @cached_property
    def reweighted(self) -> pd.DataFrame:
        """The rows of the table as if backgrounds were real: :func:`seqdo.effects.validity.reweighted.reweighted`."""
        from seqdo.effects.validity.reweighted import reweighted

        return reweighted(self)


def estimate(
    outcomes: Outcomes,
    margin: float | Mapping[str, float] | None = None,
    level: float = 0.95,
    *,
    adjust: str | Sequence[str] = (),
    multiplicity: str = "bh",
) -> Effects:
    """Every contrast of the design as an effect with its interval, p and verdict.

    One model gets a paired t interval over backgrounds; an ensemble gets one over members and
    backgrounds; a run that could stop early gets one that holds at every look. p is adjusted, and intervals
    are widened for verdicts, within each family: the contrasts of one name, over all outputs.

    Parameters
    ----------
    outcomes : Outcomes
    margin : smallest effect that matters, in the output's unit: for all outputs, or by output
        None takes 0.1 × the SD in ``outcomes.scales``.
    level : of ``low`` and ``high``
        Verdicts are read at a false coverage rate of 1 − level, and never of more than 5 %.
    adjust : some of "prediction", "gc", "letters"
        Takes out of each contrast what its background's answer without edits, its GC, or its letters at the
        edits and 8 beside them explain; without bias, with a smaller variance. Needs ``run(extra=...)``, unless
        backgrounds are uniform and "prediction" is left out.
    multiplicity : "bh", "by", "holm" or "max-t" (``effects.inference.METHODS``)
        False discoveries among what is found (Benjamini-Hochberg, Benjamini-Yekutieli), or the chance of any. "max-t"
        simulates what the effects share, with one model and 300 backgrounds or more; else it is "holm".

    Raises
    ------
    InputError
        Outcomes with NaN (arm, background and model are named); a margin, level or multiplicity that is none; a
        design without contrasts, or with a factor named as a column of the table; a part of a set of
        balanced backgrounds; something to adjust for that there isn't, or in a run that could stop early.
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
    variates = Variates(outcomes, (adjust,) if isinstance(adjust, str) else tuple(adjust), Sets.of(outcomes))
    found, safe, flag, ratio = _measure(outcomes, contrasts, variates)
    if outcomes.stopped:
        found, safe = _looked(outcomes, contrasts, found, safe)
    families = np.repeat(np.array([contrast.name for contrast in contrasts]), len(units))
    p = found.p
    p_adjusted, levels = corrected(outcomes, contrasts, variates, p, families, rate, multiplicity)
    low, high = found.bounds(level)
    low_adjusted, high_adjusted = found.bounds(levels)
    low_band, high_band = bands(outcomes, contrasts, variates, found, level)
    limit = np.tile([np.nan if one.value is None else one.value for one in chosen.values()], len(order))
    verdict = verdicts(low_adjusted, high_adjusted, limit, variates.sets.independent, safe)
    identity = np.repeat(_identities(outcomes, contrasts) != "", len(units))
    verdict[identity] = "absent"
    columns = {
        "estimate": found.estimate, "se": found.se, "low": low, "high": high,
        "low_adjusted": low_adjusted, "high_adjusted": high_adjusted, "low_band": low_band, "high_band": high_band,
        "p": p, "p_adjusted": p_adjusted, "n": outcomes.y.sizes["background"], "members": outcomes.y.sizes["model"],
        "unit": list(units.values()) * len(order), "margin": limit, "verdict": verdict,
        "flag": joined(flag, np.where(np.isnan(limit) & ~identity, "no margin", "")),
    }  # fmt: skip
    table = frame(outcomes.design, order, list(units), columns)
    places = tuple((place, output) for place in order for output in range(len(units)))
    said = notes(outcomes, chosen, table, variates, ratio, multiplicity)
    return Effects(table, outcomes, chosen, said, level, places, variates.names, ratio, multiplicity)


def _measure(
    outcomes: Outcomes, contrasts: Sequence[Contrast], variates: Variates
) -> tuple[Interval, NDArray[np.bool_], NDArray[np.object_], NDArray[np.float64]]:
    """Interval, guard, flag and gain of each contrast and output, chunk by chunk, in rows of the table."""
    sd = unseen(outcomes.y, outcomes.scales)
    parts: list[Interval] = []
    safe: list[NDArray[np.bool_]] = []
    flags: list[NDArray[np.object_]] = []
    gains: list[NDArray[np.float64]] = []
    alone = "one model" if outcomes.y.sizes["model"] == 1 else ""
    for span, chunk in contrast_chunks(outcomes.y, contrasts):
        identity = _identities(outcomes, contrasts[span])
        certain = identity != ""
        _check_identity(contrasts[span], identity, chunk)
        values = np.ascontiguousarray(np.moveaxis(chunk, 3, 1))
        made = variates.adjust(values, contrasts[span])
        rows = None if made.rows is values else made.rows
        found, guarded = interval(values, sd, rows, variates.sets.independent)
        # Rounding that means of extra backgrounds would explain must not pass for an error of a constant contrast.
        noise = np.where(guarded.constant, 0.0, made.variance)
        parts.append(found.widened(noise, made.free).exact(certain[:, None]))
        safe.append(guarded.safe)
        flags.append(np.where(certain[:, None], identity[:, None], joined(guarded.flag, alone)))
        gains.append(_gain(values, made.rows, noise))
    flat = Interval.concatenated(parts)
    return flat, np.concatenate(safe).ravel(), np.concatenate(flags).ravel(), np.concatenate(gains).ravel()


def _looked(
    outcomes: Outcomes, contrasts: Sequence[Contrast], found: Interval, safe: NDArray[np.bool_]
) -> tuple[Interval, NDArray[np.bool_]]:
    """Intervals that hold at every look, and which of them may say absent."""
    bounds = outcomes.provenance["until"].get("bounds")
    # Of bounded outputs they hold for any law, skewed or rare as responses may be: no guard is needed.
    return held(found, outcomes.y, contrasts, bounds), safe | (bounds is not None)


def _gain(values: NDArray[np.float64], rows: NDArray[np.float64], noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variance of the members' mean contrast over as many independent backgrounds, over that of the estimate."""
    if rows.shape[-1] == 1:
        return np.full(noise.shape, np.nan)
    plain, reached = (part.mean(-2).var(-1, ddof=1) / part.shape[-1] for part in (values, rows))
    return np.asarray(np.divide(plain, reached + noise, out=np.full(noise.shape, np.nan), where=reached + noise > 0))


def _identities(outcomes: Outcomes, contrasts: Sequence[Contrast]) -> NDArray[np.object_]:
    """Why each contrast is 0 by construction; "" where it is not, as where noise that was allowed answers twice."""
    model = outcomes.provenance.get("model")
    noisy = isinstance(model, dict) and bool(model.get("noise"))
    return np.array(["" if noisy and one.weights else one.identity for one in contrasts], object)


def _check_identity(contrasts: Sequence[Contrast], why: NDArray[np.object_], values: NDArray[np.float64]) -> None:
    for contrast, reason, mine in zip(contrasts, why, values, strict=True):
        if reason and mine.any():
            raise RunError(
                f"contrast {contrast.name} is up to {np.abs(mine).max():.3g}",
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
            f"{type(outcomes).__name__} given to estimate", "the result of run is needed", "Write estimate(run(...))"
        )
    if not outcomes.design.contrasts:
        raise InputError(
            "a design without contrasts", "an effect is a contrast of arms", "Add a Contrast to the design"
        )
    if not outcomes.y.size:
        raise InputError(f"outcomes of sizes {dict(outcomes.y.sizes)}", "at least one background is needed")
    y = outcomes.y.transpose("model", "background", "arm", "output")
    bad = np.argwhere(~np.isfinite(y.values))
    if len(bad):
        model, background, arm, output = (int(place) for place in bad[0])
        raise InputError(
            f"{y.values[model, background, arm, output]} from model {y['model'].values[model]!s} for arm "
            f"{y['arm'].values[arm]!s} on background {background} ({len(bad)} such of {y.size} values)",
            "every arm needs a finite answer on every background: a mean over the others is of another population",
            "Ask the model for this sequence alone to see why, then run again",
        )


def _units(outcomes: Outcomes) -> dict[str, str]:
    """Outputs in their order, each with its unit."""
    named = outcomes.provenance.get("units") or {}
    general = str(outcomes.y.attrs.get("unit") or UNIT)
    return {str(name): str(named.get(name) or general) for name in outcomes.outputs}
