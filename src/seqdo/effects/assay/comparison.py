"""Comparison with an assay: measured effects against those of a model, pattern by pattern or place by place."""

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
from seqdo.effects.effects import Effects, estimate
from seqdo.effects.statistics.verdicts import adjust
from seqdo.errors import InputError
from seqdo.motifs.motif import Motif

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

LEAST = 5
"""Points below which no line is fitted."""

CALLED = 0.05
"""False discovery rate at which points are said to part."""


@dataclass(frozen=True, eq=False, repr=False)
class AssayComparison:
    """Measured effects beside the model's.

    Attributes
    ----------
    table : DataFrame, a row for each pattern (and bin of positions) that both have
        Columns pattern, (position, stop), effect, effect_se, effect_low, effect_high (the model's), measured,
        measured_se, measured_low, measured_high, n_with, fitted (the line), difference (measured − fitted), errors (in
        units of its standard error), p, p_adjusted (Benjamini-Hochberg), parts (p_adjusted <= 0.05), flag, and those
        of predictions if ``measured`` has them. NaN where nothing could be measured: such a row is in no fit.
    summary : DataFrame with index slope, intercept, spearman, pearson and columns estimate, low, high, p
    scatter : SD of measured effects about the line, beyond what errors explain, in the assay's unit
    reliability : share of the spread of the model's effects that is not their error
        Below 0.7 the slope's interval covers too little: ask the model on more backgrounds.
    ceiling : Pearson's r that a perfect model would reach with these errors; NaN where errors are all there is
    line : Line
    output, contrast, unit : of the model's effects
    question : of their design
    measured : AssayEffects, as it was given
    level : of all intervals
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
            f"<{self.line.n} effects measured and of {self.output}: slope {slope['estimate']:.3g} ({slope['low']:.3g} "
            f"to {slope['high']:.3g}), Spearman {spearman['estimate']:.3f}, {int(self.table['parts'].sum())} part>"
        )


def compare_with_assay(
    measured: AssayEffects, effects: Effects, *, contrast: str = "effect", output: str | None = None
) -> AssayComparison:
    """Measured effects against a model's: slope, rank correlation, and where they part.

    Rows are joined by the pattern's name and, where ``measured`` has bins of positions, by these. The model's effect is
    the mean of its contrasts there, formed on each background: a scan of all places gives the mean over places, as a
    library holds them. The line has errors in both (:mod:`seqdo.effects.assay.fitted_line`). Correlations have Fisher's
    interval over patterns, of ranks with the variance (1 + r² / 2) / (n − 3) (Bonett & Wright 2000, Psychometrika
    65:23).

    Errors are taken to be independent from point to point. The model's share their backgrounds, and all that is
    measured is compared with nearly the same sequences: what is shared moves the intercept, and hardly the slope.

    Parameters
    ----------
    measured : the result of ``sd.measured_effects``
    effects : of a run of ``kmers``, ``positions``, ``embed`` or any design with one site in an arm, in the unit of y
        if slope and intercept are to mean anything
    contrast : name of the effects
    output : by default the first

    Raises
    ------
    InputError
        No such contrast or output; fewer than 5 rows in both; effects that are all the same.

    Examples
    --------
    >>> import seqdo as sd
    >>> words = ["GATTAC", "CCGGTA", "TTTCAG", "ACGTCC", "GGGATA", "CTCTCA"]
    >>> model = sd.planted.additive(dict(zip(words, (2.0, 1.0, 0.5, -1.0, 0.0, 1.5))), 60)
    >>> null = sd.backgrounds.uniform(60)
    >>> library = null.sample(20000, rng=1)
    >>> found = sd.measured_effects(library, model.predict(library)[0, :, 0], words, both_strands=False)
    >>> effects = sd.estimate(sd.run(sd.kmers(words, at=20), model, null, n=300, rng=0))
    >>> compare_with_assay(found, effects).summary.loc["slope", "estimate"].round(1).item()
    1.0
    """
    import pandas as pd

    own = _own(measured, effects, contrast, output)
    keys = [name for name in ("pattern", "position") if name in measured.table]
    other = measured.table.rename(
        columns={"estimate": "measured", "se": "measured_se", "low": "measured_low", "high": "measured_high"}
    ).drop(columns=["p", "p_adjusted"])
    table = pd.merge(own, other, on=keys, how="inner", sort=False)
    known = ((table["measured_se"] > 0) & table["effect_se"].notna()).to_numpy()
    x, x_se, y, y_se = (
        table[name].to_numpy(np.float64)[known] for name in ("effect", "effect_se", "measured", "measured_se")
    )
    _check(measured, own, table, x)
    line = fit(x, y, x_se, y_se)
    table = _parted(table, line, known)
    summary = _summary(line, x, y, measured.level)
    output, unit = str(own.attrs["output"]), str(own.attrs["unit"])
    shares = [1 - float((se**2).mean() / values.var(ddof=1)) for values, se in ((x, x_se), (y, y_se))]
    # Square root of the product of both reliabilities (Spearman 1904, Am. J. Psychol. 15:72).
    ceiling = float(np.sqrt(shares[0] * shares[1])) if min(shares) > 0 else float("nan")
    return AssayComparison(
        table, summary, line.scatter, shares[0], ceiling, line, output, contrast, unit,
        effects.outcomes.design.question, measured, measured.level,
    )  # fmt: skip


def patterns_of(design: Design, contrast: str = "effect") -> list[Motif]:
    """The patterns that contrasts of one name ask about, one in each: what a library can be asked of too."""
    sites = (_site(design, one) for one in design.contrasts if one.name == contrast)
    return list({site.motif.name: site.motif for site in sites if site is not None}.values())


def shared(measured: AssayEffects, design: Design, contrast: str = "effect") -> int:
    """How many of the rows that were measured, with an interval, a design asks about too: points of a line to be."""
    known = measured.table[measured.table["se"] > 0]
    columns = [name for name in ("pattern", "position") if name in known]
    there = set(known[columns].itertuples(index=False, name=None))
    return len(there & {key for key, _ in _keyed(measured, design, design.contrasts, contrast)})


def _own(measured: AssayEffects, effects: Effects, contrast: str, output: str | None) -> pd.DataFrame:
    """The model's effects by pattern (and bin): the mean over contrasts that belong there, estimated anew."""
    if not isinstance(measured, AssayEffects) or not isinstance(effects, Effects):
        raise InputError(
            f"compare_with_assay({type(measured).__name__}, {type(effects).__name__})",
            "measured effects and those of a model are needed",
            "Write compare_with_assay(sd.measured_effects(...), sd.estimate(...))",
        )  # fmt: skip
    outputs = effects.outcomes.outputs
    if output is not None and output not in outputs:
        raise InputError(f"output={output!r}", f"the effects have {', '.join(map(repr, outputs))}")
    chosen = output or outputs[0]
    groups: dict[tuple[str | int, ...], list[Contrast]] = {}
    design = effects.outcomes.design
    rows = (design.contrasts[place] for place in dict.fromkeys(place for place, _ in effects.asked))
    for key, one in _keyed(measured, design, rows, contrast):
        groups.setdefault(key, []).append(one)
    names = ["pattern", "position"] if "position" in measured.table else ["pattern"]
    if not groups:
        given = ", ".join(measured.table["pattern"].head(4))
        raise InputError(
            f"effects of {effects.outcomes.design.experiment} with no {contrast!r} of what was measured ({given})",
            "both ask of the same patterns" + (", and the model's at places in the bins" if len(names) > 1 else ""),
            "Give sd.kmers, sd.positions or sd.embed the patterns that were given to sd.measured_effects",
        )  # fmt: skip
    merged = tuple(_mean(contrast, dict(zip(names, key, strict=True)), of) for key, of in groups.items())
    with warnings.catch_warnings(
        action="ignore"
    ):  # of arms that make the same edit: the design warned when it was made
        whole = replace(design, contrasts=merged)
    found = estimate(replace(effects.outcomes, design=whole), 1.0, measured.level, adjust=effects.adjusted).table
    found = found[found["output"] == chosen]
    columns = {"estimate": "effect", "se": "effect_se", "low": "effect_low", "high": "effect_high"}
    own = found[[*names, *columns]].rename(columns=columns).reset_index(drop=True)
    own.attrs = {"output": chosen, "unit": found["unit"].iloc[0]}
    return own


def _keyed(
    measured: AssayEffects, design: Design, contrasts: Iterable[Contrast], contrast: str
) -> Iterator[tuple[tuple[str | int, ...], Contrast]]:
    """Contrasts of patterns that were measured, each with its pattern and the first place of its bin."""
    table = measured.table
    patterns = set(table["pattern"])
    bins = sorted(set(zip(table["position"], table["stop"], strict=True))) if "position" in table else None
    for one in contrasts:
        site = _site(design, one)
        if one.name != contrast or site is None or site.motif.name not in patterns:
            continue
        if bins is None:
            yield (site.motif.name,), one
        for start, stop in bins or []:
            if start <= min(site.starts) and max(site.starts) < stop:
                yield (site.motif.name, int(start)), one


def _site(design: Design, one: Contrast) -> Site | None:
    """The one site that a contrast asks about, on one strand or on both; None where it asks of anything else."""
    arms = [design.arms[arm].sites for arm, weight in one.weights.items() if weight > 0]
    sites = [arm[0] for arm in arms if len(arm) == 1 and isinstance(arm[0], Site)]
    same = {(site.motif.name, site.starts) for site in sites}
    return sites[0] if len(sites) == len(arms) and len(same) == 1 else None


def _mean(name: str, levels: dict[str, str | int], contrasts: list[Contrast]) -> Contrast:
    weights: dict[str, float] = {}
    for contrast in contrasts:
        for arm, weight in contrast.weights.items():
            weights[arm] = weights.get(arm, 0.0) + weight / len(contrasts)
    return Contrast(name, weights, levels)


def _check(measured: AssayEffects, own: pd.DataFrame, table: pd.DataFrame, x: Floats) -> None:
    if len(x) < LEAST:
        raise InputError(
            f"{len(x)} effects that both have ({len(measured.table)} measured, {len(own)} of the model, {len(table)} "
            f"in both, {len(table) - len(x)} of these without an interval)",
            f"a line needs {LEAST} or more", "Ask of more patterns or places",
        )  # fmt: skip
    if np.ptp(x) == 0:
        raise InputError("effects of the model that are all the same", "a line needs two that differ")


def _parted(table: pd.DataFrame, line: Line, known: NDArray[np.bool_]) -> pd.DataFrame:
    """Which points lie beside the line by more than their errors, scatter not counted: that is what is asked."""
    from scipy.special import stdtr

    fitted = line.at(table["effect"].to_numpy(np.float64))
    difference = table["measured"].to_numpy(np.float64) - fitted
    own = table["measured_se"].to_numpy(np.float64) ** 2
    total = own + (line.slope * table["effect_se"].to_numpy(np.float64)) ** 2
    errors = np.divide(difference, np.sqrt(total), out=np.full(len(table), np.nan), where=known)
    # Satterthwaite's degrees of freedom, with the model's error, which any number of backgrounds can shrink, as known.
    df = np.divide(total**2 * table["df"], own**2, out=np.full(len(table), np.nan), where=known)
    p = 2 * stdtr(df, -np.abs(errors))
    p_adjusted = adjust(p, np.zeros(len(p), int))
    told = {"fitted": fitted, "difference": difference, "errors": errors, "p": p, "p_adjusted": p_adjusted}
    found = table.drop(columns=["df", "n_without"]).assign(**told, parts=p_adjusted <= CALLED)
    return found[[*(name for name in found if name != "flag"), "flag"]]


def _summary(line: Line, x: Floats, y: Floats, level: float) -> pd.DataFrame:
    import pandas as pd
    from scipy.special import stdtr, stdtrit
    from scipy.stats import pearsonr, spearmanr

    half = stdtrit(line.n - 2, (1 + level) / 2)
    rows = {}
    for name in ("slope", "intercept"):
        value, se = getattr(line, name), getattr(line, f"{name}_se")
        rows[name] = (value, value - half * se, value + half * se, 2 * stdtr(line.n - 2, -abs(value) / se))
    for name, found in (("spearman", spearmanr(x, y)), ("pearson", pearsonr(x, y))):
        r = float(found.statistic)
        rows[name] = (r, *_fisher(r, line.n, level, ranks=name == "spearman"), float(found.pvalue))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "low", "high", "p"])


def _fisher(r: float, n: int, level: float, *, ranks: bool) -> tuple[float, float]:
    from scipy.special import ndtri

    variance = (1 + r**2 / 2 if ranks else 1.0) / (n - 3)
    half = ndtri((1 + level) / 2) * np.sqrt(variance)
    middle = np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15))
    return float(np.tanh(middle - half)), float(np.tanh(middle + half))
