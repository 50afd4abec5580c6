"""Notes: sentences for the reader of a table of effects."""

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
"""Largest number of outputs whose margins have a note each; ``Effects.margins`` has all of them."""

SCALES_APART = 10.0
"""Ratio of the SDs of two members above which their units probably differ."""

CORRECTED = {
    "by": "p-values are corrected after Benjamini and Yekutieli, which is valid for any dependence between tests.",
    "holm": "p-values are corrected after Holm: a family has any false discovery with a probability of at most 5 %.",
    "max-t": "p-values are corrected by the largest |t|: a family has any false discovery with a probability of at "
    "most 5 %.",
}
"""Notes on corrections other than Benjamini and Hochberg's."""


def notes(
    outcomes: Outcomes,
    chosen: Mapping[str, Margin],
    table: pd.DataFrame,
    variates: ControlVariates,
    ratio: NDArray[np.float64],
    multiplicity: str,
) -> tuple[str, ...]:
    """All notes on a table of effects, the most important first.

    Parameters
    ----------
    outcomes : outcomes from which the table was computed
    chosen : output to margin
    table : the table of effects
    variates : control variates of the estimates
    ratio : variance ratio of each row of the table
    multiplicity : correction for multiple testing, as :func:`seqdo.estimate` names it
    """
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
        return "Conditional on this one model: the intervals do not cover how another trained model would predict."
    return (
        f"The interval covers model-to-model variation between these {members} members. If the members share their "
        "training data and its split, as is common, the interval is conditional on both."
    )


def _rare(clusters: Clusters, drawn: int) -> str:
    """The share of backgrounds in which an effect could occur without being detected (rule of three)."""
    n, of, count, dependence = clusters.independent, "backgrounds", f"n = {clusters.independent}", ""
    if clusters.sources > 1:
        of, count = "sequences", f"{count} sequences, the sources of {drawn} backgrounds"
        dependence = " An effect may depend on the sequence."
    elif clusters.size > 1:
        count += f" independent backgrounds or more, from {drawn} balanced backgrounds"
    if n > 3:
        return f"An effect in fewer than 3/n = {3 / n:.2g} of {of} is not excluded ({count}).{dependence}"
    return f"n = {n} excludes almost nothing: an effect in few {of} would not be detected."


def _stopping(outcomes: Outcomes) -> Iterator[str]:
    """When a run that could stop early stopped."""
    n, stopping = outcomes.y.sizes["background"], outcomes.provenance.stopping
    if stopping is None:
        return
    analyses, members = len(stopping.analyses), outcomes.y.sizes["model"]
    after = f"at n = {n:,} after {analyses} interim {'analysis' if analyses == 1 else 'analyses'}"
    end = f"It stopped {after}" if stopping.met else f"The rule was not met {after}"
    mean = f" The rule uses the precision over backgrounds of the {members} members' mean." * (members > 1)
    yield (
        f"The run was to continue until {stopping.rule}, for at most {stopping.most:,} backgrounds. {end}; "
        f"{stopping.saved:,} evaluations were saved.{mean} {_sequence(stopping.bounds)} Whole curves are not tested. "
        "To test whole curves, run a fixed number of backgrounds."
    )


def _sequence(bounds: Sequence[float] | None) -> str:
    """The confidence sequence of the intervals."""
    if bounds is None:
        return (
            "Intervals remain valid under repeated interim analyses, and are wider for this reason. They are "
            "asymptotic confidence sequences, or follow the share rule for contrasts that never varied."
        )
    low, high = bounds
    return (
        "Intervals remain valid under repeated interim analyses, and are wider for this reason. They are "
        f"empirical-Bernstein confidence sequences, for any distribution of outputs from {low:g} to {high:g}. On other "
        "scales they are asymptotic."
    )


def _search(outcomes: Outcomes) -> Iterator[str]:
    """How the contrasts were chosen, and that the choice used other backgrounds."""
    search = outcomes.provenance.search
    if search is None:
        return
    members = outcomes.y.sizes["model"]
    kept = f"{search.kept:,} contrasts were" if search.kept > 1 else "1 contrast was"
    output = f" of {search.output}" if outcomes.y.sizes["output"] > 1 else ""
    used = f", with the first {search.members} of {members} members" if search.members < members else ""
    yield (
        f"The {kept} chosen among {search.candidates:,} by the {search.by} estimate ({search.contrast}{output}) on "
        f"{search.screen:,} other backgrounds{used}. The effects here come from {outcomes.y.sizes['background']:,} "
        "backgrounds that were not used for the choice."
    )
    if members > 1:
        yield (
            "Members that were used for the choice are also used for the estimates. Estimates and intervals hold for "
            "these members. Where members differ, other members may show smaller effects."
        )


def _conditioning(background: BackgroundRecord | None) -> Iterator[str]:
    """That backgrounds were chosen by scores, and that some sequences were not shuffled."""
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
                f"own predictions of {conditioning.outcome}. Every effect is conditional on that range of "
                "predictions. It is not the effect on all sequences."
            )
        else:
            yield (
                f"Conditional on scores: backgrounds are the sequences in {where}. Every effect is conditional on that "
                "range of scores. It is not the effect on all sequences."
            )
    if background.unshuffled and sources:
        verb = "has" if background.unshuffled == 1 else "have"
        yield (
            f"{background.unshuffled} of {sources.number} sequences {verb} only 1 valid shuffle with the same "
            f"{background.k}-mers: the sequence as it is, which was used."
        )


def _noise(model: ModelRecord | None) -> Iterator[str]:
    if model and model.noise:
        listed = ", ".join(f"{sd:.2g} for {name}" for name, sd in model.noise.items())
        yield (
            f"The model is noisy: identical calls differ with an SD of {listed}. The intervals include this noise. "
            "Another run gives other numbers."
        )


def _scales(outcomes: Outcomes) -> Iterator[str]:
    """That members predict on different scales."""
    y = outcomes.y.transpose("output", "model", "background", "arm")
    if y.sizes["model"] < 2:
        return
    for name, predictions in zip(y["output"].values.tolist(), y.values, strict=True):
        sd = predictions.reshape(len(predictions), -1).std(1, dtype=np.float64)
        if sd.min() > 0 and sd.max() > SCALES_APART * sd.min():
            members = y["model"].values.tolist()
            yield (
                f"Members differ in scale: the SD of {name} is {sd.max():.3g} in {members[int(sd.argmax())]} "
                f"and {sd.min():.3g} in {members[int(sd.argmin())]}. Check that all members predict in the same unit."
            )


def _design(variates: ControlVariates, ratio: NDArray[np.float64]) -> Iterator[str]:
    """What backgrounds share, how they are balanced, what effects are adjusted for, and the change in variance."""
    clusters, n = variates.clusters, variates.outcomes.y.sizes["background"]
    if clusters.sources > 1:
        yield from _shared_sources(clusters, n, ratio)
        return
    if clusters.sources:
        yield (
            "All backgrounds come from one sequence. Intervals cover random draws from that sequence. Every effect is "
            "conditional on that sequence, and may differ for other sequences."
        )
    if clusters.size > 1:
        each = "letter" if clusters.balance == "columns" else "dinucleotide"
        yield (
            f"Backgrounds are balanced in sets of {clusters.size}: within a set, each {each} is equally frequent at "
            f"each position. Intervals are over the {clusters.number} sets. With any model, the sets are worth at "
            f"least {clusters.independent} independent backgrounds."
        )
    if variates.names:
        yield from variates.sentences()
    finite = ratio[np.isfinite(ratio)]
    if len(finite) and (clusters.size > 1 or variates.names):
        yield (
            f"The variance over backgrounds is {_times(finite, 'smaller')} than with the same number of independent "
            "backgrounds and no adjustment."
        )


def _shared_sources(clusters: Clusters, n: int, ratio: NDArray[np.float64]) -> Iterator[str]:
    """That several backgrounds come from the same sequence, and how this changes the variance."""
    each, more = divmod(n, clusters.sources)
    often = f"{each} or {each + 1}" if more else f"{each}"
    first = ""
    if more:
        first = f" The first {more} sequences are" if more > 1 else " The first sequence is"
        first += " used once more, and weighted more."
    yield (
        f"Backgrounds come from {clusters.sources} sequences, {often} of each. Backgrounds of the same sequence are "
        f"not independent, so intervals are over the {clusters.sources} sequences (cluster-robust). More backgrounds "
        f"of the same sequences do not replace more sequences.{first}"
    )
    positive = ratio[np.isfinite(ratio) & (ratio > 0)]
    if len(positive):
        times = _times(1 / positive, "as large")
        yield f"The variance is {times} as that of {n} independent backgrounds."


def _times(ratio: NDArray[np.float64], comparison: str) -> str:
    low, middle, high = np.quantile(ratio, [0, 0.5, 1])
    spread = f" (median of {len(ratio)} contrasts; {low:.2g} to {high:.2g})" if len(ratio) > 1 else ""
    return f"{middle:.2g} times {comparison}{spread}"


def _margins(chosen: Mapping[str, Margin]) -> Iterator[str]:
    yield from (f"Margin of {name}: {margin.rule}." for name, margin in list(chosen.items())[:SHOWN])
    more = len(chosen) - SHOWN
    if more > 0:
        yield f"The table has the margins of {more} more output{'s' * (more > 1)}."
    if any(margin.value == 0 for margin in chosen.values()):
        yield "With a margin of 0, a verdict can only be present or inconclusive."
    if any(margin.value is None for margin in chosen.values()):
        yield "Without a margin, every verdict is inconclusive."


def _counts(table: pd.DataFrame, clusters: Clusters, n: int) -> Iterator[str]:
    """What some of the contrasts lack, and what all of them lack at this n."""
    if clusters.independent < ABSENT_NEEDS:
        unit = " sequences" if clusters.sources > 1 else " independent backgrounds" if clusters.size > 1 else ""
        each = ", whatever the number of backgrounds of each sequence" * (clusters.sources > 1)
        yield f"No effect is called absent below n = {ABSENT_NEEDS}{unit}{each}."
    constant = int(table["flag"].str.contains("constant").sum())
    contrasts = f"{len(table)} contrast{'s' * (len(table) > 1)}"
    if constant:
        verb = "is" if constant == 1 else "are"
        yield f"{constant} of {contrasts} {verb} identical in all n = {n} backgrounds."
    untested = int(table["p"].isna().sum())
    if untested:
        verbs = ("has", "was") if untested == 1 else ("have", "were")
        yield (
            f"{untested} of {contrasts} {verbs[0]} no p-value and {verbs[1]} excluded from multiple-testing correction."
        )
