"""``report.json``: the view of a page as data, for programs.

The file holds what the page shows, with numbers unrounded. It is one object; ``schema`` is its version (1), and a
later version only adds keys unless the number rises. Keys are those of the records in :mod:`seqdo.reporting.view`,
with two exceptions:

- ``sections[i].rows`` is a table by columns, as ``pandas.DataFrame`` takes it: ``contrast``, ``output``, a column for
  each factor, ``label``, ``estimate``, ``se``, ``low``, ``high``, ``low_adjusted``, ``high_adjusted``, ``low_band``,
  ``high_band``, ``p``, ``p_adjusted``, ``margin``, ``n``, ``members``, ``unit``, ``verdict``, ``flag``, ``doubted``.
  ``estimate``, ``se``, ``margin`` and all bounds are in ``unit``, or in the output's own scale where it is "".
- ``sections[i].missing`` gives the reason for each null of that table: column to reason to the numbers of the rows, or
  "all" where the whole column has that reason.

A number that could not be had is null. There is no NaN and no infinity, so that any JSON parser reads the file.

>>> import json
>>> import seqdo as sd
>>> outcomes = sd.run(sd.embed("GATTACA", at=20), sd.planted.additive({"GATTACA": 2.0}, 60),
...                   sd.backgrounds.uniform(60), n=300, rng=0)
>>> from seqdo.reporting.page.assembly import page_view
>>> record = json.loads(as_json(page_view([sd.estimate(outcomes, margin=0.1)])))
>>> record["sections"][0]["rows"]["verdict"], record["sections"][0]["missing"]["low_band"]
(['present'], {'the contrast is not on a curve': 'all'})
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from seqdo.reporting.view import Page, Row, Section

SCHEMA = 1
"""Version of the format."""


_LAST = ("n", "members", "unit", "verdict", "flag", "doubted")
"""The last columns of the table."""


def as_json(page: Page) -> str:
    """The view of a page as JSON text; the same view gives the same text."""
    record = {"schema": SCHEMA, "kind": "seqdo report"} | _plain(page)
    return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Records, mappings and tuples as objects and lists."""
    if isinstance(value, Section):
        table = _columns(value.rows, value.factors)
        own = {field.name: _plain(getattr(value, field.name)) for field in fields(value) if field.name != "rows"}
        return own | {"anchor": value.anchor, "rows": table, "missing": _missing(value.rows, table)}
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _columns(rows: Sequence[Row], factors: Sequence[str]) -> dict[str, list[Any]]:
    """Rows as columns."""
    numbers = list(rows[0].numbers) if rows else []
    return {
        "contrast": [row.contrast for row in rows],
        "output": [row.output for row in rows],
        **{name: [row.levels.get(name) for row in rows] for name in factors},
        "label": [row.label for row in rows],
        **{name: [row.numbers[name] for row in rows] for name in numbers},
        **{name: [getattr(row, name) for row in rows] for name in _LAST},
    }


def _missing(rows: Sequence[Row], table: Mapping[str, Sequence[Any]]) -> dict[str, dict[str, Any]]:
    """Why numbers and levels are null: column to reason to rows."""
    missing: dict[str, dict[str, Any]] = {}
    for name, values in table.items():
        reasons: dict[str, list[int]] = {}
        for i, value in enumerate(values):
            if value is None:
                reasons.setdefault(_reason(name, rows[i]), []).append(i)
        if reasons:
            missing[name] = {reason: "all" if len(at) == len(rows) else at for reason, at in reasons.items()}
    return missing


def _reason(column: str, row: Row) -> str:
    if column == "margin":
        return "no margin was set"
    if column in ("low_band", "high_band"):
        return "the contrast is not on a curve"
    if column not in row.numbers:
        return "the contrast has no level of this factor"
    return row.flag or "the number could not be estimated"
