"""Small matrix products that stay in the processor's registers, so that a tile's sums are used while they are close.

Compiled loops can't keep two dozen vectors in registers by themselves. A library's product writes its result to memory
before anything can be done with it. So the instructions are written out, as many as there are registers for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

from seqdo.engine.incremental.compute.kernels.vectors import (
    INT64,
    LANES,
    VECTORS,
    Instructions,
    instruction,
    pointer_of,
)


@instruction
def multiply(typing: Any, sums: Any, source: Any, at: Any, start: Any, weights: Any, first: Any, depth: Any) -> Any:
    """Add products to ``sums`` (LANES, COLUMNS).

    Lane m reads ``depth`` numbers from ``source[at[m] + start]`` on. The weights are ``weights[first:]``, (depth,
    COLUMNS). All arrays are flat. The products are summed separately from what ``sums`` holds, so that a long sum can
    be made of shorter ones, which round less.
    """
    del typing
    return types.void(sums, source, at, types.int64, weights, types.int64, types.int64), _multiply


@instruction
def dots(typing: Any, sums: Any, source: Any, at: Any, weights: Any, first: Any, depth: Any) -> Any:
    """Add to ``sums`` (LANES, numbers in a vector) numbers that add up to each lane's product with ``weights[first:]``.

    Lane m reads ``depth`` numbers from ``source[at[m]]`` on. Each vector of them is multiplied and added as it comes;
    the caller adds up the numbers of each lane.
    """
    del typing
    return types.void(sums, source, at, weights, types.int64, types.int64), _dots


def _multiply(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """The code of :func:`multiply`."""
    make = Instructions(builder, signature.args[0])
    sums, source, at, weights = (pointer_of(context, builder, signature, args, i) for i in (0, 1, 2, 4))
    start, first, depth = args[3], args[5], args[6]
    lanes = [make.at(source, builder.add(builder.load(make.at(at, m)), start)) for m in range(LANES)]
    columns = make.count * VECTORS

    def add_products(k: Any, totals: list[Any]) -> list[Any]:
        # One row of weights, and one number of each lane times all of it: an outer product, added to the tile.
        begin = builder.add(first, builder.mul(k, INT64(columns)))
        row = [make.load(make.at(weights, builder.add(begin, INT64(v * make.count)))) for v in range(VECTORS)]
        new_totals = []
        for m, lane in enumerate(lanes):
            number = make.broadcast(builder.load(make.at(lane, k)))
            new_totals += [make.multiply_add(number, row[v], totals[m * VECTORS + v]) for v in range(VECTORS)]
        return new_totals

    zero = make.vector(None)
    totals = _loop(builder, depth, INT64(1), [zero] * (LANES * VECTORS), add_products)
    for place, total in enumerate(totals):
        pointer = make.at(sums, place * make.count)
        make.store(builder.fadd(make.load(pointer), total), pointer)
    return context.get_dummy_value()


def _dots(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """The code of :func:`dots`."""
    make = Instructions(builder, signature.args[0])
    sums, source, at, weights = (pointer_of(context, builder, signature, args, i) for i in range(4))
    first, depth = args[4:]
    lanes = [make.at(source, builder.load(make.at(at, m))) for m in range(LANES)]
    weights = make.at(weights, first)

    def add_products(k: Any, totals: list[Any], mask: Any = None) -> list[Any]:
        row = make.load(make.at(weights, k), mask)
        vectors = [make.load(make.at(lane, k), mask) for lane in lanes]
        return [make.multiply_add(vector, row, total) for vector, total in zip(vectors, totals, strict=True)]

    pointers = [make.at(sums, m * make.count) for m in range(LANES)]
    rest = builder.urem(depth, INT64(make.count))
    whole = builder.sub(depth, rest)
    totals = _loop(builder, whole, INT64(make.count), [make.load(pointer) for pointer in pointers], add_products)
    # The rest is a loop of one turn, or of none if the depth is a multiple of a vector.
    mask = make.mask_below(rest, 0)
    totals = _loop(builder, rest, rest, totals, lambda _, held: add_products(whole, held, mask))
    for pointer, total in zip(pointers, totals, strict=True):
        make.store(total, pointer)
    return context.get_dummy_value()


def _loop(builder: Any, end: Any, step: Any, values: list[Any], body: Callable[..., list[Any]]) -> list[Any]:
    """``for k in range(0, end, step): values = body(k, values)``, with the values in registers."""
    # numba's own loops keep variables in memory. Phi nodes name the value of each variable at the head of the loop: the
    # initial one if control comes from before, that of the last turn if it comes from the body.
    before = builder.block
    head, inside, after = (builder.append_basic_block(name) for name in ("head", "inside", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    k, *phis = [builder.phi(value.type) for value in (end, *values)]
    builder.cbranch(builder.icmp_signed("<", k, end), inside, after)
    builder.position_at_end(inside)
    next_values = body(k, phis)
    next_k = builder.add(k, step)
    for phi, initial, value in zip([k, *phis], [INT64(0), *values], [next_k, *next_values], strict=True):
        phi.add_incoming(initial, before)
        phi.add_incoming(value, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    return phis
