"""What a prediction takes, against the shapes of layers, and the batch that follows from it."""

import numpy as np
import pytest
import torch
from torch import nn

import seqdo as sd
from seqdo.models.adapters.torch_work import work
from seqdo.models.model import CPU_BYTES, CPU_POSITIONS


class Seen(nn.Module):
    """A convolution to many channels and their mean; remembers the sizes of its batches."""

    def __init__(self, channels):
        super().__init__()
        self.conv, self.batches = nn.Conv1d(4, channels, 3, padding=1), []

    def forward(self, x):
        self.batches.append(len(x))
        return self.conv(x).mean((1, 2))


def wrapped(net, length, **options):
    return sd.wrap(net.eval(), alphabet=sd.DNA, length=length, layout="NCL", **options)


@pytest.mark.parametrize(
    ("layer", "shape", "multiplications", "numbers"),
    [
        (nn.Conv1d(4, 8, 5), (1, 4, 20), 16 * 8 * 4 * 5, 8 * 16),
        (nn.ConvTranspose1d(4, 2, 3), (1, 4, 10), 10 * 4 * 2 * 3, 4 * 10),  # the input is larger
        (nn.Linear(6, 3), (1, 5, 6), 5 * 6 * 3, 5 * 6),
        (nn.MaxPool1d(2, return_indices=True), (1, 4, 10), 0, 4 * 5 * 2),  # of int64, which has twice the bytes
        (nn.LSTM(4, 16, batch_first=True), (1, 7, 4), 0, 7 * 16),
        (nn.Sequential(nn.Conv1d(4, 50, 1), nn.AvgPool1d(10)), (1, 4, 20), 20 * 50 * 4, 50 * 20),
    ],
)
def test_multiplications_and_the_largest_tensor_follow_from_the_shapes(layer, shape, multiplications, numbers):
    with torch.no_grad():
        counted = work(lambda: layer(torch.zeros(shape)))
    assert (counted.multiplications, counted.largest) == (multiplications, 4 * numbers)


@pytest.mark.parametrize(("channels", "length"), [(4, 20), (300, 200), (4000, 500), (30_000, 100)])
def test_a_call_on_a_cpu_holds_the_largest_tensor_within_its_bytes(channels, length):
    net = Seen(channels)
    model = wrapped(net, length)
    net.batches.clear()
    model.predict(sd.backgrounds.uniform(length).sample(600, rng=0))
    counted, *batches = net.batches  # one sequence, on which the size is measured
    assert counted == 1
    fitting = max(1, min(512, CPU_BYTES // (4 * channels * length), CPU_POSITIONS // length))
    assert max(batches) == fitting
    assert sum(batches) == 600
    model.predict(sd.backgrounds.uniform(length).sample(2, rng=0))
    assert net.batches[1 + len(batches) :] == ([2] if fitting > 1 else [1, 1])  # the size is not measured again


def test_the_users_batch_comes_before_the_bytes():
    net = Seen(30_000)
    model = wrapped(net, 100, batch=7)
    net.batches.clear()
    model.predict(sd.backgrounds.uniform(100).sample(14, rng=0))
    assert net.batches[-2:] == [7, 7]


def test_measuring_the_size_leaves_random_numbers_and_statistics_as_they_were():
    net = nn.Sequential(nn.Conv1d(4, 8, 3), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Flatten(), nn.Linear(8 * 18, 1))
    model = wrapped(net, 20)
    state, numbers = torch.get_rng_state(), {name: value.clone() for name, value in net.state_dict().items()}
    assert model.members[0].network.work(20).largest == 8 * 18 * 4
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, numbers[name]) for name, value in net.state_dict().items())
    net.train()
    with pytest.raises(sd.InputError, match="train mode"):
        model.members[0].network.work(20)
    assert all(torch.equal(value, numbers[name]) for name, value in net.state_dict().items())


def test_a_network_that_refuses_to_be_watched_has_no_size_and_predicts_all_the_same():
    class Shy(Seen):
        def forward(self, x):
            if torch.overrides._len_torch_function_stack():
                raise RuntimeError("watched")
            return super().forward(x)

    net = Shy(8)
    model = wrapped(net, 20)
    assert model.members[0].network.work(20) is None
    assert np.isfinite(model.predict(sd.backgrounds.uniform(20).sample(3, rng=0))).all()
