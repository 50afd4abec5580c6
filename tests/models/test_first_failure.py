"""A network that fails at its first call: the layout is blamed, or the further input that does not fit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import seqdo as sd
from seqdo.errors import InputError

L = 20


class Vector(nn.Module):
    """Joins a vector of 5 to 8 features of the sequence."""

    def __init__(self, channels_last: bool = False) -> None:
        super().__init__()
        self.conv, self.last, self.channels_last = nn.Conv1d(4, 8, 3), nn.Linear(8 + 5, 2), channels_last

    def forward(self, x, dose):
        x = x.transpose(1, 2) if self.channels_last else x
        return self.last(torch.cat([torch.relu(self.conv(x)).mean(2), dose], 1))


class Vectors(nn.Module):
    """Joins a vector of 5 and one of 3."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.last = nn.Conv1d(4, 8, 3), nn.Linear(8 + 5 + 3, 2)

    def forward(self, x, dose, state):
        return self.last(torch.cat([torch.relu(self.conv(x)).mean(2), dose, state], 1))


class Tracks(nn.Module):
    """Joins two tracks to 8 channels; without ``control`` it fails, whatever its default says."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.last = nn.Conv1d(4, 8, 3, padding=1), nn.Conv1d(10, 1, 1)

    def forward(self, x, control=None):
        return self.last(torch.cat([self.conv(x), control], 1)).mean(2)


class Cell(nn.Module):
    """Reads the number of a cell type: one for each sequence, or a column of them."""

    def __init__(self, column: bool = False) -> None:
        super().__init__()
        self.conv, self.cells, self.column = nn.Conv1d(4, 8, 3), nn.Embedding(5, 8), column

    def forward(self, x, cell):
        return (self.conv(x).mean(2) * self.cells(cell[:, 0] if self.column else cell)).sum(1)


class Product(nn.Module):
    """Weighs 5 features."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 5, 3)

    def forward(self, x, weights):
        return (self.conv(x).mean(2) * weights).sum(1)


def indexed(x, dose):
    return x[:, 0].sum(1) + 2 * dose[:, 0]


def weighed(x, weights):
    return (x * weights).sum((1, 2))


def column(x, dose):
    return x[:, 0].sum(1, keepdims=True) + dose


def refusal(net, inputs, **more) -> InputError:
    net = net.eval() if isinstance(net, nn.Module) else net
    with pytest.raises(InputError) as caught:
        sd.wrap(net, **{"alphabet": sd.DNA, "length": L, "inputs": inputs, **more})
    return caught.value


SHAPES = [
    (Vector(), "dose", (3,), "(5,)"),
    (Vector(), "dose", (9,), "(5,)"),
    (Vector(), "dose", (), "(5,)"),
    (Vector(), "dose", (5, 1), "(5,)"),
    (Vector(), "dose", (1, 5), "(5,)"),
    (Vector(channels_last=True), "dose", (4,), "(5,)"),
    (Tracks(), "control", (2, L - 1), "(2, 20)"),
    (Tracks(), "control", (2, 2 * L), "(2, 20)"),
    (Tracks(), "control", (L, 2), "(2, 20)"),
    (Tracks(), "control", (1, L), "(2, 20)"),
    (Tracks(), "control", (3, L - 2), "(2, 20)"),
    (Tracks(), "control", (L,), "(2, 20)"),
    (Cell(column=True), "cell", (), "(1,) of whole numbers"),
    (Product(), "weights", (3,), "(5,)"),
    (Product(), "weights", (5, 1), "(5,)"),
    (indexed, "dose", (), "(1,)"),
    (column, "dose", (), "(1,)"),
    (weighed, "weights", (3, L), "(4, 20)"),
    (weighed, "weights", (L, 4), "(4, 20)"),
]


@pytest.mark.parametrize(("net", "name", "shape", "accepted"), SHAPES)
def test_the_input_is_named_with_its_shape_and_the_one_that_is_accepted(net, name, shape, accepted):
    error, label = refusal(net, {name: shape}), getattr(net, "__name__", type(net).__name__)
    assert error.problem.startswith(f"`inputs['{name}']` is a row of shape {shape}, and `{label}` failed: "), error
    assert error.accepted.startswith(f"`{label}` works with {name} of shape {accepted}"), error
    assert "Error: " in error.problem  # the network's own reason


def test_the_advice_works(seed):
    error = refusal(Vector(), {"dose": (3,)})
    assert error.fix == "Write inputs={'dose': (5,)}"
    sd.wrap(Vector().eval(), alphabet=sd.DNA, length=L, inputs={"dose": (5,)})
    error = refusal(Cell(), {"cell": ()})
    assert error.fix == "Write inputs={'cell': np.zeros((1,), int)}"
    sd.wrap(Cell().eval(), alphabet=sd.DNA, length=L, inputs={"cell": np.zeros((1,), int)})


@pytest.mark.parametrize(
    ("value", "problem", "accepted"),
    [
        (np.array([2.0]), "a row of shape (), and", "of whole numbers"),
        (np.array([True]), "a row of shape () of bool, and", "of whole numbers"),
        (np.array([7]), "a row of shape () of int64, and", "of zeros, but not with its values of 7"),
        (np.array([-1]), "a row of shape () of int64, and", "of zeros, but not with its values of -1"),
    ],
)
def test_the_number_of_a_cell_type_has_the_type_and_the_range_of_the_embedding(value, problem, accepted):
    """No tokenizer is asked for: the embedding does not read the sequence."""
    error = refusal(Cell(), {"cell": value})
    assert error.problem.startswith(f"`inputs['cell']` is {problem} `Cell` failed: ")
    assert error.accepted == f"`Cell` works with cell {accepted}"


def test_where_either_of_two_could_be_wrong_both_are_named():
    error = refusal(Vectors(), {"dose": (4,), "state": (3,)})
    assert error.accepted == "`Vectors` works with dose of shape (5,), or with state of shape (4,)"


def test_where_both_are_wrong_all_that_was_received_is_listed():
    class Two(Tracks):
        def forward(self, x, control, dose):
            return super().forward(x, control)[:, 0] + (dose * torch.ones(7)).sum(1)

    error = refusal(Two(), {"control": (1, L - 3), "dose": (3,)})
    assert "control a row of shape (1, 17) and dose a row of shape (3,)" in error.problem
    assert "(2, 4, 20)" in error.problem
    assert "each further input" in error.accepted


@pytest.mark.parametrize(
    ("net", "inputs", "names"),
    [
        (Vector(), None, "dose"), (Vector(), {}, "dose"), (Vectors(), {"dose": (5,)}, "state"),
        (Vectors(), None, "dose and state"), (Tracks(), None, "control"), (Cell(), None, "cell"),
        (indexed, None, "dose"),
    ],
)  # fmt: skip
def test_an_input_that_was_left_out_is_named(net, inputs, names):
    error = refusal(net, inputs)
    assert error.problem.endswith(f"needs {names} next to the sequence")
    assert f'inputs={{"{names.split(" and ")[0]}": ...' in error.fix


@pytest.mark.parametrize("net", [Vector(), indexed, nn.Sequential(nn.Flatten(), nn.Linear(80, 1))])
def test_one_too_many_is_named(net):
    error = refusal(net, {"dose": (5,), "state": (2,)}, layout="NCL")
    assert error.problem == f"`inputs` has {'dose' if isinstance(net, nn.Sequential) else 'state'!r}"
    assert "the first is the sequence" in error.accepted


def test_another_layout_is_blamed_where_it_is_the_layout():
    def last(x, dose):
        return x[:, :, 0].sum(1) * dose[:, 0] + (x * np.ones((L, 4))).sum((1, 2))

    error = refusal(last, {"dose": (1,)})
    assert 'layout="NLC"' in error.fix
    assert "failed on its first input, of shape (2, 4, 20)" in error.problem
    error = refusal(Vector(), {"dose": (5,)}, layout="NLC")
    assert 'of shape (2, 20, 4) (`layout="NLC"`)' in error.problem
    assert "layout" in error.fix


def test_without_further_inputs_nothing_else_is_tried():
    calls = []

    def fails(x):
        calls.append(len(x))
        raise ValueError("no")

    refusal(fails, None)
    assert len(calls) <= 2


def test_a_slow_network_is_not_tried_for_long(monkeypatch):
    from seqdo.models import first_failure

    calls = []

    def fails(x, dose):
        calls.append(len(x))
        raise ValueError("17 23 29")

    refusal(fails, {"dose": (3,)})
    many = len(calls)
    assert 5 < many <= 2 * first_failure.TRIALS
    calls.clear()
    monkeypatch.setattr(first_failure, "PATIENCE", 0.0)
    refusal(fails, {"dose": (3,)})
    assert len(calls) <= 5
