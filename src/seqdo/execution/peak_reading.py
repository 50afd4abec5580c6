"""Arms of a block read at the reference's peaks: where the backgrounds without edits have their highest values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.engine.engine import Engine, Progress
from seqdo.models.model import Model
from seqdo.models.peak_model import PeakModel, ProfileModel
from seqdo.sequences.edit import Edit, apply
from seqdo.sequences.sequences import Sequences

BYTES = 2**28
"""The most bytes of whole profiles of the arms that an engine predicts together (256 MiB), at least one arm.

Only values at the peaks are kept. An engine holds copies of what it predicts, so that a run may take about four times
as much for whole profiles."""

FEWEST_ARMS = 4
"""Arms that fit together with the block that ``most_backgrounds`` allows: an engine shares work between arms."""

Edits = Sequence[Edit]


def most_backgrounds(model: Model) -> int | None:
    """The most backgrounds of a block whose whole profiles fit into memory; None if the model predicts no profile.

    Parameters
    ----------
    model : of the run
    """
    if not isinstance(model, PeakModel):
        return None
    bytes_of_background = 8 * model.peak.width * len(model.members)
    return max(1, BYTES // FEWEST_ARMS // bytes_of_background)


@dataclass(frozen=True)
class PeakReading:
    """A block whose arms are read at the peaks of its backgrounds.

    Attributes
    ----------
    engine : evaluates the model of whole profiles
    model : that model
    state : what the engine prepared for the block
    backgrounds : of the block
    """

    engine: Engine
    model: ProfileModel
    state: Any
    backgrounds: Sequences

    def evaluate(self, arms: Sequence[Edits], progress: Progress) -> NDArray[np.floating]:
        """Predictions (arms, members, backgrounds, outputs) of each arm.

        The peaks are those of the backgrounds, which the engine has predicted, whether or not an arm is without edits.

        Raises
        ------
        RunError
            A value that is not finite, such as the logarithm of 0.
        """
        peak = self.model.reader.peak
        unedited = self.engine.evaluate(self.state, [[]])[0]
        places = peak.places(unedited)
        step = max(1, BYTES // max(unedited.nbytes, 1))
        parts = []
        for first in range(0, len(arms), step):
            some = arms[first : first + step]
            values = peak.read(self.engine.evaluate(self.state, some, progress), places)
            self._refuse_not_finite(values, some)
            parts.append(values)
        return np.concatenate(parts)

    def _refuse_not_finite(self, values: NDArray[np.floating], arms: Sequence[Edits]) -> None:
        if np.isfinite(values).all():
            return
        reader = self.model.reader
        for arm, edits in enumerate(arms):
            codes = reader.arrange(apply(self.backgrounds, edits))
            for number, member in enumerate(reader.members):
                reader.refuse_not_finite(member, values[arm, number], codes)
