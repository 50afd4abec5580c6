"""Groups and batches hold every changed row once, with its letters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Arm, choices, treated

from seqdo.engine.incremental.schedule.row_groups import MERGE_WIDTH, Group, batches, groups
from seqdo.models.model import Model
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA, KEEP, PAD
from seqdo.sequences.edit import Edit, apply
from seqdo.sequences.sequences import Sequences


@st.composite
def cases(draw: st.DrawFn) -> tuple[Model, Sequences, list[Arm]]:
    """Backgrounds of several lengths, with zeros on any side of them, and arms that write anything or nothing."""
    c = choices(draw, 80)
    length = c.whole(8, 40)
    pad = c.pick("left", "right", "centre")
    model = wrap(lambda x: x.sum((1, 2)), alphabet=DNA, length=length, pad=pad)
    return model, *treated(c, length, c.pick(max(length - 9, 8), length))


def grouped(model: Model, block: Sequences, arms: list[Arm], enough: int) -> list[Group]:
    edits = [(index, arm) for index, arm in enumerate(arms) if arm]
    return groups(model.arrange(block), model.offsets(block.lengths), block, edits, enough)


@given(cases(), st.integers(1, 30), st.integers(1, 5), st.integers(1, 7))
def test_every_changed_row_is_in_one_batch_with_its_letters(case, enough, chunk, limit):
    model, block, arms = case
    codes = model.arrange(block)
    afters = [model.arrange(apply(block, arm)) for arm in arms]
    expected = {
        (arm, row) for arm, after in enumerate(afters) for row in range(len(codes)) if (after[row] != codes[row]).any()
    }
    rows = []
    for batch in batches(grouped(model, block, arms, enough), chunk, limit):
        assert 0 < len(batch.rows) <= limit
        assert (np.diff(batch.positions) > 0).all()
        assert ((batch.rows >= 0) & (batch.rows < chunk)).all()
        for arm, row, letters in zip(batch.arms, batch.rows + batch.chunk * chunk, batch.letters, strict=True):
            whole = codes[row].copy()
            whole[batch.positions] = letters
            assert np.array_equal(whole, afters[arm][row])
            rows.append((int(arm), int(row)))
    assert len(rows) == len(set(rows))
    assert set(rows) == expected


@pytest.mark.parametrize("pad", ["left", "right", "centre"])
def test_edits_that_end_where_their_own_sequence_does_write_it_whole(pad):
    """Every letter becomes G, wherever the model has its zeros."""
    model = wrap(lambda x: x.sum((1, 2)), alphabet=DNA, length=9, pad=pad)
    block = Sequences.from_strings(["AAAAAAAA", "CCCCC", "TTTTTTT", "AAAA"])
    letters = np.where(np.arange(8) < block.lengths[:, None], 2, KEEP).astype(np.uint8)
    codes, edited = model.arrange(block), dict[int, list[int]]()
    for group in grouped(model, block, [[Edit("own", letters, 0)]], 1):
        for row, written in zip(group.rows, group.letters, strict=True):
            whole = codes[row].copy()
            whole[group.positions] = written
            edited[int(row)] = whole.tolist()
    assert edited == {row: np.where(codes[row] == PAD, PAD, 2).tolist() for row in range(4)}


@given(cases(), st.integers(1, 30))
def test_every_position_of_a_group_changes_in_one_of_its_rows(case, enough):
    model, block, arms = case
    codes = model.arrange(block)
    for group in grouped(model, block, arms, enough):
        assert ((group.letters != codes[np.ix_(group.rows, group.positions)]).any(0)).all()


def letters_at(*starts: int, width: int = 4) -> Arm:
    return [Edit(f"{width} at {start}", np.full(width, 2, np.uint8), start) for start in starts]


MODEL = wrap(lambda x: x.sum((1, 2)), alphabet=DNA, length=60)
BLOCK = Sequences.from_codes(np.zeros((6, 60), np.uint8))


def test_the_same_edit_of_many_arms_is_one_group_cut_into_full_batches():
    (group,) = grouped(MODEL, BLOCK, [letters_at(10)] * 5, 1000)
    assert group.positions.tolist() == [10, 11, 12, 13]
    assert len(group.rows) == 30
    # Two chunks of three backgrounds, 15 rows each, at most 8 at a time.
    assert [(batch.chunk, len(batch.rows)) for batch in batches([group], 3, 8)] == [(0, 8), (0, 7), (1, 8), (1, 7)]


def test_adjacent_groups_are_merged_until_there_are_enough_rows_or_they_are_too_wide():
    arms = [letters_at(start, width=1) for start in range(60)]
    spans = [(int(g.positions[0]), int(g.positions[-1])) for g in grouped(MODEL, BLOCK, arms, 1000)]
    assert [low for low, _ in spans] == [0, *(high + 1 for _, high in spans[:-1])]
    assert max(high - low + 1 for low, high in spans) == MERGE_WIDTH
    assert all(len(g.rows) <= 12 for g in grouped(MODEL, BLOCK, arms, 12))
    assert len(grouped(MODEL, BLOCK, arms, 6)) == 60


def test_edits_far_apart_are_not_merged():
    far = grouped(MODEL, BLOCK, [letters_at(2), letters_at(50)], 1000)
    assert [group.positions.tolist() for group in far] == [[2, 3, 4, 5], [50, 51, 52, 53]]
    (both,) = grouped(MODEL, BLOCK, [letters_at(2, 50)], 1000)
    assert both.positions.tolist() == [2, 3, 4, 5, 50, 51, 52, 53]
