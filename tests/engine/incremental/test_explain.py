"""What an engine says of itself: memory, work, each layer, and the calls that have no rule."""

from __future__ import annotations

import torch
from torch import nn


class Summed(nn.Module):
    """A convolution on 40 positions, then a cumulative sum, which no rule supports."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.head = nn.Conv1d(4, 6, 5, padding=2), nn.Linear(6 * 40, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.stem(x)).cumsum(2).flatten(1))


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
