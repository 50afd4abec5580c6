"""Real sequences of a run: predicted as they are, and where a layer of the model puts them, backgrounds and edits."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.effects.validity.classifier import FEWEST
from seqdo.effects.validity.embedding import directions
from seqdo.errors import InputError, RunError
from seqdo.models.model import Model, untouched_randomness
from seqdo.models.reference import Reference
from seqdo.outcomes.outcomes import Layer, Outcomes, Real, evenly
from seqdo.sequences.sequences import Sequences, SequencesLike, fingerprint, trimmed

MOST = 5000
"""Real sequences that are predicted and kept."""

ROWS, DIRECTIONS = 1000, 32
"""Sequences of each kind whose place in a layer is kept, and numbers that say it."""

BATCH = 512

Watched = Callable[[NDArray[np.uint8]], tuple[str, NDArray[np.float32]] | None]


def as_real(given: SequencesLike | None, model: Model) -> Sequences | None:
    """Real sequences that the model can read: all, or 5,000 of them, spread evenly over their order.

    Raises
    ------
    InputError
        Fewer than 100, or sequences that the model can't read.
    """
    if given is None:
        return None
    try:
        every = trimmed(given)
        if len(every) < FEWEST:
            raise InputError(
                f"{len(every)} sequences", f"at least {FEWEST} are needed to say what real ones are like",
                "Give more of them, or leave real out",
            )  # fmt: skip
        kept = every[evenly(len(every), MOST)]
        model.arrange(kept)
    except InputError as error:
        raise InputError(f"real: {error.problem}", error.accepted, error.fix) from error
    return Sequences(kept.codes, kept.lengths, model.alphabet)


def predict_real(model: Model, sequences: Sequences | None) -> tuple[Real | None, Model]:
    """Real sequences with what each member says of them, and the model with a reference, if it has none, of these."""
    if sequences is None:
        return None, model
    try:
        y = model.predict(sequences)
    except RunError as error:
        raise RunError(f"real sequences: {error.problem}", error.accepted, error.fix) from error
    coords = {"model": [member.name for member in model.members], "output": list(model.outputs)}
    real = Real(xr.DataArray(y, dims=("model", "real", "output"), coords=coords, name="real_y"), sequences)
    if model.reference is not None and model.reference.outputs:
        return real, model
    mean = y.mean(0, dtype=np.float64)
    return real, replace(model, reference=Reference.measure(sequences, mean, model.outputs, "given to the run"))


def recorded(given: Sequences | None) -> dict[str, Any]:
    """What the provenance says of real sequences; nothing without any."""
    return {} if given is None else {"real": fingerprint(given)}


def with_layer(outcomes: Outcomes, model: Model) -> Outcomes:
    """The outcomes with where the last layer of the first member puts real sequences, backgrounds and edited ones."""
    watched = getattr(model.members[0].predict, "layer", None)
    if outcomes.real is None or watched is None or not outcomes.treated:
        return outcomes
    arm = outcomes.treated[0]
    some = evenly(len(outcomes.backgrounds), ROWS)
    chosen = outcomes.real.sequences[evenly(len(outcomes.real.sequences), ROWS)]
    asked = (chosen, outcomes.backgrounds[some], outcomes.edited(arm)[some])
    try:
        with untouched_randomness():
            seen = [_watched(watched, model.arrange(sequences)) for sequences in asked]
    except Exception as error:  # whatever a network makes of being watched: the run is done, and is not lost for it
        warnings.warn(f"no distances in a layer: {type(error).__name__}: {error}", stacklevel=3)
        return outcomes
    found = [one for one in seen if one is not None]
    names = {(name, rows.shape[1]) for name, rows in found}
    if len(found) < len(asked) or len(names) > 1 or not all(np.isfinite(rows).all() for _, rows in found):
        return outcomes
    layer = Layer(found[0][0], arm, *directions([rows for _, rows in found], DIRECTIONS))
    return replace(outcomes, real=replace(outcomes.real, layer=layer))


def _watched(watched: Watched, codes: NDArray[np.uint8]) -> tuple[str, NDArray[np.float32]] | None:
    """The layer's name and what it is given, of all codes; None if a batch shows nothing, or another layer."""
    parts = [watched(codes[first : first + BATCH]) for first in range(0, len(codes), BATCH)]
    whole = [part for part in parts if part is not None]
    if len(whole) < len(parts) or len({(name, rows.shape[1]) for name, rows in whole}) > 1:
        return None
    return whole[0][0], np.concatenate([rows for _, rows in whole])
