"""Realism: backgrounds and edited backgrounds compared with real sequences, and the change that the edits alone make.

:mod:`seqdo.effects.validity.validity` lists these checks after the checks against a reference. All checks except the
shift need the real sequences themselves, as a run keeps them (``outcomes.real``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.statistics.contrast import contrast_chunks
from seqdo.effects.statistics.margin import Margin
from seqdo.effects.validity.check import Check, not_checked
from seqdo.effects.validity.classifier import (
    FEWEST,
    Classification,
    classify,
    classify_backgrounds,
    effective,
    made_of_real,
    weights,
)
from seqdo.effects.validity.composition import LARGEST_K, counts, divergence
from seqdo.effects.validity.embedding import USUAL, far
from seqdo.outcomes.extras import Layer
from seqdo.outcomes.outcomes import Outcomes

UNGIVEN = "real sequences"
"""The row that says which checks need real sequences."""

ALONE = "shift by the edit"
"""The row that compares edited with unedited backgrounds. It needs no real sequences."""

ARMS, CLASSIFIED = 200, 10
"""Largest number of arms whose k-mers are counted, and that are classified. Of more arms, so many are used, spread
evenly."""


def shift_check(outcomes: Outcomes) -> Iterator[Check]:
    """Check how much the edits alone change the 3-mers of the backgrounds.

    There is no check if the edited sequences cannot be drawn again, or if all sequences are shorter than 3.

    Parameters
    ----------
    outcomes : any outcomes
    """
    arms, backgrounds = outcomes.some_treated(ARMS), outcomes.backgrounds
    if not arms or backgrounds.lengths.max() < LARGEST_K:
        return
    before = counts(backgrounds.codes, LARGEST_K).sum(0)
    divergences = [divergence(before, _counts_after(outcomes, arm, before)) for arm in arms]
    worst = int(np.argmax(divergences))
    yield Check(
        ALONE, divergences[worst], 0.1, np.inf,
        f"Edits change the {LARGEST_K}-mers of the backgrounds by {divergences[worst]:.2g} bits (Jensen-Shannon)"
        f"{_worst_of(arms, worst)}.",
        "The edit is a large part of each sequence: write less, or use longer backgrounds.",
    )  # fmt: skip


def realism_checks(outcomes: Outcomes, margins: Mapping[str, Margin]) -> Iterator[Check]:
    """Checks of backgrounds and edited backgrounds against the real sequences of the run.

    Without real sequences there is one row, which says what they are needed for.

    Parameters
    ----------
    outcomes : any outcomes
    margins : the margin of each output, the unit for changes of effects
    """
    if outcomes.real is None:
        yield not_checked(
            UNGIVEN,
            "A classifier, distances in a layer of the model and reweighting need real sequences: give them to "
            "run(real=...).",
        )
        return
    if len(outcomes.backgrounds) < FEWEST:
        yield not_checked("classifier", f"A classifier needs {FEWEST} backgrounds and {FEWEST} real sequences.")
    else:
        classification = classify_backgrounds(outcomes)
        yield _unedited(classification)
        yield from _edited(outcomes)
        yield _weighted(outcomes, classification, margins)
    if outcomes.real.layer is not None:
        yield from _distances(outcomes.real.layer)


def _counts_after(outcomes: Outcomes, arm: str, before: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts of 3-mers in an arm: those of the backgrounds, corrected in the columns that the edits change."""
    old, new = outcomes.backgrounds.codes, outcomes.edited(arm).codes
    changed = np.flatnonzero((old != new).any(0))
    if not len(changed):
        return before
    # Every 3-mer with a changed letter, and no other, lies in these columns.
    near = slice(max(0, changed[0] - LARGEST_K + 1), changed[-1] + LARGEST_K)
    return np.asarray(before + counts(new[:, near], LARGEST_K).sum(0) - counts(old[:, near], LARGEST_K).sum(0))


def _worst_of(arms: list[str], worst: int) -> str:
    return f", the most in {arms[worst]} of {len(arms)} arms" if len(arms) > 1 else ""


def _unedited(classification: Classification) -> Check:
    return Check(
        "classifier: unedited", max(0.5, classification.auc), 0.7, 0.95,
        f"A classifier of 1- to {LARGEST_K}-mers distinguishes backgrounds from real sequences with "
        f"{_auc(classification)}.",
        "Draw backgrounds that are more like real sequences: shuffled, markov or natural.",
    )  # fmt: skip


def _edited(outcomes: Outcomes) -> Iterator[Check]:
    """The check of edited backgrounds, for the arm that is easiest to distinguish from real sequences."""
    arms, real = outcomes.some_treated(CLASSIFIED), outcomes.real
    if real is None or not arms:
        return
    sources = made_of_real(outcomes)
    classifications = [classify(outcomes.edited(arm), real.sequences, sources) for arm in arms]
    worst = int(np.argmax([classification.auc for classification in classifications]))
    yield Check(
        "classifier: edited", max(0.5, classifications[worst].auc), 0.95, np.inf,
        f"A classifier of 1- to {LARGEST_K}-mers distinguishes edited backgrounds from real sequences with "
        f"{_auc(classifications[worst])}{_worst_of(arms, worst)}.",
        "Nearly every edited sequence has something that real ones lack: rely on the sign of these effects more than "
        "on their size.",
    )  # fmt: skip


def _auc(classification: Classification) -> str:
    low, high = classification.low, classification.high
    return f"an AUC of {classification.auc:.2f} (95 % CI {low:.2f} to {high:.2f}; chance is 0.5)"


def _weighted(outcomes: Outcomes, classification: Classification, margins: Mapping[str, Margin]) -> Check:
    """The check of weights: the effective sample size, and how much the effects change."""
    n, size = len(classification.odds), effective(classification.odds)
    change = _change(outcomes, weights(classification.odds), margins)
    effects = f". Effects then change by up to {change:.2g} margins" if np.isfinite(change) else ""
    return Check(
        "effective sample size", 1 - size / n, 0.9, np.inf,
        f"With weights that make them resemble real sequences, {n:,} backgrounds count as {size:,.3g}{effects}.",
        "Few backgrounds resemble real sequences: read effects.reweighted, or draw other backgrounds.",
    )  # fmt: skip


def _change(outcomes: Outcomes, weight: NDArray[np.float64], margins: Mapping[str, Margin]) -> float:
    """The largest change of an effect by the weights, in margins; NaN without any margin."""
    names = outcomes.outputs
    limits = np.array([(margins[name].value if name in margins else None) or np.nan for name in names])
    contrasts = [contrast for contrast in outcomes.design.contrasts if not contrast.identity]
    largest = np.nan
    for _, values in contrast_chunks(outcomes.y, contrasts):
        mean = values.mean(1)  # over members: (contrasts, n, outputs)
        change = np.abs(np.einsum("cno,n->co", mean, weight - 1) / mean.shape[1]) / limits
        largest = np.fmax(largest, np.fmax.reduce(change, axis=None))
    return float(largest)


def _distances(layer: Layer) -> Iterator[Check]:
    """Checks of the distance to real sequences in a layer, for backgrounds and for edited backgrounds."""
    for kind, places, fail_above in (("unedited", layer.unedited, 0.5), ("edited", layer.edited, 0.9)):
        share = far(layer.real, places)
        which = f"backgrounds edited as in {layer.arm}" if kind == "edited" else "backgrounds"
        yield Check(
            f"layer: {kind}", share, 0.1, fail_above,
            f"In the input of layer {layer.name} of the first member, {share:.1%} of {which} are farther from real "
            f"sequences than {USUAL:.0%} of the real ones are.",
            "Such sequences are unusual for the network: rely on the sign of these effects more than on their size."
            if kind == "edited" else "For the network these are unlike real sequences: draw other backgrounds.",
        )  # fmt: skip
