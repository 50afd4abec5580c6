"""Gradients against weights, finite differences and formulas; and the user's module as it was before."""

from __future__ import annotations

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import seqdo as sd
from seqdo.errors import InputError, RunError
from seqdo.models.adapters.torch_gradients import gradient_mode, input_gradients
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.sequences import Sequences

LENGTH = 12
WEIGHTS = np.random.default_rng(5).normal(size=(3, 4, LENGTH))


class Linear(nn.Module):
    """Three outputs, each a sum of a weight for each letter at each position."""

    def __init__(self, layout: str = "NCL", dtype: torch.dtype = torch.float32, factor: float = 1.0) -> None:
        super().__init__()
        self.axes = {"NCL": "ncl", "NLC": "nlc"}[layout]
        self.table = nn.Parameter(torch.tensor(WEIGHTS * factor, dtype=dtype))

    def forward(self, x):
        return torch.einsum(f"{self.axes},ocl->no", x, self.table)


class Profile(nn.Module):
    """A dict of a profile (n, length, 2 strands) and counts (n,), both linear in the input."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.tensor(WEIGHTS[:2], dtype=torch.float32))

    def forward(self, x):
        return {"profile": torch.einsum("ncl,scl->nls", x, self.table), "counts": (x * self.table[0]).sum((1, 2))}


class Bent(nn.Module):
    """A convolutional network with smooth nonlinearities, so that differences converge."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(
            nn.Conv1d(4, 6, 5, padding=2), nn.GELU(), nn.BatchNorm1d(6), nn.Conv1d(6, 5, 3), nn.Softplus(), nn.Flatten()
        )
        self.head = nn.Linear(50, 2)

    def forward(self, x):
        return self.head(self.body(x)).tanh()


class Transposed(nn.Module):
    """The same network for input with the channels last."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x.transpose(1, 2))


def wrapped(net, **options):
    return wrap(net.eval(), **{"alphabet": DNA, "length": LENGTH, "layout": "NCL", **options})


def drawn(seed: int, n: int = 9) -> Sequences:
    return Sequences.from_codes(np.random.default_rng(seed).integers(0, 4, (n, LENGTH), np.uint8))


def differences(net: nn.Module, inputs: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Central differences (n, outputs, 4, length) in float64."""
    x = torch.tensor(inputs, dtype=torch.float64)
    slopes = torch.zeros(len(x), 2, 4, LENGTH, dtype=torch.float64)
    with torch.no_grad():
        for channel in range(4):
            for place in range(LENGTH):
                up, down = x.clone(), x.clone()
                up[:, channel, place] += step
                down[:, channel, place] -= step
                slopes[:, :, channel, place] = (net(up) - net(down)) / (2 * step)
    return slopes.numpy()


# --- the numbers


@pytest.mark.parametrize("layout", ["NCL", "NLC"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_of_a_linear_network_are_its_weights_whatever_the_layout(layout, dtype, seed):
    model = wrapped(Linear(layout, dtype), layout=layout, outputs=["a", "b", "c"])
    for number, output in enumerate("abc"):
        gradients = model.gradients(drawn(seed), output)
        assert gradients.shape == (1, 9, 4, LENGTH)
        assert gradients.dtype == np.float32
        np.testing.assert_array_equal(gradients[0], np.broadcast_to(WEIGHTS[number].astype(np.float32), (9, 4, LENGTH)))


def test_all_outputs_at_once_are_each_output_by_itself(seed):
    network = wrapped(Bent()).members[0].network
    codes = drawn(seed).codes
    together = network.gradients(codes)
    assert together.shape == (9, 2, 4, LENGTH)
    for output in (0, 1):
        np.testing.assert_allclose(network.gradients(codes, output), together[:, output], rtol=1e-6, atol=1e-8)
    assert not np.allclose(together[:, 0], together[:, 1])


@pytest.mark.parametrize("layout", ["NCL", "NLC"])
def test_gradients_at_real_valued_inputs_are_finite_differences(layout, seed):
    """Between two sequences and beyond, as integrated gradients need them; error of the differences: step², 1e-8."""
    net = Bent().double().eval()
    inputs = np.random.default_rng(seed).normal(size=(5, 4, LENGTH))
    before = inputs.copy()
    model = wrapped(net if layout == "NCL" else Transposed(net), layout=layout)
    gradients = model.members[0].network.gradients_at(inputs)
    np.testing.assert_allclose(gradients, differences(net, inputs), rtol=1e-4, atol=1e-7)
    assert np.array_equal(inputs, before)


def test_gradients_of_codes_are_those_at_their_one_hot(seed):
    network = wrapped(Bent()).members[0].network
    codes = drawn(seed).codes
    one_hot = np.eye(4)[codes].transpose(0, 2, 1)
    np.testing.assert_array_equal(network.gradients(codes, 1), network.gradients_at(one_hot, 1))


def test_members_of_an_ensemble_are_in_order(seed):
    model = wrap(
        [Linear(factor=factor).eval() for factor in (1, 2, -1)], alphabet=DNA, length=LENGTH, outputs=["a", "b", "c"],
        layout="NCL",
    )  # fmt: skip
    gradients = model.gradients(drawn(seed), "b")
    assert gradients.shape == (3, 9, 4, LENGTH)
    for member, factor in zip(gradients, (1, 2, -1), strict=True):
        np.testing.assert_allclose(member, np.broadcast_to(factor * WEIGHTS[1], (9, 4, LENGTH)), rtol=1e-6)


READOUTS = {
    "select": ("counts", WEIGHTS[0]),
    "a window": (
        sd.readout.head("profile", axes="n positions strands").window(3, 7).sum(),
        WEIGHTS[:2].sum(0) * ((np.arange(LENGTH) >= 3) & (np.arange(LENGTH) < 7)),
    ),
    "a list of rows": (lambda answer: list(answer["counts"][:, None]), WEIGHTS[0]),
}


@pytest.mark.parametrize("case", READOUTS)
def test_the_readout_is_part_of_what_is_differentiated(case, seed):
    readout, expected = READOUTS[case]
    gradients = wrapped(Profile(), readout=readout).gradients(drawn(seed))
    np.testing.assert_allclose(gradients[0], np.broadcast_to(expected, (9, 4, LENGTH)), rtol=1e-5, atol=1e-7)


def test_tasks_are_read_in_their_order(seed):
    model = wrapped(Linear(), readout=sd.readout.tasks(2, 0), outputs=["third", "first"])
    np.testing.assert_allclose(model.gradients(drawn(seed), "third")[0, 0], WEIGHTS[2], rtol=1e-6)
    np.testing.assert_allclose(model.gradients(drawn(seed), "first")[0, 0], WEIGHTS[0], rtol=1e-6)


def test_profile_counts_have_the_gradient_of_their_formula(seed):
    """Share × total: with softmax shares s, d(S·T) = T·(Σ_w ds) + S·T·d(log T), here by finite differences."""
    readout = sd.readout.profile_counts("profile", "counts", 2, 6)
    net = Profile().double().eval()

    class Read(nn.Module):
        def forward(self, x):
            return torch.stack([readout(net(x))] * 2, 1)

    codes = drawn(seed).codes
    expected = differences(Read(), np.eye(4)[codes].transpose(0, 2, 1))[:, 0]
    gradients = wrapped(net, readout=readout).gradients(Sequences.from_codes(codes))[0]
    np.testing.assert_allclose(gradients, expected, rtol=1e-4, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize(("pad", "letters"), [("left", slice(5, 12)), ("right", slice(0, 7)), ("centre", slice(2, 9))])
def test_columns_of_padding_are_zero_and_others_are_not(pad, letters):
    model = wrapped(Linear(), pad=pad, outputs=["a", "b", "c"])
    gradients = model.gradients(Sequences.from_strings(["GATTACA", "ACGTACGTACGT"]), "a")
    expected = np.zeros((4, LENGTH))
    expected[:, letters] = WEIGHTS[0][:, letters]
    np.testing.assert_allclose(gradients[0, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(gradients[0, 1], WEIGHTS[0], rtol=1e-6)


def test_batches_change_nothing(seed):
    model, sequences = wrapped(Bent(), outputs=["a", "b"]), drawn(seed, 20)
    whole = model.gradients(sequences, "a")
    for batch in (1, 7, 20):
        np.testing.assert_allclose(model.gradients(sequences, "a", batch=batch), whole, rtol=1e-5, atol=1e-7)


def test_no_sequences_have_no_gradients():
    assert wrapped(Bent(), outputs=["a", "b"]).gradients(drawn(0)[:0], "a").shape == (1, 0, 4, LENGTH)


# --- the modules that need care


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_caller_that_switched_gradients_off_still_gets_them(mode, seed):
    model = wrapped(Linear(), outputs=["a", "b", "c"])
    with mode():
        gradients = model.gradients(drawn(seed), "a")
        assert not torch.is_grad_enabled()
        assert torch.is_inference_mode_enabled() == (mode is torch.inference_mode)
    np.testing.assert_allclose(gradients[0, 0], WEIGHTS[0], rtol=1e-6)


@pytest.mark.parametrize("layout", ["NCL", "NLC"])
def test_a_module_may_write_into_its_input(layout, seed):
    class Writes(Linear):
        def forward(self, x):
            return super().forward(x.mul_(3))

    model = wrapped(Writes(layout), layout=layout, outputs=["a", "b", "c"])
    np.testing.assert_allclose(model.gradients(drawn(seed), "c")[0, 0], 3 * WEIGHTS[2], rtol=1e-6)


def test_a_recurrent_network_in_eval_mode_has_gradients(seed):
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.cell, self.head = nn.LSTM(4, 5, batch_first=True), nn.Linear(5, 2)

        def forward(self, x):
            return self.head(self.cell(x.transpose(1, 2))[0][:, -1])

    net = Recurrent().double().eval()
    inputs = np.random.default_rng(seed).normal(size=(3, 4, LENGTH))
    gradients = wrapped(net).members[0].network.gradients_at(inputs)
    np.testing.assert_allclose(gradients, differences(net, inputs), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(("kind", "enabled"), [(nn.LSTM, False), (nn.Linear, True)])
def test_cudnn_is_off_for_a_recurrent_network_on_a_gpu_and_on_again_afterwards(kind, enabled):
    """It refuses gradients of these layers in eval mode; no GPU is needed to see the switch."""

    module = kind(4, 5)
    module.parameters = lambda: [SimpleNamespace(is_cuda=True)]
    assert torch.backends.cudnn.enabled
    with gradient_mode(module):
        assert torch.backends.cudnn.enabled == enabled
    assert torch.backends.cudnn.enabled


def state(net: nn.Module) -> dict:
    """All that gradients must leave alone."""
    return {
        "training": [part.training for part in net.modules()],
        "hooks": [(len(p._forward_hooks), len(p._forward_pre_hooks), len(p._backward_hooks)) for p in net.modules()],
        "grad": [(p.requires_grad, None if p.grad is None else p.grad.tolist()) for p in net.parameters()],
        "values": [(t.data_ptr(), t.numpy().tobytes()) for t in net.state_dict().values()],
        "random": (torch.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()),  # noqa: NPY002
        "modes": (torch.is_grad_enabled(), torch.get_num_threads()),
    }


@pytest.mark.parametrize("broken", [False, True])
def test_a_module_is_left_as_it_was(broken, seed):
    """Some weights are frozen, one has a gradient of the user's own, and the network draws a number in vain."""

    class Draws(Bent):
        def forward(self, x):
            random.random()  # noqa: S311
            np.random.random()  # noqa: NPY002
            torch.rand(1)
            return super().forward(x)

    nets = [Draws().eval(), Draws().eval()]
    nets[0].body[0].weight.requires_grad_(False)
    nets[0].head.bias.grad = torch.ones(2)
    nets[1].head.bias.data += 1
    model = wrap(nets, alphabet=DNA, length=LENGTH, layout="NCL", outputs=["a", "b"])
    if broken:
        nets[1].head.register_forward_hook(lambda *_: 1 / 0)
    before = [state(net) for net in nets]
    if broken:
        with pytest.raises(RunError, match=r"`Draws 1` failed on sequences 0 to 8: ZeroDivisionError"):
            model.gradients(drawn(seed), "a")
    else:
        model.gradients(drawn(seed), "a")
    assert [state(net) for net in nets] == before


def test_a_noisy_model_goes_on_drawing(seed):
    net = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(4 * LENGTH, 1)).eval()
    net[1].train()
    model = wrap(net, alphabet=DNA, length=LENGTH, layout="NCL", allow_noise=True)
    first, second = (model.gradients(drawn(seed)) for _ in range(2))
    assert not np.array_equal(first, second)


# --- refusals


def test_an_embedding_of_codes_has_no_gradient_and_the_sentence_says_so():
    net = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(3 * LENGTH, 1))
    model = wrapped(net, layout="codes")
    with pytest.raises(InputError, match=r'`Sequential` reads codes \(`layout="codes"`\).*sd.mutagenesis'):
        model.gradients(drawn(0))
    with pytest.raises(InputError, match="reads codes"):
        model.members[0].network.gradients_at(np.zeros((1, 4, LENGTH)))


def test_a_function_has_no_gradient_and_no_other_member_is_computed_before_that_is_said():
    calls = []
    net = Linear().eval()
    model = wrap([net, lambda x: np.einsum("ncl,ocl->no", x, -WEIGHTS)], alphabet=DNA, length=LENGTH, layout="NCL")
    net.register_forward_hook(lambda *_: calls.append(1))
    with pytest.raises(InputError, match=r"`lambda 1` is a function.*Wrap the network itself.*sd.mutagenesis"):
        model.gradients(drawn(0), "output 0")
    assert not calls


class Argmax(nn.Module):
    """Letters by argmax, as networks with an embedding do that take one-hot."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = nn.Embedding(4, 1)

    def forward(self, x):
        return self.rows(x.argmax(1)).sum(1)


class NoGrad(Linear):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


DETACHED = {
    "argmax": (Argmax, None),
    "no_grad in forward": (NoGrad, None),
    "numpy in the readout": (Linear, lambda answer: answer.detach().numpy()),
    "a list of numbers": (Linear, lambda answer: answer[:, 0].tolist()),
}


@pytest.mark.parametrize("case", DETACHED)
def test_outputs_that_are_detached_from_the_input_are_refused_and_not_called_zero(case):
    make, readout = DETACHED[case]
    model = wrapped(make(), readout=readout)
    with pytest.raises(InputError, match=r"detached from its one-hot input.*argmax"):
        model.gradients(drawn(0), model.outputs[0])


def test_an_output_that_ignores_the_input_among_others_has_zeros(seed):
    """It is connected by the head that makes both: a constant has the gradient 0."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(4 * LENGTH, 2))
    net[1].weight.data[1] = 0
    gradients = wrapped(net, outputs=["a", "constant"]).gradients(drawn(seed), "constant")
    assert not gradients.any()


def test_a_model_with_several_outputs_needs_a_name_and_one_that_it_has():
    model = wrapped(Linear(), outputs=["a", "b", "c"])
    with pytest.raises(InputError, match=r"`output=None`: Linear predicts 'a', 'b', 'c'. Write output='a'"):
        model.gradients(drawn(0))
    with pytest.raises(InputError, match="`output='d'`"):
        model.gradients(drawn(0), "d")
    for number in (3, -1):
        with pytest.raises(InputError, match=rf"`output={number}`: `Linear` has outputs 0 to 2"):
            model.members[0].network.gradients(drawn(0).codes, number)


def test_a_gradient_that_is_not_finite_is_named_with_its_sequence():
    class Root(nn.Module):
        def forward(self, x):
            return (x[:, 0].sum(1) - 2).clamp(min=0).sqrt()

    model = wrapped(Root(), outputs=["y"])
    sequences = Sequences.from_strings(["AAAACCCCCCCC"] * 3 + ["AACCCCCCCCCC"])
    assert np.isfinite(model.gradients(sequences[:3])).all()
    with pytest.raises(RunError, match=r"`Root`: the gradient of 'y' is not finite on sequence 3 \(AACCCCCCCCCC\)"):
        model.gradients(sequences, batch=2)


def test_a_module_put_in_train_mode_is_refused():
    net = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(4 * LENGTH, 1))
    model = wrapped(net)
    net.train()
    with pytest.raises(InputError, match="train mode"):
        model.gradients(drawn(0))
    assert net.training


@pytest.mark.parametrize("shape", [(4, LENGTH), (2, LENGTH, 4), (2, 5, LENGTH)])
def test_inputs_of_another_shape_are_refused(shape):
    network = wrapped(Linear()).members[0].network
    with pytest.raises(InputError, match=r"`inputs` has shape .*\(n, 4, length\)"):
        network.gradients_at(np.zeros(shape))


def test_at_least_one_sequence_and_a_batch_of_one():
    network = wrapped(Linear()).members[0].network
    with pytest.raises(InputError, match=r"0 rows.*at least 1"):
        network.gradients(drawn(0).codes[:0])
    with pytest.raises(InputError, match=r"`batch=0`"):
        network.gradients(drawn(0).codes, batch=0)
    with pytest.raises(InputError, match=r"`batch=0`"):
        wrapped(Linear(), outputs=["a", "b", "c"]).gradients(drawn(0), "a", batch=0)


def test_one_output_and_one_row_stay_apart():
    leaf = torch.tensor([[2.0], [3.0]], requires_grad=True)
    assert input_gradients(lambda x: x[:, 0] ** 2, leaf, 0, "net").tolist() == [[[4.0]], [[6.0]]]
