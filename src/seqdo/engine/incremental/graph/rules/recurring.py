"""Calls of LSTM and GRU: a node for each layer and direction."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import fx

from seqdo.engine.incremental.graph.lower import Lowering, Rule, arguments
from seqdo.engine.incremental.graph.nodes import Join, Recurrent
from seqdo.engine.incremental.graph.tensor_view import ROWS, Axis, NotUnderstoodError, View
from seqdo.engine.incremental.graph.trace import kind, path


def recurrent(lowering: Lowering, call: fx.Node) -> tuple[View | None, ...]:
    """All hidden states of the last layer; its last states alone are not understood, and make it go on plainly."""
    given = arguments(call)
    view = lowering.view(given["input"])
    expected = (0, 1) if given["batch_first"] else (1, 0)
    if given["train"] and given["dropout"]:
        raise NotUnderstoodError("it draws random numbers")
    if len(view.dims) != 3 or view.dims[expected[0]] != (ROWS,) or not view.is_place(expected[1]):
        raise NotUnderstoodError("rows and positions are not where it needs them")
    if not view.features_in(2) or not _zero(lowering, given["hx"]):
        raise NotUnderstoodError("it begins with a state of its own")
    view = lowering.ordered(view, call)
    weights = [lowering.tensor(weight) for weight in given["params"]]
    directions, each = 2 if given["bidirectional"] else 1, 4 if given["has_biases"] else 2
    if len(weights) != int(given["num_layers"]) * directions * each or any(w is None for w in weights):
        raise NotUnderstoodError("its states are projected, or its weights depend on the input")
    node = view.node
    for layer in range(int(given["num_layers"])):
        found = []
        for direction in range(directions):
            first = (layer * directions + direction) * each
            found.append(_direction(lowering, call, node, weights[first : first + each], direction == 1))
        node = found[0] if len(found) == 1 else _beside(lowering, call, found)
    hidden = Axis(lowering.nodes[node].features)
    return View(node, view.place, (hidden,), (*view.dims[:2], (hidden,))), *[None] * (len(call.meta["val"]) - 1)


def _direction(lowering: Lowering, call: fx.Node, source: int, weights: list[Any], backward: bool) -> int:
    length, hidden = lowering.nodes[source].length, weights[1].shape[1]
    bias = [torch.zeros_like(weights[0][:, 0])] * 2 if len(weights) == 2 else weights[2:]
    lstm = kind(call) == "lstm"
    order = np.arange(length, dtype=np.int32)
    return lowering.add(
        Recurrent(
            name=path(call),
            inputs=(source,),
            length=length,
            features=hidden,
            kind="lstm" if lstm else "gru",
            order=order[::-1].copy() if backward else order,
            input_weight=weights[0].t().contiguous(),
            hidden_weight=weights[1].t().contiguous(),
            input_bias=bias[0] + bias[1] if lstm else bias[0],
            hidden_bias=bias[1],
        )
    )


def _beside(lowering: Lowering, call: fx.Node, found: list[int]) -> int:
    features = sum(lowering.nodes[node].features for node in found)
    return lowering.add(Join(path(call), tuple(found), lowering.nodes[found[0]].length, features))


def _zero(lowering: Lowering, states: Any) -> bool:  # noqa: ANN401
    """Are the first states all zero?"""
    for state in states if isinstance(states, list | tuple) else [states]:
        constant = lowering.trace.constants.get(state)
        if constant is None and kind(state) not in {"zeros", "new_zeros", "zeros_like"}:
            return False
        if constant is not None and bool(constant.any()):
            return False
    return True


RULES: dict[str, Rule] = {"lstm": recurrent, "gru": recurrent}
"""Kind of call to its rule."""
