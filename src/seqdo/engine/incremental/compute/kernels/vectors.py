"""Formulas along rows of numbers, one vector at a time, without the checks that a compiled loop would make.

A loop over two arrays becomes vector instructions behind a check that the arrays don't overlap, each time for the few
dozen numbers of a tile. So the instructions are written out with llvmlite. What follows the products of 32 numbers took
about 41 ns in loops. It takes 21 ns this way, with calls inlined (64 features with a residual, in the cache of an AMD
EPYC).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic

INT32, INT64 = ir.IntType(32), ir.IntType(64)

CACHE_LINE = 64
"""Bytes that a processor fetches from memory at a time, at least."""

# Untyped names of what numba does not annotate, so that its functions can be used as decorators and called.
instruction: Any = intrinsic
get_or_insert_function: Any = cgutils.get_or_insert_function


def _tile_shape() -> tuple[int, int, int]:
    """Bytes of a vector, vectors of a tile's row, and rows (lanes) of a tile.

    A tile has vectors · lanes sums. They fill the registers of the processor, but for those that hold weights and the
    number of a lane: 24 of 32 with AVX-512, 12 of 16 with AVX2, 24 of 32 with 128 bits (ARM; older x86 spills some).
    """
    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, 2, 12
    if features.get("avx2"):
        return 32, 2, 6
    return 16, 4, 6


VECTOR_BYTES, VECTORS, LANES = _tile_shape()

COLUMNS = {4: VECTOR_BYTES * VECTORS // 4, 8: VECTOR_BYTES * VECTORS // 8}
"""Numbers in a row of a tile, by the bytes of a number."""


@dataclass(frozen=True, eq=False)
class Vector:
    """Numbers in a register, with the operations that formulas use."""

    builder: Any
    value: Any

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.builder, self.builder.fadd(self.value, other.value))

    def __sub__(self, other: Vector) -> Vector:
        return Vector(self.builder, self.builder.fsub(self.value, other.value))

    def __mul__(self, other: Vector) -> Vector:
        return Vector(self.builder, self.builder.fmul(self.value, other.value))

    def maximum(self, other: Vector) -> Vector:
        """The larger number of each pair."""
        # A comparison and a selection, not llvm.maxnum: each is one instruction. With a NaN the second is taken.
        larger = self.builder.fcmp_ordered(">", self.value, other.value)
        return Vector(self.builder, self.builder.select(larger, self.value, other.value))


class Instructions:
    """Instructions on vectors of the numbers that an array holds.

    Parameters
    ----------
    builder : of llvmlite
    array : numba's type of the array
    """

    def __init__(self, builder: Any, array: Any) -> None:
        self.builder = builder
        self.bytes = array.dtype.bitwidth // 8
        self.count = VECTOR_BYTES // self.bytes
        self.vector = ir.VectorType(ir.DoubleType() if self.bytes == 8 else ir.FloatType(), self.count)
        self._name = f"v{self.count}f{8 * self.bytes}"

    def at(self, pointer: Any, index: Any) -> Any:
        """The pointer to a number by its index."""
        return self.builder.gep(pointer, [index if isinstance(index, ir.Value) else INT64(index)])

    def broadcast(self, number: Any, vector: Any = None) -> Any:
        """A vector with the same number in every place."""
        vector = vector or self.vector
        undefined = ir.Constant(vector, ir.Undefined)
        all_first = ir.Constant(ir.VectorType(INT32, self.count), [0] * self.count)
        return self.builder.shuffle_vector(
            self.builder.insert_element(undefined, number, INT32(0)), undefined, all_first
        )

    def mask_below(self, limit: Any, first: int) -> Any:
        """A mask: which of the numbers ``first``, ``first + 1``, ... are below ``limit``."""
        integers = ir.VectorType(INT32, self.count)
        numbers = ir.Constant(integers, [first + place for place in range(self.count)])
        return self.builder.icmp_signed("<", numbers, self.broadcast(self.builder.trunc(limit, INT32), integers))

    def load(self, pointer: Any, mask: Any = None) -> Any:
        """A vector from memory, with zeros where the mask is not set. Masked places are not read at all."""
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        if mask is None:
            # Aligned to one number only: rows begin anywhere.
            return self.builder.load(pointer, align=self.bytes)
        kinds = [pointer.type, INT32, mask.type, self.vector]
        load = self._function("masked.load", self.vector, kinds, ".p0")
        return self.builder.call(load, [pointer, INT32(self.bytes), mask, ir.Constant(self.vector, None)])

    def store(self, value: Any, pointer: Any, mask: Any = None) -> None:
        """A vector to memory, where the mask is set."""
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        if mask is None:
            self.builder.store(value, pointer, align=self.bytes)
            return
        kinds = [self.vector, pointer.type, INT32, mask.type]
        store = self._function("masked.store", ir.VoidType(), kinds, ".p0")
        self.builder.call(store, [value, pointer, INT32(self.bytes), mask])

    def multiply_add(self, factor: Any, other: Any, term: Any) -> Any:
        """``factor · other + term``, rounded once."""
        return self.builder.call(self._function("fma", self.vector, [self.vector] * 3), [factor, other, term])

    def _function(self, name: str, returns: Any, takes: list[Any], ending: str = "") -> Any:
        """An intrinsic function of LLVM."""
        kind = ir.FunctionType(returns, takes)
        return get_or_insert_function(self.builder.module, kind, f"llvm.{name}.{self._name}{ending}")


def pointer_of(context: Any, builder: Any, signature: Any, args: Any, index: int) -> Any:
    """The pointer to the first number of an array, which is argument ``index``."""
    return context.make_array(signature.args[index])(context, builder, args[index]).data


def elementwise(formula: Callable[..., Vector], sources: int, numbers: int = 0) -> Any:
    """A function ``(width, target, at, source, at, ..., number, ...)`` for compiled code; arrays are flat.

    ``target[at : at + width]`` becomes ``formula(target, source, ..., number, ...)``.

    Parameters
    ----------
    formula : of vectors
    sources : number of arrays that the formula takes after the target
    numbers : number of scalars that it takes after these
    """
    names = ["typing", "width", "target", "at", *(f"{name}_{i}" for i in range(sources) for name in ("source", "at"))]
    names += [f"number_{i}" for i in range(numbers)]

    def typed(typing: Any, *args: Any) -> Any:
        del typing
        whole = [types.int64 if isinstance(kind, types.Integer) else kind for kind in args]
        return types.void(*whole), code

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        make, arrays_end = Instructions(builder, signature.args[1]), 3 + 2 * sources
        rows = [make.at(pointer_of(context, builder, signature, args, i), args[i + 1]) for i in range(1, arrays_end, 2)]
        constants = [Vector(builder, make.broadcast(number)) for number in args[arrays_end:]]
        columns = make.count * VECTORS
        # A row of a tile at a time: most widths are whole rows, and their vectors need no mask. The rest is masked, so
        # that nothing behind the width is read or written.
        with cgutils.for_range_slice(builder, INT64(0), args[0], INT64(columns)) as (begin, _):
            left = builder.sub(args[0], begin)
            pointers = [make.at(row, begin) for row in rows]
            with builder.if_else(builder.icmp_signed(">=", left, INT64(columns))) as (full, rest):
                with full:
                    for first in range(0, columns, make.count):
                        _apply(make, formula, pointers, constants, first)
                with rest:
                    for first in range(0, columns, make.count):
                        _apply(make, formula, pointers, constants, first, make.mask_below(left, first))
        return context.get_dummy_value()

    # numba binds arguments by the names in a signature, and ``*args`` has none.
    typed.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])  # type: ignore[attr-defined]
    return instruction(typed)


def _apply(
    make: Instructions, formula: Any, rows: list[Any], constants: list[Vector], first: int, mask: Any = None
) -> None:
    """Apply a formula to one vector of each row, and store it in the first row."""
    pointers = [make.at(row, first) for row in rows]
    vectors = [Vector(make.builder, make.load(pointer, mask)) for pointer in pointers]
    make.store(formula(*vectors, *constants).value, pointers[0], mask)


@instruction  # type: ignore[untyped-decorator]
def prefetch(typing: Any, width: Any, source: Any, at: Any) -> Any:
    """Bring ``source[at : at + width]`` into the cache while something else is computed."""
    del typing

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        make = Instructions(builder, signature.args[1])
        begin = make.at(pointer_of(context, builder, signature, args, 1), args[2])
        kind = ir.FunctionType(ir.VoidType(), [begin.type, INT32, INT32, INT32])
        fetch_line = get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        with cgutils.for_range_slice(builder, INT64(0), args[0], INT64(CACHE_LINE // make.bytes)) as (place, _):
            # To read (0), to be kept in all caches (3), as data (1).
            builder.call(fetch_line, [make.at(begin, place), INT32(0), INT32(3), INT32(1)])
        return context.get_dummy_value()

    return types.void(types.int64, source, types.int64), code
