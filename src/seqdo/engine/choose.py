"""Which engine evaluates a model, and why."""

from __future__ import annotations

from dataclasses import dataclass

from seqdo.engine.engine import Engine
from seqdo.engine.full import Full
from seqdo.errors import InputError
from seqdo.models.model import Model

ENGINES = {"full": Full}
"""Name to engine: the one table to extend."""


SMALL, LARGE = 128, 512
"""Sequences in one call of a network on a CPU, whose caches its layers should fit, and of anything else.

One ResidualBind on two cores takes 123, 107, 171 and 204 us for an evaluation in calls of 64, 128, 256 and 512, and an
ensemble of five 106, 95, 103 and 120 (medians of 11 alternating rounds).
"""


@dataclass(frozen=True)
class Choice:
    """An engine and the reason for it."""

    engine: Engine
    reason: str

    def explain(self) -> str:
        """The choice in a sentence."""
        return f"engine {self.engine.name}: {self.reason}"


def choose_engine(model: Model, name: str = "auto") -> Choice:
    """The engine for a model: the fastest that is exact for it, or the one named.

    >>> from seqdo.models.planted import additive
    >>> choose_engine(additive({"GATTACA": 2.0}, length=60)).explain()
    'engine full: every edited sequence is predicted whole; it is the only engine so far'
    """
    if name != "auto" and name not in ENGINES:
        raise InputError(f"engine={name!r}", f"one of auto, {', '.join(ENGINES)} is needed", 'Write engine="auto"')
    reason = "every edited sequence is predicted whole; it is the only engine so far" if name == "auto" else "asked for"
    on_cpu = all(getattr(member.predict, "on_cpu", False) for member in model.members)
    return Choice(ENGINES["full" if name == "auto" else name](model, SMALL if on_cpu else LARGE), reason)
