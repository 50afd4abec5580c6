"""From a wrapped model to its incremental engine, or to the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from torch import nn

from seqdo.engine.engine import UnsuitedError
from seqdo.engine.incremental.compute.program import Program
from seqdo.engine.incremental.graph.trace import Graph, UntraceableError, export, read
from seqdo.engine.incremental.incremental import Incremental
from seqdo.engine.incremental.memory import planned
from seqdo.engine.incremental.self_check import check
from seqdo.models.adapters.torch import TorchCall, placement
from seqdo.models.model import Member, Model
from seqdo.sequences.stream import root, stream


@dataclass(eq=False)
class _Known:
    """A graph that was traced, of a module that was in some state, and whether it was checked."""

    state: Any
    graph: Graph
    checked: bool = False


_known: WeakKeyDictionary[nn.Module, _Known] = WeakKeyDictionary()
"""The last graph of modules that are still in use: to trace one takes a second. Weights are read anew each time."""


def incremental(model: Model) -> Incremental:
    """The incremental engine of a model of PyTorch modules, checked against the modules.

    Raises
    ------
    UnsuitedError
        A model that is none, can't be traced, or answers otherwise than its program.
    """
    if model.noise is not None:
        raise UnsuitedError("the model draws random numbers, so that nothing can be kept of it")
    programs = tuple(_program(member, model.length) for member in model.members)
    engine = Incremental(model, programs, planned(programs))
    for number, member in enumerate(model.members):
        known = _known[_module(member)]
        if not known.checked:
            check(engine, number)
            known.checked = True
    return engine


def _program(member: Member, length: int) -> Program:
    call = member.predict
    if not isinstance(call, TorchCall):
        raise UnsuitedError(f"{member.name} is no PyTorch module, so that it can't be traced")
    if member.half:
        raise UnsuitedError(f"{member.name} computes in 16-bit floats, in which changes are lost: use net.float()")
    example = call.encode(np.zeros((3, length), np.uint8))
    state = _state(call, length)
    known = _known.get(call.module)
    try:
        if known is None or known.state != state:
            known = _known[call.module] = _Known(state, export(call, example))
        trace = read(known.graph)
    except UntraceableError as error:
        raise UnsuitedError(f"{member.name} can't be traced: {error}") from error
    device, dtype = placement(call.module)
    return Program(trace, call.layout, example.new_zeros(0, dtype=dtype, device=device))


def _module(member: Member) -> nn.Module:
    module: nn.Module = member.predict.module  # type: ignore[attr-defined]
    return module


def _state(call: TorchCall, length: int) -> Any:  # noqa: ANN401 - compared, and nothing else
    """What a trace depends on: the readout, the objects that hold the weights, and what the module answers.

    A number or a layer without weights that was put in the place of another shows in the answers alone.
    """
    tensors = [*call.module.parameters(), *call.module.buffers()]
    answers = call(stream(root(0), "state").integers(0, 4, (2, length), dtype=np.uint8))
    objects = tuple((id(tensor), tensor.data_ptr()) for tensor in tensors)
    return id(call.readout), call.layout, length, objects, answers.tobytes()
