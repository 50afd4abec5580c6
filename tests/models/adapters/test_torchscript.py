"""TorchScript, and modules around a module: what is called, hashed and traced."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from frameworks import LENGTH, Weights, frozen, scripted, torch_module, traced
from torch import nn

import seqdo as sd
from seqdo.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


def wrapped(obj, **options) -> sd.Model:
    return sd.wrap(obj, **{"alphabet": sd.DNA, "length": LENGTH, **options})


def drawn(seed: int, n: int = 9) -> tuple[sd.Sequences, np.ndarray]:
    codes = np.random.default_rng(seed).integers(0, 4, (n, LENGTH), np.uint8)
    return sd.Sequences.from_codes(codes), Weights()(np.eye(4)[codes].transpose(0, 2, 1))


@pytest.mark.parametrize("make", [scripted, traced, frozen])
def test_a_file_of_torchscript_predicts_the_same_after_it_was_loaded(make, tmp_path, seed):
    torch.jit.save(make(Weights()), tmp_path / "net.ts")
    sequences, expected = drawn(seed)
    model = wrapped(torch.jit.load(tmp_path / "net.ts"))
    np.testing.assert_allclose(model.predict(sequences)[0], expected, atol=1e-5)
    assert model.members[0].sha256 == wrapped(make(Weights())).members[0].sha256


def test_a_scripted_function_has_predictions_and_gradients(seed):
    @torch.jit.script
    def total(x: torch.Tensor) -> torch.Tensor:
        return x[:, 1].sum(1) * 3.0

    sequences, _ = drawn(seed)
    model = wrapped(total, layout="NCL")
    assert model.predict(sequences)[0, :, 0].tolist() == (3 * (sequences.codes == 1).sum(1)).tolist()
    assert model.gradients(sequences)[0, 0].tolist() == np.outer([0, 3, 0, 0], np.ones(LENGTH)).tolist()
    assert model.members[0].sha256 is None


def test_a_module_that_was_traced_in_train_mode_is_refused():
    script = torch.jit.script(torch_module(Weights()).train())
    with pytest.raises(InputError, match="train mode"):
        wrapped(script)


def test_a_trace_with_a_fixed_number_of_rows_is_refused():
    class Fixed(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.reshape(8, -1).sum(1)

    with pytest.raises(InputError, match=r"`layout`|failed|returned"):
        wrapped(torch.jit.trace(Fixed().eval(), torch.zeros(8, 4, LENGTH)), layout="NCL")


# --- modules around a module


def around() -> dict:
    return {
        "DataParallel": lambda net: nn.DataParallel(net),
        "AveragedModel": lambda net: torch.optim.swa_utils.AveragedModel(net),
        "both": lambda net: nn.DataParallel(torch.optim.swa_utils.AveragedModel(net)),
        "compile": lambda net: torch.compile(net),
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["DataParallel", "AveragedModel", "both", "compile"])
def test_a_module_around_a_module_is_left_out(kind, seed):
    outer = around()[kind](torch_module(Weights()))
    sequences, expected = drawn(seed)
    model = wrapped(outer)
    np.testing.assert_allclose(model.predict(sequences)[0], expected, atol=1e-5)
    assert model.name == "Sequential"
    assert model.members[0].sha256 == wrapped(torch_module(Weights())).members[0].sha256
    assert sd.choose_engine(model, "incremental").engine.name == "incremental"


def test_a_module_and_the_same_in_another_are_the_same_member():
    net = torch_module(Weights())
    with pytest.raises(InputError, match="separate training runs"):
        wrapped([net, nn.DataParallel(net)])


def test_train_mode_inside_is_still_seen():
    with pytest.raises(InputError, match="`Sequential` is in train mode"):
        wrapped(nn.DataParallel(torch_module(Weights()).train()))


# --- Lightning


def lightning_module():
    pytest.importorskip("lightning.pytorch", reason="lightning is not installed: make test-frameworks")
    from frameworks import lightning_module

    return lightning_module(Weights())


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_lightning_module_without_forward_is_refused_with_what_to_wrap(seed):
    module = lightning_module()
    with pytest.raises(InputError, match=r"train mode"):
        wrapped(module.train())
    kind = type(module)
    without = type("NoForward", (kind,), {"forward": kind.__mro__[1].forward})().eval()
    with pytest.raises(InputError, match=r"`NoForward` is a Lightning module without `forward`.*sd.wrap\(module.net"):
        wrapped(without)
    sequences, expected = drawn(seed)
    np.testing.assert_allclose(wrapped(without.net).predict(sequences)[0], expected, atol=1e-5)


def test_a_scripted_function_takes_further_inputs(seed):
    @torch.jit.script
    def dosed(x: torch.Tensor, dose: torch.Tensor) -> torch.Tensor:
        return x[:, 0].sum(1) * dose[:, 0]

    sequences, _ = drawn(seed)
    model = wrapped(dosed, layout="NCL", inputs={"dose": np.array([[3.0]])})
    np.testing.assert_allclose(model.predict(sequences)[0, :, 0], 3 * (sequences.codes == 0).sum(1))
    with pytest.raises(InputError, match=r"`inputs` has 'doses'.*takes x, dose"):
        wrapped(dosed, layout="NCL", inputs={"doses": (1,)})
    with pytest.raises(InputError, match="needs dose next to the sequence"):
        wrapped(dosed, layout="NCL")
