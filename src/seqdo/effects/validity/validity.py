"""Validity: how far backgrounds, and what the model says of them, are from real sequences.

Every number is 0 (an AUC 0.5) where there is nothing to say and grows as backgrounds leave real data. It is green
up to its threshold, amber beyond, and red where no effect should be read from these backgrounds.

===================== ============ =========== =====================================================
check                 green up to  red beyond  why
===================== ============ =========== =====================================================
length range          0.05         0.5         share of backgrounds shorter or longer than any real one
length mix            0.1          never       total variation: the share to re-draw at another length
GC                    0.25         2           in SD of real sequences. Beyond 0.25 groups are called
                                               unbalanced (Rubin 2001, Health Serv. Outcomes Res.
                                               Methodol. 2:169); at 2 the mean background is where
                                               5 % of the real ones are
k-mers, k = 1, 2, 3   0.01 k       0.1 k       Jensen-Shannon in bits: what GC off by 10 and by 40
                                               points makes (45 % to 55 %: 0.007, 0.014, 0.022;
                                               30 % to 70 %: 0.12, 0.22, 0.31)
predictions           0.1          0.5 or 0.9  share outside the 1-99 % quantiles of those for real
                                               sequences, where real ones have 0.02. A strong pattern
                                               rightly takes edited ones out: red only beyond 0.9
shift by the edit     0.1          never       Jensen-Shannon of 3-mers in bits, edited to unedited: 7
                                               letters in 41 make 0.024, 12 in 38 make 0.09, 24 make 0.3
sites before          0.1          never       share of backgrounds that have the pattern already
sites beside the edit 0.05         never       share in which an edit makes another site, or breaks one
classifier: unedited  0.7          0.95        AUC. 0.7 is a shift by 0.74 SD of a normal score, which
                                               weights undo with exp(-0.74²) = 58 % of the backgrounds;
                                               0.95 is one by 2.3 SD, and leaves 0.4 %
classifier: edited    0.95         never       AUC. An edit writes the same words into all, and is known by
                                               them: 7 letters in 100, 60, 41 make 0.86, 0.93, 0.97
effective sample size 0.9          never       share of n that weights lose. Beyond 0.9 an interval is 3.2
                                               times as wide, and a tenth speaks for all: it is the
                                               weighting that fails then (Kish 1965)
layer                 0.1          0.5 or 0.9  share farther from real sequences than 99 % of these are from
                                               each other, with the thresholds of predictions
sequences asked about 0            never       a design that brings its own sequences is about them: always 0
===================== ============ =========== =====================================================

The four before the last need real sequences: ``run(real=...)`` (:mod:`seqdo.effects.validity.realism`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqdo.effects.statistics.margin import Margin, margins
from seqdo.effects.validity.check import Check, unknown
from seqdo.effects.validity.composition import LARGEST_K, divergence
from seqdo.effects.validity.hygiene import sites
from seqdo.effects.validity.realism import realism, shift
from seqdo.models.reference import Reference, spectrum
from seqdo.outcomes.outcomes import Outcomes
from seqdo.sequences.sequences import Sequences, gc_content

if TYPE_CHECKING:
    import pandas as pd

REFERENCE = "reference"
"""The row that says that nothing was compared with real data."""

OWN = "sequences asked about"
"""The row of a design that brings its own sequences: what they stand for is themselves."""

BLOCK_BYTES = 2**25
"""Predictions read at once."""


def validity(outcomes: Outcomes, limits: Mapping[str, Margin] | None = None) -> pd.DataFrame:
    """Traffic lights for backgrounds and predictions against the model's reference, and the run's real sequences.

    Parameters
    ----------
    limits : output to the margin in which it is said how far weights move effects; by default a tenth of its SD

    Returns
    -------
    DataFrame with columns check, value, threshold (the largest value that is green), light ("green",
    "amber", "red", "unknown") and advice (a sentence); "unknown" is also what would need real sequences
    """
    import pandas as pd

    if limits is None:
        limits = margins(None, outcomes.scales, dict.fromkeys(outcomes.outputs, ""))
    checks = list(_checks(outcomes, limits))
    return pd.DataFrame(
        {
            "check": [one.check for one in checks],
            "value": np.array([one.value for one in checks], np.float64),
            "threshold": np.array([one.green for one in checks], np.float64),
            "light": [one.light for one in checks],
            "advice": [one.found + (f" {one.advice}" if one.light in ("amber", "red") else "") for one in checks],
        }
    )


def _checks(outcomes: Outcomes, limits: Mapping[str, Margin]) -> Iterator[Check]:
    own = outcomes.design.sequences is not None
    if own:
        yield Check(OWN, 0.0, 0.0, np.inf, "The question is about these sequences: no background stands for them.")
    elif outcomes.reference is None:
        yield unknown(
            REFERENCE,
            "How far the backgrounds are from real data is not known: give real held-out sequences to run(real=...).",
        )
    if outcomes.reference is not None:
        yield from _against(outcomes, outcomes.reference, own)
    yield from shift(outcomes)
    yield from sites(outcomes)
    if outcomes.reference is not None and (outcomes.real is not None or not own):
        yield from realism(outcomes, limits)


def _against(outcomes: Outcomes, real: Reference, own: bool) -> Iterator[Check]:
    """Backgrounds and predictions against the numbers of a reference; only what edits make of a design's own ones."""
    if not own:
        yield from _lengths(outcomes.backgrounds, real)
        yield _gc(outcomes.backgrounds, real)
        longest = int(outcomes.backgrounds.lengths.max())
        for k in range(1, min(LARGEST_K, longest) + 1):
            if k in real.spectra:
                yield _kmers(outcomes.backgrounds, real, k)
    if real.outputs:  # of a model with shuffled weights only the letters are known
        yield from (one for one in _predictions(outcomes, real) if not own or one.check.startswith("edited"))


def _lengths(backgrounds: Sequences, real: Reference) -> Iterator[Check]:
    low, high = min(real.lengths), max(real.lengths)
    outside = float(((backgrounds.lengths < low) | (backgrounds.lengths > high)).mean())
    span = f"{low}" if low == high else f"{low} to {high}"
    yield Check(
        "length range", outside, 0.05, 0.5,
        f"{outside:.1%} of backgrounds are shorter or longer than any real sequence ({span} letters).",
        "Draw backgrounds of real lengths.",
    )  # fmt: skip
    found, counts = np.unique(backgrounds.lengths, return_counts=True)
    ours = dict(zip(found.tolist(), (counts / counts.sum()).tolist(), strict=True))
    apart = sum(abs(ours.get(length, 0.0) - real.lengths.get(length, 0.0)) for length in ours.keys() | real.lengths) / 2
    yield Check(
        "length mix", apart, 0.1, np.inf,
        f"{apart:.1%} of backgrounds would need another length to be as long as the real sequences are.",
        "Draw lengths in their real shares if the model pads shorter sequences.",
    )  # fmt: skip


def _gc(backgrounds: Sequences, real: Reference) -> Check:
    ours = float(gc_content(backgrounds).mean())
    mean, sd = float(real.gc["mean"]), float(real.gc["sd"])
    apart = abs(ours - mean) / sd if sd > 0 else 0.0 if abs(ours - mean) < 1e-6 else np.nan
    known = f", {apart:.2g} SD of real ones apart" if np.isfinite(apart) else ", and these do not vary"
    return Check(
        "GC", apart, 0.25, 2.0,
        f"Backgrounds have {ours:.1%} GC and real sequences {mean:.1%}{known}.",
        "Draw backgrounds with the real GC: profile, gc_matched or shuffled.",
    )  # fmt: skip


def _kmers(backgrounds: Sequences, real: Reference, k: int) -> Check:
    apart = divergence(spectrum(backgrounds, k), real.spectra[k])
    unit = "letters" if k == 1 else f"{k}-mers"
    return Check(
        unit, apart, 0.01 * k, 0.1 * k,
        f"The {unit} of backgrounds and real sequences differ by {apart:.2g} bits (Jensen-Shannon, at most 1).",
        f"Draw backgrounds that keep them: shuffled(..., k={max(k, 2)}) or markov(..., order={max(k - 1, 1)}).",
    )  # fmt: skip


def _predictions(outcomes: Outcomes, real: Reference) -> Iterator[Check]:
    arms = [str(arm) for arm in outcomes.y["arm"].values.tolist()]
    edited = [bool(outcomes.design.arms[arm].sites) for arm in arms]
    kinds = {
        "unedited": ([i for i, has in enumerate(edited) if not has], 0.5, "Draw backgrounds nearer to real sequences."),
        "edited": (
            [i for i, has in enumerate(edited) if has], 0.9,
            "There the model extrapolates: trust the sign of these effects more than their size.",
        ),
    }  # fmt: skip
    for output, name in enumerate(outcomes.outputs):
        for kind, (places, red, advice) in kinds.items():
            check = f"{kind} predictions: {name}"
            if name not in real.outputs:
                yield Check(check, np.nan, 0.1, red, f"The reference has no predictions of {name}.")
            elif places:
                low, high = _range(real, name)
                share = _share_outside(outcomes, places, output, low, high)
                yield Check(
                    check, share, 0.1, red,
                    f"{share:.1%} of {kind} predictions lie outside {low:.4g} to {high:.4g}, "
                    "where 98 % of those for real sequences are.",
                    advice,
                )  # fmt: skip


def _range(real: Reference, output: str) -> tuple[float, float]:
    """The 1 % and 99 % quantiles of predictions for real sequences."""
    kept = dict(zip(real.outputs[output]["levels"], real.outputs[output]["quantiles"], strict=True))
    return float(kept[0.01]), float(kept[0.99])


def _share_outside(outcomes: Outcomes, arms: Sequence[int], output: int, low: float, high: float) -> float:
    """Share of the members' mean predictions outside low to high, some arms at a time."""
    y = outcomes.y.transpose("arm", "model", "background", "output").values[..., output]
    slack = 1e-5 * max(abs(low), abs(high))  # a reference is stored to six digits
    step = max(1, BLOCK_BYTES // max(1, 8 * y[0].size))
    outside = 0
    for first in range(0, len(arms), step):
        block = list(arms[first : first + step])
        mean = y[block].mean(1, dtype=np.float64)
        outside += int(((mean < low - slack) | (mean > high + slack)).sum())
    return float(outside / (len(arms) * y.shape[2]))
