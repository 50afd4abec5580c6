"""Backgrounds: the laws that all kinds obey, and what none of them takes."""

from __future__ import annotations

import json
import pickle
from zlib import crc32

import numpy as np
import pytest

from seqdo import backgrounds
from seqdo.backgrounds import BLOCK, Background
from seqdo.backgrounds.catalog import BACKGROUNDS
from seqdo.errors import InputError
from seqdo.sequences.alphabet import PAD
from seqdo.sequences.sequences import Sequences

_made = np.random.default_rng(3)
REAL = ["".join(_made.choice(list("ACGT"), length)) for length in _made.choice([30, 35, 41], 700)]


def drawn_codes(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 4, (n, 40))


ENDLESS = {
    "uniform": backgrounds.uniform(40),
    "balanced columns": backgrounds.uniform(40, balance="columns"),
    "balanced dinucleotides": backgrounds.uniform(40, balance="dinucleotides"),
    "profile": backgrounds.profile(REAL),
    "markov": backgrounds.markov(REAL, order=2),
    "shuffled 1": backgrounds.shuffled(REAL, k=1),
    "shuffled 2": backgrounds.shuffled(REAL, k=2),
    "gc matched": backgrounds.gc_matched(REAL),
    "custom": backgrounds.custom(drawn_codes, 40),
}
ALL = {
    **ENDLESS,
    "pool": backgrounds.gc_matched(REAL[:100], pool=REAL),
    "natural": backgrounds.natural(REAL),
    "given": backgrounds.given(REAL),
}
every_kind = pytest.mark.parametrize("null", ALL.values(), ids=ALL.keys())


def same(a: Sequences, b: Sequences) -> bool:
    return np.array_equal(a.codes, b.codes) and np.array_equal(a.lengths, b.lengths) and a.names == b.names


@every_kind
def test_det_06_a_shorter_run_is_the_beginning_of_a_longer_one(null):
    whole = null.sample(600, rng=5)
    for n in (1, 255, 256, 257, 500):
        assert same(null.sample(n, rng=5), whole[:n])


@every_kind
def test_det_02_pieces_of_any_size_are_the_whole(null):
    whole = null.sample(600, rng=5)
    for size in (250, 256, 599):
        for first in range(0, 600, size):
            n = min(size, 600 - first)
            assert same(null.sample(n, rng=5, first=first), whole[first : first + n])


@every_kind
def test_a_sample_has_its_shape_lengths_and_no_hidden_padding(null):
    sample = null.sample(300, rng=0)
    assert sample.codes.shape == (300, null.longest)
    assert sample.codes.dtype == np.uint8
    assert sample.lengths.min() >= null.shortest
    assert ((sample.codes == PAD) == (np.arange(null.longest) >= sample.lengths[:, None])).all()
    assert sample.alphabet is null.alphabet


@pytest.mark.parametrize("null", ENDLESS.values(), ids=ENDLESS.keys())
def test_bkg_18_seeds_0_1_2_and_blocks_share_no_row(null):
    """Chance alone repeats one of 1,800 rows of 30 letters with probability below 1e-9."""
    rows = [text for seed in (0, 1, 2) for text in null.sample(600, rng=seed).to_strings()]
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("null", [null for name, null in ALL.items() if name != "custom"])
def test_a_background_can_be_sent_to_a_worker(null):
    assert same(pickle.loads(pickle.dumps(null)).sample(300, rng=2), null.sample(300, rng=2))  # noqa: S301


@pytest.mark.parametrize("n", [0, -5, 1.5, "1e3", True, None, 2.0])
def test_bkg_01_n_is_a_whole_number_from_1(n):
    with pytest.raises(
        InputError, match=r"n=.*whole number of backgrounds, at least 1 \(2 for an interval\)"
    ) as caught:
        backgrounds.uniform(8).sample(n, rng=0)
    assert f"n={n!r}" in str(caught.value)


def test_bkg_01_numbers_of_numpy_are_numbers():
    assert len(backgrounds.uniform(8).sample(np.int64(3), rng=0)) == 3
    with pytest.raises(InputError, match="n=0"):
        backgrounds.uniform(8).sample(np.int64(0), rng=0)
    with pytest.raises(InputError, match="first=-1"):
        backgrounds.uniform(8).sample(3, rng=0, first=-1)


def test_bkg_17_zero_is_a_seed_and_other_things_are_not():
    null = backgrounds.uniform(40)
    assert same(null.sample(9, rng=0), null.sample(9, rng=0))
    assert not same(null.sample(9, rng=None), null.sample(9, rng=None))
    for rng in (-1, 2**70, "abc"):
        with pytest.raises(InputError, match="rng="):
            null.sample(9, rng=rng)


# numpy's SeedSequence and PCG64 in plain integers: the golden rows don't come from the library they test.
def words_of(seed: int, key: tuple[int, ...]) -> list[int]:
    entropy = [seed & 0xFFFFFFFF, *([seed >> 32] if seed >> 32 else [])]
    return entropy + [0] * (4 - len(entropy)) + list(key)


def mixed_pool(words: list[int]) -> list[int]:
    const = 0x43B0D7E5

    def hashed(value: int) -> int:
        nonlocal const
        value ^= const
        const = const * 0x931E8875 % 2**32
        value = value * const % 2**32
        return value ^ value >> 16

    def mix(x: int, y: int) -> int:
        value = (0xCA01F9DD * x - 0x4973F715 * y) % 2**32
        return value ^ value >> 16

    pool = [hashed(word) for word in words[:4]]
    for source in range(4):
        for target in range(4):
            if source != target:
                pool[target] = mix(pool[target], hashed(pool[source]))
    for word in words[4:]:
        pool = [mix(old, hashed(word)) for old in pool]
    return pool


def pcg64_doubles(seed: int, key: tuple[int, ...], n: int) -> list[float]:
    pool, const, words = mixed_pool(words_of(seed, key)), 0x8B51F9DD, []
    for i in range(8):
        value = pool[i % 4] ^ const
        const = const * 0x58F38DED % 2**32
        value = value * const % 2**32
        words.append(value ^ value >> 16)
    high, low, stream_high, stream_low = (words[i] + (words[i + 1] << 32) for i in range(0, 8, 2))
    step, increment = 0x2360ED051FC65DA44385DF649FCCF645, ((stream_high << 64 | stream_low) << 1 | 1) % 2**128
    state = ((increment + (high << 64 | low)) * step + increment) % 2**128
    drawn = []
    for _ in range(n):
        state = (state * step + increment) % 2**128
        folded, turn = (state >> 64) ^ (state % 2**64), state >> 122
        drawn.append(((folded >> turn | folded << (64 - turn)) % 2**64 >> 11) / 2**53)
    return drawn


@pytest.mark.parametrize(("seed", "block"), [(0, 0), (0, 1), (7, 0), (2**40 + 3, 2)])
def test_det_12_the_first_8_rows_of_a_block_follow_the_written_recipe(seed, block):
    u = pcg64_doubles(seed, (crc32(b"background"), block), 8 * 12)
    golden = ["".join("ACGT"[int(4 * x)] for x in u[12 * i : 12 * i + 12]) for i in range(8)]
    assert backgrounds.uniform(12).sample(8, rng=seed, first=block * BLOCK).to_strings() == golden


@pytest.mark.parametrize("length", [0, -1, 2.5, "60", True])
def test_a_length_is_a_whole_number_from_1(length):
    with pytest.raises(InputError, match="length="):
        backgrounds.uniform(length)


@pytest.mark.parametrize(
    "make", [backgrounds.profile, backgrounds.markov, backgrounds.shuffled, backgrounds.gc_matched]
)
def test_sources_have_at_least_one_sequence_and_one_letter_each(make):
    with pytest.raises(InputError, match="no sequences"):
        make(np.zeros((0, 5), np.uint8))
    with pytest.raises(InputError, match="no sequences"):
        make(Sequences.from_strings(["ACG"])[:0])
    with pytest.raises(InputError, match=r"sequence 1 is empty \(length 0\)"):
        make(np.array([[0, 1, 2], [4, 4, 4]]))


@every_kind
def test_a_description_is_json_with_kind_lengths_and_sources(null):
    told = json.loads(json.dumps(null.describe()))
    assert (told["kind"], told["shortest"], told["longest"]) == (null.name, null.shortest, null.longest)
    assert null.name in repr(null)
    assert isinstance(null, Background)


def test_the_kinds_are_what_the_package_exports():
    assert set(BACKGROUNDS) == set(backgrounds.__all__) - {"BLOCK", "Background", "as_background"}
    assert all(getattr(backgrounds, name) is row.function for name, row in BACKGROUNDS.items())
    assert all(row.keeps for row in BACKGROUNDS.values())
