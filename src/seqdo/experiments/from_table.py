"""Designs from a table: what no experiment covers, written as rows of what each arm writes where."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, cast

from seqdo.designs.call import recorded
from seqdo.designs.design import NONE, Arm, Contrast, Design, Level, Site
from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.files.tabular import Rows, Table, read_rows

WRITES = ("arm", "start", "letters")
WEIGHS = ("contrast", "arm", "weight")
STRAND = "strand"
"""Columns that are no factors: of the table of arms (with a strand, if it says one), and of that of contrasts."""

TAKEN = (
    "output", "estimate", "se", "low", "high", "low_adjusted", "high_adjusted", "low_band", "high_band", "p",
    "p_adjusted", "n", "members", "unit", "margin", "verdict", "flag", "background", "screened", "shrinkage",
)  # fmt: skip
"""Columns of the tables of effects, of all, individual and searched, which no factor can be named as."""

Weights = Mapping[str, Mapping[str, float]]
"""Contrast to arm to weight."""


@recorded
def design_from_table(table: Table, *, contrasts: Table | Weights | None = None, question: str | None = None) -> Design:
    """What do these arms do? Each is the rows of a table with its name, a row being letters written at a place.

    Contrasts: ``effect`` (arm − none) of each arm, at its levels; and one's own.

    Parameters
    ----------
    table : a DataFrame, or a CSV, TSV or Parquet file, with the columns arm, start (0-based) and letters
        Letters are IUPAC; N and . leave the background's. A column ``strand`` (+ or -) is not needed. Every further
        column is a factor, numeric if all of it is numbers; an arm has one level of each, or an empty cell. Without
        further columns the name of the arm is the factor. The arm without edits, ``none``, is not in the table.
    contrasts : contrast to arm to weight; or a table with the columns contrast, arm and weight (a number or a fraction,
        1/3), and those of factors, whose rows of one contrast and the same levels belong together
        Weights sum to 0.

    Raises
    ------
    InputError
        A cell that can't be used, sites of an arm that overlap, levels that an arm's rows differ in, two arms of
        the same levels: by file, line and column.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("pair", 10, "GATTACA", 2), ("pair", 30, "CCGG", 2), ("first", 10, "GATTACA", 1)]
    >>> table = pd.DataFrame(rows, columns=["arm", "start", "letters", "sites"])
    >>> print(design_from_table(table, contrasts={"second adds": {"pair": 1, "first": -1}}))
    design_from_table: What do 2 arms do?
      arms       3: none, pair, first
      factor     sites: 1, 2
      contrasts  effect (2), second adds (1)
      cost       3,000 forward passes of each model member at n=1000
    """
    if not isinstance(question, str | None):
        raise InputError(f"question={question!r}", "a sentence (text) is needed")
    rows = read_rows(table)
    rows.need(*WRITES)
    of_arms = _rows_of_arms(rows)
    arms = {NONE: Arm()} | {name: _arm(rows, name, mine) for name, mine in of_arms.items()}
    made = _effects(rows, of_arms)
    made += [] if contrasts is None else _own_contrasts(contrasts, arms)
    count = f"{len(of_arms)} arm" + "s" * (len(of_arms) != 1)
    asked = question or f"What {'does' if len(of_arms) == 1 else 'do'} {count} do?"
    return Design("design_from_table", asked, arms, tuple(made))


def _own_contrasts(contrasts: Table | Weights, arms: Mapping[str, Arm]) -> list[Contrast]:
    """The contrasts of a table, or of a mapping of mappings; a mapping of lists is a table."""
    if isinstance(contrasts, Mapping) and not any(isinstance(cells, list | tuple) for cells in contrasts.values()):
        return [Contrast(name, _weights(name, weights)) for name, weights in contrasts.items()]
    return _weighed(read_rows(cast(Table, contrasts)), arms)


def _rows_of_arms(rows: Rows) -> dict[str, list[int]]:
    """Name of an arm to its rows."""
    found: dict[str, list[int]] = {}
    for row, name in enumerate(rows.columns["arm"]):
        if name in ("", NONE):
            raise rows.refuse(
                row, "arm", f"each arm has a name; {NONE!r} is the one without edits, and is there already"
            )
        found.setdefault(name, []).append(row)
    return found


def _arm(rows: Rows, name: str, mine: list[int]) -> Arm:
    """The arm that some rows are of."""
    sites: list[Site] = []
    for row in mine:
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
        again = sum(site.motif.name == motif.name for site in sites)  # letters of its own where they are drawn
        sites.append(Site(motif, start, again, strand or "+"))
    try:
        return Arm(tuple(sites))
    except InputError as error:
        where = f"{rows.places[mine[0]]} to {rows.places[mine[-1]].rpartition(', ')[2]}"
        raise InputError(f"{where}, arm {name!r}: {error.problem}", error.accepted, error.fix) from None


def _effects(rows: Rows, of_arms: Mapping[str, list[int]]) -> list[Contrast]:
    """Each arm against none, at its levels; refused where two arms can't be told apart by them."""
    levels = _levels(rows, {*WRITES, STRAND})
    made: list[Contrast] = []
    arms_of: dict[frozenset[tuple[str, Level]], str] = {}
    for arm, mine in of_arms.items():
        for row in mine[1:]:
            for name in rows.columns:
                if levels[row].get(name) != levels[mine[0]].get(name):
                    first = rows.places[mine[0]].rpartition(", ")[2]
                    needed = f"arm {arm!r} has {rows.columns[name][mine[0]]!r} on {first}, and one level of each factor"
                    raise rows.refuse(row, name, needed)
        own = levels[mine[0]]
        if len(of_arms) > 1 and not any(levels):
            own = {"arm": arm}
        twin = arms_of.setdefault(frozenset(own.items()), arm)
        if twin != arm:
            raise InputError(
                f"{rows.places[mine[0]]}: arm {arm!r} has the levels of arm {twin!r}, {own or 'none'}",
                "arms differ in a level, or their effects can't be told apart", "Add a column that tells them apart",
            )  # fmt: skip
        made.append(Contrast("effect", {arm: 1.0, NONE: -1.0}, own))
    return made


def _weighed(rows: Rows, arms: Mapping[str, Arm]) -> list[Contrast]:
    """The contrasts of a table of weights."""
    rows.need(*WEIGHS)
    levels = _levels(rows, set(WEIGHS))
    found: dict[tuple[str, frozenset[tuple[str, Level]]], dict[str, float]] = {}
    for row, (contrast, arm) in enumerate(zip(rows.columns["contrast"], rows.columns["arm"], strict=True)):
        if not contrast:
            raise rows.refuse(row, "contrast", "each contrast has a name")
        if arm not in arms:
            raise rows.refuse(row, "arm", f"one of {', '.join(list(arms)[:8])}{', ...' if len(arms) > 8 else ''}")
        weights = found.setdefault((contrast, frozenset(levels[row].items())), {})
        if arm in weights:
            raise rows.refuse(row, "arm", f"contrast {contrast!r} has a weight for it already")
        weights[arm] = _number(rows, row)
    names = [name for name in rows.columns if name not in WEIGHS]
    return [
        Contrast(contrast, weights, {name: dict(own)[name] for name in names if name in dict(own)})
        for (contrast, own), weights in found.items()
    ]


def _weights(contrast: str, weights: Any) -> dict[str, float]:  # noqa: ANN401 - what a user wrote
    if not isinstance(contrast, str) or not contrast:
        raise InputError(f"a contrast named {contrast!r}", "each contrast has a name (text)")
    try:
        made = {arm: float(weight) for arm, weight in weights.items()}
        if not all(isinstance(arm, str) for arm in made):
            raise TypeError
        return made
    except (AttributeError, TypeError, ValueError, OverflowError):
        needed = "a mapping of arm to weight is needed"
        raise InputError(
            f"contrast {contrast}: {weights!r}", needed, f'Write {{"{contrast}": {{"one": 1, "other": -1}}}}'
        ) from None


def _number(rows: Rows, row: int) -> float:
    try:
        return float(Fraction(rows.columns["weight"][row]))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise rows.refuse(row, "weight", "a number is needed, such as -0.5 or 1/3") from None


def _levels(rows: Rows, others: set[str]) -> list[dict[str, Level]]:
    """The levels of each row: of a column of numbers as numbers, of others as text; none where a cell is empty."""
    found: list[dict[str, Level]] = [{} for _ in rows.places]
    for name, cells in rows.columns.items():
        if name in others:
            continue
        if name in TAKEN or name == "contrast":
            raise InputError(
                f"{rows.source}, column {name}", "a table of effects has a column of that name", "Rename it"
            )
        numbers = [_level(cell) for cell in cells]
        numeric = all(not isinstance(number, str) for number in numbers if number != "")
        for own, cell, number in zip(found, cells, numbers, strict=True):
            if cell:
                own[name] = number if numeric else cell
    return found


def _level(cell: str) -> Level:
    """The cell as a whole number, else as a number, else as it is."""
    if re.fullmatch(r"[+-]?(0|[1-9]\d*)", cell):
        return int(cell)
    if "_" in cell or re.match(r"[+-]?0\d", cell):  # 1_2 and 007 are names
        return cell
    try:
        value = float(cell)
    except ValueError:
        return cell
    if not math.isfinite(value):
        return cell
    return int(value) if value.is_integer() else value
