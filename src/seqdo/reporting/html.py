"""The report: one HTML page that holds all it shows, opens offline, and can be made again from what was stored.

A page is a pure function of the effects: no time, no host, no random ids. It asks nothing of the network, and says so
to the browser (Content-Security-Policy: nothing may be fetched; only this style sheet and this script may run).
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqdo.effects.estimate import Effects
from seqdo.errors import InputError
from seqdo.reporting.designs import (
    VERDICTS,
    as_list,
    has_level,
    level,
    levels,
    margin_of,
    names,
    outputs,
    printable,
    slug,
    unit_of,
)
from seqdo.reporting.figure import figures
from seqdo.reporting.fitness import fitness
from seqdo.reporting.numbers import MISSING, count, estimate, rounded, share
from seqdo.reporting.rerun import rerun
from seqdo.reporting.style import to_svg
from seqdo.reporting.table import whole_table
from seqdo.reporting.words import answer

if TYPE_CHECKING:
    import pandas as pd

OPEN_ROWS = 20
"""Rows of a design's own table up to which it is shown unfolded."""


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
    flag: str
    bar: tuple[str, ...] | None


@dataclass(frozen=True)
class Picture:
    """A figure with its words."""

    svg: str
    caption: str
    name: str


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
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    margins: tuple[str, ...]


def report(
    effects: Effects | Sequence[Effects], path: str | os.PathLike[str], title: str | None = None
) -> Path:
    """Write the report of one or several designs as one HTML page; returns its path.

    The page holds, in this order: the answer in words, the table of effects (sort, filter, download), a figure and the
    notes of each design, how fit the backgrounds are, and how to run it again. It is the same bytes for the same effects.

    Parameters
    ----------
    effects : the result of ``estimate``, or a list of them
    path : where to write; it appears there only when it is whole
    title : by default the question of the only design, or how many there are

    Raises
    ------
    InputError
        Something other than effects; a path in a folder that does not exist.
    """
    several, target = as_list(effects), Path(path)
    if not target.parent.is_dir():
        raise InputError(f"path {target}", f"the folder {target.parent} does not exist", "Make it first")
    text = page(several, title)
    partial = target.with_name(target.name + ".partial")
    partial.write_bytes(text.encode("utf-8", "replace"))
    partial.replace(target)
    return target


def page(effects: Sequence[Effects], title: str | None = None) -> str:
    """The report as text."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    folder = files("seqdo.reporting")
    template, style, script = ((folder / name).read_text("utf-8") for name in ("report.html.j2", "report.css", "report.js"))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["svg"] = Markup  # made by us, text in it is escaped; everything else is escaped here
    table = whole_table(effects)
    sections = _sections(effects, table)
    checks, again = fitness(effects), rerun(effects)
    shared = [note for note in effects[0].notes if all(note in each.notes for each in effects)]
    context = {
        "title": printable(title or (effects[0].outcomes.design.question if len(effects) == 1 else f"{len(effects)} questions")),
        "policy": _policy(style, script),
        "style": Markup(style),  # noqa: S704 - package data
        "script": Markup(script),  # noqa: S704
        "data": Markup(_json(table)),  # noqa: S704 - escaped there
        "sections": sections,
        "single": len(sections) == 1,
        "lines": [line for section in sections for line in section.lines],
        "headline": _headline(effects, table),
        "many_outputs": len({line.output for section in sections for line in section.lines}) > 1,
        "has_flags": any(line.flag for section in sections for line in section.lines),
        "verdicts": [name for name in VERDICTS if name in set(table["verdict"])],
        "shared": [printable(note) for note in shared] if len(effects) > 1 else [],
        "level": f"{100 * effects[0].level:.4g} %",
        "open_rows": OPEN_ROWS,
        "fitness": checks,
        "rerun": again,
    }
    return environment.from_string(template).render(context) + "\n"


def _sections(effects: Sequence[Effects], table: pd.DataFrame) -> list[Section]:
    shared = set(effects[0].notes).intersection(*(each.notes for each in effects)) if len(effects) > 1 else set()
    scale = _scales(table)
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
                lines=tuple(_lines(each, f"design-{number}", printable(name), first, scale)),
                notes=tuple(printable(note) for note in each.notes if note not in shared),
                margins=tuple(_margin(each, output) for output in outputs(each)),
            )
        )
        first += len(each.table)
    return found


def _pictures(effects: Effects, key: str) -> list[Picture]:
    made = []
    for i, (contrast, output, ax) in enumerate(figures(effects), 1):
        what = f"{contrast or 'all contrasts'} on {output}"
        by = ax.get_xlabel() if contrast and ax.get_xlabel() in effects.outcomes.design.factors else ""
        caption = printable(f"{what[0].upper()}{what[1:]}{f' by {by}' if by else ''}.")
        alt = f"{caption} {printable(effects.outcomes.design.question)}"
        made.append(Picture(to_svg(ax.figure, f"{key}-{i}", alt), caption, f"{key}-{i}"))  # type: ignore[arg-type]
    return made


def _lines(effects: Effects, anchor: str, design: str, first: int, scale: dict[str, float]) -> list[Line]:
    by = list(effects.outcomes.design.factors)
    made = []
    for number, (_, row) in enumerate(effects.table.iterrows(), first):
        middle, low, high = estimate(float(row["estimate"]), float(row["low"]), float(row["high"]))
        flag = row["flag"]
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
                flag=printable(flag) if isinstance(flag, str) else "",
                bar=_bar(row, scale.get(str(row["output"]), 0.0)),
            )
        )
    return made


def _scales(table: pd.DataFrame) -> dict[str, float]:
    """How far the bars of an output reach: the largest effect or margin of its rows."""
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


def _headline(effects: Sequence[Effects], table: pd.DataFrame) -> str:
    """How much was asked, and how it was answered, in one sentence."""
    counts = table["verdict"].astype(str).value_counts()
    parts = [f"{int(counts[name]):,} {name}" for name in VERDICTS if name in counts]
    asked = f"{count(len(effects), 'question')}, {count(len(table), 'effect')}"
    return f"{asked}: {', '.join(parts)}." if parts else f"{asked}: there is nothing to show."


def _margin(effects: Effects, output: str) -> str:
    margin, unit = margin_of(effects, output), unit_of(effects, output)
    return printable(f"{output}: " + (f"±{rounded(margin)} {unit}".strip() if math.isfinite(margin) else "no margin"))


def _policy(style: str, script: str) -> str:
    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _json(table: pd.DataFrame) -> str:
    """The whole table for the page's script: columns, and rows with null where there is no number."""

    def plain(value: Any) -> Any:  # noqa: ANN401
        if not has_level(value):
            return None
        if isinstance(value, str):
            return printable(value)
        return float(f"{float(value):.8g}") if isinstance(value, float) else level(value) if isinstance(value, str) else value

    rows = [[plain(value) for value in row] for row in table.astype(object).to_numpy().tolist()]
    text = json.dumps({"columns": list(table.columns), "rows": rows}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":  # no tag can begin or end inside a script
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


