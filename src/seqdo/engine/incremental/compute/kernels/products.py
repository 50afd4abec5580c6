"""The sums of a tile: over all taps, of what each lane reads. One function for each form of a layer's weights."""

from __future__ import annotations

from typing import Any

from seqdo.engine.incremental.compute.kernels.formulas import add, copy
from seqdo.engine.incremental.compute.kernels.layer_call import (
    FEW_FEATURES,
    Buffers,
    Columns,
    Lanes,
    RowData,
    Slab,
    array_at,
    inlined,
    slab_address,
)
from seqdo.engine.incremental.compute.kernels.tile import dots, multiply
from seqdo.engine.incremental.compute.kernels.vectors import LANES, VECTOR_BYTES

SUM_LENGTH = 128
"""Products that are summed in one go. A longer sum is one of shorter ones, which rounds less."""


@inlined
def add_window(
    call: Any, slab: Slab, data: RowData, buffers: Buffers, lanes: Lanes, columns: Columns
) -> None:  # fmt: skip
    """Add to ``buffers.sums`` what each lane's position reads through all taps."""
    if call.reads_letters:
        _add_letters(call, slab, data, buffers, lanes)
    elif call.weights == 0:
        _add_unweighted(call, slab, data, buffers, lanes)
    elif call.features < FEW_FEATURES:
        _add_few_features(call, slab, data, buffers, lanes)
    else:
        _add_products(call, slab, data, buffers, lanes, columns)


@inlined
def _add_letters(call: Any, slab: Slab, data: RowData, buffers: Buffers, lanes: Lanes) -> None:
    """Add the table's terms of each letter, or change of a letter, that is read through some tap."""
    features, table = call.features, array_at(call.source, data.like)
    tap_sources = array_at(call.tap_sources, data.background_of)
    tap_numbers = array_at(call.tap_numbers, data.background_of)
    for m in range(LANES):
        if lanes.position[m] < 0:
            continue
        for i in range(lanes.position[m] * call.used_taps, (lanes.position[m] + 1) * call.used_taps):
            # Sources that are there come first, so that a wide window with one changed letter ends after one.
            if tap_sources[i] < 0:
                break
            # Letters are those of all rows, not of a slab alone: no slab writes to them.
            entry = data.letter_index[tap_sources[i] * slab.total + slab.first + lanes.row[m]]
            if entry >= 0:
                add(features, buffers.sums, m * features, table, (entry * call.taps + tap_numbers[i]) * features)


@inlined
def _add_unweighted(call: Any, slab: Slab, data: RowData, buffers: Buffers, lanes: Lanes) -> None:
    """Add the source's features as they are (a pool, a sum or a crop without weights)."""
    features = call.features
    source = array_at(slab_address(call.source, call.source_rows, slab, features * data.like.itemsize), data.like)
    tap_sources = array_at(call.tap_sources, data.background_of)
    for m in range(LANES):
        if lanes.position[m] < 0:
            continue
        for tap in range(call.first_tap, call.first_tap + call.used_taps):
            position = tap_sources[tap * call.unpooled + lanes.position[m]]
            if position >= 0:
                begin = (position * call.source_rows + lanes.row[m]) * features
                add(features, buffers.sums, m * features, source, begin)


@inlined
def _add_products(
    call: Any, slab: Slab, data: RowData, buffers: Buffers, lanes: Lanes, columns: Columns
) -> None:  # fmt: skip
    """Add products with one block of the weights."""
    depth = call.in_features
    source = array_at(slab_address(call.source, call.source_rows, slab, depth * data.like.itemsize), data.like)
    weights, tap_sources = array_at(call.weights, data.like), array_at(call.tap_sources, data.background_of)
    for tap in range(call.first_tap, call.first_tap + call.used_taps):
        missing = _locate(call, tap_sources, tap, lanes)
        if missing == LANES:
            continue  # often at the edges of what an edit reaches
        # Lanes that read nothing would read any memory, since a product is made for all lanes at once.
        read = _gathered(buffers.gathered, source, lanes, depth) if missing else source
        begin = (columns.block * call.taps + tap) * depth * columns.stride
        for start in range(0, depth, SUM_LENGTH):
            length = min(SUM_LENGTH, depth - start)
            multiply(buffers.sums, read, lanes.offset, start, weights, begin + start * columns.stride, length)


@inlined
def _add_few_features(call: Any, slab: Slab, data: RowData, buffers: Buffers, lanes: Lanes) -> None:
    """Add products with the weights of a few features, one feature after another."""
    depth, count = call.in_features, VECTOR_BYTES // data.like.itemsize
    source = array_at(slab_address(call.source, call.source_rows, slab, depth * data.like.itemsize), data.like)
    weights, tap_sources = array_at(call.weights, data.like), array_at(call.tap_sources, data.background_of)
    # Each feature reads the source again. For so few that costs less than a tile whose columns are mostly empty.
    for feature in range(call.features):
        buffers.partial[: LANES * count] = 0
        for tap in range(call.first_tap, call.first_tap + call.used_taps):
            missing = _locate(call, tap_sources, tap, lanes)
            if missing == LANES:
                continue
            read = _gathered(buffers.gathered, source, lanes, depth) if missing else source
            dots(buffers.partial, read, lanes.offset, weights, (feature * call.taps + tap) * depth, depth)
        # Always in this order: a row's sum must not depend on the rows that are computed with it.
        for m in range(LANES):
            for k in range(count):
                buffers.sums[m * call.features + feature] += buffers.partial[m * count + k]


@inlined
def _locate(call: Any, tap_sources: Any, tap: int, lanes: Lanes) -> int:
    """Find where each lane reads through a tap, and count the lanes that read nothing."""
    missing = 0
    for m in range(LANES):
        position = tap_sources[tap * call.unpooled + lanes.position[m]] if lanes.position[m] >= 0 else -1
        offset = (position * call.source_rows + lanes.row[m]) * call.in_features
        lanes.offset[m] = offset if position >= 0 else -1
        missing += position < 0
    return missing


@inlined
def _gathered(gathered: Any, source: Any, lanes: Lanes, depth: int) -> Any:
    """Copy what each lane reads, with zeros for lanes that read nothing, and point the lanes to the copies."""
    for m in range(LANES):
        if lanes.offset[m] >= 0:
            copy(depth, gathered, m * depth, source, lanes.offset[m])
        else:
            gathered[m * depth : (m + 1) * depth] = 0
        lanes.offset[m] = m * depth
    return gathered
