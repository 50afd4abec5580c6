"""Products of a tile, and formulas along rows, against numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

from seqdo.engine.incremental.compute.kernels.tile import dots, multiply
from seqdo.engine.incremental.compute.kernels.vectors import COLUMNS, LANES, VECTOR_BYTES, elementwise


@njit
def product(sums: Any, source: Any, at: Any, start: Any, weights: Any, first: Any, depth: Any) -> None:
    multiply(sums, source, at, start, weights, first, depth)


@njit
def inner(sums: Any, source: Any, at: Any, weights: Any, first: Any, depth: Any) -> None:
    dots(sums, source, at, weights, first, depth)


formula = elementwise(lambda target, x, y, number: (target * x - y).maximum(number * x), 2, 1)


@njit
def applied(width: Any, target: Any, at: Any, x: Any, i: Any, y: Any, j: Any, number: Any) -> None:
    formula(width, target, at, x, i, y, j, number)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_multiply_adds_the_products_of_a_tile(dtype, seed):
    rng = np.random.default_rng(seed)
    columns = COLUMNS[np.dtype(dtype).itemsize]
    for depth in (1, 2, 3, 7, 16, 65):
        source = rng.normal(size=300).astype(dtype)
        # Rows overlap, repeat and touch both ends of the source.
        start = int(rng.integers(0, 3))
        at = rng.integers(0, len(source) - depth + 1, LANES) - start
        at[:3] = -start, len(source) - depth - start, at[3]
        first = int(rng.integers(0, 50))
        weights = rng.normal(size=first + depth * columns + 7).astype(dtype)
        before = rng.normal(size=(LANES, columns)).astype(dtype)
        sums = before.copy()
        product(sums.reshape(-1), source, at, start, weights, first, depth)
        rows = np.stack([source[i + start : i + start + depth] for i in at]).astype(np.float64)
        used = weights[first : first + depth * columns].reshape(depth, columns).astype(np.float64)
        # Any order of summation, fused or not, rounds each of depth + 1 partial sums once or twice.
        most = 2 * (depth + 1) * np.finfo(dtype).eps * (np.abs(before) + np.abs(rows) @ np.abs(used))
        assert (np.abs(sums - (before + rows @ used)) <= most).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_multiply_is_exact_on_whole_numbers_and_leaves_the_rest_alone(dtype, seed):
    rng = np.random.default_rng(seed)
    columns = COLUMNS[np.dtype(dtype).itemsize]
    source = rng.integers(-9, 10, 100).astype(dtype)
    weights = rng.integers(-9, 10, 5 * columns).astype(dtype)
    at = rng.integers(0, 95, LANES)
    held = np.zeros((LANES + 2, columns), dtype)
    kept = source.copy(), weights.copy(), at.copy()
    product(held[1:-1].reshape(-1), source, at, 0, weights, 0, 5)
    rows = np.stack([source[i : i + 5] for i in at])
    assert np.array_equal(held[1:-1], rows @ weights.reshape(5, columns))
    assert not held[0].any()
    assert not held[-1].any()
    for now, then in zip((source, weights, at), kept, strict=True):
        assert np.array_equal(now, then)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dots_add_up_to_the_product_of_each_lane(dtype, seed):
    rng = np.random.default_rng(seed)
    count = VECTOR_BYTES // np.dtype(dtype).itemsize
    for depth in (1, 2, count - 1, count, count + 1, 3 * count, 65):
        source, weights = (rng.normal(size=300).astype(dtype) for _ in range(2))
        at, first = rng.integers(0, len(source) - depth + 1, LANES), int(rng.integers(0, 50))
        at[:2] = 0, len(source) - depth
        held = np.zeros((LANES + 2, count), dtype)
        held[1:-1] = rng.normal(size=(LANES, count))
        before = held.astype(np.float64)
        inner(held[1:-1].reshape(-1), source, at, weights, first, depth)
        rows, used = np.stack([source[i : i + depth] for i in at]).astype(np.float64), weights[first : first + depth]
        most = 2 * (depth + count) * np.finfo(dtype).eps * (np.abs(before[1:-1]).sum(1) + np.abs(rows) @ np.abs(used))
        assert (np.abs(held[1:-1].sum(1, dtype=np.float64) - before[1:-1].sum(1) - rows @ used) <= most).all()
        assert not held[[0, -1]].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_formula_goes_along_a_row_and_leaves_the_rest_alone(dtype, seed):
    rng = np.random.default_rng(seed)
    columns = COLUMNS[np.dtype(dtype).itemsize]
    for width in (0, 1, 5, columns // 2, columns - 1, columns, columns + 1, 3 * columns, 3 * columns + 7):
        target, x, y = (rng.normal(size=4 * columns + 20).astype(dtype) for _ in range(3))
        expected = target.copy()
        old, x_row, y_row = target[7 : 7 + width], x[3 : 3 + width], y[11 : 11 + width]
        expected[7 : 7 + width] = np.maximum(old * x_row - y_row, dtype(0.3) * x_row)
        applied(width, target, 7, x, 3, y, 11, dtype(0.3))
        # A product and a sum may be rounded together, once.
        np.testing.assert_allclose(target, expected, rtol=0, atol=20 * np.finfo(dtype).eps)
        assert np.array_equal(np.delete(target, range(7, 7 + width)), np.delete(expected, range(7, 7 + width)))
