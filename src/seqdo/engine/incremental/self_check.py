"""Does a program predict what the user's module predicts? Tested before use, on edits at the edges and far apart."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqdo.engine.engine import DisagreementError
from seqdo.engine.incremental.compute.program import Program
from seqdo.engine.incremental.graph.receptive_field import Positions
from seqdo.engine.incremental.graph.trace import execute, layer_name
from seqdo.engine.incremental.incremental import Incremental
from seqdo.models.checks import AGREEMENT, ROUNDING
from seqdo.sequences.stream import root, stream

BACKGROUNDS = 2
"""Random sequences that the edits are made on."""

LAYER_TOLERANCE = 1e-3
"""Largest difference in a layer, as a share of the range of its values, that counts as rounding."""

ZERO_TOLERANCE = 1e-12
"""Predictions up to this size are rounding around 0."""

FLOAT64_FACTOR = 4.0
"""Largest distance from a float64 copy, as a multiple of the module's own distance, that counts as rounding."""

MAX_COPIED_WEIGHTS = 5 * 10**7
"""The most weights of a module that is copied to float64: the copy takes 8 bytes for each."""

Codes = NDArray[np.uint8]


def check(engine: Incremental, number: int) -> None:
    """Refuse a member whose program predicts something else than its module.

    Parameters
    ----------
    engine : with the programs of all members
    number : index of the member

    Raises
    ------
    DisagreementError
        The predictions differ by more than rounding; the message names the first layer that differs.
    """
    member, program = engine.model.members[number], engine.programs[number]
    codes = stream(root(0), "self-check").integers(0, 4, (BACKGROUNDS, engine.model.length), dtype=np.uint8)
    edits = [(positions, _edited(codes, positions)) for positions in _test_positions(engine.model.length)]
    sequences = np.concatenate([codes, *(edited for _, edited in edits)])
    expected = engine.model.predict_member(member, sequences).astype(np.float64)
    tolerance = AGREEMENT * np.ptp(expected, axis=0) + ROUNDING * np.abs(expected).max(0) + ZERO_TOLERANCE
    predictions = _predictions(engine, number, codes, edits)
    error = np.abs(predictions - expected)
    if not (error <= tolerance).all():
        # float32 may round a network's predictions by more than that. Then a float64 copy is the reference, and the
        # program must come about as close to it as the module does.
        exact = _exact(member.predict, sequences)
        if exact is not None:
            tolerance = tolerance + FLOAT64_FACTOR * np.abs(expected - exact).max(0)
            error = np.abs(predictions - exact)
    if (error <= tolerance).all():
        return
    # Sequences come in groups of BACKGROUNDS: unedited, then one group for each edit.
    first = max(int(np.argmax((error > tolerance).any(1))) // BACKGROUNDS - 1, 0)
    positions, edited = edits[first]
    with torch.no_grad():
        tensor = member.network.encode(member.network.codes_in(edited))  # type: ignore[attr-defined]
        layer = _first_difference(program, tensor, codes, edited, positions)
    raise DisagreementError(
        f"{member.name}: the incremental engine predicts up to {error.max():.3g} more or less than the module for an "
        f"edit of positions {positions[0]} to {positions[-1]}, first at {layer}"
    )


def _predictions(
    engine: Incremental, number: int, codes: Codes, edits: Sequence[tuple[Positions, Codes]]
) -> NDArray[np.float64]:
    """The program's predictions for the unedited sequences and then for each edit, (sequences, outputs)."""
    program = engine.programs[number]
    with torch.no_grad():
        base = program.base(codes)
        outputs = [base.outputs]
        for positions, edited in edits:
            plan = program.plan(positions)
            outputs.append(program.change(base, plan, np.arange(BACKGROUNDS), edited[:, plan.changed]))
    predictions: NDArray[np.float64] = np.concatenate(
        [engine.predictions(number, tensors, BACKGROUNDS) for tensors in outputs]
    ).astype(np.float64)
    return predictions


def _exact(call: Any, codes: Codes) -> NDArray[np.float64] | None:  # noqa: ANN401 - a TorchNetwork
    """Predictions of a float64 copy of a module; None if it can't be copied, or is large."""
    if sum(weight.numel() for weight in call.module.parameters()) > MAX_COPIED_WEIGHTS:
        return None
    try:
        module = copy.deepcopy(call.module).double()
        predictions: NDArray[np.float64] = replace(call, module=module)(codes).astype(np.float64)
    except Exception:  # a user's module may raise anything when it is copied
        return None
    return predictions


def _edited(codes: Codes, positions: Positions) -> Codes:
    """The sequences with another letter at each of the positions."""
    edited = codes.copy()
    edited[:, positions] = (codes[:, positions] + 1 + np.arange(len(positions)) % 3) % 4
    return edited


def _test_positions(length: int) -> list[Positions]:
    """Positions of each edit: both edges, the middle, five far apart, and a single one."""
    width = min(8, length)
    middle = (length - width) // 2
    far_apart = np.unique(np.linspace(0, length - 1, 5).astype(np.int32))
    single = np.array([length // 3], np.int32)
    spans = [range(1), range(length - width, length), range(middle, middle + width)]
    return [np.array(span, np.int32) for span in spans] + [far_apart, single]


def _first_difference(program: Program, tensor: torch.Tensor, codes: Codes, edited: Codes, positions: Positions) -> str:
    """The first layer whose values differ between the module and the program.

    The program's values of edited sequences are computed both ways: as backgrounds of their own, and as changes of the
    unedited ones.

    Parameters
    ----------
    program : of the member
    tensor : the edited sequences as the module reads them
    codes, edited : sequences without and with the edit
    positions : where they differ
    """
    expected = {program.trace.input: tensor} | program.trace.settled(len(tensor))
    for call in program.trace.calls[1:-1]:
        expected[call] = execute(call, expected)
    as_base: dict[int, torch.Tensor] = {}
    program.base(edited, watch=as_base.__setitem__)
    as_change: dict[int, torch.Tensor] = {}
    base = program.base(codes, watch=as_change.__setitem__)
    changes: dict[int, torch.Tensor] = {}
    plan = program.plan(positions, separate=True)
    program.change(base, plan, np.arange(len(codes)), edited[:, plan.changed], watch=changes.__setitem__)
    for node, change in changes.items():
        as_change[node][np.searchsorted(program.demand.needed[node], plan.steps[node].region)] += change
    for call, view in program.traced.items():
        if isinstance(expected[call], torch.Tensor) and expected[call].is_floating_point():
            needed = torch.from_numpy(program.demand.needed[view.node]).long()
            if _differ([as_base[view.node], as_change[view.node]], view.as_values(expected[call], len(tensor))[needed]):
                return layer_name(call)
    return "the end"


def _differ(values: Sequence[torch.Tensor], expected: torch.Tensor) -> bool:
    """Does any of the values differ from the expected ones by more than rounding?"""
    limit = LAYER_TOLERANCE * float(expected.max() - expected.min()) + ROUNDING * float(expected.abs().max())
    return any(bool((tensor - expected).abs().max() > limit) for tensor in values)
