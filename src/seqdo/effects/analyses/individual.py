"""Individual causal effects: every contrast on every background, such as the effect of each variant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.estimates import Estimates
from seqdo.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 10_000_000
"""Largest number of rows of the table, which takes about 1 GB."""

VARIANT_COLUMNS = ("id", "chrom", "pos", "ref", "alt")
"""Columns of a table of variants by which effects join it."""

ENOUGH = 3
"""Smallest number of members for an interval on a single background."""


def individual(effects: Estimates) -> pd.DataFrame:
    """Each row of the table of effects on every background: the mean over members, and its interval.

    An individual effect is conditional on its sequence. Its interval covers how another trained model would predict
    this sequence: it is a t interval over S members (S − 1 degrees of freedom), at the level of ``effects``. It covers
    one effect alone. For the largest of many effects the interval is too narrow.

    Parameters
    ----------
    effects : estimates of a run; the rows that its table has now are used

    Returns
    -------
    DataFrame
        A row for each effect and background, with the columns background (name or number), output, contrast, one for
        each factor, estimate, se, low, high, members and flag. The flag is "one model" or "two models" where se, low
        and high are NaN. Text columns are categories. Backgrounds that come from a table of variants have the columns
        id, chrom, pos (1-based), ref and alt of their row, by which the effects join that table.

    Raises
    ------
    InputError
        The table would have more than 10,000,000 rows.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.additive({"AT": 2.0}, length=4)
    >>> effects = sd.estimate(sd.run(sd.embed("A", at=0), model, ["CTCC", "CATC"], rng=0))
    >>> individual(effects)[["background", "contrast", "estimate", "flag"]].values.tolist()
    [[0, 'effect', 2.0, 'one model'], [1, 'effect', 0.0, 'one model']]
    """
    import pandas as pd

    table, backgrounds = effects.table, effects.outcomes.backgrounds
    n, members = len(backgrounds), effects.outcomes.y.sizes["model"]
    _refuse_size(len(table), n)
    numbers = np.empty((4, len(table), n))
    for row, values in enumerate(effects.single()):
        numbers[:, row] = _interval(values, effects.level)
    factors = [name for name in effects.outcomes.design.factors if name in table]
    names = np.arange(n) if backgrounds.names is None else pd.Categorical(backgrounds.names)
    repeated = np.tile(np.arange(n), len(table))
    columns: dict[str, Any] = {"background": pd.Series(names).iloc[repeated].array}
    columns |= {name: cells.iloc[repeated].array for name, cells in _variant_columns(effects, n).items()}
    for name in ("output", "contrast", *factors):
        kept = table[name] if pd.api.types.is_numeric_dtype(table[name]) else table[name].astype("category")
        columns[name] = kept.iloc[np.repeat(np.arange(len(table)), n)].array
    columns |= dict(zip(("estimate", "se", "low", "high"), numbers.reshape(4, -1), strict=True))
    flag = pd.Categorical([{1: "one model", 2: "two models"}.get(members, "")])
    return pd.DataFrame(columns | {"members": members, "flag": flag.repeat(len(table) * n)})


def _variant_columns(effects: Estimates, n: int) -> dict[str, pd.Series[Any]]:
    """The variant of each background in the letters of its table; several variants of a background joined by ";"."""
    import pandas as pd

    rows, names = effects.outcomes.design.rows, effects.outcomes.backgrounds.names
    if rows is None or names is None:
        return {}
    used = rows[rows["background"] != ""]
    columns: dict[str, pd.Series[Any]] = {}
    for name in VARIANT_COLUMNS:
        cells = used[name].groupby(used["background"], sort=False).agg(_together).reindex(list(names))
        columns[name] = cells if pd.api.types.is_numeric_dtype(cells) else cells.astype("category")
    return columns


def _together(cells: pd.Series[Any]) -> Any:  # noqa: ANN401 - the type of the cells
    """The only cell; several as one text, or once where they are equal."""
    values = cells.tolist()
    if len(set(values)) == 1:
        return values[0]
    return ";".join(map(str, values))


def _interval(values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Estimate, standard error and both limits, (4, n), of contrasts (members, n)."""
    from scipy.special import stdtrit

    mean, missing = values.mean(0), np.full(values.shape[1], np.nan)
    if len(values) < ENOUGH:
        return np.stack([mean, missing, missing, missing])
    se = values.std(0, ddof=1) / np.sqrt(len(values))
    half = stdtrit(len(values) - 1, (1 + level) / 2) * se
    return np.stack([mean, se, mean - half, mean + half])


def _refuse_size(rows: int, n: int) -> None:
    if rows * n > MOST_ROWS:
        raise InputError(
            f"`effects` has {rows:,} rows on {n:,} backgrounds, which makes {rows * n:,} rows",
            f"at most {MOST_ROWS:,} rows fit in memory",
            "Filter effects.table first, or use effects.values(row) for one row",
        )  # fmt: skip
