"""Sentences that belong beside a table of effects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.provided import provided
from seqdo.effects.statistics.clusters import Sets
from seqdo.effects.statistics.control_variates import Variates
from seqdo.effects.statistics.margin import Margin
from seqdo.effects.statistics.verdicts import ABSENT_NEEDS
from seqdo.outcomes.outcomes import Outcomes

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 4
"""Outputs whose margins the notes spell out; ``Effects.margins`` has them all."""

CORRECTED = {
    "by": "Families are corrected after Benjamini and Yekutieli, which holds whatever the dependence between tests.",
    "holm": "Families are corrected after Holm: in 95 of 100 of them nothing at all is called that is not there.",
    "max-t": "Families are corrected by the largest |t|: in 95 of 100 nothing at all is called that is not there.",
}
"""What is said where families are not corrected after Benjamini and Hochberg."""


def notes(
    outcomes: Outcomes,
    chosen: Mapping[str, Margin],
    table: pd.DataFrame,
    variates: Variates,
    ratio: NDArray[np.float64],
    multiplicity: str,
) -> tuple[str, ...]:
    """All of them, the weightiest first."""
    return (
        _models(outcomes.y.sizes["model"]),
        _rare(variates.sets, outcomes.y.sizes["background"]),
        *_looked(outcomes),
        *provided(outcomes),
        *_design(variates, ratio),
        *([CORRECTED[multiplicity]] if multiplicity in CORRECTED else []),
        *_margins(chosen),
        *_counts(table, variates.sets, outcomes.y.sizes["background"]),
    )


def _models(members: int) -> str:
    if members == 1:
        return "Conditional on this one model: the intervals do not cover how another trained model would answer."
    return (
        f"The interval covers model-to-model variation between these {members} members. If they share their training "
        "data and its split, as members mostly do, it is conditional on both."
    )


def _rare(sets: Sets, drawn: int) -> str:
    n, of, worth = sets.independent, "of backgrounds", ""
    if sets.sources > 1:
        of, worth = (
            "of sequences",
            f" sequences, which {drawn} backgrounds are made of: an effect may hang on the sequence",
        )
    elif sets.size > 1:
        worth = f", at least, for {drawn} balanced ones"
    if n > 3:
        return f"An effect present in fewer than 3/n = {3 / n:.2g} {of} is not excluded (n = {n}{worth})."
    return f"n = {n} excludes next to nothing: an effect present in few backgrounds would not have been seen."


def _looked(outcomes: Outcomes) -> Iterator[str]:
    """When a run that could stop did."""
    seen, until = outcomes.y.sizes["background"], outcomes.provenance.get("until")
    if not until:
        return
    ended = "It stopped" if until["met"] else "The rule was not met"
    members = outcomes.y.sizes["model"]
    mean = f" What it waited for is precision over backgrounds, of the {members} members' mean." * (members > 1)
    yield (
        f"The run was to go on until {until['rule']}, for {until['most']:,} backgrounds at most. {ended} at "
        f"n = {seen:,} after {len(until['looks'])} looks, and saved {until['saved']:,} evaluations.{mean} "
        f"{_sequence(until.get('bounds'))} Whole curves are not tested: ask them of a fixed n."
    )


def _sequence(bounds: Sequence[float] | None) -> str:
    """By which confidence sequence."""
    if bounds is None:
        return (
            "Intervals hold at every look (by the asymptotic confidence sequence, and by the share rule for what never "
            "varied), and are wider for it."
        )
    low, high = bounds
    return (
        f"Intervals hold at every look and for any distribution of outputs from {low:g} to {high:g} (by the "
        "empirical-Bernstein confidence sequence), and are wider for it; on other scales they are asymptotic."
    )


def _design(variates: Variates, ratio: NDArray[np.float64]) -> Iterator[str]:
    """What backgrounds share, balance and adjustment, and what these cost or gained."""
    sets, n = variates.sets, variates.outcomes.y.sizes["background"]
    if sets.sources > 1:
        yield from _of_one_sequence(sets, n, ratio)
        return
    if sets.sources:
        yield (
            "All backgrounds are made of one sequence. Intervals are over what is drawn of it, and every effect is "
            "conditional on that sequence: of others nothing is known."
        )
    if sets.size > 1:
        each = "letter" if sets.balance == "columns" else "dinucleotide"
        yield (
            f"Backgrounds are balanced in sets of {sets.size}, which hold each {each} equally often at each place. "
            f"Intervals are over the {sets.number} sets, which are worth at least {sets.independent} independent "
            "backgrounds, whatever the model."
        )
    if variates.names:
        yield from variates.said()
    known = ratio[np.isfinite(ratio)]
    if len(known) and (sets.size > 1 or variates.names):
        yield (
            f"The variance over backgrounds is {_times(known, 'smaller')} than with as many independent "
            "backgrounds and no adjustment."
        )


def _of_one_sequence(sets: Sets, n: int, ratio: NDArray[np.float64]) -> Iterator[str]:
    """That several backgrounds are made of one sequence, and what it costs."""
    each, more = divmod(n, sets.sources)
    often = f"{each} or {each + 1}" if more else f"{each}"
    first = f" The first {more} sequences are used once more, and weigh more." if more else ""
    yield (
        f"Backgrounds are made of {sets.sources} sequences, {often} of each, and those of one sequence, a set, "
        f"share what is kept of it. So intervals are over the {sets.sources} sequences (cluster-robust); more of "
        f"the same do not make up for few sequences.{first}"
    )
    known = ratio[np.isfinite(ratio) & (ratio > 0)]
    if len(known):
        yield f"The variance is {_times(1 / known, 'as large')} as that of {n} backgrounds that share nothing would be."


def _times(ratio: NDArray[np.float64], what: str) -> str:
    low, middle, high = np.quantile(ratio, [0, 0.5, 1])
    spread = f" (median of {len(ratio)} contrasts; {low:.2g} to {high:.2g})" if len(ratio) > 1 else ""
    return f"{middle:.2g} times {what}{spread}"


def _margins(chosen: Mapping[str, Margin]) -> Iterator[str]:
    yield from (f"Margin of {name}: {one.rule}." for name, one in list(chosen.items())[:SHOWN])
    if len(chosen) > SHOWN:
        yield f"Margins of {len(chosen) - SHOWN} more outputs are in the table."
    if any(one.value == 0 for one in chosen.values()):
        yield "With a margin of 0 a verdict can only be present or inconclusive."
    if any(one.value is None for one in chosen.values()):
        yield "Without a margin every verdict is inconclusive."


def _counts(table: pd.DataFrame, sets: Sets, n: int) -> Iterator[str]:
    """What does not hold for all, or for any, of the contrasts."""
    if sets.independent < ABSENT_NEEDS:
        counted = " sequences" if sets.sources > 1 else " independent backgrounds" if sets.size > 1 else ""
        however = ", however many are made of each: a response may hang on the sequence" * (sets.sources > 1)
        yield f"No effect is called absent below n = {ABSENT_NEEDS}{counted}{however}."
    constant = int(table["flag"].str.contains("constant").sum())
    if constant:
        yield f"{constant} of {len(table)} contrasts are identical in all n = {n} backgrounds."
    untested = int(table["p"].isna().sum())
    if untested:
        yield f"{untested} of {len(table)} contrasts have no p and are left out of their family."
