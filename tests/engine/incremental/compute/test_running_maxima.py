"""Running maxima against enumeration."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqdo.engine.incremental.compute.running_maxima import rectified, running_maxima


@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 6), st.sampled_from([0, 1]))
def test_running_maxima_are_those_of_the_window_so_far_from_either_end(seed, outputs, width, dim):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(5, 3, 2))
    pool_inputs = rng.integers(-1, 5, (outputs, width))
    tensor = torch.from_numpy(values if dim == 0 else values.transpose(1, 0, 2).copy())
    prefix, suffix = (
        maxima if dim == 0 else maxima.transpose(0, 1)
        for maxima in running_maxima(tensor, torch.from_numpy(pool_inputs), dim)
    )  # fmt: skip
    none = np.full((3, 2), -np.inf)
    for output, row in enumerate(pool_inputs):
        for place in range(width):
            some = [values[p] for p in row[: place + 1] if p >= 0]
            np.testing.assert_array_equal(prefix[output * width + place], np.max([none, *some], axis=0))
            rest = [values[p] for p in row[place:] if p >= 0]
            np.testing.assert_array_equal(suffix[output * width + place], np.max([none, *rest], axis=0))


@pytest.mark.parametrize("slope", [None, 0.0, 0.1])
def test_a_rectifier_is_that_of_torch(slope):
    values = torch.linspace(-2, 2, 9)
    expected = values if slope is None else torch.nn.functional.leaky_relu(values, slope)
    assert torch.equal(rectified(values, slope), expected)
