"""What an engine says of itself: memory, work, each layer, and the calls that have no rule."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from seqdo.engine.incremental.explain import folded


class Summed(nn.Module):
    """A convolution on 40 positions, then a cumulative sum, which no rule supports."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.head = nn.Conv1d(4, 6, 5, padding=2), nn.Linear(6 * 40, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.stem(x)).cumsum(2).flatten(1))


class Loop(nn.Module):
    """A state that is updated at each of 60 positions: a trace unrolls it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.head = nn.Conv1d(4, 6, 5, padding=2), nn.Linear(6, 1)
        self.decay = nn.Parameter(torch.rand(6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.relu(self.stem(x))
        state = torch.zeros_like(h[:, :, 0])
        for position in range(h.shape[2]):
            state = state * self.decay.sigmoid() + h[:, :, position]
        return self.head(state)


def test_a_loop_is_read_in_one_screen_and_each_line_is_still_counted(engine_of):
    torch.manual_seed(1)
    lines = engine_of(Loop().eval()).explain().splitlines()
    assert len(lines) < 30
    counts = [int(line.split()[-4]) for line in lines if line.endswith("times in all") and "this line" in line]
    assert sum(counts) >= 60
    assert all(first != second for first, second in pairwise(lines))


@pytest.mark.parametrize("group", [1, 2, 5, 40])
@pytest.mark.parametrize("times", [2, 3, 60])
def test_folding_keeps_the_order_and_the_number_of_lines(group, times):
    lines = ["first", *[f"line {i}" for i in range(group)] * times, "last"]
    short = folded(lines)
    out: list[str] = []
    for line in short:
        if line.startswith("  ... "):
            size, number = (1, line.split()[3]) if "this line" in line else (int(line.split()[2]), line.split()[4])
            out += out[-size:] * (int(number.replace(",", "")) - 1)
        else:
            out.append(line)
    assert out == lines
    assert len(short) == len(lines) if group * (times - 1) < 2 else group + 3


def test_lines_that_differ_stay_as_they_are():
    lines = [f"line {i} of {i * i % 7}" for i in range(50)]
    assert folded(lines) == lines
    assert folded([]) == []


def test_each_layer_has_a_line_with_the_positions_that_an_edit_in_the_middle_reaches(net, engine_of):
    memory, work, *layers = engine_of(net).explain().splitlines()
    assert memory.startswith("memory: at most ")
    assert "work: an edit of positions 16 to 23 takes" in work
    # 8 letters through 5 taps reach 12 positions, 6 of the pool; 3 taps 2 apart make those 10 of 20.
    assert [line.strip() for line in layers] == [
        "input: computes 8 of 40 positions again; the edited letters",
        "0 (conv1d), 1 (relu), 2 (max_pool1d): computes 6 of 20 positions again; "
        "products read from a table of letters, then values with the edit minus values without it",
        "3 (conv1d), 4 (relu): computes 10 of 20 positions again; values with the edit minus values without it",
        "6 (linear): computes 1 of 1 positions again; linear, so the change alone",
    ]


def test_a_call_without_a_rule_is_named_with_the_reason_and_so_is_what_follows(engine_of):
    torch.manual_seed(1)
    *_, reason, following = engine_of(Summed().eval()).explain().splitlines()
    assert reason.strip() == "cumsum: computed on whole tensors because no rule supports `cumsum`"
    assert following.strip() == "computed on whole tensors as well: flatten, head (linear)"
