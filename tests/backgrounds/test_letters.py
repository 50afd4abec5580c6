"""Backgrounds that draw letters: each kind has the distribution it claims, and refuses what has none."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.stats import chi2, chisquare

from seqdo import backgrounds
from seqdo.backgrounds.kinds import BLOCK
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import root, stream

OUTSIDE = np.random.default_rng(3)


def p_value(counts: ArrayLike, shares: ArrayLike) -> float:
    """Of counts that have these shares if all is well."""
    counts, shares = np.asarray(counts), np.asarray(shares)
    return float(chisquare(counts, counts.sum() * shares / shares.sum()).pvalue)


def test_uniform_letters_are_equally_likely_at_every_place(seed):
    """One seed in 10,000."""
    codes = backgrounds.uniform(20).sample(4000, rng=seed).codes
    counts = (codes[:, :, None] == np.arange(4)).sum(0)
    assert chi2.sf(((counts - 1000) ** 2 / 1000).sum(), 20 * 3) > 1e-4


# Balanced


BALANCES = ("columns", "dinucleotides")


def in_sets(balance, sets, seed, length=9):
    """Codes (sets, 16, length)."""
    return backgrounds.uniform(length, balance).sample(16 * sets, rng=seed).codes.reshape(sets, 16, length)


@pytest.mark.parametrize("balance", BALANCES)
def test_every_set_has_every_letter_four_times_at_every_place(balance, seed):
    codes = in_sets(balance, 40, seed)
    assert ((codes[..., None] == np.arange(4)).sum(1) == 4).all()


def test_every_set_has_every_dinucleotide_once_at_every_two_places(seed):
    codes = in_sets("dinucleotides", 40, seed).astype(int)
    pairs = np.sort(4 * codes[:, :, :-1] + codes[:, :, 1:], axis=1)
    assert (pairs == np.arange(16)[:, None]).all()
    codes = in_sets("columns", 40, seed).astype(int)
    assert not (np.sort(4 * codes[:, :, :-1] + codes[:, :, 1:], axis=1) == np.arange(16)[:, None]).all()


@pytest.mark.parametrize("balance", BALANCES)
def test_each_balanced_background_alone_is_uniform(balance, seed):
    """Each of the 16 rows of a set, over 3,000 sets: all 64 words at places 3 to 5; one seed in 10,000 / 32."""
    codes = in_sets(balance, 3000, seed).astype(int)
    words = 16 * codes[:, :, 3] + 4 * codes[:, :, 4] + codes[:, :, 5]
    for row in range(16):
        assert p_value(np.bincount(words[:, row], minlength=64), np.ones(64)) > 1e-4 / 32, row


@pytest.mark.parametrize("balance", BALANCES)
def test_sets_know_nothing_of_one_another(balance, seed):
    """Last row of a set and first of the next, words at the same two places; one seed in 10,000 each."""
    codes = in_sets(balance, 8001, seed).astype(int)
    words = 4 * codes[:, :, 4] + codes[:, :, 5]
    both = 16 * words[:-1, 15] + words[1:, 0]
    assert p_value(np.bincount(both, minlength=256), np.ones(256)) > 1e-4


@pytest.mark.parametrize("balance", BALANCES)
def test_balanced_letters_follow_the_written_recipe(balance):
    """Row by row: ranks by the letter before and then by u; the letter is the rank mod 4."""
    u = stream(root(7), "background", 0).random((BLOCK, 5))
    for first in range(0, BLOCK, 16):
        letters = np.zeros((16, 5), int)
        for j in range(5):
            before = [letters[row, j - 1] if j and balance == "dinucleotides" else 0 for row in range(16)]
            ranked = sorted(range(16), key=lambda row: (before[row], u[first + row, j]))
            for rank, row in enumerate(ranked):
                letters[row, j] = rank % 4
        drawn = backgrounds.uniform(5, balance).sample(16, rng=7, first=first).codes
        assert (drawn == letters).all(), first


def both_rows(balance, length):
    """P(words of row 1 | word of row 2) of a set of 16, from counting which letters are left."""
    words = list(product(range(4), repeat=length))
    law = np.ones((len(words), len(words)))
    for (i, x), (j, y) in product(enumerate(words), enumerate(words)):
        for t in range(length):
            if t == 0 or balance == "columns":
                law[i, j] *= (3 if x[t] == y[t] else 4) / 15  # the other 15 rows have 3 more of this letter
            elif x[t - 1] == y[t - 1]:
                law[i, j] *= 0 if x[t] == y[t] else 1 / 3  # of the four with this letter before, each has another
            else:
                law[i, j] *= 1 / 4
    return law


@pytest.mark.parametrize(("balance", "worth", "worst"), [("columns", 15, 1 / 225), ("dinucleotides", 12, 1 / 45)])
def test_a_set_is_worth_so_many_independent_backgrounds_whatever_is_averaged(balance, worth, worst):
    """A function of words with eigenvalue λ has 1 + 15 λ times the variance over sets; the largest λ is the worst."""
    for length in (3, 4):
        law = both_rows(balance, length)
        assert np.allclose(law.sum(1), 1)
        assert np.allclose(law, law.T)
        eigenvalues = np.linalg.eigvalsh(law)  # the last is 1, of the constant
        assert eigenvalues[-2] == pytest.approx(worst)
        assert eigenvalues[0] == pytest.approx(-1 / 15)
    assert 16 / (1 + 15 * worst) == pytest.approx(worth)
    assert backgrounds.uniform(9, balance).describe()["independent"] == worth


@pytest.mark.parametrize("balance", BALANCES)
def test_two_rows_of_a_set_have_the_law_that_this_is_computed_from(balance, seed):
    """Rows 0 and 1 of 8,000 sets: where they agree among three places; one seed in 10,000 each."""
    codes = in_sets(balance, 8000, seed)
    found = (codes[:, 0, 3:6] == codes[:, 1, 3:6]) @ np.array([4, 2, 1])
    law, words = both_rows(balance, 3), list(product(range(4), repeat=3))
    shares = np.zeros(8)
    for i, x in enumerate(words):
        shares[sum(4 >> t for t in range(3) if x[t] == 0)] += law[words.index((0, 0, 0)), i]
    possible = shares > 0
    assert not np.isin(found, np.flatnonzero(~possible)).any()
    assert p_value(np.bincount(found, minlength=8)[possible], shares[possible]) > 1e-4


def test_the_law_of_a_balanced_background_is_in_its_description():
    shown = backgrounds.uniform(9, balance="dinucleotides").describe()
    assert (shown["kind"], shown["balance"], shown["set"]) == ("uniform", "dinucleotides", 16)
    assert "set" not in backgrounds.uniform(9).describe()


@pytest.mark.parametrize("balance", ["dinucleotide", "", True, 2, ["columns"]])
def test_another_balance_is_refused_with_the_two_there_are(balance):
    with pytest.raises(InputError, match='None, "columns" or "dinucleotides" is needed'):
        backgrounds.uniform(9, balance=balance)


def test_profile_draws_lengths_as_observed_and_letters_of_that_length(seed):
    """Every sequence that can occur, with its probability; one seed in 10,000."""
    null = backgrounds.profile(["AC", "AG", "CC", "AC", "AG", "CC", "TTT", "TTT"])
    law = {a + b: 0.75 * p * q for a, p in (("A", 2 / 3), ("C", 1 / 3)) for b, q in (("C", 2 / 3), ("G", 1 / 3))}
    law["TTT"] = 0.25
    counts = Counter(null.sample(6000, rng=seed).to_strings())
    assert set(counts) == set(law)
    assert p_value([counts[text] for text in law], list(law.values())) > 1e-4
    assert (null.shortest, null.longest, null.alphabet) == (2, 3, DNA)


def test_profile_from_stored_numbers_is_the_profile_of_the_sequences():
    stored = {2: [[2 / 3, 1 / 3, 0, 0], [0, 2 / 3, 1 / 3, 0]], 3: [[0, 0, 0, 1]] * 3}
    null = backgrounds.profile(stored, weights={2: 0.75, 3: 0.25})
    observed = backgrounds.profile(3 * ["AC", "AG", "CC", "TTT"])
    assert null.sample(500, rng=1).to_strings() == observed.sample(500, rng=1).to_strings()
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


def test_sequences_bring_their_own_weights():
    with pytest.raises(InputError, match="weights with sequences"):
        backgrounds.profile(["AC", "GT"], weights={2: 1.0})


def test_bkg_13_contexts_without_a_next_letter_back_off_to_the_letter_frequencies(seed):
    """AAC: A is followed by A or C; nothing follows C, so the letters' 2/3 and 1/3 do. One seed in 10,000."""
    counts = Counter(backgrounds.markov(["AAC"], order=1).sample(4000, rng=seed).to_strings())
    law = {"AAA": 1 / 4, "AAC": 1 / 4, "ACA": 1 / 3, "ACC": 1 / 6}
    assert set(counts) == set(law)
    assert p_value([counts[text] for text in law], list(law.values())) > 1e-4


def test_bkg_13_contexts_back_off_one_order_at_a_time(seed):
    """Nothing follows AC, and only G ever follows C: so a TCGAC that goes on is TCGACGA. One seed in 10,000."""
    null = backgrounds.markov(["TCGAC", "GGGGGGG"], order=2)
    counts = Counter(null.sample(2000, rng=seed).to_strings())
    assert set(counts) == {"TCGAC", "TCGACGA", "GGGGG", "GGGGGGG"}
    assert p_value(list(counts.values()), np.ones(4)) > 1e-4


def test_markov_of_order_0_has_the_letters_frequencies(seed):
    """One seed in 10,000."""
    codes = backgrounds.markov(["AAAC", "GGTT"], order=0).sample(1000, rng=seed).codes
    assert p_value(np.bincount(codes.ravel(), minlength=4), [3, 1, 2, 2]) > 1e-4


@pytest.mark.parametrize("order", [4, 5, 60])
def test_bkg_13_an_order_that_reaches_the_shortest_length_is_refused_with_both(order):
    with pytest.raises(InputError, match=rf"order={order} with sequences as short as 4"):
        backgrounds.markov(["ACGT", "ACGTACGT"], order=order)


@pytest.mark.parametrize("order", [-1, 1.0, True, 9])
def test_orders_are_whole_numbers_up_to_8(order):
    with pytest.raises(InputError, match="order="):
        backgrounds.markov(["ACGTACGTACGT"], order=order)


def test_gc_matched_letters_have_each_sources_gc(seed):
    """One seed in 5,000 for the two tests together; GC 0 and 1 hold exactly."""
    sources = ["AATT", "GGCC", "GAAA"]
    sample = backgrounds.gc_matched(sources).sample(9000, rng=seed).codes
    assert set(np.unique(sample[0::3]).tolist()) == {0, 3}
    assert set(np.unique(sample[1::3]).tolist()) == {1, 2}
    assert p_value(np.bincount(sample[2::3].ravel(), minlength=4), [3, 1, 1, 3]) > 1e-4
    assert p_value(np.bincount(sample[0::3].ravel(), minlength=4)[[0, 3]], [1, 1]) > 1e-4


def test_custom_strings_sequences_and_codes_say_the_same():
    def codes(n, rng):
        return rng.integers(0, 4, (n, 40))

    def strings(n, rng):
        return [RNA.decode(row) for row in codes(n, rng).astype(np.uint8)]

    expected = backgrounds.custom(codes, 40).sample(300, rng=1).codes
    for function in (strings, lambda n, rng: Sequences.from_codes(codes(n, rng))):
        sample = backgrounds.custom(function, 40, alphabet=RNA).sample(300, rng=1)
        assert np.array_equal(sample.codes, expected)
        assert sample.alphabet is RNA
    with pytest.raises(InputError, match=r"Write custom.*alphabet=RNA"):
        backgrounds.custom(strings, 40).sample(1, rng=1)


@pytest.mark.parametrize(
    ("function", "got"),
    [
        (lambda n, rng: rng.integers(0, 4, (n - 1, 6)), "255 sequences of 6 to 6 letters"),
        (lambda n, rng: rng.integers(0, 4, (n, 7)), "256 sequences of 7 to 7 letters"),
        (lambda n, rng: rng.random((n, 6)), "dtype float64.*whole numbers 0-3"),
        (lambda n, rng: np.eye(4)[rng.integers(0, 4, (n, 6))], r"shape \(256, 6, 4\)"),
        (lambda n, rng: np.eye(4, dtype=int)[rng.integers(0, 4, (n, 6))], r"shape \(256, 6, 4\)"),
        (lambda n, rng: ["ACG"] * (n - 1) + ["ACGACG"], "256 sequences of 3 to 6 letters"),
        (lambda n, rng: ["ACGACG"] * (n + 1), "257 sequences"),
        (lambda n, rng: [], r"shape \(0,\)"),
        (lambda n, rng: ["ACGNAC"] * n, "'N' at position 3 of sequence 0"),
        (lambda n, rng: rng.integers(4, 5, (n, 6)), "sequence 0 is empty"),
        (lambda n, rng: rng.integers(7, 8, (n, 6)), "codes from 7 to 7"),
        (lambda n, rng: [[0] * 6] * (n - 1) + [[0]], "no array"),
        (lambda n, rng: None, r"shape \(\)"),
    ],
)
def test_bkg_11_a_wrong_answer_is_refused_with_got_and_wanted(function, got):
    with pytest.raises(InputError, match=rf"custom background returned.*{got}.*256 sequences of 6 letters are needed"):
        backgrounds.custom(function, 6).sample(10, rng=0)


def test_bkg_11_what_a_function_raises_itself_is_left_alone():
    def broken(n, rng):
        raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        backgrounds.custom(broken, 6).sample(10, rng=0)


@pytest.mark.parametrize(
    "function",
    [
        lambda n, rng: np.random.randint(0, 4, (n, 6)),  # noqa: NPY002
        lambda n, rng: ["".join(random.choices("ACG", k=6)) for _ in range(n)],  # noqa: S311
        lambda n, rng: OUTSIDE.integers(0, 4, (n, 6)),
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
