"""Views against torch: what a view makes of a node's values is the tensor that torch would reshape."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqdo.engine.incremental.graph.tensor_view import (
    ROWS,
    Axis,
    RowsTimes,
    SplitPositionsError,
    UnsupportedCallError,
    View,
)

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
        reshaped = view.reshaped((RowsTimes(), *after, POSITIONS))
    except UnsupportedCallError:
        # Features may be split and merged, but not regrouped: some size ends inside an axis that it does not divide.
        ends, starts = {math.prod(after[: i + 1]) for i in range(len(after))}, {1}
        for size in before:
            starts.add(max(starts) * size)
        assert not ends <= starts
        return
    tensor = view.as_tensor(values_of(view)).reshape(shape)
    assert torch.equal(reshaped.as_tensor(values_of(reshaped)), tensor)
    assert torch.equal(reshaped.as_values(tensor, ROW_COUNT), values_of(reshaped))


@pytest.mark.parametrize(("before", "after", "reason"), [((4, 3), (6, 2), "regroups"), ((2, 3, 2), (4, 3), "unevenly")])
def test_features_that_no_split_can_regroup_are_refused_at_once(before, after, reason):
    """6 of (4, 3) is 4 and half of an axis of 3: such a size was once split for ever."""
    with pytest.raises(UnsupportedCallError, match=reason):
        image(*before).reshaped((RowsTimes(), *after, POSITIONS))


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((RowsTimes(), 3, 2, 3), "splits positions"),
        ((RowsTimes(), 3), "drops an axis"),
        ((6, 6), "mixes sequences"),
        ((3, RowsTimes(), 6), "mixes sequences"),
        ((RowsTimes(4), 9), "regroups"),
    ],
)
def test_rows_and_positions_stay_whole(shape, reason):
    with pytest.raises(UnsupportedCallError, match=reason):
        image(3).reshaped(shape)


def test_the_error_of_split_positions_has_the_axis_and_its_outer_size():
    view = image(3)
    with pytest.raises(SplitPositionsError) as raised:
        view.reshaped((RowsTimes(), 3, 2, 3))
    assert raised.value.position is view.position
    assert raised.value.outer == 2


@pytest.mark.parametrize(
    "shape",
    [
        (RowsTimes(4 * POSITIONS), 3), (RowsTimes(4), 3, POSITIONS), (RowsTimes(2), 2, 3 * POSITIONS),
        (RowsTimes(POSITIONS * 12),),
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 0, 2, 3), (0, 3, 1, 2), (3, 0, 1, 2)])
def test_rows_merge_with_other_axes_as_in_torch_or_the_reshape_is_refused(shape, order):
    view = image(4, 3).permuted(order)
    sizes = [size.factor * ROW_COUNT if isinstance(size, RowsTimes) else size for size in shape]
    try:
        reshaped = view.reshaped(shape)
    except UnsupportedCallError:
        # Rows come with what stands before them, so a dimension of rows may end inside the next axis.
        assert order != (0, 1, 2, 3) or shape[0].factor == 4 * POSITIONS
        return
    tensor = view.as_tensor(values_of(view)).reshape(sizes)
    assert torch.equal(reshaped.as_tensor(values_of(reshaped)), tensor)
    assert torch.equal(reshaped.as_values(tensor, ROW_COUNT), values_of(reshaped))
    back = reshaped.reshaped([RowsTimes() if axis is ROWS else axis.size for axis in view.axes])
    assert torch.equal(back.as_tensor(values_of(view)), view.as_tensor(values_of(view)))
