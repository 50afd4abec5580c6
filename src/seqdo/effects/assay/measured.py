"""Measured effects: what a pattern does in a randomised library's own assay, with no model between.

Letters of a random library are drawn by no one who knew the answer, so that sequences with a pattern differ from those
without in the pattern alone: the difference of their means is its average causal effect, as in a randomised trial
(Imbens & Rubin 2015, Causal Inference, ch. 6). It is the measured counterpart of what a design asks of a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.effects.assay.adjustment import Covariates, regressed
from seqdo.effects.assay.occurrences import Occurrences, arms_of, find
from seqdo.effects.statistics.interval import Interval, guard, joined, skewness
from seqdo.effects.statistics.verdicts import adjust as corrected
from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import RNA
from seqdo.sequences.sequences import Sequences, as_sequences

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST = 5
"""Sequences with (or without) a pattern below which nothing is estimated."""

ROUNDING = 1e-6
"""Share of all variance below which an arm's own is worked out from its values: a difference of sums would round."""

ADJUST = ("gc", "length", "patterns")


@dataclass(frozen=True, eq=False, repr=False)
class AssayEffects:
    """Effects measured in a library, a row for each pattern (and bin of positions).

    Attributes
    ----------
    table : DataFrame
        Columns pattern, (position, stop: of a bin), estimate, se, low, high (at ``level``), p, p_adjusted
        (Benjamini-Hochberg over all rows), df, n_with, n_without, flag; with predictions also predicted, predicted_low,
        predicted_high and missed, missed_low, missed_high, missed_p_adjusted. NaN with a flag where fewer than 5
        sequences hold the pattern, or lack it.
    n : sequences of the library
    level : of low and high
    adjusted : what was adjusted for
    both_strands : was either strand looked at?
    """

    table: pd.DataFrame
    n: int
    level: float
    adjusted: tuple[str, ...] = ()
    both_strands: bool = False

    def __repr__(self) -> str:
        known = int(self.table["estimate"].notna().sum())
        return f"<{known} of {len(self.table)} effects measured in {self.n:,} sequences; the rows are in .table>"


def measured_effects(
    sequences: Sequences | NDArray[np.integer] | Iterable[str],
    y: ArrayLike,
    patterns: str | Motif | Sequence[str | Motif],
    *,
    positions: Sequence[int] | None = None,
    once: bool = True,
    both_strands: bool | None = None,
    adjust: str | Sequence[str] = (),
    predictions: ArrayLike | None = None,
    level: float = 0.95,
) -> AssayEffects:
    """The mean of y over sequences that hold a pattern, minus the mean over those that hold it nowhere.

    Welch's interval (Welch 1947, Biometrika 34:28); adjusted, the pattern's slope in a regression on it and on what is
    adjusted for, with HC3 errors (MacKinnon & White 1985, J. Econometrics 29:305).

    Parameters
    ----------
    sequences : n of a library whose letters were randomised; of a library with constant flanks the random part alone
    y : (n,), what was measured of each, in any unit
    patterns : one or more: letters, IUPAC codes, or a Motif, of which each place's likely letters count
        (``seqdo.motifs.matches.LIKELY``)
    positions : edges of bins of the pattern's 0-based start: (0, 10, 20) asks of [0, 10) and of [10, 20)
        Each bin is compared with the same sequences, those that hold the pattern nowhere.
    once : compare sequences that hold it exactly once; False takes all that hold it
    both_strands : look for it on both strands; None does in DNA and not in RNA
        What is set beside it has to ask the same: ``sd.kmers(..., strands="both")``.
    adjust : some of "gc" (share of G and C outside the pattern's place), "length", and "patterns" (which of the other
        patterns stand in the sequence, without overlap of the pattern's place)
        A library that is random needs none of these for an unbiased answer; they can narrow it, and show whether a
        library that was designed is confounded.
    predictions : (n,), a model's for the same sequences, in the unit of y
        Gives ``predicted``, the same contrast of the predictions, and ``missed``, that of y − prediction: where it is
        not 0 the model is wrong about this library. Where it is 0 and the model's own effect is another, backgrounds or
        places differ, and not the model and the assay.

    Raises
    ------
    InputError
        y or predictions of another length, or that are not finite (with their number); no pattern, one given twice,
        of the other alphabet, or longer than every sequence; edges that do not rise.

    Examples
    --------
    >>> library = ["GATTACCC", "CCGATTAC", "CCCCCCCC", "GGGGGGGG", "AAAAAAAA", "ACACACAC"] * 5
    >>> found = measured_effects(library, [3.0, 3.2, 1.0, 1.2, 0.8, 1.0] * 5, "GATTAC")
    >>> found.table[["pattern", "estimate", "n_with", "n_without"]].round(3).values.tolist()
    [['GATTAC', 2.1, 10, 20]]
    """
    library = as_sequences(sequences)
    values = _values(y, predictions, len(library))
    names, wanted = _names(adjust), _level(level)
    if not isinstance(both_strands, bool | np.bool_ | None):
        raise InputError(f"both_strands={both_strands!r}", "True, False or None is needed")
    places = find(library, patterns, both_strands)
    bins = [None] if positions is None else _bins(positions)
    known = Covariates(library, places, names) if names else None
    moments = Moments.of(values)
    rows = [_row(moments, one, span, once, known) for one in places for span in bins]
    either = library.alphabet != RNA if both_strands is None else bool(both_strands)
    return AssayEffects(_table(rows, wanted, predictions is not None), len(library), wanted, names, either)


@dataclass(frozen=True, eq=False)
class Moments:
    """Values (m, n) with the sums of all of them, so that a large arm is told from the few that are not in it.

    Attributes
    ----------
    middle : the mean of all, (m, 1); sums are of differences from it
    total, squares : (m,)
    """

    values: Floats
    middle: Floats
    total: Floats
    squares: Floats

    @classmethod
    def of(cls, values: Floats) -> Moments:
        """Those of values (m, n)."""
        middle = values.mean(1, keepdims=True)
        apart = values - middle
        return cls(values, middle, apart.sum(1), (apart**2).sum(1))

    def arm(self, rows: Flags) -> tuple[Floats, Floats]:
        """Mean and variance (n − 1) of each of the values over the rows of an arm."""
        count = int(rows.sum())
        few = rows if 2 * count <= len(rows) else ~rows
        apart = self.values[:, few] - self.middle
        total, squares = apart.sum(1), (apart**2).sum(1)
        if few is not rows:
            total, squares = self.total - total, self.squares - squares
        variance = (squares - total**2 / count) / (count - 1)
        if (variance > ROUNDING * self.squares / len(rows)).all():
            return self.middle[:, 0] + total / count, variance
        arm = self.values[:, rows]  # Six hundred times 1.1 have a variance of 1e-31, not of 0.
        return arm.mean(1), np.where(skewness(arm)[1], 0.0, arm.var(1, ddof=1))


def _row(
    moments: Moments, one: Occurrences, span: tuple[int, int] | None, once: bool, known: Covariates | None
) -> dict[str, Any]:
    """One pattern (in one bin): who holds it, and estimate, se and df of each of the values (m, n)."""
    values = moments.values
    holds, lacks = arms_of(one, values.shape[1], once, span)
    found: dict[str, Any] = {"pattern": one.motif.name}
    if span is not None:
        found |= {"position": span[0], "stop": span[1]}
    found |= {"n_with": int(holds.sum()), "n_without": int(lacks.sum()), "flag": ""}
    nothing = np.full(len(values), np.nan)
    few = [f"{found[arm]} {what} it" for arm, what in (("n_with", "hold"), ("n_without", "lack")) if found[arm] < LEAST]
    if few:
        return found | {"numbers": (nothing, nothing, nothing), "flag": f"only {' and '.join(few)}"}
    numbers = _welch(moments, holds, lacks) if known is None else regressed(values, holds, lacks, known.of(one, holds))
    flag = str(guard(values[:1, holds]).flag[0])
    if np.isnan(numbers[0][0]):
        flag = "not told apart from what is adjusted for"
    return found | {"numbers": numbers, "flag": flag}


def _welch(moments: Moments, holds: Flags, lacks: Flags) -> tuple[Floats, Floats, Floats]:
    """Differences of means of values (m, n), with their standard errors and degrees of freedom (Satterthwaite)."""
    means, variances = zip(moments.arm(holds), moments.arm(lacks), strict=True)
    counts = [int(arm.sum()) for arm in (holds, lacks)]
    parts = [variance / count for variance, count in zip(variances, counts, strict=True)]
    variance = parts[0] + parts[1]
    weighed = parts[0] ** 2 / (counts[0] - 1) + parts[1] ** 2 / (counts[1] - 1)
    df = np.divide(variance**2, weighed, out=np.full(len(variance), np.nan), where=weighed > 0)
    return means[0] - means[1], np.sqrt(variance), df


def _table(rows: list[dict[str, Any]], level: float, predicted: bool) -> pd.DataFrame:
    import pandas as pd

    estimate, se, df = (np.array([row["numbers"][part] for row in rows]) for part in range(3))
    none = np.zeros(estimate.shape)
    found = Interval(estimate, se, df, none, 1, none)
    low, high = found.bounds(level)
    p = np.where(se > 0, found.p, np.nan)
    family = np.zeros(len(rows), int)
    keys = [name for name in ("pattern", "position", "stop") if name in rows[0]]
    data: dict[str, Any] = {name: [row[name] for row in rows] for name in keys}
    data |= {"estimate": estimate[:, 0], "se": se[:, 0], "low": low[:, 0], "high": high[:, 0]}
    data |= {"p": p[:, 0], "p_adjusted": corrected(p[:, 0], family), "df": df[:, 0]}
    data |= {name: [row[name] for row in rows] for name in ("n_with", "n_without")}
    if predicted:
        for column, name in ((1, "predicted"), (2, "missed")):
            data |= {name: estimate[:, column], f"{name}_low": low[:, column], f"{name}_high": high[:, column]}
        data["missed_p_adjusted"] = corrected(p[:, 2], family)
    constant = np.where(se[:, 0] == 0, "no variance in either arm", "")
    return pd.DataFrame(data | {"flag": joined(np.array([row["flag"] for row in rows]), constant)})


def _values(y: ArrayLike, predictions: ArrayLike | None, n: int) -> Floats:
    """What is contrasted, (1, n): y; or (3, n): y, the predictions, and y − predictions."""
    one = _finite("y", y, n)
    if predictions is None:
        return one[None]
    other = _finite("predictions", predictions, n)
    return np.stack([one, other, one - other])


def _finite(name: str, given: ArrayLike, n: int) -> Floats:
    try:
        values = np.asarray(given, np.float64) if not np.iscomplexobj(given) else None
    except (TypeError, ValueError):
        values = None
    if values is None:
        raise InputError(f"{name} that is not all numbers", "one real number for each sequence is needed")
    if values.shape != (n,):
        write = "Write predictions.mean(0)[:, 0] for those of model.predict" if values.ndim == 3 else ""
        raise InputError(
            f"{name} of shape {values.shape} for {n:,} sequences", "one number for each sequence is needed", write
        )
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise InputError(
            f"{name} with {bad:,} of {n:,} values that are NaN or infinite", "a mean over the others is of other ones",
            "Leave these sequences out of all that is given, and say how many they were",
        )  # fmt: skip
    return values


def _bins(edges: Sequence[int]) -> list[tuple[int, int]]:
    numbers = list(edges) if isinstance(edges, Iterable) else [edges]
    whole = all(isinstance(edge, int | np.integer) and not isinstance(edge, bool) for edge in numbers)
    if not whole or len(numbers) < 2 or numbers != sorted(set(numbers)) or numbers[0] < 0:
        raise InputError(
            f"positions={numbers[:8]!r}", "edges of bins are two or more whole numbers that rise, from 0 on",
            "Write positions=range(0, 41, 10) for [0, 10), [10, 20), ...",
        )  # fmt: skip
    return [(int(start), int(stop)) for start, stop in pairwise(numbers)]


def _level(level: object) -> float:
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < float(level) < 1:
        raise InputError(f"level={level!r}", "a share between 0 and 1 is needed", "Write level=0.95 for 95 %")
    return float(level)


def _names(adjust: str | Sequence[str]) -> tuple[str, ...]:
    """What is adjusted for, each a name that is known."""
    names = tuple(adjust) if isinstance(adjust, Iterable) and not isinstance(adjust, str) else (adjust,)
    strange = [name for name in names if name not in ADJUST]
    if strange or len(set(names)) < len(names):
        raise InputError(f"adjust={adjust!r}", f"some of {', '.join(ADJUST)}, each once", 'Write adjust=("gc",)')
    return names
