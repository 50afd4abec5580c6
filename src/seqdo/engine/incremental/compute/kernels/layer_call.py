"""What compiled code receives of a layer: a record of numbers and addresses, and which rows and sums to compute.

A compiled call covers many layers of different shapes. A record of fixed type describes each of them, so that the
compiler sees one type whatever the network.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.np.arrayobj import populate_array

from seqdo.engine.incremental.compute.kernels.vectors import instruction

FEW_FEATURES = 8
"""Features below which each is a dot product of its own. A tile of so few would have mostly empty columns."""

UNBOUNDED = 2**40
"""The size of an array that is known by its address alone; no index is checked against it."""

jit: Any = njit
OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy", "boundscheck": False}
compiled = jit(**OPTIONS)
inlined = jit(**OPTIONS, forceinline=True, _nrt=False)
"""For functions that are called for each tile.

32 numbers of a row took 46 ns in place of 21 ns while functions were called, and not inlined. No reference counting
(``_nrt``): its bookkeeping of arrays would stay in the loops.
"""

CALL = np.dtype(
    [(name, np.int64) for name in (
        "source", "source_rows", "reads_letters", "weights", "in_features", "first_tap", "used_taps", "tap_sources",
        "tap_numbers", "unpooled", "taps", "scale", "bias", "skip", "skip_rows", "skip_at", "base", "base_at",
        "base_positions", "rebased", "pool_inputs", "pool_width", "factor", "is_max", "prefix_maxima", "prefix_at",
        "suffix_maxima", "suffix_at", "running_positions", "late_skip", "late_skip_rows", "late_skip_at", "out",
        "out_rows", "outputs", "features",
    )] + [("slope", np.float64)]
)  # fmt: skip
"""A layer: addresses of arrays (0 for an array that is not there), and numbers.

Arrays of values are flat, [position, row, feature]. -1 stands for none in every table.

source : (positions, rows, in_features); if ``reads_letters``, a table (entries, taps, features) of the term of each
    letter through each tap, where ``letter_index[s, r]`` is the entry of row r at position s
source_rows, skip_rows, late_skip_rows, out_rows : rows in these arrays: those of a slab, or all
weights : (blocks of features, taps, in_features, columns), or (features, taps, in_features) for a few features
first_tap, used_taps : the taps that read anything
tap_sources : (taps, unpooled), the source position that each tap reads; if ``reads_letters``, (unpooled, used_taps),
    with those that are there first and ``tap_numbers`` saying which tap each is
unpooled : number of positions before the pool
scale, bias : (features,)
skip, skip_at : what is added before the rectifier, and for each unpooled position the position to add
base, base_at : values before the rectifier of all backgrounds, (backgrounds, base_positions, features), and for each
    unpooled position its index there; written for backgrounds, read for changes
rebased : an array like ``base``, which takes the values with the changes
pool_inputs : (outputs, pool_width), the unpooled positions that each output pools
factor : (outputs,), multiplies the sum of each output; a maximum has none (``is_max``)
prefix_maxima, suffix_maxima : running maxima of the backgrounds, (backgrounds, running_positions, features)
prefix_at, suffix_at : for each output where it finds, among these, the maxima on either side of its ``pool_inputs``
late_skip, late_skip_at : what is added after the pool, and for each output the position to add
slope : of the rectifier
"""


class Slab(NamedTuple):
    """Rows that go through all layers together.

    Attributes
    ----------
    first : the first of them, among all rows
    rows : number of rows
    capacity : rows of the arrays that pass values between layers; the last slab may have fewer rows
    total : number of all rows
    """

    first: int
    rows: int
    capacity: int
    total: int


class Columns(NamedTuple):
    """Features of a tile.

    Attributes
    ----------
    block : number of the block of weights
    first : the first feature
    width : number of features; the last block may have fewer than its columns
    stride : numbers from one lane's sums to those of the next
    """

    block: int
    first: int
    width: int
    stride: int


class RowData(NamedTuple):
    """What the rows of a call have in common.

    Attributes
    ----------
    letter_index : flat (letter positions, rows), the entry of each letter in the table of a layer that reads letters
    background_of : int32 (rows,), the background that each row is a change of; also an example of the type of tables
    is_base : the rows are backgrounds themselves, not changes
    like : an array of the dtype of the values
    """

    letter_index: Any
    background_of: Any
    is_base: bool
    like: Any


class Lanes(NamedTuple):
    """What each lane of a tile stands for, int64 (LANES,) each.

    Attributes
    ----------
    position : the unpooled position that is computed now, -1 for none
    output, row : the output position, and the row within the slab
    offset : where the lane reads its source now, -1 for nowhere
    """

    position: Any
    output: Any
    row: Any
    offset: Any


class Buffers(NamedTuple):
    """Numbers of a tile, flat.

    Attributes
    ----------
    sums : (LANES, stride), the sums of products of one position
    pooled : (LANES, stride), the pool so far; of a change, with the change
    pooled_base : (LANES, stride), the same maximum without the change
    gathered : (LANES, in_features), copies of what lanes read
    partial : (LANES, numbers in a vector), sums that are still to be added up
    """

    sums: Any
    pooled: Any
    pooled_base: Any
    gathered: Any
    partial: Any


@instruction
def array_at(typing: Any, address: Any, like: Any) -> Any:
    """The flat array, of the same type as ``like``, that begins at an address."""
    del typing

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.return_type)(context, builder)
        size, step = (context.get_constant(types.intp, n) for n in (UNBOUNDED, like.dtype.bitwidth // 8))
        data = builder.inttoptr(args[0], array.data.type)
        # No memory information: the array does not own its numbers. Tensors in the caller keep them alive.
        populate_array(array, data=data, shape=[size], strides=[step], itemsize=step, meminfo=None)
        return array._getvalue()

    return like(types.int64, like), code


@inlined
def slab_address(address: int, rows: int, slab: Slab, row_bytes: int) -> int:
    """Where the rows of a slab begin in an array [position, row, feature] of ``rows`` rows.

    An array for one slab is used again by the next, from its beginning. An array of all rows is read further on.
    """
    return address if rows == slab.capacity else address + slab.first * row_bytes
