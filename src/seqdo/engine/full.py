"""The plain engine: apply the edits, predict the whole sequences. Slow, readable, and the truth for any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from seqdo.engine.engine import Done, ignored
from seqdo.models.model import Model
from seqdo.sequences.edit import Edit, apply
from seqdo.sequences.sequences import Sequences


@dataclass(frozen=True, eq=False)
class Prepared:
    """A block and its predictions, (members, backgrounds, outputs): made once, shared by all arms."""

    block: Sequences
    predictions: NDArray[np.floating]


@dataclass(frozen=True)
class Full:
    """Predicts every edited sequence from end to end.

    Attributes
    ----------
    batch : sequences in one call of the model; small arms are put together to fill it
    """

    model: Model
    batch: int = 512
    name: str = field(default="full", init=False)
    block: int = field(default=1024, init=False)
    gain: float = field(default=1.0, init=False)

    def explain(self) -> str:
        """What is computed how."""
        return f"every edited sequence is predicted whole, in calls of {self.batch}"

    def prepare(self, block: Sequences) -> Prepared:
        """The block with its own predictions."""
        return Prepared(block, self.model.predict(block, batch=self.batch))

    def evaluate(self, state: Prepared, arms: Sequence[Sequence[Edit]], done: Done = ignored) -> NDArray[np.floating]:
        """Predictions of each arm; an arm without edits is the block's own, bit for bit."""
        y = np.empty((len(arms), *state.predictions.shape), state.predictions.dtype)
        edited = [index for index, edits in enumerate(arms) if edits]
        together = max(1, self.batch // len(state.block))
        for first in range(0, len(edited), together):
            some = edited[first : first + together]
            treated = [apply(state.block, arms[index]) for index in some]
            predicted = self.model.predict(_joined(treated), batch=self.batch)
            members, _, outputs = predicted.shape
            y[some] = predicted.reshape(members, len(some), len(state.block), outputs).swapaxes(0, 1)
            done(len(some) * members * len(state.block))
        plain = [index for index, edits in enumerate(arms) if not edits]
        y[plain] = state.predictions
        done(len(plain) * state.predictions.shape[0] * len(state.block))
        return y


def _joined(parts: Sequence[Sequences]) -> Sequences:
    codes = np.concatenate([part.codes for part in parts])
    return Sequences(codes, np.concatenate([part.lengths for part in parts]), parts[0].alphabet)
