"""Small products of matrices that stay in the processor's registers: a tile's sums are used while they are near.

Compiled loops can't keep two dozen vectors in registers by themselves, and a library's product writes its result to
memory before anything can be done with it. So the instructions are written out, as many as there are registers for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

from seqdo.engine.incremental.compute.vectors import LANES, LONG, VECTORS, Instructions, instruction, numbers_of


@instruction
def multiply(typing: Any, sums: Any, source: Any, at: Any, start: Any, weights: Any, first: Any, depth: Any) -> Any:
    """Add products to ``sums`` (LANES, COLUMNS).

    Lane m reads ``depth`` numbers from ``source[at[m] + start]`` on; the weights are ``weights[first:]``, (depth,
    COLUMNS); all arrays are flat. The products are summed apart from what was there, so that a long sum can be one of
    shorter ones, which round less.
    """
    del typing
    return types.void(sums, source, at, types.int64, weights, types.int64, types.int64), _multiply


@instruction
def dots(typing: Any, sums: Any, source: Any, at: Any, weights: Any, first: Any, depth: Any) -> Any:
    """Add to each lane of ``sums`` (LANES, numbers in a vector) what sums up to its product with ``weights[first:]``.

    Lane m reads ``source[at[m] :]``, ``depth`` numbers; every vector of them is multiplied and added as it comes.
    """
    del typing
    return types.void(sums, source, at, weights, types.int64, types.int64), _dots


def _multiply(context: Any, builder: Any, signature: Any, given: Any) -> Any:
    make = Instructions(builder, signature.args[0])
    sums, source, at, weights = (numbers_of(context, builder, signature, given, i) for i in (0, 1, 2, 4))
    start, first, depth = given[3], given[5], given[6]
    lanes = [make.at(source, builder.add(builder.load(make.at(at, m)), start)) for m in range(LANES)]
    columns = make.count * VECTORS

    def more(k: Any, held: list[Any]) -> list[Any]:
        line = builder.add(first, builder.mul(k, LONG(columns)))
        brought = [make.load(make.at(weights, builder.add(line, LONG(v * make.count)))) for v in range(VECTORS)]
        found = []
        for m, lane in enumerate(lanes):
            one = make.spread(builder.load(make.at(lane, k)))
            found += [make.multiply_add(one, brought[v], held[m * VECTORS + v]) for v in range(VECTORS)]
        return found

    zero = make.vector(None)
    summed = _loop(builder, depth, LONG(1), [zero] * (LANES * VECTORS), more)
    for place, value in enumerate(summed):
        target = make.at(sums, place * make.count)
        make.store(builder.fadd(make.load(target), value), target)
    return context.get_dummy_value()


def _dots(context: Any, builder: Any, signature: Any, given: Any) -> Any:
    make = Instructions(builder, signature.args[0])
    sums, source, at, weights = (numbers_of(context, builder, signature, given, i) for i in range(4))
    first, depth = given[4:]
    lanes = [make.at(source, builder.load(make.at(at, m))) for m in range(LANES)]
    weights = make.at(weights, first)

    def more(k: Any, held: list[Any], mask: Any = None) -> list[Any]:
        brought = make.load(make.at(weights, k), mask)
        read = [make.load(make.at(lane, k), mask) for lane in lanes]
        return [make.multiply_add(mine, brought, one) for mine, one in zip(read, held, strict=True)]

    places = [make.at(sums, m * make.count) for m in range(LANES)]
    rest = builder.urem(depth, LONG(make.count))
    whole = builder.sub(depth, rest)
    summed = _loop(builder, whole, LONG(make.count), [make.load(place) for place in places], more)
    some = make.below(rest, 0)
    summed = _loop(builder, rest, rest, summed, lambda _, held: more(whole, held, some))
    for place, value in zip(places, summed, strict=True):
        make.store(value, place)
    return context.get_dummy_value()


def _loop(builder: Any, end: Any, step: Any, held: list[Any], body: Callable[..., list[Any]]) -> list[Any]:
    """``for k in range(0, end, step): held = body(k, held)``, with what is held in registers."""
    before = builder.block
    head, inside, after = (builder.append_basic_block(name) for name in ("head", "inside", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    k, *phis = [builder.phi(value.type) for value in (end, *held)]
    builder.cbranch(builder.icmp_signed("<", k, end), inside, after)
    builder.position_at_end(inside)
    found = body(k, phis)
    following = builder.add(k, step)
    for phi, start, value in zip([k, *phis], [LONG(0), *held], [following, *found], strict=True):
        phi.add_incoming(start, before)
        phi.add_incoming(value, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    return phis
