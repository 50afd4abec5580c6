"""From traced calls to nodes. A call that no rule supports stays a call and is made on whole tensors."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx

from seqdo.engine.incremental.graph.nodes import Concat, Layer, Letters, Node, Pointwise
from seqdo.engine.incremental.graph.receptive_field import ReceptiveField, identity
from seqdo.engine.incremental.graph.tensor_view import ROWS, Axis, UnsupportedCallError, View, feature_axes
from seqdo.engine.incremental.graph.trace import Trace, execute, kind, layer_name

Rule = Callable[["Lowering", fx.Node], Any]
"""From a call to its view, or to a tuple of views. A rule raises UnsupportedCallError where it does not apply."""


@dataclass(eq=False)
class Lowering:
    """The nodes so far, and what each traced call became.

    Attributes
    ----------
    rules : rule of each kind of call, by torch's name for it
    nodes : in an order in which each reads earlier ones only
    lowered : from a traced call to its view, to the tuple that its rule returned, or to a constant
    fallback : calls that are made on whole tensors, in order
    reasons : for each fallback call that reads a view, why it has no node
    """

    trace: Trace
    rules: Mapping[str, Rule]
    nodes: list[Node] = field(default_factory=list)
    lowered: dict[fx.Node, Any] = field(default_factory=dict)
    fallback: list[fx.Node] = field(default_factory=list)
    reasons: dict[fx.Node, str] = field(default_factory=dict)

    def lower(self, layout: str) -> None:
        """Go through all calls; ``layout`` is that of the input: "NCL", "NLC" or "codes"."""
        self.lowered.update(self.trace.constants)
        self.lowered[self.trace.input] = self._letters(layout)
        for call in self.trace.calls[1:-1]:
            if call in self.trace.same_rows:
                self.fallback.append(call)  # for other fallback calls; rules read its one row as a constant
                continue
            try:
                self.lowered[call] = self._by_rule(call)
            except UnsupportedCallError as error:
                self._fall_back(call, str(error))
        self._drop_unused()

    def view(self, argument: Any) -> View:  # noqa: ANN401
        """The view of an argument.

        Raises
        ------
        UnsupportedCallError
            The argument has none: a call that no rule supports made it, or it is a constant.
        """
        view = self.lowered.get(argument) if isinstance(argument, fx.Node) else None
        if not isinstance(view, View):
            raise UnsupportedCallError("its input does not come from a supported call")
        return view

    def constant(self, argument: Any) -> Any:  # noqa: ANN401
        """The number or tensor of an argument that does not depend on the input."""
        if not isinstance(argument, fx.Node):
            return argument
        if argument in self.trace.same_rows:
            return self.trace.same_rows[argument]  # one row, which broadcasts
        if argument not in self.trace.constants:
            raise UnsupportedCallError("a weight depends on the input")
        return self.trace.constants[argument]

    def varies(self, argument: Any) -> bool:  # noqa: ANN401
        """Does an argument depend on the input?"""
        return (
            isinstance(argument, fx.Node)
            and argument not in self.trace.constants
            and argument not in self.trace.same_rows
        )

    def tensor(self, argument: Any) -> torch.Tensor | None:  # noqa: ANN401
        """The constant tensor of an argument; None if the argument is no tensor."""
        constant = self.constant(argument)
        return constant if isinstance(constant, torch.Tensor) else None

    def add(self, node: Node) -> int:
        """Append a node and return its index."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def shape(self, call: fx.Node) -> tuple[Any, ...]:
        """The sizes that a call's tensor had in the trace."""
        return tuple(call.meta["val"].shape)

    def times_rows(self, size: torch.SymInt) -> int:
        """How many times the number of rows a traced size is."""
        expression = size.node.expr
        for symbol in expression.free_symbols:
            factor = expression / symbol
            if str(symbol) == self.trace.batch and factor.is_Integer:
                return int(factor)
        raise UnsupportedCallError("it mixes sequences with positions or features")

    def length(self, view: View) -> int:
        """Number of positions of a view's node."""
        return self.nodes[view.node].length

    def layer(self, call: fx.Node, view: View, dims: tuple[tuple[Axis, ...], ...], **parts: Any) -> View:  # noqa: ANN401
        """Add a layer that reads the view's node.

        Parameters
        ----------
        call : names the layer
        view : of the node to read
        dims : dimensions of the layer's output
        **parts : of :class:`Layer`; by default the layer leaves features and positions as they are. ``position`` is
            the axis of output positions, where it differs from that of the view.
        """
        # Weights, scales and biases are listed by the tensor's order of features.
        source = self.ordered(view, call).node
        features = parts.pop("features", self.nodes[source].features)
        receptive_field: ReceptiveField = parts.pop("field", None) or identity(self.nodes[source].length)
        position = parts.pop("position", view.position)
        node = self.add(Layer(layer_name(call), source, receptive_field, features, **parts))
        return View(node, position, feature_axes(dims, position), dims)

    def ordered(self, view: View, call: fx.Node) -> View:
        """The view of a node whose features have the tensor's order: the view itself, or that of a reordered copy."""
        if view.in_order:
            return view
        # Only the order of features differs, so the identity on the traced tensor is the copy.
        after = View(len(self.nodes), view.position, feature_axes(view.dims, view.position), view.dims)
        return self.pointwise(call, [view], after, lambda tensors: tensors[0])

    def pointwise(
        self, call: fx.Node, views: list[View], after: View, function: Callable[[list[torch.Tensor]], torch.Tensor]
    ) -> View:
        """Add a function of traced tensors that works position by position; its output is laid out as in ``after``."""

        def values(inputs: list[torch.Tensor], positions: torch.Tensor) -> torch.Tensor:
            tensors = [view.as_tensor(source) for view, source in zip(views, inputs, strict=True)]
            return after.as_values(function(tensors), inputs[0].shape[1])

        features = torch.Size([axis.size for axis in after.features]).numel()
        length = self.nodes[views[0].node].length
        node = self.add(Pointwise(layer_name(call), tuple(view.node for view in views), length, features, values))
        return View(node, after.position, after.features, after.dims)

    def call_by_position(self, call: fx.Node, views: dict[fx.Node, View], after: View) -> View:
        """Add a node that makes the traced call itself, but on some positions and rows instead of all."""
        # Views may have any number of positions and rows here; constants keep the sizes of the trace.
        arguments = list(views)
        constants = {node: self.constant(node) for node in call.all_input_nodes if node not in views}

        def function(tensors: list[torch.Tensor]) -> torch.Tensor:
            tensor: torch.Tensor = execute(call, constants | dict(zip(arguments, tensors, strict=True)))
            return tensor

        return self.pointwise(call, list(views.values()), after, function)

    def concat(self, call: fx.Node, views: list[View], dims: tuple[tuple[Axis, ...], ...]) -> View:
        """Add a node that concatenates the features of several nodes; ``dims`` are those of its output."""
        ordered = [self.ordered(view, call) for view in views]
        features = sum(self.nodes[view.node].features for view in ordered)
        inputs = tuple(view.node for view in ordered)
        node = self.add(Concat(layer_name(call), inputs, self.length(views[0]), features))
        position = views[0].position
        return View(node, position, feature_axes(dims, position), dims)

    def _letters(self, layout: str) -> View:
        """Add the input."""
        shape = self.shape(self.trace.input)
        position = Axis(shape[2] if layout == "NCL" else shape[1])
        letters = Axis(5 if layout == "codes" else 4)
        node = self.add(Letters("input", position.size, letters.size))
        if layout == "codes":
            # The tensor has no axis of letters: its values are the codes. The node is one-hot all the same.
            return View(node, position, (letters,), ((ROWS,), (position,)))
        last = ((letters,), (position,)) if layout == "NCL" else ((position,), (letters,))
        return View(node, position, (letters,), ((ROWS,), *last))

    def _by_rule(self, call: fx.Node) -> Any:  # noqa: ANN401
        # Rules are for tensors. Python's own operators, which torch traces for numbers, share names with them ("mul").
        tensors = hasattr(call.target, "_schema") or call.target is operator.getitem
        if not tensors or kind(call) not in self.rules:
            raise UnsupportedCallError(f"no rule supports `{kind(call)}`")
        return self.rules[kind(call)](self, call)

    def _fall_back(self, call: fx.Node, reason: str) -> None:
        """Make a call on whole tensors, and note why if it is the first that has to be."""
        tensor = isinstance(call.meta.get("val"), torch.Tensor | tuple | list)
        if tensor and any(isinstance(self.lowered.get(source), View) for source in call.all_input_nodes):
            self.reasons[call] = reason
        # A rule may support some results of a call only (an LSTM's states at all positions, not its last ones). If
        # another result is used, the call itself must be made on whole tensors as well.
        sources = [source for source in call.all_input_nodes if isinstance(self.lowered.get(source), tuple)]
        self.fallback += [source for source in sources if source not in self.fallback]
        self.reasons |= dict.fromkeys(sources, "the network uses a result of this call that no rule supports")
        self.fallback.append(call)

    def _drop_unused(self) -> None:
        """Keep the fallback calls that the prediction depends on."""
        needed = set(self.trace.calls[-1].all_input_nodes)
        # Backwards, so that the readers of a call come before it.
        for call in reversed(self.fallback):
            if call in needed:
                needed.update(call.all_input_nodes)
        self.fallback = [call for call in self.fallback if call in needed]
        kept = set(self.fallback)
        self.reasons = {call: reason for call, reason in self.reasons.items() if call in kept}


def named_arguments(call: fx.Node) -> dict[str, Any]:
    """The arguments of a call by torch's names for them, defaults included."""
    schema = call.target._schema.arguments  # type: ignore[union-attr]
    args = {item.name: item.default_value for item in schema if item.has_default_value()}
    args |= {item.name: value for item, value in zip(schema, call.args, strict=False)}
    return args | dict(call.kwargs)


def per_dimension(numbers: Any, count: int) -> list[int]:  # noqa: ANN401
    """A stride, padding or dilation for each of ``count`` dimensions; one number stands for all of them."""
    values = [int(number) for number in (numbers if isinstance(numbers, list | tuple) else [numbers])]
    return values * count if len(values) == 1 else values
