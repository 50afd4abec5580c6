"""The engine as a run uses it: shared edits are applied once, equal edits give equal bits, nothing else changes."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import product

import numpy as np
import pytest
import torch
from blank import blank
from torch import nn

import seqdo as sd
from seqdo.engine.full import Full
from seqdo.engine.incremental.compute.program import Program
from seqdo.engine.incremental.compute.tensor_backend import TensorBackend
from seqdo.errors import RunError
from seqdo.sequences.alphabet import DNA, KEEP
from seqdo.sequences.edit import Edit, apply
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import root

LENGTH = 40


def edit(text: str, start) -> Edit:
    return Edit(text, DNA.encode(text), start)


def another() -> nn.Sequential:
    """A member with other weights."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return nn.Sequential(nn.Conv1d(4, 5, 5), nn.ReLU(), nn.Flatten(), nn.Linear(5 * 36, 2)).eval()


def arms_of(design: sd.Design, n: int) -> list[list[Edit]]:
    return [list(arm.edits(root(0), 0, blank(n))) for arm in design.arms.values()]


def calls_of(name: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Arguments of a program's method from now on."""
    calls: list[tuple] = []
    method = getattr(Program, name)

    def counted(self, *args, **named):
        calls.append(args)
        return method(self, *args, **named)

    monkeypatch.setattr(Program, name, counted)
    return calls


def test_the_edit_that_many_arms_share_is_applied_once(net, engine_of, block, monkeypatch):
    engine = engine_of(net)
    arms = arms_of(sd.spacing("GATTACA", "CCG", gaps=range(1, 25), at=4), len(block))
    shared, times = Counter(e.start for arm in arms if len(arm) > 1 for e in arm).most_common(1)[0]
    assert (shared, times) == (4, 24)
    whole, rebased = calls_of("base", monkeypatch), calls_of("rebased", monkeypatch)
    state = engine.prepare(block)
    engine.evaluate(state, arms)
    assert sum(len(codes) for codes, *_ in whole) == len(block)
    # Chunk by chunk, in any order.
    codes = np.concatenate([codes for _, _, codes, _ in rebased])
    assert np.array_equal(np.unique(codes, axis=0), np.unique(apply(block, [edit("GATTACA", 4)]).codes, axis=0))
    assert len(codes) == len(block)


def test_edits_that_no_two_arms_share_cost_no_whole_pass(net, engine_of, block, monkeypatch):
    engine = engine_of(net)
    state = engine.prepare(block)
    whole, rebased = calls_of("base", monkeypatch), calls_of("rebased", monkeypatch)
    engine.evaluate(state, [[edit("GATT", start), edit("CC", start + 10)] for start in range(0, 28, 3)] + [[]])
    assert whole == rebased == []


class Curved(nn.Module):
    """Two branches, functions of a position that keep several tensors each, and a pool with overlapping windows."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.body = nn.Conv1d(4, 9, 5, padding=2), nn.Conv1d(9, 9, 3, padding=1)
        self.pool, self.head = nn.MaxPool1d(3, stride=2), nn.Linear(9 * 19, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.gelu(self.stem(x))
        return self.head(self.pool(x * torch.sigmoid(self.body(x))).flatten(1))


@pytest.mark.parametrize("curved", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
def test_a_rebased_base_is_the_base_of_the_changed_backgrounds(net, engine_of, block, curved, compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr("seqdo.engine.incremental.compute.program.CompiledBackend", TensorBackend)
    torch.manual_seed(4)
    (program,) = engine_of((Curved().eval() if curved else net).double()).programs
    after = apply(block, [edit("GATTACA", 4), edit("CC", 30)]).codes
    with torch.no_grad():
        plan = program.plan(np.array([*range(4, 11), 30, 31], np.int32))
        rebased, expected = program.rebased(program.base(block.codes), plan, after), program.base(after)
    assert rebased.activations.keys() == expected.activations.keys()
    for place, tensors in expected.activations.items():
        for tensor, reference in zip(rebased.activations[place], tensors, strict=True):
            torch.testing.assert_close(tensor, reference, rtol=0, atol=1e-12)
    for place, values in expected.materialized.items():
        torch.testing.assert_close(rebased.materialized[place], values, rtol=0, atol=1e-12)


def test_an_edit_that_writes_what_stands_there_changes_no_bit(net, engine_of, block):
    engine = engine_of(net, another())
    state = engine.prepare(block)
    same = Edit("same", block.codes[:, 3:30].copy(), 3)
    kept = Edit("kept", np.full(8, KEEP, np.uint8), 32)
    starts = np.arange(len(block)) % 9
    own = Edit("own", np.take_along_axis(block.codes, starts[:, None] + np.arange(5), 1), starts)
    half = block.codes[:, :6].copy()
    half[1::2] = (half[1::2] + 1) % 4
    arms = [[], [same], [same, kept], [own], [Edit("half", half, 0)], [edit("GATTACA", 9)]]
    y = engine.evaluate(state, arms)
    for arm in range(4):
        assert y[arm].tobytes() == state.predictions.tobytes()
    assert y[4, :, ::2].tobytes() == state.predictions[:, ::2].tobytes()
    assert (y[4, :, 1::2] != state.predictions[:, 1::2]).any()


@pytest.mark.parametrize("rows", [30, 7])
def test_done_adds_up_to_all_evaluations(net, engine_of, rows, seed):
    engine = engine_of(net, another())
    block = Sequences.from_codes(np.random.default_rng(seed).integers(0, 4, (rows, LENGTH)))
    same = Edit("same", block.codes[:, 3:9].copy(), 3)
    designs = [sd.spacing("GATTACA", "CCG", gaps=range(1, 25), at=4), sd.positions("GATT", range(0, 30, 4))]
    for arms in [[], [[]], [[same]], *([*arms_of(design, rows), [same]] for design in designs)]:
        evaluations: list[int] = []
        engine.evaluate(engine.prepare(block), arms, evaluations.append)
        assert sum(evaluations) == len(arms) * 2 * rows
        assert min(evaluations, default=0) >= 0


class Undefined(nn.Module):
    """The logarithm of 0.5 minus the number of GATTACAs: NaN for a sequence that has one."""

    def __init__(self) -> None:
        super().__init__()
        self.find = nn.Conv1d(4, 1, 7)
        self.find.weight.data = torch.eye(4)[torch.from_numpy(DNA.encode("GATTACA").astype(int))].T[None].contiguous()
        self.find.bias.data = torch.tensor([-6.0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.log(0.5 - torch.relu(self.find(x)).amax(2)) - 0.01 * x[:, 0].sum(1, keepdim=True)


def test_a_prediction_that_is_not_finite_is_reported_with_member_sequence_arm_and_background(net, seed):
    good = nn.Sequential(net, nn.Linear(2, 1)).eval()
    model = sd.wrap([good, Undefined().eval()], alphabet=DNA, length=LENGTH)
    block = Sequences.from_codes(np.random.default_rng(seed).integers(0, 3, (9, LENGTH)))  # no T, so no GATTACA
    background = 5
    block.codes[background, 10:17] = DNA.encode("GATTAGG")  # CA at 15 completes it in this background alone
    expected = apply(block, [edit("CA", 15)]).to_strings()
    assert [("GATTACA" in text) for text in expected] == [row == background for row in range(9)]
    design = sd.embed("CA", at=15)
    (arm,) = [name for name, arm in design.arms.items() if len(arm.edits(root(0), 0, blank(9)))]
    with pytest.raises(RunError) as caught:
        sd.run(design, model, block, rng=0, engine="incremental")
    message = str(caught.value)
    assert re.search(rf"arm {re.escape(arm)} on background {background}\b", message)
    assert model.members[1].name in message
    assert "nan" in message
    assert expected[background] in message


def test_threads_and_random_states_are_as_they_were(net, engine_of, block):
    model = sd.wrap(net, alphabet=DNA, length=LENGTH)
    before = torch.get_num_threads(), torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    grad = torch.is_grad_enabled()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            engine = engine_of(net)
            engine.evaluate(engine.prepare(block), arms_of(sd.spacing("GATTACA", "CCG", gaps=range(1, 9), at=4), 30))
            sd.run(sd.embed("GATT", at=3), model, block, rng=0, engine="incremental")
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before[0])
    assert torch.equal(torch.get_rng_state(), before[1])
    assert np.array_equal(np.random.get_state()[1], before[2])  # noqa: NPY002
    assert random.getstate() == before[3]
    assert torch.is_grad_enabled() == grad
    assert all(parameter.requires_grad and parameter.grad is None for parameter in net.parameters())
    assert not any(module._forward_hooks for module in net.modules())


DESIGNS = {
    "spacing": lambda: sd.spacing("GATTACA", "CCG", gaps=range(1, 25), at=4),
    "interaction": lambda: sd.interaction(["GATT", "CCG", "TTT"], at=[2, 12, 30]),
    "positions": lambda: sd.positions("GATTACA", range(0, 33)),
}


@pytest.mark.parametrize("design", DESIGNS)
def test_blocks_change_no_bit(design, net, seed):
    """Background 0 of a block may hold a pattern already, or part of it. That decides nothing for the others."""
    model = sd.wrap(net, alphabet=DNA, length=LENGTH)
    block = Sequences.from_codes(np.random.default_rng(seed).integers(0, 4, (30, LENGTH)))
    block.codes[0, 4:11] = block.codes[11, 4:11] = DNA.encode("GATTACA")
    block.codes[11, 12:] = block.codes[0, 12:]
    whole = sd.run(DESIGNS[design](), model, block, rng=0, engine="incremental").y
    for size in (1, 7, 11, 29):
        cut = sd.run(DESIGNS[design](), model, block, rng=0, engine="incremental", block=size).y
        assert cut.values.tobytes() == whole.values.tobytes(), size


@pytest.mark.parametrize("design", DESIGNS)
def test_the_order_of_arms_changes_no_bit(design, net, engine_of, block, seed):
    engine = engine_of(net)
    arms = arms_of(DESIGNS[design](), len(block))
    state = engine.prepare(block)
    y = engine.evaluate(state, arms)
    rng = np.random.default_rng(seed)
    for order in (np.arange(len(arms))[::-1], *(rng.permutation(len(arms)) for _ in range(4))):
        mixed = engine.evaluate(state, [arms[index] for index in order])
        assert mixed.tobytes() == y[order].tobytes()


PATTERNS = ["".join(letters) for letters in product("AC", "CG", "GT", "TA")]


def test_a_grid_of_two_shared_edits_has_the_same_bits_in_any_order(net, engine_of, block, seed):
    """Each arm shares its first edit with some arms and its second with others, equally often."""
    engine = engine_of(net)
    arms = [[edit(first, 2), edit(second, 30)] for first in PATTERNS for second in PATTERNS]
    state = engine.prepare(block)
    y = engine.evaluate(state, arms)
    rng = np.random.default_rng(seed)
    for _ in range(6):
        order = rng.permutation(len(arms))
        assert engine.evaluate(state, [arms[index] for index in order]).tobytes() == y[order].tobytes()


def test_the_block_and_its_state_can_be_used_again(net, engine_of, block):
    engine = engine_of(net)
    codes = block.codes.copy()
    state = engine.prepare(block)
    arms = arms_of(DESIGNS["spacing"](), len(block))
    first = engine.evaluate(state, arms)
    engine.evaluate(state, [[edit("TTTTTTTT", 0)]])
    assert engine.evaluate(state, arms).tobytes() == first.tobytes()
    assert np.array_equal(block.codes, codes)
    full = Full(engine.model)
    np.testing.assert_allclose(first, full.evaluate(full.prepare(block), arms), rtol=1e-5, atol=1e-6)
