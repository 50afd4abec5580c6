"""Splits: which sequences are trained on, which choose the weights, and which are held out for the test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import PAD, complement
from seqdo.sequences.stream import root, stream
from seqdo.training.data import PARTS, Measurements
from seqdo.training.recipe import ClusterSplit, FileSplit, RandomSplit

TRAIN, VALIDATION, TEST = range(3)
"""Indices of ``PARTS``."""

EXCLUDED = -1
"""The part of a sequence that is left out."""

BLOCK = 512
"""Sequences compared with all others at a time: 20 MB for 10,000 sequences."""

SplitRule = RandomSplit | ClusterSplit | FileSplit


@dataclass(frozen=True, eq=False)
class Split:
    """The rows of each part.

    Attributes
    ----------
    train, validation, test : rows of the data, sorted
    doubled : number of rows left out because the same or a near sequence is in another part
    cluster : cluster of near duplicates of each row, (n,); a number of its own for each row without clusters
    """

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]
    doubled: int
    cluster: NDArray[np.intp]

    @property
    def sizes(self) -> dict[str, int]:
        """Number of sequences in each part."""
        return {name: len(getattr(self, name)) for name in PARTS}


def split_rows(data: Measurements, rule: SplitRule, *, both_strands: bool = False) -> Split:
    """Assign every row to at most one part, and no sequence to two parts.

    A sequence of the test part is left out of the others, and a sequence of the validation part out of the training
    part. Rows for training only are left out if they share a cluster with a held-out sequence. The parts depend on
    the sequences, the files and the seed, and never on the measurements.

    Parameters
    ----------
    data : sequences and measurements
    rule : the recipe's ``split``
    both_strands : count a sequence and its reverse complement as the same sequence

    Raises
    ------
    InputError
        Data without parts that are split by file; a part with fewer than two sequences.
    """
    codes = data.sequences.codes
    strands = [codes, complement(codes)[:, ::-1]] if both_strands else [codes]
    cluster = np.arange(len(codes))
    if isinstance(rule, ClusterSplit):
        cluster = clusters(codes, rule.differences, *strands[1:])
    part = _part_by_file(data, rule) if isinstance(rule, FileSplit) else _part_by_cluster(data, rule, cluster)
    # The smaller of a sequence and its reverse complement stands for both.
    canonical = np.array([np.frombuffer(min(map(bytes, rows)), np.uint8) for rows in zip(*strands, strict=True)])
    sequence = np.unique(canonical, axis=0, return_inverse=True)[1].reshape(-1)
    # TRAIN < VALIDATION < TEST: copies of one sequence stay only in the highest part that holds one of them.
    highest = np.full(sequence.max() + 1, TRAIN)
    np.maximum.at(highest, sequence, part)
    kept = part == highest[sequence]
    rows = [np.flatnonzero(kept & (part == number)) for number in range(len(PARTS))]
    for name, part_rows in zip(PARTS, rows, strict=True):
        if len(part_rows) < 2:
            largest = np.bincount(cluster).max()
            why = f", where one cluster holds {largest} of {len(cluster)}" if largest > 1 else ""
            raise InputError(
                f"`split: by: {rule.by}` leaves {len(part_rows)} sequences for {name}{why}",
                "each part needs at least two sequences",
                "Change split, or give more data",
            )
    return Split(rows[TRAIN], rows[VALIDATION], rows[TEST], int((~kept).sum()), cluster)


def clusters(codes: NDArray[np.uint8], differences: int, *other: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Cluster of each sequence: single linkage over pairs that differ at no more than ``differences`` positions.

    Sequences are compared position by position from their 5' ends. A position that only the longer sequence has counts
    as a difference.

    Parameters
    ----------
    codes : uint8 (n, length)
    differences : largest number of differing positions of a pair that is linked
    other : the same sequences as read on the other strand, if a match there links a pair too
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # The product of two one-hot rows, padding included, counts the positions at which they agree.
    one_hot, *others = (np.eye(PAD + 1, dtype=np.float32)[rows].reshape(len(rows), -1) for rows in (codes, *other))
    pairs = []
    for start in range(0, len(codes), BLOCK):
        for strand in (one_hot, *others):
            agreeing = one_hot[start : start + BLOCK] @ strand.T
            left, right = np.nonzero(agreeing >= codes.shape[1] - differences)
            pairs.append((left + start, right))
    left, right = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(codes), len(codes)))
    cluster: NDArray[np.intp] = connected_components(graph, directed=False)[1].astype(np.intp)
    return cluster


def _part_by_file(data: Measurements, rule: FileSplit) -> NDArray[np.intp]:
    if data.part is None:
        raise InputError(
            "`split: by: file` for data that come in one part", "data need files or arrays for each part",
            "Write by: random, or by: cluster",
        )  # fmt: skip
    part = data.part.copy()
    if not (part == VALIDATION).any():
        rows = stream(root(rule.seed), "split").permutation(np.flatnonzero(part == TRAIN))
        part[rows[: round(rule.validation * len(rows))]] = VALIDATION
    return part


def _part_by_cluster(data: Measurements, rule: RandomSplit, cluster: NDArray[np.intp]) -> NDArray[np.intp]:
    """Clusters in random order, each into the first held-out part with room for all of it; the rest is trained on.

    Rows for training only take no room, and are excluded where their cluster is held out.
    """
    added = np.zeros(len(data.y), bool) if data.added is None else data.added
    sizes = np.bincount(cluster[~added], minlength=cluster.max() + 1)
    room = {TEST: round(rule.test * sizes.sum()), VALIDATION: round(rule.validation * sizes.sum())}
    part_of = np.full(len(sizes), TRAIN)
    for number in stream(root(rule.seed), "split").permutation(len(sizes)):
        for part in room:
            if 0 < sizes[number] <= room[part]:
                part_of[number], room[part] = part, room[part] - sizes[number]
                break
    return np.where(added & (part_of[cluster] != TRAIN), EXCLUDED, part_of[cluster])
