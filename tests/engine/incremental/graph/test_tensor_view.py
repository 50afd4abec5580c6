"""Views against torch: what a view makes of a node's values is the tensor that torch would reshape."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqdo.engine.incremental.graph.tensor_view import ROWS, Axis, UnsupportedCallError, View

POSITIONS, ROW_COUNT = 6, 2


def image(*sizes: int) -> View:
    """A tensor (rows, *features, positions), each dimension an axis of its own."""
    features = tuple(Axis(size) for size in sizes)
    position = Axis(POSITIONS)
    return View(0, position, features, ((ROWS,), *((axis,) for axis in features), (position,)))


def values_of(view: View) -> torch.Tensor:
    """Values [position, row, feature] that are all different."""
    features = math.prod(axis.size for axis in view.features)
    return torch.arange(POSITIONS * ROW_COUNT * features).reshape(POSITIONS, ROW_COUNT, features)


@st.composite
def reshapes(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Sizes of feature axes, and others of the same product."""
    before = draw(st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=3))
    rest, after = math.prod(before), []
    while rest > 1:
        after.append(draw(st.sampled_from([d for d in range(2, rest + 1) if rest % d == 0])))
        rest //= after[-1]
    return tuple(before), tuple(after)


@given(reshapes())
def test_a_reshape_of_features_is_that_of_torch_or_refused(sizes):
    before, after = sizes
    view = image(*before)
    shape = (ROW_COUNT, *after, POSITIONS)
    try:
        reshaped = view.reshaped(("batch", *after, POSITIONS), "batch")
    except UnsupportedCallError:
        # Features may be split and merged, but not regrouped: some size ends inside an axis that it does not divide.
        ends, starts = {math.prod(after[: i + 1]) for i in range(len(after))}, {1}
        for size in before:
            starts.add(max(starts) * size)
        assert not ends <= starts
        return
    tensor = view.as_tensor(values_of(view)).reshape(shape)
    assert torch.equal(reshaped.as_tensor(values_of(reshaped)), tensor)
    assert torch.equal(reshaped.as_values(tensor), values_of(reshaped))


@pytest.mark.parametrize(("before", "after", "reason"), [((4, 3), (6, 2), "regroups"), ((2, 3, 2), (4, 3), "unevenly")])
def test_features_that_no_split_can_regroup_are_refused_at_once(before, after, reason):
    """6 of (4, 3) is 4 and half of an axis of 3: such a size was once split for ever."""
    with pytest.raises(UnsupportedCallError, match=reason):
        image(*before).reshaped(("batch", *after, POSITIONS), "batch")


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (("batch", 3, 2, 3), "splits positions"),
        (("batch", 3), "drops an axis"),
        ((6, 6), "mixes sequences"),
        ((3, "batch", 6), "mixes sequences"),
    ],
)
def test_rows_and_positions_stay_whole(shape, reason):
    with pytest.raises(UnsupportedCallError, match=reason):
        image(3).reshaped(shape, "batch")
