"""Designs, arms and sites: what they refuse, how they order, what they print."""

from __future__ import annotations

import numpy as np
import pytest
from blank import blank

from seqdo.designs.design import Arm, Contrast, Design, Site, Slot
from seqdo.errors import InputError
from seqdo.experiments.embed import embed, orientation, positions
from seqdo.motifs.motif import Motif, as_motif
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.stream import root

GATT, CCG = as_motif("GATT"), as_motif("CCG")
MATRIX = Motif("M", np.array([[0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4]]))
ARMS = {"none": Arm(), "a": Arm((Site(GATT, 3),)), "b": Arm((Site(CCG, 3),))}


def design(*contrasts, arms=None):
    return Design("custom", "?", arms or ARMS, contrasts)


def test_a_design_needs_a_reference_beside_the_arm_it_tests_DES_01():
    for arms in ({}, {"a": Arm((Site(GATT, 3),))}):
        with pytest.raises(InputError, match="a contrast needs a reference arm"):
            Design("custom", "?", arms, ())


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"a": 1.0, "none": -0.5}, r"contrast effect .*\bp\b.* has weights that sum to 0.5"),
        ({"a": 0.0, "none": 0.0}, "not all 0"),
        ({}, "not all 0"),
        ({"a": float("nan"), "none": -1.0}, "a weight that is not a number"),
        ({"a": float("inf"), "none": -1.0}, "a weight that is not a number"),
        ({"a": 1.0, "nonne": -1.0}, "names arm 'nonne': the design has no such arm. Did you mean 'none'"),
    ],
)
def test_a_contrast_that_is_none_is_refused_by_name_DES_06(weights, words):
    with pytest.raises(InputError, match=words):
        design(Contrast("effect", weights, {"p": 3}))


def test_weights_that_sum_to_0_but_for_rounding_are_fine():
    arms = ARMS | {f"c{i}": Arm((Site(CCG, 10 + i),)) for i in range(7)}
    made = design(Contrast("specific", {"a": 1.0} | {f"c{i}": -1 / 7 for i in range(7)}), arms=arms)
    assert [contrast.name for contrast in made.contrasts] == ["specific"]


def test_levels_of_numbers_and_names_do_not_mix_DES_07():
    contrasts = [Contrast("effect", {"a": 1, "none": -1}, {"gap": level}) for level in (1, "2", 3.0)]
    with pytest.raises(InputError, match="factor gap with the levels"):
        design(*contrasts)


def test_numbers_are_sorted_and_names_stay_in_the_order_given_DES_07():
    levels = [(10, "β"), (9, "a" * 300), (2.5, "α")]
    made = design(*(Contrast("effect", {"a": 1, "none": -1}, {"gap": gap, "name": name}) for gap, name in levels))
    assert made.factors == {"gap": (2.5, 9, 10), "name": ("β", "a" * 300, "α")}


def test_two_contrasts_that_would_be_one_row_are_refused_DES_03():
    one, two = (Contrast("effect", {arm: 1, "none": -1}, {"gap": 5}) for arm in "ab")
    with pytest.raises(InputError, match=r"contrast effect \{'gap': 5\} twice"):
        design(one, two)
    design(one, Contrast("specific", one.weights, one.levels))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([Site(GATT, 3)], [Site(as_motif("GATT"), 3)]),
        ([Site(GATT, 3, draw=0)], [Site(GATT, 3, draw=1)]),  # nothing is drawn
        ([Site(GATT, 3), Site(CCG, 9)], [Site(CCG, 9), Site(GATT, 3)]),
        ([Site(as_motif("CACGTG"), 3)], [Site(as_motif("CACGTG"), 3, strand="-")]),
        ([Site(as_motif("AATC"), 3)], [Site(GATT, 3, strand="-")]),
        ([], []),
    ],
)
def test_arms_that_make_the_same_edit_under_two_names_are_warned_of_DES_05(first, second):
    arms = {"one": Arm(tuple(first)), "two": Arm(tuple(second)), "three": Arm((Site(CCG, 20),))}
    with pytest.warns(UserWarning, match="arms 'one' and 'two' make the same edit"):
        design(arms=arms)


def test_arms_that_differ_in_place_letters_strand_or_draw_are_no_twins():
    sites = [Site(GATT, 3), Site(GATT, 4), Site(CCG, 3), Site(GATT, 3, strand="-"), Site(GATT, Slot((3, 9), 0))]
    sites += [Site(MATRIX, 3), Site(MATRIX, 3, draw=1), Site(MATRIX, 3, strand="-"), Site(MATRIX.consensus(), 3)]
    made = design(arms={str(i): Arm((site,)) for i, site in enumerate(sites)})  # a warning would be an error
    assert len(made.arms) == len(sites)


@pytest.mark.parametrize("at", [3.7, "17", True, None])
def test_a_site_stands_at_a_whole_number_POS_03(at):
    with pytest.raises(InputError, match=type(at).__name__):
        Site(GATT, at)
    assert Site(GATT, np.int64(17)).at == 17


def test_a_strand_is_plus_or_minus():
    with pytest.raises(InputError, match="strand='x'"):
        Site(GATT, 3, strand="x")


def test_two_sites_of_an_arm_on_one_place_are_refused_at_once_POS_05():
    with pytest.raises(InputError, match="GATT at 10 and CCG at 13 overlap"):
        Arm((Site(GATT, 10), Site(CCG, 13)))
    with pytest.raises(InputError, match="GATT at 10 and GATT at 10 overlap"):
        Arm((Site(GATT, 10), Site(GATT, 10)))
    Arm((Site(GATT, 10), Site(CCG, 14), Site(CCG, 7)))


def test_what_does_not_fit_is_refused_with_pattern_place_and_last_start_POS_01():
    made = positions("UGCAUG", at=[0, 38])
    with pytest.raises(InputError, match="UGCAUG at 38 would end at 44 of a sequence of length 41") as caught:
        made.check(RNA, np.array([41]))
    assert "the last that fits is 35 " in str(caught.value)
    made.check(RNA, np.array([44, 50]))
    with pytest.raises(InputError, match="length 39, in 2 of 3 sequences"):  # POS-09
        made.check(RNA, np.array([44, 39, 43]))
    with pytest.raises(InputError, match="UGCAUG at -1 would begin before"):
        embed("UGCAUG", at=-1).check(RNA, np.array([41]))


def test_a_pattern_longer_than_the_sequence_is_said_to_be_MOT_04():
    with pytest.raises(InputError, match=r"pattern A+ is 60 positions wide: the sequence has only 41 positions"):
        embed("A" * 60, at=0).check(DNA, np.array([41]))


def test_every_slot_must_fit():
    arms = {"none": Arm(), "a": Arm((Site(GATT, Slot((0, 20, 38), 0)),))}
    with pytest.raises(InputError, match="GATT at 38"):
        design(arms=arms).check(DNA, np.array([41]))


def test_a_pattern_of_the_other_alphabet_and_a_second_strand_of_rna_are_refused():
    with pytest.raises(InputError, match="`pattern` UGCAUG is RNA: the model reads dna"):
        embed("UGCAUG", at=1).check(DNA, np.array([41]))
    with pytest.raises(InputError, match="`pattern` TGCATG is DNA: the model reads rna"):
        embed("TGCATG", at=1).check(RNA, np.array([41]))
    with pytest.raises(InputError, match="RNA is single-stranded"):
        orientation("GGCA", at=1).check(RNA, np.array([41]))
    embed("GGCA", at=1).check(RNA, np.array([41]))


@pytest.mark.parametrize("site", [Site(MATRIX, 5), Site(MATRIX, 5, strand="-"), Site(MATRIX, Slot((0, 9, 30), 1))])
def test_edits_of_any_part_of_a_run_are_those_of_the_whole_DET_02(site):
    """Also across blocks of 256."""
    whole = site.edit(root(7), 0, blank(600))
    for first, n in [(0, 1), (255, 2), (256, 256), (300, 300), (599, 1)]:
        part = site.edit(root(7), first, blank(n))
        assert np.array_equal(part.letters, whole.letters[first : first + n])
        assert np.array_equal(np.broadcast_to(part.start, n), np.broadcast_to(whole.start, 600)[first : first + n])
    assert not np.array_equal(site.edit(root(8), 0, blank(600)).letters, whole.letters)


def test_a_design_says_what_it_would_do_and_cost():
    assert str(positions("GATTACA", at=range(0, 50, 5), scrambles=1)).splitlines() == [
        "positions: At which positions does GATTACA have an effect?",
        "  arms       21: none, GATTACA@0, GATTACA@5, GATTACA@10, GATTACA@15, …, GATTACA~1@45",
        "  factor     position: 0, 5, 10, 15, …, 45",
        "  contrasts  effect (10), specific (10)",
        "  cost       21,000 forward passes of each model member at n=1000, and up to 1,000 for a default margin",
    ]
    assert embed("GATTACA", at=20).passes(250) == 500


def test_a_site_of_plain_letters_is_refused_with_what_to_write():
    with pytest.raises(InputError, match=r"`motif` of a site is 'GATT'.*Motif\.from_string"):
        Site("GATT", 3)


def test_a_design_is_a_line_where_it_is_shown_and_a_page_where_it_is_printed():
    made = positions("GATT", range(5))
    assert repr(made) == "<design positions: 6 arms, 5 contrasts>"
    assert len(str(made).splitlines()) == 5
