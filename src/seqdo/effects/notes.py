"""Sentences that belong beside a table of effects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.control_variates import ControlVariates
from seqdo.effects.statistics.margin import Margin
from seqdo.effects.statistics.verdicts import ABSENT_NEEDS
from seqdo.outcomes.outcomes import Outcomes
from seqdo.outcomes.run_inputs import BackgroundRecord, ModelRecord

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 4
"""Outputs whose margins the notes spell out; ``Effects.margins`` has them all."""

SCALES_APART = 10.0
"""Ratio of the members' SDs above which they hardly predict in one unit."""

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
    variates: ControlVariates,
    ratio: NDArray[np.float64],
    multiplicity: str,
) -> tuple[str, ...]:
    """All of them, the weightiest first."""
    return (
        _models(outcomes.y.sizes["model"]),
        _rare(variates.clusters, outcomes.y.sizes["background"]),
        *_stopping(outcomes),
        *_search(outcomes),
        *_conditioning(outcomes.provenance.background),
        *_noise(outcomes.provenance.model),
        *_scales(outcomes),
        *_design(variates, ratio),
        *([CORRECTED[multiplicity]] if multiplicity in CORRECTED else []),
        *_margins(chosen),
        *_counts(table, variates.clusters, outcomes.y.sizes["background"]),
    )


def _models(members: int) -> str:
    if members == 1:
        return "Conditional on this one model: the intervals do not cover how another trained model would answer."
    return (
        f"The interval covers model-to-model variation between these {members} members. If they share their training "
        "data and its split, as members mostly do, it is conditional on both."
    )


def _rare(clusters: Clusters, drawn: int) -> str:
    n, of, worth = clusters.independent, "of backgrounds", ""
    if clusters.sources > 1:
        of, worth = (
            "of sequences",
            f" sequences, which {drawn} backgrounds are made of: an effect may hang on the sequence",
        )
    elif clusters.size > 1:
        worth = f", at least, for {drawn} balanced ones"
    if n > 3:
        return f"An effect present in fewer than 3/n = {3 / n:.2g} {of} is not excluded (n = {n}{worth})."
    return f"n = {n} excludes next to nothing: an effect present in few backgrounds would not have been seen."


def _stopping(outcomes: Outcomes) -> Iterator[str]:
    """When a run that could stop early did."""
    n, stopping = outcomes.y.sizes["background"], outcomes.provenance.stopping
    if stopping is None:
        return
    ended = "It stopped" if stopping.met else "The rule was not met"
    members = outcomes.y.sizes["model"]
    mean = f" What it waited for is precision over backgrounds, of the {members} members' mean." * (members > 1)
    yield (
        f"The run was to go on until {stopping.rule}, for {stopping.most:,} backgrounds at most. {ended} at "
        f"n = {n:,} after {len(stopping.analyses)} looks, and saved {stopping.saved:,} evaluations.{mean} "
        f"{_sequence(stopping.bounds)} Whole curves are not tested: ask them of a fixed n."
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


def _search(outcomes: Outcomes) -> Iterator[str]:
    """What the contrasts were chosen by, and that these backgrounds did not choose them."""
    search = outcomes.provenance.search
    if search is None:
        return
    members = outcomes.y.sizes["model"]
    output = f" of {search.output}" if outcomes.y.sizes["output"] > 1 else ""
    by = f" by the first {search.members} of {members} members" if search.members < members else ""
    yield (
        f"The {f'{search.kept:,} were' if search.kept > 1 else 'one was'} chosen among {search.candidates:,} by the "
        f"{search.by} estimate ({search.contrast}{output}) on {search.screen:,} other backgrounds{by}; "
        f"the effects here are of {outcomes.y.sizes['background']:,} that chose nothing."
    )
    if members > 1:
        yield (
            "Members that chose are among those that report: estimates and intervals hold for these members, and where "
            "members differ others may show less of what was chosen."
        )


def _conditioning(background: BackgroundRecord | None) -> Iterator[str]:
    """That backgrounds were chosen by scores, and that some have no shuffle but themselves."""
    if background is None:
        return
    conditioning, sources = background.conditioning, background.sources
    if conditioning and conditioning.quantile != (0.0, 1.0):
        low, high = conditioning.quantile
        where = f"the quantiles {low:g} to {high:g} of their scores"
        if conditioning.scores:
            least, most = conditioning.scores
            where += f" ({least:.4g} to {most:.4g})"
        if conditioning.on == "outcome":
            yield (
                f"Conditioned on outcome: backgrounds are the sequences in {where}, and the scores are this model's "
                f"own answers of {conditioning.outcome}. Every effect is conditional on that range of answers; it is "
                "not the effect on all sequences."
            )
        else:
            yield (
                f"Conditional on scores: backgrounds are the sequences in {where}. Every effect is that on sequences "
                "in this range of scores; it is not the effect on all of them."
            )
    if background.unshuffled and sources:
        yield (
            f"{background.unshuffled} of {sources.number} sequences have only 1 valid shuffle that keeps their "
            f"{background.k}-mers, and are used as they are."
        )


def _noise(model: ModelRecord | None) -> Iterator[str]:
    if model and model.noise:
        listed = ", ".join(f"{sd:.2g} for {name}" for name, sd in model.noise.items())
        yield (
            f"The model is noisy: identical calls differ with an SD of {listed}. The intervals cover this noise; "
            "another run gives other numbers."
        )


def _scales(outcomes: Outcomes) -> Iterator[str]:
    """That members differ in scale."""
    y = outcomes.y.transpose("output", "model", "background", "arm")
    if y.sizes["model"] < 2:
        return
    for name, predictions in zip(y["output"].values.tolist(), y.values, strict=True):
        sd = predictions.reshape(len(predictions), -1).std(1, dtype=np.float64)
        if sd.min() > 0 and sd.max() > SCALES_APART * sd.min():
            members = y["model"].values.tolist()
            yield (
                f"Members differ in scale: the SD of {name} is {sd.max():.3g} in {members[int(sd.argmax())]} "
                f"and {sd.min():.3g} in {members[int(sd.argmin())]}. Do all answer in one unit?"
            )


def _design(variates: ControlVariates, ratio: NDArray[np.float64]) -> Iterator[str]:
    """What backgrounds share, balance and adjustment, and what these cost or gained."""
    clusters, n = variates.clusters, variates.outcomes.y.sizes["background"]
    if clusters.sources > 1:
        yield from _of_one_sequence(clusters, n, ratio)
        return
    if clusters.sources:
        yield (
            "All backgrounds are made of one sequence. Intervals are over what is drawn of it, and every effect is "
            "conditional on that sequence: of others nothing is known."
        )
    if clusters.size > 1:
        each = "letter" if clusters.balance == "columns" else "dinucleotide"
        yield (
            f"Backgrounds are balanced in sets of {clusters.size}, which hold each {each} equally often at each place. "
            f"Intervals are over the {clusters.number} sets, which are worth at least {clusters.independent} "
            "independent backgrounds, whatever the model."
        )
    if variates.names:
        yield from variates.sentences()
    finite = ratio[np.isfinite(ratio)]
    if len(finite) and (clusters.size > 1 or variates.names):
        yield (
            f"The variance over backgrounds is {_times(finite, 'smaller')} than with as many independent "
            "backgrounds and no adjustment."
        )


def _of_one_sequence(clusters: Clusters, n: int, ratio: NDArray[np.float64]) -> Iterator[str]:
    """That several backgrounds are made of one sequence, and what it costs."""
    each, more = divmod(n, clusters.sources)
    often = f"{each} or {each + 1}" if more else f"{each}"
    first = f" The first {more} sequences are used once more, and weigh more." if more else ""
    yield (
        f"Backgrounds are made of {clusters.sources} sequences, {often} of each, and those of one sequence, a set, "
        f"share what is kept of it. So intervals are over the {clusters.sources} sequences (cluster-robust); more of "
        f"the same do not make up for few sequences.{first}"
    )
    positive = ratio[np.isfinite(ratio) & (ratio > 0)]
    if len(positive):
        times = _times(1 / positive, "as large")
        yield f"The variance is {times} as that of {n} backgrounds that share nothing would be."


def _times(ratio: NDArray[np.float64], what: str) -> str:
    low, middle, high = np.quantile(ratio, [0, 0.5, 1])
    spread = f" (median of {len(ratio)} contrasts; {low:.2g} to {high:.2g})" if len(ratio) > 1 else ""
    return f"{middle:.2g} times {what}{spread}"


def _margins(chosen: Mapping[str, Margin]) -> Iterator[str]:
    yield from (f"Margin of {name}: {margin.rule}." for name, margin in list(chosen.items())[:SHOWN])
    if len(chosen) > SHOWN:
        yield f"Margins of {len(chosen) - SHOWN} more outputs are in the table."
    if any(margin.value == 0 for margin in chosen.values()):
        yield "With a margin of 0 a verdict can only be present or inconclusive."
    if any(margin.value is None for margin in chosen.values()):
        yield "Without a margin every verdict is inconclusive."


def _counts(table: pd.DataFrame, clusters: Clusters, n: int) -> Iterator[str]:
    """What does not hold for all, or for any, of the contrasts."""
    if clusters.independent < ABSENT_NEEDS:
        counted = " sequences" if clusters.sources > 1 else " independent backgrounds" if clusters.size > 1 else ""
        however = ", however many are made of each: a response may hang on the sequence" * (clusters.sources > 1)
        yield f"No effect is called absent below n = {ABSENT_NEEDS}{counted}{however}."
    constant = int(table["flag"].str.contains("constant").sum())
    if constant:
        yield f"{constant} of {len(table)} contrasts are identical in all n = {n} backgrounds."
    untested = int(table["p"].isna().sum())
    if untested:
        yield f"{untested} of {len(table)} contrasts have no p and are left out of their family."
