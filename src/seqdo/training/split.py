"""Splits: which sequences are trained on, which choose the weights, and which are kept for the test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import PAD, complement
from seqdo.sequences.stream import root, stream
from seqdo.training.data import PARTS, Measured
from seqdo.training.recipe import ClusterSplit, FileSplit, RandomSplit

TRAIN, VALIDATION, TEST = range(3)
"""Places in ``PARTS``."""

NOWHERE = -1
"""The part of a sequence that is left out."""

BLOCK = 512
"""Sequences compared with all others at a time: 20 MB for 10,000."""


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of each part, sorted, and how many were left out because another part has the same letters, or near ones.

    ``cluster`` is a number for each row of the data, the same for near twins, if the split knows of any.
    """

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]
    doubled: int
    cluster: NDArray[np.intp]

    @property
    def sizes(self) -> dict[str, int]:
        """Number of sequences of each part."""
        return {name: len(getattr(self, name)) for name in PARTS}


def split(data: Measured, how: RandomSplit | ClusterSplit | FileSplit, *, both_strands: bool = False) -> Split:
    """Every row in at most one part, and no sequence in two.

    A sequence of the test part is left out of the others, and one of the validation part out of the training part.
    Where a network is shown ``both_strands``, a sequence and its reverse complement are the same one.
    Of those that were added to train on, all that share a cluster with a held-out one are left out.
    Measurements have no say: the rows of a part depend on the letters, the files and the seed.

    Raises
    ------
    InputError
        Data without parts that are to be split by file; a part without sequences.
    """
    codes = data.sequences.codes
    both = [codes, complement(codes)[:, ::-1]] if both_strands else [codes]
    group = clusters(codes, how.differences, *both[1:]) if isinstance(how, ClusterSplit) else np.arange(len(codes))
    part = _by_file(data, how) if isinstance(how, FileSplit) else _by_group(data, how, group)
    one = np.array([np.frombuffer(min(map(bytes, rows)), np.uint8) for rows in zip(*both, strict=True)])
    same = np.unique(one, axis=0, return_inverse=True)[1].reshape(-1)
    strictest = np.full(same.max() + 1, TRAIN)
    np.maximum.at(strictest, same, part)
    kept = part == strictest[same]
    rows = [np.flatnonzero(kept & (part == number)) for number in range(len(PARTS))]
    for name, found in zip(PARTS, rows, strict=True):
        if len(found) < 2:
            largest = np.bincount(group).max()
            why = f", where one cluster holds {largest} of {len(group)}" if largest > 1 else ""
            given = f"split by {how.by}: {len(found)} sequences for {name}{why}"
            raise InputError(given, "each part needs two at least", "See split")
    return Split(rows[TRAIN], rows[VALIDATION], rows[TEST], int((~kept).sum()), group)


def clusters(codes: NDArray[np.uint8], differences: int, *other: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Number of each sequence's cluster: single linkage over pairs that differ in at most so many places.

    ``other`` are the same sequences as they read on the other strand, where a pair may be alike there.

    Sequences are compared place by place from their first letters; a place that only the longer one has differs.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    letters, *others = (np.eye(PAD + 1, dtype=np.float32)[each].reshape(len(each), -1) for each in (codes, *other))
    pairs = []
    for start in range(0, len(codes), BLOCK):
        for read in (letters, *others):
            alike = letters[start : start + BLOCK] @ read.T
            left, right = np.nonzero(alike >= codes.shape[1] - differences)
            pairs.append((left + start, right))
    left, right = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(codes), len(codes)))
    found: NDArray[np.intp] = connected_components(graph, directed=False)[1].astype(np.intp)
    return found


def _by_file(data: Measured, how: FileSplit) -> NDArray[np.intp]:
    if data.part is None:
        raise InputError("split by file", "these data come in one part", "Write by: random, or by: cluster")
    part = data.part.copy()
    if not (part == VALIDATION).any():
        rows = stream(root(how.seed), "split").permutation(np.flatnonzero(part == TRAIN))
        part[rows[: round(how.validation * len(rows))]] = VALIDATION
    return part


def _by_group(data: Measured, how: RandomSplit, group: NDArray[np.intp]) -> NDArray[np.intp]:
    """Groups in a random order, each into the first part that has room for all of it; what is left is trained on.

    Sequences that were added fill no room: of a held-out group they go nowhere.
    """
    added = np.zeros(len(data.y), bool) if data.added is None else data.added
    sizes = np.bincount(group[~added], minlength=group.max() + 1)
    room = {TEST: round(how.test * sizes.sum()), VALIDATION: round(how.validation * sizes.sum())}
    where = np.full(len(sizes), TRAIN)
    for one in stream(root(how.seed), "split").permutation(len(sizes)):
        for part in room:
            if 0 < sizes[one] <= room[part]:
                where[one], room[part] = part, room[part] - sizes[one]
                break
    return np.where(added & (where[group] != TRAIN), NOWHERE, where[group])
