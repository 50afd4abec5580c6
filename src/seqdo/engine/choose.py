"""Which engine evaluates a model, and why."""

from __future__ import annotations

from dataclasses import dataclass

from seqdo.engine.engine import Engine
from seqdo.engine.full import Full
from seqdo.errors import InputError
from seqdo.models.model import Model

ENGINES = {"full": Full}
"""Name to engine: the one table to extend."""


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
    return Choice(ENGINES["full" if name == "auto" else name](model), reason)
