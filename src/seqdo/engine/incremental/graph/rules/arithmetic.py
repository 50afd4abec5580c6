"""Rules for calls that work on values where they stand: activations, sums, products, norms over features."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import fx

from seqdo.engine.incremental.graph.lower import Lowering, Rule, named_arguments
from seqdo.engine.incremental.graph.nodes import Pointwise
from seqdo.engine.incremental.graph.rules.shaping import in_tensor_order
from seqdo.engine.incremental.graph.tensor_view import ROWS, Axis, UnsupportedCallError, View, feature_axes
from seqdo.engine.incremental.graph.trace import kind, layer_name


def rectifier(lowering: Lowering, call: fx.Node) -> View:
    """Relu and leaky_relu."""
    view = lowering.view(call.args[0])
    slope = float(named_arguments(call).get("negative_slope", 0.0))
    # Layers rectify by max(x, slope · x), which is a leaky rectifier for these slopes alone.
    if not 0 <= slope <= 1:
        return elementwise(lowering, call)
    return lowering.layer(call, view, view.dims, slope=slope)


def elementwise(lowering: Lowering, call: fx.Node) -> View:
    """Any function of one number."""
    view = lowering.view(call.args[0])
    if any(isinstance(argument, fx.Node) for argument in call.args[1:]):
        raise UnsupportedCallError("it has several tensor inputs")
    return _by_position(lowering, call, view, view.dims)


def prelu(lowering: Lowering, call: fx.Node) -> View:
    """A rectifier with a slope of its own for each feature."""
    view = lowering.view(call.args[0])
    if len(view.dims) > 1 and not view.holds_features(1):
        raise UnsupportedCallError("its features are mixed with positions")
    return _by_position(lowering, call, view, view.dims)


def over_features(lowering: Lowering, call: fx.Node) -> View:
    """softmax, layer norm and the like, where they combine features alone."""
    args = named_arguments(call)
    view = lowering.view(call.args[0])
    if "normalized_shape" in args:
        over = list(range(len(view.dims) - len(args["normalized_shape"]), len(view.dims)))
    else:
        over = [int(args["dim"]) % len(view.dims)]
    if not all(view.holds_features(dim) for dim in over):
        raise UnsupportedCallError("it combines positions")
    return _by_position(lowering, call, view, view.dims)


def glu(lowering: Lowering, call: fx.Node) -> View:
    """One half of the features, gated by the other half."""
    view = lowering.view(call.args[0])
    dim = int(named_arguments(call)["dim"]) % len(view.dims)
    if not view.holds_features(dim):
        raise UnsupportedCallError("it combines positions")
    dims = tuple((Axis(_size(view, dim) // 2),) if i == dim else axes for i, axes in enumerate(view.dims))
    return _by_position(lowering, call, view, dims)


def addition(lowering: Lowering, call: fx.Node) -> View:
    """Sums and differences, of two branches or of a branch and a constant."""
    args = named_arguments(call)
    first, second, alpha = args["self"], args["other"], float(args.get("alpha", 1))
    signs = {"add": (1.0, alpha), "sub": (1.0, -alpha), "rsub": (-alpha, 1.0)}[kind(call)]
    if not lowering.varies(second):
        return _shifted(lowering, call, lowering.view(first), second, signs)
    if not lowering.varies(first):
        return _shifted(lowering, call, lowering.view(second), first, (signs[1], signs[0]))
    branches = _aligned(lowering, call, lowering.view(first), lowering.view(second))
    views = []
    for view, factor in zip(branches, signs, strict=True):
        scale = torch.full((lowering.nodes[view.node].features,), factor, dtype=torch.float64)
        views.append(view if factor == 1 else lowering.layer(call, view, view.dims, scale=scale))
    return lowering.layer(call, views[0], views[0].dims, skip=views[1].node)


def product(lowering: Lowering, call: fx.Node) -> View:
    """Products and quotients: with a constant for each feature a scale, of two branches a gate."""
    args = named_arguments(call)
    if args.get("rounding_mode") is not None:
        raise UnsupportedCallError("it rounds its quotient")
    first, second = args["self"], args["other"]
    combine = operator.mul if kind(call) == "mul" else operator.truediv
    if lowering.varies(first) and lowering.varies(second):
        branches = _aligned(lowering, call, lowering.view(first), lowering.view(second))
        after = in_tensor_order(branches[0], branches[0].dims)
        return lowering.pointwise(call, list(branches), after, lambda pair: combine(*pair))
    if kind(call) == "div" and lowering.varies(second):
        raise UnsupportedCallError("its divisor depends on the input")
    branch, constant = (first, second) if lowering.varies(first) else (second, first)
    view = lowering.ordered(lowering.view(branch), call)
    if _differs_by_position(lowering, view, constant):
        return _with_constant(lowering, call, view, constant, combine)
    factor = _by_feature(lowering, call, view, constant)
    return lowering.layer(call, view, view.dims, scale=factor.reciprocal() if kind(call) == "div" else factor)


def negative(lowering: Lowering, call: fx.Node) -> View:
    """The number with the opposite sign."""
    view = lowering.view(call.args[0])
    scale = torch.full((lowering.nodes[view.node].features,), -1.0, dtype=torch.float64)
    return lowering.layer(call, view, view.dims, scale=scale)


def concatenation(lowering: Lowering, call: fx.Node) -> View:
    """The features of several branches, concatenated; some may be the same for all sequences."""
    args = named_arguments(call)
    tensors = list(args["tensors"])
    views = {number: lowering.view(each) for number, each in enumerate(tensors) if lowering.varies(each)}
    first = next(iter(views.values()))
    dim = int(args["dim"]) % len(first.dims)
    _check_branches(list(views.values()), dim)
    size = int(lowering.shape(call)[dim])
    dims = tuple((Axis(size),) if i == dim else axes for i, axes in enumerate(first.dims))
    if len(views) == len(tensors):
        return lowering.concat(call, list(views.values()), dims)
    constants = {number: lowering.constant(each) for number, each in enumerate(tensors) if number not in views}
    return _concatenated(lowering, call, views, constants, dim, dims)


def _check_branches(views: list[View], dim: int) -> None:
    """Refuse branches whose features can't be concatenated along a dimension."""
    first = views[0]
    if any(len(view.dims) != len(first.dims) or not view.holds_features(dim) for view in views):
        raise UnsupportedCallError("it concatenates positions")
    if (
        any((view.position is None) != (first.position is None) for view in views)
        or len({tuple(i for i in range(len(view.dims)) if view.holds_positions(i)) for view in views}) > 1
    ):
        raise UnsupportedCallError("its branches have positions in different dimensions")
    if any(axis not in first.dims[dim] for axis in feature_axes(first.dims, first.position)):
        raise UnsupportedCallError("its inputs have several feature dimensions")


def _concatenated(
    lowering: Lowering,
    call: fx.Node,
    views: Mapping[int, View],
    constants: Mapping[int, torch.Tensor],
    dim: int,
    dims: tuple[tuple[Axis, ...], ...],
) -> View:
    """Add a node that concatenates branches and constants of one row, each in its place."""
    ordered = {number: lowering.ordered(view, call) for number, view in views.items()}
    first = next(iter(ordered.values()))
    if any(constant.dim() != len(dims) for constant in constants.values()):
        raise UnsupportedCallError("a constant has another number of dimensions")
    rows = first.dim_of(ROWS)
    along = next((i for i in range(len(dims)) if first.holds_positions(i)), None)
    after = in_tensor_order(first, dims)

    def values(inputs: list[torch.Tensor], positions: torch.Tensor) -> torch.Tensor:
        count = inputs[0].shape[1]
        shape = [count if i == rows else -1 for i in range(len(dims))]
        parts = {number: view.as_tensor(each) for (number, view), each in zip(ordered.items(), inputs, strict=True)}
        for number, constant in constants.items():
            there = constant if along is None else constant.index_select(along, positions)
            parts[number] = there.expand(shape)
        return after.as_values(torch.cat([parts[number] for number in sorted(parts)], dim), count)

    length, features = lowering.length(first), torch.Size([axis.size for axis in after.features]).numel()
    inputs = tuple(view.node for view in ordered.values())
    node = lowering.add(Pointwise(layer_name(call), inputs, length, features, values))
    return View(node, after.position, after.features, after.dims)


def _by_position(lowering: Lowering, call: fx.Node, view: View, dims: tuple[tuple[Axis, ...], ...]) -> View:
    """Add the call itself, position by position; its output has these dimensions."""
    return lowering.call_by_position(call, {call.args[0]: view}, in_tensor_order(view, dims))  # type: ignore[dict-item]


def _size(view: View, dim: int) -> int:
    """The size of a dimension in the trace."""
    return torch.Size([axis.size for axis in view.dims[dim]]).numel()


def _outline(view: View, dim: int) -> list[tuple[int, bool]]:
    """The size of each axis of a dimension, and whether it is that of positions; axes of size 1 are left out."""
    return [(axis.size, axis is view.position) for axis in view.dims[dim] if axis.size != 1]


def _shifted(lowering: Lowering, call: fx.Node, view: View, constant: Any, signs: tuple[float, float]) -> View:  # noqa: ANN401
    """Add ``signs[0] · view + signs[1] · constant``."""
    view = lowering.ordered(view, call)
    if _differs_by_position(lowering, view, constant):
        return _with_constant(lowering, call, view, constant, lambda x, y: signs[0] * x + signs[1] * y)
    bias = _by_feature(lowering, call, view, constant) * signs[1]
    scale = None if signs[0] == 1 else torch.full_like(bias, signs[0])
    return lowering.layer(call, view, view.dims, scale=scale, bias=bias)


def _differs_by_position(lowering: Lowering, view: View, constant: Any) -> bool:  # noqa: ANN401
    """Does a constant, broadcast over a view, differ between positions?"""
    tensor = lowering.tensor(constant)
    if tensor is None or view.position is None:
        return False
    # Broadcasting aligns dimensions from the right.
    dim = tensor.dim() - len(view.dims) + view.dim_of(view.position)
    return dim >= 0 and tensor.shape[dim] > 1 and view.holds_positions(view.dim_of(view.position))


def _with_constant(
    lowering: Lowering,
    call: fx.Node,
    view: View,
    constant: Any,  # noqa: ANN401
    combine: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> View:
    """Add a function of each position's values and of a constant there, such as a positional encoding."""
    tensor = lowering.constant(constant)
    shape = [1 if dim == (ROWS,) else _size(view, i) for i, dim in enumerate(view.dims)]
    if tensor.dim() > len(shape) or (tensor.dim() == len(shape) and tensor.shape[view.dim_of(ROWS)] != 1):
        raise UnsupportedCallError("a constant differs between sequences")
    constants = view.as_values(tensor.expand(shape), 1)

    def values(inputs: list[torch.Tensor], positions: torch.Tensor) -> torch.Tensor:
        return combine(inputs[0], constants.index_select(0, positions))

    node = lowering.nodes[view.node]
    added = lowering.add(Pointwise(layer_name(call), (view.node,), node.length, node.features, values))
    return View(added, view.position, view.features, view.dims)


def _by_feature(lowering: Lowering, call: fx.Node, view: View, constant: Any) -> torch.Tensor:  # noqa: ANN401
    """A constant as one float64 number for each feature of a node whose features have the tensor's order."""
    features = lowering.nodes[view.node].features
    tensor = torch.as_tensor(lowering.constant(constant), dtype=torch.float64)
    if not tensor.numel():
        raise UnsupportedCallError("a constant is empty")
    sizes = [1] * (len(view.dims) - tensor.dim()) + list(tensor.shape)
    if len(sizes) > len(view.dims):
        raise UnsupportedCallError("a constant has more dimensions than the tensor")
    tensor = tensor.reshape(sizes)
    shape = []
    for dim, axes in enumerate(view.dims):
        if sizes[dim] != 1 and not view.holds_features(dim):
            raise UnsupportedCallError("a constant differs between positions or sequences")
        # A dimension may hold features next to rows, such as the heads of nn.MultiheadAttention.
        shape.append(torch.Size([axis.size for axis in axes if axis in view.features]).numel())
    return tensor.expand(shape).reshape(features)


def _aligned(lowering: Lowering, call: fx.Node, first: View, second: View) -> tuple[View, View]:
    """Two views of the same shape, the features of both in the order of the tensor.

    Raises
    ------
    UnsupportedCallError
        One is broadcast over positions or features of the other.
    """
    first, second = lowering.ordered(first, call), lowering.ordered(second, call)
    alike = len(first.dims) == len(second.dims) and all(
        _size(first, dim) == _size(second, dim)
        and (
            (first.holds_features(dim) and second.holds_features(dim)) or _outline(first, dim) == _outline(second, dim)
        )
        for dim in range(len(first.dims))
    )
    if not alike or (first.position is None) != (second.position is None):
        raise UnsupportedCallError("one of its inputs is broadcast over the other")
    return first, second


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
    "add": addition, "sub": addition, "rsub": addition, "mul": product, "div": product, "cat": concatenation,
}  # fmt: skip
"""Kind of call to its rule."""
