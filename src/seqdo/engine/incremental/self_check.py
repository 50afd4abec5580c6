"""Does a program answer as the user's module does? Tried before it is used, on edits at the edges and spread out."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqdo.engine.engine import DisagreementError
from seqdo.engine.incremental.compute.program import Program
from seqdo.engine.incremental.graph.trace import execute, layer_name
from seqdo.models.checks import AGREEMENT, ROUNDING
from seqdo.sequences.stream import root, stream

if TYPE_CHECKING:
    from seqdo.engine.incremental.incremental import Incremental

BACKGROUNDS = 2
"""Random sequences that the edits are made on."""

LAYER = 1e-3
"""Largest difference in a layer, as a share of the spread of its values, that is still taken for rounding."""

NOTHING = 1e-12
"""Answers up to this are rounding around 0."""

AS_NEAR = 4.0
"""Distance from what float64 answers, as a multiple of the module's own, that is still taken for rounding."""

LARGEST = 5 * 10**7
"""Weights of a module that is copied to float64."""

Codes = NDArray[np.uint8]


def check(engine: Incremental, number: int) -> None:
    """Refuse a member whose program answers otherwise than its module.

    Raises
    ------
    DisagreementError
        With the first layer at which the two part.
    """
    member, program = engine.model.members[number], engine.programs[number]
    codes = stream(root(0), "self-check").integers(0, 4, (BACKGROUNDS, engine.model.length), dtype=np.uint8)
    tried = [(places, _changed(codes, places)) for places in _places(engine.model.length)]
    expected = engine.model.ask(member, np.concatenate([codes, *(after for _, after in tried)])).astype(np.float64)
    tolerance = AGREEMENT * np.ptp(expected, axis=0) + ROUNDING * np.abs(expected).max(0) + NOTHING
    with torch.no_grad():
        base = program.base(codes)
        found = [base.answers]
        for places, after in tried:
            plan = program.plan(places)
            found.append(program.change(base, plan, np.arange(BACKGROUNDS), after[:, plan.changed]))
    answers = np.concatenate([engine.numbers(number, one, BACKGROUNDS) for one in found]).astype(np.float64)
    wrong = np.abs(answers - expected)
    if not (wrong <= tolerance).all():
        # A float32 network may be so far from what it should say itself: then the answers must be as near to that.
        exact = _exact(member.predict, np.concatenate([codes, *(after for _, after in tried)]))
        if exact is not None:
            tolerance = tolerance + AS_NEAR * np.abs(expected - exact).max(0)
            wrong = np.abs(answers - exact)
    if (wrong <= tolerance).all():
        return
    first = max(int(np.argmax((wrong > tolerance).any(1))) // BACKGROUNDS - 1, 0)
    places, after = tried[first]
    with torch.no_grad():
        where = _parting(program, member.predict.encode(after), codes, after, places)  # type: ignore[attr-defined]
    raise DisagreementError(
        f"{member.name}: recomputing only what an edit of positions {places[0]} to {places[-1]} reaches gives answers "
        f"that are up to {wrong.max():.3g} off, first at {where}"
    )


def _exact(call: Any, codes: Codes) -> NDArray[np.float64] | None:  # noqa: ANN401 - a TorchCall
    """Answers of a float64 copy of a module; None where none can be made, or it would be large."""
    if sum(weight.numel() for weight in call.module.parameters()) > LARGEST:
        return None
    try:
        module = copy.deepcopy(call.module).double()
        answers: NDArray[np.float64] = replace(call, module=module)(codes).astype(np.float64)
    except Exception:  # whatever a user's module does when it is copied
        return None
    return answers


def _changed(codes: Codes, places: NDArray[np.int32]) -> Codes:
    """The sequences with another letter at each of the places."""
    after = codes.copy()
    after[:, places] = (codes[:, places] + 1 + np.arange(len(places)) % 3) % 4
    return after


def _places(length: int) -> list[NDArray[np.int32]]:
    """Both edges, the middle, and places far apart."""
    eight = min(8, length)
    middle = (length - eight) // 2
    spread = np.unique(np.linspace(0, length - 1, 5).astype(np.int32))
    one = np.array([length // 3], np.int32)
    spans = [range(1), range(length - eight, length), range(middle, middle + eight)]
    return [np.array(span, np.int32) for span in spans] + [spread, one]


def _parting(program: Program, whole: torch.Tensor, codes: Codes, after: Codes, places: NDArray[np.int32]) -> str:
    """The first layer that differs between the module and the program, gone through in both ways."""
    known = {program.trace.input: whole} | program.trace.constants
    for call in program.trace.calls[1:-1]:
        known[call] = len(whole) if str(call.meta.get("val")) == program.trace.batch else execute(call, known)
    once: dict[int, torch.Tensor] = {}
    program.base(after, watch=once.__setitem__)
    before: dict[int, torch.Tensor] = {}
    base = program.base(codes, watch=before.__setitem__)
    changes: dict[int, torch.Tensor] = {}
    plan = program.plan(places, apart=True)
    program.change(base, plan, np.arange(len(codes)), after[:, plan.changed], watch=changes.__setitem__)
    for node, change in changes.items():
        before[node][np.searchsorted(program.demand.wanted[node], plan.steps[node].region)] += change
    for call, view in program.traced.items():
        if isinstance(known[call], torch.Tensor) and known[call].is_floating_point():
            expected = view.as_values(known[call])[torch.from_numpy(program.demand.wanted[view.node]).long()]
            if _differ([once[view.node], before[view.node]], expected):
                return layer_name(call)
    return "the end"


def _differ(found: Sequence[torch.Tensor], expected: torch.Tensor) -> bool:
    limit = LAYER * float(expected.max() - expected.min()) + ROUNDING * float(expected.abs().max())
    return any(bool((one - expected).abs().max() > limit) for one in found)
