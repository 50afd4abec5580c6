"""The section of each design: its answer, figures, rows, tests and notes as one record."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seqdo.effects.analyses.robustness import robustness
from seqdo.effects.curves.responses import responses
from seqdo.effects.effects import Effects
from seqdo.reporting.figures.selection import selected
from seqdo.reporting.text.answers import sentences
from seqdo.reporting.text.captions import caption
from seqdo.reporting.text.labels import (
    has_level,
    levels,
    margin_of,
    names,
    outputs,
    printable,
    slug,
    unit_label,
)
from seqdo.reporting.text.sentences import counted
from seqdo.reporting.text.shown_outputs import left_out, shown_outputs
from seqdo.reporting.view import Assessment, Cell, Estimated, Figure, Margin, Robustness, Row, Section

if TYPE_CHECKING:
    import pandas as pd

MOST_CONTROLS = 6
"""Contrasts with controls that are shown one by one; of more, a count."""

AGAINST = "against its controls"
"""The name of the comparison of a contrast with its controls."""

NUMBERS = (
    "estimate", "se", "low", "high", "low_adjusted", "high_adjusted", "low_band", "high_band", "p", "p_adjusted",
    "margin",
)  # fmt: skip
"""Columns of the table of effects that hold numbers."""


def sections(effects: Sequence[Effects]) -> list[Section]:
    """The designs in order; notes that all designs share are left out."""
    shared = set(shared_notes(effects))
    return [
        section(each, number, name, shared)
        for number, (name, each) in enumerate(zip(names(effects), effects, strict=True), 1)
    ]


def section(effects: Effects, number: int, name: str, shared: set[str] | frozenset[str] = frozenset()) -> Section:
    """One design, under a name, without the notes that it has in common with others."""
    design = effects.outcomes.design
    return Section(
        number=number,
        name=printable(name),
        experiment=printable(design.experiment),
        question=printable(design.question),
        answer=sentences(effects),
        counts=counted(effects.table["verdict"].astype(str)),
        figures=tuple(_figures(effects, number, slug(name))),
        rows=tuple(rows(effects)),
        factors=tuple(printable(factor) for factor in design.factors),
        tests=tuple(_curves(effects)),
        controls=tuple(_controls(effects)),
        notes=(*(printable(note) for note in effects.notes if note not in shared), *filter(None, [left_out(effects)])),
        margins=_margins(effects),
    )


def shared_notes(effects: Sequence[Effects]) -> list[str]:
    """Notes that all of several designs have."""
    if len(effects) == 1:
        return []
    return [note for note in effects[0].notes if all(note in each.notes for each in effects)]


def flags_of_all(effects: Sequence[Effects]) -> set[str]:
    """Flags that every row of every design has."""
    several = [set(_flags(flag)) for each in effects for flag in each.table["flag"]]
    return set.intersection(*several) if several else set()


def _flags(flag: Any) -> list[str]:  # noqa: ANN401
    return flag.split("; ") if isinstance(flag, str) and flag else []


def robust(effects: Sequence[Effects]) -> list[Robustness]:
    """Contrasts that were estimated on several backgrounds."""
    records = []
    for _, row in robustness(effects).iterrows():
        estimates = tuple(
            Estimated(printable(name), _number(value), verdict)
            for name, value, verdict in zip(row["backgrounds"], row["estimates"], row["verdicts"], strict=True)
        )
        contrast = " ".join(filter(None, [str(row["contrast"]), str(row["at"]), f"on {row['output']}"]))
        records.append(Robustness(printable(contrast), estimates, bool(row["robust"]), printable(str(row["reading"]))))
    return records


def _figures(effects: Effects, number: int, key: str) -> Iterator[Figure]:
    question = printable(effects.outcomes.design.question)
    for i, figure in enumerate(selected(effects), 1):
        text = caption(effects, figure)
        yield replace(figure, name=f"{key}-{i}", caption=text, alt=f"{text} {question}", section=number)


def rows(effects: Effects) -> Iterator[Row]:
    """The rows of the table of effects, in its order."""
    by, dubious = list(effects.outcomes.design.factors), effects.doubted
    records: list[dict[str, Any]] = effects.table.to_dict("records")  # type: ignore[assignment]
    for label, record in zip(effects.table.index, records, strict=True):
        shown = {name: _cell(record[name]) for name in by if has_level(record[name])}
        yield Row(
            contrast=printable(str(record["contrast"])),
            output=printable(str(record["output"])),
            levels=shown,
            label=levels(record, by),
            numbers={name: _number(record[name]) for name in NUMBERS},
            n=int(record["n"]),
            members=int(record["members"]),
            unit=unit_label(record["unit"]),
            verdict=printable(str(record["verdict"])),
            flag=printable(record["flag"]) if isinstance(record["flag"], str) else "",
            doubted=label in dubious,
        )


def _cell(value: Any) -> Cell:  # noqa: ANN401 - a level of a factor
    if isinstance(value, str):
        return printable(value)
    return int(value) if float(value).is_integer() else float(value)


def _number(value: Any) -> float | None:  # noqa: ANN401
    """A number as JSON can hold it: None for one that is not finite."""
    return float(value) if math.isfinite(float(value)) else None


def _curves(effects: Effects) -> Iterator[Assessment]:
    """Tests of whole curves of the outputs that are shown.

    Their p-values are adjusted over all outputs, because those that are shown were chosen by their effects.
    """
    every = outputs(effects)
    whole = len(every) == len(effects.outcomes.outputs)  # then the tests may have been made already
    tests = effects.responses if whole else responses(effects, every)
    for _, row in tests[tests["output"].isin(shown_outputs(effects))].iterrows():
        where = [str(row["contrast"]), str(row["curve"]), f"on {row['output']}" if len(every) > 1 else ""]
        yield Assessment(
            printable(str(row["test"])), printable(", ".join(filter(None, where))), printable(str(row["reading"])),
            _number(row["p_adjusted"]), str(row["verdict"]),
        )  # fmt: skip


def _controls(effects: Effects) -> Iterator[Assessment]:
    """Contrasts compared with their controls, one by one; of many a count."""
    several = [each for each in effects.calibrations if each.row in effects.table.index]
    if len(several) > MOST_CONTROLS:
        doubts = sum(not each.calibrated for each in several)
        text = f"{len(several) - doubts} of {len(several)} contrasts have a calibrated p-value. The others are gray."
        yield Assessment(AGAINST, "all contrasts with controls", text, None, "", bool(doubts))
        return
    by = list(effects.outcomes.design.factors)
    for each in several:
        row: pd.Series[Any] = effects.table.loc[[each.row]].iloc[0]
        subject = printable(", ".join(filter(None, (str(row["contrast"]), levels(row, by)))))
        yield Assessment(AGAINST, subject, each.reading, _number(each.p_calibrated), "", not each.calibrated)


def _margins(effects: Effects) -> Mapping[str, Margin]:
    """The margin of each output in the table, and the rule that set it."""
    first = effects.table.drop_duplicates("output")
    units = dict(zip(first["output"].astype(str), map(unit_label, first["unit"]), strict=True))
    records = {}
    for output, unit in units.items():
        margin = effects.margins.get(output)
        rule = printable(margin.rule) if margin else ""
        records[printable(output)] = Margin(_number(margin_of(effects, output)), unit, rule)
    return records
