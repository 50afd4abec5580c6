"""Validity as a reader needs it: each check once, the worst first, with the designs that it speaks of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seqdo.effects.estimate import Effects
from seqdo.effects.validity.hygiene import BEFORE, BESIDE
from seqdo.effects.validity.realism import ALONE, UNGIVEN
from seqdo.reporting.designs import names, printable
from seqdo.reporting.numbers import MISSING, count, rounded

LIGHTS = {
    "red": ("red", "not fit"),
    "amber": ("amber", "with care"),
    "unknown": ("unknown", "not checked"),
    "green": ("green", "fit"),
}
"""Class and word of each light, the worst first."""


@dataclass(frozen=True)
class Check:
    """One check of one or several designs."""

    check: str
    value: str
    threshold: str
    light: str
    word: str
    advice: str
    designs: str


@dataclass(frozen=True)
class Fitness:
    """All checks, and what they come to in a sentence.

    ``light`` is the worst of them; that more could be checked with real sequences makes none of them worse.
    """

    checks: tuple[Check, ...]
    light: str
    sentence: str


def fitness(effects: Sequence[Effects]) -> Fitness:
    """The checks of all designs; what is the same for several is said once."""
    found: dict[tuple[str, float, float, str, str], list[str]] = {}
    for name, each in zip(names(effects), effects, strict=True):
        for row in each.validity.to_dict("records"):
            value, threshold = (float(row[key]) for key in ("value", "threshold"))
            # NaN is not equal to itself, and would make each its own
            key = (str(row["check"]), *(_MISSING if math.isnan(v) else v for v in (value, threshold)))
            found.setdefault((*key, str(row["light"]), str(row["advice"])), []).append(name)  # type: ignore[arg-type]
    checks = [
        Check(
            check=printable(check),
            value=rounded(value) if value != _MISSING else MISSING,
            threshold=f"up to {rounded(threshold)}" if threshold != _MISSING else MISSING,
            light=LIGHTS.get(light, LIGHTS["unknown"])[0],
            word=LIGHTS.get(light, LIGHTS["unknown"])[1],
            advice=printable(advice),
            designs="all designs" if len(where) == len(effects) else printable(", ".join(where)),
        )
        for (check, value, threshold, light, advice), where in found.items()
    ]
    order = list(LIGHTS)
    checks.sort(key=lambda check: order.index(check.light))
    light = next((check.light for check in checks if check.check != UNGIVEN), "unknown")
    return Fitness(tuple(checks), light, _sentence(checks))


OF_EDITS = (ALONE, BEFORE, BESIDE)
"""Checks that compare with nothing real."""

_MISSING = -1.0
"""Stands for NaN in a key; values of checks are never negative."""


def _sentence(checks: Sequence[Check]) -> str:
    counts = {light: sum(check.light == light for check in checks) for light in LIGHTS}
    known = len(checks) - counts["unknown"]
    alone = [check for check in checks if check.check in OF_EDITS]
    if known <= len(alone):
        amber = any(check.light != "green" for check in alone)
        moved = " And the edits change more of them than they should: see the checks." if amber else ""
        return (
            "The backgrounds were not compared with real sequences, so nobody knows how far the answers carry to them."
            + moved
        )
    if counts["red"]:
        return (
            f"{counts['red']} of {count(known, 'check')} say that backgrounds or edits are far from real sequences: "
            "read no effect from this page before you have seen which."
        )
    if counts["amber"]:
        care = f"{counts['amber']} of {count(known, 'check')}"
        return f"{care} ask for care: see which before you read an effect."
    return f"All {count(known, 'check')} passed: the backgrounds are near to real sequences in what was measured."
