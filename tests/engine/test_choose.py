"""Which engine is chosen, and why not the faster one."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from torch import nn

import seqdo as sd
from seqdo.engine.choose import CHECKED, PREPARATION, choose_engine
from seqdo.engine.full import Full
from seqdo.engine.incremental.compute.program import Program
from seqdo.engine.incremental.graph.rules import RULES
from seqdo.engine.incremental.incremental import Incremental
from seqdo.errors import InputError, RunError
from seqdo.models.model import Model
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA

LENGTH = 60


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv1d(4, 8, 7, padding=3), nn.ReLU(), nn.MaxPool1d(2), nn.Dropout(0.5), nn.Flatten(), nn.Linear(240, 1)
    ).eval()


class Branching(nn.Module):
    """Branches on the first number."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv1d(4, 3, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer(x)
        # Both branches compute the same: a prediction must not depend on the rest of the batch.
        return x.relu().mean(2) if float(x[0, 0, 0]) > 0 else torch.relu(x).mean(2)


def plain(x: np.ndarray) -> np.ndarray:
    return x[:, 0].sum(1)


def half() -> Model:
    with pytest.warns(UserWarning, match="16-bit floats"):
        return wrap(network().half(), alphabet=DNA, length=LENGTH)


def noisy() -> Model:
    net = network()
    net[3].train()
    return wrap(net, alphabet=DNA, length=LENGTH, allow_noise=True)


def branching() -> Model:
    torch.manual_seed(0)
    return wrap(Branching().eval(), alphabet=DNA, length=LENGTH)


FALLS_BACK = {
    "a callable": (lambda: wrap(plain, alphabet=DNA, length=LENGTH), "plain is not a PyTorch module"),
    "16-bit floats": (half, "16-bit floats"),
    "noise": (noisy, "random numbers"),
    "a module that is one of several": (
        lambda: wrap([network(), plain], alphabet=DNA, length=LENGTH),
        "plain 1 is not a PyTorch module",
    ),
}


@pytest.mark.parametrize("case", FALLS_BACK)
def test_a_model_that_cannot_be_traced_is_predicted_whole_and_the_reason_given(case):
    make, reason = FALLS_BACK[case]
    model = make()
    choice = choose_engine(model)
    assert choice.engine.name == "full"
    assert reason in choice.explain().splitlines()[0]
    with pytest.raises(InputError, match=reason):
        choose_engine(model, "incremental")


def test_a_module_that_branches_on_its_input_is_predicted_whole_and_the_reason_given():
    choice = choose_engine(branching())
    assert choice.engine.name == "full"
    assert "can't be traced" in choice.reason


def test_a_module_is_explained_layer_by_layer_with_its_memory():
    choice = choose_engine(wrap(network(), alphabet=DNA, length=LENGTH))
    assert choice.engine.name == "incremental"
    first, *lines = choice.explain().splitlines()
    assert first.startswith("engine incremental: ")
    assert "MiB" in lines[0]
    assert f"{choice.engine.batch} edited" in lines[0]
    text = "\n".join(lines)
    for layer in ("0 (conv1d)", "1 (relu)", "2 (max_pool1d)", "5 (linear)"):
        assert layer in text
    # Eight letters of 60 through 7 taps reach 14 positions, in the middle 7 or 8 of the 30 of the pool.
    (pooled,) = [line for line in lines if "max_pool1d" in line]
    assert any(f"{n} of 30 positions" in pooled for n in (7, 8))


def test_an_explanation_covers_every_member_of_an_ensemble():
    choice = choose_engine(wrap([network(), network(1)], alphabet=DNA, length=LENGTH))
    assert choice.engine.name == "incremental"
    assert "2 members" in choice.explain()


def test_a_module_is_predicted_whole_if_an_edit_reaches_nearly_all_of_it():
    torch.manual_seed(0)
    # 4 letters to 32 features through one tap is little; 32 to 32 through 61 taps reaches everything from anywhere.
    mixed = nn.Sequential(nn.Conv1d(4, 32, 61, padding=30), nn.ReLU(), nn.Conv1d(32, 32, 61, padding=30), nn.ReLU())
    net = nn.Sequential(mixed, nn.Flatten(), nn.Linear(32 * 60, 1)).eval()
    choice = choose_engine(wrap(net, alphabet=DNA, length=LENGTH))
    assert choice.engine.name == "full"
    assert "nearly all" in choice.reason
    assert choose_engine(wrap(net, alphabet=DNA, length=LENGTH), "incremental").engine.gain < 1.2


# --- a faster engine that breaks


def breaks(*_args, **_more):
    raise KeyError("no such thing")


STEPS = {
    "tracing": lambda patch: patch.setattr("seqdo.engine.incremental.build.export", breaks),
    "reading the trace": lambda patch: patch.setattr("seqdo.engine.incremental.build.read", breaks),
    "translating a layer": lambda patch: patch.setitem(RULES, "max_pool1d", breaks),
    "compiling": lambda patch: patch.setattr("seqdo.engine.incremental.compute.program.CompiledBackend", breaks),
    "planning memory": lambda patch: patch.setattr("seqdo.engine.incremental.build.planned", breaks),
    "planning an edit": lambda patch: patch.setattr(Program, "plan", breaks),
    "checking": lambda patch: patch.setattr("seqdo.engine.incremental.build.check", breaks),
    "importing": lambda patch: patch.setitem(__import__("sys").modules, "seqdo.engine.incremental.build", None),
}


LATER = {
    "preparing a block": lambda patch: patch.setattr(Incremental, "prepare", breaks),
    "evaluating arms": lambda patch: patch.setattr(Incremental, "evaluate", breaks),
    "predicting numbers": lambda patch: patch.setattr(
        Incremental, "predictions", lambda *_: breaks()
    ),
}  # fmt: skip
"""What may break after the engine was chosen and checked."""


@pytest.fixture
def worthwhile(monkeypatch):
    """Every run is large enough for a faster engine."""
    monkeypatch.setattr("seqdo.engine.choose.PREPARATION", 0)


@pytest.mark.parametrize("step", [*STEPS, *LATER])
def test_whatever_breaks_in_a_faster_engine_is_a_warning_and_the_run_goes_on(step, monkeypatch, worthwhile):
    model = wrap(network(), alphabet=DNA, length=LENGTH)
    (STEPS | LATER)[step](monkeypatch)
    with pytest.warns(UserWarning, match="the incremental engine failed: ") as warned:
        outcomes = sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(LENGTH), n=10, rng=0)
    assert len(warned) == 1
    message = str(warned[0].message)
    assert "predicted whole instead" in message
    assert "no such thing" in message or step == "importing"
    assert ("layer 2 (max_pool1d)" in message) == (step == "translating a layer")
    assert outcomes.provenance["engine"] == "full"
    assert outcomes.provenance["engine_because"] in message
    expected = sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(LENGTH), n=10, rng=0, engine="full")
    assert outcomes.y.identical(expected.y)


@pytest.mark.parametrize("step", [step for step in STEPS if step != "importing"])
def test_a_named_engine_that_breaks_is_an_error_with_the_cause(step, monkeypatch):
    model = wrap(network(), alphabet=DNA, length=LENGTH)
    STEPS[step](monkeypatch)
    with pytest.raises(
        RunError, match=r"`engine='incremental'` for Sequential: .*no such thing.*engine=\"auto\""
    ) as error:
        choose_engine(model, "incremental")
    assert isinstance(error.value.__cause__.__cause__, KeyError)


def test_an_engine_that_breaks_in_its_second_block_keeps_the_first(monkeypatch, worthwhile):
    model = wrap(network(), alphabet=DNA, length=LENGTH)
    background, design = sd.backgrounds.uniform(LENGTH), sd.embed("GATTACA", at=20)
    expected = sd.run(design, model, background, n=30, rng=0, engine="incremental", block=10)
    evaluate, calls = Incremental.evaluate, []

    def breaks_at_once_after_one(self, *arguments):
        calls.append(1)
        return evaluate(self, *arguments) if len(calls) == 1 else breaks()

    monkeypatch.setattr(Incremental, "evaluate", breaks_at_once_after_one)
    with pytest.warns(UserWarning, match="no such thing") as warned:
        outcomes = sd.run(design, model, background, n=30, rng=0, block=10)
    assert len(warned) == 1
    assert len(calls) == 2  # the third block goes to the plain engine at once
    assert outcomes.provenance["engine"] == "full"
    np.testing.assert_allclose(outcomes.y, expected.y, rtol=1e-5, atol=1e-6)
    assert outcomes.y[:, :10].identical(expected.y[:, :10])


def test_an_error_of_the_model_during_a_run_is_its_own_and_no_engine_is_blamed(worthwhile):
    class Explosive(nn.Module):
        """Infinite where a sequence has GATTACAGATTACA, which no random one has."""

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv1d(4, 1, 14)
            with torch.no_grad():
                self.conv.weight[:] = torch.from_numpy(np.eye(4)[2 * [2, 0, 3, 3, 0, 1, 0]].T.copy())[None]
                self.conv.bias[:] = -13

        def forward(self, x):
            return 1 / torch.relu(1 - torch.relu(self.conv(x)).amax(2))

    model = wrap(Explosive().eval(), alphabet=DNA, length=LENGTH)
    with pytest.raises(RunError, match=r"^arm [^:]* on background 0, alone: .*predicted inf"):
        sd.run(sd.embed("GATTACAGATTACA", at=20), model, sd.backgrounds.uniform(LENGTH), n=10, rng=0)


# --- small runs


def test_a_small_run_takes_the_plain_engine_and_a_large_one_the_faster():
    model, work = wrap(network(), alphabet=DNA, length=LENGTH), multiplications_of(network())
    most = int(PREPARATION // work) + CHECKED
    assert choose_engine(model, evaluations=most).engine.name == "full"
    assert "small" in choose_engine(model, evaluations=most).reason
    assert choose_engine(model, evaluations=most + 1).engine.name == "incremental"
    assert choose_engine(model).engine.name == "incremental"
    assert choose_engine(model, "incremental", evaluations=1).engine.name == "incremental"


def multiplications_of(net):
    """Convolutions and dense layers, by their shapes."""
    conv, *_, dense = (part for part in net if isinstance(part, nn.Conv1d | nn.Linear))
    positions = LENGTH + 2 * conv.padding[0] - conv.kernel_size[0] + 1
    return positions * conv.weight.numel() + dense.weight.numel()


def test_a_choice_serves_several_runs_of_its_own_model_and_no_other():
    model, other = (wrap(network(seed), alphabet=DNA, length=LENGTH) for seed in (0, 1))
    choice = choose_engine(model)
    background, design = sd.backgrounds.uniform(LENGTH), sd.embed("GATTACA", at=20)
    outcomes = sd.run(design, model, background, n=10, rng=0, engine=choice)
    named = sd.run(design, model, background, n=10, rng=0, engine="incremental")
    assert outcomes.provenance["engine"] == "incremental"
    assert outcomes.y.identical(named.y)
    with pytest.raises(InputError, match="the model that it was chosen for"):
        sd.run(design, other, background, n=10, rng=0, engine=choice)


def test_a_model_that_is_itself_broken_raises_its_own_error_and_no_engine_is_blamed():
    net = network()
    model = wrap(net, alphabet=DNA, length=LENGTH)
    net.train()
    with pytest.raises(InputError, match="train mode"):
        choose_engine(model)
    net.eval()
    net[1].register_forward_hook(lambda *_: 1 / 0)
    with pytest.raises(RunError, match="`Sequential` failed on sequences 0 to 1: ZeroDivisionError"):
        choose_engine(model)


class Kept(nn.Module):
    """torch's attention takes another path while calls are watched, and its result has other strides then."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.heads = nn.Conv1d(4, 8, 5, padding=2), nn.MultiheadAttention(8, 2, batch_first=True)
        self.out = nn.Linear(8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x).transpose(1, 2)
        x = self.heads(x, x, x, need_weights=False)[0]
        return self.out(x.view(x.shape[0], -1, 8).mean(1))


class ByName(nn.Module):
    """A convolution and a dense layer whose arguments are named."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.out = nn.Conv1d(4, 8, 5), nn.Linear(8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.conv1d(input=x, weight=self.stem.weight).amax(2)
        return nn.functional.linear(input=x, weight=self.out.weight)


class Uncounted(nn.Module):
    """A network that refuses to be watched."""

    def __init__(self) -> None:
        super().__init__()
        self.net = network()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if torch.overrides._len_torch_function_stack():
            raise RuntimeError("watched")
        return self.net(x)


@pytest.mark.parametrize("make", [Kept, ByName, Uncounted])
def test_a_network_whose_multiplications_cant_be_counted_runs_all_the_same(make):
    torch.manual_seed(0)
    model = wrap(make().eval(), alphabet=DNA, length=LENGTH, layout="NCL")
    design, background = sd.embed("GATTACA", at=20), sd.backgrounds.uniform(LENGTH)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="the incremental engine failed")
        outcomes = sd.run(design, model, background, n=10, rng=0)
    expected = sd.run(design, model, background, n=10, rng=0, engine="full")
    np.testing.assert_allclose(outcomes.y, expected.y, rtol=1e-5, atol=1e-6)


class Attention(nn.Module):
    """Multi-head attention between positions."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.heads = nn.Conv1d(4, 8, 5, padding=2), nn.MultiheadAttention(8, 2, batch_first=True)
        self.out = nn.Linear(8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x).transpose(1, 2)
        return self.out(self.heads(x, x, x)[0].mean(1))


class Reshaped(nn.Module):
    """Rows and positions as one axis, with the sizes read from the shape."""

    def __init__(self) -> None:
        super().__init__()
        self.each, self.out = nn.Linear(4, 8), nn.Linear(8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, length = x.shape[0], x.shape[2]
        rows = x.transpose(1, 2).reshape(n * length, 4)
        return self.out(torch.relu(self.each(rows)).reshape(n, length, 8).mean(1))


@pytest.mark.parametrize("kind", ["rows first", "positions first", "mask", "weights of each head"])
def test_attention_that_returns_its_weights_is_translated(kind):
    """By default ``nn.MultiheadAttention`` scales a tensor whose first dimension holds rows and heads."""

    class Weighed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(nn.Conv1d(4, 8, 5, padding=2), nn.ReLU(), nn.MaxPool1d(4))
            self.heads = nn.MultiheadAttention(8, 2, batch_first=kind != "positions first")
            self.out = nn.Linear(8, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = self.stem(x)
            h = h.permute(2, 0, 1) if kind == "positions first" else h.transpose(1, 2)
            mask = torch.ones(LENGTH // 4, LENGTH // 4, dtype=torch.bool).triu(1) if kind == "mask" else None
            mixed, weights = self.heads(h, h, h, attn_mask=mask, average_attn_weights=kind != "weights of each head")
            return (
                self.out(mixed.amax(0 if kind == "positions first" else 1))
                + weights.square().flatten(1).sum(1)[:, None]
            )

    torch.manual_seed(0)
    model = wrap(Weighed().eval(), alphabet=DNA, length=LENGTH, layout="NCL")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        choice = choose_engine(model, "incremental")
    design, background = sd.positions("GATTACA", at=[0, 20, 53]), sd.backgrounds.uniform(LENGTH)
    outcomes, expected = (sd.run(design, model, background, n=10, rng=0, engine=each) for each in (choice, "full"))
    np.testing.assert_allclose(outcomes.y, expected.y, rtol=1e-6)  # float32 has 1e-7, and edits change about 1e-2


@pytest.mark.parametrize("make", [Attention, Reshaped])
def test_networks_that_compute_with_their_shapes_run_with_any_engine_that_is_chosen(make):
    """Whether or not the incremental engine understands them: at most a warning, and the predictions of ``full``."""
    torch.manual_seed(0)
    model = wrap(make().eval(), alphabet=DNA, length=LENGTH, layout="NCL")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="the incremental engine failed")
        outcomes = sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(LENGTH), n=10, rng=0)
    expected = sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(LENGTH), n=10, rng=0, engine="full")
    np.testing.assert_allclose(outcomes.y, expected.y, rtol=1e-5, atol=1e-6)


def test_the_plain_engine_takes_the_largest_batch_that_a_member_prefers():
    def batch(*objects) -> int:
        engine = choose_engine(wrap(list(objects), alphabet=DNA, length=LENGTH), "full").engine
        assert isinstance(engine, Full)
        return engine.batch

    assert batch(network(), network(1)) == 128
    assert batch(plain) == 512
    assert batch(network(), plain) == 512


# --- a module that changes between runs


class Scaled(nn.Module):
    """A network with a number and a tensor that are not parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.factor, self.shift = network(), 1.0, torch.zeros(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x) * self.factor + self.shift


def in_place(net: Scaled) -> None:
    with torch.no_grad():
        net.net[0].weight.mul_(2)
        net.net[5].bias.add_(3)


def state_dict(net: Scaled) -> None:
    net.load_state_dict({key: value + 0.1 for key, value in net.state_dict().items()})


def parameter(net: Scaled) -> None:
    net.net[0].weight = nn.Parameter(net.net[0].weight.detach() * 2)


def tensor_in_place(net: Scaled) -> None:
    net.shift += 2


def number(net: Scaled) -> None:
    net.factor = 2.0


def tensor(net: Scaled) -> None:
    net.shift = torch.ones(1)


def layer(net: Scaled) -> None:
    net.net[1] = nn.Softplus().eval()


@pytest.mark.parametrize("change", [in_place, state_dict, parameter, tensor_in_place, number, tensor, layer])
def test_a_change_of_a_module_between_two_runs_takes_effect_in_the_second(change):
    net = Scaled().eval()
    model = wrap(net, alphabet=DNA, length=LENGTH)
    design, null = sd.embed("GATTACA", at=20), sd.backgrounds.uniform(LENGTH)

    def predicted(engine: str) -> np.ndarray:
        return sd.run(design, model, null, n=10, rng=0, engine=engine).y.values

    before = predicted("incremental")
    np.testing.assert_allclose(before, predicted("full"), rtol=1e-5, atol=1e-5)
    change(net)
    after = predicted("incremental")
    assert not np.allclose(after, before, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(after, predicted("full"), rtol=1e-5, atol=1e-5)
