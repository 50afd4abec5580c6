"""Which rows are computed together: those whose letters change at the same positions, or at close ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.edit import Edit, written
from seqdo.sequences.sequences import Sequences

MERGE_WIDTH = 8
"""Positions up to which small adjacent groups are merged. What a single changed letter reaches is wider than that."""

Codes = NDArray[np.uint8]
ArmEdits = tuple[int, Sequence[Edit]]
"""An arm's index and its edits."""

Written = Sequence[tuple[NDArray[np.int64], Codes]]
"""For each edit the positions it writes and the letters, both (backgrounds, width)."""


@dataclass(frozen=True, eq=False)
class Group:
    """Rows whose letters change at the same positions.

    Attributes
    ----------
    positions : int32, sorted
    arms, rows : (rows,), the arm of each row, and its background in the block
    letters : (rows, positions), what each row has there
    """

    positions: NDArray[np.int32]
    arms: NDArray[np.int64]
    rows: NDArray[np.int64]
    letters: Codes


@dataclass(frozen=True, eq=False)
class Batch(Group):
    """Rows of one chunk of backgrounds, few enough to be computed at once; ``rows`` count within the chunk."""

    chunk: int


def groups(
    codes: Codes, offsets: NDArray[np.int64], block: Sequences, arms: Sequence[ArmEdits], enough: int
) -> list[Group]:
    """The rows that differ from ``codes``, by the positions where they differ; small adjacent groups are merged.

    Parameters
    ----------
    codes : (backgrounds, length), the block as the model reads it, or with an edit that all these arms share
    offsets : (backgrounds,), where each sequence begins in ``codes``
    block : the backgrounds that edits are applied to
    arms : each with its index and its edits
    enough : rows that fill a batch; larger groups are not merged
    """
    by_positions: dict[bytes, list[Group]] = {}
    for group in _changed_rows(codes, offsets, block, arms):
        by_positions.setdefault(group.positions.tobytes(), []).append(group)
    joined = [_joined(same, codes) for same in by_positions.values()]
    # By place, so that adjacent groups follow one another whatever the order of arms.
    joined.sort(key=lambda group: (int(group.positions[0]), int(group.positions[-1])))
    merged: list[list[Group]] = []
    rows = start = widest = 0
    for group in joined:
        first, last, more = int(group.positions[0]), int(group.positions[-1]), len(group.rows)
        # A merged group recomputes for each row what any of them reaches: that pays while their spans are close.
        if merged and rows + more <= enough and last - start < max(MERGE_WIDTH, 2 * widest):
            merged[-1].append(group)
            rows += more
        else:
            merged.append([group])
            rows, start, widest = more, first, len(group.positions)
    return [_joined(adjacent, codes) for adjacent in merged]


def batches(row_groups: Sequence[Group], chunk: int, limit: int) -> Iterator[Batch]:
    """Groups divided by chunks of ``chunk`` backgrounds, and then into batches of at most ``limit`` rows."""
    for group in row_groups:
        chunks = group.rows // chunk
        for number in np.unique(chunks):
            members = np.flatnonzero(chunks == number)
            # The arms of one background follow one another, so that what is kept of it is read once and stays cached.
            members = members[np.argsort(group.rows[members], kind="stable")]
            for start in range(0, len(members), limit):
                batch = members[start : start + limit]
                rows = group.rows[batch] - number * chunk
                yield Batch(group.positions, group.arms[batch], rows, group.letters[batch], int(number))


def _changed_rows(
    codes: Codes, offsets: NDArray[np.int64], block: Sequences, arms: Sequence[ArmEdits]
) -> Iterator[Group]:
    """The rows that change. Arms with one edit at one place are compared many at a time, others one by one."""
    by_width: dict[int, list[tuple[int, Edit]]] = {}
    length = int(block.lengths.max(initial=0))
    equal_lengths = bool((block.lengths == length).all())
    for arm, edits in arms:
        first = edits[0]
        same_place = len(edits) == 1 and np.ndim(first.start) == 0
        if equal_lengths and same_place and 0 <= int(first.start) <= length - first.width:
            by_width.setdefault(first.width, []).append((arm, first))
        else:
            yield from _rows_of_arm(codes, offsets, arm, written(block, edits))
    for single_edits in by_width.values():
        yield from _rows_of_single_edits(codes, int(offsets[0]), single_edits)


def _rows_of_single_edits(codes: Codes, offset: int, single_edits: Sequence[tuple[int, Edit]]) -> Iterator[Group]:
    """The rows that change in arms with a single edit; all edits have the same width."""
    arms = np.array([arm for arm, _ in single_edits])
    starts = np.array([int(edit.start) for _, edit in single_edits]) + offset
    shape = len(codes), single_edits[0][1].width
    letters = np.stack([np.broadcast_to(edit.letters, shape) for _, edit in single_edits], 1)
    before = codes[:, starts[:, None] + np.arange(shape[1])]  # (backgrounds, arms, width)
    after = np.where(letters == KEEP, before, letters)
    changed = before != after
    rows, columns = changed.any(2), changed.any(0)
    for same in _equal_rows(np.column_stack([starts, columns])):
        column = np.flatnonzero(columns[same[0]])
        if len(column):
            row, arm = np.nonzero(rows[:, same])
            positions = (starts[same[0]] + column).astype(np.int32)
            yield Group(positions, arms[same[arm]], row, after[row, same[arm]][:, column])


def _rows_of_arm(codes: Codes, offsets: NDArray[np.int64], arm: int, edits: Written) -> Iterator[Group]:
    """The rows of one arm that change; rows whose edits lie at the same positions form a group."""
    starts = np.stack([columns[:, 0] + offsets for columns, _ in edits], 1)
    same_everywhere = (starts == starts[0]).all()
    for rows in [np.arange(len(codes))] if same_everywhere else _equal_rows(starts):
        spans = [columns[rows[0]] + offsets[rows[0]] for columns, _ in edits]
        # An edit may end in KEEP beyond a short sequence of the block, and so beyond the model's last position.
        spans = [span[span < codes.shape[1]] for span in spans]
        positions = np.unique(np.concatenate(spans)).astype(np.int32)
        before = codes[rows[:, None], positions]
        after = before.copy()
        for span, (_, letters) in zip(spans, edits, strict=True):
            column = np.searchsorted(positions, span)
            new = letters[rows, : len(span)]
            after[:, column] = np.where(new == KEEP, after[:, column], new)
        changed = before != after
        row, column = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        if len(row):
            yield Group(positions[column], np.full(len(row), arm), rows[row], after[np.ix_(row, column)])


def _equal_rows(table: NDArray[np.integer]) -> list[NDArray[np.int64]]:
    """For each distinct row of a table, the indices of the rows that equal it, in ascending order."""
    number = np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)  # numpy 2.0 returns a column
    return np.split(np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))[:-1])


def _joined(row_groups: Sequence[Group], codes: Codes) -> Group:
    """Groups as one, at the positions of all of them; a row has its own background's letters at those of others."""
    if len(row_groups) == 1:
        return row_groups[0]
    positions = np.unique(np.concatenate([group.positions for group in row_groups])).astype(np.int32)
    rows = np.concatenate([group.rows for group in row_groups])
    letters = codes[np.ix_(rows, positions)]
    start = 0
    for group in row_groups:
        column = np.searchsorted(positions, group.positions)
        letters[start : start + len(group.rows), column] = group.letters
        start += len(group.rows)
    return Group(positions, np.concatenate([group.arms for group in row_groups]), rows, letters)
