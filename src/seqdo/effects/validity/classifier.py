"""Classifier: how well can sequences be told from real ones by their k-mers, and how much does each look like one?

A classifier that was not shown a sequence gives its odds of being real. If the classes are equally large, these are the
density of real sequences there over that of backgrounds: as weights they make the backgrounds look real, in what the
classifier sees (Lopez-Paz & Oquab 2017, ICLR; Shimodaira 2000, J. Stat. Plan. Inference 90:227).
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.validity.composition import shares
from seqdo.errors import InputError
from seqdo.outcomes.outcomes import Outcomes, evenly
from seqdo.sequences.sequences import Sequences, fingerprint

Floats = NDArray[np.float64]

FEWEST = 100
"""Sequences of each class below which 84 shares tell classes apart by chance."""

MOST = 2000
"""Sequences of each class that are taken."""

FOLDS = 5
SEED = 0
"""Of the folds: the same for every run, so that a report is the same each time."""

C = 0.03
"""Inverse penalty: coefficients of standardised shares have an SD of 0.17 before anything is seen.

In simulations (two classes of 1,000 random sequences of 41 to 200 letters, GC 5 points apart or CpG halved) weights
then move what differs 0.89 to 0.94 of the way, and 100 of one law keep an effective sample size of 0.6 of their number;
with sklearn's C = 1 it would be 0.91 to 1.01 of the way, and 0.1 of the number.
"""

TRIMMED = 0.99
"""Quantile of the odds beyond which they are cut: a few sequences must not speak for all."""

TWICE = 2.0
"""How many times larger the variance of a cross-validated AUC is where nothing can be told: each pair of sequences is
used in both directions, once to learn of the one and once of the other. Elsewhere the interval is too wide by this.
In simulations of one law (100 to 1,000 sequences of 41 to 200 letters) 2 to 7 % of 95 % intervals miss 0.5."""


@dataclass(frozen=True, eq=False)
class Told:
    """How well real sequences were told from others.

    Attributes
    ----------
    auc : chance that a real sequence gets larger odds than another: 0.5 where nothing tells them apart
    low, high : its 95 % interval
    each : sequences of each class that it was learned from
    odds : float64 (n,), of each of the others, of being real; each from a classifier that did not see it
    """

    auc: float
    low: float
    high: float
    each: int
    odds: Floats


Kin = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Numbers of families, of each sequence and of each real one: a sequence is judged by none of its own family."""


def told_apart(sequences: Sequences, real: Sequences, kin: int = 0) -> Told:
    """Tell sequences from real ones by their shares of 1- to 3-mers: L2-penalised logistic regression, in 5 folds.

    As many of each are taken, at most 2,000, spread evenly over their order. Where sequence i is made of real sequence
    i mod ``kin``, no fold learns from one and is asked of the other: they are alike, and of two classes. The AUC is
    that of all odds together, with the error of Hanley & McNeil, doubled in variance for the folds (see ``TWICE``).

    Raises
    ------
    InputError
        Fewer than 100 of either.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rich, poor = (Sequences.from_codes(rng.choice(4, (200, 30), p=p)) for p in ([0.1, 0.4] * 2, [0.4, 0.1] * 2))
    >>> told_apart(rich, poor).auc > 0.99
    True
    """
    each = min(len(sequences), len(real), MOST)
    if each < FEWEST:
        raise InputError(
            f"{len(sequences)} backgrounds and {len(real)} real sequences",
            f"a classifier needs {FEWEST} of each", f"Run n={FEWEST} or more",
        )  # fmt: skip
    chosen = evenly(len(real), each)
    families = (np.arange(len(sequences)) % kin, chosen) if kin else None
    score, log_odds = _scored(shares(sequences), shares(real[chosen]), families)
    auc = rank_auc(score[each:], score[:each])
    half = 1.96 * TWICE**0.5 * hanley_mcneil(auc, each, each)
    return Told(auc, max(0.0, auc - half), min(1.0, auc + half), each, np.exp(log_odds))


def _scored(ours: Floats, theirs: Floats, kin: Kin | None = None) -> tuple[Floats, Floats]:
    """Log odds of as many of ours as there are theirs, and of theirs behind them; and those of all of ours."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    each = len(theirs)
    taken = evenly(len(ours), each)
    left = np.setdiff1d(np.arange(len(ours)), taken)
    x, y = np.concatenate([ours[taken], theirs]), np.repeat([0, 1], each)
    score, log_odds = np.empty(2 * each), np.empty(len(ours))
    of_left = np.arange(len(left)) % FOLDS
    if kin is None:
        splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(x, y))
    else:
        family = np.concatenate([kin[0][taken], kin[1]])
        splits = list(StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED).split(x, y, family))
        for fold, (_, asked) in enumerate(splits):
            of_left[np.isin(kin[0][left], family[asked])] = fold
    with threadpool_limits(1):  # two threads take four times as long for so little
        for fold, (learned, asked) in enumerate(splits):
            made = make_pipeline(StandardScaler(), LogisticRegression(C=C, solver="newton-cholesky"))
            made.fit(x[learned], y[learned])
            score[asked] = made.decision_function(x[asked])
            mine = left[of_left == fold]
            if len(mine):
                log_odds[mine] = made.decision_function(ours[mine])
    log_odds[taken] = score[:each]
    return score, log_odds


def rank_auc(larger: Floats, smaller: Floats) -> float:
    """Share of pairs in which the one of ``larger`` is larger, ties by half: Mann and Whitney's U over all pairs.

    >>> rank_auc(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    from scipy.stats import rankdata

    n = len(larger)
    ranks = rankdata(np.concatenate([larger, smaller]))[:n].sum()
    return float((ranks - n * (n + 1) / 2) / (n * len(smaller)))


def hanley_mcneil(auc: float, n: int, others: int) -> float:
    """Standard error of an AUC of n and others (Hanley & McNeil 1982, Radiology 143:29, eq. 1 and 2).

    >>> round(hanley_mcneil(0.893, 51, 58), 3)  # their example has 0.032 by ranks
    0.033
    """
    two, one = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    total = auc * (1 - auc) + (n - 1) * (two - auc**2) + (others - 1) * (one - auc**2)
    return float(np.sqrt(max(total, 0.0) / (n * others)))


_told: WeakKeyDictionary[Outcomes, Told] = WeakKeyDictionary()
"""The classifier of outcomes that are still in use: checks and weights are of the same one."""


def backgrounds_told(outcomes: Outcomes) -> Told:
    """The backgrounds of a run told from its real sequences; learned once.

    Raises
    ------
    InputError
        A run without real sequences, or with fewer than 100 backgrounds.
    """
    if outcomes.real is None:
        raise InputError(
            "outcomes without real sequences", "a classifier tells backgrounds from real ones",
            "Give them to run(..., real=sequences)",
        )  # fmt: skip
    if outcomes not in _told:
        _told[outcomes] = told_apart(outcomes.backgrounds, outcomes.real.sequences, made_of_real(outcomes))
    return _told[outcomes]


def made_of_real(outcomes: Outcomes) -> int:
    """How many real sequences the backgrounds are made of in turn, if these are the ones given; else 0."""
    given = outcomes.provenance.get("background")
    if outcomes.real is None or not isinstance(given, dict) or "in_turn" not in given:
        return 0
    same = (given.get("matched_to") or given["sources"]) == fingerprint(outcomes.real.sequences)
    return int(given["in_turn"]) if same else 0


def weights(odds: Floats) -> Floats:
    """Weights of mean 1 from odds, cut at their 99 % quantile.

    >>> weights(np.array([1.0, 3.0])).round(2).tolist()  # of two, the quantile is 2.98
    [0.5, 1.5]
    """
    cut = _cut(odds)
    return np.asarray(cut / cut.mean())


def effective(odds: Floats) -> float:
    """How many real sequences the backgrounds with these odds are worth: (Σ w)² / Σ w², and at most Σ w.

    The first is Kish's effective sample size (1965, Survey Sampling, §11.7) of the odds w, cut as for weights. Where
    the backgrounds reach as far as real sequences do, w has mean 1, and the first is the smaller. Where the two share
    nothing, all odds are near 0: weights may be equal then, and every background equally unreal.

    >>> effective(np.array([2.0, 2.0, 0.0, 0.0])), effective(np.full(4, 0.01))
    (2.0, 0.04)
    """
    cut = _cut(odds)
    return float(min(cut.sum(), cut.sum() ** 2 / (cut**2).sum()))


def _cut(odds: Floats) -> Floats:
    return np.minimum(odds, np.quantile(odds, TRIMMED))
