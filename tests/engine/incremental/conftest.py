"""A network that is small enough to enumerate, and the engine of any network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import strategies  # noqa: F401 - loads the profile of examples without time limits
import torch
from torch import nn

from seqdo.engine.choose import choose_engine
from seqdo.engine.incremental.incremental import Incremental
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.sequences import Sequences

LENGTH = 40


@pytest.fixture
def net() -> nn.Sequential:
    """Convolution, rectifier, pool, a dilated convolution, rectifier, dense; weights always the same."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv1d(4, 9, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(9, 6, 3, dilation=2, padding=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(6 * LENGTH // 2, 2),
        ).eval()


@pytest.fixture
def engine_of() -> Callable[..., Incremental]:
    """The incremental engine of some modules, which together are an ensemble."""

    def engine_of_nets(*nets: nn.Module, length: int = LENGTH) -> Incremental:
        engine = choose_engine(wrap(list(nets), alphabet=DNA, length=length), "incremental").engine
        assert isinstance(engine, Incremental)
        return engine

    return engine_of_nets


@pytest.fixture
def block(seed: int) -> Sequences:
    """30 backgrounds."""
    return Sequences.from_codes(np.random.default_rng(seed).integers(0, 4, (30, LENGTH)))
