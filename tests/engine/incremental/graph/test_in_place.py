"""Networks that change tensors in place: the engine predicts what they do, or leaves them to the plain one.

The changed positions lie between those of the self-check, and the maximum over 1,000 positions hides them without an
edit. So the trace alone can tell.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import seqdo as sd

LENGTH, START, STOP = 1000, 300, 330
HIDDEN = slice(START, STOP)

Change = Callable[[Tensor], Tensor]


class Changed(nn.Module):
    """A convolution whose features are changed before their maximum is taken."""

    def __init__(self, change: Change, *, letters: bool = False) -> None:
        super().__init__()
        self.stem, self.out = nn.Conv1d(4, 8, 5, padding=2), nn.Linear(8, 1)
        self.change, self.letters = change, letters

    def forward(self, x: Tensor) -> Tensor:
        x = self.change(x) if self.letters else x
        h = self.stem(x).relu()
        return self.out((h if self.letters else self.change(h)).amax(2))


def assigned(h: Tensor) -> Tensor:
    h[:, :, HIDDEN] = 0
    return h


def scaled(h: Tensor) -> Tensor:
    h[:, :, HIDDEN] *= 0.1
    return h


def shifted_view(h: Tensor) -> Tensor:
    window = h[:, :, HIDDEN]
    window -= 5
    return h


def bins(h: Tensor) -> Tensor:
    h.view(h.shape[0], 8, 100, 10)[:, :, START // 10 : STOP // 10].zero_()
    return h


def transposed(h: Tensor) -> Tensor:
    h.transpose(1, 2)[:, HIDDEN].fill_(0)
    return h


def into(h: Tensor) -> Tensor:
    torch.mul(h[:, :, HIDDEN], 0, out=h[:, :, HIDDEN])
    return h


def put(h: Tensor) -> Tensor:
    h[:, :, torch.arange(START, STOP)] = 0
    return h


def view_read_later(h: Tensor) -> Tensor:
    window = h[:, :, HIDDEN]
    h.mul_(2)
    return torch.cat([h, window], 2)


def dropped(h: Tensor) -> Tensor:
    """Dropout returns its own argument, so that the first term is changed as well."""
    return h + functional.dropout(h, 0.5, training=False).mul_(-1)


def part_by_part(h: Tensor) -> Tensor:
    parts = torch.full_like(h, -1.0)
    parts[:, :, :START], parts[:, :, STOP:] = h[:, :, :START], h[:, :, STOP:]
    return parts


def tripled(h: Tensor) -> Tensor:
    h.mul_(3).sub_(1)
    h.add_(h)
    return h.clamp_(0.5, 9)


def masked(h: Tensor) -> Tensor:
    mask = torch.zeros(1, 1, LENGTH, dtype=torch.bool)
    mask[..., HIDDEN] = True
    return h.masked_fill_(mask, 0.0)


REFUSED = [assigned, scaled, shifted_view, bins, transposed, into, put, view_read_later, part_by_part]


def outcomes_of(net: nn.Module) -> tuple[sd.Outcomes, sd.Outcomes]:
    """With the engine that is chosen for many runs, and with the plain one."""
    model = sd.wrap(net.eval(), alphabet=sd.DNA, length=LENGTH, layout="NCL")
    design, null = sd.positions("GATTACAGGGATTACAGG", at=[10, START + 5, 600]), sd.backgrounds.uniform(LENGTH)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*every sequence is predicted whole instead")
        choice = sd.choose_engine(model)
    return tuple(sd.run(design, model, null, n=20, rng=0, pilot=0, engine=engine) for engine in (choice, "full"))  # type: ignore[return-value]


def seeded(change: Change, *, letters: bool = False) -> Changed:
    torch.manual_seed(0)
    net = Changed(change, letters=letters)
    net.stem.weight.data *= 3
    return net


@pytest.mark.parametrize("change", [*REFUSED, dropped, tripled, masked], ids=lambda change: change.__name__)
def test_a_change_in_place_is_predicted_as_the_module_predicts_it(change):
    outcomes, expected = outcomes_of(seeded(change))
    tolerance = 1e-5 * float(expected.y.std()) + 1e-7
    np.testing.assert_allclose(outcomes.y, expected.y, rtol=0, atol=tolerance)


def test_letters_that_are_changed_in_place_are_predicted_as_the_module_predicts_them():
    outcomes, expected = outcomes_of(seeded(assigned, letters=True))
    np.testing.assert_allclose(outcomes.y, expected.y, rtol=0, atol=1e-5 * float(expected.y.std()))


@pytest.mark.parametrize("change", REFUSED, ids=lambda change: change.__name__)
def test_a_tensor_that_is_read_under_another_name_is_left_to_the_plain_engine(change):
    model = sd.wrap(seeded(change).eval(), alphabet=sd.DNA, length=LENGTH, layout="NCL")
    choice = sd.choose_engine(model)
    assert choice.engine.name == "full"
    assert "changes a tensor in place" in choice.reason


@pytest.mark.parametrize("change", [tripled, masked], ids=lambda change: change.__name__)
def test_a_tensor_that_has_one_name_keeps_its_fast_engine(change):
    assert sd.choose_engine(
        sd.wrap(seeded(change).eval(), alphabet=sd.DNA, length=LENGTH, layout="NCL")
    ).engine.name == ("incremental")


def test_a_buffer_that_counts_calls_is_not_changed_by_a_trace():
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = seeded(torch.relu)
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            return self.net(x)

    from seqdo.engine.incremental.graph.trace import export, read

    model = sd.wrap(Counting().eval(), alphabet=sd.DNA, length=LENGTH, layout="NCL")
    network = model.members[0].network
    graph = export(network, network.encode(np.zeros((3, LENGTH), np.uint8)))
    before = float(network.module.calls)
    read(graph)
    assert float(network.module.calls) == before
