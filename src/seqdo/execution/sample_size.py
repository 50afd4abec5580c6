"""The extra backgrounds of a run, which are predicted without edits only."""

from __future__ import annotations

import numpy as np
import xarray as xr

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.sets import refuse_parts
from seqdo.errors import InputError, RunError
from seqdo.models.model import Model
from seqdo.outcomes.extras import Extra
from seqdo.sequences.sequences import Sequences


def number_of_extra(extra: int, n: int, null: Background) -> int:
    """Extra backgrounds: a whole number from 0, of whole sets, as many as there are behind the n."""
    if isinstance(extra, bool) or not isinstance(extra, int | np.integer) or extra < 0:
        raise InputError(f"extra={extra!r}", "a whole number of backgrounds from 0 is needed", "Write extra=2000")
    refuse_parts("extra", int(extra), null)
    if null.capacity is not None and n + extra > null.capacity:
        raise InputError(
            f"n={n} and extra={extra} of the background {null.name}",
            f"it holds {null.capacity} sequences, and each is used once",
            f"Write extra={max(null.capacity - n, 0)} or fewer, or a smaller n",
        )
    return int(extra)


def predict_extra(model: Model, null: Background, seed: np.random.SeedSequence, n: int, extra: int) -> Extra | None:
    """Backgrounds n to n + extra of the run, each predicted once by each member."""
    if not extra:
        return None
    drawn = null.sample(extra, rng=seed, first=n)
    try:
        y = model.predict(drawn)
    except RunError as error:
        raise RunError(f"extra backgrounds: {error.problem}", error.accepted, error.fix) from error
    coords = {"model": [member.name for member in model.members], "output": list(model.outputs)}
    return Extra(
        xr.DataArray(y, dims=("model", "extra", "output"), coords=coords, name="extra_y"),
        Sequences(drawn.codes, drawn.lengths, model.alphabet),
    )
