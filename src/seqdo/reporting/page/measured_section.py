"""Measured effects compared with those of a model: sentences, a figure, and the patterns that deviate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seqdo.effects.assay.comparison import CALLED, AssayComparison
from seqdo.reporting.figures.kinds.measured import measured_figure
from seqdo.reporting.figures.style import to_svg
from seqdo.reporting.text.labels import printable
from seqdo.reporting.text.numbers import count, estimate, number
from seqdo.reporting.view import Deviation, Figure, Measurement

ENOUGH = 0.7
"""Reliability of the model's effects below which the interval of a slope covers too little."""

LABELS = {"gc": "GC", "length": "length", "patterns": "the other patterns"}
"""What effects are adjusted for, and its label."""

MOST = 12
"""Deviating patterns that a page lists."""


def measurements(comparisons: Sequence[AssayComparison]) -> list[Measurement]:
    """The comparisons of a page, in order."""
    records = []
    for place, (name, each) in enumerate(zip(names(comparisons), comparisons, strict=True), 1):
        where, predicted = _where(each), "predicted" in each.table
        caption = (
            f"{printable(each.contrast)} on {printable(each.output)} by the model (across) and as measured (up), "
            f"{where}. Orange: patterns that deviate from the fitted line by more than their errors."
        )
        figure = Figure("measured", printable(each.contrast), printable(each.output), place - 1, name, caption, caption)
        records.append(
            Measurement(
                place, printable(each.question), where, _summary(each), tuple(_sentences(each)), figure,
                tuple(_deviations(each, predicted=predicted)), predicted,
            )
        )  # fmt: skip
    return records


def names(comparisons: Sequence[AssayComparison]) -> list[str]:
    """What the files of each comparison are called."""
    return [f"measured-{place}" for place in range(1, len(comparisons) + 1)]


def write_measured(comparisons: Sequence[AssayComparison], folder: Path) -> None:
    """Table (CSV) and figure (SVG) of each comparison, into a study's folder."""
    for name, each in zip(names(comparisons), comparisons, strict=True):
        each.table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        each.summary.to_csv(folder / f"{name}-line.csv", index_label="of", lineterminator="\n")
        (folder / "figures").mkdir(exist_ok=True)
        svg = to_svg(measured_figure(each).figure, name, printable(each.question))  # type: ignore[arg-type]
        (folder / "figures" / f"{name}.svg").write_text(svg, encoding="utf-8")


def _where(comparison: AssayComparison) -> str:
    """Where a pattern counts in the library, and what the effects are adjusted for."""
    table = comparison.measured.table
    where = "anywhere in a sequence"
    if "position" in table:
        bins = sorted(set(zip(table["position"], table["stop"], strict=True)))
        first, last = bins[0][0], bins[-1][1] - 1
        where = f"with the start at {first} to {last}" + (f", in {len(bins)} bins" if len(bins) > 1 else "")
    where += ", on either strand" if comparison.measured.both_strands else ""
    adjusted = [LABELS[name] for name in comparison.measured.adjusted]
    return where + (f", adjusted for {' and '.join(adjusted)}" if adjusted else "")


def _summary(comparison: AssayComparison) -> str:
    """The slope and the rank correlation, in one sentence for the top of a page."""
    slope, ranks = (_span(comparison, name) for name in ("slope", "spearman"))
    return (
        f"Measured effects ({_where(comparison)}) are {slope} times the model's effects. "
        f"Their rank correlation is {ranks}."
    )


def _sentences(comparison: AssayComparison) -> Iterator[str]:
    yield (
        f"{count(comparison.line.n, 'effect')} were both measured and predicted, in "
        f"{count(comparison.measured.n, 'sequence')}, {_where(comparison)}."
    )
    yield (
        f"On the fitted line (errors in both), a measured effect is {_span(comparison, 'slope')} times the model's "
        f"effect. The rank correlation is {_span(comparison, 'spearman')} (Spearman)."
    )
    yield f"Pearson's r is {_span(comparison, 'pearson')}{_ceiling(comparison)}."
    if comparison.reliability < ENOUGH:
        yield (
            f"{1 - max(comparison.reliability, 0):.0%} of the variance of the model's effects is their own error. The "
            "interval of the slope may be too narrow, and more backgrounds would help."
        )
    left = len(comparison.table) - comparison.line.n
    if left:
        yield f"{count(left, 'effect')} could not be measured."
    yield from _deviating(comparison)


def _deviating(comparison: AssayComparison) -> Iterator[str]:
    """How many patterns deviate from the line, and how many the model mispredicts."""
    table = comparison.table
    deviates = table["parts"].astype(bool)
    size = int(deviates.sum())
    who, whose = {0: ("No pattern deviates", "its error"), 1: ("One pattern deviates", "its error")}.get(
        size, (f"{size} patterns deviate", "their errors")
    )
    yield f"{who} from the fitted line by more than {whose} (false discovery rate {CALLED:.0%})."
    if "missed_p_adjusted" in table and size:
        missed = int((deviates & (table["missed_p_adjusted"] <= CALLED)).sum())
        yield (
            f"On the library's own sequences, the model mispredicts the effect of {missed} of the deviating patterns. "
            "For the others, backgrounds or positions differ from those of the library."
        )


def _ceiling(comparison: AssayComparison) -> str:
    """The r that a perfect model would reach, where errors leave one."""
    if math.isnan(comparison.ceiling):
        return ""
    reached = float(comparison.summary.loc["pearson", "estimate"]) >= comparison.ceiling  # type: ignore[arg-type]
    highest = number(comparison.ceiling)
    return f", as high as the errors allow ({highest})" if reached else f"; errors allow at most {highest}"


def _deviations(comparison: AssayComparison, *, predicted: bool) -> Iterator[Deviation]:
    rows = comparison.table[comparison.table["parts"].astype(bool)]
    rows = rows.sort_values("errors", key=abs, ascending=False, kind="stable")
    for record in rows.head(MOST).to_dict("records"):
        where = f"{int(record['position'])} to {int(record['stop']) - 1}" if "position" in record else ""
        effect, measured, low, high = (
            _number(record[name]) for name in ("effect", "measured", "measured_low", "measured_high")
        )
        yield Deviation(
            printable(str(record["pattern"])), where, effect, measured, low, high,
            _number(record["predicted"]) if predicted else None, int(record["n_with"]),
        )  # fmt: skip


def _number(value: Any) -> float | None:  # noqa: ANN401
    return float(value) if math.isfinite(float(value)) else None


def _span(comparison: AssayComparison, name: str) -> str:
    """A number of the comparison's summary with its interval."""
    row: Any = comparison.summary.loc[name]
    middle, low, high = estimate(float(row["estimate"]), float(row["low"]), float(row["high"]))
    return f"{middle} ({100 * comparison.level:.4g} % CI {low} to {high})"
