"""Layers in one compiled call: products, scale, skip, rectifier, pool and what is added, tile by tile.

A few rows go through all layers before the next ones do, so that what passes between layers stays in the cache. A tile
is a few (position, row) pairs, its lanes, times a few features; what happens to it happens in registers or close by.
The readable twin on whole tensors is in ``twin.py``; they agree (``tests/engine/incremental/test_kernels.py``).

Arrays of values are [position, row, feature], flat, and the call is told where in memory they begin.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numba.np.arrayobj import populate_array

from seqdo.engine.incremental.compute.tile import dots, multiply
from seqdo.engine.incremental.compute.vectors import COLUMNS, LANES, VECTOR, Vector, along, fetch, instruction

FEW = 8
"""Features below which each is a product of its own, instead of a tile of which most columns would be empty."""

NO_SLOPE = 1.0
"""Slope of a rectifier that does nothing."""

NEAR = 2**16
"""Weights that pass through the second cache for each tile, and are not gone through block by block."""

RUN = 128
"""Products that are summed in one go: a longer sum is one of shorter ones, which rounds less."""

FAR = 2**40
"""Size of an array of which only the beginning is known."""

COLUMNS_4, COLUMNS_8 = COLUMNS[4], COLUMNS[8]

# The cache on disk sees changes of this file alone: whoever changes tile.py or vectors.py has to touch it.
options: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy", "boundscheck": False}
jit: Any = njit
compiled = jit(**options)
bare = jit(**options, forceinline=True, _nrt=False)
"""For what is done tile by tile: it took 46 instead of 21 ns for 32 numbers of a row while functions were called."""

CALL = np.dtype(
    [(name, np.int64) for name in (
        "source", "source_rows", "keyed", "weights", "depth", "first", "used", "taps", "through", "before", "width",
        "scale", "bias", "skip", "skip_rows", "skip_at", "kept", "kept_at", "kept_positions", "moved",
        "members", "reads", "share", "largest", "up_to", "up_to_at", "onwards", "onwards_at", "ran",
        "after", "after_rows", "after_at", "out", "out_rows", "outputs", "features",
    )] + [("slope", np.float64)]
)  # fmt: skip
"""What a layer is handed; where it begins in memory, 0 for what there is not, and how much there is of it.

source : (positions, rows, depth), or, if ``keyed``, a table (entries, width, features) of what each letter brings
    through each tap, where the entry of row r at position s is ``key[s, r]``, -1 for nothing
source_rows, skip_rows, after_rows, out_rows : rows of these arrays: as many as are gone through at a time, or all
weights : (blocks of features, taps, depth, columns), or (features, taps, depth) for a few features
first, used : the taps through which anything comes
taps : (width, before), source positions of each of so many positions before the pool, -1 for none; if ``keyed``
    (before, used), those that there are first, and ``through`` which tap
scale, bias : (features,)
skip, skip_at : what is added before the rectifier, and where in it for each position before the pool, -1 for none
kept, kept_at : what comes before the rectifier, of all backgrounds, and where in it for each position before the pool:
    (backgrounds, kept_positions, features); written for backgrounds, read for changes
moved : the same with the changes, to be written
members, reads : (outputs, reads), positions before the pool that each output pools, -1 for none
share : of each output, of what it pools; ``largest`` if it is the largest that counts
up_to, onwards : running maxima of what is kept, (backgrounds, ran, features), and where in them each output finds the
    largest of what it pools beside its members (up_to_at, onwards_at), -1 for nowhere
after, after_at : what is added behind the pool, and where in it for each output
slope : of the rectifier
"""


def _rectified(values: Vector, slope: Vector) -> Vector:
    return values.largest(slope * values)


times = along(lambda mine, other: mine * other, 1)
plus = along(lambda mine, other: mine + other, 1)
minus = along(lambda mine, other: mine - other, 1)
copied = along(lambda mine, other: other, 1)
larger = along(lambda mine, other: mine.largest(other), 1)
raised = along(lambda best, new, slope: best.largest(_rectified(new, slope)), 1, 1)
shared = along(lambda total, new, slope, share: total + share * _rectified(new, slope), 1, 2)
shared_change = along(
    lambda total, old, more, slope, share: total + share * (_rectified(old + more, slope) - _rectified(old, slope)),
    2, 2,
)  # fmt: skip
alone = along(lambda mine, slope, share: share * _rectified(mine, slope), 0, 2)
alone_change = along(
    lambda more, old, slope, share: share * (_rectified(old + more, slope) - _rectified(old, slope)), 1, 2
)


@compiled
def stretch(calls: Any, key: Any, row_of: Any, rows: int, block: int, fresh: bool, like: Any) -> None:
    """Go through layers, for values (``fresh``) or changes of them, with ``block`` rows at a time.

    Parameters
    ----------
    calls : (layers,) of ``CALL``
    key : (positions of letters, rows), entry in the table of letters; -1 is none
    row_of : for each row which background it is a change of
    like : an array of the dtype of the values
    """
    wide = VECTOR // like.itemsize
    for i in range(len(calls)):
        wide = max(wide, calls[i].depth, calls[i].features, COLUMNS_4)
    numbers, places = np.zeros((5, LANES * wide), like.dtype), np.zeros((4, LANES), np.int64)
    near = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    lanes = places[0], places[1], places[2], places[3]
    for first in range(0, rows, block):
        some = min(block, rows - first)
        for i in range(len(calls)):
            _layer(calls[i], first, some, rows, block, key, row_of, fresh, like, near, lanes)


@bare
def _layer(
    call: Any, begun: int, rows: int, all_rows: int, block: int, key: Any, row_of: Any, fresh: bool, like: Any,
    near: Any, lanes: Any,
) -> None:  # fmt: skip
    """One layer for some rows: one tile after another."""
    (sums, best, was, aside, partial), (place, output, row, at) = near, lanes
    features, largest, single = call.features, call.largest > 0, call.reads == 1 and call.largest == 0
    size, weighted, keeps = like.itemsize, call.weights != 0, call.kept != 0
    kept, kept_at = _array(call.kept, like), _array(call.kept_at, row_of)
    members, moved = _array(call.members, row_of), _array(call.moved, like)
    columns = (COLUMNS_4 if size == 4 else COLUMNS_8) if weighted and features >= FEW else features
    start = like.dtype.type(-np.inf) if largest else like.dtype.type(0)
    pairs = call.outputs * rows
    blocks, tiles = (features + columns - 1) // columns, (pairs + LANES - 1) // LANES
    # What is smaller stays in the cache: a tile's source while all weights pass by, or a block of the weights.
    near_weights = features * call.width * call.depth <= NEAR
    for turn in range(blocks * tiles):
        tile, part = (turn // blocks, turn % blocks) if near_weights else (turn % tiles, turn // tiles)
        begin = part * columns
        width, used = min(columns, features - begin), min(LANES, pairs - tile * LANES)
        _pairs(output, row, tile * LANES, rows, used)
        sums[: LANES * columns] = 0
        if not single:
            best[: LANES * columns] = start
            was[: LANES * columns] = start
        for m in range(used if call.up_to and not fresh else 0):
            _beside(width, best, was, m * columns, call, row_of[begun + row[m]], begin, output[m], row_of, like)
        for read in range(call.reads):
            if not _placed(place, members, call.reads, output, read, used):
                continue
            if not single:
                sums[: LANES * columns] = 0
            if keeps and not fresh:
                _fetched(width, call, kept, kept_at, place, row, row_of, begun, begin, used)
            if call.keyed:
                _letters(sums, call, begun, all_rows, key, row_of, place, row, like)
            elif not weighted:
                _terms(sums, call, begun, block, row_of, place, row, like)
            elif features < FEW:
                _few(sums, partial, call, begun, block, row_of, place, row, at, aside, like)
            else:
                _products(sums, columns, part, call, begun, block, row_of, place, row, at, aside, like)
            for m in range(used):
                p, j = place[m], m * columns
                if p < 0:
                    continue
                _linear(width, sums, j, call, p, row[m], begun, block, begin, fresh, row_of, like)
                background = begun + row[m] if fresh else row_of[begun + row[m]]
                i = (background * call.kept_positions + kept_at[p]) * features + begin if keeps else -1
                if fresh and keeps:
                    copied(width, kept, i, sums, j)
                if call.moved:
                    copied(width, moved, i, kept, i)
                    plus(width, moved, i, sums, j)
                _pooled(width, sums, best, was, j, call, kept, -1 if fresh else i, output[m], single, like)
        for m in range(used):
            if largest:
                _risen(width, best, was, m * columns, start, keeps and not fresh)
            _written(
                width, sums if single else best, m * columns, call, output[m], row[m], begun, block, begin, row_of, like
            )


@bare
def _beside(
    width: int, best: Any, was: Any, j: int, call: Any, background: int, begin: int, output: int, row_of: Any, like: Any
) -> None:  # fmt: skip
    """Begin with the largest of what an output pools beside its members, with the change and without."""
    for ran, at in ((call.up_to, call.up_to_at), (call.onwards, call.onwards_at)):
        place = _array(at, row_of)[output]
        if place >= 0:
            i = (background * call.ran + place) * call.features + begin
            larger(width, best, j, _array(ran, like), i)
            larger(width, was, j, _array(ran, like), i)


@bare
def _fetched(
    width: int, call: Any, kept: Any, kept_at: Any, place: Any, row: Any, row_of: Any, begun: int, begin: int, used: int
) -> None:  # fmt: skip
    """Have what is kept brought near while the products are made."""
    for m in range(used):
        if place[m] >= 0:
            i = row_of[begun + row[m]] * call.kept_positions + kept_at[place[m]]
            fetch(width, kept, i * call.features + begin)


@bare
def _linear(
    width: int, sums: Any, j: int, call: Any, place: int, row: int, begun: int, block: int, begin: int, fresh: bool,
    row_of: Any, like: Any,
) -> None:  # fmt: skip
    """Scale, what is added before the rectifier, and, for values, bias."""
    if call.scale:
        times(width, sums, j, _array(call.scale, like), begin)
    if call.skip_at:
        at = _array(call.skip_at, row_of)[place]
        if at >= 0:
            address = _from(call.skip, call.skip_rows, begun, block, call.features * like.itemsize)
            plus(width, sums, j, _array(address, like), (at * call.skip_rows + row) * call.features + begin)
    if fresh and call.bias:
        plus(width, sums, j, _array(call.bias, like), begin)


@bare
def _pooled(
    width: int, sums: Any, best: Any, was: Any, j: int, call: Any, kept: Any, i: int, output: int, single: bool,
    like: Any,
) -> None:  # fmt: skip
    """Take one position, rectified, into what its output pools: with the change and, from ``kept[i:]``, without."""
    slope, share = like.dtype.type(call.slope), _array(call.share, like)[output]
    if call.largest:
        if i >= 0:
            plus(width, sums, j, kept, i)
            raised(width, was, j, kept, i, slope)
        raised(width, best, j, sums, j, slope)
    elif single and i >= 0:
        alone_change(width, sums, j, kept, i, slope, share)
    elif single:
        alone(width, sums, j, slope, share)
    elif i >= 0:
        shared_change(width, best, j, kept, i, sums, j, slope, share)
    else:
        shared(width, best, j, sums, j, slope, share)


@bare
def _written(
    width: int, found: Any, j: int, call: Any, output: int, row: int, begun: int, block: int, begin: int, row_of: Any,
    like: Any,
) -> None:  # fmt: skip
    """To memory, with what is added behind the pool."""
    size = call.features * like.itemsize
    if call.after_at:
        at = _array(call.after_at, row_of)[output]
        if at >= 0:
            after = _array(_from(call.after, call.after_rows, begun, block, size), like)
            plus(width, found, j, after, (at * call.after_rows + row) * call.features + begin)
    out = _array(_from(call.out, call.out_rows, begun, block, size), like)
    copied(width, out, (output * call.out_rows + row) * call.features + begin, found, j)


@instruction
def _array(typing: Any, address: Any, like: Any) -> Any:
    """The array, of the type of another, that begins at a place in memory."""
    del typing

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        array = context.make_array(signature.return_type)(context, builder)
        size, step = (context.get_constant(types.intp, n) for n in (FAR, like.dtype.bitwidth // 8))
        data = builder.inttoptr(given[0], array.data.type)
        populate_array(array, data=data, shape=[size], strides=[step], itemsize=step, meminfo=None)
        return array._getvalue()

    return like(types.int64, like), code


@bare
def _from(address: int, all_rows: int, begun: int, block: int, size: int) -> int:
    """Where the rows of this turn begin: in an array of a block's rows at its beginning."""
    return address if all_rows == block else address + begun * size


@bare
def _pairs(output: Any, row: Any, first: int, rows: int, lanes: int) -> None:
    """The output position and the row of each lane."""
    o, r = first // rows, first % rows
    for m in range(lanes):
        output[m], row[m] = o, r
        r += 1
        if r == rows:
            o, r = o + 1, 0


@bare
def _placed(place: Any, members: Any, reads: int, output: Any, read: int, used: int) -> bool:
    """Find the position before the pool that each lane reads, -1 for none; is there any?"""
    some = False
    for m in range(LANES):
        place[m] = members[output[m] * reads + read] if m < used else -1
        some = some or place[m] >= 0
    return some


@bare
def _letters(
    sums: Any, call: Any, begun: int, all_rows: int, key: Any, row_of: Any, place: Any, row: Any, like: Any
) -> None:  # fmt: skip
    """Add up what a table has for each letter, or change of a letter, that is read through some tap."""
    features, table = call.features, _array(call.source, like)
    sources, taps = _array(call.taps, row_of), _array(call.through, row_of)
    for m in range(LANES):
        if place[m] < 0:
            continue
        for i in range(place[m] * call.used, (place[m] + 1) * call.used):
            if sources[i] < 0:
                break
            entry = key[sources[i] * all_rows + begun + row[m]]
            if entry >= 0:
                plus(features, sums, m * features, table, (entry * call.width + taps[i]) * features)


@bare
def _terms(
    sums: Any, call: Any, begun: int, block: int, row_of: Any, place: Any, row: Any, like: Any
) -> None:  # fmt: skip
    """Add up what each lane reads through each tap as it is."""
    features = call.features
    terms = _array(_from(call.source, call.source_rows, begun, block, features * like.itemsize), like)
    taps = _array(call.taps, row_of)
    for m in range(LANES):
        if place[m] < 0:
            continue
        for tap in range(call.first, call.first + call.used):
            source = taps[tap * call.before + place[m]]
            if source >= 0:
                plus(features, sums, m * features, terms, (source * call.source_rows + row[m]) * features)


@bare
def _products(
    sums: Any, columns: int, part: int, call: Any, begun: int, block: int, row_of: Any, place: Any, row: Any, at: Any,
    aside: Any, like: Any,
) -> None:  # fmt: skip
    """Add the products of what each lane reads through each tap."""
    depth = call.depth
    terms = _array(_from(call.source, call.source_rows, begun, block, depth * like.itemsize), like)
    weights, taps = _array(call.weights, like), _array(call.taps, row_of)
    for tap in range(call.first, call.first + call.used):
        missing = _read(at, taps, call.before, tap, place, row, call.source_rows, depth)
        if missing == LANES:
            continue
        source = _aside(aside, terms, at, depth) if missing else terms
        begin = (part * call.width + tap) * depth * columns
        for start in range(0, depth, RUN):
            multiply(sums, source, at, start, weights, begin + start * columns, min(RUN, depth - start))


@bare
def _few(
    sums: Any, partial: Any, call: Any, begun: int, block: int, row_of: Any, place: Any, row: Any, at: Any, aside: Any,
    like: Any,
) -> None:  # fmt: skip
    """The same for a few features, one after another."""
    depth, count = call.depth, VECTOR // like.itemsize
    terms = _array(_from(call.source, call.source_rows, begun, block, depth * like.itemsize), like)
    weights, taps = _array(call.weights, like), _array(call.taps, row_of)
    for c in range(call.features):
        partial[: LANES * count] = 0
        for tap in range(call.first, call.first + call.used):
            missing = _read(at, taps, call.before, tap, place, row, call.source_rows, depth)
            if missing == LANES:
                continue
            source = _aside(aside, terms, at, depth) if missing else terms
            dots(partial, source, at, weights, (c * call.width + tap) * depth, depth)
        for m in range(LANES):
            for k in range(count):
                sums[m * call.features + c] += partial[m * count + k]


@bare
def _read(at: Any, taps: Any, before: int, tap: int, place: Any, row: Any, rows: int, depth: int) -> int:
    """Find where each lane reads through a tap, -1 for nowhere, and how many read nothing."""
    missing = 0
    for m in range(LANES):
        source = taps[tap * before + place[m]] if place[m] >= 0 else -1
        at[m] = (source * rows + row[m]) * depth if source >= 0 else -1
        missing += source < 0
    return missing


@bare
def _aside(aside: Any, source: Any, at: Any, depth: int) -> Any:
    """What is read copied aside, with zeros for the lanes that read nothing."""
    for m in range(LANES):
        if at[m] >= 0:
            copied(depth, aside, m * depth, source, at[m])
        else:
            aside[m * depth : (m + 1) * depth] = 0
        at[m] = m * depth
    return aside


@bare
def _risen(width: int, best: Any, was: Any, j: int, start: Any, before: bool) -> None:
    """By how much the largest has changed; an output that pools nothing has changed behind the pool alone."""
    if best[j] == start:
        best[j : j + width] = 0
    elif before:
        minus(width, best, j, was, j)
