"""Labels: what designs, contrasts, levels and outputs are called in a report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdo.effects.columns import has_level
from seqdo.effects.effects import Effects
from seqdo.effects.estimates import UNIT
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
            "`effects=[]` is empty", "a report needs the effects of at least one design",
            'Write report([estimate(outcomes)], "report.html")',
        )  # fmt: skip
    for each in several:
        if not isinstance(each, Effects):
            raise InputError(
                f"`effects` holds an object of type {type(each).__name__}",
                "the result of estimate is needed, or a list of results",
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


_FACTORS = {"kmer": "k-mer", "copies": "number of copies", "flank": "filling"}
"""What some factors are called in text."""


def factor_label(name: str) -> str:
    """A factor as text, as in ``k-mer`` for ``kmer``."""
    return _FACTORS.get(name, printable(name))


def level(value: Any) -> str:  # noqa: ANN401
    """A level as text: 5 for 5.0, which pandas makes of a whole number in a column with missing levels."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return printable(str(value)).replace("-", "−") if isinstance(value, float | int) else printable(str(value))


_TOGETHER = {
    ("position", "position 2"): "positions {} and {}",
    ("position", "letter"): "position {}: {}",
    ("place", "letter"): "place {} of the pattern: {}",
}
"""Factors that are read together, and how; places count from 0. Rows are sorted by the first of the two."""


def levels(row: Mapping[str, Any] | pd.Series[Any], of: Sequence[str]) -> str:
    """The levels of a row as text, as in ``gap 5, orientation ++`` and ``place 2 of the pattern: G``."""
    shown = {name: level(row[name]) for name in of if name in row and has_level(row[name])}
    texts = {name: f"{name} {text}" for name, text in shown.items()}
    for (first, second), template in _TOGETHER.items():
        if {first, second} <= texts.keys():
            texts[first] = template.format(shown[first], shown[second])
            del texts[second]
    return ", ".join(texts.values())


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
    """The unit of an output; "" if none was named."""
    units = effects.table.loc[effects.table["output"].astype(str) == output, "unit"]
    return unit_label(units.iloc[0] if len(units) else UNIT)


def unit_label(unit: Any) -> str:  # noqa: ANN401
    """A unit as it is shown; "" for the one that stands where none was named."""
    return "" if str(unit) == UNIT else printable(str(unit))
