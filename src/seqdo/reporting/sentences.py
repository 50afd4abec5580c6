"""Rows of a table as sentences. What a sentence claims is what the row's verdict says, and no more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from seqdo.reporting.designs import VERDICTS, printable
from seqdo.reporting.numbers import MISSING, count, estimate, rounded

Row = Any
"""A row of the table (a Series)."""


def finding(subject: str, row: Row, verb: tuple[str, str] = ("raises", "lowers")) -> str:
    """One row as a sentence: what ``subject`` does to the output, its interval and its verdict.

    ``verb`` says it for a positive and for a negative effect; used only where the verdict is "present".
    """
    output, value = printable(str(row["output"])), float(row["estimate"])
    verdict = str(row["verdict"])
    if not math.isfinite(value):
        flag = str(row.get("flag", "") or "")
        return f"{subject}: the effect on {output} is {MISSING}{f' ({printable(flag)})' if flag not in ('', 'nan') else ''}."
    if verdict == "present":
        size, interval = size(row)
        return f"{subject} {verb[0] if value > 0 else verb[1]} {output} by {size} ({interval}): present."
    middle, low, high = estimate(value, float(row["low"]), float(row["high"]))
    between = f"{middle}, 95 % interval {low} to {high}"
    within = margin(row)
    if verdict == "absent":
        return f"{subject} has no effect on {output} beyond the margin {within} ({between}): absent."
    if verdict == "negligible":
        return f"{subject} changes {output} by less than the margin {within} ({between}): negligible."
    return f"Whether {_lower(subject)} changes {output} is open{why_open(row)} ({between}): inconclusive."


def tally(rows: pd.DataFrame, of: str) -> str:
    """Verdicts counted, as in ``present at 8 of 10 positions and inconclusive at 2``."""
    counts = rows["verdict"].astype(str).value_counts()
    found = [(name, int(counts[name])) for name in VERDICTS if name in counts]
    if not found:
        return f"estimated at none of {count(len(rows), of)}"
    if len(found) == 1 and found[0][1] == len(rows):
        return f"{found[0][0]} at all {count(len(rows), of)}" if len(rows) > 1 else f"{found[0][0]} at the one {of}"
    parts = [f"{name} at {size:,}" for name, size in found]
    parts[0] = f"{found[0][0]} at {found[0][1]:,} of {count(len(rows), of)}"
    return listed(parts)


def size(row: Row) -> tuple[str, str]:
    """How large, without its sign, and the interval to match."""
    value, low, high = (float(row[name]) for name in ("estimate", "low", "high"))
    if value < 0:
        value, low, high = -value, -high, -low
    size, lower, upper = estimate(value, low, high)
    return size, f"95 % interval {lower} to {upper}"


def interval(row: Row) -> tuple[str, str]:
    middle, low, high = estimate(float(row["estimate"]), float(row["low"]), float(row["high"]))
    return f"{middle} (95 % interval {low}", f"{high})"


def _sign(row: Row) -> str:
    return "by" if math.isfinite(float(row["estimate"])) else ""


def margin(row: Row) -> str:
    margin = float(row["margin"])
    return f"of ±{rounded(margin)}" if math.isfinite(margin) else "(not available)"


def why_open(row: Row) -> str:
    margin, low, high = float(row["margin"]), float(row["low_adjusted"]), float(row["high_adjusted"])
    if not math.isfinite(margin):
        return ", for there is no margin to judge it by"
    if not (math.isfinite(low) and math.isfinite(high)):
        return ", for there is no interval"
    if low > margin or high < -margin or (-margin < low and high < margin):
        return ", for there is too little data to call it absent"
    return f": the interval reaches across the margin of ±{rounded(margin)}"


def rows_of(table: pd.DataFrame, contrast: str) -> list[Row]:
    return [row for _, row in frame(table, contrast).iterrows()]


def frame(table: pd.DataFrame, contrast: str) -> pd.DataFrame:
    return table[table["contrast"].astype(str) == contrast]


def largest(rows: pd.DataFrame) -> Row:
    return rows.iloc[int(rows["estimate"].abs().fillna(-1).to_numpy().argmax())]


def listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" and {parts[-1]}" if parts else "none"


def _lower(subject: str) -> str:
    """A subject inside a sentence; patterns keep their capitals."""
    first = subject.split(" ", 1)[0]
    return subject if first.isupper() and len(first) > 1 else subject[:1].lower() + subject[1:]


def verdict_counts(rows: pd.DataFrame) -> str:
    counts = rows["verdict"].astype(str).value_counts()
    return listed([f"{int(counts[name])} {'is' if counts[name] == 1 else 'are'} {name}" for name in VERDICTS if name in counts])
