"""An engine holds the bytes that its plan states, and no more than the budget."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seqdo.engine.incremental.memory import MAX_BYTES, planned


class Mixed(nn.Module):
    """Every kind of node that keeps values (rectifier, pool, GELU, product, LSTM), and a fallback call."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv1d(4, 6, 5, padding=2), nn.Conv1d(6, 6, 3, padding=1)
        self.pool, self.recurrent = nn.MaxPool1d(2), nn.LSTM(6, 5, batch_first=True, bidirectional=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(torch.relu(self.first(x)))
        x = nn.functional.gelu(self.second(x)) * torch.sigmoid(x)
        states = self.recurrent(x.transpose(1, 2))[0]
        return states.cumsum(1).mean(1)


def kept(base) -> int:
    """Bytes of the arrays of a base, other than its outputs."""
    tensors = [tensor for several in base.activations.values() for tensor in several]
    tensors += base.materialized.values()
    return base.codes.nbytes + sum(tensor.numel() * tensor.element_size() for tensor in tensors)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("mixed", [False, True])
def test_the_bytes_stated_for_a_background_are_those_of_its_base(net, engine_of, block, mixed, dtype):
    torch.manual_seed(1)
    (program,) = engine_of((Mixed().eval() if mixed else net).to(dtype)).programs
    codes = block.codes.astype(np.uint8)
    assert planned([program]).background_bytes * len(codes) == kept(program.base(codes))
    assert planned([program, program]).background_bytes == 2 * planned([program]).background_bytes


@pytest.mark.parametrize("layers", [1, 10])
def test_no_more_than_the_budget_is_held(engine_of, layers):
    torch.manual_seed(1)
    convolutions = [
        part for i in range(layers) for part in (nn.Conv1d(8 if i else 4, 8, 3, padding=1), nn.ReLU())
    ]  # fmt: skip
    programs = engine_of(nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(8 * 40, 1)).eval()).programs
    least = planned(programs, 0)
    assert (least.rows, least.backgrounds) == (1, 1)
    for budget in 2 ** np.arange(12, 34):
        memory = planned(programs, int(budget))
        assert memory.rows >= 1
        assert memory.backgrounds % memory.rows == 0
        assert memory.bytes <= max(budget, least.bytes), f"of {budget}: {memory}"
    assert planned(programs).bytes <= MAX_BYTES


def test_more_memory_never_means_fewer_backgrounds(net, engine_of):
    programs = engine_of(net).programs
    held = [planned(programs, 2**power).backgrounds for power in range(10, 32)]
    assert held == sorted(held)
    assert held[-1] > held[0]
