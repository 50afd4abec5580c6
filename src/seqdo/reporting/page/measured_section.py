"""What a library measured beside the effects of a design: sentences, a figure, and the patterns that part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqdo.effects.assay.comparison import CALLED, AssayComparison
from seqdo.reporting.figures.measured import measured_figure
from seqdo.reporting.figures.style import to_svg
from seqdo.reporting.text.labels import printable
from seqdo.reporting.text.numbers import MISSING, count, estimate, number

ENOUGH = 0.7
"""Reliability of the model's effects below which the interval of a slope covers too little."""

WORDS = {"gc": "GC", "length": "length", "patterns": "the other patterns"}
"""What can be adjusted for, in words."""

MOST = 12
"""Rows of those that part."""


@dataclass(frozen=True)
class Parting:
    """A pattern whose measured effect lies beside the line, in words."""

    pattern: str
    where: str
    effect: str
    measured: str
    interval: str
    predicted: str
    n: str


@dataclass(frozen=True)
class Compared:
    """One comparison of the page."""

    number: int
    question: str
    where: str
    short: str
    sentences: tuple[str, ...]
    svg: str
    caption: str
    name: str
    parting: tuple[Parting, ...]
    predicted: bool


def comparisons(measured: Sequence[AssayComparison]) -> list[Compared]:
    """The comparisons of a page, in order."""
    made = []
    for place, (name, one) in enumerate(zip(names(measured), measured, strict=True), 1):
        where, predicted = _where(one), "predicted" in one.table
        caption = (
            f"{printable(one.contrast)} on {printable(one.output)} (across) and what was measured (up), {where}. "
            "Orange: patterns that part from the line by more than their errors."
        )
        parting, svg = tuple(_partings(one, predicted=predicted)), _svg(one, name, caption)
        question, sentences = printable(one.question), tuple(_sentences(one))
        made.append(Compared(place, question, where, _short(one), sentences, svg, caption, name, parting, predicted))
    return made


def names(measured: Sequence[AssayComparison]) -> list[str]:
    """What the files of each comparison are called."""
    return [f"measured-{place}" for place in range(1, len(measured) + 1)]


def write_measured(measured: Sequence[AssayComparison], folder: Path) -> None:
    """Table (CSV) and figure (SVG) of each comparison, into a study's folder."""
    for name, one in zip(names(measured), measured, strict=True):
        one.table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        one.summary.to_csv(folder / f"{name}-line.csv", index_label="of", lineterminator="\n")
        (folder / "figures").mkdir(exist_ok=True)
        (folder / "figures" / f"{name}.svg").write_text(_svg(one, name, printable(one.question)), encoding="utf-8")


def _svg(one: AssayComparison, name: str, alt: str) -> str:
    return to_svg(measured_figure(one).figure, name, alt)  # type: ignore[arg-type]


def _where(one: AssayComparison) -> str:
    """Where a pattern counts in the library, and what is adjusted for."""
    table = one.measured.table
    where = "anywhere in a sequence"
    if "position" in table:
        bins = sorted(set(zip(table["position"], table["stop"], strict=True)))
        first, last = bins[0][0], bins[-1][1] - 1
        where = f"with the start at {first} to {last}" + (f", in {len(bins)} bins" if len(bins) > 1 else "")
    where += ", on either strand" if one.measured.both_strands else ""
    adjusted = [WORDS[name] for name in one.measured.adjusted]
    return where + (f", adjusted for {' and '.join(adjusted)}" if adjusted else "")


def _short(one: AssayComparison) -> str:
    """What the head of a page says of it."""
    slope, ranks = _span(one.summary.loc["slope"]), _span(one.summary.loc["spearman"])
    return f"Measured {_where(one)}: {slope} times the model's effect; ranks agree at {ranks}."


def _sentences(one: AssayComparison) -> list[str]:
    summary, table = one.summary, one.table
    parts = table["parts"].astype(bool)
    said = [
        f"{count(one.line.n, 'effect')} that both have, of {count(one.measured.n, 'sequence')}, {_where(one)}.",
        f"By the line through them, with errors in both, what is measured is {_span(summary.loc['slope'])} times the "
        f"model's effect; their ranks agree at {_span(summary.loc['spearman'])} (Spearman).",
        f"Pearson's r is {_span(summary.loc['pearson'])}{_most(one)}.",
    ]
    if one.reliability < ENOUGH:
        said.append(
            f"{1 - max(one.reliability, 0):.0%} of the spread of the model's effects is their own error: the interval "
            "of the slope may be too narrow, and more backgrounds would help."
        )
    left = len(table) - one.line.n
    if left:
        said.append(f"{count(left, 'effect')} could not be measured.")
    who = f"{int(parts.sum())} part" if parts.sum() > 1 else "One parts" if parts.any() else "None parts"
    whose = "their" if parts.sum() > 1 else "its"
    said.append(f"{who} from the line by more than {whose} errors (false discovery rate {CALLED:.0%}).")
    if "missed_p_adjusted" in table and parts.any():
        missed = int((parts & (table["missed_p_adjusted"] <= CALLED)).sum())
        said.append(
            f"On the very sequences that hold them the model is wrong about {missed} of these; where it is not, the "
            "backgrounds or the places differ from the library's."
        )
    return said


def _most(one: AssayComparison) -> str:
    """What a model without any fault would reach, where errors let that be said."""
    if math.isnan(one.ceiling):
        return ""
    reached = float(one.summary.loc["pearson", "estimate"]) >= one.ceiling  # type: ignore[arg-type]
    return f", as much as errors allow ({number(one.ceiling)})" if reached else f", of at most {number(one.ceiling)}"


def _partings(one: AssayComparison, *, predicted: bool) -> list[Parting]:
    rows = one.table[one.table["parts"].astype(bool)].sort_values("errors", key=abs, ascending=False, kind="stable")
    return [_parting(row, predicted=predicted) for _, row in rows.head(MOST).iterrows()]


def _parting(row: Any, *, predicted: bool) -> Parting:  # noqa: ANN401 - a row of a table
    middle, low, high = estimate(*(float(row[name]) for name in ("measured", "measured_low", "measured_high")))
    where = f"{int(row['position'])} to {int(row['stop']) - 1}" if "position" in row else ""
    return Parting(
        printable(str(row["pattern"])), where, number(float(row["effect"])), middle, f"{low} to {high}",
        number(float(row["predicted"])) if predicted else MISSING, f"{int(row['n_with']):,}",
    )  # fmt: skip


def _span(row: Any) -> str:  # noqa: ANN401 - a row of a table
    middle, low, high = estimate(float(row["estimate"]), float(row["low"]), float(row["high"]))
    return f"{middle} ({low} to {high})"
