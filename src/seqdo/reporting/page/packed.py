"""The rows of a page as data for its script: column by column, for they are most of a large page's bytes.

A page's HTML has the first rows of each table, for those who let no script run; its script makes the others of this.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqdo.reporting.text.labels import printable

if TYPE_CHECKING:
    import pandas as pd

    from seqdo.reporting.page.sections import Line

DIGITS = 5
"""Significant digits of the numbers that a page sorts by and saves as CSV."""


def packed(table: pd.DataFrame, lines: Sequence[Line]) -> str:
    """JSON of the whole table (``columns``), and of what its rows say (``lines``), by the names of the table's heads.

    A column is a list of values, or ``words`` and, unless it is the same word in every row, its number in each row
    (``at``): whichever is shorter. There is null where there is no number.
    """
    columns: dict[str, list[Any]] = {str(name): table[name].astype(object).tolist() for name in table.columns}
    said: dict[str, list[Any]] = {
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
    text = f'{{"columns":{_columns(columns)},"lines":{_columns(said)}}}'
    for character in "<>&\u2028\u2029":  # no tag can begin or end inside a script
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _columns(named: dict[str, list[Any]]) -> str:
    return "{" + ",".join(f"{_json(name)}:{_column(values)}" for name, values in named.items()) + "}"


def _column(values: list[Any]) -> str:
    plain = [_plain(value) for value in values]
    number = {word: i for i, word in enumerate(dict.fromkeys(plain))}
    by_number = {"words": list(number)} | ({"at": [number[value] for value in plain]} if len(number) > 1 else {})
    return min(_json(plain), _json(by_number), key=len)


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def _json(value: Any) -> str:  # noqa: ANN401
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
