"""Backgrounds: the laws that all kinds obey, what each kind draws, and what is refused."""

from __future__ import annotations

import hashlib
import json
import pickle
import random
from collections import Counter
from zlib import crc32

import numpy as np
import pytest
from scipy.stats import chi2

from seqdo.errors import InputError
from seqdo.sequences import backgrounds
from seqdo.sequences.alphabet import DNA, PAD, RNA
from seqdo.sequences.backgrounds import BLOCK, Background, as_background
from seqdo.sequences.sequence import Sequences

_made = np.random.default_rng(3)
REAL = ["".join(_made.choice(list("ACGT"), length)) for length in _made.choice([30, 35, 41], 700)]


def drawn_codes(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 4, (n, 40))


ENDLESS = {
    "uniform": backgrounds.uniform(40),
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


def p_value(counts: np.ndarray, shares: np.ndarray) -> float:
    """Chi-square p-value of the counts, which have these shares if all is well."""
    counts, shares = np.ravel(counts), np.ravel(shares)
    assert (counts[shares == 0] == 0).all()
    counts, expected = counts[shares > 0], counts.sum() * shares[shares > 0] / shares.sum()
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), len(counts) - 1))


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


def test_uniform_letters_are_equally_likely_at_every_place(seed):
    """One seed in 10,000."""
    codes = backgrounds.uniform(20).sample(4000, rng=seed).codes
    counts = (codes[:, :, None] == np.arange(4)).sum(0)
    assert chi2.sf(((counts - 1000) ** 2 / 1000).sum(), 20 * 3) > 1e-4


def test_profile_draws_lengths_as_observed_and_letters_of_that_length(seed):
    """Every sequence that can occur, with its probability; one seed in 10,000."""
    null = backgrounds.profile(["AC", "AG", "CC", "AC", "AG", "CC", "TTT", "TTT"])
    law = {a + b: 0.75 * p * q for a, p in (("A", 2 / 3), ("C", 1 / 3)) for b, q in (("C", 2 / 3), ("G", 1 / 3))}
    law["TTT"] = 0.25
    counts = Counter(null.sample(6000, rng=seed).to_strings())
    assert set(counts) == set(law)
    assert p_value(np.array([counts[text] for text in law]), np.array(list(law.values()))) > 1e-4
    assert (null.shortest, null.longest, null.alphabet) == (2, 3, DNA)


def test_profile_from_stored_numbers_is_the_profile_of_the_sequences():
    stored = {2: [[2 / 3, 1 / 3, 0, 0], [0, 2 / 3, 1 / 3, 0]], 3: [[0, 0, 0, 1]] * 3}
    null = backgrounds.profile(stored, weights={2: 0.75, 3: 0.25})
    assert same(null.sample(500, rng=1), backgrounds.profile(3 * ["AC", "AG", "CC", "TTT"]).sample(500, rng=1))
    assert null.alphabet is None


def test_lengths_that_one_sequence_has_are_counted_in_a_warning():
    with pytest.warns(UserWarning, match="2 of 4 sequences have a length of their own"):
        null = backgrounds.profile(["AC", "GG", "ACG", "TTTT"])
    assert set(null.sample(500, rng=0).to_strings()) == {"AC", "AG", "GC", "GG", "ACG", "TTTT"}


def test_a_profile_matrix_may_be_an_array():
    null = backgrounds.profile(np.array([[1.0, 0, 0, 0], [0, 0, 0, 1.0]]))
    assert set(null.sample(300, rng=0).to_strings()) == {"AT"}


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0.5, 0.5, 0.5, 0.5]], "row 0.*add up to 1"),
        ([[1, 0, 0, 0], [1.5, -0.5, 0, 0]], "row 1.*not negative"),
        ([[np.nan, 1, 0, 0]], "row 0"),
        ([[0.5, 0.5]], r"shape \(1, 2\)"),
        (np.zeros((0, 4)), r"shape \(0, 4\)"),
    ],
)
def test_a_profile_that_is_no_probability_is_refused(matrix, message):
    with pytest.raises(InputError, match=message):
        backgrounds.profile(np.array(matrix, float))


@pytest.mark.parametrize("weights", [None, {3: 1.0}, {2: 0.5}, {2: 1.5, 3: -0.5}])
def test_weights_are_one_share_for_each_length(weights):
    with pytest.raises(InputError, match="share"):
        backgrounds.profile({2: np.full((2, 4), 0.25)}, weights=weights)


def test_bkg_13_contexts_without_a_next_letter_back_off_to_the_letter_frequencies(seed):
    """AAC: A is followed by A or C; nothing follows C, so the letters' 2/3 and 1/3 do. One seed in 10,000."""
    counts = Counter(backgrounds.markov(["AAC"], order=1).sample(4000, rng=seed).to_strings())
    law = {"AAA": 1 / 4, "AAC": 1 / 4, "ACA": 1 / 3, "ACC": 1 / 6}
    assert set(counts) == set(law)
    assert p_value(np.array([counts[text] for text in law]), np.array(list(law.values()))) > 1e-4


def test_bkg_13_contexts_back_off_one_order_at_a_time(seed):
    """Nothing follows AC, and only G ever follows C: so a TCGAC that goes on is TCGACGA. One seed in 10,000."""
    null = backgrounds.markov(["TCGAC", "GGGGGGG"], order=2)
    counts = Counter(null.sample(2000, rng=seed).to_strings())
    assert set(counts) == {"TCGAC", "TCGACGA", "GGGGG", "GGGGGGG"}
    assert p_value(np.array(list(counts.values())), np.ones(4)) > 1e-4


def test_markov_of_order_0_has_the_letters_frequencies(seed):
    """One seed in 10,000."""
    codes = backgrounds.markov(["AAAC", "GGTT"], order=0).sample(1000, rng=seed).codes
    assert p_value(np.bincount(codes.ravel(), minlength=4), np.array([3, 1, 2, 2])) > 1e-4


@pytest.mark.parametrize("order", [4, 5, 60])
def test_bkg_13_an_order_that_reaches_the_shortest_length_is_refused_with_both(order):
    with pytest.raises(InputError, match=rf"order={order} with sequences as short as 4"):
        backgrounds.markov(["ACGT", "ACGTACGT"], order=order)


@pytest.mark.parametrize("order", [-1, 1.0, True, 9])
def test_orders_are_whole_numbers_up_to_8(order):
    with pytest.raises(InputError, match="order="):
        backgrounds.markov(REAL, order=order)


def test_shuffled_background_i_shuffles_source_i_mod_n():
    sources = ["ACGTTGCAACGGT", "TTGACATTGCATCCC", "GGGGAC"]
    for i, text in enumerate(backgrounds.shuffled(sources, k=1).sample(300, rng=0).to_strings()):
        assert sorted(text) == sorted(sources[i % 3])


def test_bkg_06_sequences_with_one_shuffle_are_counted_in_a_warning_and_returned():
    sources = ["AAAAAAAA", "ACACACAC", "ACGTTGCAACGGT"]
    with pytest.warns(UserWarning, match="2 of 3 sequences have only 1 valid shuffle"):
        null = backgrounds.shuffled(sources, k=2)
    assert null.sample(2, rng=0).to_strings() == sources[:2]
    assert null.describe()["fixed"] == 2
    with pytest.warns(UserWarning, match="1 of 1"):
        backgrounds.shuffled(["AACAGATAACAGATAA"], k=3)


def test_bkg_06_more_of_them_than_the_limit_is_an_error():
    with pytest.raises(InputError, match=r"2 of 3 sequences have only 1 valid shuffle.*0\.5"):
        backgrounds.shuffled(["AAAAAAAA", "ACACACAC", "ACGTTGCAACGGT"], k=2, fixed_limit=0.5)
    with pytest.raises(InputError, match="fixed_limit=2"):
        backgrounds.shuffled(REAL, fixed_limit=2)


def test_bkg_09_an_unknown_letter_never_reaches_a_shuffle():
    with pytest.raises(InputError, match="'N' at position 1"):
        backgrounds.shuffled(["ANGT"])


def test_gc_matched_letters_have_each_sources_gc(seed):
    """One seed in 5,000 for the two tests together; GC 0 and 1 hold exactly."""
    sources = ["AATT", "GGCC", "GAAA"]
    sample = backgrounds.gc_matched(sources).sample(9000, rng=seed).codes
    assert set(np.unique(sample[0::3]).tolist()) == {0, 3}
    assert set(np.unique(sample[1::3]).tolist()) == {1, 2}
    assert p_value(np.bincount(sample[2::3].ravel(), minlength=4), np.array([3, 1, 1, 3])) > 1e-4
    assert p_value(np.bincount(sample[0::3].ravel(), minlength=4)[[0, 3]], np.array([1, 1])) > 1e-4


def test_gc_matched_pool_draws_every_match_equally_often(seed):
    """One seed in 10,000."""
    null = backgrounds.gc_matched(
        ["GATTT", "GGCCC"], pool=["CAAAA", "GGGGG", "TTTTC", "GCATA", "AAAAA"], tolerance=0.01
    )
    drawn = null.sample(4000, rng=seed).to_strings()
    assert set(drawn[1::2]) == {"GGGGG"}
    counts = Counter(drawn[::2])
    assert set(counts) == {"CAAAA", "TTTTC"}
    assert p_value(np.array(list(counts.values())), np.ones(2)) > 1e-4


def test_a_pool_without_matches_is_refused_with_their_number():
    with pytest.raises(InputError, match=r"without a match for 2 of 3 sequences.*0\.02"):
        backgrounds.gc_matched(["GGGG", "CCCC", "AAAA"], pool=["AATT"])
    with pytest.raises(InputError, match="tolerance=-1"):
        backgrounds.gc_matched(["GGGG"], pool=["CCCC"], tolerance=-1)


def test_natural_uses_each_sequence_once_in_an_order_of_the_seed():
    null = backgrounds.natural(REAL)
    a, b = (null.sample(len(REAL), rng=seed).to_strings() for seed in (0, 1))
    assert sorted(a) == sorted(b) == sorted(REAL)
    assert a != b
    assert a != REAL


def test_natural_and_given_refuse_more_than_they_hold_with_both_numbers():
    for null in (backgrounds.natural(["ACGT", "GGTT"]), backgrounds.given(["ACGT", "GGTT"])):
        with pytest.raises(InputError, match=r"n=3 .*holds 2 sequences"):
            null.sample(3, rng=0)
        with pytest.raises(InputError, match=r"n=2, first=1"):
            null.sample(2, rng=0, first=1)


def test_names_of_real_sequences_are_kept():
    sources = Sequences.from_strings(["AA", "CC", "GT"], names=["a", "b", "c"])
    sample = backgrounds.natural(sources).sample(3, rng=0)
    assert dict(zip(sample.names, sample.to_strings(), strict=True)) == {"a": "AA", "b": "CC", "c": "GT"}


def test_bkg_14_a_quantile_of_scores_keeps_those_between_and_says_it_is_conditioned():
    sources, scores = ["AA", "CC", "GG", "TT", "AC"], [5, 1, 4, 2, 3]
    null = backgrounds.natural(sources, scores=scores, quantile=(0.5, 1))
    assert sorted(null.sample(3, rng=0).to_strings()) == ["AA", "AC", "GG"]
    assert null.describe()["conditioned_on"] == "scores"
    assert "conditioned_on" not in backgrounds.natural(sources).describe()


@pytest.mark.parametrize(
    ("scores", "quantile", "message"),
    [
        ([1, 2], (0.5, 1), r"scores of shape \(2,\) for 3 sequences"),
        ([1, np.nan, 2], (0.5, 1), "1 scores that are no number"),
        (None, (0.5, 1), "without scores"),
        ([1, 2, 3], (1, 0.5), "quantile="),
        ([1, 2, 3], (50, 100), "quantile="),
    ],
)
def test_a_quantile_that_means_nothing_is_refused(scores, quantile, message):
    with pytest.raises(InputError, match=message):
        backgrounds.natural(["AA", "CC", "GG"], scores=scores, quantile=quantile)


def test_given_sequences_are_used_in_order():
    assert backgrounds.given(REAL).sample(700).to_strings() == REAL


def test_as_background_takes_backgrounds_and_plain_sequences():
    null = backgrounds.uniform(5)
    assert as_background(null) is null
    for plain in (["ACGT", "GGTA"], np.array([[0, 1, 2, 3], [2, 2, 3, 0]]), Sequences.from_strings(["ACGT", "GGTA"])):
        assert as_background(plain).sample(2).codes.tolist() == [[0, 1, 2, 3], [2, 2, 3, 0]]


@pytest.mark.parametrize(
    ("wrong", "message"), [(drawn_codes, r"custom\(drawn_codes"), (7, "a int"), ("ACGT", "one string")]
)
def test_as_background_says_what_to_write(wrong, message):
    with pytest.raises(InputError, match=message):
        as_background(wrong)


def test_custom_strings_and_codes_say_the_same():
    def strings(n, rng):
        return [RNA.decode(row) for row in drawn_codes(n, rng).astype(np.uint8)]

    null = backgrounds.custom(strings, 40, alphabet=RNA)
    assert np.array_equal(null.sample(300, rng=1).codes, ENDLESS["custom"].sample(300, rng=1).codes)
    with pytest.raises(InputError, match=r"Write custom.*alphabet=RNA"):
        backgrounds.custom(strings, 40).sample(1, rng=1)


@pytest.mark.parametrize(
    ("function", "got"),
    [
        (lambda n, rng: rng.integers(0, 4, (n - 1, 6)), r"shape \(255, 6\)"),
        (lambda n, rng: rng.integers(0, 4, (n, 7)), r"shape \(256, 7\)"),
        (lambda n, rng: rng.random((n, 6)), "dtype float64"),
        (lambda n, rng: np.eye(4)[rng.integers(0, 4, (n, 6))], r"shape \(256, 6, 4\)"),
        (lambda n, rng: np.eye(4, dtype=int)[rng.integers(0, 4, (n, 6))], r"shape \(256, 6, 4\)"),
        (lambda n, rng: ["ACG"] * n, "strings of 3 to 3 letters"),
        (lambda n, rng: ["ACGACG"] * (n + 1), r"shape \(257,\)"),
        (lambda n, rng: rng.integers(4, 5, (n, 6)), "dtype int64"),
        (lambda n, rng: None, r"shape \(\)"),
    ],
)
def test_bkg_11_a_wrong_answer_is_refused_with_got_and_wanted(function, got):
    with pytest.raises(InputError, match=rf"{got}.*custom background.*\(256, 6\), are needed, or 256 strings of 6"):
        backgrounds.custom(function, 6).sample(10, rng=0)


def test_bkg_11_rows_of_several_lengths_are_refused():
    with pytest.raises(InputError, match="no array from the custom background"):
        backgrounds.custom(lambda n, rng: [[0] * 6] * (n - 1) + [[0]], 6).sample(10, rng=0)


def test_bkg_11_codes_that_are_no_letters_are_refused():
    with pytest.raises(InputError, match="codes from 7"):
        backgrounds.custom(lambda n, rng: rng.integers(7, 8, (n, 6)), 6).sample(10, rng=0)


@pytest.mark.parametrize(
    "function",
    [
        lambda n, rng: np.random.randint(0, 4, (n, 6)),  # noqa: NPY002
        lambda n, rng: ["".join(random.choices("ACG", k=6)) for _ in range(n)],  # noqa: S311
        lambda n, rng: _made.integers(0, 4, (n, 6)),
    ],
)
def test_bkg_11_bkg_12_another_answer_for_the_same_stream_is_refused(function):
    with pytest.raises(InputError, match="two answers for the same rng"):
        backgrounds.custom(function, 6).sample(10, rng=0)


def test_bkg_12_a_function_that_seeds_itself_repeats_its_blocks_and_is_refused():
    with pytest.raises(InputError, match="same answer for two different rng"):
        backgrounds.custom(lambda n, rng: np.random.default_rng(0).integers(0, 4, (n, 6)), 6).sample(10, rng=0)


def test_custom_is_checked_at_its_first_use_only():
    called = []
    null = backgrounds.custom(lambda n, rng: called.append(n) or rng.integers(0, 4, (n, 6)), 6)
    null.sample(10, rng=0)
    assert called == [BLOCK] * 4
    null.sample(300, rng=1)
    assert called == [BLOCK] * 6
    with pytest.raises(InputError, match=r"a list.*custom takes a function"):
        backgrounds.custom(["ACGT"], 4)


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
    with pytest.raises(InputError, match=r"sequence 1 is empty \(length 0\)"):
        make(np.array([[0, 1, 2], [4, 4, 4]]))


@every_kind
def test_a_description_is_json_with_kind_lengths_and_sources(null):
    told = json.loads(json.dumps(null.describe()))
    assert (told["kind"], told["shortest"], told["longest"]) == (null.name, null.shortest, null.longest)
    assert null.name in repr(null)
    assert isinstance(null, Background)


def test_the_sha256_is_of_lengths_and_codes_whatever_the_padding():
    expected = hashlib.sha256(bytes([2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]) + bytes([0, 1, 2])).hexdigest()
    for columns in (2, 5):
        codes = np.full((2, columns), PAD)
        codes[0, :2], codes[1, 0] = [0, 1], 2
        assert backgrounds.given(codes).describe()["sources"] == {"number": 2, "sha256": expected}


def test_padding_to_a_common_width_changes_no_background():
    wide = np.full((1, 30), PAD)
    wide[0, :13] = DNA.encode("ACGTTGCAACGGT")
    assert backgrounds.shuffled(wide).sample(5, rng=0).to_strings() == (
        backgrounds.shuffled(wide[:, :13]).sample(5, rng=0).to_strings()
    )
