"""Real sequences of a run: their predictions, and their places in the last layer, next to those of backgrounds."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.effects.validity.classifier import FEWEST
from seqdo.effects.validity.embedding import directions
from seqdo.errors import InputError, RunError
from seqdo.models.model import Model
from seqdo.models.network import LayerInput, Network
from seqdo.models.random_states import untouched_randomness
from seqdo.models.reference import Reference
from seqdo.outcomes.extras import Layer, Real, evenly
from seqdo.outcomes.outcomes import Outcomes
from seqdo.sequences.sequences import Sequences, SequencesLike, trimmed

MOST = 5000
"""The most real sequences that are predicted and kept."""

ROWS, DIRECTIONS = 1000, 32
"""The most sequences of each kind whose place in a layer is kept, and the numbers that describe a place."""

BATCH = 512


def as_real(sequences: SequencesLike | None, model: Model) -> Sequences | None:
    """Real sequences that the model can read: all, or 5,000 of them, spread evenly over their order.

    Raises
    ------
    InputError
        Fewer than 100, or sequences that the model can't read.
    """
    if sequences is None:
        return None
    try:
        every = trimmed(sequences)
        kept = every[evenly(len(every), MOST)]
        model.arrange(kept)
    except InputError as error:
        raise InputError(f"`real`: {error.problem}", error.accepted, error.fix) from error
    if len(every) < FEWEST:
        raise InputError(
            f"`real` has {len(every)} sequences",
            f"at least {FEWEST} are needed to describe real sequences",
            "Pass more of them, or leave `real` out",
        )
    return Sequences(kept.codes, kept.lengths, model.alphabet)


def predict_real(model: Model, sequences: Sequences | None) -> tuple[Real | None, Model]:
    """Real sequences with each member's predictions, and the model: with a reference of them if it has none."""
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


def with_layer(outcomes: Outcomes, model: Model) -> Outcomes:
    """The outcomes with the places of real, unedited and edited sequences in the last layer of the first member."""
    if outcomes.real is None or not outcomes.treated:
        return outcomes
    try:
        with untouched_randomness():
            layer = _layer(outcomes, outcomes.real, model)
    except Exception as error:  # whatever a network does when it is observed: the run is complete and must not be lost
        warnings.warn(f"no distances in a layer: {type(error).__name__}: {error}", stacklevel=3)
        return outcomes
    return outcomes if layer is None else replace(outcomes, real=replace(outcomes.real, layer=layer))


def _layer(outcomes: Outcomes, real: Real, model: Model) -> Layer | None:
    """The places in the last layer; None if the network shows no layer, or not the same for all sequences."""
    network, arm = model.members[0].network, outcomes.treated[0]
    first = _layer_input(network, model.arrange(real.sequences[evenly(len(real.sequences), ROWS)]))
    if first is None:  # most models that are functions: nothing more is computed
        return None
    rows = evenly(len(outcomes.backgrounds), ROWS)
    inputs = [first]
    for sequences in (outcomes.backgrounds[rows], outcomes.edited(arm)[rows]):
        layer_input = _layer_input(network, model.arrange(sequences))
        if layer_input is None or not _same_layer(layer_input, first):
            return None
        inputs.append(layer_input)
    if not all(np.isfinite(layer_input.values).all() for layer_input in inputs):
        return None
    return Layer(first.name, arm, *directions([layer_input.values for layer_input in inputs], DIRECTIONS))


def _layer_input(network: Network, codes: NDArray[np.uint8]) -> LayerInput | None:
    """The input of the last layer for all codes; None if a batch shows no layer, or a different layer."""
    parts: list[LayerInput] = []
    size = network.limit.preferred(BATCH)
    for start in range(0, len(codes), size):
        part = network.last_layer_input(codes[start : start + size])
        if part is None or not _same_layer(part, parts[0] if parts else part):
            return None
        parts.append(part)
    return LayerInput(parts[0].name, np.concatenate([part.values for part in parts]))


def _same_layer(first: LayerInput, second: LayerInput) -> bool:
    return first.name == second.name and first.values.shape[1] == second.values.shape[1]
