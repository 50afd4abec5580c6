"""Calls that depend on how a tensor lies in memory, after attention, whose results lie there in another way."""

import numpy as np
import pytest
import torch
from torch import nn

import seqdo as sd

LENGTH, CHANNELS, LEFT = 18, 8, 3


class AfterAttention(nn.Module):
    """A convolution, a transformer layer over its positions, and a function of (n, channels, positions)."""

    def __init__(self, function, norm_first):
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv1d(4, CHANNELS, 4, stride=4, dilation=3)
        self.layer = nn.TransformerEncoderLayer(CHANNELS, 2, 16, batch_first=True, norm_first=norm_first)
        self.out, self.function = nn.Linear(CHANNELS * LEFT, 1), function

    def forward(self, x):
        x = self.layer(self.stem(x).transpose(1, 2)).transpose(1, 2)
        return self.out(self.function(torch.relu(x)))


def viewed(x):
    return x.contiguous().view(x.shape[0], -1)


def turned_as_complex_numbers(x):
    pairs = torch.view_as_complex(x.contiguous().transpose(1, 2).reshape(x.shape[0], LEFT, -1, 2).contiguous())
    return torch.view_as_real(pairs * pairs).flatten(1)


def strided(x):
    """Every channel again, by the order of memory."""
    size = (x.shape[0], CHANNELS, LEFT)
    return x.contiguous().as_strided(size, (CHANNELS * LEFT, LEFT, 1)).flatten(1)


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("function", [viewed, turned_as_complex_numbers, strided])
def test_the_engine_gives_the_values_of_the_network(function, norm_first, seed):
    net = AfterAttention(function, norm_first).double().eval()
    model = sd.wrap(net, alphabet=sd.DNA, length=LENGTH, layout="NCL")
    design, background = sd.embed("GATTACA", at=5), sd.backgrounds.uniform(LENGTH)
    fast, plain = (
        sd.run(design, model, background, n=20, rng=seed, engine=engine, pilot=0) for engine in ("incremental", "full")
    )
    np.testing.assert_allclose(fast.y, plain.y, rtol=1e-9, atol=1e-12)


def test_a_network_whose_values_depend_on_memory_gets_the_plain_engine():
    """The trace has another layout than the prediction, so the two disagree, and the check notices."""
    net = AfterAttention(lambda x: x.as_strided((x.shape[0], 24), (24, 1)), norm_first=True).eval()
    model = sd.wrap(net, alphabet=sd.DNA, length=LENGTH, layout="NCL")
    with pytest.warns(UserWarning, match="every sequence is predicted whole"):
        assert sd.choose_engine(model).engine.name == "full"


def test_memory_that_is_read_across_a_turned_tensor_is_no_trace():
    class Turned(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.out = nn.Conv1d(4, 8, 3), nn.Linear(24, 1)

        def forward(self, x):
            return self.out(self.stem(x).transpose(1, 2).as_strided((x.shape[0], 24), (128, 1)))

    model = sd.wrap(Turned().eval(), alphabet=sd.DNA, length=LENGTH, layout="NCL")
    choice = sd.choose_engine(model)
    assert choice.engine.name == "full"
    assert "as_strided" in choice.reason
