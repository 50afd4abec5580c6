"""Plans compute everything that changes in the network, and nothing that the prediction does not depend on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seqdo.engine.incremental.graph.nodes import Layer
from seqdo.engine.incremental.graph.trace import execute
from seqdo.engine.incremental.schedule.steps import demand, full_steps, macs, steps

LENGTH = 40


class Center(nn.Module):
    """A residual tower whose output is read at one position."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv1d(4, 5, 5, padding=2), nn.Conv1d(5, 5, 3, padding=4, dilation=4)
        self.last = nn.Conv1d(5, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.first(x))
        x = x + torch.relu(self.second(x))
        return self.last(x)[:, :, LENGTH // 2]


def named(program, name):
    return next(place for place, node in enumerate(program.nodes) if name in node.name)


def everything(program, codes):
    """The values (positions, rows, features) of each node that is a traced tensor, computed by the trace itself."""
    results = {program.trace.input: torch.eye(4)[codes.astype(int)].transpose(1, 2)}
    results |= program.trace.settled(len(codes))
    for call in program.trace.calls[1:-1]:
        results[call] = execute(call, results)
    return {view.node: view.as_values(results[call], len(codes)) for call, view in program.traced.items()}


@pytest.fixture
def center(engine_of):
    torch.manual_seed(1)
    return engine_of(Center().eval()).programs[0]


def test_demand_is_what_one_output_of_a_tower_reads(center):
    needed = center.demand.needed
    middle = LENGTH // 2
    # The last position reads itself and 4 to either side of it; each of those reads 2 to either side.
    first = {middle - 4, middle, middle + 4}
    assert set(needed[named(center, "second")].tolist()) == {middle}
    assert set(needed[named(center, "first")].tolist()) == first
    assert set(needed[0].tolist()) == {p + d for p in first for d in range(-2, 3)}


def test_a_letter_that_the_prediction_does_not_depend_on_makes_nothing_be_computed(center):
    needed = set(center.demand.needed[0].tolist())
    for position in range(LENGTH):
        plan = center.plan(np.array([position], np.int32))
        assert set(plan.changed.tolist()) == {position} & needed
        assert (plan.macs > 0) == (position in needed)
        assert any(len(step.region) for step in plan.steps) == (position in needed)


@pytest.mark.parametrize("which", ["pooled", "center"])
def test_every_position_that_changes_is_computed_again(which, net, engine_of, center, seed):
    """A region is exactly the needed positions whose values change when the traced network is run."""
    program = center if which == "center" else engine_of(net).programs[0]
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (50, LENGTH)).astype(np.uint8)
    before = everything(program, codes)
    for position in range(LENGTH):
        after = codes.copy()
        after[:, position] = (after[:, position] + 1) % 4
        plan = program.plan(np.array([position], np.int32))
        for node, values in everything(program, after).items():
            # What stays is the same to rounding; what changes does so by far more in one of 50 sequences.
            changed = ((values - before[node]).abs().amax((1, 2)) > 1e-5).nonzero()[:, 0].tolist()
            needed = set(program.demand.needed[node].tolist())
            region = set(plan.steps[node].region.tolist())
            assert set(changed) & needed <= region <= needed
            # The region is no larger than it must be: with 50 random sequences all of it moves somewhere.
            assert set(changed) & needed == region


def test_multiplications_are_those_of_what_is_computed(net, engine_of):
    (program,) = engine_of(net).programs
    # Letters are looked up (5 taps x 9 features for 40 positions), then 20 positions x 3 taps of 9 x 6, then dense.
    nodes, everything_needed = program.nodes, full_steps(program.demand)
    assert macs(nodes, everything_needed) == 40 * 5 * 9 + 20 * 3 * 9 * 6 + 20 * 6 * 2
    plan = program.plan(np.array([20], np.int32))
    # One letter: through 5 taps to 5 positions, so to 3 of the pool; each through 3 taps, to 7 positions for 20 // 2.
    regions = {node.name: len(step.region) for node, step in zip(nodes, plan.steps, strict=True)}
    assert list(regions.values()) == [1, 3, 7, 1]
    assert plan.macs < program.full_plan.macs


def test_steps_for_every_letter_are_the_whole(net, engine_of):
    (program,) = engine_of(net).programs
    all_letters = np.arange(LENGTH, dtype=np.int32)
    for step, full in zip(steps(program.demand, all_letters), full_steps(program.demand), strict=True):
        for table in ("region", "unpooled", "tap_sources", "skip_at", "base_at", "pool_inputs", "late_skip_at"):
            assert np.array_equal(getattr(step, table), getattr(full, table)), table


def test_no_letter_changes_nothing(net, engine_of):
    (program,) = engine_of(net).programs
    for step in steps(program.demand, np.zeros(0, np.int32)):
        assert not len(step.region)
        assert not len(step.unpooled)


def test_demand_of_nothing_is_nothing(net, engine_of):
    nodes = engine_of(net).programs[0].nodes
    assert not any(len(needed) for needed in demand(nodes, []).needed)
    assert all(isinstance(node, Layer) for node in nodes[1:])
