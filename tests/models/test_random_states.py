"""The global random states of python, numpy and torch, after work that draws."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from seqdo.models.random_states import untouched_randomness


def draws():
    return random.random(), np.random.random(), torch.rand(1).item()  # noqa: NPY002, S311


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_drawn_afterwards_is_what_would_have_been_drawn(fails):
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    expected = draws()
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002
    torch.set_rng_state(states[2])
    try:
        with untouched_randomness():
            draws()
            if fails:
                raise ZeroDivisionError
    except ZeroDivisionError:
        assert fails
    assert draws() == expected
