"""Where and in which precision a module computes: a copy on another device, one-hot made there, 16 bits noticed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import seqdo as sd
from seqdo.errors import InputError
from seqdo.models.adapters import torch as adapter
from seqdo.models.input_layout import encode

LENGTH = 30


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv1d(4, 6, 5), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(6, 1)
    ).eval()  # fmt: skip


def wrapped(net, **more):
    return sd.wrap(net, **{"alphabet": sd.DNA, "length": LENGTH, "layout": "NCL", "outputs": ["y"], **more})


def drawn(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 5, (7, LENGTH), np.uint8)


@pytest.mark.parametrize("layout", ["NCL", "NLC", "codes"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_input_made_by_torch_is_that_of_numpy_bit_for_bit(layout, dtype, seed):
    net = network().to(dtype)
    call = adapter.TorchNetwork("net", layout, lambda raw: raw, net)
    codes = drawn(seed)
    made = call.encode(codes)
    assert made.dtype == (torch.long if layout == "codes" else dtype)
    np.testing.assert_array_equal(made.numpy(), encode(codes, layout))
    assert made.is_contiguous()


def test_a_module_that_is_there_already_is_used_itself():
    net = network()
    assert wrapped(net, device="cpu").members[0].network.torch_module is net


def test_another_device_gets_a_copy_and_the_module_stays_where_it_is(monkeypatch):
    """No GPU is needed to see this: the device "meta" has shapes, and stands for any other."""
    net = network()
    before = [(tensor.device, tensor.data_ptr()) for tensor in net.parameters()]
    call = wrapped(net).members[0].network
    monkeypatch.setattr(adapter, "checked_device", lambda _: torch.device("meta"))
    moved = call.on_device("cuda:0")
    assert {tensor.device.type for tensor in moved.module.parameters()} == {"meta"}
    assert moved.encode(drawn(0)).device.type == "meta"
    assert (moved.device, moved.on_cpu, moved.batch) == ("meta", False, 512)
    assert [(tensor.device, tensor.data_ptr()) for tensor in net.parameters()] == before
    assert call.module is net


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "meta", "", 7])
def test_a_device_that_is_not_there_is_refused_by_name(device):
    with pytest.raises(InputError, match=r'`device=.*PyTorch is needed.*device="cpu"'):
        wrapped(network(), device=device)


def test_a_function_chooses_its_device_itself():
    with pytest.raises(InputError, match=r"`device='cpu'` for `lambda`.*PyTorch modules only"):
        wrapped(lambda x: x.sum((1, 2)), device="cpu")


class Autocast(nn.Module):
    """Computes in 16 bits inside, and returns float32."""

    def __init__(self, dtype: torch.dtype | None) -> None:
        super().__init__()
        self.net, self.dtype = network(), dtype

    def forward(self, x):
        if self.dtype is None:
            return self.net(x)
        with torch.autocast("cpu", dtype=self.dtype):
            return self.net(x).float()


class Halved(nn.Module):
    """One layer in 16 bits among others in float32."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.rest = network()[0], network()[1:]
        self.first.to(torch.bfloat16)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.rest(self.first(x.to(torch.bfloat16)).float()) * self.scale


@pytest.mark.parametrize("net", [Autocast(torch.bfloat16), Autocast(torch.float16), Halved()])
def test_sixteen_bits_inside_are_noticed_and_said(net):
    with pytest.warns(UserWarning, match=r"computes in 16-bit floats inside.*autocast.*net.float\(\)") as warned:
        model = wrapped(net.eval())
    assert len(warned) == 1
    choice = sd.choose_engine(model)
    assert choice.engine.name == "full"
    assert "16-bit floats" in choice.reason


def test_a_module_without_them_is_not_warned_about(recwarn):
    assert not wrapped(Autocast(None).eval()).members[0].half
    assert not wrapped(network().double()).members[0].half
    assert not recwarn


@pytest.mark.parametrize("form", [torch.jit.script, lambda net: torch.jit.trace(net, torch.zeros(2, 4, LENGTH))])
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_scripts_can_be_watched(form, seed):
    net = network()
    codes = sd.Sequences.from_codes(drawn(seed) % 4)
    np.testing.assert_allclose(wrapped(form(net)).predict(codes), wrapped(net).predict(codes), rtol=1e-6)
