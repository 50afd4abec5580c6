"""Calls that multiply by weights: convolutions, dense layers, embeddings, and norms with fixed statistics."""

from __future__ import annotations

from typing import Any

import torch
from torch import fx

from seqdo.engine.incremental.graph.lower import Lowering, Rule, arguments, for_each
from seqdo.engine.incremental.graph.nodes import Letters
from seqdo.engine.incremental.graph.receptive_field import everything, spread, window
from seqdo.engine.incremental.graph.tensor_view import ROWS, Axis, NotUnderstoodError, View


def convolution(lowering: Lowering, call: fx.Node) -> View:
    """conv1d, and conv2d of which one dimension holds positions and the other few features."""
    given = arguments(call)
    weight, bias = _weights(lowering, given)
    view = lowering.view(call.args[0])
    along = _along(view, weight.dim() - 2)
    stride, dilation = for_each(given["stride"], weight.dim() - 2), for_each(given["dilation"], weight.dim() - 2)
    padding = _padding(given["padding"], weight, dilation)
    groups = int(given["groups"])
    length, outputs = view.dims[2 + along][0].size, int(lowering.shape(call)[2 + along])
    place, channels = Axis(outputs), Axis(weight.shape[0])
    rest: tuple[tuple[Axis, ...], ...] = ((place,),)
    if weight.dim() == 4:
        across = 1 - along
        height = Axis(int(lowering.shape(call)[2 + across]))
        steps = stride[across], dilation[across], padding[across][0]
        weight, bias = _flattened(weight, bias, view, across, height.size, steps, groups)
        rest = ((height,), (place,)) if along == 1 else ((place,), (height,))
        # Features lie channel by channel, whichever of the two dimensions comes last.
        view = view if along == 1 else view.permuted([0, 1, 3, 2])
    reads = window(
        length, weight.shape[2], stride=stride[along], dilation=dilation[along], offset=padding[along][0],
        outputs=outputs,
    )  # fmt: skip
    return lowering.layer(
        call, view, ((ROWS,), (channels,), *rest), reads=reads, features=weight.shape[0],
        weight=weight.permute(2, 1, 0), groups=groups, bias=bias, place=place,
    )  # fmt: skip


def transposed(lowering: Lowering, call: fx.Node) -> View:
    """conv_transpose1d."""
    given = arguments(call)
    weight, bias = _weights(lowering, given)
    view = lowering.view(call.args[0])
    _along(view, 1)
    (stride,), (dilation,), (padding,) = (for_each(given[key], 1) for key in ("stride", "dilation", "padding"))
    groups, outputs = int(given["groups"]), int(lowering.shape(call)[2])
    reads = spread(
        view.dims[2][0].size, weight.shape[2], stride=stride, dilation=dilation, offset=padding, outputs=outputs
    )
    inputs, features = weight.shape[0], weight.shape[1] * groups
    # (in, out / groups, taps), groups in a row, to (taps, in / groups, out).
    split = weight.reshape(groups, inputs // groups, weight.shape[1], weight.shape[2])
    taps = split.permute(3, 1, 0, 2).reshape(weight.shape[2], inputs // groups, features)
    place, channels = Axis(outputs), Axis(features)
    return lowering.layer(
        call, view, ((ROWS,), (channels,), (place,)), reads=reads, features=features, weight=taps, groups=groups,
        bias=bias, place=place,
    )  # fmt: skip


def dense(lowering: Lowering, call: fx.Node) -> View:
    """A matrix product of the last dimension with weights: at each position, or of all positions flattened."""
    given = arguments(call)
    if "mat1" in given:
        x, weight, bias = given["mat1"], lowering.tensor(given["mat2"]), lowering.tensor(given["self"])
        if given["alpha"] != 1 or given["beta"] != 1:
            raise NotUnderstoodError("it scales its terms")
    elif "weight" in given:
        x, weight, bias = given["input"], lowering.tensor(given["weight"]), lowering.tensor(given["bias"])
        weight = None if weight is None else weight.t()
    else:
        x, weight, bias = given["self"], lowering.tensor(given.get("other", given.get("mat2"))), None
    view = lowering.view(x)
    if weight is None or weight.dim() != 2 or (bias is not None and bias.dim() != 1):
        raise NotUnderstoodError("it is a product of two things that change")
    return _product(lowering, call, view, weight, bias)


def embedding(lowering: Lowering, call: fx.Node) -> View:
    """A row of a table for each code of the input: a convolution of one tap over one-hot letters."""
    given = arguments(call)
    table = lowering.tensor(given["weight"]) if "weight" in given else None
    codes = given["indices"] if "weight" in given else given["self"]
    view = lowering.view(codes)
    if not isinstance(lowering.nodes[view.node], Letters):
        raise NotUnderstoodError("it looks up something else than letters")
    if table is None:
        table = torch.eye(int(lowering.shape(call)[-1]))
    rows = torch.zeros(5, table.shape[1], dtype=table.dtype, device=table.device)
    rows[: min(5, len(table))] = table[:5]
    one_hot = View(view.node, view.place, view.memory, (*view.dims, view.memory))
    dims = (*view.dims, (Axis(table.shape[1]),))
    return lowering.layer(call, one_hot, dims, features=table.shape[1], weight=rows[None])


def batch_norm(lowering: Lowering, call: fx.Node) -> View:
    """Batch norm with the statistics it has learnt: a scale and a shift of each feature."""
    given = arguments(call)
    mean, variance = lowering.tensor(given["running_mean"]), lowering.tensor(given["running_var"])
    if given["training"] or mean is None or variance is None:
        raise NotUnderstoodError("it takes its statistics from the batch")
    view = lowering.view(call.args[0])
    if not view.features_in(1):
        raise NotUnderstoodError("its features are mixed with positions")
    # In float64, so that folding it into the layer before costs no digits.
    scale = (variance.double() + float(given["eps"])).rsqrt()
    weight, bias = lowering.tensor(given["weight"]), lowering.tensor(given["bias"])
    scale = scale if weight is None else scale * weight.double()
    shift = -mean.double() * scale + (0 if bias is None else bias.double())
    after = lowering.ordered(view, call)
    others = after.memory[len(view.dims[1]) :] if view.dims[1] == after.memory[: len(view.dims[1])] else None
    if others is None:
        raise NotUnderstoodError("its features are mixed with positions")
    repeat = torch.Size([axis.size for axis in others]).numel()
    spread_out = [vector.repeat_interleave(repeat) for vector in (scale, shift)]
    return lowering.layer(call, after, after.dims, scale=spread_out[0], bias=spread_out[1])


def _product(lowering: Lowering, call: fx.Node, view: View, weight: torch.Tensor, bias: torch.Tensor | None) -> View:
    last, out = len(view.dims) - 1, Axis(weight.shape[1])
    dims = (*view.dims[:-1], (out,))
    features = [axis for axis in view.axes if axis is not ROWS and axis is not view.place]
    if any(axis not in view.dims[last] for axis in features):
        raise NotUnderstoodError("it multiplies some of several feature dimensions")
    if view.place is None or view.place not in view.dims[last]:
        return lowering.layer(call, view, dims, features=out.size, weight=weight[None], bias=bias)
    # All positions at once: one output that reads each through a tap of its own.
    shaped = weight.reshape(*(axis.size for axis in view.dims[last]), out.size)
    order = [view.dims[last].index(axis) for axis in (view.place, *view.memory)]
    taps = shaped.permute(*order, len(order)).reshape(view.place.size, -1, out.size)
    node_view = View(view.node, view.place, view.memory, ((ROWS,), *((a,) for a in view.memory), (view.place,)))
    return lowering.layer(
        call, node_view, dims, reads=everything(view.place.size), features=out.size, weight=taps, bias=bias, place=None
    )


def _weights(lowering: Lowering, given: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor | None]:
    weight = lowering.tensor(given["weight"])
    if weight is None:
        raise NotUnderstoodError("its weights depend on the input")
    return weight, lowering.tensor(given["bias"])


def _along(view: View, spatial: int) -> int:
    """Which of the last one or two dimensions holds the positions, features being in the second."""
    if len(view.dims) != spatial + 2 or view.dims[0] != (ROWS,) or not view.features_in(1):
        raise NotUnderstoodError("rows, features and positions are not where it needs them")
    for along in range(spatial):
        if view.is_place(2 + along) and all(view.features_in(2 + other) for other in range(spatial) if other != along):
            return along
    raise NotUnderstoodError("positions are not where it needs them")


def _padding(padding: Any, weight: torch.Tensor, dilation: list[int]) -> list[tuple[int, int]]:  # noqa: ANN401
    """Padding before and after, for each dimension."""
    sizes = [dilated * (taps - 1) for dilated, taps in zip(dilation, weight.shape[2:], strict=True)]
    if padding == "same":
        return [(size // 2, size - size // 2) for size in sizes]
    if padding == "valid":
        return [(0, 0)] * len(sizes)
    return [(amount, amount) for amount in for_each(padding, len(sizes))]


def _flattened(
    weight: torch.Tensor, bias: torch.Tensor | None, view: View, across: int, outputs: int,
    steps: tuple[int, int, int], groups: int,
) -> tuple[torch.Tensor, torch.Tensor | None]:  # fmt: skip
    """A kernel (out · outputs, in · height, taps) of a two-dimensional one, whose other dimension becomes features.

    ``steps`` are stride, dilation and padding in that dimension.
    """
    if groups != 1:
        raise NotUnderstoodError("its groups are two-dimensional")
    stride, dilation, padding = steps
    height = torch.Size([axis.size for axis in view.dims[2 + across]]).numel()
    kernel = weight if across == 0 else weight.transpose(2, 3)
    out, channels, rows, taps = kernel.shape
    flat = kernel.new_zeros(out, outputs, channels, height, taps)
    for o in range(outputs):
        for row in range(rows):
            at = o * stride + row * dilation - padding
            if 0 <= at < height:
                flat[:, o, :, at] += kernel[:, :, row]
    repeated = None if bias is None else bias.repeat_interleave(outputs)
    return flat.reshape(out * outputs, channels * height, taps), repeated


RULES: dict[str, Rule] = {
    "conv1d": convolution, "conv2d": convolution, "conv_transpose1d": transposed, "linear": dense, "matmul": dense,
    "mm": dense, "addmm": dense, "embedding": embedding, "one_hot": embedding, "batch_norm": batch_norm,
}  # fmt: skip
"""Kind of call to its rule."""
