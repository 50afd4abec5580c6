"""Realism: backgrounds and edited ones beside real sequences, and what the edits alone change.

:mod:`seqdo.effects.validity.validity` lists these behind the checks against numbers of a reference. All but the shift
need the real sequences themselves, as a run keeps them (``outcomes.real``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.statistics.contrast import contrast_chunks
from seqdo.effects.statistics.margin import Margin
from seqdo.effects.validity.check import Check, unknown
from seqdo.effects.validity.classifier import (
    FEWEST,
    Told,
    backgrounds_told,
    effective,
    made_of_real,
    told_apart,
    weights,
)
from seqdo.effects.validity.composition import LARGEST_K, counts, divergence
from seqdo.effects.validity.embedding import USUAL, far
from seqdo.outcomes.extras import Layer
from seqdo.outcomes.outcomes import Outcomes

UNGIVEN = "real sequences"
"""The row that says what real sequences would add."""

ALONE = "shift by the edit"
"""The row that compares edited with unedited backgrounds, and neither with anything real."""

ARMS, CLASSIFIED = 200, 10
"""Arms whose k-mers are counted, and that are classified; of more, as many spread evenly."""


def shift(outcomes: Outcomes) -> Iterator[Check]:
    """How far edits alone move the 3-mers of the backgrounds; nothing where they can't be drawn again."""
    looked, backgrounds = outcomes.some_treated(ARMS), outcomes.backgrounds
    if not looked or backgrounds.lengths.max() < LARGEST_K:
        return
    before = counts(backgrounds.codes, LARGEST_K).sum(0)
    apart = [divergence(before, _counted(outcomes, arm, before)) for arm in looked]
    worst = int(np.argmax(apart))
    yield Check(
        ALONE, apart[worst], 0.1, np.inf,
        f"Edits change the {LARGEST_K}-mers of the backgrounds by {apart[worst]:.2g} bits (Jensen-Shannon)"
        f"{_largest(looked, worst)}.",
        "A large part of each sequence is then the edit: write less, or into longer backgrounds.",
    )  # fmt: skip


def realism(outcomes: Outcomes, margins: Mapping[str, Margin]) -> Iterator[Check]:
    """Backgrounds and edits beside the real sequences of the run; one row without any."""
    if outcomes.real is None:
        yield unknown(
            UNGIVEN,
            "A classifier, distances in the model's own layer and reweighting need real sequences: give them to "
            "run(real=...).",
        )
        return
    if len(outcomes.backgrounds) < FEWEST:
        yield unknown("classifier", f"A classifier needs {FEWEST} backgrounds and as many real sequences.")
    else:
        told = backgrounds_told(outcomes)
        yield _unedited(told)
        yield from _edited(outcomes)
        yield _weighted(outcomes, told, margins)
    if outcomes.real.layer is not None:
        yield from _distances(outcomes.real.layer)


def _counted(outcomes: Outcomes, arm: str, before: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts of 3-mers in an arm: those of the backgrounds, and what changes where the edits are."""
    old, new = outcomes.backgrounds.codes, outcomes.edited(arm).codes
    changed = np.flatnonzero((old != new).any(0))
    if not len(changed):
        return before
    near = slice(max(0, changed[0] - LARGEST_K + 1), changed[-1] + LARGEST_K)
    return np.asarray(before + counts(new[:, near], LARGEST_K).sum(0) - counts(old[:, near], LARGEST_K).sum(0))


def _largest(looked: list[str], worst: int) -> str:
    return f", the most in {looked[worst]} of {len(looked)} arms" if len(looked) > 1 else ""


def _unedited(told: Told) -> Check:
    return Check(
        "classifier: unedited", max(0.5, told.auc), 0.7, 0.95,
        f"{_said(told)} tells backgrounds from real sequences.",
        "Draw backgrounds nearer to real sequences: shuffled, markov or natural.",
    )  # fmt: skip


def _edited(outcomes: Outcomes) -> Iterator[Check]:
    """The edited backgrounds that are told most easily."""
    looked, real = outcomes.some_treated(CLASSIFIED), outcomes.real
    if real is None or not looked:
        return
    kin = made_of_real(outcomes)
    found = [told_apart(outcomes.edited(arm), real.sequences, kin) for arm in looked]
    worst = int(np.argmax([one.auc for one in found]))
    yield Check(
        "classifier: edited", max(0.5, found[worst].auc), 0.95, np.inf,
        f"{_said(found[worst])} tells edited backgrounds from real sequences{_largest(looked, worst)}.",
        "Nearly every edited sequence has what real ones lack: trust the sign of these effects more than their size.",
    )  # fmt: skip


def _said(told: Told) -> str:
    return (
        f"With an AUC of {told.auc:.2f} (95 %: {told.low:.2f} to {told.high:.2f}; 0.5 is chance) a classifier of 1- to "
        f"{LARGEST_K}-mers"
    )


def _weighted(outcomes: Outcomes, told: Told, margins: Mapping[str, Margin]) -> Check:
    """How few backgrounds look real, and how far effects move when these count most."""
    n, worth = len(told.odds), effective(told.odds)
    moved = _moved(outcomes, weights(told.odds), margins)
    effects = f"; effects then move by up to {moved:.2g} margins" if np.isfinite(moved) else ""
    return Check(
        "effective sample size", 1 - worth / n, 0.9, np.inf,
        f"Weighted to look like real sequences, {n:,} backgrounds are worth {worth:,.3g}{effects}.",
        "Few backgrounds look real: read effects.reweighted, or draw others.",
    )  # fmt: skip


def _moved(outcomes: Outcomes, weight: NDArray[np.float64], margins: Mapping[str, Margin]) -> float:
    """The largest change of an effect by the weights, in margins; NaN without any margin."""
    names = outcomes.outputs
    limits = np.array([(margins[name].value if name in margins else None) or np.nan for name in names])
    contrasts = [one for one in outcomes.design.contrasts if not one.identity]
    most = np.nan
    for _, values in contrast_chunks(outcomes.y, contrasts):
        mean = values.mean(1)  # over members: (contrasts, n, outputs)
        moved = np.abs(np.einsum("cno,n->co", mean, weight - 1) / mean.shape[1]) / limits
        most = np.fmax(most, np.fmax.reduce(moved, axis=None))
    return float(most)


def _distances(layer: Layer) -> Iterator[Check]:
    """Shares of sequences farther from one half of the real ones than 99 % of the other half are."""
    for kind, places, red in (("unedited", layer.unedited, 0.5), ("edited", layer.edited, 0.9)):
        share = far(layer.real, places)
        which = f"backgrounds edited as in {layer.arm}" if kind == "edited" else "backgrounds"
        yield Check(
            f"layer: {kind}", share, 0.1, red,
            f"By what layer {layer.name} of the first member is given, {share:.1%} of {which} lie farther from real "
            f"sequences than {USUAL:.0%} of the real ones do.",
            "The network puts these where it knows little: trust the sign of these effects more than their size."
            if kind == "edited" else "The network sees these as unlike real sequences: draw others.",
        )  # fmt: skip
