"""Rules for LSTM and GRU: a node for each layer and direction."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import fx

from seqdo.engine.incremental.graph.lower import Lowering, Rule, named_arguments
from seqdo.engine.incremental.graph.nodes import Concat, Recurrent
from seqdo.engine.incremental.graph.tensor_view import ROWS, Axis, UnsupportedCallError, View
from seqdo.engine.incremental.graph.trace import kind, layer_name


def recurrent(lowering: Lowering, call: fx.Node) -> tuple[View | None, ...]:
    """The hidden states of the last layer at all positions; None for the final states, which have no node."""
    args = named_arguments(call)
    view = _input(lowering, args)
    weights = [lowering.tensor(weight) for weight in args["params"]]
    directions, per_direction = 2 if args["bidirectional"] else 1, 4 if args["has_biases"] else 2
    layers = int(args["num_layers"])
    if len(weights) != layers * directions * per_direction or any(weight is None for weight in weights):
        raise UnsupportedCallError("its hidden states are projected, or it lacks a weight")
    view = lowering.ordered(view, call)
    node = view.node
    for layer in range(layers):
        # torch lists the weights layer by layer, and forward before backward within a layer.
        nodes = []
        for direction in range(directions):
            first = (layer * directions + direction) * per_direction
            nodes.append(_direction(lowering, call, node, weights[first : first + per_direction], direction == 1))
        node = nodes[0] if len(nodes) == 1 else _both_directions(lowering, call, nodes)
    hidden = Axis(lowering.nodes[node].features)
    states = View(node, view.position, (hidden,), (*view.dims[:2], (hidden,)))
    return states, *[None] * (len(call.meta["val"]) - 1)


def _input(lowering: Lowering, args: dict[str, Any]) -> View:
    """The view of the input, (rows, positions, features) or (positions, rows, features)."""
    view = lowering.view(args["input"])
    rows, positions = (0, 1) if args["batch_first"] else (1, 0)
    if args["train"] and args["dropout"]:
        raise UnsupportedCallError("it draws random numbers")
    if len(view.dims) != 3 or view.dims[rows] != (ROWS,) or not view.holds_positions(positions):
        raise UnsupportedCallError("its input does not have sequences and positions where it expects them")
    if not view.holds_features(2):
        raise UnsupportedCallError("its features are mixed with positions")
    if not _is_zero(lowering, args["hx"]):
        raise UnsupportedCallError("its initial state is not zero")
    return view


def _direction(lowering: Lowering, call: fx.Node, source: int, weights: list[Any], backward: bool) -> int:
    """Add one direction of a layer."""
    length, hidden = lowering.nodes[source].length, weights[1].shape[1]
    bias = [torch.zeros_like(weights[0][:, 0])] * 2 if len(weights) == 2 else weights[2:]
    lstm = kind(call) == "lstm"
    order = np.arange(length, dtype=np.int32)
    return lowering.add(
        Recurrent(
            name=layer_name(call),
            inputs=(source,),
            length=length,
            features=hidden,
            kind="lstm" if lstm else "gru",
            order=order[::-1].copy() if backward else order,
            input_weight=weights[0].t().contiguous(),
            hidden_weight=weights[1].t().contiguous(),
            # An LSTM adds both biases. A GRU multiplies its hidden bias by the reset gate, so they stay apart.
            input_bias=bias[0] + bias[1] if lstm else bias[0],
            hidden_bias=bias[1],
        )
    )


def _both_directions(lowering: Lowering, call: fx.Node, nodes: list[int]) -> int:
    """Add a node that concatenates the features of both directions."""
    features = sum(lowering.nodes[node].features for node in nodes)
    return lowering.add(Concat(layer_name(call), tuple(nodes), lowering.nodes[nodes[0]].length, features))


def _is_zero(lowering: Lowering, states: Any) -> bool:  # noqa: ANN401
    """Are all initial states zero?"""
    for state in states if isinstance(states, list | tuple) else [states]:
        constant = lowering.trace.constants.get(state)
        # Zeros for each row are no constant in the trace, since their shape depends on the number of rows.
        if constant is None and kind(state) not in {"zeros", "new_zeros", "zeros_like"}:
            return False
        if constant is not None and bool(constant.any()):
            return False
    return True


RULES: dict[str, Rule] = {"lstm": recurrent, "gru": recurrent}
"""Kind of call to its rule."""
