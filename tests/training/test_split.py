"""Splits: no sequence is in two parts, near duplicates stay together, and a seed gives the same rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences
from seqdo.training.data import Measurements
from seqdo.training.recipe import ClusterSplit, FileSplit, RandomSplit
from seqdo.training.split import clusters, split_rows


def data(codes: np.ndarray, part: list[int] | None = None) -> Measurements:
    parts = None if part is None else np.array(part)
    return Measurements(Sequences.from_codes(codes), np.zeros((len(codes), 1)), parts)


def trajectories(rng: np.random.Generator, starts: int, steps: int, length: int = 30) -> np.ndarray:
    """Series of sequences from random starts; each differs from the sequence before it at one position."""
    rows = []
    for _ in range(starts):
        row = rng.integers(0, 4, length)
        for _ in range(steps):
            row = row.copy()
            row[rng.integers(length)] += 1
            rows.append(row % 4)
    return np.array(rows)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 3))
def test_clusters_are_the_connected_components_of_close_pairs(seed, differences):
    """Compared with a search that visits close sequences one after the other."""
    codes = np.random.default_rng(seed).integers(0, 4, (25, 5))
    close = (codes[:, None] != codes).sum(2) <= differences
    expected, left = np.zeros(25, int), set(range(25))
    while left:
        reached, edge = set(), {min(left)}
        while edge:
            reached |= edge
            edge = {int(j) for i in edge for j in np.flatnonzero(close[i])} - reached
        expected[list(reached)] = min(reached)
        left -= reached
    cluster = clusters(codes.astype(np.uint8), differences)
    assert np.array_equal(cluster[:, None] == cluster, expected[:, None] == expected)


def test_a_position_that_only_the_longer_sequence_has_is_a_difference():
    pair = Measurements(Sequences.from_strings(["ACGTAC", "ACGT"]), np.zeros((2, 1)))
    assert clusters(pair.sequences.codes, 1).tolist() == [0, 1]
    assert clusters(pair.sequences.codes, 2).tolist() == [0, 0]


def test_whole_trajectories_are_in_one_part():
    codes = trajectories(np.random.default_rng(3), starts=60, steps=8)
    parts = split_rows(data(codes), ClusterSplit(by="cluster", differences=1, validation=0.2, test=0.2, seed=4))
    trajectory = np.arange(len(codes)) // 8
    for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert not set(trajectory[getattr(parts, first)]) & set(trajectory[getattr(parts, second)])
        # Random sequences of 30 bp differ at about 22 positions: only neighbors of one trajectory differ at one.
        distances = (codes[getattr(parts, first)][:, None] != codes[getattr(parts, second)]).sum(2)
        assert distances.min() > 1
    assert parts.sizes == {"train": 288, "validation": 96, "test": 96}
    plain = split_rows(data(codes), RandomSplit(by="random", validation=0.2, test=0.2, seed=4))
    assert (codes[plain.train][:, None] != codes[plain.test]).sum(2).min() <= 1  # the clusters prevent this


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_added_sequences_are_trained_on_unless_they_are_near_a_held_out_sequence(seed):
    rng = np.random.default_rng(seed)
    codes = trajectories(rng, starts=40, steps=5)
    added = rng.random(len(codes)) < 0.5
    parts = split_rows(
        Measurements(Sequences.from_codes(codes), np.zeros((len(codes), 1)), added=added),
        ClusterSplit(by="cluster", differences=1, validation=0.2, test=0.2, seed=seed),
    )
    held_out = np.concatenate([parts.validation, parts.test])
    assert not added[held_out].any()
    assert len(parts.test) <= round(0.2 * (~added).sum())  # a share of the sequences that are not added
    assert (codes[parts.train][:, None] != codes[held_out]).sum(2).min() > 1
    trajectory = np.arange(len(codes)) // 5
    lost = np.setdiff1d(np.arange(len(codes)), np.concatenate([parts.train, held_out]))
    assert added[lost].all()
    assert set(trajectory[lost]) <= set(trajectory[held_out])
    assert parts.doubled == len(lost)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_no_sequence_is_in_two_parts_and_only_duplicates_are_left_out(seed, by_file):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (80, 3))  # 64 possible sequences: most occur twice
    stated_parts = rng.permutation([0] * 50 + [1] * 12 + [2] * 18).tolist()
    rule = FileSplit(by="file") if by_file else RandomSplit(by="random", validation=0.25, test=0.25)
    parts = split_rows(data(codes, stated_parts), rule)
    sequences = {name: {tuple(row) for row in codes[getattr(parts, name)]} for name in parts.sizes}
    assert not sequences["train"] & sequences["validation"]
    assert not (sequences["train"] | sequences["validation"]) & sequences["test"]
    assert sum(parts.sizes.values()) + parts.doubled == 80
    assert set.union(*sequences.values()) == {tuple(row) for row in codes}
    if by_file:  # the test part is whole
        assert parts.test.tolist() == np.flatnonzero(np.array(stated_parts) == 2).tolist()


def test_the_seed_decides_and_measurements_do_not():
    codes = np.random.default_rng(0).integers(0, 4, (50, 20))
    first, again, other = (split_rows(data(codes), RandomSplit(by="random", seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_a_file_without_a_validation_part_uses_a_share_of_its_training_part():
    codes = np.random.default_rng(0).integers(0, 4, (60, 20))
    parts = split_rows(data(codes, [0] * 40 + [2] * 20), FileSplit(by="file", validation=0.25, seed=1))
    assert parts.sizes == {"train": 30, "validation": 10, "test": 20}
    assert parts.test.tolist() == list(range(40, 60))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (FileSplit(by="file"), "come in one part.*by: random"),
        (RandomSplit(by="random", validation=0.01, test=0.2), "0 sequences for validation"),
        (
            ClusterSplit(by="cluster", differences=20, validation=0.2, test=0.2),
            "0 sequences for validation, where one cluster holds 30 of 30",
        ),
    ],
)
def test_a_split_that_leaves_a_part_empty_is_refused(rule, message):
    with pytest.raises(InputError, match=message):
        split_rows(data(np.random.default_rng(0).integers(0, 4, (30, 20))), rule)


def test_a_sequence_and_its_reverse_complement_are_the_same_where_both_strands_are_trained_on():
    codes = np.random.default_rng(1).integers(0, 4, (60, 30)).astype(np.uint8)
    both = np.concatenate([codes, 3 - codes[:, ::-1]])
    for rule in (RandomSplit(by="random"), ClusterSplit(by="cluster", differences=2)):
        parts = split_rows(data(both), rule, both_strands=True)
        trained, tested = set(parts.train % 60), set(parts.test % 60)
        assert not trained & tested
        one_strand = split_rows(data(both), rule)
        assert set(one_strand.train % 60) & set(one_strand.test % 60)  # both_strands prevents this
