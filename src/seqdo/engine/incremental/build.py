"""From a wrapped model to its incremental engine, or to the reason why there is none."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from torch import nn

from seqdo.engine.engine import UnsuitedError
from seqdo.engine.incremental.check import check
from seqdo.engine.incremental.engine import Incremental
from seqdo.engine.incremental.memory import planned
from seqdo.engine.incremental.program import Program
from seqdo.engine.incremental.trace import Graph, UntraceableError, export, read
from seqdo.models.model import Member, Model
from seqdo.models.torch import TorchCall, placement

_traced: WeakKeyDictionary[nn.Module, dict[Any, Graph]] = WeakKeyDictionary()
"""Graphs of modules that are still in use: to trace one takes a second. Weights are read anew each time."""

_checked: WeakKeyDictionary[nn.Module, set[Any]] = WeakKeyDictionary()
"""What was found to answer as the module does."""


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
        key = _state(member.predict)
        done = _checked.setdefault(_module(member), set())
        if key not in done:
            check(engine, number)
            done.add(key)
    return engine


def _program(member: Member, length: int) -> Program:
    call = member.predict
    if not isinstance(call, TorchCall):
        raise UnsuitedError(f"{member.name} is no PyTorch module, so that it can't be traced")
    if member.half:
        raise UnsuitedError(f"{member.name} computes in 16-bit floats, in which changes are lost: use net.float()")
    example = call.encode(np.zeros((3, length), np.uint8))
    graphs = _traced.setdefault(call.module, {})
    key = (_state(call), length, call.layout)
    try:
        if key not in graphs:
            graphs[key] = export(call, example)
        trace = read(graphs[key])
    except UntraceableError as error:
        raise UnsuitedError(f"{member.name} can't be traced: {error}") from error
    device, dtype = placement(call.module)
    return Program(trace, call.layout, example.new_zeros(0, dtype=dtype, device=device))


def _module(member: Member) -> nn.Module:
    module: nn.Module = member.predict.module  # type: ignore[attr-defined]
    return module


def _state(call: Any) -> Any:  # noqa: ANN401 - a TorchCall
    """The objects that a trace refers to: another readout, or another tensor in the place of a weight, is another."""
    tensors = [*call.module.parameters(), *call.module.buffers()]
    return id(call.readout), tuple((id(tensor), tensor.data_ptr()) for tensor in tensors)
