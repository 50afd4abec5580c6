"""The extra backgrounds of a run, which are predicted without edits only."""

from __future__ import annotations

import numpy as np
import xarray as xr

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.sets import refuse_parts
from seqdo.designs.design import PILOT, Design
from seqdo.errors import InputError, RunError
from seqdo.models.model import Model
from seqdo.outcomes.extras import Extra
from seqdo.sequences.sequences import Sequences

FEWEST_PILOTS, PILOT_POSITIONS = 100, 2_000_000
"""By default a pilot has about so many positions in all, and never fewer than so many backgrounds."""


def has_pilot(pilot: int | None, design: Design, length: int, interim: bool, differ: bool = False) -> bool:
    """Does a default margin need predictions of its own, on a pilot?

    Where one prediction is long, the run's own predictions without edits give the spread of each output instead: a
    pilot would take longer than a short run. So they do where further inputs differ between backgrounds, since a pilot
    has no rows of its own. Interim analyses need the margin before the first block.

    Parameters
    ----------
    pilot : the user's number, None for the default
    design : of the run
    length : positions that the model reads
    interim : does the run have interim analyses?
    differ : do further inputs differ between backgrounds?
    """
    own = pilot is None and design.unedited is not None and not interim
    return not (own and (differ or length > PILOT_POSITIONS // PILOT))


def pilot_size(pilot: int | None, length: int) -> int:
    """How many backgrounds a pilot has: 1000 for up to 2,000 positions, fewer for a longer input, 100 at least.

    Parameters
    ----------
    pilot : the user's number; 0 for no pilot, None for the default
    length : positions that the model reads

    Raises
    ------
    InputError
        Anything but a whole number from 0; a single background, which has no SD.

    Examples
    --------
    >>> [pilot_size(None, length) for length in (249, 2114, 196_608)]
    [1000, 946, 100]
    """
    if pilot is None:
        return min(PILOT, max(FEWEST_PILOTS, PILOT_POSITIONS // length))
    if isinstance(pilot, bool) or not isinstance(pilot, int | np.integer) or pilot < 0 or pilot == 1:
        raise InputError(
            f"pilot={pilot!r}",
            "a number of backgrounds from 2 is needed, or 0 where `estimate` gets a margin",
            "Write pilot=200",
        )
    return int(pilot)


def unless_declared(pilot: int | None, margin: object) -> int | None:
    """The number of pilot backgrounds: 0 where one margin is declared for all outputs and the user names no number."""
    return 0 if pilot is None and isinstance(margin, int | float) else pilot


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
