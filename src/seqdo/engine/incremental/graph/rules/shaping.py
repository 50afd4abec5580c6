"""Calls that move tensors about: reshapes, permutations, crops, pads, copies of positions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx
from torch.nn import functional

from seqdo.engine.incremental.graph.lower import Lowering, Rule, arguments
from seqdo.engine.incremental.graph.receptive_field import picked
from seqdo.engine.incremental.graph.tensor_view import ROWS, Axis, NotUnderstoodError, View


def same(lowering: Lowering, call: fx.Node) -> View:
    """Dropout of a network that does not learn, copies, the dtype that it has already."""
    given = arguments(call)
    if given.get("train") or given.get("training"):
        raise NotUnderstoodError("it draws random numbers")
    view = lowering.view(call.args[0])
    if call.meta["val"].dtype != call.args[0].meta["val"].dtype:  # type: ignore[union-attr]
        raise NotUnderstoodError("it changes the type of numbers")
    return view


def reshape(lowering: Lowering, call: fx.Node) -> View:
    """Flatten, view, squeeze and the like: the sizes that were traced say all."""
    return lowering.view(call.args[0]).reshaped(lowering.shape(call), lowering.trace.batch)


def permute(lowering: Lowering, call: fx.Node) -> View:
    """Permutations of all dimensions."""
    view = lowering.view(call.args[0])
    return view.permuted([int(dim) % len(view.dims) for dim in arguments(call)["dims"]])


def transpose(lowering: Lowering, call: fx.Node) -> View:
    """Two dimensions in each other's place; of a matrix where none are named."""
    view = lowering.view(call.args[0])
    given = arguments(call)
    first, second = (int(given.get(key, -2 + i)) % len(view.dims) for i, key in enumerate(_two(given)))
    order = list(range(len(view.dims)))
    order[first], order[second] = second, first
    return view.permuted(order)


def crop(lowering: Lowering, call: fx.Node) -> View:
    """A slice, narrowed or stepped."""
    given = arguments(call)
    view = lowering.view(call.args[0])
    dim = int(given["dim"]) % len(view.dims)
    if view.dims[dim] == (ROWS,) and not given.get("start"):
        if str(lowering.shape(call)[0]) != lowering.trace.batch:
            raise NotUnderstoodError("it takes some rows")
        return view
    size = math.prod(axis.size for axis in view.dims[dim])
    if "length" in given:
        start = int(given["start"]) % size
        span = range(start, start + int(given["length"]))
    else:
        span = range(size)[slice(given["start"], given["end"], given["step"])]
    if len(span) == size:
        return view
    if view.is_place(dim):
        return moved(lowering, call, view, dim, np.array(span))
    return _features(lowering, call, view, dim, len(span))


def select(lowering: Lowering, call: fx.Node) -> View:
    """One position, or one feature."""
    view = lowering.view(call.args[0])
    given = arguments(call)
    dim, index = int(given["dim"]) % len(view.dims), int(given["index"])
    if view.is_place(dim):
        kept = moved(lowering, call, view, dim, np.array([index % view.dims[dim][0].size]))
        place = kept.dims[dim]
        dims = tuple(d for i, d in enumerate(kept.dims) if i != dim)
        return View(kept.node, kept.place, kept.memory, dims).without(place)
    if not view.features_in(dim):
        raise NotUnderstoodError("it takes one of several positions and features")
    dims = tuple(d for i, d in enumerate(view.dims) if i != dim)
    return _at_position(lowering, call, view, dims)


def index(lowering: Lowering, call: fx.Node) -> View:
    """Features by their numbers, ``answer[:, [0, 3]]``."""
    view = lowering.view(call.args[0])
    picks = list(arguments(call)["indices"])
    chosen = [dim for dim, pick in enumerate(picks) if pick is not None]
    if len(chosen) != 1:
        raise NotUnderstoodError("it picks along several dimensions")
    number = lowering.tensor(picks[chosen[0]])
    if number is None or number.dim() != 1 or number.dtype == torch.bool:
        raise NotUnderstoodError("what it picks is not known beforehand")
    if view.is_place(chosen[0]):
        places = number.cpu().numpy() % view.dims[chosen[0]][0].size
        return moved(lowering, call, view, chosen[0], places)
    return _features(lowering, call, view, chosen[0], len(number))


def split(lowering: Lowering, call: fx.Node) -> tuple[View, ...]:
    """Pieces of the features, or of positions."""
    view = lowering.view(call.args[0])
    dim = int(arguments(call)["dim"]) % len(view.dims)
    sizes = [int(part.shape[dim]) for part in call.meta["val"]]
    if not (view.features_in(dim) or view.is_place(dim)):
        raise NotUnderstoodError("it cuts positions and features at once")
    found, start = [], 0
    for size in sizes:
        if view.is_place(dim):
            found.append(moved(lowering, call, view, dim, np.arange(start, start + size)))
        else:
            dims = tuple((Axis(size),) if i == dim else d for i, d in enumerate(view.dims))
            found.append(_narrowed(lowering, call, view, dims, dim, start, size))
        start += size
    return tuple(found)


def item(lowering: Lowering, call: fx.Node) -> Any:  # noqa: ANN401
    """One of the things that a call returned."""
    source: Any = call.args[0]
    number: Any = call.args[1]
    several = lowering.known.get(source)
    if not isinstance(several, tuple) or several[number] is None:
        raise NotUnderstoodError("its input is not understood")
    return several[number]


def pad(lowering: Lowering, call: fx.Node) -> View:
    """Zeros, or mirrored or repeated positions, beside the sequence."""
    given = arguments(call)
    view = lowering.view(call.args[0])
    amounts = [int(amount) for amount in given["pad"]]
    if given.get("value") and given.get("mode", "constant") == "constant":
        raise NotUnderstoodError("it pads with something else than zero")
    dims = [len(view.dims) - 1 - i // 2 for i, amount in enumerate(amounts) if amount]
    if not dims:
        return view
    if len(set(dims)) > 1 or not view.is_place(dims[0]):
        raise NotUnderstoodError("it pads features")
    left, right = amounts[2 * (len(view.dims) - 1 - dims[0]) :][:2]
    length = view.dims[dims[0]][0].size
    # Positions are padded as the sequence is: one to the right of each, so that 0 is left for padding.
    numbers = torch.arange(1.0, length + 1)[None, None]
    padded = functional.pad(numbers, [left, right], given.get("mode", "constant"))
    return moved(lowering, call, view, dims[0], padded[0, 0].numpy().astype(np.int64) - 1)


def upsample(lowering: Lowering, call: fx.Node) -> View:
    """Each position several times, as nearest neighbours."""
    view = lowering.view(call.args[0])
    if len(view.dims) != 3 or not view.is_place(2):
        raise NotUnderstoodError("it stretches something else than positions")
    length, size = view.dims[2][0].size, int(lowering.shape(call)[2])
    nearest = functional.interpolate(torch.arange(float(length))[None, None], size=size)
    scales = arguments(call).get("scales") or arguments(call).get("scale_factors")
    scale = scales[0] if isinstance(scales, list | tuple) else scales
    if scale is not None:
        nearest = functional.interpolate(torch.arange(float(length))[None, None], scale_factor=float(scale))
    return moved(lowering, call, view, 2, nearest[0, 0].numpy().astype(np.int64))


def repeat(lowering: Lowering, call: fx.Node) -> View:
    """``repeat_interleave``: each position several times."""
    view = lowering.view(call.args[0])
    given = arguments(call)
    if given["dim"] is None or not isinstance(given["repeats"], int):
        raise NotUnderstoodError("it repeats elements of the whole tensor")
    dim = int(given["dim"]) % len(view.dims)
    if not view.is_place(dim):
        raise NotUnderstoodError("it repeats features")
    return moved(lowering, call, view, dim, np.repeat(np.arange(view.dims[dim][0].size), given["repeats"]))


def flip(lowering: Lowering, call: fx.Node) -> View:
    """Positions in the other direction, or features."""
    view = lowering.view(call.args[0])
    dims = [int(dim) % len(view.dims) for dim in arguments(call)["dims"]]
    places = [dim for dim in dims if view.is_place(dim)]
    if any(not view.features_in(dim) for dim in dims if dim not in places) or (places and len(dims) > 1):
        raise NotUnderstoodError("it turns positions and something else")
    if places:
        return moved(lowering, call, view, dims[0], np.arange(view.dims[dims[0]][0].size)[::-1])
    return _at_position(lowering, call, view, view.dims)


def _two(given: dict[str, Any]) -> tuple[str, str]:
    """Names of the two dimensions of a transposition."""
    return ("axis0", "axis1") if "axis0" in given else ("dim0", "dim1")


def moved(lowering: Lowering, call: fx.Node, view: View, dim: int, places: NDArray[np.integer[Any]]) -> View:
    """Output positions that are input positions ``places`` (-1: zero)."""
    place = Axis(len(places))
    dims = tuple((place,) if i == dim else d for i, d in enumerate(view.dims))
    reads = picked(places, view.dims[dim][0].size)
    return lowering.layer(call, view, dims, reads=reads, place=place)


def _features(lowering: Lowering, call: fx.Node, view: View, dim: int, size: int) -> View:
    """The call itself, made on features."""
    if not view.features_in(dim):
        raise NotUnderstoodError("it takes some of several positions and features")
    return _at_position(lowering, call, view, tuple((Axis(size),) if i == dim else d for i, d in enumerate(view.dims)))


def _at_position(lowering: Lowering, call: fx.Node, view: View, dims: tuple[tuple[Axis, ...], ...]) -> View:
    return lowering.call_at_position(call, {call.args[0]: view}, seen(view, dims))  # type: ignore[dict-item]


def _narrowed(
    lowering: Lowering, call: fx.Node, view: View, dims: tuple[tuple[Axis, ...], ...], dim: int, start: int, size: int
) -> View:
    return lowering.pointwise(call, [view], seen(view, dims), lambda tensors: tensors[0].narrow(dim, start, size))


def seen(view: View, dims: tuple[tuple[Axis, ...], ...]) -> View:
    """A view with these dimensions, and features in their order."""
    memory = tuple(axis for dim in dims for axis in dim if axis is not ROWS and axis is not view.place)
    return View(view.node, view.place, memory, dims)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout", "contiguous", "clone", "detach", "alias"), same),
    **dict.fromkeys(("to", "_to_copy", "lift_fresh_copy"), same),
    **dict.fromkeys(("flatten", "view", "reshape", "squeeze", "unsqueeze", "unflatten", "_unsafe_view"), reshape),
    "permute": permute, **dict.fromkeys(("transpose", "t", "mT", "swapaxes"), transpose),
    "slice": crop, "narrow": crop, "select": select, "index": index, "getitem": item,
    **dict.fromkeys(("split", "split_with_sizes", "chunk", "tensor_split", "unsafe_chunk"), split),
    "pad": pad, "constant_pad_nd": pad, "upsample_nearest1d": upsample, "repeat_interleave": repeat, "flip": flip,
}  # fmt: skip
"""Kind of call to its rule."""
