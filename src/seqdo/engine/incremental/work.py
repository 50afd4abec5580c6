"""Which rows are computed together: those whose letters change at the same positions, or close to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GAP = 4
"""Positions that do not change between two that do, up to which they are taken for one stretch."""

Codes = NDArray[np.uint8]


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


def groups(codes: Codes, edited: Iterable[tuple[int, Codes]], enough: int) -> list[Group]:
    """Rows of all arms that differ from ``codes``, by where they do; small groups next to one another become one."""
    found: dict[bytes, list[Group]] = {}
    for arm, after in edited:
        for group in _split(codes, arm, after):
            found.setdefault(group.positions.tobytes(), []).append(group)
    together = [_joined(same, codes) for same in found.values()]
    together.sort(key=lambda group: (int(group.positions[0]), int(group.positions[-1])))
    merged: list[Group] = []
    for group in together:
        last = merged[-1] if merged else None
        if last is not None and len(last.rows) + len(group.rows) <= enough and _close(last, group):
            merged[-1] = _joined([last, group], codes)
        else:
            merged.append(group)
    return merged


def pieces(work: Sequence[Group], pane: int, most: int) -> Iterator[Piece]:
    """Groups cut up by panes, and into no more than ``most`` rows."""
    for group in work:
        panes = group.rows // pane
        for number in np.unique(panes):
            mine = np.flatnonzero(panes == number)
            for start in range(0, len(mine), most):
                some = mine[start : start + most]
                rows = group.rows[some] - number * pane
                yield Piece(group.positions, group.arms[some], rows, group.letters[some], int(number))


def _split(codes: Codes, arm: int, after: Codes) -> Iterator[Group]:
    """Rows of one arm by where they change, to the nearest stretch."""
    changed = codes != after
    rows = np.flatnonzero(changed.any(1))
    while len(rows):
        positions = _stretches(changed[rows[0]])
        inside = np.zeros(codes.shape[1], bool)
        inside[positions] = True
        near = ~(changed[rows] & ~_widened(inside)).any(1)
        some = rows[near]
        where = _stretches(changed[some].any(0))
        yield Group(where, np.full(len(some), arm), some, after[np.ix_(some, where)])
        rows = rows[~near]


def _stretches(changed: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Changed positions, and those between two that are close."""
    at = np.flatnonzero(changed)
    spans = np.split(at, np.flatnonzero(np.diff(at) > GAP) + 1)
    return np.concatenate([np.arange(span[0], span[-1] + 1, dtype=np.int32) for span in spans])


def _widened(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    wide = inside.copy()
    for shift in range(1, 2 * GAP + 1):
        wide[shift:] |= inside[:-shift]
        wide[:-shift] |= inside[shift:]
    return wide


def _close(one: Group, other: Group) -> bool:
    """Does it cost little to take two groups together?"""
    return int(other.positions[-1]) - int(one.positions[0]) <= max(8, 2 * len(one.positions))


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
