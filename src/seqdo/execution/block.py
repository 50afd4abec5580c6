"""One block of a run: the engine predicts its arms; where something fails, the arm and the background are located."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.changes.site import edits_of
from seqdo.designs.design import Design
from seqdo.engine.engine import Engine, Progress, no_progress
from seqdo.engine.full import Full
from seqdo.errors import RunError
from seqdo.execution.peak_reading import PeakReading
from seqdo.models.peak_model import ProfileModel
from seqdo.sequences.sequences import Sequences


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive backgrounds of a run.

    Attributes
    ----------
    first : index in the run of the first of ``backgrounds``
    """

    engine: Engine
    design: Design
    seed: np.random.SeedSequence
    first: int
    backgrounds: Sequences

    def evaluate(self, done: Progress = no_progress) -> NDArray[np.floating]:
        """Predictions (arms, members, backgrounds, outputs); ``done`` is called with evaluations as they finish.

        Raises
        ------
        RunError
            A member that fails or predicts NaN: with the arm and the background, located by predicting again.
        """
        names = list(self.design.arms)
        try:
            state = self._prepared(0, len(self.backgrounds))
        except RunError as error:
            raise self._placed(error, None) from error
        try:
            return self._predict(state, names, 0, len(self.backgrounds), done)
        except RunError as error:
            raise self._located(error, state, names) from error

    def _prepared(self, low: int, high: int) -> Any:  # noqa: ANN401
        """The state of backgrounds low to high of the block."""
        engine = self.engine
        if isinstance(engine, Full):  # the one engine that may have rows of further inputs
            engine = engine.at(self.first + low, self.first + high)
        return engine.prepare(self.backgrounds[low:high])

    def _predict(
        self,
        state: Any,  # noqa: ANN401
        arms: Sequence[str],
        low: int,
        high: int,
        done: Progress = no_progress,
    ) -> NDArray[np.floating]:
        """Predictions of the state, which is of backgrounds low to high of the block."""
        chosen = (self.design.arms[arm] for arm in arms)
        edits = edits_of(chosen, self.seed, self.first + low, self.backgrounds[low:high])
        model = self.engine.model
        if isinstance(model, ProfileModel):
            return PeakReading(self.engine, model, state, self.backgrounds[low:high]).evaluate(edits, done)
        return self.engine.evaluate(state, edits, done)

    def _located(self, error: RunError, state: Any, arms: Sequence[str]) -> RunError:  # noqa: ANN401
        """The error with its place: the first of the arms that fails when it is predicted alone."""
        for arm in arms:
            try:
                self._predict(state, [arm], 0, len(self.backgrounds))
            except RunError as again:
                return self._placed(again, arm)
        last = self.first + len(self.backgrounds) - 1
        where = f"arms {arms[0]} to {arms[-1]} on backgrounds {self.first} to {last} (not when asked again)"
        return RunError(f"{where}: {error.problem}", error.accepted, error.fix)

    def _placed(self, error: RunError, arm: str | None) -> RunError:
        """The error with the arm (None: no edits) and the first background that fails when it is predicted alone."""
        low, high = 0, len(self.backgrounds)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._fails(arm, low, middle) else (middle, high)
        alone = self._fails(arm, low, high)
        last = self.first + len(self.backgrounds) - 1
        where = f"background {self.first + low}, alone" if alone else f"backgrounds {self.first} to {last}"
        error = alone or error
        return RunError(
            f"{'no edits' if arm is None else f'arm {arm}'} on {where}: {error.problem}", error.accepted, error.fix
        )

    def _fails(self, arm: str | None, low: int, high: int) -> RunError | None:
        try:
            state = self._prepared(low, high)
            if arm is not None:
                self._predict(state, [arm], low, high)
        except RunError as error:
            return error
        return None
