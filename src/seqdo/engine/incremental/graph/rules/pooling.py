"""Calls that make one of several positions: pools, and means, sums and maxima over all of them."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import torch
from torch import fx

from seqdo.engine.incremental.graph.lower import Lowering, Rule, arguments, for_each
from seqdo.engine.incremental.graph.nodes import Pool
from seqdo.engine.incremental.graph.receptive_field import Reads, each, everything, window
from seqdo.engine.incremental.graph.rules.shaping import seen
from seqdo.engine.incremental.graph.tensor_view import Axis, NotUnderstoodError, View
from seqdo.engine.incremental.graph.trace import kind

Kind = Literal["max", "mean"]


def pool(lowering: Lowering, call: fx.Node) -> Any:  # noqa: ANN401
    """max_pool1d, avg_pool1d, and the same in two dimensions where only one is pooled."""
    given = arguments(call)
    view = lowering.view(call.args[0])
    how: Kind = "max" if kind(call).startswith("max") else "mean"
    dim, size, step, offset, dilation = _window(given, view, 2 if "2d" in kind(call) else 1)
    length = view.dims[dim][0].size
    outputs = int(_shape(call)[dim])
    reads = window(length, size, stride=step, dilation=dilation, offset=offset, outputs=outputs)
    if how == "max":
        share = torch.ones(outputs)
    elif given.get("divisor_override"):
        share = torch.full((outputs,), 1 / float(given["divisor_override"]), dtype=torch.float64)
    else:
        share = _shares(reads, size, step, offset, length, bool(given["count_include_pad"]))
    found = _pooled(lowering, call, view, dim, Pool(reads, how, share))
    return (found, None) if isinstance(call.meta["val"], tuple | list) else found


def adaptive(lowering: Lowering, call: fx.Node) -> Any:  # noqa: ANN401
    """Pools of which the number of outputs is given: their windows may differ by one."""
    view = lowering.view(call.args[0])
    sizes = _shape(call)
    dims = [dim for dim in range(2, len(view.dims)) if not view.features_in(dim)]
    if len(dims) != 1 or not view.is_place(dims[0]):
        raise NotUnderstoodError("it pools features")
    if any(
        math.prod(axis.size for axis in dim) != sizes[i] for i, dim in enumerate(view.dims) if i >= 2 and i != dims[0]
    ):
        raise NotUnderstoodError("it pools features")
    length, outputs = view.dims[dims[0]][0].size, int(sizes[dims[0]])
    starts = np.arange(outputs) * length // outputs
    stops = -(-(np.arange(outputs) + 1) * length // outputs)
    at = starts[:, None] + np.arange(int((stops - starts).max()))
    reads = Reads(np.where(at < stops[:, None], at, -1).astype(np.int32), length)
    how: Kind = "max" if "max" in kind(call) else "mean"
    share = torch.from_numpy(1.0 / (stops - starts)) if how == "mean" else torch.ones(outputs)
    found = _pooled(lowering, call, view, dims[0], Pool(reads, how, share))
    return (found, None) if isinstance(call.meta["val"], tuple | list) else found


def reduced(lowering: Lowering, call: fx.Node) -> Any:  # noqa: ANN401
    """mean, sum, amax and max over dimensions: over positions a pool, over features a function of each position."""
    given = arguments(call)
    view = lowering.view(call.args[0])
    if given.get("dtype") is not None or "other" in given:
        raise NotUnderstoodError("it changes the type of numbers, or compares two tensors")
    if "dim" not in given or given["dim"] in (None, []):
        raise NotUnderstoodError("it takes rows together")
    dims = given["dim"] if isinstance(given["dim"], list | tuple) else [given["dim"]]
    over = sorted({int(dim) % len(view.dims) for dim in dims})
    what = {"mean": "mean", "sum": "sum", "amax": "amax", "max": "amax"}[kind(call)]
    kept, gone = list(view.dims), [axis for dim in over for axis in view.dims[dim]]
    if view.place is not None and view.place in gone:
        view = _over_places(lowering, call, view, what)
    features = [axis for axis in gone if axis in view.memory]
    for dim in over:
        kept[dim] = ()
    if not given["keepdim"]:
        kept = [dim for i, dim in enumerate(kept) if i not in over]
    after = seen(view, tuple(kept))
    if features:
        # The pool has left one position, so that the tensor it makes has the dimensions of before but for that.
        lean = View(view.node, view.place, view.memory, tuple(tuple(a for a in d if a in view.axes) for d in view.dims))
        reduce = getattr(torch, what)
        keep = bool(given["keepdim"])
        after = lowering.pointwise(call, [lean], after, lambda tensors: reduce(tensors[0], dim=over, keepdim=keep))
    else:
        after = View(view.node, view.place, view.memory, tuple(kept))
    return (after, None) if kind(call) == "max" else after


def _over_places(lowering: Lowering, call: fx.Node, view: View, what: str) -> View:
    """The view of a pool over all positions: its dimensions as before, without the place."""
    length = lowering.length(view)
    share = torch.full((1,), 1 / length if what == "mean" else 1.0, dtype=torch.float64)
    pool = Pool(everything(length), "max" if what == "amax" else "mean", share)
    source = lowering.ordered(view, call)
    found = lowering.layer(call, source, source.dims, reads=each(length), pool=pool)
    dims = tuple(tuple(axis for axis in dim if axis is not view.place) for dim in view.dims)
    return View(found.node, None, found.memory, dims)


def _pooled(lowering: Lowering, call: fx.Node, view: View, dim: int, pool: Pool) -> View:
    place = Axis(pool.reads.outputs)
    dims = tuple((place,) if i == dim else d for i, d in enumerate(view.dims))
    return lowering.layer(call, view, dims, pool=pool, place=place)


def _window(given: dict[str, Any], view: View, spatial: int) -> tuple[int, int, int, int, int]:
    """Dimension, size, stride, padding and dilation of the one dimension that a pool takes together."""
    if len(view.dims) != spatial + 2:
        raise NotUnderstoodError("positions are not where it needs them")
    sizes, steps, offsets, dilations = (
        for_each(given.get(key) or default, spatial)
        for key, default in (
            ("kernel_size", 1), ("stride", given["kernel_size"]), ("padding", 0), ("dilation", 1),
        )
    )  # fmt: skip
    for i in range(spatial):
        if not view.is_place(2 + i):
            if (sizes[i], steps[i], offsets[i]) != (1, 1, 0):
                raise NotUnderstoodError("it pools features")
        else:
            found = 2 + i, sizes[i], steps[i], offsets[i], dilations[i]
    if not any(view.is_place(2 + i) for i in range(spatial)):
        raise NotUnderstoodError("positions are not where it needs them")
    return found


def _shares(reads: Reads, size: int, step: int, offset: int, length: int, with_padding: bool) -> torch.Tensor:
    """What one position counts in a mean; padding counts as positions or not, what a rounded-up window adds never."""
    if not with_padding:
        return torch.from_numpy(1.0 / (reads.table >= 0).sum(1))
    start = np.arange(reads.outputs) * step - offset
    return torch.from_numpy(1.0 / (np.minimum(start + size, length + offset) - start))


def _shape(call: fx.Node) -> tuple[Any, ...]:
    traced = call.meta["val"]
    return tuple((traced[0] if isinstance(traced, tuple | list) else traced).shape)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices"), pool),
    "avg_pool1d": pool, "avg_pool2d": pool,
    **dict.fromkeys(("adaptive_avg_pool1d", "adaptive_max_pool1d", "adaptive_avg_pool2d"), adaptive),
    "mean": reduced, "sum": reduced, "amax": reduced, "max": reduced,
}  # fmt: skip
"""Kind of call to its rule."""
