"""Effects: every contrast of a run with its interval, p and verdict, in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.contrast import contrast_chunks, contrast_values
from seqdo.effects.inference import ABSENT_NEEDS, adjust, adjusted_level, verdicts
from seqdo.effects.interval import Interval, interval
from seqdo.effects.margin import Margin, margins
from seqdo.effects.provided import provided
from seqdo.effects.table import frame, row_order
from seqdo.errors import InputError, RunError
from seqdo.experiments.design import Contrast
from seqdo.outcomes import Outcomes

if TYPE_CHECKING:
    import pandas as pd

UNIT = "model output"
"""The unit of an output that nobody named one for."""

LARGEST_RATE = 0.05
"""False coverage rate above which no verdict is read, whatever the level of the intervals shown."""

SHOWN = 4
"""Outputs whose margins the notes spell out; ``Effects.margins`` has them all."""


@dataclass(frozen=True, eq=False, repr=False)
class Effects:
    """The effects of a run.

    Attributes
    ----------
    table : DataFrame, a row for each contrast and output
        Columns output, contrast, one for each factor of the design, estimate, se, low, high (at
        ``level``), low_adjusted, high_adjusted (at the level adjusted for the family), p, p_adjusted, n
        (backgrounds), members, unit, margin, verdict, flag. NaN with a flag where a number can't be had.
    outcomes : Outcomes, what it was computed from
    margins : output to Margin
    notes : sentences that belong beside the table
    level : of low and high
    places : for each row of the table, the place of its contrast in the design and that of its output
    """

    table: pd.DataFrame
    outcomes: Outcomes
    margins: dict[str, Margin]
    notes: tuple[str, ...]
    level: float
    places: tuple[tuple[int, int], ...]

    def __repr__(self) -> str:
        counts = self.table["verdict"].value_counts()
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        return f"<effects of {self.outcomes.design.experiment}: {verdicts}; the rows are in .table>"

    def values(self, row: int) -> NDArray[np.float64]:
        """The per-background contrasts behind one row of the table, by its index there: float64 (members, n)."""
        if not 0 <= row < len(self.places):
            raise InputError(f"row {row}", f"the table has rows 0 to {len(self.places) - 1}")
        contrast, output = self.places[row]
        return contrast_values(self.outcomes, [self.outcomes.design.contrasts[contrast]])[0, :, :, output]

    @cached_property
    def validity(self) -> pd.DataFrame:
        """How far backgrounds and edits are from real data: :func:`seqdo.effects.validity.validity`."""
        from seqdo.effects.validity import validity

        return validity(self.outcomes)


def estimate(outcomes: Outcomes, margin: float | Mapping[str, float] | None = None, level: float = 0.95) -> Effects:
    """Every contrast of the design as an effect with its interval, p and verdict.

    One model gets a paired t interval over backgrounds; an ensemble gets one over members and
    backgrounds. p is adjusted (Benjamini–Hochberg), and intervals are widened for verdicts (false
    coverage rate), within each family: the contrasts of one name, over all outputs.

    Parameters
    ----------
    outcomes : Outcomes
    margin : smallest effect that matters, in the output's unit: for all outputs, or by output
        None takes 0.1 × the SD in ``outcomes.scales``.
    level : of ``low`` and ``high``
        Verdicts are read at a false coverage rate of 1 − level, and never of more than 5 %.

    Raises
    ------
    InputError
        Outcomes with NaN (arm, background and model are named); a margin or level that is none; a
        design without contrasts, or with a factor named as a column of the table.
    RunError
        A contrast that is 0 by construction is not: the run contradicts itself.
    """
    rate = min(1 - _checked_level(level), LARGEST_RATE)
    _check(outcomes)
    units = _units(outcomes)
    chosen = margins(margin, outcomes.scales, units)
    order = row_order(outcomes.design)
    contrasts = [outcomes.design.contrasts[place] for place in order]
    found, safe, flag = _measure(outcomes, contrasts, list(units))
    families = np.repeat(np.array([contrast.name for contrast in contrasts]), len(units))
    p = found.p
    p_adjusted = adjust(p, families)
    low, high = found.bounds(level)
    low_adjusted, high_adjusted = found.bounds(adjusted_level(p_adjusted, families, rate))
    limit = np.tile([np.nan if one.value is None else one.value for one in chosen.values()], len(order))
    n = outcomes.y.sizes["background"]
    verdict = verdicts(low_adjusted, high_adjusted, limit, n, safe)
    identity = np.repeat([bool(contrast.identity) for contrast in contrasts], len(units))
    verdict[identity] = "absent"
    columns = {
        "estimate": found.estimate, "se": found.se, "low": low, "high": high, "low_adjusted": low_adjusted,
        "high_adjusted": high_adjusted, "p": p, "p_adjusted": p_adjusted, "n": n,
        "members": outcomes.y.sizes["model"], "unit": list(units.values()) * len(order), "margin": limit,
        "verdict": verdict, "flag": _joined(flag, np.where(np.isnan(limit) & ~identity, "no margin", "")),
    }  # fmt: skip
    table = frame(outcomes.design, order, list(units), columns)
    places = tuple((place, output) for place in order for output in range(len(units)))
    return Effects(table, outcomes, chosen, _notes(outcomes, chosen, table), level, places)


def _measure(
    outcomes: Outcomes, contrasts: Sequence[Contrast], outputs: Sequence[str]
) -> tuple[Interval, NDArray[np.bool_], NDArray[np.object_]]:
    """Interval, guard and flag of each contrast and output, chunk by chunk, in rows of the table."""
    sd = np.array([_spread(outcomes, place, name) for place, name in enumerate(outputs)])
    parts: list[Interval] = []
    safe: list[NDArray[np.bool_]] = []
    flags: list[NDArray[np.object_]] = []
    alone = "one model" if outcomes.y.sizes["model"] == 1 else ""
    for span, chunk in contrast_chunks(outcomes, contrasts):
        identity = np.array([contrast.identity for contrast in contrasts[span]], object)
        certain = identity != ""
        _check_identity(contrasts[span], chunk)
        values = np.ascontiguousarray(np.moveaxis(chunk, 3, 1))
        found, guarded = interval(values, sd)
        parts.append(found.exact(certain[:, None]))
        safe.append(guarded.safe)
        flags.append(np.where(certain[:, None], identity[:, None], _joined(guarded.flag, alone)))
    return Interval.concatenated(parts), np.concatenate(safe).ravel(), np.concatenate(flags).ravel()


def _spread(outcomes: Outcomes, place: int, output: str) -> float:
    """How large an unseen response could be: the SD of the output's scale, or the range of all answers if that is 0."""
    sd = outcomes.scales[output].sd if output in outcomes.scales else 0.0
    return sd if sd > 0 else float(np.ptp(outcomes.y.transpose(..., "output").values[..., place]))


def _joined(flag: NDArray[np.object_], more: NDArray[Any] | str) -> NDArray[np.object_]:
    first, second = np.broadcast_arrays(flag.astype(str), np.asarray(more, str))
    between = np.where((first != "") & (second != ""), "; ", "")
    return np.char.add(np.char.add(first, between), second).astype(object)


def _check_identity(contrasts: Sequence[Contrast], values: NDArray[np.float64]) -> None:
    for contrast, mine in zip(contrasts, values, strict=True):
        if contrast.identity and mine.any():
            raise RunError(
                f"contrast {contrast.name} is up to {np.abs(mine).max():.3g}",
                f"it is 0 by construction ({contrast.identity}), so the model gives two answers to one question",
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
    return {str(name): str(named.get(name) or general) for name in outcomes.y["output"].values.tolist()}


def _notes(outcomes: Outcomes, chosen: Mapping[str, Margin], table: pd.DataFrame) -> tuple[str, ...]:
    n, members = outcomes.y.sizes["background"], outcomes.y.sizes["model"]
    notes = [
        "Conditional on this one model: the intervals do not cover how another trained model would answer."
        if members == 1
        else f"The interval covers model-to-model variation between these {members} members.",
        f"An effect present in fewer than 3/n = {3 / n:.2g} of backgrounds is not excluded (n = {n})."
        if n > 3
        else f"n = {n} excludes next to nothing: an effect present in few backgrounds would not have been seen.",
    ]
    notes += provided(outcomes)
    notes += [f"Margin of {name}: {one.rule}." for name, one in list(chosen.items())[:SHOWN]]
    if len(chosen) > SHOWN:
        notes.append(f"Margins of {len(chosen) - SHOWN} more outputs are in the table.")
    if any(one.value == 0 for one in chosen.values()):
        notes.append("With a margin of 0 a verdict can only be present or inconclusive.")
    if any(one.value is None for one in chosen.values()):
        notes.append("Without a margin every verdict is inconclusive.")
    if n < ABSENT_NEEDS:
        notes.append(f"No effect is called absent below n = {ABSENT_NEEDS}.")
    constant = int(table["flag"].str.contains("constant").sum())
    if constant:
        notes.append(f"{constant} of {len(table)} contrasts are identical in all n = {n} backgrounds.")
    untested = int(table["p"].isna().sum())
    if untested:
        notes.append(f"{untested} of {len(table)} contrasts have no p and are left out of their family.")
    return tuple(notes)
