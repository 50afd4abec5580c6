"""Modules that are refused before they are called, by the reason; and those that train mode does not change."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

import seqdo as sd
from seqdo.errors import InputError

LENGTH = 20


def wrapped(net, **more):
    return sd.wrap(net, alphabet=sd.DNA, length=LENGTH, layout="NCL", **more)


class Asks(nn.Module):
    """Reads its mode, in a function within its forward."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4 * LENGTH, 1)

    def forward(self, x):
        rate = (lambda: 0.5 if self.training else 0.0)()
        return self.last(nn.functional.dropout(x.flatten(1), rate))


class Plain(nn.Module):
    """Does not read its mode."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4 * LENGTH, 1)

    def forward(self, x):
        return self.last(torch.relu(x.flatten(1)))


def dense(*layers):
    return nn.Sequential(nn.Conv1d(4, 6, 3), *layers, nn.Flatten(), nn.LazyLinear(1))


def ready(net):
    """With the shapes of its lazy layers, and in train mode."""
    with torch.no_grad():
        net.eval()(torch.zeros(1, 4, LENGTH))
    return net.train()


SAME_IN_BOTH = {
    "plain class": Plain, "group norm": lambda: dense(nn.GroupNorm(2, 6), nn.GELU()),
    "pools": lambda: dense(nn.MaxPool1d(2), nn.Softplus()), "no dropout": lambda: dense(nn.Dropout(0.0)),
    "in a wrapper": lambda: nn.DataParallel(dense(nn.ReLU())),
}  # fmt: skip
OTHER = {
    "reads its mode": Asks, "dropout": lambda: dense(nn.Dropout(0.1)), "batch norm": lambda: dense(nn.BatchNorm1d(6)),
    "instance norm": lambda: dense(nn.InstanceNorm1d(6, track_running_stats=True)),
    "random slopes": lambda: dense(nn.RReLU()), "spectral norm": lambda: dense(spectral_norm(nn.Conv1d(6, 6, 1))),
    "attention": lambda: dense(nn.TransformerEncoderLayer(18, 2, batch_first=True)),
}  # fmt: skip


@pytest.mark.parametrize("kind", SAME_IN_BOTH)
def test_a_network_without_modes_may_be_in_train_mode(kind):
    torch.manual_seed(0)
    net = ready(SAME_IN_BOTH[kind]())
    sequences = sd.backgrounds.uniform(LENGTH).sample(6, rng=0)
    in_train = wrapped(net).predict(sequences)
    assert net.training, "no flag is changed"
    np.testing.assert_array_equal(in_train, wrapped(net.eval()).predict(sequences))


@pytest.mark.parametrize("kind", OTHER)
def test_a_network_with_modes_may_not(kind):
    with pytest.raises(InputError, match=r"train mode.*net\.eval\(\)"):
        wrapped(ready(OTHER[kind]()))


def test_a_lazy_layer_is_named_and_left_as_it_is():
    net = dense(nn.ReLU()).eval()
    with pytest.raises(InputError, match=r"'3\.weight' of a lazy layer \(LazyLinear\).*Call net\(x\) once"):
        wrapped(net)
    assert torch.nn.parameter.is_lazy(net[3].weight)


@pytest.mark.filterwarnings("ignore")
def test_dynamic_quantization_is_named_and_the_advice_works():
    from torch.ao.quantization import quantize_dynamic

    torch.manual_seed(0)
    net = quantize_dynamic(nn.Sequential(nn.Flatten(), nn.Linear(4 * LENGTH, 3), nn.Linear(3, 1)).eval(), {nn.Linear})
    with pytest.raises(InputError, match=r"is quantized .*its part '1' \(Linear\).*before quantization.*batch=1"):
        wrapped(net.eval())
    model = wrapped(lambda x: net(torch.from_numpy(x)).numpy(), batch=1)
    assert np.isfinite(model.predict(sd.backgrounds.uniform(LENGTH).sample(6, rng=0))).all()


def test_a_weight_of_torchao_is_named():
    quantized = type("Int8Tensor", (nn.Parameter,), {"__module__": "torchao.dtypes"})
    net = Plain().eval()
    net.last.weight = quantized(net.last.weight.data)
    with pytest.raises(InputError, match=r"is quantized .*'last\.weight' \(Int8Tensor\)"):
        wrapped(net)


@pytest.mark.filterwarnings("ignore")
def test_members_of_quantized_layers_are_told_apart_by_their_packed_weights():
    from torch.ao.nn.quantized import Linear, Quantize

    def member(seed: int) -> nn.Module:
        torch.manual_seed(seed)
        layer = Linear(4 * LENGTH, 1)
        weight = torch.quantize_per_tensor(torch.randn(1, 4 * LENGTH), 0.02, 0, torch.qint8)
        layer.set_weight_bias(weight, torch.zeros(1))
        layer.scale = 0.1
        return nn.Sequential(nn.Flatten(), Quantize(1.0, 0, torch.quint8), layer, torch.ao.nn.quantized.DeQuantize())

    model = wrapped([member(0).eval(), member(1).eval()])
    assert model.members[0].sha256 != model.members[1].sha256
    with pytest.raises(InputError, match="same weights"):
        wrapped([member(0).eval(), member(0).eval()])
