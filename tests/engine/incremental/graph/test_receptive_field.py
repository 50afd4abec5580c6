"""The geometry of layers against enumeration, and against the support of torch's own convolutions."""

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
def test_reach_is_every_output_that_reads_a_changed_position(reads, draw):
    changed = some_of(draw, reads.inputs)
    there = set(changed.tolist())
    assert reads.reached_by(changed).tolist() == [o for o, row in enumerate(reads.table) if there & set(row.tolist())]


@given(st.integers(1, 12), st.data())
def test_common_and_either_are_those_of_sets(length, draw):
    one, other = some_of(draw, length), some_of(draw, length)
    assert intersection(one, other, length).tolist() == sorted(set(one.tolist()) & set(other.tolist()))
    assert union(one, other, length).tolist() == sorted(set(one.tolist()) | set(other.tolist()))


@given(st.one_of(tables(), windows()), st.data())
def test_needs_is_every_position_that_a_wanted_output_reads(reads, draw):
    wanted = some_of(draw, reads.outputs)
    expected = {int(position) for o in wanted for position in reads.table[o] if position >= 0}
    assert reads.needed_by(wanted).tolist() == sorted(expected)


@given(st.one_of(tables(), windows()))
def test_reach_and_needs_are_each_others_inverse(reads):
    for position in range(reads.inputs):
        reached = set(reads.reached_by(np.array([position], np.int32)).tolist())
        assert reached == {o for o in range(reads.outputs) if position in reads.needed_by(np.array([o], np.int32))}


@given(st.data())
def test_after_reads_what_the_first_reads(draw):
    first = draw.draw(tables(taps=1))
    second = draw.draw(tables(inputs=first.outputs))
    both = second.composed_with(first)
    values = np.arange(1, first.inputs + 1)  # 0 is padding

    def through(reads: ReceptiveField, source: np.ndarray) -> np.ndarray:
        return np.array([[source[position] if position >= 0 else 0 for position in row] for row in reads.table])

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
    found = functional.conv1d(impulses, numbers, stride=stride, dilation=dilation, padding=padding)[:, 0]
    reads = window(inputs, taps, stride=stride, dilation=dilation, offset=padding)
    assert np.array_equal(response(reads), found.numpy())


@given(
    inputs=st.integers(1, 14), taps=st.integers(1, 5), stride=st.integers(1, 4), dilation=st.integers(1, 3),
    padding=st.integers(0, 5), more=st.integers(0, 3),
)  # fmt: skip
def test_spread_is_what_conv_transpose1d_reads(inputs, taps, stride, dilation, padding, more):
    more = min(more, max(stride, dilation) - 1)
    outputs = (inputs - 1) * stride - 2 * padding + dilation * (taps - 1) + 1 + more
    assume(outputs > 0)
    found = functional.conv_transpose1d(
        torch.eye(inputs)[:, None], torch.arange(1.0, taps + 1).view(1, 1, taps), stride=stride, dilation=dilation,
        padding=padding, output_padding=more,
    )[:, 0]  # fmt: skip
    reads = transposed_window(inputs, taps, stride=stride, dilation=dilation, offset=padding, outputs=outputs)
    assert np.array_equal(response(reads), found.numpy())


def response(reads: ReceptiveField) -> np.ndarray:
    """(inputs, outputs): what each output answers to 1 at each input, if tap t multiplies by t + 1."""
    found = np.zeros((reads.inputs, reads.outputs))
    for o, row in enumerate(reads.table):
        for tap, position in enumerate(row):
            if position >= 0:
                found[position, o] += tap + 1
    return found


@given(st.integers(1, 9))
def test_each_is_the_one_geometry_that_is_the_same(inputs):
    assert identity(inputs).is_identity
    assert all_positions(inputs).is_identity == (inputs == 1)
    assert window(inputs, 1).is_identity
    assert not window(inputs + 1, 2).is_identity
    assert not window(inputs + 1, 1, stride=2).is_identity
    assert gathered(np.arange(inputs), inputs).is_identity
    assert not gathered(np.arange(inputs), inputs + 1).is_identity
    assert not gathered(np.append(np.arange(inputs)[1:], -1), inputs).is_identity


@given(st.integers(1, 9))
def test_everything_is_one_output_that_reads_each_position_once(inputs):
    assert all_positions(inputs).table.tolist() == [list(range(inputs))]


def test_picked_reads_zero_outside():
    assert gathered(np.array([2, -3, 0, 3, 1]), 3).table[:, 0].tolist() == [2, -1, 0, -1, 1]


@given(st.data(), st.integers(1, 9))
def test_index_of_finds_each_place_and_keeps_none(draw, length):
    places = some_of(draw, length)
    index = index_of(places, length)
    assert index[-1] == -1
    assert [int(i) for i in index[:length]] == [places.tolist().index(p) if p in places else -1 for p in range(length)]


@given(st.one_of(tables(), windows()), st.data())
def test_between_is_from_the_first_tap_that_reads_a_changed_position_to_the_last(reads, draw):
    changed, outputs = some_of(draw, reads.inputs), some_of(draw, reads.outputs)
    there = set(changed.tolist())
    inside, before, behind = reads.changed_taps(outputs, changed)
    for o, found, one, other in zip(outputs, inside.tolist(), before.tolist(), behind.tolist(), strict=True):
        row = reads.table[o].tolist()
        hit = [tap for tap, position in enumerate(row) if position in there]
        first, last = (hit[0], hit[-1]) if hit else (0, -1)
        assert [p for p in found if p >= 0] == [p for p in row[first : last + 1] if p >= 0]
        assert (one, other) == (first - 1, last + 1 if last + 1 < len(row) else -1)
