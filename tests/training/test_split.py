"""Splits: no sequence in two parts, near duplicates together, and the same rows for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences
from seqdo.training.data import Measured
from seqdo.training.recipe import ClusterSplit, FileSplit, RandomSplit
from seqdo.training.split import clusters, split


def data(codes: np.ndarray, part: list[int] | None = None) -> Measured:
    found = None if part is None else np.array(part)
    return Measured(Sequences.from_codes(codes), np.zeros((len(codes), 1)), found)


def trajectories(rng: np.random.Generator, starts: int, steps: int, length: int = 30) -> np.ndarray:
    """Sequences that each differ in one letter from the one before, from a few random starts."""
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
def test_clusters_are_the_connected_parts_of_close_pairs(seed, differences):
    """Against a search that walks from neighbour to neighbour."""
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
    found = clusters(codes.astype(np.uint8), differences)
    assert np.array_equal(found[:, None] == found, expected[:, None] == expected)


def test_a_place_that_only_the_longer_sequence_has_differs():
    pair = Measured(Sequences.from_strings(["ACGTAC", "ACGT"]), np.zeros((2, 1)))
    assert clusters(pair.sequences.codes, 1).tolist() == [0, 1]
    assert clusters(pair.sequences.codes, 2).tolist() == [0, 0]


def test_whole_trajectories_go_the_same_way():
    codes = trajectories(np.random.default_rng(3), starts=60, steps=8)
    found = split(data(codes), ClusterSplit(by="cluster", differences=1, validation=0.2, test=0.2, seed=4))
    trajectory = np.arange(len(codes)) // 8
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert not set(trajectory[getattr(found, one)]) & set(trajectory[getattr(found, other)])
        # Two random sequences of 30 letters differ in 22 or so, so that nothing but a step is a single letter.
        distances = (codes[getattr(found, one)][:, None] != codes[getattr(found, other)]).sum(2)
        assert distances.min() > 1
    assert found.sizes == {"train": 288, "validation": 96, "test": 96}
    plain = split(data(codes), RandomSplit(by="random", validation=0.2, test=0.2, seed=4))
    assert (codes[plain.train][:, None] != codes[plain.test]).sum(2).min() <= 1  # what the clusters are for


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_added_sequences_are_trained_on_unless_they_are_near_a_held_out_one(seed):
    rng = np.random.default_rng(seed)
    codes = trajectories(rng, starts=40, steps=5)
    added = rng.random(len(codes)) < 0.5
    found = split(
        Measured(Sequences.from_codes(codes), np.zeros((len(codes), 1)), added=added),
        ClusterSplit(by="cluster", differences=1, validation=0.2, test=0.2, seed=seed),
    )
    held_out = np.concatenate([found.validation, found.test])
    assert not added[held_out].any()
    assert len(found.test) <= round(0.2 * (~added).sum())  # a share of what is not added
    assert (codes[found.train][:, None] != codes[held_out]).sum(2).min() > 1
    trajectory = np.arange(len(codes)) // 5
    lost = np.setdiff1d(np.arange(len(codes)), np.concatenate([found.train, held_out]))
    assert added[lost].all()
    assert set(trajectory[lost]) <= set(trajectory[held_out])
    assert found.doubled == len(lost)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_no_sequence_is_in_two_parts_and_none_is_lost_but_for_that(seed, by_file):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (80, 3))  # 64 words: most occur twice
    given_parts = rng.permutation([0] * 50 + [1] * 12 + [2] * 18).tolist()
    how = FileSplit(by="file") if by_file else RandomSplit(by="random", validation=0.25, test=0.25)
    found = split(data(codes, given_parts), how)
    words = {name: {tuple(row) for row in codes[getattr(found, name)]} for name in found.sizes}
    assert not words["train"] & words["validation"]
    assert not (words["train"] | words["validation"]) & words["test"]
    assert sum(found.sizes.values()) + found.doubled == 80
    assert set.union(*words.values()) == {tuple(row) for row in codes}
    if by_file:  # the test part is whole
        assert found.test.tolist() == np.flatnonzero(np.array(given_parts) == 2).tolist()


def test_the_seed_decides_and_measurements_do_not():
    codes = np.random.default_rng(0).integers(0, 4, (50, 20))
    first, again, other = (split(data(codes), RandomSplit(by="random", seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_a_file_without_a_validation_part_lends_some_of_its_training_part():
    codes = np.random.default_rng(0).integers(0, 4, (60, 20))
    found = split(data(codes, [0] * 40 + [2] * 20), FileSplit(by="file", validation=0.25, seed=1))
    assert found.sizes == {"train": 30, "validation": 10, "test": 20}
    assert found.test.tolist() == list(range(40, 60))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (FileSplit(by="file"), "come in one part.*by: random"),
        (RandomSplit(by="random", validation=0.01, test=0.2), "0 sequences for validation"),
        (
            ClusterSplit(by="cluster", differences=20, validation=0.2, test=0.2),
            "0 sequences for validation, where one cluster holds 30 of 30",
        ),
    ],
)
def test_a_split_that_leaves_a_part_empty_is_refused(how, words):
    with pytest.raises(InputError, match=words):
        split(data(np.random.default_rng(0).integers(0, 4, (30, 20))), how)


def test_a_sequence_and_its_reverse_complement_are_one_where_both_strands_are_shown():
    codes = np.random.default_rng(1).integers(0, 4, (60, 30)).astype(np.uint8)
    both = np.concatenate([codes, 3 - codes[:, ::-1]])
    for how in (RandomSplit(by="random"), ClusterSplit(by="cluster", differences=2)):
        found = split(data(both), how, both_strands=True)
        trained, tested = set(found.train % 60), set(found.test % 60)
        assert not trained & tested
        one_strand = split(data(both), how)
        assert set(one_strand.train % 60) & set(one_strand.test % 60)  # what it is for
