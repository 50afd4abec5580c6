"""From traced calls to nodes: what is understood becomes layers, the rest goes on plainly on whole tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx

from seqdo.engine.incremental.graph.nodes import Join, Layer, Letters, Node, Pointwise
from seqdo.engine.incremental.graph.receptive_field import Reads, each
from seqdo.engine.incremental.graph.tensor_view import ROWS, Axis, NotUnderstoodError, View
from seqdo.engine.incremental.graph.trace import Trace, kind, path, run

Rule = Callable[["Lowering", fx.Node], Any]
"""What becomes of a call: a view, or several of them; it raises NotUnderstoodError where it can't say."""


@dataclass(eq=False)
class Lowering:
    """Nodes made so far, and what each traced call has become.

    Attributes
    ----------
    rules : for each kind of call, as torch names it, what becomes of it
    nodes : in an order in which each reads earlier ones only
    known : traced call to a View or what else its rule returned, or to a constant
    plain : calls that are made plainly, on whole tensors, in order
    reasons : calls that go on plainly although they read a view, and why
    """

    trace: Trace
    rules: Mapping[str, Rule]
    nodes: list[Node] = field(default_factory=list)
    known: dict[fx.Node, Any] = field(default_factory=dict)
    plain: list[fx.Node] = field(default_factory=list)
    reasons: dict[fx.Node, str] = field(default_factory=dict)

    def lower(self, layout: str) -> None:
        """Go through all calls."""
        self.known.update(self.trace.constants)
        self.known[self.trace.input] = self._letters(layout)
        for call in self.trace.calls[1:-1]:
            try:
                self.known[call] = self._understood(call)
            except NotUnderstoodError as unknown:
                tensor = isinstance(call.meta.get("val"), torch.Tensor | tuple | list)
                if tensor and any(isinstance(self.known.get(a), View) for a in call.all_input_nodes):
                    self.reasons[call] = str(unknown)
                # What returned several things, of which this one is not understood, is made plainly as well.
                several = [a for a in call.all_input_nodes if isinstance(self.known.get(a), tuple)]
                self.plain += [a for a in several if a not in self.plain]
                self.reasons |= dict.fromkeys(several, "something that it returns beside is asked for")
                self.plain.append(call)
        self._drop_unused()

    def view(self, argument: Any) -> View:  # noqa: ANN401
        """The view that an argument has become.

        Raises
        ------
        NotUnderstoodError
            It is something else.
        """
        found = self.known.get(argument) if isinstance(argument, fx.Node) else None
        if not isinstance(found, View):
            raise NotUnderstoodError("its input is not understood")
        return found

    def constant(self, argument: Any) -> Any:  # noqa: ANN401
        """The number or tensor that an argument is."""
        if not isinstance(argument, fx.Node):
            return argument
        if argument not in self.trace.constants:
            raise NotUnderstoodError("a weight depends on the input")
        return self.trace.constants[argument]

    def tensor(self, argument: Any) -> torch.Tensor | None:  # noqa: ANN401
        """A constant tensor, or None."""
        found = self.constant(argument)
        return found if isinstance(found, torch.Tensor) else None

    def add(self, node: Node) -> int:
        """The index of a new node."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def shape(self, call: fx.Node) -> tuple[Any, ...]:
        """The sizes that a call's tensor was traced with."""
        return tuple(call.meta["val"].shape)

    def length(self, view: View) -> int:
        """Positions of a view's node."""
        return self.nodes[view.node].length

    def layer(self, call: fx.Node, view: View, dims: tuple[tuple[Axis, ...], ...], **parts: Any) -> View:  # noqa: ANN401
        """A view, with these dimensions, of a new layer that reads the view's node; features as they are by default."""
        source = self.ordered(view, call).node
        features = parts.pop("features", self.nodes[source].features)
        reads: Reads = parts.pop("reads", None) or each(self.nodes[source].length)
        place = parts.pop("place", view.place)
        node = self.add(Layer(path(call), source, reads, features, **parts))
        memory = tuple(axis for dim in dims for axis in dim if axis is not ROWS and axis is not place)
        return View(node, place, memory, dims)

    def ordered(self, view: View, call: fx.Node) -> View:
        """The view of a node whose features lie in the tensor's order: itself, or a copy."""
        if view.in_order:
            return view
        memory = tuple(axis for axis in view.axes if axis is not ROWS and axis is not view.place)
        after = View(len(self.nodes), view.place, memory, view.dims)
        return self.pointwise(call, [view], after, lambda tensors: tensors[0])

    def pointwise(
        self, call: fx.Node, views: list[View], after: View, function: Callable[[list[torch.Tensor]], torch.Tensor]
    ) -> View:
        """A view like ``after`` of a new node that is a function of traced tensors, position by position."""

        def values(inputs: list[torch.Tensor], positions: torch.Tensor) -> torch.Tensor:
            return after.values(function([v.tensor(i) for v, i in zip(views, inputs, strict=True)]))

        features = torch.Size([axis.size for axis in after.memory]).numel()
        length = self.nodes[views[0].node].length
        node = self.add(Pointwise(path(call), tuple(view.node for view in views), length, features, values))
        return View(node, after.place, after.memory, after.dims)

    def call_at_position(self, call: fx.Node, views: dict[fx.Node, View], after: View) -> View:
        """A node that makes the traced call itself, on some positions and rows instead of all."""
        arguments = list(views)
        constants = {node: self.constant(node) for node in call.all_input_nodes if node not in views}

        def function(tensors: list[torch.Tensor]) -> torch.Tensor:
            found: torch.Tensor = run(call, constants | dict(zip(arguments, tensors, strict=True)))
            return found

        return self.pointwise(call, list(views.values()), after, function)

    def join(self, call: fx.Node, views: list[View], dims: tuple[tuple[Axis, ...], ...]) -> View:
        """A view, with these dimensions, of the features of several nodes side by side."""
        ordered = [self.ordered(view, call) for view in views]
        features = sum(self.nodes[view.node].features for view in ordered)
        node = self.add(Join(path(call), tuple(view.node for view in ordered), self.length(views[0]), features))
        place = views[0].place
        return View(node, place, tuple(a for dim in dims for a in dim if a is not ROWS and a is not place), dims)

    def _drop_unused(self) -> None:
        """Keep those plain calls that the answer depends on other than through a view."""
        plain, needed = set(self.plain), set(self.trace.calls[-1].all_input_nodes)
        for call in reversed(self.plain):
            if call in needed:
                needed.update(call.all_input_nodes)
        self.plain = [call for call in self.plain if call in needed]
        self.reasons = {call: why for call, why in self.reasons.items() if call in needed and call in plain}

    def _letters(self, layout: str) -> View:
        shape = self.shape(self.trace.input)
        place = Axis(shape[2] if layout == "NCL" else shape[1])
        letters = Axis(5 if layout == "codes" else 4)
        node = self.add(Letters("input", place.size, letters.size))
        if layout == "codes":
            return View(node, place, (letters,), ((ROWS,), (place,)))
        last = ((letters,), (place,)) if layout == "NCL" else ((place,), (letters,))
        return View(node, place, (letters,), ((ROWS,), *last))

    def _understood(self, call: fx.Node) -> Any:  # noqa: ANN401
        if call.op != "call_function" or kind(call) not in self.rules:
            raise NotUnderstoodError("it is not known to stay at its position")
        return self.rules[kind(call)](self, call)


def arguments(call: fx.Node) -> dict[str, Any]:
    """Arguments of a call by the names that torch gives them, with its defaults."""
    schema = call.target._schema.arguments  # type: ignore[union-attr]
    found = {item.name: item.default_value for item in schema if item.has_default_value()}
    found |= {item.name: value for item, value in zip(schema, call.args, strict=False)}
    return found | dict(call.kwargs)


def for_each(numbers: Any, count: int) -> list[int]:  # noqa: ANN401
    """A stride, a padding or the like for each of so many dimensions, given for each or one for all."""
    values = [int(number) for number in (numbers if isinstance(numbers, list | tuple) else [numbers])]
    return values * count if len(values) == 1 else values
