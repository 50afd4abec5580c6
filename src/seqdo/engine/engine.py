"""What an engine is: it prepares a block of backgrounds once and evaluates many edits of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqdo.sequences.edit import Edit
from seqdo.sequences.sequences import Sequences

Done = Callable[[int], object]
"""Who wants to know how many evaluations more have been made."""


def ignored(number: int) -> None:
    """Nobody wants to know."""


class UnsuitedError(Exception):
    """A model that an engine can't evaluate; the message says why."""


class DisagreementError(UnsuitedError):
    """A model for which an engine's answers are not the model's: the message says from which layer on."""


class Engine(Protocol):
    """Evaluates edits; it is handed what changed, so that it may recompute only that.

    Law: whatever the engine, ``evaluate`` equals :class:`~seqdo.engine.full.Full`'s to float32 rounding.
    """

    @property
    def name(self) -> str:
        """What ``run(engine=...)`` and provenance call it."""
        ...

    @property
    def batch(self) -> int:
        """Sequences in one call of the model, which provenance records: another batch rounds otherwise."""
        ...

    @property
    def block(self) -> int:
        """Most backgrounds to prepare at a time."""
        ...

    @property
    def gain(self) -> float:
        """How many times fewer multiplications than a whole prediction an edit in the middle takes, about."""
        ...

    def explain(self) -> str:
        """What is computed how, in lines of text."""
        ...

    def prepare(self, block: Sequences) -> Any:  # noqa: ANN401 - each engine keeps what it needs
        """Whatever of a block of backgrounds all its edits share, their predictions among it."""
        ...

    def evaluate(self, state: Any, arms: Sequence[Sequence[Edit]], done: Done = ignored) -> NDArray[np.floating]:  # noqa: ANN401
        """Predictions (arms, members, backgrounds, outputs) of the prepared block with each arm's edits.

        ``done`` is told of evaluations, of one member each, as they are made.
        """
        ...
