"""From a user's module to a graph of calls. Weights and sizes are kept apart from calls that depend on the input."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import fx, nn
from torch.utils import _pytree as pytree

from seqdo.engine.incremental.graph.in_place import InPlaceError, without_changes_in_place
from seqdo.engine.incremental.graph.quiet_tracing import quiet_tracing
from seqdo.models.adapters.torch import TorchNetwork


def _made_contiguous(call: Callable[..., Any]) -> Callable[..., Any]:
    return lambda tensor, *args, **kwargs: call(tensor.contiguous(), *args, **kwargs)


_aten = torch.ops.aten

ANY_LAYOUT: Mapping[Any, Callable[..., Any]] = {
    **dict.fromkeys((_aten.view.default, _aten._unsafe_view.default), _aten.reshape.default),
    **{call: _made_contiguous(call) for call in (_aten.view_as_complex.default, _aten.view.dtype)},
    _aten.as_strided.default: _made_contiguous(_aten.as_strided.default),  # ``read`` refuses those of another layout
}
"""Calls that depend on how a tensor lies in memory, and calls that give the values of the trace for any layout.

A trace leaves out ``contiguous()`` where its own tensors are so already. Attention, for one, computes in another way
there than in a prediction, and its results have another layout.
"""


class UntraceableError(Exception):
    """The module can't be traced; the message says why and is shown by :meth:`Choice.explain`."""


@dataclass(frozen=True, eq=False)
class Trace:
    """The calls of a module, in order.

    Attributes
    ----------
    calls : nodes that depend on the input or on the number of rows, in order; the first is the input, the last the
        output
    constants : nodes that depend on neither, with their tensor or number
    sizes : nodes that compute with the number of rows, from that number to theirs
    same_rows : calls that depend on the number of rows alone and have the same values in every row, such as zeros for
        each sequence, with the tensor of one row
    batch : the symbol that stands for the number of rows in the shapes of the trace
    readout : from the tensors of the output node to predictions, as the user's readout computes them
    """

    calls: tuple[fx.Node, ...]
    constants: dict[fx.Node, Any]
    sizes: dict[fx.Node, Callable[[int], Any]]
    same_rows: dict[fx.Node, torch.Tensor]
    batch: str
    readout: Callable[[list[Any]], Any]

    def settled(self, rows: int, used: Collection[fx.Node] | None = None) -> dict[fx.Node, Any]:
        """The values of constants, and of sizes (those that are ``used``; all by default) for this number of rows."""
        sizes = {node: size(rows) for node, size in self.sizes.items() if used is None or node in used}
        return self.constants | sizes

    @property
    def input(self) -> fx.Node:
        """The node of the input."""
        return self.calls[0]

    @property
    def outputs(self) -> list[Any]:
        """The arguments of the output node: mostly nodes, but constants are possible."""
        return list(self.calls[-1].args[0])  # type: ignore[arg-type]


class _WithReadout(nn.Module):
    """A module with its further inputs, followed by its readout, so that all are traced together."""

    def __init__(self, call: TorchNetwork, readout: Callable[[Any], Any]) -> None:
        super().__init__()
        self.module = call.module
        self.readout = readout
        self.training = False
        self.names = list(call.inputs)
        for number, row in enumerate(call.input_rows().values()):
            # Buffers, so that the trace has them as constants. A user's name need not be fit for a buffer.
            self.register_buffer(f"further_{number}", row, persistent=False)

    def forward(self, x: torch.Tensor) -> Any:  # noqa: ANN401 - a module may return anything
        constants = (getattr(self, f"further_{number}") for number in range(len(self.names)))
        n = x.shape[0]  # len(x) would fix the number of rows in the trace
        rows = {name: row.expand(n, *row.shape[1:]) for name, row in zip(self.names, constants, strict=True)}
        return self.readout(self.module(x, **rows))


@dataclass(frozen=True, eq=False)
class Graph:
    """A traced module, and the part of the readout that was not traced."""

    module: fx.GraphModule
    readout: Callable[[Any], Any]


def export(call: TorchNetwork, example: torch.Tensor) -> Graph:
    """The graph of a module with its readout, or of the module alone if the readout can't be traced.

    Raises
    ------
    UntraceableError
        Control flow that depends on values, a fixed number of rows, or anything else that stops torch.export.
    """
    try:
        return Graph(_export(_WithReadout(call, call.readout), example), _identity)
    except UntraceableError:
        return Graph(_export(_WithReadout(call, _identity), example), call.readout)


def layer_name(node: fx.Node) -> str:
    """The layer that a call belongs to, by the names of the user's module, with the kind of call."""
    stack = [name for name, _ in (node.meta.get("nn_module_stack") or {}).values()]
    inner = stack[-1].removeprefix("module").removeprefix(".") if stack else ""
    return f"{inner} ({kind(node)})" if inner else kind(node)


def kind(node: fx.Node) -> str:
    """The kind of call, by torch's name: "conv1d", "relu"."""
    packet = getattr(node.target, "overloadpacket", node.target)
    return str(getattr(packet, "__name__", packet)).rstrip("_")  # relu_ and relu compute the same


def _identity(output: Any) -> Any:  # noqa: ANN401
    return output


def _export(module: nn.Module, example: torch.Tensor) -> fx.GraphModule:
    try:
        graph = _exported(module, example, strict=False)
        if _rows(graph) is None:
            # ``len(x)`` is a plain number for Python, so it was written into the trace. The strict way reads the byte
            # code of forward() and keeps it open, but takes longer and understands less of Python.
            graph = _exported(module, example, strict=True)
        return without_changes_in_place(graph)
    except InPlaceError as error:
        raise UntraceableError(str(error)) from error
    except Exception as error:  # a user's forward may raise anything while it is traced
        lines = str(error).strip().splitlines() or [""]
        raise UntraceableError(f"{type(error).__name__}: {lines[0][:200]}") from error


def _exported(module: nn.Module, example: torch.Tensor, *, strict: bool) -> fx.GraphModule:
    with torch.no_grad(), warnings.catch_warnings(), quiet_tracing():
        warnings.simplefilter("ignore")
        # AUTO leaves the number of rows open, but torch.export may still fix it.
        shapes = ({0: torch.export.Dim.AUTO},)
        program = torch.export.export(module, (example,), dynamic_shapes=shapes, strict=strict)
        # Guards would be one more call at the front of the graph, of a submodule; ``read`` takes functions alone.
        return program.module(check_guards=False)


def read(graph: Graph) -> Trace:
    """The calls of a graph, with the present weights of its module.

    Raises
    ------
    UntraceableError
        The graph is for a fixed number of rows, or it calls something that is no function.
    """
    nodes = list(graph.module.graph.nodes)
    batch = _rows(graph.module)
    if batch is None:
        raise UntraceableError("the trace holds for exactly as many sequences as it was made with")
    constants: dict[fx.Node, Any] = {}
    sizes: dict[fx.Node, Callable[[int], Any]] = {}
    same_rows: dict[fx.Node, torch.Tensor] = {}
    calls: list[fx.Node] = []
    for node in nodes:
        if node.op == "get_attr":
            constants[node] = _attribute(graph.module, str(node.target))
        elif node.op in ("placeholder", "output"):
            calls.append(node)
        elif node.op != "call_function":
            raise UntraceableError(f"the trace calls {node.target}, which is not a function")
        elif node.target is _aten.as_strided.default and not _is_contiguous(node.args[0]):
            raise UntraceableError("`as_strided` reads a tensor in the order of its memory, which is another here")
        elif (size := _size(node, batch)) is not None:
            sizes[node] = size
        elif all(argument in constants for argument in node.all_input_nodes):
            # All arguments are constants, so the result is one: folded here, once, and not in every evaluation.
            with torch.no_grad():
                constants[node] = execute(node, constants)
        else:
            calls.append(node)
            row = _same_row(node, constants, sizes, same_rows)
            if row is not None:
                same_rows[node] = row
    codegen: Any = graph.module.graph._codegen
    spec = codegen.pytree_info.out_spec
    readout = graph.readout
    return Trace(
        tuple(calls),
        constants,
        sizes,
        same_rows,
        str(batch),
        lambda leaves: readout(pytree.tree_unflatten(leaves, spec)),
    )


def _is_contiguous(argument: Any) -> bool:  # noqa: ANN401
    """Whether a tensor of the trace lies in memory in the order of its dimensions."""
    return bool(argument.meta["val"].is_contiguous())


def _rows(module: fx.GraphModule) -> torch.SymInt | None:
    """The number of rows in a trace; None if the trace holds for one number only."""
    (rows,) = (node.meta["val"].shape[0] for node in module.graph.nodes if node.op == "placeholder")
    return rows if isinstance(rows, torch.SymInt) and rows.node.expr.free_symbols else None


def _size(node: fx.Node, batch: torch.SymInt) -> Callable[[int], Any] | None:
    """From the number of rows to the number that a call computes with it; None for a call of any other kind."""
    value = node.meta.get("val")
    if not isinstance(value, torch.SymInt | torch.SymFloat | torch.SymBool):
        return None
    expression, symbol = value.node.expr, batch.node.expr
    if expression.free_symbols - {symbol}:
        return None  # a number that depends on values, such as the result of item()
    convert = {torch.SymInt: int, torch.SymFloat: float, torch.SymBool: bool}[type(value)]
    return cache(lambda rows: convert(expression.subs(symbol, rows)))  # an engine asks for few different numbers


def _same_row(
    node: fx.Node,
    constants: Mapping[fx.Node, Any],
    sizes: Mapping[fx.Node, Callable[[int], Any]],
    same_rows: Mapping[fx.Node, torch.Tensor],
) -> torch.Tensor | None:
    """One row of a tensor that depends on the number of rows alone, if all rows are equal; None otherwise."""
    sources = node.all_input_nodes
    if not isinstance(node.meta.get("val"), torch.Tensor):
        return None
    if not all(source in constants or source in sizes or source in same_rows for source in sources):
        return None

    def value(rows: int) -> torch.Tensor:
        settled = {source: sizes[source](rows) for source in sources if source in sizes}
        repeated = {source: same_rows[source].repeat_interleave(rows, 0) for source in sources if source in same_rows}
        tensor: torch.Tensor = execute(node, {**constants, **settled, **repeated})
        return tensor

    with torch.no_grad():
        single, pair = value(1), value(2)
    # Two rows tell whether the first dimension holds rows, and whether rows are equal; a random tensor's are not.
    if single.shape[:1] != (1,) or pair.shape != (2, *single.shape[1:]):
        return None
    return single if bool((pair == single).all()) else None


def execute(node: fx.Node, values: dict[fx.Node, Any]) -> Any:  # noqa: ANN401
    """The result of a call, where ``values`` holds the results of the nodes that it reads."""
    args = fx.node.map_arg(node.args, values.__getitem__)
    kwargs = fx.node.map_arg(node.kwargs, values.__getitem__)
    return ANY_LAYOUT.get(node.target, node.target)(*args, **kwargs)  # type: ignore[operator]


def _attribute(graph: fx.GraphModule, name: str) -> Any:  # noqa: ANN401
    """A parameter or buffer by its dotted name, without its gradient history."""
    value: Any = graph
    for part in name.split("."):
        value = getattr(value, part)
    return value.detach() if isinstance(value, torch.Tensor) else value
