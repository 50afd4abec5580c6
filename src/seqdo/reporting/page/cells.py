"""Rows of a view as the text of table cells, and as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seqdo.reporting.text.numbers import MISSING, estimate, number, rounded, share
from seqdo.reporting.text.sentences import counted
from seqdo.reporting.view import Row, Section, Sentence

NOT_BEYOND = "does not exceed its controls"
"""Flag of an effect whose verdict is shown in gray."""

USUAL = 10
"""Rows from which on the verdict of most rows is a symbol alone."""


@dataclass(frozen=True)
class Line:
    """One effect as a line of a table, in text."""

    number: int
    design: str
    anchor: str
    output: str
    contrast: str
    at: str
    estimate: str
    interval: str
    p: str
    n: str
    verdict: str
    doubted: bool
    flag: str
    reach: float
    bar: tuple[str, ...] | None


def lines(sections: Sequence[Section], everywhere: Sequence[str]) -> list[list[Line]]:
    """The lines of each section, numbered through the page; flags that are ``everywhere`` are left out."""
    pages, first = [], 0
    for section in sections:
        reaches = _reaches(section.rows)
        pages.append([_line(section, row, first + i, reaches, everywhere) for i, row in enumerate(section.rows)])
        first += len(section.rows)
    return pages


def _line(section: Section, row: Row, number_: int, reaches: Mapping[str, float], everywhere: Sequence[str]) -> Line:
    middle, interval = effect_cells(row)
    flags = [flag for flag in row.flag.split("; ") if flag and flag not in everywhere]
    reach = reaches.get(row.output, 0.0)
    return Line(
        number=number_,
        design=section.name,
        anchor=section.anchor,
        output=row.output,
        contrast=row.contrast,
        at=row.label,
        estimate=middle,
        interval=interval,
        p=p_cell(row.numbers["p_adjusted"]),
        n=f"{row.n:,}",
        verdict=row.verdict,
        doubted=row.doubted,
        flag="; ".join(flags + [NOT_BEYOND] * row.doubted),
        reach=reach,
        bar=_bar(row, reach),
    )


def effect_cells(row: Row) -> tuple[str, str]:
    """Estimate and interval of a row."""
    values = (row.numbers[name] for name in ("estimate", "low", "high"))
    middle, low, high = estimate(*(float("nan") if value is None else value for value in values))
    return middle, MISSING if MISSING in (low, high) else f"{low} to {high}"


def p_cell(p: float | None) -> str:
    """A p-value."""
    return MISSING if p is None else share(p)


def number_cell(value: float | None) -> str:
    """A number to three significant digits."""
    return MISSING if value is None else number(value)


def value_cell(value: float | None) -> str:
    """A number without closing zeros."""
    return MISSING if value is None else rounded(value)


def usual(rows: Sequence[Line]) -> str:
    """The verdict of more than half of many rows; "" where there is none."""
    counts = counted(row.verdict for row in rows)
    most = max(counts, key=lambda name: counts[name], default="")
    return most if len(rows) >= USUAL and 2 * counts[most] > len(rows) else ""


@dataclass(frozen=True)
class Answer:
    """One sentence of the summary at the top of a page, with the effect that it is about.

    Attributes
    ----------
    claim : the sentence without numbers
    estimate, interval : of its row; "" where it has none
    verdicts : verdict, and how many rows of how many have it; "" where the sentence is about one row
    doubted : the row does not exceed its controls
    """

    claim: str
    estimate: str
    interval: str
    verdicts: tuple[tuple[str, str], ...]
    doubted: bool


def answers(section: Section) -> list[Answer]:
    """The leading sentences of a section."""
    return [_answer(section, sentence) for sentence in section.answer if sentence.lead]


def _answer(section: Section, sentence: Sentence) -> Answer:
    row = None if sentence.row is None else section.rows[sentence.row]
    middle, interval = effect_cells(row) if row else ("", "")
    verdicts = [(sentence.verdict, "")] if sentence.verdict else []
    total = sum(sentence.counts.values())
    for i, (name, size) in enumerate(sentence.counts.items()):
        verdicts.append((name, f"{size:,} of {total:,}" if i == 0 else f"{size:,}"))
    return Answer(sentence.claim or sentence.text, middle, interval, tuple(verdicts), row is not None and row.doubted)


def _reaches(rows: Sequence[Row]) -> dict[str, float]:
    """How far the bars of an output reach: the largest bound or margin of its rows."""
    reaches: dict[str, float] = {}
    for row in rows:
        values = [abs(value) for name in ("low", "high", "margin") if (value := row.numbers[name]) is not None]
        reaches[row.output] = max([reaches.get(row.output, 0.0), *values])
    return reaches


def _bar(row: Row, reach: float) -> tuple[str, ...] | None:
    """Interval, estimate and margin on a bar of 100 units: margin's start and width, low, high, estimate."""
    middle, low, high, margin = (row.numbers[name] for name in ("estimate", "low", "high", "margin"))
    if not reach > 0 or middle is None or low is None or high is None:
        return None
    half = 48 * margin / reach if margin is not None else 0.0
    places = (50 - half, 2 * half, *(50 + 48 * value / reach for value in (low, high, middle)))
    return tuple(f"{place:.1f}".removesuffix(".0") for place in places)
