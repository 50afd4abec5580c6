"""What an engine is: it prepares a block of backgrounds once and evaluates many edits of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqdo.models.model import Model
from seqdo.sequences.edit import Edit
from seqdo.sequences.sequences import Sequences

Progress = Callable[[int], object]
"""A function that receives the number of further evaluations, such as the ``update`` of a progress bar."""


def no_progress(number: int) -> None:
    """The default of ``progress``: nothing is shown."""


class UnsuitedError(Exception):
    """A model that an engine can't evaluate; the message has the reason."""


class DisagreementError(UnsuitedError):
    """A model for which an engine's predictions differ from the model's; the message has the first such layer."""


class BuildError(Exception):
    """An engine that failed while it was built for a model; the message has the step, and the layer if it is clear."""


class Engine(Protocol):
    """Evaluates edits; an engine receives what changed, so that it may recompute only that.

    Law: whatever the engine, ``evaluate`` equals :class:`~seqdo.engine.full.Full`'s to float32 rounding.
    """

    @property
    def name(self) -> str:
        """The name in ``run(engine=...)`` and in the provenance."""
        ...

    @property
    def model(self) -> Model:
        """The model that the engine evaluates."""
        ...

    @property
    def batch(self) -> int:
        """Sequences in one call of the model; the provenance records it, since another batch rounds otherwise."""
        ...

    @property
    def block(self) -> int:
        """The most backgrounds to prepare at a time."""
        ...

    @property
    def gain(self) -> float:
        """How many times fewer multiplications an edit in the middle takes than a whole prediction, roughly."""
        ...

    def explain(self) -> str:
        """What is computed and how, in lines of text."""
        ...

    def prepare(self, block: Sequences) -> Any:  # noqa: ANN401 - each engine keeps what it needs
        """The state that all edits of a block of backgrounds share, which includes the backgrounds' predictions."""
        ...

    def evaluate(
        self,
        state: Any,  # noqa: ANN401 - what prepare returned
        arms: Sequence[Sequence[Edit]],
        progress: Progress = no_progress,
    ) -> NDArray[np.floating]:
        """Predictions (arms, members, backgrounds, outputs) of the prepared block with each arm's edits.

        Parameters
        ----------
        state : what :meth:`prepare` returned for the block
        arms : the edits of each arm; an arm without edits has the predictions of the backgrounds
        progress : receives the number of evaluations, each by one member, as they are computed
        """
        ...
