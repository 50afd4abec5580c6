"""Motifs from weighted k-mers: laws, a second implementation on plain strings, and counts derived by hand."""

from __future__ import annotations

from collections import Counter
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from strategies import dna_strings, patterns

from seqdo.errors import InputError
from seqdo.motifs.alignment import EDGE, LEAST, aligned
from seqdo.motifs.motif import Motif
from seqdo.motifs.scramble import mutants
from seqdo.reporting.figures.kinds.logo import information
from seqdo.sequences.alphabet import DNA, RNA


def words(letters="AC", width=5):
    """Words of few letters, most of which match somewhere, with weights of which some are alike."""
    word = st.text(letters, min_size=width, max_size=width)
    weight = st.sampled_from([-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0])
    return st.lists(st.tuples(word, weight), min_size=1, max_size=12, unique_by=lambda one: one[0]).filter(
        lambda some: any(weight > 0 for _, weight in some)
    )


def by_strings(some):
    """The same by the letters of strings: {column: letter counts}, of the columns that are kept, and the total."""
    heavy = sorted((one for one in some if one[1] > 0), key=lambda one: (-one[1], one[0]))
    anchor, _ = heavy[0]
    k, columns, total = len(anchor), {}, 0.0
    for word, weight in heavy:
        matching = {
            start: sum(anchor[start + i] == letter for i, letter in enumerate(word) if 0 <= start + i < k)
            for start in range(-k + 1, k)
        }
        start = min(matching, key=lambda start: (-matching[start], abs(start), start))
        if matching[start] >= ceil(k * 2 / 3):
            total += weight
            for i, letter in enumerate(word):
                columns.setdefault(start + i, Counter())[letter] += weight
    return {c: counts for c, counts in columns.items() if 0 <= c < k or counts.total() >= EDGE * total}, total


@given(words(), st.randoms(use_true_random=False))
def test_a_second_implementation_on_strings_agrees_in_any_order_of_the_words(some, random):
    columns, total = by_strings(some)
    counts = [[columns[c][letter] + (total - columns[c].total()) / 4 for letter in "ACGT"] for c in sorted(columns)]
    made = aligned(*zip(*some, strict=True))
    assert made.matrix == pytest.approx(np.array(counts) / total)
    assert not made.matrix[np.array(counts) == 0].any()  # a letter that no word has has no probability, to the bit
    random.shuffle(some)
    again = aligned(*zip(*some, strict=True))
    assert np.array_equal(again.matrix, made.matrix)
    assert again.name == made.name


@given(words(), st.floats(1e-6, 1e6))
def test_only_ratios_of_weights_matter(some, factor):
    texts, weights = zip(*some, strict=True)
    assert aligned(texts, np.array(weights) * factor).matrix == pytest.approx(aligned(texts, weights).matrix)


@given(words("ACGT", 4))
def test_there_are_as_many_columns_as_letters_or_more(some):
    assert aligned(*zip(*some, strict=True)).width >= 4


@given(patterns(), st.floats(0.01, 100))
def test_one_word_is_its_own_motif(pattern, weight):
    assert np.array_equal(aligned([pattern], [weight]).matrix, Motif.from_string(pattern).matrix)


@given(dna_strings(4, 8), st.data())
def test_single_mutants_are_counted_letter_by_letter(word, data):
    """Each mutant has one other letter, and lies best where it comes from: 1 less matches there, no more elsewhere.

    So a place has a letter's own mutant for it, and the word and all mutants of other places for the word's letter.
    """
    changed = mutants(Motif.from_string(word))
    losses = data.draw(st.lists(st.floats(0.01, 0.99), min_size=len(changed), max_size=len(changed)))
    weights = 1 - np.array(losses)
    made = aligned([word, *(mutant.text for _, _, mutant in changed)], [1.0, *weights])
    expected = np.zeros((len(word), 4))
    for (place, letter, _), weight in zip(changed, weights, strict=True):
        expected[place, "ACGT".index(letter)] = weight
    expected[np.arange(len(word)), DNA.encode(word)] = 1 + weights.sum() - expected.sum(1)
    assert made.matrix == pytest.approx(expected / (1 + weights.sum()))
    assert made.text == word


@given(st.lists(st.floats(0.05, 0.95), min_size=4, max_size=8))
def test_the_more_a_place_matters_the_more_information_its_column_has(losses):
    """Three mutants at each place, which lose what is planted there; all fourths are the word's own letter."""
    word = "GATTACAG"[: len(losses)]
    changed = mutants(Motif.from_string(word))
    made = aligned([word, *(one.text for *_, one in changed)], [1.0, *(1 - losses[place] for place, *_ in changed)])
    bits = information(made)
    assert (np.diff(bits[np.argsort(losses)]) >= -1e-12).all()
    assert made.text == word


def test_every_column_of_the_anchor_is_there_the_last_one_too():
    made = aligned(["GATTAC", "GATTAG"], [3.0, 1.0])
    assert made.matrix[-1].tolist() == [0.0, 0.75, 0.25, 0.0]
    assert made.name == "motif of GATTAC"


@pytest.mark.parametrize(("weight", "columns"), [(0.99, 6), (1.0, 7)])
def test_a_column_beyond_the_anchor_is_kept_if_words_with_a_quarter_of_all_weight_reach_it(weight, columns):
    made = aligned(["GATTAC", "ATTACC"], [3.0, weight])
    assert made.width == columns
    if columns == 7:  # the word's C, and a quarter of each letter for the anchor, which does not reach it
        assert made.matrix[-1] == pytest.approx(np.array([3, 7, 3, 3]) / 16)
    assert made.matrix[0] == pytest.approx((3 * np.eye(4)[2] + weight / 4) / (3 + weight))


def test_a_column_that_is_not_kept_can_carry_little():
    """At most a letter of weight EDGE, and a quarter of each for the rest."""
    row = EDGE * np.eye(4)[0] + (1 - EDGE) / 4
    assert 2 + (row * np.log2(row)).sum() < 0.123


def test_the_log_reports_how_many_kmers_are_counted(caplog):
    caplog.set_level("INFO", "seqdo.motifs.alignment")
    aligned(["GATTAC", "GATTAG", "CCCCCC", "TTTTTT"], [3.0, 2.0, 1.0, -1.0])
    assert caplog.messages == ["GATTAC: 2 of 3 k-mers match it and are counted"]


def test_of_equal_offsets_the_one_nearest_to_0_is_taken_then_the_left_one():
    near = aligned(["AAAAAA", "AAAAAC"], [1.0, 1.0])  # 5 letters match at 0 and, shifted to the right, at 1
    assert (near.width, near.matrix[5].tolist()) == (6, [0.5, 0.5, 0.0, 0.0])
    left = aligned(["ACACACAC", "CACACACA"], [1.0, 0.8])  # 7 letters match at -1 and at 1
    assert left.width == 9
    assert left.matrix[0] == pytest.approx(np.array([0.25, 0.25 + 0.8, 0.25, 0.25]) / 1.8)


def test_a_kmer_that_matches_in_too_few_letters_is_left_out():
    def last(word, **more):
        """What the word adds to the last column of GATTAC: its share of A, if it is counted."""
        return aligned(["GATTAC", word], [3.0, 1.0], **more).matrix[5].tolist()

    assert last("GATTCA") == [0.25, 0.75, 0.0, 0.0]  # 4 of 6 match
    assert last("GATGCA") == [0.0, 1.0, 0.0, 0.0]  # 3
    assert last("GATGCA", least=0.5) == [0.25, 0.75, 0.0, 0.0]
    assert last("TAC") == [0.0, 1.0, 0.0, 0.0]
    assert aligned(["GATTAC", "TAC"], [3.0, 1.0]).matrix[0].tolist() == [0.0, 0.0, 1.0, 0.0]  # 3, half of the anchor's


@pytest.mark.parametrize("k", range(4, 9))
def test_few_of_all_words_match_by_chance_as_much_as_is_asked(k):
    """The sum over offsets of a binomial tail is no less than the share that matches at any of them."""
    chance = sum(binom.sf(ceil(LEAST * k - 1e-9) - 1, k - abs(offset), 0.25) for offset in range(1 - k, k))
    assert chance <= 0.0821


def test_on_both_strands_a_reverse_complement_counts_the_same():
    one = aligned(["GATTACA", "TGTAATC"], [2.0, 1.0], both_strands=True)
    assert one.matrix.tolist() == Motif.from_string("GATTACA").matrix.tolist()
    alone = aligned(["GATTACA", "TGTAATC"], [2.0, 1.0])
    assert alone.text == "GATTACA"
    shifted = aligned(["GATTAC", "GGTAAT"], [1.0, 0.5], both_strands=True)  # ATTACC on the other strand, at 1
    assert shifted.matrix[-1] == pytest.approx(np.array([0.25, 0.75, 0.25, 0.25]) / 1.5)


def test_positions_that_keep_the_background_do_not_count():
    gapped = aligned(["GANNAC", "GATNAC"], [1.0, 1.0])
    assert gapped.matrix[2].tolist() == [0.125, 0.125, 0.125, 0.625]
    assert gapped.matrix[3].tolist() == [0.0] * 4
    assert aligned(["N", "NN"], [2.0, 1.0]).matrix.tolist() == [[0.0] * 4]


def test_the_alphabet_is_that_of_the_kmers_or_the_requested_one():
    assert aligned(["GAC", "GAU"], [1.0, 1.0]).text == "GAY"
    assert aligned(["GAC", "GAU"], [1.0, 2.0]).alphabet is RNA
    assert aligned(["GAC"], [1.0]).alphabet is None
    assert aligned(["GAC"], [1.0], alphabet=RNA).alphabet is RNA
    assert aligned(["GAC"], [1.0], both_strands=True).alphabet is DNA


@pytest.mark.parametrize(
    ("arguments", "more", "problem"),
    [
        ((["GAT"], [0.0]), {}, "none of the 1 `weights` is positive"),
        (([], []), {}, "none of the 0 `weights` is positive"),
        ((["GAT", "GAC"], [1.0]), {}, r"2 k-mers in `patterns` and `weights` of shape \(1,\)"),
        (("GAT", [1.0, 2.0, 3.0]), {}, "a list of k-mers"),
        ((["GAT", "GAC"], [1.0, np.nan]), {}, "`weights` contains nan: weights are finite"),
        ((["GAT", "GAU"], [1.0, 1.0]), {}, "both T and U in `patterns`"),
        ((["GAT"], [1.0]), {"alphabet": RNA}, "alphabet=RNA for `patterns` in DNA"),
        ((["GAU"], [1.0]), {"both_strands": True}, "both_strands=True for RNA: RNA has one strand"),
        ((["GAC"], [1.0]), {"both_strands": True, "alphabet": RNA}, "both_strands=True for RNA: RNA has one strand"),
        ((["GAX"], [1.0]), {}, "'X' at position 2"),
    ],
)
def test_a_wrong_list_of_weighted_kmers_is_refused(arguments, more, problem):
    with pytest.raises(InputError, match=problem):
        aligned(*arguments, **more)
