"""The plain engine: apply the edits, predict whole sequences. It is slow and readable, and the truth for any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.engine.engine import Progress, no_progress
from seqdo.models.model import Model
from seqdo.models.network import BATCH
from seqdo.sequences.edit import Edit, apply_each
from seqdo.sequences.sequences import Sequences

BLOCK, BLOCK_POSITIONS = 1024, 2**25
"""The most backgrounds, and the most letters in all, of a block."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A block and its predictions, (members, backgrounds, outputs): computed once, shared by all arms.

    ``inputs`` has the rows of the block's backgrounds, where further inputs differ between backgrounds.
    """

    block: Sequences
    predictions: NDArray[np.floating]
    inputs: Mapping[str, NDArray[Any]]

    def rows(self, times: int) -> Mapping[str, NDArray[Any]]:
        """The rows of the block, several times after one another: once for each arm in a call."""
        if times == 1:
            return self.inputs
        return {name: np.concatenate([rows] * times) for name, rows in self.inputs.items()}


@dataclass(frozen=True)
class Full:
    """Predicts every edited sequence from end to end.

    Attributes
    ----------
    model : the model that predicts
    batch : sequences in one call of the model; small arms are put together to fill it
    inputs : rows (n, ...) of further inputs that differ between the n backgrounds of a run, or of a block (``at``)
    """

    model: Model
    batch: int = BATCH
    inputs: Mapping[str, NDArray[Any]] = field(default_factory=dict, compare=False)
    name: str = field(default="full", init=False)
    gain: float = field(default=1.0, init=False)

    @property
    def block(self) -> int:
        """The most backgrounds to prepare at once: fewer of long sequences, since each arm copies their letters."""
        return max(1, min(BLOCK, BLOCK_POSITIONS // self.model.length))

    def explain(self) -> str:
        """What is computed and how."""
        return f"every edited sequence is predicted from end to end, {self.batch} sequences in one call"

    def prepare(self, block: Sequences) -> Prepared:
        """The block with its predictions."""
        predictions = self.model.with_rows(self.inputs).predict(block, batch=self.batch)
        return Prepared(block, predictions, self.inputs)

    def at(self, first: int, end: int) -> Full:
        """The engine for backgrounds ``first`` to ``end`` of a run, with their rows of the further inputs."""
        if not self.inputs:
            return self
        return replace(self, inputs={name: rows[first:end] for name, rows in self.inputs.items()})

    def evaluate(
        self, state: Prepared, arms: Sequence[Sequence[Edit]], progress: Progress = no_progress
    ) -> NDArray[np.floating]:
        """Predictions of each arm; an arm without edits has the block's own, bit for bit."""
        y = np.empty((len(arms), *state.predictions.shape), state.predictions.dtype)
        edited = [index for index, edits in enumerate(arms) if edits]
        # Arms of few backgrounds share a call: one call per arm would leave most of a batch empty.
        arms_per_call = max(1, self.batch // len(state.block))
        for first in range(0, len(edited), arms_per_call):
            indices = edited[first : first + arms_per_call]
            y[indices] = self._predicted(state, [arms[index] for index in indices])
            progress(len(indices) * len(y[0]) * len(state.block))
        unedited = [index for index, edits in enumerate(arms) if not edits]
        y[unedited] = state.predictions
        progress(len(unedited) * state.predictions.shape[0] * len(state.block))
        return y

    def _predicted(self, state: Prepared, arms: Sequence[Sequence[Edit]]) -> NDArray[np.floating]:
        """Predictions of some arms. Letters that are there already are predicted again: a noisy model shows there."""
        model = self.model.with_rows(state.rows(len(arms)))
        y = model.predict(apply_each(state.block, arms), batch=self.batch)
        members, _, outputs = y.shape
        return y.reshape(members, len(arms), len(state.block), outputs).swapaxes(0, 1)
