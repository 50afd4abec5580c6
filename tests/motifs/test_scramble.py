"""A scramble has the motif's composition and is never the motif, by a count written out here."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from strategies import motifs, patterns

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.motifs.scramble import mutants, scrambles

FEW = pytest.mark.filterwarnings("ignore:pattern .* scrambles")
"""Short patterns have few scrambles, or close ones, and a warning says so."""

COMPLEMENT = dict(zip("ACGTN", "TGCAN", strict=True))


def reverse_complement(text):
    return "".join(COMPLEMENT[letter] for letter in reversed(text))


def found(scramble, motif):
    """Letters of the motif found in the scramble, at the offset where most are."""
    width = len(motif)
    return max(
        sum(scramble[place] == motif[place + offset] != "N" for place in range(width) if 0 <= place + offset < width)
        for offset in range(1 - width, width)
    )


def agreement(scramble, motif, strands=True):
    targets = [motif, reverse_complement(motif)] if strands else [motif]
    return max(found(scramble, target) for target in targets) / sum(letter != "N" for letter in motif)


def texts(controls):
    return [control.text for control in controls]


def test_in_10_000_draws_none_is_the_motif_its_reverse_complement_or_like_it_mot_15(seed):
    """Five motifs, 100 seeds of 20 scrambles each; the limit holds for every draw, so no seed can fail."""
    draws = 0
    for text in ["GATTACA", "CACGTG", "TGACTCA", "TATCGATA", "TGANTCA"]:
        drawn = [control for i in range(100) for control in texts(scrambles(Motif.from_string(text), 20, seed + i))]
        draws += len(drawn)
        for scramble in set(drawn):
            assert sorted(scramble) == sorted(text)
            assert scramble not in (text, reverse_complement(text))
            assert agreement(scramble, text) <= 0.5
    assert draws == 10_000


def test_each_scramble_that_the_rule_allows_is_drawn_and_no_other():
    allowed = {word for word in map("".join, permutations("GATTACA")) if agreement(word, "GATTACA") <= 0.5}
    assert set(texts(scrambles(Motif.from_string("GATTACA"), len(allowed), 0))) == allowed


def test_scrambles_are_uniform_over_those_allowed(seed):
    """161 runs take 20 of the 161 allowed, without replacement: the scaled sum of squares is chi-square(160).

    Beyond its 1 - 1e-6 quantile: one seed in a million fails.
    """
    allowed = sorted({word for word in map("".join, permutations("GATTACA")) if agreement(word, "GATTACA") <= 0.5})
    motif = Motif.from_string("GATTACA")
    drawn = [text for i in range(161) for text in texts(scrambles(motif, 20, seed + i))]
    counts = np.array([drawn.count(word) for word in allowed])
    assert (len(allowed), counts.sum()) == (161, len(drawn))
    assert ((counts - 20) ** 2).sum() / (20 * (1 - 20 / 161) * 161 / 160) < chi2.isf(1e-6, 160)


def test_the_reverse_complement_is_another_sequence_in_rna():
    """UGCAUG: some scrambles are like CAUGCA (its reverse complement), and only RNA allows them."""
    rna = {text.replace("U", "T") for text in texts(scrambles(Motif.from_string("UGCAUG"), 152, 0))}
    dna = set(texts(scrambles(Motif.from_string("TGCATG"), 146, 0)))
    words = set(map("".join, permutations("TGCATG")))
    assert rna == {word for word in words if agreement(word, "TGCATG", strands=False) <= 0.5}
    assert dna == {word for word in words if agreement(word, "TGCATG") <= 0.5}
    assert dna < rna


@FEW
def test_strands_can_be_chosen():
    text = "GACGA"  # of either alphabet
    single = scrambles(Motif.from_string(text), 100, 0, strands=False)
    double = scrambles(Motif.from_string(text), 100, 0, strands=True)
    assert all(agreement(scramble, text) <= 0.84 for scramble in texts(double))
    assert len(single) >= len(double)


def test_places_that_keep_the_background_stay():
    for control in scrambles(Motif.from_string("TGANNTCA"), 10, 0):
        assert control.text[3:5] == "NN"
        assert "N" not in control.text[:3] + control.text[5:]


def test_the_same_seed_gives_the_same_scrambles_and_another_gives_others():
    motif = Motif.from_string("TATCGATA")
    assert texts(scrambles(motif, 5, 3)) == texts(scrambles(motif, 5, 3)) != texts(scrambles(motif, 5, 4))


def test_scrambles_are_named_in_order_and_distinct():
    controls = scrambles(Motif.from_string("GATTACA", name="site"), 20, 0)
    assert [control.name for control in controls] == [f"site~{i}" for i in range(1, 21)]
    assert len(set(texts(controls))) == 20


def test_long_motifs_are_sampled_by_the_same_rule():
    """A pattern of width 16 has 63 million orders: drawn, not enumerated."""
    text = "ACGTACGTACGTACGT"
    controls = texts(scrambles(Motif.from_string(text), 20, 0))
    assert len(set(controls)) == 20
    assert all(agreement(control, text) <= 0.5 and sorted(control) == sorted(text) for control in controls)


def test_a_limit_that_must_give_way_is_reported_once():
    """GCTGG has 3 scrambles at 0.5 and 17 at 0.67, counted by hand below."""
    words = set(map("".join, permutations("GCTGG")))
    strict = {word for word in words if agreement(word, "GCTGG") <= 0.5}
    with pytest.warns(UserWarning, match="GCTGG") as caught:
        controls = set(texts(scrambles(Motif.from_string("GCTGG"), 10, 0)))
    assert strict < controls  # the best ones first
    assert all(agreement(control, "GCTGG") <= 0.67 for control in controls)
    assert [str(warning.message) for warning in caught] == [
        "pattern GCTGG: some scrambles agree with the pattern up to 0.67 (usually at most 0.5). "
        "A longer pattern has more scrambles"
    ]
    assert caught[0].filename == __file__


def test_where_fewer_exist_all_are_returned_and_a_warning_counts_them():
    orders = {text for text in map("".join, permutations("TATA")) if agreement(text, "TATA") <= 0.84}
    with pytest.warns(UserWarning, match=f"only {len(orders)} of 20 scrambles were found") as caught:
        controls = set(texts(scrambles(Motif.from_string("TATA"), 20, 0)))
    assert controls == orders
    assert len(caught) == 1


@pytest.mark.parametrize("text", ["TTTT", "A", "ANNA", "RRR"])
def test_a_motif_without_scrambles_gets_advice(text):
    with pytest.raises(InputError, match=rf"pattern {text}: no order of its letters .* swap\(pattern, control\)"):
        scrambles(Motif.from_string(text), 3, 0)


def test_a_motif_that_writes_nothing_is_refused():
    with pytest.raises(InputError, match="writes no letter"):
        scrambles(Motif.from_string("NN"), 3, 0)


def test_zero_scrambles_are_allowed_and_fewer_are_not():
    assert scrambles(Motif.from_string("GATTACA"), 0, 0) == []
    with pytest.raises(InputError, match="count=-1 scrambles of GATTACA"):
        scrambles(Motif.from_string("GATTACA"), -1, 0)


@FEW
@settings(max_examples=30)
@given(motifs(min_width=4, max_width=7), st.integers(0, 5))
def test_a_matrix_keeps_its_places_and_agrees_no_more_than_the_rule_says(motif, seed):
    """Agreement computed by sliding one matrix along the other, pair by pair."""
    try:
        controls = scrambles(motif, 3, seed)
    except InputError:
        return
    own = (motif.matrix**2).sum()
    for control in controls:
        assert sorted(control.matrix.tolist()) == sorted(motif.matrix.tolist())
        for other in (motif, motif.reverse_complement()):
            padded = np.zeros((3 * motif.width, 4))
            padded[motif.width : 2 * motif.width] = other.matrix
            slid = [(padded[at : at + motif.width] * control.matrix).sum() for at in range(1, 2 * motif.width)]
            assert max(slid) <= 0.84 * own + 1e-6


@given(patterns(max_size=8))
def test_mutants_are_all_single_letter_changes_of_the_plain_letters(text):
    expected = {
        (place, new, text[:place] + new + text[place + 1 :])
        for place, old in enumerate(text)
        if old in "ACGT"
        for new in "ACGT"
        if new != old
    }
    changes = mutants(Motif.from_string(text))
    assert len(changes) == len(expected)
    assert {(place, letter, mutant.text) for place, letter, mutant in changes} == expected


def test_mutants_are_named_by_place_and_letters_and_keep_the_alphabet():
    place, letter, mutant = mutants(Motif.from_string("GAUUACA"))[11]
    assert (place, letter, mutant.name, mutant.text) == (3, "G", "GAUUACA:3U>G", "GAUGACA")


def test_a_mutant_of_a_matrix_leaves_its_other_places_alone():
    motif = Motif("m", np.array([[0.7, 0.3, 0, 0], [0.1, 0.2, 0.3, 0.4]]))
    for place, _, mutant in mutants(motif):
        np.testing.assert_array_equal(mutant.matrix[1 - place], motif.matrix[1 - place])
