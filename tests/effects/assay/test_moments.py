"""Moments of arms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqdo.effects.assay.moments import Moments


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.floats(-1e6, 1e6), st.sampled_from([1e-6, 1e-3, 1.0]))
def test_a_large_arm_has_the_moments_of_its_own_values(seed, middle, spread):
    rng = np.random.default_rng(seed)
    spread *= max(abs(middle), 1.0)
    values = rng.normal(middle, spread, (2, 50))
    values[1, :30] = 1.1
    rows = rng.random(50) < rng.choice([0.2, 0.8])
    rows[[0, 1, 48, 49]] = True
    mean, variance = Moments.of(values).arm(rows)
    assert mean == pytest.approx(values[:, rows].mean(1), rel=1e-12, abs=1e-9 * spread)
    assert variance == pytest.approx(values[:, rows].var(1, ddof=1), rel=1e-6, abs=1e-30)
