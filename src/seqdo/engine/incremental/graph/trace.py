"""From a user's module to a graph of calls, with the weights it uses and what depends on the input marked."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn
from torch.utils import _pytree as pytree

from seqdo.models.adapters.torch import TorchCall

ROWS = 3
"""Sequences of the example; the number of rows stays open in the trace."""


class UntraceableError(Exception):
    """The module can't be traced; the message says why, for :meth:`Choice.explain`."""


@dataclass(frozen=True, eq=False)
class Trace:
    """Calls of a module, in order.

    Attributes
    ----------
    calls : nodes that depend on the input or on the number of rows, in order, the output last
    constants : node to tensor (or number), of all that depend on neither
    batch : how the number of rows prints among the sizes of a shape
    answer : from the tensors of the output node to numbers, as the user's readout would
    """

    calls: tuple[fx.Node, ...]
    constants: dict[fx.Node, Any]
    batch: str
    answer: Callable[[list[Any]], Any]

    @property
    def input(self) -> fx.Node:
        """The node of the input."""
        return self.calls[0]

    @property
    def outputs(self) -> list[Any]:
        """What the output node holds: nodes, mostly."""
        return list(self.calls[-1].args[0])  # type: ignore[arg-type]


class _Asked(nn.Module):
    """A module and the readout of its answer, traced as one."""

    def __init__(self, module: nn.Module, readout: Callable[[Any], Any]) -> None:
        super().__init__()
        self.module = module
        self.readout = readout
        self.training = False

    def forward(self, x: torch.Tensor) -> Any:  # noqa: ANN401 - a module may answer anything
        return self.readout(self.module(x))


@dataclass(frozen=True, eq=False)
class Graph:
    """A traced module, and from the answer that was traced to the numbers of the readout."""

    module: fx.GraphModule
    readout: Callable[[Any], Any]


def export(call: TorchCall, example: torch.Tensor) -> Graph:
    """The graph of a module with its readout, or of the module alone where the readout is not made of torch.

    Raises
    ------
    UntraceableError
        Control flow that depends on numbers, a fixed number of rows, and whatever else stops torch.export.
    """
    try:
        return Graph(_export(_Asked(call.module, call.readout), example), _itself)
    except UntraceableError:
        return Graph(_export(_Asked(call.module, _itself), example), call.readout)


def path(node: fx.Node) -> str:
    """The layer that a call is part of, as the user's module names it."""
    stack = [name for name, _ in (node.meta.get("nn_module_stack") or {}).values()]
    inner = stack[-1].removeprefix("module").removeprefix(".") if stack else ""
    return f"{inner} ({kind(node)})" if inner else kind(node)


def kind(node: fx.Node) -> str:
    """What a call does, by torch's name: "conv1d", "relu"."""
    packet = getattr(node.target, "overloadpacket", node.target)
    return str(getattr(packet, "__name__", packet)).rstrip("_")


def _itself(answer: Any) -> Any:  # noqa: ANN401
    return answer


def _export(module: nn.Module, example: torch.Tensor) -> fx.GraphModule:
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.export(module, (example,), dynamic_shapes=({0: torch.export.Dim.AUTO},))
            return program.module(check_guards=False)
    except Exception as error:  # whatever a user's forward does that can't be traced
        said = str(error).strip().splitlines() or [""]
        raise UntraceableError(f"{type(error).__name__}: {said[0][:200]}") from error


def read(graph: Graph) -> Trace:
    """The calls of a graph, with the weights that its module has now.

    Raises
    ------
    UntraceableError
        A graph for a fixed number of rows, or with calls that are no functions.
    """
    constants: dict[fx.Node, Any] = {}
    calls: list[fx.Node] = []
    batch = ""
    for node in graph.module.graph.nodes:
        if node.op == "placeholder":
            batch = str(node.meta["val"].shape[0])
            if batch.isdigit():
                raise UntraceableError(f"it is made for {batch} sequences at a time")
            calls.append(node)
        elif node.op == "get_attr":
            constants[node] = _attribute(graph.module, str(node.target))
        elif node.op == "output" or any(argument not in constants for argument in node.all_input_nodes):
            calls.append(node)
        elif node.op == "call_function":
            with torch.no_grad():
                constants[node] = run(node, constants)
        else:
            raise UntraceableError(f"a call of {node.target} is not understood")
    codegen: Any = graph.module.graph._codegen
    spec = codegen.pytree_info.out_spec
    return Trace(tuple(calls), constants, batch, lambda leaves: graph.readout(pytree.tree_unflatten(leaves, spec)))


def run(node: fx.Node, known: dict[fx.Node, Any]) -> Any:  # noqa: ANN401
    """What a call returns, given what its arguments are."""
    args = fx.node.map_arg(node.args, known.__getitem__)
    kwargs = fx.node.map_arg(node.kwargs, known.__getitem__)
    return node.target(*args, **kwargs)  # type: ignore[operator]


def _attribute(graph: fx.GraphModule, name: str) -> Any:  # noqa: ANN401
    found: Any = graph
    for part in name.split("."):
        found = getattr(found, part)
    return found.detach() if isinstance(found, torch.Tensor) else found
