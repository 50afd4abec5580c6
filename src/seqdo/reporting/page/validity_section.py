"""Validity: each check once, the worst first, with the designs that it covers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seqdo.effects.effects import Effects
from seqdo.effects.validity.hygiene import BEFORE, BESIDE
from seqdo.effects.validity.realism import ALONE, UNGIVEN
from seqdo.reporting.text.labels import names, printable
from seqdo.reporting.text.numbers import count
from seqdo.reporting.view import Check, Validity

RESULTS = ("fail", "caution", "not checked", "pass")
"""Results of checks, the worst first."""

OF_EDITS = (ALONE, BEFORE, BESIDE)
"""Checks that compare nothing with real sequences."""


def validity(effects: Sequence[Effects]) -> Validity:
    """The checks of all designs. Designs with one result of a check share a row: the worst number, and its advice.

    The result of the whole is the worst of all checks. That more could be checked with real sequences makes none worse.
    """
    rows: dict[tuple[str, str], list[tuple[float, float, str, str]]] = {}
    for name, each in zip(names(effects), effects, strict=True):
        for record in each.validity.to_dict("records"):
            value, allowed = (float(record[key]) for key in ("value", "threshold"))
            result = str(record["result"])
            rows.setdefault((str(record["check"]), result), []).append((value, allowed, str(record["advice"]), name))
    checks = [_check(check, result, several, len(effects)) for (check, result), several in rows.items()]
    order = list(RESULTS)
    checks.sort(key=lambda check: order.index(check.result))
    worst = next((check.result for check in checks if check.check != UNGIVEN), "not checked")
    return Validity(tuple(checks), worst, _sentence(checks))


def _check(check: str, result: str, rows: Sequence[tuple[float, float, str, str]], designs: int) -> Check:
    """One row for the designs that have one result of a check."""
    value, allowed, advice, worst = max(rows, key=lambda row: -math.inf if math.isnan(row[0]) else row[0])
    others = [name for *_, name in rows if name != worst]
    return Check(
        check=printable(check),
        result=result,
        value=value if math.isfinite(value) else None,
        allowed=allowed if math.isfinite(allowed) else None,
        advice=printable(advice),
        designs="all designs" if len(rows) == designs else printable(", ".join([worst, *others])),
    )


def _sentence(checks: Sequence[Check]) -> str:
    counts = {result: sum(check.result == result for check in checks) for result in RESULTS}
    size = len(checks) - counts["not checked"]
    edits = [check for check in checks if check.check in OF_EDITS]
    if size <= len(edits):
        changed = any(check.result != "pass" for check in edits)
        more = " The edits change more of the backgrounds than they should: see the checks." if changed else ""
        return (
            "The backgrounds were not compared with real sequences, so it is unknown whether effects carry over to "
            f"real sequences.{more}"
        )
    if counts["fail"]:
        return (
            f"{counts['fail']} of {count(size, 'check')} failed: backgrounds or edited sequences are far from real "
            "sequences. Read the failed checks before you interpret any effect."
        )
    if counts["caution"]:
        return (
            f"{counts['caution']} of {count(size, 'check')} call for caution. Read them before you interpret effects."
        )
    return f"All {count(size, 'check')} passed: the backgrounds are close to real sequences in what was measured."
