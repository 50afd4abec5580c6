"""Which rows are computed together: those whose letters change at the same positions, or close to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.edit import Edit, written
from seqdo.sequences.sequences import Sequences

LETTERS = 8
"""Width up to which small groups next to one another are taken together: what each reaches is wider than that."""

Codes = NDArray[np.uint8]
Written = Sequence[tuple[NDArray[np.int64], Codes]]


@dataclass(frozen=True, eq=False)
class Group:
    """Rows whose letters change at some positions.

    Attributes
    ----------
    positions : int32, sorted
    arms, rows : for each row its arm, and its background in the block
    letters : (rows, positions), what is written there
    """

    positions: NDArray[np.int32]
    arms: NDArray[np.int64]
    rows: NDArray[np.int64]
    letters: Codes


@dataclass(frozen=True, eq=False)
class Piece(Group):
    """Rows of one pane of backgrounds, few enough to be computed at a time; ``rows`` count within the pane."""

    pane: int


def groups(
    codes: Codes, offsets: NDArray[np.int64], block: Sequences, arms: Sequence[tuple[int, Sequence[Edit]]], enough: int
) -> list[Group]:
    """Rows of all arms that differ from ``codes``, by where they do; small groups next to one another become one.

    Parameters
    ----------
    codes : of the block, as the model reads them, or of what is closer to the arms
    offsets : where in them each sequence begins
    arms : each with its number and its edits
    enough : rows that are worth a call
    """
    found: dict[bytes, list[Group]] = {}
    for group in _changed(codes, offsets, block, arms):
        found.setdefault(group.positions.tobytes(), []).append(group)
    together = [_joined(same, codes) for same in found.values()]
    together.sort(key=lambda group: (int(group.positions[0]), int(group.positions[-1])))
    merged: list[list[Group]] = []
    rows = first = widest = 0
    for group in together:
        low, high, more = int(group.positions[0]), int(group.positions[-1]), len(group.rows)
        if merged and rows + more <= enough and high - first < max(LETTERS, 2 * widest):
            merged[-1].append(group)
            rows += more
        else:
            merged.append([group])
            rows, first, widest = more, low, len(group.positions)
    return [_joined(some, codes) for some in merged]


def pieces(work: Sequence[Group], pane: int, most: int) -> Iterator[Piece]:
    """Groups cut up by panes, and into no more than ``most`` rows."""
    for group in work:
        panes = group.rows // pane
        for number in np.unique(panes):
            mine = np.flatnonzero(panes == number)
            # Arm by arm of the same background: what was kept of it is read once and stays near.
            mine = mine[np.argsort(group.rows[mine], kind="stable")]
            for start in range(0, len(mine), most):
                some = mine[start : start + most]
                rows = group.rows[some] - number * pane
                yield Piece(group.positions, group.arms[some], rows, group.letters[some], int(number))


def _changed(
    codes: Codes, offsets: NDArray[np.int64], block: Sequences, arms: Sequence[tuple[int, Sequence[Edit]]]
) -> Iterator[Group]:
    """Rows that change: of arms with one edit, in one place of all sequences, many at a time, of others one by one."""
    alike: dict[int, list[tuple[int, Edit]]] = {}
    length = int(block.lengths.max(initial=0))
    equal = bool((block.lengths == length).all())
    for arm, edits in arms:
        first = edits[0]
        same = len(edits) == 1 and np.ndim(first.start) == 0
        if equal and same and 0 <= int(first.start) <= length - first.width:
            alike.setdefault(first.width, []).append((arm, first))
        else:
            yield from _changes(codes, offsets, arm, written(block, edits))
    for several in alike.values():
        yield from _stacked(codes, int(offsets[0]), several)


def _stacked(codes: Codes, offset: int, several: Sequence[tuple[int, Edit]]) -> Iterator[Group]:
    """Rows of arms that each write as many letters in one place."""
    arms = np.array([arm for arm, _ in several])
    starts = np.array([int(edit.start) for _, edit in several]) + offset
    shape = len(codes), several[0][1].width
    letters = np.stack([np.broadcast_to(edit.letters, shape) for _, edit in several], 1)
    before = codes[:, starts[:, None] + np.arange(shape[1])]
    after = np.where(letters == KEEP, before, letters)
    changed = before != after
    rows, columns = changed.any(2), changed.any(0)
    which = np.unique(np.column_stack([starts, columns]), axis=0, return_inverse=True)[1].reshape(-1)
    for mine in np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1]):
        where = np.flatnonzero(columns[mine[0]])
        if len(where):
            row, place = np.nonzero(rows[:, mine])
            positions = (starts[mine[0]] + where).astype(np.int32)
            yield Group(positions, arms[mine[place]], row, after[row, mine[place]][:, where])


def _changes(codes: Codes, offsets: NDArray[np.int64], arm: int, edits: Written) -> Iterator[Group]:
    """Rows of one arm that change, together where their edits lie at the same positions."""
    starts = np.stack([columns[:, 0] + offsets for columns, _ in edits], 1)
    if (starts == starts[0]).all():
        clusters = [np.arange(len(codes))]
    else:
        which = np.unique(starts, axis=0, return_inverse=True)[1].reshape(-1)
        clusters = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])
    for rows in clusters:
        spans = [columns[rows[0]] + offsets[rows[0]] for columns, _ in edits]
        # Beyond the model's last position there are but columns that a shorter sequence of the block does not have.
        spans = [span[span < codes.shape[1]] for span in spans]
        positions = np.unique(np.concatenate(spans)).astype(np.int32)
        before = codes[rows[:, None], positions]
        after = before.copy()
        for span, (_, letters) in zip(spans, edits, strict=True):
            at = np.searchsorted(positions, span)
            mine = letters[rows, : len(span)]
            after[:, at] = np.where(mine == KEEP, after[:, at], mine)
        changed = before != after
        some, where = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        if len(some):
            yield Group(positions[where], np.full(len(some), arm), rows[some], after[np.ix_(some, where)])


def _joined(some: Sequence[Group], codes: Codes) -> Group:
    if len(some) == 1:
        return some[0]
    positions = np.unique(np.concatenate([group.positions for group in some])).astype(np.int32)
    rows = np.concatenate([group.rows for group in some])
    letters = codes[np.ix_(rows, positions)]
    start = 0
    for group in some:
        letters[start : start + len(group.rows), np.searchsorted(positions, group.positions)] = group.letters
        start += len(group.rows)
    return Group(positions, np.concatenate([group.arms for group in some]), rows, letters)
