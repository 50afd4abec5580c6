"""Rules for calls that reduce several positions to one: pools, and means, sums and maxima over all positions."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import torch
from torch import fx

from seqdo.engine.incremental.graph.lower import Lowering, Rule, named_arguments, per_dimension
from seqdo.engine.incremental.graph.nodes import Pool
from seqdo.engine.incremental.graph.receptive_field import ReceptiveField, all_positions, identity, window
from seqdo.engine.incremental.graph.rules.shaping import in_tensor_order
from seqdo.engine.incremental.graph.tensor_view import Axis, UnsupportedCallError, View
from seqdo.engine.incremental.graph.trace import kind

PoolKind = Literal["max", "mean"]


def pool(lowering: Lowering, call: fx.Node) -> Any:  # noqa: ANN401
    """max_pool1d and avg_pool1d, and the same in two dimensions if they pool positions alone."""
    args = named_arguments(call)
    view = lowering.view(call.args[0])
    pool_kind: PoolKind = "max" if kind(call).startswith("max") else "mean"
    dim, size, stride, offset, dilation = _window_shape(args, view, 2 if "2d" in kind(call) else 1)
    length = view.dims[dim][0].size
    outputs = int(_shape(call)[dim])
    field = window(length, size, stride=stride, dilation=dilation, offset=offset, outputs=outputs)
    if pool_kind == "max":
        factor = torch.ones(outputs)
    elif args.get("divisor_override"):
        factor = torch.full((outputs,), 1 / float(args["divisor_override"]), dtype=torch.float64)
    else:
        factor = _mean_factors(field, size, stride, offset, length, bool(args["count_include_pad"]))
    return _results(call, _pooled(lowering, call, view, dim, Pool(field, pool_kind, factor)))


def adaptive_pool(lowering: Lowering, call: fx.Node) -> Any:  # noqa: ANN401
    """Pools that are defined by their number of outputs; their windows may differ in size by one."""
    view = lowering.view(call.args[0])
    sizes = _shape(call)
    dims = [dim for dim in range(2, len(view.dims)) if not view.holds_features(dim)]
    if len(dims) != 1 or not view.holds_positions(dims[0]):
        raise UnsupportedCallError("it pools features")
    if any(
        math.prod(axis.size for axis in axes) != sizes[dim]
        for dim, axes in enumerate(view.dims)
        if dim >= 2 and dim != dims[0]
    ):
        raise UnsupportedCallError("it pools features")
    length, outputs = view.dims[dims[0]][0].size, int(sizes[dims[0]])
    # As torch defines them: from the floor of output · length / outputs to the ceiling of the next such number.
    starts = np.arange(outputs) * length // outputs
    stops = -(-(np.arange(outputs) + 1) * length // outputs)
    read = starts[:, None] + np.arange(int((stops - starts).max()))
    field = ReceptiveField(np.where(read < stops[:, None], read, -1).astype(np.int32), length)
    pool_kind: PoolKind = "max" if "max" in kind(call) else "mean"
    factor = torch.from_numpy(1.0 / (stops - starts)) if pool_kind == "mean" else torch.ones(outputs)
    return _results(call, _pooled(lowering, call, view, dims[0], Pool(field, pool_kind, factor)))


def reduction(lowering: Lowering, call: fx.Node) -> Any:  # noqa: ANN401
    """mean, sum, amax and max over dimensions: a pool over positions, and a function of the features at a position."""
    args = named_arguments(call)
    view = lowering.view(call.args[0])
    if args.get("dtype") is not None or "other" in args:
        raise UnsupportedCallError("it changes the data type, or compares two tensors")
    if "dim" not in args or args["dim"] in (None, []):
        raise UnsupportedCallError("it reduces over the sequences")
    dims = args["dim"] if isinstance(args["dim"], list | tuple) else [args["dim"]]
    over = sorted({int(dim) % len(view.dims) for dim in dims})
    operation = {"mean": "mean", "sum": "sum", "amax": "amax", "max": "amax"}[kind(call)]
    reduced_axes = [axis for dim in over for axis in view.dims[dim]]
    after_dims: list[tuple[Axis, ...]] = [() if i in over else axes for i, axes in enumerate(view.dims)]
    if not args["keepdim"]:
        after_dims = [axes for i, axes in enumerate(after_dims) if i not in over]
    if view.position is not None and view.position in reduced_axes:
        view = _over_positions(lowering, call, view, operation)
    if any(axis in view.features for axis in reduced_axes):
        reduce = getattr(torch, operation)
        keepdim = bool(args["keepdim"])
        after = in_tensor_order(view, tuple(after_dims))
        # A dimension of positions that was pooled above is made of no axis and has size 1: to reduce it again is safe.
        after = lowering.pointwise(call, [view], after, lambda tensors: reduce(tensors[0], dim=over, keepdim=keepdim))
    else:
        after = View(view.node, view.position, view.features, tuple(after_dims))
    return (after, None) if kind(call) == "max" else after  # max returns indices as well, which have no node


def _over_positions(lowering: Lowering, call: fx.Node, view: View, operation: str) -> View:
    """Add a pool over all positions; its dimensions are those of the view, without the axis of positions."""
    length = lowering.length(view)
    factor = torch.full((1,), 1 / length if operation == "mean" else 1.0, dtype=torch.float64)
    pool = Pool(all_positions(length), "max" if operation == "amax" else "mean", factor)
    source = lowering.ordered(view, call)
    pooled = lowering.layer(call, source, source.dims, field=identity(length), pool=pool)
    dims = tuple(tuple(axis for axis in axes if axis is not view.position) for axes in view.dims)
    return View(pooled.node, None, pooled.features, dims)


def _pooled(lowering: Lowering, call: fx.Node, view: View, dim: int, pool: Pool) -> View:
    """Add a pool over a dimension of positions."""
    position = Axis(pool.field.outputs)
    dims = tuple((position,) if i == dim else axes for i, axes in enumerate(view.dims))
    return lowering.layer(call, view, dims, pool=pool, position=position)


def _results(call: fx.Node, pooled: View) -> Any:  # noqa: ANN401
    """What the call returns: the pool, and None for the indices of maxima if the call returns them too."""
    return (pooled, None) if isinstance(call.meta["val"], tuple | list) else pooled


def _window_shape(args: dict[str, Any], view: View, spatial: int) -> tuple[int, int, int, int, int]:
    """Dimension, size, stride, padding and dilation of a pool's window along the positions."""
    if len(view.dims) != spatial + 2:
        raise UnsupportedCallError("its input does not have positions where it expects them")
    sizes, strides, offsets, dilations = (
        per_dimension(args.get(key) or default, spatial)
        for key, default in (
            ("kernel_size", 1), ("stride", args["kernel_size"]), ("padding", 0), ("dilation", 1),
        )
    )  # fmt: skip
    shape: tuple[int, int, int, int, int] | None = None
    for i in range(spatial):
        if view.holds_positions(2 + i):
            shape = 2 + i, sizes[i], strides[i], offsets[i], dilations[i]
        elif (sizes[i], strides[i], offsets[i]) != (1, 1, 0):
            raise UnsupportedCallError("it pools features")
    if shape is None:
        raise UnsupportedCallError("its input does not have positions where it expects them")
    return shape


def _mean_factors(
    field: ReceptiveField, size: int, stride: int, offset: int, length: int, count_padding: bool
) -> torch.Tensor:
    """One over the number of positions that each mean counts.

    As in torch, padding counts if ``count_padding``, but what ``ceil_mode`` reads beyond the padding never does.
    """
    if not count_padding:
        return torch.from_numpy(1.0 / (field.table >= 0).sum(1))
    start = np.arange(field.outputs) * stride - offset
    return torch.from_numpy(1.0 / (np.minimum(start + size, length + offset) - start))


def _shape(call: fx.Node) -> tuple[Any, ...]:
    """The traced sizes of a call's first result."""
    traced = call.meta["val"]
    return tuple((traced[0] if isinstance(traced, tuple | list) else traced).shape)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices"), pool),
    "avg_pool1d": pool, "avg_pool2d": pool,
    **dict.fromkeys(("adaptive_avg_pool1d", "adaptive_max_pool1d", "adaptive_avg_pool2d"), adaptive_pool),
    "mean": reduction, "sum": reduction, "amax": reduction, "max": reduction,
}  # fmt: skip
"""Kind of call to its rule."""
