"""Rows of a table as sentences. What a sentence claims is what the row's verdict says, and no more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from seqdo.reporting.text.labels import VERDICTS, printable
from seqdo.reporting.text.numbers import MISSING, count, estimate, rounded

Row = Any
"""A row of the table (a Series)."""


def finding(subject: str, row: Row, *, plural: bool = False) -> str:
    """What ``subject`` does to the row's output, with the interval and the verdict.

    >>> finding("GATTACA at 20", {"output": "y", "estimate": 2.0134, "low": 1.981, "high": 2.044, "verdict": "present"})
    'GATTACA at 20 raises y by 2.01 (95 % interval 1.98 to 2.04): present.'
    """
    output, s = printable(str(row["output"])), "" if plural else "s"
    if not math.isfinite(float(row["estimate"])):
        return f"{_begin(subject)}: the effect on {output} is {MISSING}{because(row)}."
    if row["verdict"] == "present":
        verb = f"raise{s}" if float(row["estimate"]) > 0 else f"lower{s}"
        return f"{_begin(subject)} {verb} {output} by {by(row)}: present."
    if row["verdict"] == "absent":
        verb = "have" if plural else "has"
        return (
            f"{_begin(subject)} {verb} no effect on {output} beyond the margin{of_margin(row)} ({signed(row)}): absent."
        )
    if row["verdict"] == "negligible":
        return (
            f"{_begin(subject)} change{s} {output} by less than the margin{of_margin(row)} ({signed(row)}): negligible."
        )
    if not math.isfinite(float(row["margin"])):
        return f"No verdict on {subject}, for no margin is set: the effect on {output} is {signed(row)}."
    return f"Whether {subject} change{s} {output} is open ({signed(row)}{why_open(row)}): inconclusive."


def comparison(between: str, row: Row) -> str:
    """What a difference comes to, as in ``Compared with its scrambles, y is higher by 1.87 (...): present.``

    ``between`` begins the sentence.
    """
    output = printable(str(row["output"]))
    if not math.isfinite(float(row["estimate"])):
        return f"{between}, the difference in {output} is {MISSING}{because(row)}."
    if row["verdict"] == "present":
        return f"{between}, {output} is {'higher' if float(row['estimate']) > 0 else 'lower'} by {by(row)}: present."
    if row["verdict"] in ("absent", "negligible"):
        return f"{between}, {output} differs by less than the margin{of_margin(row)} ({signed(row)}): {row['verdict']}."
    if not math.isfinite(float(row["margin"])):
        return f"{between}, no verdict, for no margin is set: the difference in {output} is {signed(row)}."
    return f"{between}, whether {output} differs is open ({signed(row)}{why_open(row)}): inconclusive."


def tally(rows: pd.DataFrame, of: str) -> str:
    """Verdicts counted, as in ``present at 8 of 10 positions and inconclusive at 2``."""
    counts = rows["verdict"].astype(str).value_counts()
    found = [(name, int(counts[name])) for name in VERDICTS if name in counts]
    if not found:
        return f"estimated at none of {count(len(rows), of)}"
    if found[0][1] == len(rows):
        return f"{found[0][0]} at " + {1: f"the one {of}", 2: f"both {of}s"}.get(
            len(rows), f"all {count(len(rows), of)}"
        )
    parts = [f"{name} at {size:,}" for name, size in found]
    parts[0] = f"{found[0][0]} at {found[0][1]:,} of {count(len(rows), of)}"
    return listed(parts)


def by(row: Row) -> str:
    """How much, without its sign: ``2.01 (95 % interval 1.98 to 2.04)``."""
    value, low, high = (float(row[name]) for name in ("estimate", "low", "high"))
    if value < 0:
        value, low, high = -value, -high, -low
    middle, lower, upper = estimate(value, low, high)
    return f"{middle} ({_between(row, lower, upper)})"


def signed(row: Row) -> str:
    """How much, with its sign: ``−0.005, 95 % interval −0.149 to 0.139``."""
    middle, low, high = estimate(float(row["estimate"]), float(row["low"]), float(row["high"]))
    return f"{middle}, {_between(row, low, high)}"


def of_margin(row: Row) -> str:
    """Which margin, if there is one."""
    margin = float(row["margin"])
    return f" of ±{rounded(margin)}" if math.isfinite(margin) else ""


def why_open(row: Row) -> str:
    """Why a verdict is inconclusive."""
    margin, low, high = float(row["margin"]), float(row["low_adjusted"]), float(row["high_adjusted"])
    if not (math.isfinite(low) and math.isfinite(high)):
        return "; there is no interval to judge it by"
    if low > margin or high < -margin or (-margin < low and high < margin):
        return "; the sample does not allow a firmer verdict"
    return f"; the interval reaches across the margin of ±{rounded(margin)}"


def because(row: Row) -> str:
    """The flag of a row, in brackets."""
    flag = row.get("flag", "")
    return f" ({printable(flag)})" if isinstance(flag, str) and flag else ""


def frame(table: pd.DataFrame, contrast: str) -> pd.DataFrame:
    """Rows of a contrast."""
    return table[table["contrast"].astype(str) == contrast]


def rows_of(table: pd.DataFrame, contrast: str) -> list[Row]:
    """Rows of a contrast, one by one."""
    return [row for _, row in frame(table, contrast).iterrows()]


def largest_present(rows: pd.DataFrame) -> Row | None:
    """The row with the largest effect among those whose verdict is "present"."""
    present = rows[rows["verdict"] == "present"]
    return present.iloc[int(present["estimate"].abs().to_numpy().argmax())] if len(present) else None


def listed(parts: Sequence[str]) -> str:
    """Parts of a sentence: a, b and c."""
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def _between(row: Row, low: str, high: str) -> str:
    kind = f"{100 * float(row.get('level', 0.95)):.4g} %"
    return f"{kind} interval {MISSING}" if MISSING in (low, high) else f"{kind} interval {low} to {high}"


def _begin(subject: str) -> str:
    """Our own words get a capital at the beginning of a sentence; names stay as they are."""
    return subject[0].upper() + subject[1:] if subject.startswith(("a ", "the ", "standing ")) else subject
