"""One pass over a layer, compiled: what its taps bring, the rectifier, the pool and what is added, tile by tile.

A tile is a few (position, row) pairs times a few features; all that happens to it happens while it is near. The
readable twin on whole tensors is in ``twin.py``; they agree (``tests/engine/test_kernels.py``). Arrays of values are
[position, row, feature], handed over flat. What indexes them is unsigned: a signed index might count from the end,
and a loop that has to look for that is not turned into vector instructions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, uint64

from seqdo.engine.incremental.tile import COLUMNS, ROWS, multiply

FEW = 8
"""Features below which a product is a scalar one for each, instead of a tile of which most columns would be empty."""

NO_SLOPE = 1.0
"""Slope of a rectifier that does nothing."""

NEAR = 2**16
"""Weights that pass through the second cache for each tile, and are not gone through block by block."""

COLUMNS_4, COLUMNS_8 = COLUMNS[4], COLUMNS[8]

compiled: Any = njit(nogil=True, cache=True, error_model="numpy", boundscheck=False)


@compiled
def layer(
    terms: Any, key: Any, weights: Any, depth: int, first: int, used: int, taps: Any, scale: Any, bias: Any,
    skip: Any, skip_at: Any, base: Any, base_at: Any, row_of: Any, backgrounds: int, keep: Any, slope: Any,
    members: Any, share: Any, largest: bool, after: Any, after_at: Any, fresh: bool, out: Any, rows: int, features: int,
) -> None:  # fmt: skip
    """Fill ``out`` (positions, rows, features) with a layer's values (``fresh``) or with their changes.

    Parameters
    ----------
    terms : (entries, used, features) to be added up, or with weights the source (entries, depth)
        The entry of row r at source position s is ``key[s, r]``, or ``s rows + r`` if there are no keys; -1 is zero.
    weights : (blocks of features, taps, depth, columns), or (taps, features, depth) for a few features
    first, used : the taps through which anything comes
    taps : (before, taps), source positions of each position before the pool, -1 for none
    base, base_at, row_of : what was there before of all ``backgrounds``, where in it, and for each row which of them
    keep : where to write what comes before the rectifier
    members : (positions, reads), what each output pools, -1 for none
    slope, share : in the dtype of the values, or loops would be widened to float64
    """
    positions = members.shape[0]
    few = weights.shape[0] > 0 and features < FEW
    tiled = weights.shape[0] > 0 and not few
    columns = (COLUMNS_4 if out.itemsize == 4 else COLUMNS_8) if tiled else features
    sums = np.empty((ROWS, columns), out.dtype)
    best = np.empty((ROWS, columns), out.dtype)
    was = np.empty((ROWS, columns), out.dtype)
    lane = np.zeros(ROWS * depth if tiled else 1, out.dtype)
    at, place, output, row = (np.zeros(ROWS, np.int64), np.zeros(ROWS, np.int64), np.zeros(ROWS, np.int64),
                              np.zeros(ROWS, np.int64))  # fmt: skip
    zero = out.dtype.type(0)
    start = out.dtype.type(-np.inf) if largest else zero
    blocks, tiles = (features + columns - 1) // columns, (positions * rows + ROWS - 1) // ROWS
    for turn in range(blocks * tiles):
        # What is smaller stays in the cache: a tile's source while all weights pass by, or a block of the weights.
        q, block = (turn // blocks, turn % blocks) if weights.shape[0] <= NEAR else (turn % tiles, turn // tiles)
        q *= ROWS
        begin = block * columns
        width = uint64(min(columns, features - begin))
        lanes = min(ROWS, positions * rows - q)
        o, r = q // rows, q % rows
        for m in range(lanes):
            output[m], row[m] = o, r
            r += 1
            if r == rows:
                o, r = o + 1, 0
            for c in range(width):
                best[m, c] = start
                was[m, c] = start
        for member in range(members.shape[1]):
            some = False
            for m in range(ROWS):
                place[m] = members[output[m], member] if m < lanes else -1
                some = some or place[m] >= 0
            if not some:
                continue
            for m in range(ROWS if tiled else lanes):
                for c in range(uint64(columns)):
                    sums[m, c] = zero
            if tiled:
                _products(sums, terms, weights, block, depth, first, used, taps, place, row, rows, at, lane)
            elif few:
                _scalar_products(sums, terms, weights, depth, first, used, taps, place, row, rows, features, lanes)
            else:
                _terms(sums, terms, key, first, used, taps, place, row, rows, features, lanes)
            for m in range(lanes):
                p = place[m]
                if p < 0:
                    continue
                if scale.shape[0]:
                    i = uint64(begin)
                    for c in range(width):
                        sums[m, c] *= scale[i + c]
                if skip_at.shape[0] and skip_at[p] >= 0:
                    i = uint64((skip_at[p] * rows + row[m]) * features + begin)
                    for c in range(width):
                        sums[m, c] += skip[i + c]
                if fresh and bias.shape[0]:
                    i = uint64(begin)
                    for c in range(width):
                        sums[m, c] += bias[i + c]
                if fresh and keep.shape[0]:
                    i = uint64((p * rows + row[m]) * features + begin)
                    for c in range(width):
                        keep[i + c] = sums[m, c]
                if base.shape[0]:
                    i = uint64((base_at[p] * backgrounds + row_of[row[m]]) * features + begin)
                    _changed(sums, best, was, m, base, i, width, slope, largest, share[output[m]])
                else:
                    _rectified(sums, best, was, m, width, slope, largest, share[output[m]])
        for m in range(lanes):
            if largest:
                for c in range(width):
                    # An output that pools nothing has changed behind the pool alone.
                    best[m, c] = zero if best[m, c] == start else best[m, c] - was[m, c]
            i = uint64((output[m] * rows + row[m]) * features + begin)
            if after_at.shape[0] and after_at[output[m]] >= 0:
                j = uint64((after_at[output[m]] * rows + row[m]) * features + begin)
                for c in range(width):
                    out[i + c] = best[m, c] + after[j + c]
            else:
                for c in range(width):
                    out[i + c] = best[m, c]


@compiled
def _changed(
    sums: Any, best: Any, was: Any, m: int, base: Any, i: Any, width: Any, slope: Any, largest: bool, share: Any
) -> None:  # fmt: skip
    """Take one position, rectified, into what its output pools: with the change, and without."""
    if largest:
        for c in range(width):
            old = base[i + c]
            new = old + sums[m, c]
            best[m, c] = max(best[m, c], max(new, slope * new))
            was[m, c] = max(was[m, c], max(old, slope * old))
    else:
        for c in range(width):
            old = base[i + c]
            new = old + sums[m, c]
            best[m, c] += share * (max(new, slope * new) - max(old, slope * old))


@compiled
def _rectified(
    sums: Any, best: Any, was: Any, m: int, width: Any, slope: Any, largest: bool, share: Any
) -> None:  # fmt: skip
    """The same where nothing was before."""
    zero = sums.dtype.type(0)
    if largest:
        for c in range(width):
            new = sums[m, c]
            best[m, c] = max(best[m, c], max(new, slope * new))
            was[m, c] = zero
    else:
        for c in range(width):
            new = sums[m, c]
            best[m, c] += share * max(new, slope * new)


@compiled
def _terms(
    sums: Any, terms: Any, key: Any, first: int, used: int, taps: Any, place: Any, row: Any, rows: int, features: int,
    lanes: int,
) -> None:  # fmt: skip
    """Add up what is there already for each source position and tap."""
    for m in range(lanes):
        if place[m] < 0:
            continue
        for tap in range(first, first + used):
            source = taps[place[m], tap]
            if source < 0:
                continue
            entry = key[source, row[m]] if key.shape[0] else source * rows + row[m]
            if entry >= 0:
                i = uint64((entry * used + tap - first) * features)
                for c in range(uint64(features)):
                    sums[m, c] += terms[i + c]


@compiled
def _products(
    sums: Any, source: Any, weights: Any, block: int, depth: int, first: int, used: int, taps: Any, place: Any,
    row: Any, rows: int, at: Any, lane: Any,
) -> None:  # fmt: skip
    """Add the products of what each lane of a tile reads through each tap."""
    for tap in range(first, first + used):
        missing = 0
        for m in range(ROWS):
            from_ = taps[place[m], tap] if place[m] >= 0 else -1
            at[m] = (from_ * rows + row[m]) * depth if from_ >= 0 else -1
            missing += from_ < 0
        if missing == ROWS:
            continue
        begin = (block * taps.shape[1] + tap) * depth * sums.shape[1]
        if not missing:
            multiply(sums, source, at, weights, begin, depth)
            continue
        # At an edge: what is there is copied beside zeros.
        for m in range(ROWS):
            i = uint64(m * depth)
            if at[m] >= 0:
                j = uint64(at[m])
                for k in range(uint64(depth)):
                    lane[i + k] = source[j + k]
            else:
                for k in range(uint64(depth)):
                    lane[i + k] = 0
            at[m] = m * depth
        multiply(sums, lane, at, weights, begin, depth)


@compiled
def _scalar_products(
    sums: Any, source: Any, weights: Any, depth: int, first: int, used: int, taps: Any, place: Any, row: Any,
    rows: int, features: int, lanes: int,
) -> None:  # fmt: skip
    """The same for a few features, one after another."""
    for m in range(lanes):
        if place[m] < 0:
            continue
        for tap in range(first, first + used):
            from_ = taps[place[m], tap]
            if from_ < 0:
                continue
            i = uint64((from_ * rows + row[m]) * depth)
            for c in range(features):
                sums[m, c] += _dot(source, i, weights, uint64((tap * features + c) * depth), uint64(depth))


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _dot(a: Any, i: Any, b: Any, j: Any, depth: Any) -> Any:
    total = a.dtype.type(0)
    for k in range(depth):
        total += a[i + k] * b[j + k]
    return total
