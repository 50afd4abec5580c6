"""PyTorch modules: found in a state, used in it, and left in it."""

from __future__ import annotations

import copy
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from seqdo.errors import InputError, RunError
from seqdo.models.adapters.torch import TorchNetwork
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.sequences import Sequences

LENGTH = 20


def network(*middle: nn.Module, outputs: int = 2) -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv1d(4, 6, 5), *middle, nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(6, outputs)
    ).eval()


def wrapped(net, **options):
    return wrap(net, **{"alphabet": DNA, "length": LENGTH, **options})


def state(net: nn.Module) -> dict:
    """All that wrapping must leave alone, randomness included."""
    return {
        "training": [part.training for part in net.modules()],
        "hooks": [(len(p._forward_hooks), len(p._forward_pre_hooks), len(p._backward_hooks)) for p in net.modules()],
        "grad": [(p.requires_grad, p.grad is None) for p in net.parameters()],
        "place": [(t.device, t.dtype, t.data_ptr()) for t in net.state_dict().values()],
        "values": [t.numpy().copy().tobytes() for t in net.state_dict().values()],
        "torch": torch.get_rng_state().tolist(),
        "numpy": str(np.random.get_state()),  # noqa: NPY002
        "python": random.getstate(),
        "grad mode": torch.is_grad_enabled(),
    }


def test_the_answers_are_the_modules_own(seed):
    net = network()
    codes = np.random.default_rng(seed).integers(0, 4, (9, LENGTH), np.uint8)
    answer = wrapped(net).predict(Sequences.from_codes(codes))[0]
    one_hot = torch.eye(4)[codes.astype(int)].transpose(1, 2)
    np.testing.assert_allclose(answer, net(one_hot).detach().numpy(), rtol=1e-6)


@pytest.mark.parametrize("broken", [False, True])
def test_a_module_is_left_as_it_was_found(broken):
    """MOD-18: flags of each part, hooks, requires_grad, device, dtype, values, randomness; also after a failure."""
    net = network(nn.Dropout(0.5), nn.BatchNorm1d(6))
    net[0].weight.requires_grad_(False)
    seen = []
    net[0].register_forward_hook(lambda *_: seen.append(1))
    before = state(net)
    model = wrapped(net)
    model.predict(Sequences.from_strings(["ACGT" * 5]))
    if broken:
        with pytest.raises(InputError):
            wrapped(net, outputs=["too", "many", "names"])
        handle = net[1].register_forward_hook(lambda *_: 1 / 0)
        with pytest.raises(RunError, match="ZeroDivisionError"):
            model.predict(Sequences.from_strings(["ACGT" * 5]))
        handle.remove()
    assert state(net) == before
    assert seen


@pytest.mark.parametrize("part", [None, 1, 2])
def test_train_mode_is_refused_in_any_part_and_not_switched_off(part):
    """MOD-02: dropout or batch norm, and the running mean has not moved."""
    net = network(nn.Dropout(0.5), nn.BatchNorm1d(6))
    (net if part is None else net[part]).train()
    before = state(net)
    with pytest.raises(InputError, match=r"train mode.*net.eval\(\)"):
        wrapped(net)
    assert state(net) == before


def test_a_module_put_in_train_mode_after_wrapping_is_refused_at_the_next_call():
    net = network(nn.Dropout(0.5))
    model = wrapped(net)
    net.train()
    with pytest.raises(InputError, match="train mode"):
        model.predict(Sequences.from_strings(["ACGT" * 5]))
    assert net.training


def test_dropout_on_purpose_is_allowed_noise_and_batch_norm_in_train_mode_never_is():
    """MOD-04, MOD-02."""
    net = network(nn.Dropout(0.5), nn.BatchNorm1d(6))
    net[1].train()
    assert wrapped(net, allow_noise=True).noise["output 0"] > 0
    net[2].train()
    before = state(net)
    with pytest.raises(InputError, match="BatchNorm1d"):
        wrapped(net, allow_noise=True)
    assert state(net) == before


def test_hidden_state_kept_between_calls_is_refused():
    """MOD-14."""

    class Remembers(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.cell, self.hidden = nn.RNN(4, 3, batch_first=True), None

        def forward(self, x):
            out, hidden = self.cell(
                x, self.hidden if self.hidden is not None and self.hidden.shape[1] == len(x) else None
            )
            self.hidden = hidden
            return out[:, -1]

    with pytest.raises(InputError, match="state between calls"):
        wrapped(Remembers().eval(), layout="NLC", length=3)


def test_a_layout_that_could_be_either_is_refused_until_it_is_declared():
    """MOD-32: length 4, and a net that flattens its input and so takes both."""
    square = nn.Sequential(nn.Conv1d(4, 2, 3), nn.Flatten(), nn.Linear(4, 1)).eval()
    with pytest.raises(InputError, match=r"accepts \(n, 4, 4\)"):
        wrapped(square, length=4)
    assert wrapped(square, length=4, layout="NCL").outputs == ("output",)
    torch.manual_seed(0)
    flat = nn.Sequential(nn.Flatten(), nn.Linear(4 * LENGTH, 1)).eval()
    with pytest.raises(InputError, match=r"accepts \(n, 4, 20\) and \(n, 20, 4\)"):
        wrapped(flat)
    first, last = (
        wrapped(flat, layout=layout).predict(Sequences.from_strings(["ACGTT" * 4])) for layout in ("NCL", "NLC")
    )
    assert first != last


def test_a_wrong_length_is_told_with_what_the_net_was_handed():
    net = nn.Sequential(nn.Conv1d(4, 2, 5), nn.Flatten(), nn.Linear(2 * 16, 1)).eval()
    assert wrapped(net).outputs == ("output",)
    with pytest.raises(InputError, match=r"\(8, 4, 30\).*RuntimeError.*check `length`"):
        wrapped(net, length=30)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_widened_with_a_warning_that_sizes_the_rounding(dtype):
    """MOD-10."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(4 * LENGTH, 1)).eval().to(dtype)
    with pytest.warns(UserWarning, match=r"16-bit floats, which round by up to .* SD"):
        model = wrapped(net, layout="NCL")
    assert model.predict(Sequences.from_strings(["ACGT" * 5])).dtype == np.float32


def test_the_first_parameters_dtype_is_used():
    """MOD-10: a float64 net fed float32 would raise."""
    net = network().double()
    assert wrapped(net).predict(Sequences.from_strings(["ACGT" * 5])).dtype == np.float64


def test_weights_on_the_device_meta_are_refused_by_name():
    """MOD-11."""
    with torch.device("meta"):
        net = nn.Sequential(nn.Conv1d(4, 2, 5)).eval()
    with pytest.raises(InputError, match=r"0\.weight.*device meta"):
        wrapped(net)


def test_no_graph_is_kept():
    """MOD-37."""
    kept = []
    net = network()
    net.register_forward_hook(lambda _m, _i, output: kept.append(output.grad_fn))
    wrapped(net)
    assert kept
    assert kept == [None] * len(kept)


def test_what_a_module_caches_in_a_run_is_still_fit_for_gradients():
    class Caches(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale, self.table = nn.Parameter(torch.ones(1)), None

        def forward(self, x):
            if self.table is None:
                self.table = torch.ones(x.shape[2])
            return (x[:, 1] * (self.table * self.scale)).sum(1)

    net = Caches().eval()
    wrapped(net, layout="NCL")
    net(torch.ones(2, 4, LENGTH)).sum().backward()
    assert net.scale.grad.item() == 2 * LENGTH


def test_the_hash_is_of_the_weights_and_of_nothing_else():
    net = network(nn.BatchNorm1d(6))
    same, other = copy.deepcopy(net), copy.deepcopy(net)
    other[1].running_mean[0] += 1e-3
    first, second, third = (wrapped(each).members[0].sha256 for each in (net, same, other))
    assert first == second != third
    assert first is not None
    assert len(first) == 64


def test_an_engine_finds_the_module_behind_a_member():
    net = network()
    found = wrapped(net, readout=lambda y: y[:, :1]).members[0].network
    assert isinstance(found, TorchNetwork)
    assert found.module is found.torch_module is found.source is net
    assert found.layout == "NCL"
    assert (found.device, found.on_cpu, found.batch) == ("cpu", True, 128)


def test_a_wrapped_module_can_go_to_another_process(seed):
    model = wrapped(network())
    sequences = Sequences.from_codes(np.random.default_rng(seed).integers(0, 4, (5, LENGTH), np.uint8))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(sequences), model.predict(sequences))  # noqa: S301


def test_models_are_wrapped_without_torch_where_it_is_not_loaded():
    code = """
import sys
from seqdo.models.wrap import wrap
from seqdo.models.planted import additive
from seqdo.sequences.alphabet import DNA
assert wrap(lambda x: x.sum((1, 2)), alphabet=DNA, length=9).outputs == ("output",)
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
