"""Members computed at the same time give what they give one by one, and leave torch as it was."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from seqdo import backgrounds
from seqdo.errors import RunError
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA


class Noted(torch.nn.Module):
    """A small network that notes which threads ask it, and how many at a time."""

    def __init__(self, shared: torch.nn.Module | None = None) -> None:
        super().__init__()
        self.conv = shared or torch.nn.Conv1d(4, 3, 5)
        self.out = torch.nn.Linear(3, 1)
        self.threads: set[int] = set()
        self.inside = self.most = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.threads.add(threading.get_ident())
        self.inside += 1
        self.most = max(self.most, self.inside)
        y = self.out(torch.relu(self.conv(x)).amax(2))
        self.inside -= 1
        return y


@pytest.fixture
def two_threads():
    """Torch with two threads, and what it had before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def ensemble(nets):
    torch.manual_seed(0)
    model = wrap([net.eval() for net in nets], alphabet=DNA, length=30, outputs=["y"], layout="NCL")
    for net in nets:
        net.threads.clear()
        net.most = 0
    return model


@pytest.mark.usefixtures("two_threads")
def test_members_that_share_nothing_are_asked_by_other_threads_each_by_one_at_a_time(seed):
    torch.manual_seed(seed)
    nets = [Noted() for _ in range(3)]
    model = ensemble(nets)
    drawn = backgrounds.uniform(30).sample(300, rng=seed)
    together = model.predict(drawn, batch=64)
    assert all(net.most == 1 for net in nets)
    assert not any(threading.get_ident() in net.threads for net in nets)
    alone = np.stack([model.predict_member(member, model.arrange(drawn), batch=64) for member in model.members])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_members_with_a_part_in_common_are_asked_one_after_another(seed):
    torch.manual_seed(seed)
    shared = torch.nn.Conv1d(4, 3, 5)
    nets = [Noted(shared) for _ in range(2)]
    ensemble(nets).predict(backgrounds.uniform(30).sample(10, rng=seed))
    assert all(net.threads == {threading.get_ident()} for net in nets)


@pytest.mark.usefixtures("two_threads")
def test_a_member_that_fails_is_named_and_threads_are_put_back(seed):
    class Breaks(Noted):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = super().forward(x)
            return y if len(x) < 100 else torch.full_like(y, float("nan"))

    torch.manual_seed(seed)
    model = ensemble([Noted(), Breaks()])
    with pytest.raises(RunError, match="nan"):
        model.predict(backgrounds.uniform(30).sample(200, rng=seed), batch=200)
    assert torch.get_num_threads() == 2
