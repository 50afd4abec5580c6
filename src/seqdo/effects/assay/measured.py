"""Measured effects: the effect of a pattern in the assay of a randomized library, without any model.

The letters of a random library are drawn independently of the outcome. Hence sequences with a pattern and sequences
without the pattern differ systematically in the pattern alone. The difference of their means is the average causal
effect of the pattern, as in a randomized trial (Imbens & Rubin 2015, Causal Inference, ch. 6). A design estimates the
same effect in a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.effects.assay.adjustment import Covariates, pattern_slopes
from seqdo.effects.assay.moments import Moments, welch
from seqdo.effects.assay.occurrences import Occurrences, arms_of, find
from seqdo.effects.statistics.interval import Interval, guard, joined
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
"""Fewest sequences with a pattern, and fewest without, for an estimate."""

ADJUST = ("gc", "length", "patterns")


@dataclass(frozen=True, eq=False, repr=False)
class AssayEffects:
    """Effects measured in a library, one row for each pattern (and bin of positions).

    Attributes
    ----------
    table : DataFrame
        Columns pattern, (position, stop: of a bin), estimate, se, low, high (at ``level``), p, p_adjusted
        (Benjamini-Hochberg over all rows), df, n_with, n_without, flag. With predictions also predicted, predicted_low,
        predicted_high (the same contrast of the predictions) and missed, missed_low, missed_high, missed_p_adjusted (of
        y − prediction). NaN with a flag if fewer than 5 sequences have the pattern, or fewer than 5 lack it.
    n : number of sequences in the library
    level : confidence level of low and high
    adjusted : covariates in the regression
    both_strands : whether both strands were searched
    """

    table: pd.DataFrame
    n: int
    level: float
    adjusted: tuple[str, ...] = ()
    both_strands: bool = False

    def __repr__(self) -> str:
        estimated = int(self.table["estimate"].notna().sum())
        return f"<{estimated} of {len(self.table)} effects measured in {self.n:,} sequences; the rows are in .table>"


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
    """Effects of patterns in a library: the mean of y over sequences with a pattern minus the mean over those without.

    Intervals are Welch's (Welch 1947, Biometrika 34:28). With ``adjust``, the effect is the slope of the pattern in a
    regression on the pattern and the covariates, with HC3 errors (MacKinnon & White 1985, J. Econometrics 29:305).

    Parameters
    ----------
    sequences : the n sequences of a library with random letters; if it has constant flanks, the random part alone
    y : (n,), the measurement of each sequence, in any unit
    patterns : letters, IUPAC codes or a Motif, or a list of these
        A Motif matches each letter that is at least half as likely as the likeliest letter of its position.
    positions : edges of bins for the 0-based start of the pattern: (0, 10, 20) gives the bins [0, 10) and [10, 20)
        Each bin is compared with the same sequences: those without the pattern anywhere.
    once : whether to use only sequences that have the pattern exactly once; False uses all sequences that have it
    both_strands : whether to search both strands; None means both for DNA and one for RNA
        A design that is compared with this result must do the same: ``sd.kmers(..., strand="both")``.
    adjust : some of "gc" (share of G and C outside the pattern), "length", and "patterns" (which of the other patterns
        occur without overlap with the pattern)
        A random library needs no adjustment for an unbiased estimate. Adjustment can narrow the interval, and shows
        whether a designed library is confounded.
    predictions : (n,), predictions of a model for the same sequences, in the unit of y
        They add ``predicted``, the same contrast of the predictions, and ``missed``, the contrast of y − prediction. If
        ``missed`` is not 0, the model is wrong about this library. If ``missed`` is 0 and the effect in the model
        differs, then the backgrounds or the positions differ, and not the model and the assay.
    level : confidence level of the intervals

    Returns
    -------
    Measured
        The effects are in its ``table``.

    Raises
    ------
    InputError
        ``y`` or ``predictions`` have another length or values that are not finite; there is no pattern, a pattern
        occurs twice, has the other alphabet or is longer than every sequence; or the edges of bins do not increase.

    Examples
    --------
    >>> library = ["GATTACCC", "CCGATTAC", "CCCCCCCC", "GGGGGGGG", "AAAAAAAA", "ACACACAC"] * 5
    >>> effects = measured_effects(library, [3.0, 3.2, 1.0, 1.2, 0.8, 1.0] * 5, "GATTAC")
    >>> effects.table[["pattern", "estimate", "n_with", "n_without"]].round(3).values.tolist()
    [['GATTAC', 2.1, 10, 20]]
    """
    library = as_sequences(sequences)
    values = _values(y, predictions, len(library))
    names, confidence = _names(adjust), _level(level)
    if not isinstance(both_strands, bool | np.bool_ | None):
        raise InputError(f"both_strands={both_strands!r}", "True, False or None is needed")
    places = find(library, patterns, both_strands)
    bins = [None] if positions is None else _bins(positions)
    covariates = Covariates(library, places, names) if names else None
    moments = Moments.of(values)
    rows = [_row(moments, pattern, span, once, covariates) for pattern in places for span in bins]
    either = library.alphabet != RNA if both_strands is None else bool(both_strands)
    return AssayEffects(_table(rows, confidence, predictions is not None), len(library), confidence, names, either)


def _row(
    moments: Moments,
    pattern: Occurrences,
    span: tuple[int, int] | None,
    once: bool,
    covariates: Covariates | None,
) -> dict[str, Any]:
    """Row for one pattern (in one bin): sizes of the arms, and estimate, se and df of each of the m values."""
    values = moments.values
    holds, lacks = arms_of(pattern, values.shape[1], once, span)
    row: dict[str, Any] = {"pattern": pattern.motif.name}
    if span is not None:
        row |= {"position": span[0], "stop": span[1]}
    row |= {"n_with": int(holds.sum()), "n_without": int(lacks.sum()), "flag": ""}
    nothing = np.full(len(values), np.nan)
    arms = (("n_with", "with"), ("n_without", "without"))
    few = [f"{row[arm]} sequences {what} the pattern" for arm, what in arms if row[arm] < LEAST]
    if few:
        return row | {"numbers": (nothing, nothing, nothing), "flag": f"only {' and only '.join(few)}"}
    if covariates is None:
        numbers = welch(moments, holds, lacks)
    else:
        numbers = pattern_slopes(values, holds, lacks, covariates.of(pattern, holds))
    flag = str(guard(values[:1, holds]).flag[0])
    if np.isnan(numbers[0][0]):
        flag = "the covariates predict which sequences have the pattern"
    return row | {"numbers": numbers, "flag": flag}


def _table(rows: list[dict[str, Any]], level: float, predicted: bool) -> pd.DataFrame:
    """The table of :class:`Measured`; ``predicted`` adds the columns of predictions."""
    import pandas as pd

    estimate, se, df = (np.array([row["numbers"][i] for row in rows]) for i in range(3))
    none = np.zeros(estimate.shape)
    intervals = Interval(estimate, se, df, none, 1, none)
    low, high = intervals.bounds(level)
    p = np.where(se > 0, intervals.p, np.nan)
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
    """Values to contrast: y as (1, n); or y, the predictions and y − predictions as (3, n)."""
    outcome = _finite("y", y, n)
    if predictions is None:
        return outcome[None]
    predicted = _finite("predictions", predictions, n)
    return np.stack([outcome, predicted, outcome - predicted])


def _finite(name: str, numbers: ArrayLike, n: int) -> Floats:
    """The numbers as float64 (n,), all of them finite; ``name`` is the argument."""
    try:
        values = np.asarray(numbers, np.float64) if not np.iscomplexobj(numbers) else None
    except (TypeError, ValueError):
        values = None
    if values is None:
        raise InputError(f"`{name}` is not all numbers", "one real number for each sequence is needed")
    if values.shape != (n,):
        fix = "Write predictions.mean(0)[:, 0] for the result of model.predict" if values.ndim == 3 else ""
        raise InputError(
            f"`{name}` has shape {values.shape} for {n:,} sequences", "one number for each sequence is needed", fix
        )
    invalid = int((~np.isfinite(values)).sum())
    if invalid:
        raise InputError(
            f"`{name}` has {invalid:,} of {n:,} values that are NaN or infinite",
            "finite numbers are needed, because a mean without these sequences would be a mean of other sequences",
            "Leave these sequences out of all arguments, and report their number",
        )
    return values


def _bins(edges: Sequence[int]) -> list[tuple[int, int]]:
    numbers = list(edges) if isinstance(edges, Iterable) else [edges]
    whole = all(isinstance(edge, int | np.integer) and not isinstance(edge, bool) for edge in numbers)
    if not whole or len(numbers) < 2 or numbers != sorted(set(numbers)) or numbers[0] < 0:
        raise InputError(
            f"positions={numbers[:8]!r}", "edges of bins are two or more whole numbers from 0 on, in increasing order",
            "Write positions=range(0, 41, 10) for [0, 10), [10, 20), ...",
        )  # fmt: skip
    return [(int(start), int(stop)) for start, stop in pairwise(numbers)]


def _level(level: object) -> float:
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < float(level) < 1:
        raise InputError(f"level={level!r}", "a share between 0 and 1 is needed", "Write level=0.95 for 95 %")
    return float(level)


def _names(adjust: str | Sequence[str]) -> tuple[str, ...]:
    """Names of the covariates, each of them valid."""
    names = tuple(adjust) if isinstance(adjust, Iterable) and not isinstance(adjust, str) else (adjust,)
    invalid = [name for name in names if name not in ADJUST]
    if invalid or len(set(names)) < len(names):
        raise InputError(
            f"adjust={adjust!r}", f"some of {', '.join(ADJUST)} are accepted, each once", 'Write adjust=("gc",)'
        )
    return names
