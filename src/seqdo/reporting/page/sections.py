"""What a page shows of each design: its words, its figures, and its effects as rows of text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqdo.effects.analyses.robustness import robustness
from seqdo.effects.curves.responses import responses
from seqdo.effects.effects import Effects
from seqdo.reporting.figures.controls import WITH_CONTROLS
from seqdo.reporting.figures.figure import MOST_OUTPUTS, figures
from seqdo.reporting.figures.logo import MOTIF
from seqdo.reporting.figures.maps import ONE_BY_ONE
from seqdo.reporting.figures.periodogram import WAVES
from seqdo.reporting.figures.style import to_svg
from seqdo.reporting.figures.variants import EACH
from seqdo.reporting.text.answers import answer
from seqdo.reporting.text.labels import VERDICTS, factors, levels, margin_of, names, outputs, printable, slug, unit_of
from seqdo.reporting.text.numbers import MISSING, estimate, rounded, share

if TYPE_CHECKING:
    import pandas as pd


MOST_READINGS = 6
"""Contrasts with controls that are read one by one."""

NOT_BEYOND = "not beyond its controls"
"""Flag of an effect whose verdict is shown grey."""


@dataclass(frozen=True)
class Line:
    """One effect as a row of a table, in words."""

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


@dataclass(frozen=True)
class Picture:
    """A figure with its words."""

    svg: str
    caption: str
    name: str


@dataclass(frozen=True)
class Reading:
    """What a curve says as a whole, or what controls say of a contrast; ``doubted`` where they take its p away."""

    test: str
    curve: str
    reading: str
    p: str
    verdict: str
    doubted: bool = False


@dataclass(frozen=True)
class Section:
    """One design of the report."""

    anchor: str
    number: int
    experiment: str
    question: str
    answer: str
    verdicts: tuple[tuple[str, int], ...]
    pictures: tuple[Picture, ...]
    readings: tuple[Reading, ...]
    beyond: tuple[Reading, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    margins: tuple[str, ...]


def sections(effects: Sequence[Effects], everywhere: set[str]) -> list[Section]:
    """The designs in order; flags that are ``everywhere`` and notes that all designs share are left out."""
    shared = set(effects[0].notes).intersection(*(each.notes for each in effects)) if len(effects) > 1 else set()
    found, first = [], 0
    for number, (name, each) in enumerate(zip(names(effects), effects, strict=True), 1):
        verdicts = each.table["verdict"].astype(str).tolist()
        found.append(
            Section(
                anchor=f"design-{number}",
                number=number,
                experiment=printable(each.outcomes.design.experiment),
                question=printable(each.outcomes.design.question),
                answer=answer(each),
                verdicts=tuple((verdict, verdicts.count(verdict)) for verdict in VERDICTS if verdict in verdicts),
                pictures=tuple(_pictures(each, slug(name))),
                readings=tuple(_readings(each)),
                beyond=tuple(_beyond(each)),
                lines=tuple(_lines(each, f"design-{number}", printable(name), first, everywhere)),
                notes=(*(printable(note) for note in each.notes if note not in shared), *_undrawn(each)),
                margins=tuple(_margin(each, output) for output in outputs(each)),
            )
        )
        first += len(each.table)
    return found


def _undrawn(effects: Effects) -> list[str]:
    there = len(outputs(effects))
    return [f"Figures show the first {MOST_OUTPUTS} of {there} outputs; the table has all."] * (there > MOST_OUTPUTS)


def _pictures(effects: Effects, key: str) -> list[Picture]:
    made = []
    for i, (contrast, output, ax) in enumerate(figures(effects), 1):
        caption = _caption(effects, contrast, output)
        alt = f"{caption} {printable(effects.outcomes.design.question)}"
        made.append(Picture(to_svg(ax.figure, f"{key}-{i}", alt), caption, f"{key}-{i}"))  # type: ignore[arg-type]
    return made


def _caption(effects: Effects, contrast: str, output: str) -> str:
    what, on = printable(contrast), printable(output)
    if not contrast:
        return f"All contrasts on {on}."
    if contrast.endswith(WITH_CONTROLS):
        return (
            f"{what} on {on}. Left, each control and the pattern against the mean of the controls. Right, the "
            "controls' own p: if they all did the same, the line would lie in the grey band in 999 of 1,000 runs."
        )
    if contrast.endswith(ONE_BY_ONE):
        return f"{what} on {on}, mean over members. It is of this sequence alone."
    if contrast.endswith(WAVES):
        return (
            f"{what} on {on}: the share of the curve, beside its trend, that a wave of each period explains "
            "(Lomb-Scargle). Where a wave was found, its period is orange, with its 95 % interval in grey."
        )
    if contrast.endswith(EACH):
        return f"{what} on {on}: what each alternative allele changes, with its own interval over the models."
    if contrast.endswith(MOTIF):
        return (
            f"{what} on {on}: the kept patterns laid beside the best of them, their letters counted with their "
            "effects on these backgrounds, which chose none of them."
        )
    by = factors(effects, effects.table[effects.table["contrast"].astype(str) == contrast])
    if not by:
        return f"Contrast {what} on {on}: how many backgrounds give what difference; below, the mean and its interval."
    return f"Contrast {what} on {on} by {printable(' and '.join(by))}."


@dataclass(frozen=True)
class Moved:
    """A conclusion on several backgrounds, in words."""

    contrast: str
    answers: tuple[tuple[str, str, str], ...]
    robust: bool
    reading: str


def moved(effects: Sequence[Effects]) -> list[Moved]:
    """Conclusions that were asked on several backgrounds."""
    found = []
    for _, row in robustness(effects).iterrows():
        where = [str(row["contrast"]), str(row["at"]), f"on {row['output']}"]
        answers = tuple(
            (printable(name), rounded(value), verdict)
            for name, value, verdict in zip(row["backgrounds"], row["estimates"], row["verdicts"], strict=True)
        )
        contrast = printable(" ".join(filter(None, where)))
        found.append(Moved(contrast, answers, bool(row["robust"]), printable(str(row["reading"]))))
    return found


def _readings(effects: Effects) -> Iterator[Reading]:
    for _, row in responses(effects, outputs(effects)[:MOST_OUTPUTS]).iterrows():
        where = [str(row["contrast"]), str(row["curve"])]
        where += [f"on {row['output']}"] * (len(outputs(effects)) > 1)
        curve = printable(", ".join(filter(None, where)))
        yield Reading(
            printable(str(row["test"])), curve, printable(str(row["reading"])), share(float(row["p_adjusted"])),
            str(row["verdict"]),
        )  # fmt: skip


def _beyond(effects: Effects) -> Iterator[Reading]:
    """What controls say, contrast by contrast; of many a count."""
    found = [one for one in effects.calibrations if one.row in effects.table.index]
    if len(found) > MOST_READINGS:
        grey = sum(not one.calibrated for one in found)
        said = (
            f"{len(found) - grey} of {len(found)} contrasts have a p that is not said of any word; the others are grey"
        )
        yield Reading("beyond its controls", "all with controls", said, MISSING, "", bool(grey))
        return
    by = list(effects.outcomes.design.factors)
    for one in found:
        row = effects.table.loc[[one.row]].iloc[0]
        curve = printable(", ".join(filter(None, (str(row["contrast"]), levels(row, by)))))
        yield Reading("beyond its controls", curve, one.reading, share(one.p_calibrated), "", not one.calibrated)


def _lines(effects: Effects, anchor: str, design: str, first: int, everywhere: set[str]) -> list[Line]:
    by, scale, grey = list(effects.outcomes.design.factors), _scales(effects.table), effects.doubted
    made = []
    for number, (label, row) in enumerate(effects.table.iterrows(), first):
        middle, low, high = estimate(float(row["estimate"]), float(row["low"]), float(row["high"]))
        flags = [flag for flag in _flags(row["flag"]) if flag not in everywhere]
        flags += [NOT_BEYOND] * (label in grey)
        made.append(
            Line(
                number=number,
                design=design,
                anchor=anchor,
                output=printable(str(row["output"])),
                contrast=printable(str(row["contrast"])),
                at=levels(row, by),
                estimate=middle,
                interval=MISSING if MISSING in (low, high) else f"{low} to {high}",
                p=share(float(row["p_adjusted"])),
                n=f"{int(row['n']):,}",
                verdict=printable(str(row["verdict"])),
                doubted=label in grey,
                flag=printable("; ".join(flags)),
                reach=scale.get(str(row["output"]), 0.0),
                bar=_bar(row, scale.get(str(row["output"]), 0.0)),
            )
        )
    return made


def _flags(flag: Any) -> list[str]:  # noqa: ANN401
    return flag.split("; ") if isinstance(flag, str) and flag else []


def flags_of_all(table: pd.DataFrame) -> set[str]:
    """Flags that every row has: said once, and not in each."""
    several = [set(_flags(flag)) for flag in table["flag"]]
    return set.intersection(*several) if several else set()


def _scales(table: pd.DataFrame) -> dict[str, float]:
    """How far the bars of an output reach: the largest effect or margin of its rows in this design."""
    found: dict[str, float] = {}
    for output, rows in table.groupby("output", sort=False):
        numbers = rows[["low", "high", "margin"]].astype(float).abs().to_numpy().ravel()
        finite = [value for value in numbers if math.isfinite(value)]
        found[str(output)] = max(finite, default=0.0)
    return found


def _bar(row: Any, reach: float) -> tuple[str, ...] | None:  # noqa: ANN401
    """Interval, estimate and margin on a bar of 100 units: margin's start and width, low, high, estimate."""
    middle, low, high, margin = (float(row[name]) for name in ("estimate", "low", "high", "margin"))
    if not (reach > 0 and math.isfinite(middle) and math.isfinite(low) and math.isfinite(high)):
        return None
    half = 48 * margin / reach if math.isfinite(margin) else 0.0
    places = (50 - half, 2 * half, *(50 + 48 * value / reach for value in (low, high, middle)))
    return tuple(f"{place:.1f}".removesuffix(".0") for place in places)


def _margin(effects: Effects, output: str) -> str:
    margin, unit = margin_of(effects, output), unit_of(effects, output)
    return printable(f"{output}: " + (f"±{rounded(margin)} {unit}".strip() if math.isfinite(margin) else "no margin"))
