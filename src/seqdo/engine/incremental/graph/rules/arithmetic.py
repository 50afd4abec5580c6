"""Calls that work on numbers where they stand: activations, sums, products, norms over features."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import fx

from seqdo.engine.incremental.graph.lower import Lowering, Rule, arguments
from seqdo.engine.incremental.graph.nodes import Pointwise
from seqdo.engine.incremental.graph.rules.shaping import seen
from seqdo.engine.incremental.graph.tensor_view import ROWS, Axis, NotUnderstoodError, View
from seqdo.engine.incremental.graph.trace import kind, path


def rectifier(lowering: Lowering, call: fx.Node) -> View:
    """Relu and leaky_relu."""
    view = lowering.view(call.args[0])
    slope = float(arguments(call).get("negative_slope", 0.0))
    if not 0 <= slope <= 1:
        return elementwise(lowering, call)
    return lowering.layer(call, view, view.dims, slope=slope)


def elementwise(lowering: Lowering, call: fx.Node) -> View:
    """Any function of one number."""
    view = lowering.view(call.args[0])
    if any(isinstance(argument, fx.Node) for argument in call.args[1:]):
        raise NotUnderstoodError("it has several inputs")
    return lowering.call_at_position(call, {call.args[0]: view}, seen(view, view.dims))  # type: ignore[dict-item]


def prelu(lowering: Lowering, call: fx.Node) -> View:
    """A rectifier with a slope of its own for each feature."""
    view = lowering.view(call.args[0])
    if len(view.dims) > 1 and not view.features_in(1):
        raise NotUnderstoodError("its features are mixed with positions")
    return lowering.call_at_position(call, {call.args[0]: view}, seen(view, view.dims))  # type: ignore[dict-item]


def over_features(lowering: Lowering, call: fx.Node) -> View:
    """softmax, layer norm and the like, where they take only features together."""
    given = arguments(call)
    view = lowering.view(call.args[0])
    if "normalized_shape" in given:
        over = list(range(len(view.dims) - len(given["normalized_shape"]), len(view.dims)))
    else:
        over = [int(given["dim"]) % len(view.dims)]
    if not all(view.features_in(dim) for dim in over):
        raise NotUnderstoodError("it takes positions together")
    return lowering.call_at_position(call, {call.args[0]: view}, seen(view, view.dims))  # type: ignore[dict-item]


def glu(lowering: Lowering, call: fx.Node) -> View:
    """One half of the features, gated by the other."""
    view = lowering.view(call.args[0])
    dim = int(arguments(call)["dim"]) % len(view.dims)
    if not view.features_in(dim):
        raise NotUnderstoodError("it takes positions together")
    dims = tuple((Axis(_size(view, dim) // 2),) if i == dim else d for i, d in enumerate(view.dims))
    return lowering.call_at_position(call, {call.args[0]: view}, seen(view, dims))  # type: ignore[dict-item]


def addition(lowering: Lowering, call: fx.Node) -> View:
    """Sums and differences, of two branches or with a constant."""
    given = arguments(call)
    first, second, alpha = given["self"], given["other"], float(given.get("alpha", 1))
    sign = {"add": (1.0, alpha), "sub": (1.0, -alpha), "rsub": (-alpha, 1.0)}[kind(call)]
    if not _varies(lowering, second):
        return _shifted(lowering, call, lowering.view(first), second, sign)
    if not _varies(lowering, first):
        return _shifted(lowering, call, lowering.view(second), first, (sign[1], sign[0]))
    one, other = _aligned(lowering, call, lowering.view(first), lowering.view(second))
    views = []
    for view, factor in ((one, sign[0]), (other, sign[1])):
        scale = torch.full((lowering.nodes[view.node].features,), factor, dtype=torch.float64)
        views.append(view if factor == 1 else lowering.layer(call, view, view.dims, scale=scale))
    return lowering.layer(call, views[0], views[0].dims, skip=views[1].node)


def product(lowering: Lowering, call: fx.Node) -> View:
    """Products and quotients: with a constant for each feature a scale, of two branches a gate."""
    given = arguments(call)
    if given.get("rounding_mode") is not None:
        raise NotUnderstoodError("it rounds")
    first, second = given["self"], given["other"]
    if _varies(lowering, first) and _varies(lowering, second):
        one, other = _aligned(lowering, call, lowering.view(first), lowering.view(second))
        combine = operator.mul if kind(call) == "mul" else operator.truediv
        return lowering.pointwise(call, [one, other], seen(one, one.dims), lambda pair: combine(*pair))
    if kind(call) == "div" and _varies(lowering, second):
        raise NotUnderstoodError("it divides by what changes")
    changing, constant = (first, second) if _varies(lowering, first) else (second, first)
    view = lowering.ordered(lowering.view(changing), call)
    if _by_position(lowering, view, constant):
        return _at_positions(lowering, call, view, constant, operator.mul if kind(call) == "mul" else operator.truediv)
    factor = _by_feature(lowering, call, view, constant)
    return lowering.layer(call, view, view.dims, scale=factor.reciprocal() if kind(call) == "div" else factor)


def negative(lowering: Lowering, call: fx.Node) -> View:
    """The number with the other sign."""
    view = lowering.view(call.args[0])
    scale = torch.full((lowering.nodes[view.node].features,), -1.0, dtype=torch.float64)
    return lowering.layer(call, view, view.dims, scale=scale)


def joined(lowering: Lowering, call: fx.Node) -> View:
    """Features of several branches side by side."""
    given = arguments(call)
    views = [lowering.view(argument) for argument in given["tensors"]]
    dim = int(given["dim"]) % len(views[0].dims)
    first = views[0]
    if any(len(view.dims) != len(first.dims) or not view.features_in(dim) for view in views):
        raise NotUnderstoodError("it puts positions of several branches in a row")
    if (
        any((view.place is None) != (first.place is None) for view in views)
        or len({tuple(i for i in range(len(v.dims)) if v.is_place(i)) for v in views}) > 1
    ):
        raise NotUnderstoodError("positions of its branches are not in one place")
    features = [axis for axis in first.axes if axis is not ROWS and axis is not first.place]
    if any(axis not in first.dims[dim] for axis in features):
        raise NotUnderstoodError("it has several feature dimensions")
    size = sum(lowering.nodes[view.node].features for view in views)
    dims = tuple((Axis(size),) if i == dim else d for i, d in enumerate(first.dims))
    return lowering.join(call, views, dims)


def _size(view: View, dim: int) -> Any:  # noqa: ANN401
    return torch.Size([axis.size for axis in view.dims[dim]]).numel()


def _outline(view: View, dim: int) -> list[tuple[int, bool]]:
    """Sizes of the axes of a dimension, and which of them is that of positions."""
    return [(axis.size, axis is view.place) for axis in view.dims[dim] if axis.size != 1]


def _varies(lowering: Lowering, argument: Any) -> bool:  # noqa: ANN401
    return isinstance(argument, fx.Node) and argument not in lowering.trace.constants


def _shifted(lowering: Lowering, call: fx.Node, view: View, constant: Any, sign: tuple[float, float]) -> View:  # noqa: ANN401
    view = lowering.ordered(view, call)
    if _by_position(lowering, view, constant):
        return _at_positions(lowering, call, view, constant, lambda x, y: sign[0] * x + sign[1] * y)
    bias = _by_feature(lowering, call, view, constant) * sign[1]
    scale = None if sign[0] == 1 else torch.full_like(bias, sign[0])
    return lowering.layer(call, view, view.dims, scale=scale, bias=bias)


def _by_position(lowering: Lowering, view: View, constant: Any) -> bool:  # noqa: ANN401
    """Does a constant differ from position to position?"""
    found = lowering.tensor(constant)
    if found is None or view.place is None:
        return False
    at = found.dim() - len(view.dims) + view.dim_of(view.place)
    return at >= 0 and found.shape[at] > 1 and view.is_place(view.dim_of(view.place))


def _at_positions(
    lowering: Lowering,
    call: fx.Node,
    view: View,
    constant: Any,  # noqa: ANN401
    combine: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> View:
    """A function of each position and of a constant there, such as what is added to say where it is."""
    given = lowering.constant(constant)
    shape = [1 if dim == (ROWS,) else _size(view, i) for i, dim in enumerate(view.dims)]
    if given.dim() > len(shape) or (given.dim() == len(shape) and given.shape[view.dim_of(ROWS)] != 1):
        raise NotUnderstoodError("a constant differs from row to row")
    there = view.values(given.expand(shape))

    def values(inputs: list[torch.Tensor], positions: torch.Tensor) -> torch.Tensor:
        return combine(inputs[0], there.index_select(0, positions))

    node = lowering.nodes[view.node]
    made = lowering.add(Pointwise(path(call), (view.node,), node.length, node.features, values))
    return View(made, view.place, view.memory, view.dims)


def _by_feature(lowering: Lowering, call: fx.Node, view: View, constant: Any) -> torch.Tensor:  # noqa: ANN401
    """A constant as one float64 number for each feature of a node in order."""
    features = lowering.nodes[view.node].features
    found = torch.as_tensor(lowering.constant(constant), dtype=torch.float64)
    if not found.numel():
        raise NotUnderstoodError("a constant is empty")
    sizes = [1] * (len(view.dims) - found.dim()) + list(found.shape)
    if len(sizes) > len(view.dims):
        raise NotUnderstoodError("a constant has more dimensions")
    whole = found.reshape(sizes)
    shape = []
    for dim in range(len(view.dims)):
        if sizes[dim] != 1 and not view.features_in(dim):
            raise NotUnderstoodError("a constant differs from position to position")
        shape.append(_size(view, dim) if view.features_in(dim) else 1)
    return whole.expand(shape).reshape(features)


def _aligned(lowering: Lowering, call: fx.Node, one: View, other: View) -> tuple[View, View]:
    """Two views of the same shape, features of both in the tensor's order.

    Raises
    ------
    NotUnderstoodError
        One is repeated over positions or features of the other.
    """
    one, other = lowering.ordered(one, call), lowering.ordered(other, call)
    alike = len(one.dims) == len(other.dims) and all(
        _size(one, dim) == _size(other, dim)
        and ((one.features_in(dim) and other.features_in(dim)) or _outline(one, dim) == _outline(other, dim))
        for dim in range(len(one.dims))
    )
    if not alike or (one.place is None) != (other.place is None):
        raise NotUnderstoodError("one of its inputs is repeated over the other")
    return one, other


ACTIVATIONS = (
    "gelu", "elu", "celu", "selu", "silu", "mish", "softplus", "sigmoid", "hardsigmoid", "hardswish", "tanh", "exp",
    "expm1", "log", "log1p", "sqrt", "rsqrt", "square", "abs", "relu6", "hardtanh", "clamp", "clamp_min", "clamp_max",
    "pow", "reciprocal", "sin", "cos", "erf", "logit", "log_sigmoid", "softsign", "sign", "hardshrink", "softshrink",
    "threshold", "exp2", "log2", "log10", "tan", "atan", "sinh", "cosh",
)  # fmt: skip
"""Functions of one number."""

RULES: dict[str, Rule] = {
    "relu": rectifier, "leaky_relu": rectifier, "prelu": prelu, "neg": negative, "glu": glu,
    **dict.fromkeys(ACTIVATIONS, elementwise),
    **dict.fromkeys(("softmax", "log_softmax", "_softmax", "layer_norm", "rms_norm"), over_features),
    "add": addition, "sub": addition, "rsub": addition, "mul": product, "div": product, "cat": joined,
}  # fmt: skip
"""Kind of call to its rule."""
