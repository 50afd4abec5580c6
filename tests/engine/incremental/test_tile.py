"""The product of a tile against numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

from seqdo.engine.incremental.tile import COLUMNS, ROWS, multiply


@njit
def product(sums: Any, source: Any, at: Any, weights: Any, first: Any, depth: Any) -> None:
    multiply(sums, source, at, weights, first, depth)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_multiply_adds_the_products_of_a_tile(dtype, seed):
    rng = np.random.default_rng(seed)
    columns = COLUMNS[np.dtype(dtype).itemsize]
    for depth in (1, 2, 3, 7, 16, 65):
        source = rng.normal(size=300).astype(dtype)
        # Rows overlap, repeat and touch both ends of the source.
        at = rng.integers(0, len(source) - depth + 1, ROWS)
        at[:3] = 0, len(source) - depth, at[3]
        first = int(rng.integers(0, 50))
        weights = rng.normal(size=first + depth * columns + 7).astype(dtype)
        before = rng.normal(size=(ROWS, columns)).astype(dtype)
        sums = before.copy()
        product(sums, source, at, weights, first, depth)
        rows = np.stack([source[i : i + depth] for i in at]).astype(np.float64)
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
    at = rng.integers(0, 95, ROWS)
    held = np.zeros((ROWS + 2, columns), dtype)
    kept = source.copy(), weights.copy(), at.copy()
    product(held[1:-1], source, at, weights, 0, 5)
    rows = np.stack([source[i : i + 5] for i in at])
    assert np.array_equal(held[1:-1], rows @ weights.reshape(5, columns))
    assert not held[0].any()
    assert not held[-1].any()
    for now, then in zip((source, weights, at), kept, strict=True):
        assert np.array_equal(now, then)
