"""Rows of a table as sentences. A sentence claims what the verdict of its row says, and no more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seqdo.reporting.text.labels import VERDICTS, printable
from seqdo.reporting.text.numbers import MISSING, count, estimate, plural, rounded
from seqdo.reporting.view import Sentence

Row = Mapping[str, Any]
"""A row of the table of effects; with the key CONFIDENCE where its interval is not at 95 %."""

CONFIDENCE = "confidence level"
"""Key of the level of a row's interval. No factor of a design has this name, as "level" may be one."""

_AT = ("position", "gap", "level", "place", "site", "copy number", "side", "arrangement", "pair")
"""What verdicts are counted at; they are counted for all else, as for k-mers."""


def finding(subject: str, row: Row, *, plural: bool = False) -> Sentence:
    """What ``subject`` does to the row's output, with the interval and the verdict.

    >>> row = {"output": "y", "estimate": 2.0134, "low": 1.981, "high": 2.044, "margin": 0.1, "verdict": "present"}
    >>> finding("GATTACA at 20", row).text
    'GATTACA at 20 raises y by 2.01 (95 % CI 1.98 to 2.04): present.'
    >>> finding("GATTACA at 20", row).claim
    'GATTACA at 20 raises y.'
    """
    output, s, verdict = printable(str(row["output"])), "" if plural else "s", str(row["verdict"])
    start = capitalized(subject)
    if not math.isfinite(float(row["estimate"])):
        text = f"{start}: the effect on {output} is {MISSING}"
        return Sentence(f"{text}{because(row)}.", f"{text}.")
    if verdict == "present":
        claim = f"{start} {'raise' if float(row['estimate']) > 0 else 'lower'}{s} {output}"
        return _sentence(claim, f" by {by(row)}", verdict)
    if verdict == "absent":
        claim = f"{start} {'have' if plural else 'has'} no effect on {output} beyond the margin"
        return _sentence(claim, f"{of_margin(row)} ({signed(row)})", verdict)
    if verdict == "negligible":
        claim = f"{start} change{s} {output} by less than the margin"
        return _sentence(claim, f"{of_margin(row)} ({signed(row)})", verdict)
    return _undecided(
        start, f"{start} change{s} {output}", f"It is undecided whether {subject} change{s} {output}", row
    )


def comparison(opening: str, row: Row) -> Sentence:
    """What a difference comes to, as in ``Compared with its scrambles, y is higher by 1.87 (...): present.``"""
    output, verdict = printable(str(row["output"])), str(row["verdict"])
    opening = capitalized(opening)
    if not math.isfinite(float(row["estimate"])):
        text = f"{opening}, the difference in {output} is {MISSING}"
        return Sentence(f"{text}{because(row)}.", f"{text}.")
    if verdict == "present":
        claim = f"{opening}, {output} is {'higher' if float(row['estimate']) > 0 else 'lower'}"
        return _sentence(claim, f" by {by(row)}", verdict)
    if verdict in ("absent", "negligible"):
        claim = f"{opening}, {output} differs by less than the margin"
        return _sentence(claim, f"{of_margin(row)} ({signed(row)})", verdict)
    return _undecided(
        opening, f"{opening}, {output} differs", f"{opening}, it is undecided whether {output} differs", row
    )


def sum_of_effects(row: Row) -> Sentence:
    """That effects add up, for an interaction whose verdict is absent or negligible."""
    return _sentence("The effects add up, within the margin", f"{of_margin(row)} ({signed(row)})", str(row["verdict"]))


def _undecided(start: str, change: str, question: str, row: Row) -> Sentence:
    """What an effect comes to where there is no verdict, for lack of a margin, or where the verdict is inconclusive."""
    if math.isfinite(float(row["margin"])):
        return _sentence(question, f" ({signed(row)}{why_open(row)})", str(row["verdict"]))
    why = "o margin was set, so there is no verdict."
    return Sentence(f"{change} by {_estimated(row)}. N{why}", f"{start}: n{why}")


def _sentence(claim: str, numbers: str, verdict: str) -> Sentence:
    return Sentence(f"{claim}{numbers}: {verdict}.", f"{claim}.", verdict)


def tally(verdicts: Sequence[str], of: str) -> str:
    """Verdicts counted, as in ``present at 8 of 10 positions and inconclusive at 2``.

    >>> tally(["present", "absent", "present"], "k-mer")
    'present for 2 of 3 k-mers and absent for 1'
    """
    counts = counted(verdicts)
    where = "at" if of in _AT else "for"
    if not counts:
        return f"estimated {where} none of {count(len(verdicts), of)}"
    first, size = next(iter(counts.items()))
    if size == len(verdicts):
        every = {1: f"the only {of}", 2: f"both {plural(of)}"}.get(size, f"all {count(size, of)}")
        return f"{first} {where} {every}"
    parts = [f"{name} {where} {size:,}" for name, size in counts.items()]
    parts[0] = f"{first} {where} {size:,} of {count(len(verdicts), of)}"
    return listed(parts)


def counted(verdicts: Iterable[str]) -> dict[str, int]:
    """How often each verdict was reached, in the order in which reports list them."""
    several = list(verdicts)
    return {name: several.count(name) for name in VERDICTS if name in several}


def by(row: Row) -> str:
    """How much, without its sign: ``2.01 (95 % CI 1.98 to 2.04)``."""
    value, low, high = (float(row[name]) for name in ("estimate", "low", "high"))
    if value < 0:
        value, low, high = -value, -high, -low
    middle, lower, upper = estimate(value, low, high)
    return f"{middle} ({_interval(row, lower, upper)})"


def signed(row: Row) -> str:
    """How much, with its sign: ``−0.005, 95 % CI −0.149 to 0.139``."""
    middle, low, high = estimate(float(row["estimate"]), float(row["low"]), float(row["high"]))
    return f"{middle}, {_interval(row, low, high)}"


def _estimated(row: Row) -> str:
    """How much, with its sign: ``−0.005 (95 % CI −0.149 to 0.139)``."""
    middle, low, high = estimate(float(row["estimate"]), float(row["low"]), float(row["high"]))
    return f"{middle} ({_interval(row, low, high)})"


def of_margin(row: Row) -> str:
    """Which margin, if there is one."""
    margin = float(row["margin"])
    return f" of ±{rounded(margin)}" if math.isfinite(margin) else ""


def why_open(row: Row) -> str:
    """Why a verdict is inconclusive."""
    margin, low, high = float(row["margin"]), float(row["low_adjusted"]), float(row["high_adjusted"])
    if not (math.isfinite(low) and math.isfinite(high)):
        return "; there is no interval to compare with the margin"
    if low > margin or high < -margin or (-margin < low and high < margin):
        return "; the sample does not allow a firmer verdict"
    return f"; the interval crosses the margin of ±{rounded(margin)}"


def because(row: Row) -> str:
    """The flag of a row, in brackets."""
    flag = row.get("flag", "")
    return f" ({printable(flag)})" if isinstance(flag, str) and flag else ""


def listed(parts: Sequence[str]) -> str:
    """Parts of a sentence: a, b and c."""
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def capitalized(text: str) -> str:
    """The beginning of a sentence: an article gets a capital, and names stay as they are.

    >>> capitalized("the sites"), capitalized("gATA1 at 5")
    ('The sites', 'gATA1 at 5')
    """
    return text[0].upper() + text[1:] if text.startswith(("a ", "an ", "the ")) else text


def _interval(row: Row, low: str, high: str) -> str:
    kind = f"{100 * float(row.get(CONFIDENCE, 0.95)):.4g} % CI"
    return f"{kind} {MISSING}" if MISSING in (low, high) else f"{kind} {low} to {high}"
