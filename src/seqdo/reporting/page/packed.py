"""The rows of a page as data for its script: column by column, because they are most of a large page's bytes.

The HTML has the first rows of each table, so that the page can be read without its script. The script makes the other
rows from this data.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqdo.reporting.text.labels import printable

if TYPE_CHECKING:
    import pandas as pd

    from seqdo.reporting.page.cells import Line

DIGITS = 5
"""Significant digits of the numbers that a page sorts by and saves as CSV."""


def packed(table: pd.DataFrame, lines: Sequence[Line]) -> str:
    """JSON of the whole table (``columns``), and of the text of its cells (``lines``), by the names of the columns.

    A column is a list of values, or its ``distinct`` values and the number of each row's value among them (``at``, left
    out where all rows have one value): whichever is shorter. A number that could not be had is null.
    """
    columns: dict[str, list[Any]] = {str(name): table[name].astype(object).tolist() for name in table.columns}
    cells: dict[str, list[Any]] = {
        "anchor": [line.anchor for line in lines],
        "at": [line.at for line in lines],
        "estimate": [line.estimate for line in lines],
        "low": [line.interval for line in lines],
        "p_adjusted": [line.p for line in lines],
        "n": [line.n for line in lines],
        "flag": [line.flag for line in lines],
        "doubted": [line.doubted for line in lines],
        "reach": [line.reach for line in lines],
    }
    text = f'{{"columns":{_columns(columns)},"lines":{_columns(cells)}}}'
    for character in "<>&\u2028\u2029":  # no tag can begin or end inside a script
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _columns(named: dict[str, list[Any]]) -> str:
    return "{" + ",".join(f"{_json(name)}:{_column(values)}" for name, values in named.items()) + "}"


def _column(values: list[Any]) -> str:
    plain = [_plain(value) for value in values]
    number = {word: i for i, word in enumerate(dict.fromkeys(plain))}
    by_number = {"distinct": list(number)} | ({"at": [number[value] for value in plain]} if len(number) > 1 else {})
    return min(_json(plain), _json(by_number), key=len)


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def _json(value: Any) -> str:  # noqa: ANN401
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
