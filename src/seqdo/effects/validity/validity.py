"""Validity: how much backgrounds, and predictions for backgrounds, differ from real sequences.

Every number is 0 (an AUC 0.5) if there is no difference, and larger for a larger difference. A check passes up
to its threshold, asks for caution beyond it, and fails beyond a second threshold. If a check fails, the effects on
these backgrounds should not be interpreted.

===================== ============ =========== =====================================================
check                 passes up to  fails beyond  why
===================== ============ =========== =====================================================
length range          0.05         0.5         share of backgrounds shorter or longer than every real one
length mix            0.1          never       total variation: the share that needs another length
GC                    0.25         2           in SD of real sequences. Beyond 0.25 groups are called
                                               unbalanced (Rubin 2001, Health Serv. Outcomes Res.
                                               Methodol. 2:169); at 2 the mean background is more
                                               extreme than 95 % of real ones
k-mers, k = 1, 2, 3   0.01 k       0.1 k       Jensen-Shannon in bits. GC that differs by 10 points
                                               gives 0.007, 0.014, 0.022 (45 % and 55 %); GC that
                                               differs by 40 points gives 0.12, 0.22, 0.31
predictions           0.1          0.5 or 0.9  share outside the 1-99 % quantiles of real sequences; for
                                               real ones it is 0.02. A strong pattern is meant to move
                                               predictions: for edited ones a failure beyond 0.9
shift by the edit     0.1          never       Jensen-Shannon of 3-mers in bits, edited and unedited.
                                               7 of 41 positions give 0.024, 12 of 38 give 0.09, and
                                               24 give 0.3
sites before          0.1          never       share of backgrounds that have the pattern already
sites next to the     0.05         never       share of backgrounds in which an edit creates another
edit                                           site, or destroys one
classifier: unedited  0.7          0.95        AUC. 0.7 is a shift by 0.74 SD of a normal score: weights
                                               then keep exp(-0.74²) = 58 % of the backgrounds. 0.95 is
                                               a shift by 2.3 SD, which keeps 0.4 %
classifier: edited    0.95         never       AUC. An edit writes the same letters into all, and the
                                               classifier sees them: 7 positions in 100, 60 and 41
                                               give 0.86, 0.93 and 0.97
effective sample size 0.9          never       share of n that weights lose. Beyond 0.9 an interval is 3.2
                                               times as wide, and a tenth of the backgrounds decides:
                                               then the weighting fails (Kish 1965)
layer                 0.1          0.5 or 0.9  share farther from real sequences than 99 % of real ones
                                               are, with the thresholds of predictions
sequences asked about 0            never       the design has its own sequences: always 0
===================== ============ =========== =====================================================

The classifier, the effective sample size and the layer need real sequences: ``run(real=...)``
(:mod:`seqdo.effects.validity.realism`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqdo.effects.statistics.margin import Margin, margins
from seqdo.effects.validity.check import Check, not_checked
from seqdo.effects.validity.composition import LARGEST_K, divergence
from seqdo.effects.validity.hygiene import site_checks
from seqdo.effects.validity.realism import realism_checks, shift_check
from seqdo.models.reference import Reference, spectrum
from seqdo.outcomes.outcomes import Outcomes
from seqdo.sequences.sequences import Sequences, gc_content

if TYPE_CHECKING:
    import pandas as pd

REFERENCE = "reference"
"""The row that says that nothing was compared with real data."""

OWN = "sequences asked about"
"""The row of a design with its own sequences, which stand for nothing but themselves."""

BLOCK_BYTES = 2**25
"""Size of the predictions that are read at once, in bytes."""


def validity(outcomes: Outcomes, limits: Mapping[str, Margin] | None = None) -> pd.DataFrame:
    """Check backgrounds and predictions against the reference of the model, and against the real sequences of the run.

    Parameters
    ----------
    outcomes : any outcomes
    limits : output to its margin, the unit in which the change of effects by weights is reported
        By default the margin of each output is a tenth of its SD.

    Returns
    -------
    DataFrame
        A row for each check, with the columns check, value, threshold (the largest value that passes), `result`
        ("pass", "caution", "fail", "not checked") and advice (a sentence). A check that needs real sequences is
        "not checked" in a run without them.
    """
    import pandas as pd

    if limits is None:
        limits = margins(None, outcomes.scales, dict.fromkeys(outcomes.outputs, ""))
    checks = list(_checks(outcomes, limits))
    advice = [check.finding + (f" {check.advice}" if check.result in ("caution", "fail") else "") for check in checks]
    return pd.DataFrame(
        {
            "check": [check.check for check in checks],
            "value": np.array([check.value for check in checks], np.float64),
            "threshold": np.array([check.caution_above for check in checks], np.float64),
            "result": [check.result for check in checks],
            "advice": advice,
        }
    )


def _checks(outcomes: Outcomes, limits: Mapping[str, Margin]) -> Iterator[Check]:
    own = outcomes.design.own_sequences is not None
    if own:
        yield Check(OWN, 0.0, 0.0, np.inf, "The question is about these sequences: no backgrounds replace them.")
    elif outcomes.reference is None:
        yield not_checked(
            REFERENCE,
            "The backgrounds were not compared with real data: give real held-out sequences to run(real=...).",
        )
    if outcomes.reference is not None:
        yield from _reference_checks(outcomes, outcomes.reference, own)
    yield from shift_check(outcomes)
    yield from site_checks(outcomes)
    if outcomes.reference is not None and (outcomes.real is not None or not own):
        yield from realism_checks(outcomes, limits)


def _reference_checks(outcomes: Outcomes, real: Reference, own: bool) -> Iterator[Check]:
    """Checks against the numbers of a reference. A design with its ``own`` sequences is checked for its edits only."""
    if not own:
        yield from _lengths(outcomes.backgrounds, real)
        yield _gc(outcomes.backgrounds, real)
        longest = int(outcomes.backgrounds.lengths.max())
        for k in range(1, min(LARGEST_K, longest) + 1):
            if k in real.spectra:
                yield _kmers(outcomes.backgrounds, real, k)
    if real.outputs:  # a model with shuffled weights has a reference without predictions
        checks = _predictions(outcomes, real)
        yield from (check for check in checks if not own or check.check.startswith("edited"))


def _lengths(backgrounds: Sequences, real: Reference) -> Iterator[Check]:
    low, high = min(real.lengths), max(real.lengths)
    outside = float(((backgrounds.lengths < low) | (backgrounds.lengths > high)).mean())
    span = f"{low}" if low == high else f"{low} to {high}"
    yield Check(
        "length range", outside, 0.05, 0.5,
        f"{outside:.1%} of backgrounds are shorter or longer than every real sequence (length {span}).",
        "Draw backgrounds with the lengths of real sequences.",
    )  # fmt: skip
    values, number = np.unique(backgrounds.lengths, return_counts=True)
    ours = dict(zip(values.tolist(), (number / number.sum()).tolist(), strict=True))
    lengths = ours.keys() | real.lengths
    variation = sum(abs(ours.get(length, 0.0) - real.lengths.get(length, 0.0)) for length in lengths) / 2
    yield Check(
        "length mix", variation, 0.1, np.inf,
        f"{variation:.1%} of backgrounds would need another length to have the lengths of real sequences.",
        "Draw lengths with the frequencies of real sequences if the model pads shorter sequences.",
    )  # fmt: skip


def _gc(backgrounds: Sequences, real: Reference) -> Check:
    ours = float(gc_content(backgrounds).mean())
    mean, sd = float(real.gc["mean"]), float(real.gc["sd"])
    # Real sequences of one GC have no SD: a difference can then be called neither small nor large.
    difference = abs(ours - mean) / sd if sd > 0 else 0.0 if abs(ours - mean) < 1e-6 else np.nan
    in_sd = f" ({difference:.2g} SD of real sequences)" if np.isfinite(difference) else ", which does not vary"
    return Check(
        "GC", difference, 0.25, 2.0,
        f"The mean GC content is {ours:.1%} in backgrounds and {mean:.1%} in real sequences{in_sd}.",
        "Draw backgrounds with the GC of real sequences: profile, gc_matched or shuffled.",
    )  # fmt: skip


def _kmers(backgrounds: Sequences, real: Reference, k: int) -> Check:
    difference = divergence(spectrum(backgrounds, k), real.spectra[k])
    unit = "letters" if k == 1 else f"{k}-mers"
    return Check(
        unit, difference, 0.01 * k, 0.1 * k,
        f"The {unit} of backgrounds and real sequences differ by {difference:.2g} bits (Jensen-Shannon, at most 1).",
        f"Draw backgrounds that keep them: shuffled(..., k={max(k, 2)}) or markov(..., order={max(k - 1, 1)}).",
    )  # fmt: skip


def _predictions(outcomes: Outcomes, real: Reference) -> Iterator[Check]:
    arms = [str(arm) for arm in outcomes.y["arm"].values.tolist()]
    edited = [bool(outcomes.design.arms[arm].sites) for arm in arms]
    kinds = {
        "unedited": ([i for i, has in enumerate(edited) if not has], 0.5, "Draw backgrounds more like real sequences."),
        "edited": (
            [i for i, has in enumerate(edited) if has], 0.9,
            "The model extrapolates there: rely on the sign of these effects more than on their size.",
        ),
    }  # fmt: skip
    for output, name in enumerate(outcomes.outputs):
        for kind, (places, fail_above, advice) in kinds.items():
            check = f"{kind} predictions: {name}"
            if name not in real.outputs:
                yield Check(check, np.nan, 0.1, fail_above, f"The reference has no predictions of {name}.")
            elif places:
                low, high = _range(real, name)
                share = _share_outside(outcomes, places, output, low, high)
                yield Check(
                    check, share, 0.1, fail_above,
                    f"{share:.1%} of {kind} predictions lie outside {low:.4g} to {high:.4g}, the range of 98 % of "
                    "predictions for real sequences.",
                    advice,
                )  # fmt: skip


def _range(real: Reference, output: str) -> tuple[float, float]:
    """The 1 % and 99 % quantiles of predictions for real sequences."""
    quantiles = dict(zip(real.outputs[output]["levels"], real.outputs[output]["quantiles"], strict=True))
    return float(quantiles[0.01]), float(quantiles[0.99])


def _share_outside(outcomes: Outcomes, arms: Sequence[int], output: int, low: float, high: float) -> float:
    """Share of predictions outside low to high, in these arms. A prediction is the mean over members."""
    y = outcomes.y.transpose("arm", "model", "background", "output").values[..., output]
    slack = 1e-5 * max(abs(low), abs(high))  # a reference is stored with six digits
    step = max(1, BLOCK_BYTES // max(1, 8 * y[0].size))
    outside = 0
    for first in range(0, len(arms), step):
        block = list(arms[first : first + step])
        mean = y[block].mean(1, dtype=np.float64)
        outside += int(((mean < low - slack) | (mean > high + slack)).sum())
    return float(outside / (len(arms) * y.shape[2]))
