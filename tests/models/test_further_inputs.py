"""Further inputs: every sequence gets the same row, in functions, modules, gradients, and both engines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import seqdo as sd
from seqdo.errors import InputError

LENGTH = 60


class Controlled(nn.Module):
    """A small BPNet with control tracks (n, 2, length) and a condition (n, 3)."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv1d(4, 8, 5, padding=2), nn.ReLU(), nn.Conv1d(8, 8, 5, padding=2), nn.ReLU())
        self.profile, self.total = nn.Conv1d(10, 2, 1), nn.Linear(8 + 3, 1)

    def forward(self, x, control, condition=None):
        body = self.body(x)
        profile = self.profile(torch.cat([body, control], 1))
        condition = torch.zeros(len(x), 3, dtype=x.dtype) if condition is None else condition
        return {"profile": profile, "counts": self.total(torch.cat([body.mean(2), condition], 1))}


CONTROL = np.random.default_rng(1).normal(size=(1, 2, LENGTH)).astype(np.float32)
CONDITION = np.array([[1.0, -2.0, 0.5]])
SCALE = np.array([[3]], np.float32)
READOUT = sd.readout.head("profile", axes="n strands positions").softmax(total="counts").window(10, 50).counts()


def truth(net: nn.Module, codes: np.ndarray) -> np.ndarray:
    x = torch.eye(4)[codes.astype(int)].transpose(1, 2)
    control, condition = torch.tensor(CONTROL).repeat(len(x), 1, 1), torch.tensor(CONDITION).float().repeat(len(x), 1)
    with torch.no_grad():
        return READOUT(net(x, control, condition)).numpy()


def wrapped(net=None, **more):
    inputs = {"control": CONTROL, "condition": CONDITION}
    net = Controlled().eval() if net is None else net
    return sd.wrap(net, **{"alphabet": sd.DNA, "length": LENGTH, "readout": READOUT, "inputs": inputs, **more})


def drawn(seed: int) -> sd.Sequences:
    return sd.Sequences.from_codes(np.random.default_rng(seed).integers(0, 4, (9, LENGTH), np.uint8))


@pytest.mark.parametrize("form", ["array", "tensor", "function"])
def test_every_sequence_gets_the_row_whatever_its_form(form, seed):
    forms = {
        "array": lambda row: row,
        "tensor": lambda row: torch.tensor(row),
        "function": lambda row: lambda n: np.repeat(row, n, axis=0),
    }
    inputs = {"control": forms[form](CONTROL), "condition": forms[form](CONDITION)}
    net, sequences = Controlled().eval(), drawn(seed)
    np.testing.assert_allclose(
        wrapped(net, inputs=inputs).predict(sequences)[0, :, 0], truth(net, sequences.codes), rtol=1e-5
    )


def test_a_tuple_is_the_shape_of_a_row_of_zeros(seed):
    shaped, zeros = (
        wrapped(inputs={"control": value}).predict(drawn(seed))
        for value in ((2, LENGTH), np.zeros((1, 2, LENGTH), np.float32))
    )
    np.testing.assert_array_equal(shaped, zeros)
    assert not np.array_equal(shaped, wrapped(inputs={"control": CONTROL}).predict(drawn(seed)))


def test_a_function_gets_fresh_arrays_by_name(seed):
    def spoils(x, *, weight, offset=0.0):
        numbers = (x[:, 0] * weight).sum(1) + offset[:, 0]
        weight[:] = 0
        return numbers

    weight = np.arange(LENGTH)[None]
    inputs = {"weight": weight, "offset": np.array([[2.5]])}
    model = sd.wrap(spoils, alphabet=sd.DNA, length=LENGTH, inputs=inputs)
    sequences = drawn(seed)
    expected = [(weight[0] * (row == 0)).sum() + 2.5 for row in sequences.codes]
    for _ in range(2):
        np.testing.assert_allclose(model.predict(sequences)[0, :, 0], expected)
    assert "weight=constant(60)" in model.describe()["members"][0]["reading"]


@pytest.mark.parametrize("batch", [1, 4])
def test_a_module_that_writes_into_its_inputs_gets_the_same_row_again(batch, seed):
    class Writes(nn.Module):
        def forward(self, x, scale):
            y = x[:, 0].sum(1) * scale[:, 0]
            if len(x) == 1:  # torch refuses to write into the one row of several sequences
                scale.zero_()
            return y

    sequences = drawn(seed)
    model = sd.wrap(Writes().eval(), alphabet=sd.DNA, length=LENGTH, layout="NCL", inputs={"scale": SCALE})
    y = model.predict(sequences, batch=batch)[0, :, 0]
    np.testing.assert_array_equal(y, 3 * (sequences.codes == 0).sum(1))


@pytest.mark.parametrize("engine", ["incremental", "full"])
def test_both_engines_pass_them_on(engine, seed):
    net = Controlled().eval()
    model, null = wrapped(net, outputs=["y"]), sd.backgrounds.uniform(LENGTH)
    outcomes = sd.run(sd.embed("GATTACA", at=20), model, null, n=20, rng=seed, engine=engine)
    for arm in ("none", "GATTACA@20"):
        codes = outcomes.backgrounds.codes if arm == "none" else outcomes.edited(arm).codes
        np.testing.assert_allclose(outcomes.y.sel(arm=arm, output="y")[0], truth(net, codes), rtol=1e-4)


def test_a_float64_module_gets_them_in_its_type_and_has_gradients(seed):
    net = Controlled().double().eval()
    model, sequences = wrapped(net, outputs=["y"]), drawn(seed)[:2]
    gradients = model.gradients(sequences)[0]
    x = np.eye(4)[sequences.codes].transpose(0, 2, 1)
    up = x.copy()
    up[:, 1, 20] += 1e-6
    rows = {
        "control": torch.tensor(CONTROL).double().repeat(2, 1, 1),
        "condition": torch.tensor(CONDITION).repeat(2, 1),
    }
    with torch.no_grad():
        change = READOUT(net(torch.tensor(up), **rows)) - READOUT(net(torch.tensor(x), **rows))
    np.testing.assert_allclose(gradients[:, 1, 20], change / 1e-6, rtol=1e-3, atol=1e-6)
    assert model.members[0].network.last_layer_input(sequences.codes) is not None


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"controls": (2, LENGTH)}, r"`inputs` has 'controls': `Controlled` takes x, control, condition"),
        ({"control": CONTROL[0]}, r"shape \(2, 60\): .*one row for all.*values\[None\]"),
        ({"control": np.zeros((9, 2, LENGTH))}, r"where rows differ, .* sd.run\(..., inputs=\{'control': rows\}\)"),
        ({"control": 3.0}, r"shape \(\)"),
        ({"control": "zeros"}, "is a str.*Pass numbers"),
        ({"control": CONTROL * np.nan}, "NaN"),
        ({"control": lambda n: np.zeros((1, 2, LENGTH))}, r"returned shape \(1, 2, 60\) for n=2"),
        ({"control": lambda n: np.arange(float(n))[:, None]}, "rows that differ"),
        ([CONTROL], "`inputs` is a list.*control"),
        ({}, r"needs control next to the sequence.*inputs=\{.control.: \.\.\.\}"),
    ],
)
def test_what_is_no_constant_row_is_refused(inputs, message):
    with pytest.raises(InputError, match=message):
        wrapped(inputs=inputs)


def test_networks_whose_adapter_does_not_pass_them_on_are_refused(monkeypatch):
    from seqdo.models.adapters.function import FunctionNetwork

    monkeypatch.setattr(FunctionNetwork, "takes_inputs", False)
    with pytest.raises(InputError, match=r"`inputs` of `lambda`.*reads text"):
        sd.wrap(lambda x, c: x, alphabet=sd.DNA, length=4, layout="NCL", inputs={"c": (2,)})
