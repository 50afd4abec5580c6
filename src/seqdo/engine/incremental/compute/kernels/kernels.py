"""Layers in one compiled call: products, scale, skip, rectifier, pool and late skip, tile by tile.

A few rows (a slab) go through all layers before the next rows do, so that what passes between layers stays in the
cache. A tile is a few (position, row) pairs, its lanes, times a few features. What happens to a tile happens in
registers or close by. ``tensor_backend.py`` has the same layers as operations on whole tensors, and both must agree.

The cache of compiled code on disk sees changes of this file alone. Whoever changes formulas.py, layer_call.py,
products.py, tile.py or vectors.py must touch this file as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqdo.engine.incremental.compute.kernels.formulas import (
    add,
    add_rectified,
    add_rectified_change,
    copy,
    max_rectified,
    maximum,
    multiply_by,
    rectify,
    rectify_change,
    subtract,
)
from seqdo.engine.incremental.compute.kernels.layer_call import (
    FEW_FEATURES,
    Buffers,
    Columns,
    Lanes,
    RowData,
    Slab,
    array_at,
    compiled,
    inlined,
    slab_address,
)
from seqdo.engine.incremental.compute.kernels.products import add_window
from seqdo.engine.incremental.compute.kernels.vectors import COLUMNS, LANES, VECTOR_BYTES, prefetch

CACHED_WEIGHTS = 2**16
"""Weights of a layer that stay in a core's second cache while tiles pass by."""

COLUMNS_4, COLUMNS_8 = COLUMNS[4], COLUMNS[8]


@compiled
def run_layers(
    calls: Any, letter_index: Any, background_of: Any, rows: int, capacity: int, is_base: bool, like: Any
) -> None:
    """Compute layers for backgrounds (``is_base``) or for changes of backgrounds.

    Parameters
    ----------
    calls : (layers,) of ``CALL``
    letter_index : flat (letter positions, rows), entry in the table of letters; -1 is none
    background_of : (rows,), the background that each row is a change of
    rows : number of rows
    capacity : rows of a slab
    is_base : the rows are backgrounds themselves
    like : an array of the dtype of the values
    """
    # A buffer holds a lane's features or its source, and the columns of a tile even where features are fewer.
    width = VECTOR_BYTES // like.itemsize
    for i in range(len(calls)):
        width = max(width, calls[i].in_features, calls[i].features, COLUMNS_4)
    numbers, indices = np.zeros((5, LANES * width), like.dtype), np.zeros((4, LANES), np.int64)
    buffers = Buffers(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
    lanes = Lanes(indices[0], indices[1], indices[2], indices[3])
    data = RowData(letter_index, background_of, is_base, like)
    # All layers of a slab come before the next slab: a layer's output is read while it is still in the cache.
    for first in range(0, rows, capacity):
        slab = Slab(first, min(capacity, rows - first), capacity, rows)
        for i in range(len(calls)):
            _layer(calls[i], slab, data, buffers, lanes)


@inlined
def _layer(call: Any, slab: Slab, data: RowData, buffers: Buffers, lanes: Lanes) -> None:
    """Compute one layer for a slab, one tile after another."""
    # Without a matrix product a tile has all features of a layer, and there is one block.
    features, stride = call.features, call.features
    if call.weights != 0 and features >= FEW_FEATURES:
        stride = COLUMNS_4 if data.like.itemsize == 4 else COLUMNS_8
    pairs = call.outputs * slab.rows
    blocks, tiles = (features + stride - 1) // stride, (pairs + LANES - 1) // LANES
    # Of the weights and a tile's source, the smaller stays in the cache: either all weights pass by for each tile, or
    # all tiles pass by for each block of the weights.
    weights_cached = features * call.taps * call.in_features <= CACHED_WEIGHTS
    for turn in range(blocks * tiles):
        tile, block = (turn // blocks, turn % blocks) if weights_cached else (turn % tiles, turn // tiles)
        columns = Columns(block, block * stride, min(stride, features - block * stride), stride)
        _tile(call, slab, data, buffers, lanes, columns, tile * LANES, min(LANES, pairs - tile * LANES))


@inlined
def _tile(
    call: Any, slab: Slab, data: RowData, buffers: Buffers, lanes: Lanes, columns: Columns, first: int, used: int
) -> None:  # fmt: skip
    """Compute ``used`` (output, row) pairs from number ``first`` on, for some features."""
    size, is_max = LANES * columns.stride, call.is_max > 0
    # Most layers have no pool: one position is an output, and its sums need not be added to anything.
    single = call.pool_width == 1 and not is_max
    lowest = data.like.dtype.type(-np.inf) if is_max else data.like.dtype.type(0)
    is_change = call.base != 0 and not data.is_base
    _assign(lanes, first, slab.rows, used)
    # Products are added to what is there, in all lanes at once.
    buffers.sums[:size] = 0
    if not single:
        buffers.pooled[:size] = lowest
        buffers.pooled_base[:size] = lowest
    for m in range(used if call.prefix_maxima and not data.is_base else 0):
        _begin_with_ends(call, slab, data, buffers, lanes, columns, m)
    for read in range(call.pool_width):
        if not _place(call, data, lanes, read, used):
            continue
        if not single:
            buffers.sums[:size] = 0
        if is_change:
            # Now, and not when the values are needed: the products take about as long as memory does.
            _prefetch_base(call, slab, data, lanes, columns, used)
        add_window(call, slab, data, buffers, lanes, columns)
        for m in range(used):
            if lanes.position[m] >= 0:
                _finish_position(call, slab, data, buffers, lanes, columns, m, single)
    for m in range(used):
        if is_max:
            _to_change(buffers, columns, m, lowest, is_change)
        _write(call, slab, data, buffers.sums if single else buffers.pooled, lanes, columns, m)


@inlined
def _assign(lanes: Lanes, first: int, rows: int, used: int) -> None:
    """Give each lane its output position and row; rows of one position follow one another."""
    output, row = first // rows, first % rows
    for m in range(used):
        lanes.output[m], lanes.row[m] = output, row
        row += 1
        if row == rows:
            output, row = output + 1, 0


@inlined
def _place(call: Any, data: RowData, lanes: Lanes, read: int, used: int) -> bool:
    """Give each lane the position number ``read`` that its output pools, -1 for none; is there any?"""
    pool_inputs = array_at(call.pool_inputs, data.background_of)
    some = False
    # Over all lanes: those that the last tile does not use read nothing, instead of what an earlier tile left.
    for m in range(LANES):
        lanes.position[m] = pool_inputs[lanes.output[m] * call.pool_width + read] if m < used else -1
        some = some or lanes.position[m] >= 0
    return some


@inlined
def _begin_with_ends(
    call: Any, slab: Slab, data: RowData, buffers: Buffers, lanes: Lanes, columns: Columns, m: int
) -> None:  # fmt: skip
    """Begin a lane's maximum, with and without the change, with what its window holds on either side of the change."""
    background = data.background_of[slab.first + lanes.row[m]]
    for maxima, at in ((call.prefix_maxima, call.prefix_at), (call.suffix_maxima, call.suffix_at)):
        position = array_at(at, data.background_of)[lanes.output[m]]
        if position >= 0:
            begin = (background * call.running_positions + position) * call.features + columns.first
            maximum(columns.width, buffers.pooled, m * columns.stride, array_at(maxima, data.like), begin)
            maximum(columns.width, buffers.pooled_base, m * columns.stride, array_at(maxima, data.like), begin)


@inlined
def _prefetch_base(call: Any, slab: Slab, data: RowData, lanes: Lanes, columns: Columns, used: int) -> None:
    """Bring the background's values into the cache: they come from anywhere in a large array."""
    base, base_at = array_at(call.base, data.like), array_at(call.base_at, data.background_of)
    for m in range(used):
        if lanes.position[m] >= 0:
            background = data.background_of[slab.first + lanes.row[m]]
            position = background * call.base_positions + base_at[lanes.position[m]]
            prefetch(columns.width, base, position * call.features + columns.first)


@inlined
def _finish_position(
    call: Any, slab: Slab, data: RowData, buffers: Buffers, lanes: Lanes, columns: Columns, m: int, single: bool
) -> None:  # fmt: skip
    """From a lane's sums to its pool: scale, skip, bias; keep the value of a background; rectify and pool."""
    start = m * columns.stride
    _linear(call, slab, data, buffers.sums, lanes, columns, m)
    base_start = -1
    if call.base:
        row = slab.first + lanes.row[m]
        background = row if data.is_base else data.background_of[row]
        position = array_at(call.base_at, data.background_of)[lanes.position[m]]
        base_start = (background * call.base_positions + position) * call.features + columns.first
    base = array_at(call.base, data.like)
    # Kept before the rectifier: the value after it can be computed from this one, but not the other way round.
    if data.is_base and call.base:
        copy(columns.width, base, base_start, buffers.sums, start)
    if call.rebased:
        # The base itself stays as it is, since other edits are measured from it.
        rebased = array_at(call.rebased, data.like)
        copy(columns.width, rebased, base_start, base, base_start)
        add(columns.width, rebased, base_start, buffers.sums, start)
    _pool(call, data, buffers, lanes, columns, m, -1 if data.is_base else base_start, single)


@inlined
def _linear(call: Any, slab: Slab, data: RowData, sums: Any, lanes: Lanes, columns: Columns, m: int) -> None:
    """Scale, add the skip, and, for backgrounds, the bias: a change has none."""
    start, row_bytes = m * columns.stride, call.features * data.like.itemsize
    if call.scale:
        multiply_by(columns.width, sums, start, array_at(call.scale, data.like), columns.first)
    if call.skip_at:
        position = array_at(call.skip_at, data.background_of)[lanes.position[m]]
        if position >= 0:
            skip = array_at(slab_address(call.skip, call.skip_rows, slab, row_bytes), data.like)
            begin = (position * call.skip_rows + lanes.row[m]) * call.features + columns.first
            add(columns.width, sums, start, skip, begin)
    if data.is_base and call.bias:
        add(columns.width, sums, start, array_at(call.bias, data.like), columns.first)


@inlined
def _pool(
    call: Any, data: RowData, buffers: Buffers, lanes: Lanes, columns: Columns, m: int, base_start: int, single: bool
) -> None:  # fmt: skip
    """Rectify one position and take it into its output's pool; ``base_start`` is -1 where there is no base."""
    width, start, base = columns.width, m * columns.stride, array_at(call.base, data.like)
    slope, factor = data.like.dtype.type(call.slope), array_at(call.factor, data.like)[lanes.output[m]]
    if call.is_max:
        # The change of a maximum is a difference of two maxima, which is taken once both are complete.
        if base_start >= 0:
            add(width, buffers.sums, start, base, base_start)
            max_rectified(width, buffers.pooled_base, start, base, base_start, slope)
        max_rectified(width, buffers.pooled, start, buffers.sums, start, slope)
    elif single and base_start >= 0:
        # In place: ``sums`` are the output, and ``pooled`` is not used.
        rectify_change(width, buffers.sums, start, base, base_start, slope, factor)
    elif single:
        rectify(width, buffers.sums, start, slope, factor)
    elif base_start >= 0:
        add_rectified_change(width, buffers.pooled, start, base, base_start, buffers.sums, start, slope, factor)
    else:
        add_rectified(width, buffers.pooled, start, buffers.sums, start, slope, factor)


@inlined
def _to_change(buffers: Buffers, columns: Columns, m: int, lowest: Any, is_change: bool) -> None:
    """From a lane's maximum to its change. An output that pools nothing is changed by its late skip alone."""
    start = m * columns.stride
    # All features of a lane pool the same positions, so that the first shows whether there was any.
    if buffers.pooled[start] == lowest:
        buffers.pooled[start : start + columns.width] = 0
    elif is_change:
        subtract(columns.width, buffers.pooled, start, buffers.pooled_base, start)


@inlined
def _write(call: Any, slab: Slab, data: RowData, pooled: Any, lanes: Lanes, columns: Columns, m: int) -> None:
    """Add the late skip of a lane, and write the lane to memory."""
    start, row_bytes = m * columns.stride, call.features * data.like.itemsize
    output, row = lanes.output[m], lanes.row[m]
    if call.late_skip_at:
        position = array_at(call.late_skip_at, data.background_of)[output]
        if position >= 0:
            late_skip = array_at(slab_address(call.late_skip, call.late_skip_rows, slab, row_bytes), data.like)
            begin = (position * call.late_skip_rows + row) * call.features + columns.first
            add(columns.width, pooled, start, late_skip, begin)
    out = array_at(slab_address(call.out, call.out_rows, slab, row_bytes), data.like)
    copy(columns.width, out, (output * call.out_rows + row) * call.features + columns.first, pooled, start)
