"""Validity as a reader needs it: each check once, the worst first, with the designs that it speaks of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seqdo.effects.effects import Effects
from seqdo.effects.validity.hygiene import BEFORE, BESIDE
from seqdo.effects.validity.realism import ALONE, UNGIVEN
from seqdo.reporting.text.labels import names, printable
from seqdo.reporting.text.numbers import MISSING, count, rounded

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
    """The checks of all designs: of those that have one light, the number and words of the worst of them."""
    found: dict[tuple[str, str], list[tuple[float, float, str, str]]] = {}
    for name, each in zip(names(effects), effects, strict=True):
        for row in each.validity.to_dict("records"):
            number, allowed = (float(row[key]) for key in ("value", "threshold"))
            said = (number, allowed, str(row["advice"]), name)
            found.setdefault((str(row["check"]), str(row["light"])), []).append(said)
    checks = [_check(check, light, of, len(effects)) for (check, light), of in found.items()]
    order = list(LIGHTS)
    checks.sort(key=lambda check: order.index(check.light))
    light = next((check.light for check in checks if check.check != UNGIVEN), "unknown")
    return Fitness(tuple(checks), light, _sentence(checks))


def _check(check: str, light: str, of: Sequence[tuple[float, float, str, str]], designs: int) -> Check:
    """One row for designs of which a check has the same light."""
    value, allowed, advice, worst = max(of, key=lambda one: -math.inf if math.isnan(one[0]) else one[0])
    shown = LIGHTS.get(light, LIGHTS["unknown"])
    others = [name for *_, name in of if name != worst]
    return Check(
        check=printable(check),
        value=MISSING if math.isnan(value) else rounded(value),
        threshold=MISSING if math.isnan(allowed) else f"up to {rounded(allowed)}",
        light=shown[0],
        word=shown[1],
        advice=printable(advice),
        designs="all designs" if len(of) == designs else printable(", ".join([worst, *others])),
    )


OF_EDITS = (ALONE, BEFORE, BESIDE)
"""Checks that compare with nothing real."""


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
