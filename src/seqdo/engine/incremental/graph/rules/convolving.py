"""Rules for calls that multiply by weights: convolutions, dense layers, embeddings, batch norm."""

from __future__ import annotations

from typing import Any

import torch
from torch import fx

from seqdo.engine.incremental.graph.lower import Lowering, Rule, named_arguments, per_dimension
from seqdo.engine.incremental.graph.nodes import Letters
from seqdo.engine.incremental.graph.receptive_field import all_positions, transposed_window, window
from seqdo.engine.incremental.graph.tensor_view import ROWS, Axis, UnsupportedCallError, View, feature_axes


def convolution(lowering: Lowering, call: fx.Node) -> View:
    """conv1d, and conv2d if one of its dimensions holds positions and the other a few features."""
    args = named_arguments(call)
    weight, bias = _weights(lowering, args)
    view = lowering.view(call.args[0])
    spatial = weight.dim() - 2
    along = _position_dim(view, spatial)
    stride, dilation = per_dimension(args["stride"], spatial), per_dimension(args["dilation"], spatial)
    padding = _padding(args["padding"], weight, dilation)
    groups = int(args["groups"])
    length, outputs = view.dims[2 + along][0].size, int(lowering.shape(call)[2 + along])
    position, channels = Axis(outputs), Axis(weight.shape[0])
    last_dims: tuple[tuple[Axis, ...], ...] = ((position,),)
    if weight.dim() == 4:
        across = 1 - along
        height = Axis(int(lowering.shape(call)[2 + across]))
        steps = stride[across], dilation[across], padding[across][0]
        weight, bias = _one_dimensional(weight, bias, view, across, height.size, steps, groups)
        last_dims = ((height,), (position,)) if along == 1 else ((position,), (height,))
        # The flattened weights expect features channel by channel, whichever of the two dimensions comes last.
        view = view if along == 1 else view.permuted([0, 1, 3, 2])
    receptive_field = window(
        length, weight.shape[2], stride=stride[along], dilation=dilation[along], offset=padding[along][0],
        outputs=outputs,
    )  # fmt: skip
    return lowering.layer(
        call, view, ((ROWS,), (channels,), *last_dims), field=receptive_field, features=weight.shape[0],
        weight=weight.permute(2, 1, 0), groups=groups, bias=bias, position=position,
    )  # fmt: skip


def transposed_convolution(lowering: Lowering, call: fx.Node) -> View:
    """conv_transpose1d."""
    args = named_arguments(call)
    weight, bias = _weights(lowering, args)
    view = lowering.view(call.args[0])
    _position_dim(view, 1)
    (stride,), (dilation,), (padding,) = (per_dimension(args[key], 1) for key in ("stride", "dilation", "padding"))
    groups, outputs = int(args["groups"]), int(lowering.shape(call)[2])
    receptive_field = transposed_window(
        view.dims[2][0].size, weight.shape[2], stride=stride, dilation=dilation, offset=padding, outputs=outputs
    )
    inputs, features = weight.shape[0], weight.shape[1] * groups
    # From (features in, features out / groups, taps), group after group, to (taps, features in / groups, features out).
    split = weight.reshape(groups, inputs // groups, weight.shape[1], weight.shape[2])
    taps = split.permute(3, 1, 0, 2).reshape(weight.shape[2], inputs // groups, features)
    position, channels = Axis(outputs), Axis(features)
    return lowering.layer(
        call, view, ((ROWS,), (channels,), (position,)), field=receptive_field, features=features, weight=taps,
        groups=groups, bias=bias, position=position,
    )  # fmt: skip


def dense(lowering: Lowering, call: fx.Node) -> View:
    """A matrix product of the last dimension with weights: at each position, or of all positions flattened."""
    args = named_arguments(call)
    if "mat1" in args:
        source, weight, bias = args["mat1"], lowering.tensor(args["mat2"]), lowering.tensor(args["self"])
        if args["alpha"] != 1 or args["beta"] != 1:
            raise UnsupportedCallError("it scales its product or its bias")
    elif "weight" in args:
        source, weight, bias = args["input"], lowering.tensor(args["weight"]), lowering.tensor(args["bias"])
        weight = None if weight is None else weight.t()
    else:
        source, weight, bias = args["self"], lowering.tensor(args.get("other", args.get("mat2"))), None
    view = lowering.view(source)
    if weight is None or weight.dim() != 2 or (bias is not None and bias.dim() != 1):
        raise UnsupportedCallError("its weights are not a matrix, or its bias is not a vector")
    return _product(lowering, call, view, weight, bias)


def embedding(lowering: Lowering, call: fx.Node) -> View:
    """A row of a table for each code of the input: a convolution of one tap over one-hot letters."""
    args = named_arguments(call)
    table = lowering.tensor(args["weight"]) if "weight" in args else None
    codes = args["indices"] if "weight" in args else args["self"]
    view = lowering.view(codes)
    if not isinstance(lowering.nodes[view.node], Letters):
        raise UnsupportedCallError("it looks up something other than letters")
    if table is None:
        table = torch.eye(int(lowering.shape(call)[-1]))
    # Five codes (padding is the last), whatever the size of the table: rows without a code are never looked up.
    rows = torch.zeros(5, table.shape[1], dtype=table.dtype, device=table.device)
    rows[: min(5, len(table))] = table[:5]
    one_hot = View(view.node, view.position, view.features, (*view.dims, view.features))
    dims = (*view.dims, (Axis(table.shape[1]),))
    return lowering.layer(call, one_hot, dims, features=table.shape[1], weight=rows[None])


def batch_norm(lowering: Lowering, call: fx.Node) -> View:
    """Batch norm with its trained statistics: a scale and a shift of each feature."""
    args = named_arguments(call)
    mean, variance = lowering.tensor(args["running_mean"]), lowering.tensor(args["running_var"])
    if args["training"] or mean is None or variance is None:
        raise UnsupportedCallError("it normalizes by the statistics of the batch")
    view = lowering.view(call.args[0])
    if not view.holds_features(1):
        raise UnsupportedCallError("its features are mixed with positions")
    # In float64, so that folding the norm into the layer before it loses no digits.
    scale = (variance.double() + float(args["eps"])).rsqrt()
    weight, bias = lowering.tensor(args["weight"]), lowering.tensor(args["bias"])
    scale = scale if weight is None else scale * weight.double()
    shift = -mean.double() * scale + (0 if bias is None else bias.double())
    after = lowering.ordered(view, call)
    channels = view.dims[1]
    if channels != after.features[: len(channels)]:
        raise UnsupportedCallError("its channels do not come first among its features")
    # Other feature axes (the height of an image) vary faster than channels: each channel's number is repeated.
    repeats = torch.Size([axis.size for axis in after.features[len(channels) :]]).numel()
    scale, shift = (vector.repeat_interleave(repeats) for vector in (scale, shift))
    return lowering.layer(call, after, after.dims, scale=scale, bias=shift)


def _product(lowering: Lowering, call: fx.Node, view: View, weight: torch.Tensor, bias: torch.Tensor | None) -> View:
    """Add the product of the last dimension with ``weight`` (in, out)."""
    last, out = len(view.dims) - 1, Axis(weight.shape[1])
    dims = (*view.dims[:-1], (out,))
    if any(axis not in view.dims[last] for axis in feature_axes(view.dims, view.position)):
        raise UnsupportedCallError("it multiplies one of several feature axes")
    if view.position is None or view.position not in view.dims[last]:
        return lowering.layer(call, view, dims, features=out.size, weight=weight[None], bias=bias)
    # Flatten → dense: one output that reads each position through a tap of its own. The rows of the weights follow the
    # order of axes in the flattened dimension, and become (positions, features in, features out).
    shaped = weight.reshape(*(axis.size for axis in view.dims[last]), out.size)
    order = [view.dims[last].index(axis) for axis in (view.position, *view.features)]
    taps = shaped.permute(*order, len(order)).reshape(view.position.size, -1, out.size)
    node_dims = ((ROWS,), *((axis,) for axis in view.features), (view.position,))
    node_view = View(view.node, view.position, view.features, node_dims)
    return lowering.layer(
        call, node_view, dims, field=all_positions(view.position.size), features=out.size, weight=taps, bias=bias,
        position=None,
    )  # fmt: skip


def _weights(lowering: Lowering, args: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Weight and bias of a convolution."""
    weight = lowering.tensor(args["weight"])
    if weight is None:
        raise UnsupportedCallError("its weights are not a tensor")
    return weight, lowering.tensor(args["bias"])


def _position_dim(view: View, spatial: int) -> int:
    """Which of the last one or two (``spatial``) dimensions holds the positions; the second holds features."""
    if len(view.dims) != spatial + 2 or view.dims[0] != (ROWS,) or not view.holds_features(1):
        raise UnsupportedCallError("its input does not have the dimensions (sequences, features, positions)")
    for dim in range(spatial):
        others = (other for other in range(spatial) if other != dim)
        if view.holds_positions(2 + dim) and all(view.holds_features(2 + other) for other in others):
            return dim
    raise UnsupportedCallError("its input does not have positions where it expects them")


def _padding(padding: Any, weight: torch.Tensor, dilation: list[int]) -> list[tuple[int, int]]:  # noqa: ANN401
    """Padding before and after the sequence, for each dimension."""
    sizes = [step * (taps - 1) for step, taps in zip(dilation, weight.shape[2:], strict=True)]
    if padding == "same":
        return [(size // 2, size - size // 2) for size in sizes]  # as in torch, an odd one goes to the right
    if padding == "valid":
        return [(0, 0)] * len(sizes)
    return [(amount, amount) for amount in per_dimension(padding, len(sizes))]


def _one_dimensional(
    weight: torch.Tensor, bias: torch.Tensor | None, view: View, across: int, outputs: int,
    steps: tuple[int, int, int], groups: int,
) -> tuple[torch.Tensor, torch.Tensor | None]:  # fmt: skip
    """A two-dimensional kernel as a one-dimensional one, whose features include the dimension without positions.

    Parameters
    ----------
    weight : (features out, features in, rows, columns)
    across : 0 or 1, the spatial dimension without positions
    outputs : output size of that dimension
    steps : stride, dilation and padding in that dimension

    Returns
    -------
    Weights (features out · outputs, features in · height, taps) and the bias of each of their features.
    """
    if groups != 1:
        raise UnsupportedCallError("it is a grouped convolution in two dimensions")
    stride, dilation, padding = steps
    height = torch.Size([axis.size for axis in view.dims[2 + across]]).numel()
    kernel = weight if across == 0 else weight.transpose(2, 3)
    out, channels, rows, taps = kernel.shape
    flat = kernel.new_zeros(out, outputs, channels, height, taps)
    for output in range(outputs):
        for row in range(rows):
            read = output * stride + row * dilation - padding
            if 0 <= read < height:  # otherwise the row falls on padding
                flat[:, output, :, read] += kernel[:, :, row]
    repeated = None if bias is None else bias.repeat_interleave(outputs)
    return flat.reshape(out * outputs, channels * height, taps), repeated


RULES: dict[str, Rule] = {
    "conv1d": convolution, "conv2d": convolution, "conv_transpose1d": transposed_convolution, "linear": dense,
    "matmul": dense, "mm": dense, "addmm": dense, "embedding": embedding, "one_hot": embedding,
    "batch_norm": batch_norm,
}  # fmt: skip
"""Kind of call to its rule."""
