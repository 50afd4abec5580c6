"""Rules for calls that move values without changing them: reshapes, permutations, crops, pads, repeats."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx
from torch.nn import functional

from seqdo.engine.incremental.graph.lower import Lowering, Rule, named_arguments
from seqdo.engine.incremental.graph.nodes import Concat
from seqdo.engine.incremental.graph.receptive_field import gathered
from seqdo.engine.incremental.graph.tensor_view import (
    ROWS,
    Axis,
    RowsTimes,
    SplitPositionsError,
    UnsupportedCallError,
    View,
    feature_axes,
)
from seqdo.engine.incremental.graph.trace import layer_name

MOST_PIECES = 64
"""The most features that one position becomes where positions are split in two axes."""


def unchanged(lowering: Lowering, call: fx.Node) -> View:
    """Dropout in eval mode, copies, and conversions to the present data type."""
    args = named_arguments(call)
    if args.get("train") or args.get("training"):
        raise UnsupportedCallError("it draws random numbers")
    view = lowering.view(call.args[0])
    if call.meta["val"].dtype != call.args[0].meta["val"].dtype:  # type: ignore[union-attr]
        raise UnsupportedCallError("it changes the data type")
    return view


def reshape(lowering: Lowering, call: fx.Node) -> View:
    """Flatten, view, squeeze and the like: the traced sizes of the output define them all."""
    view = lowering.view(call.args[0])
    shape = [size if isinstance(size, int) else RowsTimes(lowering.times_rows(size)) for size in lowering.shape(call)]
    try:
        return view.reshaped(shape)
    except SplitPositionsError as error:
        return _split_positions(lowering, call, view, error.position, error.outer).reshaped(shape)


def permute(lowering: Lowering, call: fx.Node) -> View:
    """A permutation of all dimensions."""
    view = lowering.view(call.args[0])
    return view.permuted([int(dim) % len(view.dims) for dim in named_arguments(call)["dims"]])


def transpose(lowering: Lowering, call: fx.Node) -> View:
    """Two dimensions swapped; the last two where none are named (``t``, ``mT``)."""
    view = lowering.view(call.args[0])
    args = named_arguments(call)
    names = ("axis0", "axis1") if "axis0" in args else ("dim0", "dim1")
    first, second = (int(args.get(name, -2 + i)) % len(view.dims) for i, name in enumerate(names))
    order = list(range(len(view.dims)))
    order[first], order[second] = second, first
    return view.permuted(order)


def crop(lowering: Lowering, call: fx.Node) -> View:
    """Slice and narrow, along positions or features."""
    args = named_arguments(call)
    view = lowering.view(call.args[0])
    dim = int(args["dim"]) % len(view.dims)
    if view.dims[dim] == (ROWS,) and not args.get("start"):
        if str(lowering.shape(call)[0]) != lowering.trace.batch:
            raise UnsupportedCallError("it selects some of the sequences")
        return view
    size = math.prod(axis.size for axis in view.dims[dim])
    if "length" in args:
        start = int(args["start"]) % size
        span = range(start, start + int(args["length"]))
    else:
        span = range(size)[slice(args["start"], args["end"], args["step"])]
    if len(span) == size:
        return view
    if view.holds_positions(dim):
        return gather(lowering, call, view, dim, np.array(span))
    return _select_features(lowering, call, view, dim, len(span))


def select(lowering: Lowering, call: fx.Node) -> View:
    """One position, or one feature."""
    view = lowering.view(call.args[0])
    args = named_arguments(call)
    dim, number = int(args["dim"]) % len(view.dims), int(args["index"])
    if view.holds_positions(dim):
        single = gather(lowering, call, view, dim, np.array([number % view.dims[dim][0].size]))
        dims = tuple(axes for i, axes in enumerate(single.dims) if i != dim)
        return View(single.node, single.position, single.features, dims).without(single.dims[dim])
    if not view.holds_features(dim):
        raise UnsupportedCallError("it selects from a dimension that mixes positions and features")
    dims = tuple(axes for i, axes in enumerate(view.dims) if i != dim)
    return _by_position(lowering, call, view, dims)


def index(lowering: Lowering, call: fx.Node) -> View:
    """Features or positions by their numbers, ``x[:, [0, 3]]``."""
    view = lowering.view(call.args[0])
    indices = list(named_arguments(call)["indices"])
    dims = [dim for dim, numbers in enumerate(indices) if numbers is not None]
    if len(dims) != 1:
        raise UnsupportedCallError("it indexes several dimensions at once")
    numbers = lowering.tensor(indices[dims[0]])
    if numbers is None or numbers.dim() != 1 or numbers.dtype == torch.bool:
        raise UnsupportedCallError("its index is not a list of whole numbers")
    if view.holds_positions(dims[0]):
        positions = numbers.cpu().numpy() % view.dims[dims[0]][0].size
        return gather(lowering, call, view, dims[0], positions)
    return _select_features(lowering, call, view, dims[0], len(numbers))


def split(lowering: Lowering, call: fx.Node) -> tuple[View, ...]:
    """Pieces of the features, or of positions."""
    view = lowering.view(call.args[0])
    dim = int(named_arguments(call)["dim"]) % len(view.dims)
    sizes = [int(piece.shape[dim]) for piece in call.meta["val"]]
    if not (view.holds_features(dim) or view.holds_positions(dim)):
        raise UnsupportedCallError("it splits a dimension that mixes positions and features")
    pieces, start = [], 0
    for size in sizes:
        if view.holds_positions(dim):
            pieces.append(gather(lowering, call, view, dim, np.arange(start, start + size)))
        else:
            dims = tuple((Axis(size),) if i == dim else axes for i, axes in enumerate(view.dims))
            pieces.append(_narrowed(lowering, call, view, dims, dim, start, size))
        start += size
    return tuple(pieces)


def item(lowering: Lowering, call: fx.Node) -> Any:  # noqa: ANN401
    """One of several results of a call."""
    source: Any = call.args[0]
    number: Any = call.args[1]
    results = lowering.lowered.get(source)
    if not isinstance(results, tuple) or results[number] is None:
        raise UnsupportedCallError("its input does not come from a supported call")
    return results[number]


def pad(lowering: Lowering, call: fx.Node) -> View:
    """Zeros, or mirrored or repeated positions, on either side of the sequence; negative amounts crop."""
    args = named_arguments(call)
    view = lowering.view(call.args[0])
    amounts = [int(amount) for amount in args["pad"]]
    mode = args.get("mode", "constant")
    if args.get("value") and mode == "constant":
        raise UnsupportedCallError("it pads with a number other than zero")
    # torch lists two amounts for each dimension, from the last dimension backwards.
    dims = [len(view.dims) - 1 - i // 2 for i, amount in enumerate(amounts) if amount]
    if not dims:
        return view
    if len(set(dims)) > 1 or not view.holds_positions(dims[0]):
        raise UnsupportedCallError("it pads a dimension other than positions")
    left, right = amounts[2 * (len(view.dims) - 1 - dims[0]) :][:2]
    length = view.dims[dims[0]][0].size
    # torch itself pads the numbers of the positions, which covers every mode. Numbers begin at 1, so that 0 is padding
    # and becomes -1.
    numbers = torch.arange(1.0, length + 1)[None, None]
    padded = functional.pad(numbers, [left, right], mode)
    return gather(lowering, call, view, dims[0], padded[0, 0].numpy().astype(np.int64) - 1)


def upsample(lowering: Lowering, call: fx.Node) -> View:
    """Nearest-neighbor upsampling: each position several times."""
    view = lowering.view(call.args[0])
    if len(view.dims) != 3 or not view.holds_positions(2):
        raise UnsupportedCallError("it upsamples a dimension other than positions")
    length, size = view.dims[2][0].size, int(lowering.shape(call)[2])
    numbers = torch.arange(float(length))[None, None]
    args = named_arguments(call)
    scales = args.get("scales") or args.get("scale_factors")
    scale = scales[0] if isinstance(scales, list | tuple) else scales
    # torch itself upsamples the numbers of the positions: a factor and the size that follows from it can round apart.
    nearest = (
        functional.interpolate(numbers, size=size)
        if scale is None
        else functional.interpolate(numbers, scale_factor=float(scale))
    )
    return gather(lowering, call, view, 2, nearest[0, 0].numpy().astype(np.int64))


def repeat(lowering: Lowering, call: fx.Node) -> View:
    """``repeat_interleave``: each position several times."""
    view = lowering.view(call.args[0])
    args = named_arguments(call)
    if args["dim"] is None or not isinstance(args["repeats"], int):
        raise UnsupportedCallError("it repeats without a dimension, or each element by a number of its own")
    dim = int(args["dim"]) % len(view.dims)
    if not view.holds_positions(dim):
        raise UnsupportedCallError("it repeats a dimension other than positions")
    return gather(lowering, call, view, dim, np.repeat(np.arange(view.dims[dim][0].size), args["repeats"]))


def flip(lowering: Lowering, call: fx.Node) -> View:
    """Positions in reverse order, or features."""
    view = lowering.view(call.args[0])
    dims = [int(dim) % len(view.dims) for dim in named_arguments(call)["dims"]]
    positions = [dim for dim in dims if view.holds_positions(dim)]
    if any(not view.holds_features(dim) for dim in dims if dim not in positions) or (positions and len(dims) > 1):
        raise UnsupportedCallError("it flips positions together with another dimension")
    if positions:
        return gather(lowering, call, view, dims[0], np.arange(view.dims[dims[0]][0].size)[::-1])
    return _by_position(lowering, call, view, view.dims)


def gather(lowering: Lowering, call: fx.Node, view: View, dim: int, positions: NDArray[np.integer[Any]]) -> View:
    """Add a layer whose output positions are these input positions; -1 gives zero."""
    position = Axis(len(positions))
    dims = tuple((position,) if i == dim else axes for i, axes in enumerate(view.dims))
    receptive_field = gathered(positions, view.dims[dim][0].size)
    return lowering.layer(call, view, dims, field=receptive_field, position=position)


def _split_positions(lowering: Lowering, call: fx.Node, view: View, position: Axis, outer: int) -> View:
    """Positions as two axes, ``outer`` and the rest: the longer one holds positions, the other features.

    Pools that weigh the positions of each window by attention split them so: position o · p + t becomes feature t of
    position o.
    """
    numbers = np.arange(position.size).reshape(outer, -1)
    windows = numbers.shape[1] <= outer
    pieces = numbers.T if windows else numbers
    if len(pieces) > MOST_PIECES:
        raise UnsupportedCallError(f"it splits positions into {len(pieces)} times {pieces.shape[1]}")
    last = View(view.node, position, view.features, ((ROWS,), view.features, (position,)))
    inputs = tuple(gather(lowering, call, last, 2, piece).node for piece in pieces)
    features = len(pieces) * lowering.nodes[view.node].features
    node = lowering.add(Concat(layer_name(call), inputs, pieces.shape[1], features))
    folded, kept = Axis(len(pieces)), Axis(pieces.shape[1])
    axes = (kept, folded) if windows else (folded, kept)
    dims = tuple(tuple(part for axis in dim for part in (axes if axis is position else (axis,))) for dim in view.dims)
    return View(node, kept, (folded, *view.features), dims)


def in_tensor_order(view: View, dims: tuple[tuple[Axis, ...], ...]) -> View:
    """A view with these dimensions, whose features have the order of the tensor."""
    return View(view.node, view.position, feature_axes(dims, view.position), dims)


def _select_features(lowering: Lowering, call: fx.Node, view: View, dim: int, size: int) -> View:
    """Add the call itself, position by position; it leaves ``size`` features in a dimension."""
    if not view.holds_features(dim):
        raise UnsupportedCallError("it selects from a dimension that mixes positions and features")
    dims = tuple((Axis(size),) if i == dim else axes for i, axes in enumerate(view.dims))
    return _by_position(lowering, call, view, dims)


def _by_position(lowering: Lowering, call: fx.Node, view: View, dims: tuple[tuple[Axis, ...], ...]) -> View:
    """Add the call itself, position by position; its output has these dimensions."""
    return lowering.call_by_position(call, {call.args[0]: view}, in_tensor_order(view, dims))  # type: ignore[dict-item]


def _narrowed(
    lowering: Lowering, call: fx.Node, view: View, dims: tuple[tuple[Axis, ...], ...], dim: int, start: int, size: int
) -> View:
    """Add a node that takes ``size`` features of a dimension, from ``start`` on."""
    after = in_tensor_order(view, dims)
    return lowering.pointwise(call, [view], after, lambda tensors: tensors[0].narrow(dim, start, size))


UNCHANGED = (
    "dropout", "feature_dropout", "alpha_dropout", "contiguous", "clone", "detach", "alias", "to", "_to_copy",
    "lift_fresh_copy",
)  # fmt: skip
"""Calls that return their input."""

RULES: dict[str, Rule] = {
    **dict.fromkeys(UNCHANGED, unchanged),
    **dict.fromkeys(("flatten", "view", "reshape", "squeeze", "unsqueeze", "unflatten", "_unsafe_view"), reshape),
    "permute": permute, **dict.fromkeys(("transpose", "t", "mT", "swapaxes"), transpose),
    "slice": crop, "narrow": crop, "select": select, "index": index, "getitem": item,
    **dict.fromkeys(("split", "split_with_sizes", "chunk", "tensor_split", "unsafe_chunk"), split),
    "pad": pad, "constant_pad_nd": pad, "upsample_nearest1d": upsample, "repeat_interleave": repeat, "flip": flip,
}  # fmt: skip
"""Kind of call to its rule."""
