"""What a report is made of: the effects of one design or of several, each under a name of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdo.effects.columns import has_level
from seqdo.effects.effects import Effects
from seqdo.effects.statistics.verdicts import VERDICTS
from seqdo.errors import InputError
from seqdo.experiments.catalog import EXPERIMENTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "VERDICTS", "as_list", "contrasts", "factors", "has_level", "level", "levels", "main_contrasts", "margin_of",
    "names", "outputs", "printable", "slug", "unit_of",
]  # fmt: skip


def as_list(effects: Effects | Sequence[Effects]) -> list[Effects]:
    """One or several effects as a list.

    Raises
    ------
    InputError
        Something that is not the result of ``estimate``, or an empty list.
    """
    several: list[Effects] = list(effects) if isinstance(effects, list | tuple) else [effects]  # type: ignore[list-item]
    if not several:
        raise InputError(
            "an empty list", "a report needs the effects of at least one design", "Give it estimate(outcomes)"
        )
    for each in several:
        if not isinstance(each, Effects):
            raise InputError(
                f"{type(each).__name__} given to a report", "the result of estimate is needed, or a list of them",
                'Write report(estimate(outcomes), "report.html")',
            )  # fmt: skip
    return several


def names(effects: Sequence[Effects]) -> list[str]:
    """A name for each design: its experiment and its number in the report, as in ``positions-2``."""
    return [f"{each.outcomes.design.experiment}-{i}" for i, each in enumerate(effects, 1)]


def slug(name: str) -> str:
    """A name that is safe as a file name and as an id in a page.

    >>> slug("../<b>positions</b>-2")
    'b-positions-b-2'
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:80] or "design"


def factors(effects: Effects, rows: pd.DataFrame) -> list[str]:
    """Factors of the design that these rows have levels of."""
    return effects.factors_of(rows)


def level(value: Any) -> str:  # noqa: ANN401
    """A level as text: 5 for 5.0, as pandas makes of whole numbers beside a gap."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return printable(str(value)).replace("-", "−") if isinstance(value, float | int) else printable(str(value))


_TOGETHER = {
    ("position", "position 2"): "positions {} and {}",
    ("position", "letter"): "position {}: {}",
    ("place", "letter"): "place {} of the pattern: {}",
}
"""Factors that are read together, and how; places are counted from 0. First the place, which rows are sorted by."""


def levels(row: pd.Series[Any], of: Sequence[str]) -> str:
    """The levels of a row in words, as in ``gap 5, orientation ++`` and ``place 2 of the pattern: G``."""
    known = {name: level(row[name]) for name in of if name in row.index and has_level(row[name])}
    said = {name: f"{name} {text}" for name, text in known.items()}
    for (one, two), words in _TOGETHER.items():
        if {one, two} <= said.keys():
            said[one] = words.format(known[one], known[two])
            del said[two]
    return ", ".join(said.values())


def printable(text: str) -> str:
    """Text without the control characters that no page and no SVG may hold."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)


def contrasts(effects: Effects) -> list[str]:
    """Names of the contrasts in the table, in its order."""
    return effects.contrast_names


def main_contrasts(effects: Effects) -> list[str]:
    """The contrasts that answer the design's question; at most two get a figure of their own."""
    there = contrasts(effects)
    experiment = EXPERIMENTS.get(effects.outcomes.design.experiment)
    if experiment is not None and experiment.main_as_listed:
        return there[:2]
    wanted = [name for name in (experiment.main if experiment else ()) if name in there]
    if not wanted:
        parts = [name for name in there if name.startswith("interaction:")]
        wanted = [name for name in ("effect", "interaction") if name in there] + parts[-1:]
    return (wanted or there)[:2]


def outputs(effects: Effects) -> list[str]:
    """Names of the outputs in the table, in its order."""
    return effects.output_names


def margin_of(effects: Effects, output: str) -> float:
    """The margin of an output; NaN if there is none."""
    return effects.margin_of(output)


def unit_of(effects: Effects, output: str) -> str:
    """The unit of an output, if somebody named one; else nothing."""
    return printable(effects.unit_of(output))
