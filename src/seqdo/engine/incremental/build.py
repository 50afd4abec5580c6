"""From a wrapped model to its incremental engine, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from traceback import walk_tb
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from torch import fx, nn

from seqdo.engine.engine import BuildError, UnsuitedError
from seqdo.engine.incremental.compute.program import Program
from seqdo.engine.incremental.graph.trace import Graph, UntraceableError, export, layer_name, read
from seqdo.engine.incremental.incremental import Incremental
from seqdo.engine.incremental.memory import planned
from seqdo.engine.incremental.self_check import check
from seqdo.errors import SeqdoError
from seqdo.models.adapters.torch import TorchNetwork, placement
from seqdo.models.letter_order import code_table
from seqdo.models.member import Member
from seqdo.models.model import Model
from seqdo.sequences.stream import root, stream


@dataclass(eq=False)
class _Traced:
    """The graph of a module that was in some state, and whether an engine made of it was checked."""

    state: Any
    graph: Graph
    checked: bool = False


_traced: WeakKeyDictionary[nn.Module, _Traced] = WeakKeyDictionary()
"""The last graph of each module still in use, since a trace takes a second. Weights are read again at each run."""


def incremental(model: Model) -> Incremental:
    """The incremental engine of a model of PyTorch modules, checked against the modules.

    Raises
    ------
    UnsuitedError
        A model of anything else, one that can't be traced, or one that predicts otherwise than its program.
    BuildError
        A step that failed, with the layer if it is clear.
    """
    if model.noise is not None:
        raise UnsuitedError("the model draws random numbers, so no part of a prediction can be kept")
    programs = tuple(_program(member, model.length) for member in model.members)
    with _step("memory could not be planned"):
        engine = Incremental(model, programs, planned(programs))
    for number, member in enumerate(model.members):
        traced = _traced[_network(member).module]
        if not traced.checked:
            with _step(f"the check of {member.name} failed"):
                check(engine, number)
            traced.checked = True
    return engine


def _program(member: Member, length: int) -> Program:
    network = _network(member)
    if member.half:
        raise UnsuitedError(f"{member.name} computes in 16-bit floats, which lose small changes: use net.float()")
    example = network.encode(np.zeros((3, length), np.uint8))
    state = _state(network, length)
    traced = _traced.get(network.module)
    try:
        with _step(f"{member.name} could not be traced"):
            if traced is None or traced.state != state:
                traced = _traced[network.module] = _Traced(state, export(network, example))
            trace = read(traced.graph)
    except UntraceableError as error:
        raise UnsuitedError(f"{member.name} can't be traced: {error}") from error
    device, dtype = placement(network.module)
    with _step(f"{member.name} could not be translated"):
        like = example.new_zeros(0, dtype=dtype, device=device)
        return Program(trace, network.layout, like, code_table(network.letters))


def _network(member: Member) -> TorchNetwork:
    if not isinstance(member.network, TorchNetwork):
        raise UnsuitedError(f"{member.name} is not a PyTorch module and can't be traced")
    return member.network


def _state(network: TorchNetwork, length: int) -> Any:  # noqa: ANN401 - compared, and nothing else
    """What a trace depends on: the readout, the objects that hold the weights, and the module's predictions.

    A number or a layer without weights that was replaced shows in the predictions alone.
    """
    tensors = [*network.module.parameters(), *network.module.buffers()]
    predictions = network.predict(stream(root(0), "state").integers(0, 4, (2, length), dtype=np.uint8))
    # A tensor at another address is another tensor, even where its values are equal: the graph holds the old one.
    objects = tuple((id(tensor), tensor.data_ptr()) for tensor in tensors)
    how = id(network.readout), network.layout, network.letters, id(network.inputs)
    return how, length, objects, predictions.tobytes()


@contextmanager
def _step(failure: str) -> Iterator[None]:
    """Turn whatever a step raises unexpectedly into a BuildError with ``failure`` and the layer."""
    try:
        yield
    except (UnsuitedError, UntraceableError, SeqdoError):
        raise
    except Exception as error:
        layer = _layer(error)
        where = f" at layer {layer}" if layer else ""
        raise BuildError(f"{failure}{where}: {type(error).__name__}: {error}") from error


def _layer(error: Exception) -> str:
    """The layer of the traced call that the code was at when it failed; empty if it was at none.

    Every step goes through the traced calls one by one, so the innermost frame that holds a call is at that call.
    """
    layer = ""
    for frame, _ in walk_tb(error.__traceback__):
        calls = [value for value in frame.f_locals.values() if isinstance(value, fx.Node)]
        layer = layer_name(calls[0]) if calls else layer  # arguments come first: a rule's own call, then what it reads
    return layer
