"""Comparison of measured effects with the effects in a model, pattern by pattern or position by position."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.changes.site import Site
from seqdo.designs.design import Contrast, Design
from seqdo.effects.assay.fitted_line import Line, fit
from seqdo.effects.assay.measured import AssayEffects
from seqdo.effects.estimate import estimate
from seqdo.effects.estimates import Estimates
from seqdo.effects.statistics.verdicts import adjust
from seqdo.errors import InputError
from seqdo.motifs.motif import Motif

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

LEAST = 5
"""Fewest points for a line."""

CALLED = 0.05
"""False discovery rate at which a point is reported to deviate from the line."""


@dataclass(frozen=True, eq=False, repr=False)
class AssayComparison:
    """Measured effects compared with the effects in a model.

    Attributes
    ----------
    table : DataFrame, one row for each pattern (and bin of positions) that was measured and is in the design
        Columns pattern, (position, stop), effect, effect_se, effect_low, effect_high (in the model), measured,
        measured_se, measured_low, measured_high, n_with, fitted (value of the line), difference (measured − fitted),
        errors (the difference in units of its standard error), p, p_adjusted (Benjamini-Hochberg), parts (whether the
        row deviates from the line: p_adjusted <= 0.05), flag, and the columns of predictions if ``measured`` has them.
        NaN if the effect could not be measured. Such a row is not in the fit.
    summary : DataFrame with index slope, intercept, spearman, pearson and columns estimate, low, high, p
    scatter : SD of measured effects about the line that errors do not explain, in the unit of the assay
    reliability : share of the variance of the effects in the model that is not error
        Below 0.7 the interval of the slope covers too little: run the design on more backgrounds.
    ceiling : Pearson's r that a perfect model would reach with these errors; NaN if errors explain all the variance
    line : the fitted line
    output, contrast, unit : of the effects in the model
    question : question of the design
    measured : the measured effects
    level : confidence level of all intervals
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    scatter: float
    reliability: float
    ceiling: float
    line: Line
    output: str
    contrast: str
    unit: str
    question: str
    measured: AssayEffects
    level: float

    def __repr__(self) -> str:
        slope, spearman = self.summary.loc["slope"], self.summary.loc["spearman"]
        return (
            f"<{self.line.n} measured effects compared with {self.output}: slope {slope['estimate']:.3g} "
            f"({slope['low']:.3g} to {slope['high']:.3g}), Spearman {spearman['estimate']:.3f}, "
            f"{int(self.table['parts'].sum())} deviate from the line>"
        )


def compare_with_assay(
    measured: AssayEffects, effects: Estimates, *, contrast: str = "effect", output: str | None = None
) -> AssayComparison:
    """Compare measured effects with the effects in a model: slope, correlations, and the rows that deviate.

    Rows are joined by the name of the pattern and, if ``measured`` has bins of positions, by bin. The effect in the
    model is the mean of the contrasts in that bin, formed on each background. Hence a scan of all positions gives the
    mean over positions, as a library has them. The line has errors in both coordinates
    (:mod:`seqdo.effects.assay.fitted_line`). Correlations have Fisher's interval over patterns; for ranks its variance
    is (1 + r² / 2) / (n − 3) (Bonett & Wright 2000, Psychometrika 65:23).

    The errors of different points are assumed to be independent. In fact the effects in the model share their
    backgrounds, and the measured effects share most sequences without a pattern. Such shared errors move the intercept,
    and hardly the slope.

    Parameters
    ----------
    measured : the result of ``sd.measured_effects``
    effects : effects of ``kmers``, ``positions``, ``embed`` or any design with one site in an arm
        Slope and intercept have a meaning only if the output of the model has the unit of y.
    contrast : name of the contrasts
    output : name of the output; by default the first

    Returns
    -------
    AssayComparison
        The comparison.

    Raises
    ------
    InputError
        There is no such contrast or output, fewer than 5 rows have both effects, or all effects in the model are equal.

    Examples
    --------
    >>> import seqdo as sd
    >>> patterns = ["GATTAC", "CCGGTA", "TTTCAG", "ACGTCC", "GGGATA", "CTCTCA"]
    >>> model = sd.planted.additive(dict(zip(patterns, (2.0, 1.0, 0.5, -1.0, 0.0, 1.5))), 60)
    >>> null = sd.backgrounds.uniform(60)
    >>> library = null.sample(20000, rng=1)
    >>> in_assay = sd.measured_effects(library, model.predict(library)[0, :, 0], patterns, both_strands=False)
    >>> in_model = sd.estimate(sd.run(sd.kmers(patterns, at=20), model, null, n=300, rng=0))
    >>> compare_with_assay(in_assay, in_model).summary.loc["slope", "estimate"].round(1).item()
    1.0
    """
    import pandas as pd

    own = _own(measured, effects, contrast, output)
    keys = [name for name in ("pattern", "position") if name in measured.table]
    of_assay = measured.table.rename(
        columns={"estimate": "measured", "se": "measured_se", "low": "measured_low", "high": "measured_high"}
    ).drop(columns=["p", "p_adjusted"])
    table = pd.merge(own, of_assay, on=keys, how="inner", sort=False)
    fitted = ((table["measured_se"] > 0) & table["effect_se"].notna()).to_numpy()
    x, x_se, y, y_se = (
        table[name].to_numpy(np.float64)[fitted] for name in ("effect", "effect_se", "measured", "measured_se")
    )
    _check(measured, own, table, x)
    line = fit(x, y, x_se, y_se)
    table = _with_deviations(table, line, fitted)
    summary = _summary(line, x, y, measured.level)
    output, unit = str(own.attrs["output"]), str(own.attrs["unit"])
    shares = [1 - float((se**2).mean() / values.var(ddof=1)) for values, se in ((x, x_se), (y, y_se))]
    # The square root of the product of both reliabilities (Spearman 1904, Am. J. Psychol. 15:72).
    ceiling = float(np.sqrt(shares[0] * shares[1])) if min(shares) > 0 else float("nan")
    return AssayComparison(
        table, summary, line.scatter, shares[0], ceiling, line, output, contrast, unit,
        effects.outcomes.design.question, measured, measured.level,
    )  # fmt: skip


def patterns_of(design: Design, contrast: str = "effect") -> list[Motif]:
    """List the patterns whose effect can be measured in a library too: those of contrasts with a single site.

    Parameters
    ----------
    design : the design of a run in a model
    contrast : name of the contrasts
    """
    sites = (_site(design, candidate) for candidate in design.contrasts if candidate.name == contrast)
    return list({site.motif.name: site.motif for site in sites if site is not None}.values())


def shared(measured: AssayEffects, design: Design, contrast: str = "effect") -> int:
    """Count the points of a line: measured rows with an interval that have a contrast in a design.

    Parameters
    ----------
    measured : the result of ``sd.measured_effects``
    design : the design of a run in a model
    contrast : name of the contrasts
    """
    rows = measured.table[measured.table["se"] > 0]
    columns = [name for name in ("pattern", "position") if name in rows]
    keys = set(rows[columns].itertuples(index=False, name=None))
    return len(keys & {key for key, _ in _keyed(measured, design, design.contrasts, contrast)})


def _own(measured: AssayEffects, effects: Estimates, contrast: str, output: str | None) -> pd.DataFrame:
    """Effects in the model by pattern (and bin): the means over the contrasts that belong there, estimated again."""
    if not isinstance(measured, AssayEffects) or not isinstance(effects, Estimates):
        raise InputError(
            f"`measured` is of type {type(measured).__name__} and `effects` of type {type(effects).__name__}",
            "the result of `sd.measured_effects` and the result of `sd.estimate` are needed, in this order",
            "Write sd.compare_with_assay(sd.measured_effects(...), sd.estimate(...))",
        )  # fmt: skip
    outputs = effects.outcomes.outputs
    if output is not None and output not in outputs:
        raise InputError(f"output={output!r}", f"the outputs of the effects are {', '.join(map(repr, outputs))}")
    chosen = output or outputs[0]
    groups: dict[tuple[str | int, ...], list[Contrast]] = {}
    design = effects.outcomes.design
    rows = (design.contrasts[place] for place in dict.fromkeys(place for place, _ in effects.row_places))
    for key, member in _keyed(measured, design, rows, contrast):
        groups.setdefault(key, []).append(member)
    names = ["pattern", "position"] if "position" in measured.table else ["pattern"]
    if not groups:
        patterns = ", ".join(measured.table["pattern"].head(4))
        raise InputError(
            f"`effects` of {effects.outcomes.design.experiment} have no contrast {contrast!r} of a measured pattern "
            f"({patterns})",
            "the same patterns are needed in both" + (", at positions inside the bins" if len(names) > 1 else ""),
            "Pass the patterns of sd.measured_effects to sd.kmers, sd.positions or sd.embed",
        )
    merged = tuple(_mean(contrast, dict(zip(names, key, strict=True)), members) for key, members in groups.items())
    # A design warns of arms that make the same edit. The user saw that warning when the design was built.
    with warnings.catch_warnings(action="ignore"):
        whole = replace(design, contrasts=merged)
    table = estimate(replace(effects.outcomes, design=whole), 1.0, measured.level, adjust=effects.adjusted).table
    table = table[table["output"] == chosen]
    columns = {"estimate": "effect", "se": "effect_se", "low": "effect_low", "high": "effect_high"}
    own = table[[*names, *columns]].rename(columns=columns).reset_index(drop=True)
    own.attrs = {"output": chosen, "unit": table["unit"].iloc[0]}
    return own


def _keyed(
    measured: AssayEffects, design: Design, contrasts: Iterable[Contrast], contrast: str
) -> Iterator[tuple[tuple[str | int, ...], Contrast]]:
    """Contrasts of measured patterns, each with its key: the pattern and, if there are bins, the start of the bin."""
    table = measured.table
    patterns = set(table["pattern"])
    bins = sorted(set(zip(table["position"], table["stop"], strict=True))) if "position" in table else None
    for candidate in contrasts:
        site = _site(design, candidate)
        if candidate.name != contrast or site is None or site.motif.name not in patterns:
            continue
        if bins is None:
            yield (site.motif.name,), candidate
        for start, stop in bins or []:
            if start <= min(site.starts) and max(site.starts) < stop:
                yield (site.motif.name, int(start)), candidate


def _site(design: Design, contrast: Contrast) -> Site | None:
    """The only site in the arms with positive weight, on one strand or on both; None if there are other sites."""
    arms = [design.arms[arm].sites for arm, weight in contrast.weights.items() if weight > 0]
    sites = [arm[0] for arm in arms if len(arm) == 1 and isinstance(arm[0], Site)]
    same = {(site.motif.name, site.starts) for site in sites}
    return sites[0] if len(sites) == len(arms) and len(same) == 1 else None


def _mean(name: str, levels: dict[str, str | int], contrasts: list[Contrast]) -> Contrast:
    """The mean of contrasts, as one contrast."""
    weights: dict[str, float] = {}
    for contrast in contrasts:
        for arm, weight in contrast.weights.items():
            weights[arm] = weights.get(arm, 0.0) + weight / len(contrasts)
    return Contrast(name, weights, levels)


def _check(measured: AssayEffects, own: pd.DataFrame, table: pd.DataFrame, x: Floats) -> None:
    if len(x) < LEAST:
        raise InputError(
            f"`measured` and `effects` share {len(x)} effects with an interval ({len(measured.table)} measured, "
            f"{len(own)} in the model, {len(table)} in both)",
            f"a line needs {LEAST} or more", "Use more patterns or positions",
        )  # fmt: skip
    if np.ptp(x) == 0:
        raise InputError("all values in `effects` are equal", "a line needs at least two different effects")


def _with_deviations(table: pd.DataFrame, line: Line, in_fit: NDArray[np.bool_]) -> pd.DataFrame:
    """The table with the deviation of each row from the line, tested against the errors of the row.

    The test leaves out the scatter: scatter is deviation that errors do not explain, which is what the test looks for.
    """
    from scipy.special import stdtr

    fitted = line.at(table["effect"].to_numpy(np.float64))
    difference = table["measured"].to_numpy(np.float64) - fitted
    own = table["measured_se"].to_numpy(np.float64) ** 2
    total = own + (line.slope * table["effect_se"].to_numpy(np.float64)) ** 2
    errors = np.divide(difference, np.sqrt(total), out=np.full(len(table), np.nan), where=in_fit)
    # Satterthwaite's degrees of freedom. The error in the model counts as exact: more backgrounds can shrink it.
    df = np.divide(total**2 * table["df"], own**2, out=np.full(len(table), np.nan), where=in_fit)
    p = 2 * stdtr(df, -np.abs(errors))
    p_adjusted = adjust(p, np.zeros(len(p), int))
    columns = {"fitted": fitted, "difference": difference, "errors": errors, "p": p, "p_adjusted": p_adjusted}
    wider = table.drop(columns=["df", "n_without"]).assign(**columns, parts=p_adjusted <= CALLED)
    return wider[[*(name for name in wider if name != "flag"), "flag"]]


def _summary(line: Line, x: Floats, y: Floats, level: float) -> pd.DataFrame:
    """Slope, intercept and both correlations, with intervals and p."""
    import pandas as pd
    from scipy.special import stdtr, stdtrit
    from scipy.stats import pearsonr, spearmanr

    half = stdtrit(line.n - 2, (1 + level) / 2)
    rows = {}
    for name in ("slope", "intercept"):
        value, se = getattr(line, name), getattr(line, f"{name}_se")
        rows[name] = (value, value - half * se, value + half * se, 2 * stdtr(line.n - 2, -abs(value) / se))
    for name, test in (("spearman", spearmanr(x, y)), ("pearson", pearsonr(x, y))):
        r = float(test.statistic)
        rows[name] = (r, *_fisher(r, line.n, level, ranks=name == "spearman"), float(test.pvalue))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "low", "high", "p"])


def _fisher(r: float, n: int, level: float, *, ranks: bool) -> tuple[float, float]:
    """Interval of a correlation of n points, by Fisher's transformation."""
    from scipy.special import ndtri

    variance = (1 + r**2 / 2 if ranks else 1.0) / (n - 3)
    half = ndtri((1 + level) / 2) * np.sqrt(variance)
    middle = np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15))  # finite for r = ±1
    return float(np.tanh(middle - half)), float(np.tanh(middle + half))
