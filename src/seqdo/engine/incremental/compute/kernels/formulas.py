"""The formulas of kernels, each along a row of numbers. The first array of each is the one that is written."""

from __future__ import annotations

from seqdo.engine.incremental.compute.kernels.vectors import Vector, elementwise

NO_SLOPE = 1.0
"""Slope of a rectifier that changes nothing: max(x, 1 · x) is x."""


def _rectified(values: Vector, slope: Vector) -> Vector:
    return values.maximum(slope * values)


multiply_by = elementwise(lambda target, source: target * source, 1)
add = elementwise(lambda target, source: target + source, 1)
subtract = elementwise(lambda target, source: target - source, 1)
copy = elementwise(lambda target, source: source, 1)
maximum = elementwise(lambda target, source: target.maximum(source), 1)

# What a pool does with one more position. A change is f(base + change) - f(base), with the rectifier as f.
max_rectified = elementwise(lambda best, value, slope: best.maximum(_rectified(value, slope)), 1, 1)
add_rectified = elementwise(lambda total, value, slope, factor: total + factor * _rectified(value, slope), 1, 2)
add_rectified_change = elementwise(
    lambda total, base, change, slope, factor: (
        total + factor * (_rectified(base + change, slope) - _rectified(base, slope))
    ),
    2, 2,
)  # fmt: skip

# The same where an output pools a single position, so that there is no total to add to.
rectify = elementwise(lambda value, slope, factor: factor * _rectified(value, slope), 0, 2)
rectify_change = elementwise(
    lambda change, base, slope, factor: factor * (_rectified(base + change, slope) - _rectified(base, slope)), 1, 2
)
