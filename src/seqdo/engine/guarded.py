"""A faster engine that is replaced by the plain one as soon as it fails, so that a run goes on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.engine.engine import Engine, Progress, no_progress
from seqdo.engine.full import Full
from seqdo.models.model import Model
from seqdo.sequences.edit import Edit
from seqdo.sequences.sequences import Sequences


@dataclass(eq=False)
class Prepared:
    """A block, the engine that prepared it, and what that engine keeps of it."""

    block: Sequences
    engine: Engine
    state: Any


@dataclass(eq=False)
class Guarded:
    """The faster engine, until it raises anything; from then on the plain one.

    An error that the plain engine raises as well is the model's own and reaches the user. Any other is a failure of the
    faster engine: it becomes a warning.

    Attributes
    ----------
    faster : the engine that is used first
    plain : the engine that takes over
    failure : what the faster engine raised; empty as long as it works
    """

    faster: Engine
    plain: Full
    failure: str = field(default="", init=False)

    @property
    def engine(self) -> Engine:
        """The engine in use."""
        return self.plain if self.failure else self.faster

    @property
    def name(self) -> str:
        """The name of the engine in use."""
        return self.engine.name

    @property
    def model(self) -> Model:
        """The model that is evaluated."""
        return self.plain.model

    @property
    def batch(self) -> int:
        """Sequences, or rows, that the engine in use computes at a time."""
        return self.engine.batch

    @property
    def block(self) -> int:
        """The most backgrounds that the engine in use prepares at a time."""
        return self.engine.block

    @property
    def gain(self) -> float:
        """How many times fewer multiplications an edit in the middle takes."""
        return self.engine.gain

    def explain(self) -> str:
        """What the engine in use computes and how."""
        return self.engine.explain()

    def prepare(self, block: Sequences) -> Prepared:
        """The block, prepared by the engine in use."""
        error = None
        if not self.failure:
            try:
                return Prepared(block, self.faster, self.faster.prepare(block))
            except Exception as raised:
                error = raised
        # Outside the handler, so that an error of the model itself is shown without that of the faster engine.
        state = self.plain.prepare(block)
        self._replace(error)
        return Prepared(block, self.plain, state)

    def evaluate(
        self, state: Prepared, arms: Sequence[Sequence[Edit]], progress: Progress = no_progress
    ) -> NDArray[np.floating]:
        """Predictions of each arm (arms, members, backgrounds, outputs)."""
        error = None
        if state.engine is self.faster:
            try:
                return self.faster.evaluate(state.state, arms, progress)
            except Exception as raised:
                error = raised
            state.engine, state.state = self.plain, self.plain.prepare(state.block)
        y = self.plain.evaluate(state.state, arms, progress)
        self._replace(error)
        return y

    def _replace(self, error: Exception | None) -> None:
        """Use the plain engine from now on, and warn once."""
        if error is None or self.failure:
            return
        self.failure = f"the {self.faster.name} engine failed: {type(error).__name__}: {error}"
        warnings.warn(f"{self.failure}; every sequence is predicted whole instead", stacklevel=3)
