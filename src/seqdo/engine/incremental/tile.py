"""A small matrix product that stays in the processor's registers: ``sums += rows @ weights`` for a tile of rows.

Compiled loops can't keep two dozen vectors in registers by themselves, and a library's product writes its result to
memory before anything can be done with it. Here the result of a tile is used while it is near. The instructions are
written out with llvmlite, as many rows and columns as the processor has registers for.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic


def _shape() -> tuple[int, int, int]:
    """Bytes of a vector, vectors of a row, and rows of a tile: their sums, one row of weights and a number are held."""
    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, 2, 12
    if features.get("avx2"):
        return 32, 2, 6
    return 16, 4, 6


VECTOR, VECTORS, ROWS = _shape()

COLUMNS = {4: VECTOR * VECTORS // 4, 8: VECTOR * VECTORS // 8}
"""Columns of a tile by the bytes of a number."""


@intrinsic
def multiply(typing: Any, sums: Any, source: Any, at: Any, weights: Any, first: Any, depth: Any) -> Any:
    """Add products to ``sums`` (ROWS, COLUMNS).

    Row m of the tile is ``source[at[m] : at[m] + depth]``; the weights are ``weights[first:]``, (depth, COLUMNS), all
    in flat arrays; depth is at least 1.
    """
    del typing
    return types.void(sums, source, at, weights, types.int64, types.int64), _code


def _code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    number = ir.DoubleType() if signature.args[0].dtype.bitwidth == 64 else ir.FloatType()
    lanes = VECTOR * 8 // signature.args[0].dtype.bitwidth
    vector = ir.VectorType(number, lanes)
    columns = lanes * VECTORS
    sums, source, at, weights = (
        context.make_array(kind)(context, builder, value).data
        for kind, value in zip(signature.args[:4], arguments[:4], strict=True)
    )
    first, depth = arguments[4:]
    whole = ir.IntType(64)

    def place(pointer: Any, index: Any) -> Any:
        return builder.gep(pointer, [index if isinstance(index, ir.Value) else whole(index)])

    def load(pointer: Any) -> Any:
        return builder.load(builder.bitcast(pointer, vector.as_pointer()), align=number_bytes)

    number_bytes = signature.args[0].dtype.bitwidth // 8
    rows = [place(source, builder.load(place(at, m))) for m in range(ROWS)]
    tile = [(m, v) for m in range(ROWS) for v in range(VECTORS)]
    begun = [load(place(sums, m * columns + v * lanes)) for m, v in tile]
    kind = ir.FunctionType(vector, [vector] * 3)
    fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{lanes}f{8 * number_bytes}")

    before = builder.block
    loop = builder.append_basic_block("depth")
    after = builder.append_basic_block("done")
    builder.branch(loop)
    builder.position_at_end(loop)
    k = builder.phi(whole)
    held = [builder.phi(vector) for _ in tile]
    line = builder.add(first, builder.mul(k, whole(columns)))
    brought = [load(place(weights, builder.add(line, whole(v * lanes)))) for v in range(VECTORS)]
    more = []
    for m in range(ROWS):
        one = builder.load(place(rows[m], k))
        lane = builder.insert_element(ir.Constant(vector, ir.Undefined), one, ir.IntType(32)(0))
        spread = builder.shuffle_vector(
            lane, ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
        )
        more += [builder.call(fma, [spread, brought[v], held[m * VECTORS + v]]) for v in range(VECTORS)]
    following = builder.add(k, whole(1))
    builder.cbranch(builder.icmp_signed("<", following, depth), loop, after)
    k.add_incoming(whole(0), before)
    k.add_incoming(following, loop)
    for phi, start, end in zip(held, begun, more, strict=True):
        phi.add_incoming(start, before)
        phi.add_incoming(end, loop)

    builder.position_at_end(after)
    for (m, v), end in zip(tile, more, strict=True):
        target = builder.bitcast(place(sums, m * columns + v * lanes), vector.as_pointer())
        builder.store(end, target, align=number_bytes)
    return context.get_dummy_value()
