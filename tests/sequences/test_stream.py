"""Random streams depend on the seed, the purpose and the place, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.sequences.stream import root, stream


def test_bkg_17_zero_is_a_seed():
    assert root(0).entropy == 0
    assert stream(root(0), "a").random() == stream(root(0), "a").random()


@pytest.mark.parametrize("rng", [-1, 2**63, 2**70, "abc", 1.5, True, [1]])
def test_bkg_17_what_is_no_seed_is_refused_by_name(rng):
    with pytest.raises(InputError, match=r"rng=.*0 to 2\*\*63 - 1"):
        root(rng)


def test_bkg_17_none_draws_a_seed_that_can_be_recorded_and_given_again():
    drawn = root(None)
    assert isinstance(drawn.entropy, int)
    assert stream(root(drawn.entropy), "a", 3).random() == stream(drawn, "a", 3).random()
    assert drawn.entropy != root(None).entropy  # the same with probability 2**-63


@pytest.mark.parametrize("rng", [7, np.int64(7), np.uint8(7), np.random.SeedSequence(7)])
def test_a_whole_number_and_its_seed_sequence_are_one_seed(rng):
    assert stream(root(rng), "a").random() == stream(root(7), "a").random()


def test_a_generator_gives_a_new_seed_each_time_and_the_same_ones_again():
    rng = np.random.default_rng(5)
    first, second = root(rng).entropy, root(rng).entropy
    assert first != second
    assert first == root(np.random.default_rng(5)).entropy


def test_streams_of_other_purposes_places_and_seeds_differ():
    seed = root(0)
    child = seed.spawn(1)[0]
    made = [
        stream(seed, "background"), stream(seed, "arm"), stream(seed, "background", 0), stream(seed, "background", 1),
        stream(seed, "background", 0, 0), stream(seed, "background", 0, 1), stream(seed, "background", 1, 0),
        stream(root(1), "background", 0), stream(child, "background", 0),
    ]  # fmt: skip
    assert len({rng.random() for rng in made}) == len(made)


def test_a_stream_does_not_depend_on_what_was_drawn_before_it():
    seed = root(0)
    stream(seed, "a").random(1000)
    seed.spawn(3)
    assert stream(seed, "a", 2).random() == stream(root(0), "a", 2).random()


def test_nothing_global_is_touched():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    stream(root(None), "a").random(10)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
