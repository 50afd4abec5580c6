"""Receptive fields against enumeration, and against the impulse responses of torch's own convolutions."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.nn import functional

from seqdo.engine.incremental.graph.receptive_field import (
    ReceptiveField,
    all_positions,
    gathered,
    identity,
    index_of,
    intersection,
    transposed_window,
    union,
    window,
)


@st.composite
def tables(draw: st.DrawFn, inputs: int | None = None, taps: int | None = None) -> ReceptiveField:
    """Any table at all: outputs out of order, that read a position twice, or padding alone."""
    inputs = draw(st.integers(1, 9)) if inputs is None else inputs
    taps = draw(st.integers(1, 4)) if taps is None else taps
    row = st.lists(st.integers(-1, inputs - 1), min_size=taps, max_size=taps)
    rows = draw(st.lists(row, min_size=1, max_size=9))
    return ReceptiveField(np.array(rows, np.int32), inputs)


@st.composite
def windows(draw: st.DrawFn) -> ReceptiveField:
    """Windows and transposed windows as convolutions have them."""
    inputs, taps = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    stride, dilation, offset = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(0, 4))
    if draw(st.booleans()):
        outputs = (inputs - 1) * stride - 2 * offset + dilation * (taps - 1) + 1
        assume(outputs > 0)
        return transposed_window(inputs, taps, stride=stride, dilation=dilation, offset=offset, outputs=outputs)
    assume(inputs + 2 * offset > dilation * (taps - 1))
    return window(inputs, taps, stride=stride, dilation=dilation, offset=offset)


def some_of(draw: st.DataObject, count: int) -> np.ndarray:
    return np.array(sorted(draw.draw(st.sets(st.integers(0, count - 1)))), np.int32)


@given(st.one_of(tables(), windows()), st.data())
def test_reached_outputs_are_those_that_read_a_changed_position(field, draw):
    changed = some_of(draw, field.inputs)
    there = set(changed.tolist())
    assert field.reached_by(changed).tolist() == [o for o, row in enumerate(field.table) if there & set(row.tolist())]


@given(st.integers(1, 12), st.data())
def test_intersection_and_union_are_those_of_sets(length, draw):
    first, second = some_of(draw, length), some_of(draw, length)
    assert intersection(first, second, length).tolist() == sorted(set(first.tolist()) & set(second.tolist()))
    assert union(first, second, length).tolist() == sorted(set(first.tolist()) | set(second.tolist()))


@given(st.one_of(tables(), windows()), st.data())
def test_needed_positions_are_those_that_an_output_reads(field, draw):
    wanted = some_of(draw, field.outputs)
    expected = {int(position) for o in wanted for position in field.table[o] if position >= 0}
    assert field.needed_by(wanted).tolist() == sorted(expected)


@given(st.one_of(tables(), windows()))
def test_reached_and_needed_are_each_others_inverse(field):
    for position in range(field.inputs):
        reached = set(field.reached_by(np.array([position], np.int32)).tolist())
        assert reached == {o for o in range(field.outputs) if position in field.needed_by(np.array([o], np.int32))}


@given(st.data())
def test_a_composed_field_reads_what_the_first_reads(draw):
    first = draw.draw(tables(taps=1))
    second = draw.draw(tables(inputs=first.outputs))
    both = second.composed_with(first)
    values = np.arange(1, first.inputs + 1)  # 0 is padding

    def through(field: ReceptiveField, source: np.ndarray) -> np.ndarray:
        return np.array([[source[position] if position >= 0 else 0 for position in row] for row in field.table])

    assert both.inputs == first.inputs
    assert np.array_equal(through(both, values), through(second, through(first, values)[:, 0]))


@given(
    inputs=st.integers(1, 14), taps=st.integers(1, 5), stride=st.integers(1, 4), dilation=st.integers(1, 3),
    padding=st.integers(0, 5),
)  # fmt: skip
def test_window_is_what_conv1d_reads(inputs, taps, stride, dilation, padding):
    assume(inputs + 2 * padding > dilation * (taps - 1))
    numbers = torch.arange(1.0, taps + 1).view(1, 1, taps)  # tap t multiplies by t + 1
    impulses = torch.eye(inputs)[:, None]
    response = functional.conv1d(impulses, numbers, stride=stride, dilation=dilation, padding=padding)[:, 0]
    field = window(inputs, taps, stride=stride, dilation=dilation, offset=padding)
    assert np.array_equal(impulse_response(field), response.numpy())


@given(
    inputs=st.integers(1, 14), taps=st.integers(1, 5), stride=st.integers(1, 4), dilation=st.integers(1, 3),
    padding=st.integers(0, 5), more=st.integers(0, 3),
)  # fmt: skip
def test_transposed_window_is_what_conv_transpose1d_reads(inputs, taps, stride, dilation, padding, more):
    more = min(more, max(stride, dilation) - 1)
    outputs = (inputs - 1) * stride - 2 * padding + dilation * (taps - 1) + 1 + more
    assume(outputs > 0)
    response = functional.conv_transpose1d(
        torch.eye(inputs)[:, None], torch.arange(1.0, taps + 1).view(1, 1, taps), stride=stride, dilation=dilation,
        padding=padding, output_padding=more,
    )[:, 0]  # fmt: skip
    field = transposed_window(inputs, taps, stride=stride, dilation=dilation, offset=padding, outputs=outputs)
    assert np.array_equal(impulse_response(field), response.numpy())


def impulse_response(field: ReceptiveField) -> np.ndarray:
    """(inputs, outputs): the value of each output for a 1 at each input, if tap t multiplies by t + 1."""
    values = np.zeros((field.inputs, field.outputs))
    for o, row in enumerate(field.table):
        for tap, position in enumerate(row):
            if position >= 0:
                values[position, o] += tap + 1
    return values


@given(st.integers(1, 9))
def test_identity_is_recognized_in_any_form(inputs):
    assert identity(inputs).is_identity
    assert all_positions(inputs).is_identity == (inputs == 1)
    assert window(inputs, 1).is_identity
    assert not window(inputs + 1, 2).is_identity
    assert not window(inputs + 1, 1, stride=2).is_identity
    assert gathered(np.arange(inputs), inputs).is_identity
    assert not gathered(np.arange(inputs), inputs + 1).is_identity
    assert not gathered(np.append(np.arange(inputs)[1:], -1), inputs).is_identity


@given(st.integers(1, 9))
def test_all_positions_is_one_output_that_reads_each_position_once(inputs):
    assert all_positions(inputs).table.tolist() == [list(range(inputs))]


def test_gathered_reads_zero_outside():
    assert gathered(np.array([2, -3, 0, 3, 1]), 3).table[:, 0].tolist() == [2, -1, 0, -1, 1]


@given(st.data(), st.integers(1, 9))
def test_index_of_finds_each_place_and_keeps_none(draw, length):
    places = some_of(draw, length)
    index = index_of(places, length)
    assert index[-1] == -1
    assert [int(i) for i in index[:length]] == [places.tolist().index(p) if p in places else -1 for p in range(length)]


@given(st.one_of(tables(), windows()), st.data())
def test_changed_taps_are_from_the_first_that_reads_a_changed_position_to_the_last(field, draw):
    changed, outputs = some_of(draw, field.inputs), some_of(draw, field.outputs)
    there = set(changed.tolist())
    inside, before, behind = field.changed_taps(outputs, changed)
    for o, positions, previous, following in zip(
        outputs, inside.tolist(), before.tolist(), behind.tolist(), strict=True
    ):
        row = field.table[o].tolist()
        hit = [tap for tap, position in enumerate(row) if position in there]
        first, last = (hit[0], hit[-1]) if hit else (0, -1)
        assert [p for p in positions if p >= 0] == [p for p in row[first : last + 1] if p >= 0]
        assert (previous, following) == (first - 1, last + 1 if last + 1 < len(row) else -1)
