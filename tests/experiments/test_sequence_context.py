"""Around a site: arms, contrasts and levels by reasoning, and what is refused."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from blank import blank

from seqdo.errors import InputError
from seqdo.experiments.sequence_context import flanks, gc_context, gc_scan, swap
from seqdo.motifs.motif import Motif
from seqdo.sequences.edit import apply
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import root


def text(design, arm, length=30):
    """What an arm writes, dots where it writes nothing."""
    shown = ["."] * length
    for edit in design.arms[arm].edits(root(0), 0, blank(1)):
        for place, code in enumerate(edit.letters, edit.start):
            shown[place] = "ACGT?."[code]
    return "".join(shown).rstrip(".")


def rows(design, name):
    """Levels and weights of the contrasts of one name."""
    return [(dict(c.levels), dict(c.weights)) for c in design.contrasts if c.name == name]


# --- flanks


@pytest.mark.parametrize("call", [{"pattern": "NGAN"}, {"pattern": ".GA."}, {"pattern": "GA", "left": 1, "right": 1}])
def test_flanks_fill_each_free_place_with_each_letter(call):
    """Also at a width of four, where a matrix of fillings could be read either way round."""
    design = flanks(call.pop("pattern"), at=3, **call)
    words = [f"{a}GA{b}" for a, b in product("ACGT", repeat=2)]
    assert list(design.arms) == ["none"] + [f"{word}@3" for word in words]
    assert [text(design, f"{word}@3") for word in words] == ["..." + word for word in words]
    assert rows(design, "effect") == [({"flank": word}, {f"{word}@3": 1, "none": -1}) for word in words]
    assert design.factors == {"flank": tuple(words)}


def test_relative_is_a_filling_against_the_mean_of_all():
    design = flanks("GAN", at=3)
    values = dict(zip(design.arms, [100.0, 1.0, 2.0, 4.0, 8.0], strict=True))  # none, then GAA, GAC, GAG, GAT
    found = [sum(w * values[arm] for arm, w in weights.items()) for _, weights in rows(design, "relative")]
    np.testing.assert_allclose(found, np.array([1, 2, 4, 8]) - 15 / 4)


def test_letters_that_are_drawn_stay_in_the_name_of_a_filling():
    design = flanks("RN", at=0)
    assert list(design.arms)[1:] == ["RA@0", "RC@0", "RG@0", "RT@0"]


def test_fillings_are_spelled_in_the_alphabet_of_the_pattern_or_in_the_one_given():
    assert flanks("UN", at=0).factors["flank"] == ("UA", "UC", "UG", "UU")
    assert flanks("GN", at=0, alphabet="rna").factors["flank"] == ("GA", "GC", "GG", "GU")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"pattern": "GATTACA"}, "`pattern` GATTACA has 0 open positions"),
        (
            {"pattern": "N" * 6},
            "`pattern` NNNNNN has 6 open positions",
        ),  # 4,096 contrasts of 4,096 arms: GBs, and no file holds them
        ({"pattern": "GA", "left": -1}, "left=-1"),
        ({"pattern": "GA", "right": 1.0}, "right=1.0"),
        ({"pattern": "GAN", "alphabet": "protein"}, "alphabet='protein'"),
    ],
)
def test_flanks_that_can_not_be_asked_are_refused(call, words):
    with pytest.raises(InputError, match=words):
        flanks(at=3, **call)


# --- swap


def test_swap_puts_each_control_in_the_pattern_s_place():
    design = swap("GATTACA", ["CCGGCCG", "TATATAT"], at=10)
    arms = ["GATTACA@10", "CCGGCCG@10", "TATATAT@10"]
    assert list(design.arms) == ["none", *arms]
    names = [arm[:7] for arm in arms]
    assert rows(design, "effect") == [({"pattern": n}, {a: 1, "none": -1}) for n, a in zip(names, arms, strict=True)]
    assert rows(design, "swap") == [
        ({"pattern": n}, {arms[0]: 1, a: -1}) for n, a in list(zip(names, arms, strict=True))[1:]
    ]
    assert design.factors == {"pattern": tuple(names)}


@pytest.mark.parametrize(
    ("width", "start"), [(1, 13), (3, 12), (5, 11), (7, 10), (9, 9), (11, 8), (2, 12), (6, 10), (8, 9)]
)
def test_a_control_of_another_length_is_centred_half_a_letter_left_where_it_must_DES_11(width, start):
    """GATTACA at 10 has its centre, A, at 13."""
    control = "C" * width
    assert text(swap("GATTACA", [control], at=10), f"{control}@{start}").index("C") == start


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ([], "`controls="), ("CCGG", "`controls='CCGG'`"), (Motif.from_string("CCGG"), "`controls="),
        (["GATTACA"], "`controls` holds the pattern GATTACA"),
        (["CCGG", "TTTT", "CCGG"], "`controls` holds CCGG twice"),
    ],
)  # fmt: skip
def test_controls_are_a_list_of_others_each_once(controls, words):
    with pytest.raises(InputError, match=words):
        swap("GATTACA", controls, at=10)


# --- gc_context


def test_gc_context_has_the_pattern_each_patch_and_both_on_either_side():
    """The patch alone on either side is what the original left out."""
    design = gc_context("TTT", at=10, patch=4)
    made = {text(design, arm) for arm in design.arms}
    alone = [" " * 6 + "GCGC", " " * 13 + "GCGC", " " * 6 + "ATAT", " " * 13 + "ATAT"]
    both = [" " * 6 + "GCGCTTT", " " * 10 + "TTTGCGC", " " * 6 + "ATATTTT", " " * 10 + "TTTATAT"]
    assert made == {word.replace(" ", ".") for word in ["", " " * 10 + "TTT", *alone, *both]}
    assert len(design.arms) == 10
    assert design.factors == {"patch": ("GC", "AT"), "side": ("left", "right")}


def test_gc_context_compares_the_pattern_beside_a_patch_with_the_pattern_alone():
    """A made-up additive truth: motif 1, GC left 10, GC right 20, AT 3; beside GC on the left the motif adds 5 more."""
    design = gc_context("TTT", at=10, patch=4)

    def truth(arm):
        sites = {(site.motif.name, site.at) for site in design.arms[arm].sites}
        value = {
            ("TTT", 10): 1.0,
            ("GC patch", 6): 10.0,
            ("GC patch", 13): 20.0,
            ("AT patch", 6): 3.0,
            ("AT patch", 13): 3.0,
        }
        return sum(value[site] for site in sites) + (5 if {("TTT", 10), ("GC patch", 6)} <= sites else 0)

    found = {
        (c.name, *c.levels.values()): sum(w * truth(arm) for arm, w in c.weights.items()) for c in design.contrasts
    }
    assert found == {
        ("effect",): 1, ("GC patch", "GC", "left"): 10, ("GC patch", "GC", "right"): 20,
        ("AT patch", "AT", "left"): 3, ("AT patch", "AT", "right"): 3,
        ("in context", "GC", "left"): 6, ("in context", "GC", "right"): 1,
        ("in context", "AT", "left"): 1, ("in context", "AT", "right"): 1,
        ("interaction", "GC", "left"): 5, ("interaction", "GC", "right"): 0,
        ("interaction", "AT", "left"): 0, ("interaction", "AT", "right"): 0,
        ("GC against AT", "left"): 5, ("GC against AT", "right"): 0,
    }  # fmt: skip


def test_patches_stand_where_they_are_told_and_end_in_any_letter():
    design = gc_context("TTT", at=10, patch=3, left_at=2, right_at=20)
    assert "..GCG" in {text(design, arm) for arm in design.arms}
    assert "." * 10 + "TTT" + "." * 7 + "ATA" in {text(design, arm) for arm in design.arms}


def test_the_at_patch_of_an_rna_is_made_of_a_and_u():
    design = gc_context("UUU", at=10, patch=4)
    rna = Sequences.from_strings(["GUUU" * 5])
    arms = [arm for arm in design.arms if arm.startswith("AU patch@")]
    made = [apply(rna, design.arms[arm].edits(root(0), 0, blank(1))).to_strings()[0] for arm in arms]
    assert made == ["GUUUGUAUAUUUGUUUGUUU", "GUUUGUUUGUUUGAUAUUUU"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"patch": 0}, "patch=0"), ({"patch": -1}, "patch=-1"), ({"patch": 2.5}, "patch=2.5"),
        ({"left_at": 8, "patch": 4}, "TTT at 10 and GC patch at 8 overlap"),
        ({"right_at": 12}, "TTT at 10 and GC patch at 12 overlap"), ({"left_at": "x"}, "left_at='x'"),
    ],
)  # fmt: skip
def test_patches_that_can_not_be_written_are_refused(more, words):
    with pytest.raises(InputError, match=words):
        gc_context("TTT", at=10, **more)


def test_a_scan_of_patches_leaves_the_pattern_alone_and_asks_what_the_context_asks():
    scan, both = gc_scan("GATTACA", at=20, patch_at=range(10, 34), patch=6), gc_context("GATTACA", at=20, patch=6)
    positions = sorted({int(c.levels["position"]) for c in scan.contrasts if "position" in c.levels})
    assert positions == [10, 11, 12, 13, 14, 27, 28, 29, 30, 31, 32, 33]
    for side, start in (("left", 14), ("right", 27)):
        for name in ("GC patch", "AT patch", "in context", "interaction", "GC against AT"):
            here = [c.weights for c in scan.contrasts if c.name == name and c.levels.get("position") == start]
            there = [c.weights for c in both.contrasts if c.name == name and c.levels.get("side") == side]
            assert here == there, (name, side)


def test_a_scan_with_every_patch_on_the_pattern_is_refused():
    with pytest.raises(InputError, match="all of them would overlap the pattern"):
        gc_scan("GATTACA", at=20, patch_at=range(15, 27), patch=6)
    with pytest.raises(InputError, match="at=-5: 0 or more"):
        gc_scan("GATTACA", at=-5, patch_at=[10])


@pytest.mark.parametrize(
    ("controls", "question"),
    [
        (["CCGGTTA"], "Does GATTACA have an effect that its control lacks?"),
        (
            ["CCGGTTA", "CCC"],
            "Does GATTACA have an effect that its 2 controls lack? "
            "Controls of another length are centered on its 7 positions: CCC (3).",
        ),
    ],
)
def test_the_question_of_a_swap_counts_its_controls_and_names_those_of_another_length(controls, question):
    assert swap("GATTACA", controls, at=10).question == question
