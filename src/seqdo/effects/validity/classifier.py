"""Classifier: how well k-mers distinguish backgrounds from real sequences, and the odds that a background is real.

Each sequence is judged by a classifier that was not trained on it. With classes of equal size, the odds are the density
of real sequences at this sequence divided by the density of backgrounds. Used as weights, the odds make the backgrounds
resemble real sequences in everything that the classifier sees (Lopez-Paz & Oquab 2017, ICLR; Shimodaira 2000, J. Stat.
Plan. Inference 90:227).
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.validity.composition import shares
from seqdo.errors import InputError
from seqdo.outcomes.extras import evenly
from seqdo.outcomes.outcomes import Outcomes
from seqdo.outcomes.run_inputs import Fingerprint
from seqdo.sequences.sequences import Sequences, fingerprint

Floats = NDArray[np.float64]

FEWEST = 100
"""Fewest sequences of each class. With fewer, 84 shares distinguish two classes by chance."""

MOST = 2000
"""Most sequences of each class that are used."""

FOLDS = 5
SEED = 0
"""Seed of the folds: the same for every run, so that a report is the same each time."""

C = 0.03
"""Inverse penalty. It lets coefficients of standardized shares have a prior SD of 0.17.

Simulated classes had 1,000 random sequences of length 41 to 200, and differed in GC by 5 points or in CpG by a factor
of 2. The weights remove 0.89 to 0.94 of the difference. 100 sequences of one distribution keep an effective sample size
of 0.6 of their number. With the default of scikit-learn, C = 1, these would be 0.91 to 1.01, and 0.1.
"""

TRIMMED = 0.99
"""Quantile at which the odds are cut, so that a few sequences cannot dominate the weighted mean."""

TWICE = 2.0
"""Factor on the variance of a cross-validated AUC.

If two classes do not differ, the variance is twice that of Hanley & McNeil, because each pair of sequences is used in
both directions: each is once in the training set of the other. If the classes differ, the interval is too wide by this
factor. Simulated with two classes of one distribution (100 to 1,000 sequences of length 41 to 200), 2 to 7 % of 95 %
intervals miss 0.5.
"""


@dataclass(frozen=True, eq=False)
class Classification:
    """How well a classifier distinguishes real sequences from others.

    Attributes
    ----------
    auc : chance that a real sequence has larger odds than another sequence; 0.5 if nothing distinguishes them
    low, high : the 95 % interval of the AUC
    each : number of sequences of each class in the training data
    odds : float64 (n,), odds that each of the other sequences is real, from a classifier not trained on that sequence
    """

    auc: float
    low: float
    high: float
    each: int
    odds: Floats


Families = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Number of the family of each sequence and of each real sequence. A classifier never judges a family that it was
trained on."""


def classify(sequences: Sequences, real: Sequences, sources: int = 0) -> Classification:
    """Distinguish sequences from real ones by their shares of 1- to 3-mers.

    The classifier is a logistic regression with an L2 penalty, cross-validated in 5 folds. Both classes have the same
    number of sequences, at most 2,000, spread evenly over their order. The AUC is that of all odds together. Its error
    is that of Hanley & McNeil, with twice the variance (see ``TWICE``).

    Parameters
    ----------
    sequences : n sequences, such as backgrounds
    real : real sequences
    sources : if not 0, sequence i is made of real sequence i mod ``sources``
        The two are alike but have different classes. A fold that trains on one of them must not judge the other.

    Raises
    ------
    InputError
        There are fewer than 100 of either.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rich, poor = (Sequences.from_codes(rng.choice(4, (200, 30), p=p)) for p in ([0.1, 0.4] * 2, [0.4, 0.1] * 2))
    >>> classify(rich, poor).auc > 0.99
    True
    """
    each = min(len(sequences), len(real), MOST)
    if each < FEWEST:
        raise InputError(
            f"{len(sequences)} backgrounds and {len(real)} sequences in `real`",
            f"a classifier needs {FEWEST} of each", f"Run n={FEWEST} or more",
        )  # fmt: skip
    chosen = evenly(len(real), each)
    families = (np.arange(len(sequences)) % sources, chosen) if sources else None
    score, log_odds = _scored(shares(sequences), shares(real[chosen]), families)
    auc = rank_auc(score[each:], score[:each])
    half = 1.96 * TWICE**0.5 * hanley_mcneil(auc, each, each)
    return Classification(auc, max(0.0, auc - half), min(1.0, auc + half), each, np.exp(log_odds))


def _scored(ours: Floats, theirs: Floats, families: Families | None = None) -> tuple[Floats, Floats]:
    """Log odds of both classes, from shares (n, 84) and (each, 84).

    The first result has ``each`` rows of ours, then all of theirs. The second has all of ours.
    """
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
    # Sequences that are in no training set are divided among the folds too, so that all odds have one distribution.
    fold_of_left = np.arange(len(left)) % FOLDS
    if families is None:
        splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(x, y))
    else:
        family = np.concatenate([families[0][taken], families[1]])
        splits = list(StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED).split(x, y, family))
        for fold, (_, tested) in enumerate(splits):
            fold_of_left[np.isin(families[0][left], family[tested])] = fold
    with threadpool_limits(1):  # for so few numbers two threads take four times as long
        for fold, (trained, tested) in enumerate(splits):
            model = make_pipeline(StandardScaler(), LogisticRegression(C=C, solver="newton-cholesky"))
            model.fit(x[trained], y[trained])
            score[tested] = model.decision_function(x[tested])
            others = left[fold_of_left == fold]
            if len(others):
                log_odds[others] = model.decision_function(ours[others])
    log_odds[taken] = score[:each]
    return score, log_odds


def rank_auc(larger: Floats, smaller: Floats) -> float:
    """Area under the ROC curve: Mann and Whitney's U divided by the number of pairs.

    Parameters
    ----------
    larger, smaller : scores of the two classes
        The result is the share of pairs in which the score of ``larger`` is larger. A tie counts as half a pair.

    Examples
    --------
    >>> rank_auc(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    from scipy.stats import rankdata

    n = len(larger)
    ranks = rankdata(np.concatenate([larger, smaller]))[:n].sum()
    return float((ranks - n * (n + 1) / 2) / (n * len(smaller)))


def hanley_mcneil(auc: float, n: int, others: int) -> float:
    """Standard error of an AUC (Hanley & McNeil 1982, Radiology 143:29, eq. 1 and 2).

    Parameters
    ----------
    auc : the AUC
    n, others : numbers of sequences in the two classes

    Examples
    --------
    >>> round(hanley_mcneil(0.893, 51, 58), 3)  # the example of the paper has 0.032, from ranks
    0.033
    """
    # q1: two of n exceed the same one of the others. q2: one of n exceeds two of the others.
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    total = auc * (1 - auc) + (n - 1) * (q1 - auc**2) + (others - 1) * (q2 - auc**2)
    return float(np.sqrt(max(total, 0.0) / (n * others)))


_classifications: WeakKeyDictionary[Outcomes, Classification] = WeakKeyDictionary()
"""Classifications of outcomes that are still in use, so that checks and weights come from the same one."""


def classify_backgrounds(outcomes: Outcomes) -> Classification:
    """Distinguish the backgrounds of a run from its real sequences. The classifier is trained once for each outcomes.

    Parameters
    ----------
    outcomes : outcomes of a run with real sequences

    Raises
    ------
    InputError
        The run has no real sequences, or fewer than 100 backgrounds.
    """
    if outcomes.real is None:
        raise InputError(
            "`outcomes` without real sequences", "a classifier needs real sequences to compare backgrounds with",
            "Write sd.run(..., real=sequences)",
        )  # fmt: skip
    if outcomes not in _classifications:
        backgrounds, real = outcomes.backgrounds, outcomes.real.sequences
        _classifications[outcomes] = classify(backgrounds, real, made_of_real(outcomes))
    return _classifications[outcomes]


def made_of_real(outcomes: Outcomes) -> int:
    """Number of real sequences that are also the sources of the backgrounds; 0 if the sources are others.

    If it is N, background i is made of real sequence i mod N.

    Parameters
    ----------
    outcomes : outcomes of a run with real sequences
    """
    background = outcomes.provenance.background
    if outcomes.real is None or background is None or background.targets is None:
        return 0
    same = background.targets == Fingerprint.from_json(fingerprint(outcomes.real.sequences))
    return background.dependence.in_turn if same else 0


def weights(odds: Floats) -> Floats:
    """Weights of mean 1 from odds, cut at their 99 % quantile.

    Parameters
    ----------
    odds : (n,)

    Examples
    --------
    >>> weights(np.array([1.0, 3.0])).round(2).tolist()  # the quantile is 2.98
    [0.5, 1.5]
    """
    cut = _cut(odds)
    return np.asarray(cut / cut.mean())


def effective(odds: Floats) -> float:
    """Effective sample size of weighted backgrounds: the number of real sequences with the same information.

    It is the smaller of (Σ w)² / Σ w² and Σ w. The first is Kish's effective sample size (1965, Survey Sampling, §11.7)
    of the odds w, cut as in :func:`weights`. If the backgrounds cover all real sequences, w has mean 1, and the first
    is smaller. If backgrounds and real sequences have nothing in common, all odds are near 0. The weights may be equal
    even then, because no background resembles a real sequence more than another, and the second is smaller.

    Parameters
    ----------
    odds : (n,)

    Examples
    --------
    >>> effective(np.array([2.0, 2.0, 0.0, 0.0])), effective(np.full(4, 0.01))
    (2.0, 0.04)
    """
    cut = _cut(odds)
    return float(min(cut.sum(), cut.sum() ** 2 / (cut**2).sum()))


def _cut(odds: Floats) -> Floats:
    return np.minimum(odds, np.quantile(odds, TRIMMED))
