"""Designs from a table: questions that no experiment covers, as rows of what each arm writes, and where."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, cast

from seqdo.designs.call import recorded
from seqdo.designs.design import NONE, Arm, Contrast, Design, Level, Site
from seqdo.errors import InputError
from seqdo.experiments.experiment import Experiment
from seqdo.motifs.motif import Motif
from seqdo.sequences.files.tabular import Rows, Table, read_rows

ARM_COLUMNS = ("arm", "start", "letters")
CONTRAST_COLUMNS = ("contrast", "arm", "weight")
STRAND = "strand"
"""Columns that are no factors: of the table of arms (its column of strands is optional), and of that of contrasts."""

RESERVED = (
    "output", "estimate", "se", "low", "high", "low_adjusted", "high_adjusted", "low_band", "high_band", "p",
    "p_adjusted", "n", "members", "unit", "margin", "verdict", "flag", "background", "screened", "shrinkage",
)  # fmt: skip
"""Columns of the tables of effects, of individual effects and of a search. No factor may have such a name."""

Weights = Mapping[str, Mapping[str, float]]
"""Contrast to arm to weight."""


@recorded
def design_from_table(table: Table, *, contrasts: Table | Weights | None = None, question: str | None = None) -> Design:
    """Effects of arms that a table lists.

    Each row of the table writes letters at one position. The rows with the same name are one arm.

    Parameters
    ----------
    table : a DataFrame, or a CSV, TSV or Parquet file, with the columns arm, start (0-based) and letters
        Letters are IUPAC; ``N`` and ``.`` keep the letter of the background. A column ``strand`` (+ or -) is optional.
        Every further column is a factor, numeric if all its cells are numbers. An arm has one level of each factor, or
        an empty cell. Without further columns, the name of the arm is the factor. The arm without edits, ``none``, is
        not in the table.
    contrasts : further contrasts, as a mapping of contrast to arm to weight, or as a table
        A table has the columns contrast, arm and weight (a number, or a fraction such as 1/3), and columns of factors.
        Rows with the same contrast and the same levels are one contrast. Its weights sum to 0.
    question : the question of the design, as a sentence; by default it counts the arms

    Returns
    -------
    Design
        Contrasts: ``effect`` (arm − none) of each arm, by its levels, and those of ``contrasts``.

    Raises
    ------
    InputError
        A cell cannot be used, sites of an arm overlap, rows of an arm differ in a level, or two arms have the same
        levels. The error names file, line and column.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("pair", 10, "GATTACA", 2), ("pair", 30, "CCGG", 2), ("first", 10, "GATTACA", 1)]
    >>> table = pd.DataFrame(rows, columns=["arm", "start", "letters", "sites"])
    >>> print(design_from_table(table, contrasts={"second adds": {"pair": 1, "first": -1}}))
    design_from_table: What are the effects of 2 arms?
      arms       3: none, pair, first
      factor     sites: 1, 2
      contrasts  effect (2), second adds (1)
      cost       3,000 forward passes of each model member at n=1000, and up to 1,000 for a default margin
    """
    if not isinstance(question, str | None):
        raise InputError(
            f"`question={question!r}`", "a sentence (text) is needed", 'Write question="What is the effect of ...?"'
        )
    rows = read_rows(table)
    rows.need(*ARM_COLUMNS)
    arm_rows = _rows_by_arm(rows)
    arms = {NONE: Arm()} | {name: _arm(rows, name, numbers) for name, numbers in arm_rows.items()}
    effects = _effects(rows, arm_rows)
    effects += [] if contrasts is None else _further_contrasts(contrasts, arms)
    count = len(arm_rows)
    default = "What is the effect of 1 arm?" if count == 1 else f"What are the effects of {count} arms?"
    return Design("design_from_table", question or default, arms, tuple(effects))


def _further_contrasts(contrasts: Table | Weights, arms: Mapping[str, Arm]) -> list[Contrast]:
    """The contrasts of a table, or of a mapping of mappings; a mapping of lists is a table."""
    if isinstance(contrasts, Mapping) and not any(isinstance(cells, list | tuple) for cells in contrasts.values()):
        return [Contrast(name, _weights(name, weights)) for name, weights in contrasts.items()]
    return _table_contrasts(read_rows(cast(Table, contrasts)), arms)


def _rows_by_arm(rows: Rows) -> dict[str, list[int]]:
    """Name of an arm to the numbers of its rows."""
    arm_rows: dict[str, list[int]] = {}
    for row, name in enumerate(rows.columns["arm"]):
        if name in ("", NONE):
            accepted = f"each arm has a name, and the arm without edits, {NONE!r}, is there already"
            raise rows.refuse(row, "arm", accepted)
        arm_rows.setdefault(name, []).append(row)
    return arm_rows


def _arm(rows: Rows, name: str, numbers: list[int]) -> Arm:
    """The arm of the rows with these numbers."""
    sites: list[Site] = []
    for row in numbers:
        start, letters = rows.whole(row, "start"), rows.columns["letters"][row]
        if start < 0:
            raise rows.refuse(row, "start", "the first start is 0, at the 5' end")
        strand = rows.columns[STRAND][row] if STRAND in rows.columns else ""
        if strand not in ("", "+", "-"):
            raise rows.refuse(row, STRAND, '"+", "-" or nothing is needed')
        try:
            motif = Motif.from_string(letters)
        except InputError as error:
            raise rows.refuse(row, "letters", f"{error.problem}: {error.accepted}", error.fix) from None
        # A repeated pattern with uncertain letters is a draw of its own, independent of the earlier sites.
        draw = sum(site.motif.name == motif.name for site in sites)
        sites.append(Site(motif, start, draw, strand or "+"))
    try:
        return Arm(tuple(sites))
    except InputError as error:
        where = f"{rows.places[numbers[0]]} to {_line(rows, numbers[-1])}"
        raise InputError(f"{where}, arm {name!r}: {error.problem}", error.accepted, error.fix) from None


def _effects(rows: Rows, arm_rows: Mapping[str, list[int]]) -> list[Contrast]:
    """Each arm compared with none, by its levels. Two arms with the same levels are refused."""
    levels = _levels(rows, {*ARM_COLUMNS, STRAND})
    contrasts: list[Contrast] = []
    arm_of_levels: dict[frozenset[tuple[str, Level]], str] = {}
    for arm, (first, *others) in arm_rows.items():
        for row in others:
            _check_same_levels(rows, levels, arm, first, row)
        arm_levels = levels[first]
        if len(arm_rows) > 1 and not any(levels):
            arm_levels = {"arm": arm}
        twin = arm_of_levels.setdefault(frozenset(arm_levels.items()), arm)
        if twin != arm:
            where = rows.places[first]
            raise InputError(
                f"{where}: arm {arm!r} has the same levels as arm {twin!r} ({arm_levels or 'none'})",
                "arms must differ in a level, so that the table of effects can distinguish them",
                "Add a column that differs between these arms",
            )  # fmt: skip
        contrasts.append(Contrast("effect", {arm: 1.0, NONE: -1.0}, arm_levels))
    return contrasts


def _check_same_levels(rows: Rows, levels: list[dict[str, Level]], arm: str, first: int, row: int) -> None:
    for name in rows.columns:
        if levels[row].get(name) != levels[first].get(name):
            level = rows.columns[name][first]
            accepted = f"all rows of arm {arm!r} need the same level, and {_line(rows, first)} has {level!r}"
            raise rows.refuse(row, name, accepted)


def _line(rows: Rows, row: int) -> str:
    """The place of a row without its file: "line 3"."""
    return rows.places[row].rpartition(", ")[2]


def _table_contrasts(rows: Rows, arms: Mapping[str, Arm]) -> list[Contrast]:
    """The contrasts of a table of weights."""
    rows.need(*CONTRAST_COLUMNS)
    levels = _levels(rows, set(CONTRAST_COLUMNS))
    weights_of: dict[tuple[str, frozenset[tuple[str, Level]]], dict[str, float]] = {}
    for row, (contrast, arm) in enumerate(zip(rows.columns["contrast"], rows.columns["arm"], strict=True)):
        if not contrast:
            raise rows.refuse(row, "contrast", "each contrast has a name")
        if arm not in arms:
            accepted = f"the arms are {', '.join(list(arms)[:8])}{', ...' if len(arms) > 8 else ''}"
            raise rows.refuse(row, "arm", accepted)
        weights = weights_of.setdefault((contrast, frozenset(levels[row].items())), {})
        if arm in weights:
            raise rows.refuse(row, "arm", f"contrast {contrast!r} already has a weight for this arm")
        weights[arm] = _weight(rows, row)
    factors = [name for name in rows.columns if name not in CONTRAST_COLUMNS]
    return [
        Contrast(contrast, weights, {name: dict(own)[name] for name in factors if name in dict(own)})
        for (contrast, own), weights in weights_of.items()
    ]


def _weights(contrast: str, weights: Any) -> dict[str, float]:  # noqa: ANN401 - any value that a user may pass
    if not isinstance(contrast, str) or not contrast:
        raise InputError(f"`contrasts` has the name {contrast!r}", "the name of a contrast is text, and not empty")
    try:
        numbers = {arm: float(weight) for arm, weight in weights.items()}
        if not all(isinstance(arm, str) for arm in numbers):
            raise TypeError
        return numbers
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise InputError(
            f"`contrasts` has {weights!r} for {contrast!r}", "a mapping of arm to weight is needed",
            f'Write contrasts={{"{contrast}": {{"arm": 1, "none": -1}}}}',
        ) from None  # fmt: skip


def _weight(rows: Rows, row: int) -> float:
    try:
        return float(Fraction(rows.columns["weight"][row]))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise rows.refuse(row, "weight", "a number is needed, such as -0.5 or 1/3") from None


def _levels(rows: Rows, no_factors: set[str]) -> list[dict[str, Level]]:
    """The levels of each row: numbers if all cells of a column are numbers, otherwise text; none for an empty cell."""
    levels: list[dict[str, Level]] = [{} for _ in rows.places]
    for name, cells in rows.columns.items():
        if name in no_factors:
            continue
        if name in RESERVED or name == "contrast":
            raise InputError(
                f"{rows.source}, column {name}", "a table of effects has a column with this name", "Rename the column"
            )
        numbers = [_level(cell) for cell in cells]
        numeric = all(not isinstance(number, str) for number in numbers if number != "")
        for row_levels, cell, number in zip(levels, cells, numbers, strict=True):
            if cell:
                row_levels[name] = number if numeric else cell
    return levels


def _level(cell: str) -> Level:
    """The cell as a whole number, otherwise as a number, otherwise as text."""
    if re.fullmatch(r"[+-]?(0|[1-9]\d*)", cell):
        return int(cell)
    if "_" in cell or re.match(r"[+-]?0\d", cell):  # float() would read 1_2 and 007 as numbers, but they are names
        return cell
    try:
        value = float(cell)
    except ValueError:
        return cell
    if not math.isfinite(value):
        return cell
    return int(value) if value.is_integer() else value


ROWS = (
    Experiment(
        design_from_table, main_as_listed=True,
    ),
)  # fmt: skip
"""The experiments of this file, with what a report says of each. The catalog reads them."""
