"""What an engine is: it prepares a block of backgrounds once and evaluates many edits of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqdo.sequences.edit import Edit
from seqdo.sequences.sequence import Sequences


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

    def prepare(self, block: Sequences) -> Any:  # noqa: ANN401 - each engine keeps what it needs
        """Whatever of a block of backgrounds all its edits share, their predictions among it."""
        ...

    def evaluate(self, state: Any, arms: Sequence[Sequence[Edit]]) -> NDArray[np.floating]:  # noqa: ANN401
        """Predictions (arms, members, backgrounds, outputs) of the prepared block with each arm's edits."""
        ...
