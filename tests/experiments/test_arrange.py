"""Several sites: arms, contrasts and levels by reasoning; Möbius weights and slot orders by enumeration."""

from __future__ import annotations

from itertools import combinations, permutations, product
from math import factorial

import numpy as np
import pytest
from blank import blank

import seqdo as sd
from seqdo.errors import InputError
from seqdo.experiments.arrange import copies, interaction, spacing
from seqdo.motifs.motif import Motif
from seqdo.sequences.edit import apply
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import root

MATRIX = Motif("M", np.array([[0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4]]))


def rows(design):
    """(name, levels, weights) of each contrast."""
    return [(c.name, dict(c.levels), dict(c.weights)) for c in design.contrasts]


def text(design, arm, length=40):
    """What an arm writes, dots where it writes nothing."""
    shown = ["."] * length
    for edit in design.arms[arm].edits(root(0), 0, blank(1)):
        for place, code in enumerate(edit.letters, edit.start):
            shown[place] = "ACGT"[code]
    return "".join(shown).rstrip(".")


def places(design, arm, n, seed=0):
    """(n, sites) starts of an arm's sites."""
    return np.stack(
        [np.broadcast_to(edit.start, n) for edit in design.arms[arm].edits(root(seed), 0, blank(n))], axis=1
    )


# --- copies


def test_copies_have_an_arm_for_each_number_steps_and_second_differences():
    design = copies("GATT", at=[22, 2, 12])
    one, two, three = "GATT@slot 1", "GATT@slot 1 + GATT@slot 2", "GATT@slot 1 + GATT@slot 2 + GATT@slot 3"
    assert list(design.arms) == ["none", one, two, three]
    assert rows(design) == [
        ("effect", {"copies": 1}, {one: 1, "none": -1}),
        ("effect", {"copies": 2}, {two: 1, "none": -1}),
        ("effect", {"copies": 3}, {three: 1, "none": -1}),
        ("step", {"copies": 2}, {two: 1, one: -1}),
        ("step", {"copies": 3}, {three: 1, two: -1}),
        ("second difference", {"copies": 2}, {two: 1, one: -2, "none": 1}),
        ("second difference", {"copies": 3}, {three: 1, two: -2, one: 1}),
    ]
    assert design.factors == {"copies": (1, 2, 3)}


def test_k_copies_stand_in_the_first_k_slots_of_one_order_per_background():
    """So that steps are paired: k + 1 copies are k copies and one more."""
    design = copies("GATT", at=[0, 10, 20, 30], scrambles=1)
    arms = list(design.arms)
    most = places(design, arms[4], 300)
    assert (np.sort(most, 1) == [0, 10, 20, 30]).all()
    for k in (1, 2, 3):
        assert np.array_equal(places(design, arms[k], 300), most[:, :k])
    scrambled = [arm for arm in arms if "~" in arm and arm.count("~1") == 4]
    assert np.array_equal(places(design, scrambled[0], 300), most), "controls stand in other slots"


def test_every_order_of_the_slots_is_equally_likely(seed):
    """Chi-square over 3! orders of 3,000 backgrounds; another seed fails once in 1,000."""
    from scipy.stats import chi2

    slots = [0, 10, 20]
    drawn = places(copies("GATT", at=slots), "GATT@slot 1 + GATT@slot 2 + GATT@slot 3", 3000, seed)
    counts = np.array([(drawn == order).all(1).sum() for order in permutations(slots)])
    assert counts.sum() == 3000
    assert ((counts - 500) ** 2 / 500).sum() < chi2.ppf(0.999, factorial(3) - 1)


def test_an_unused_slot_keeps_its_letters():
    design = copies("CCCC", at=[0, 10, 20])
    made = apply(
        Sequences.from_strings(["A" * 24] * 50), design.arms["CCCC@slot 1"].edits(root(0), 0, blank(50))
    ).to_strings()
    assert all(sequence.count("C") == 4 and sequence.count("A") == 20 for sequence in made)
    assert {sequence.index("C") for sequence in made} == {0, 10, 20}


def test_the_letters_of_sampled_copies_stay_when_a_copy_is_added():
    design = copies(MATRIX, at=[0, 10], sample=True)
    one, two = (design.arms[arm].edits(root(0), 0, blank(64)) for arm in list(design.arms)[1:])
    assert np.array_equal(one[0].letters, two[0].letters)
    assert not np.array_equal(two[0].letters, two[1].letters), "both copies have one draw"


@pytest.mark.parametrize(
    ("slots", "words"),
    [
        ([0, 3], "`at` holds 0 and 3, and GATT is 4 positions wide"),
        ([5, 5], "`at` holds 5 twice"), ([], "`at` is empty"),
        ([-4, 0], "`at` holds -4"), ([1.5], "at=1.5"),
    ],
)  # fmt: skip
def test_slots_that_overlap_or_repeat_are_refused_POS_05(slots, words):
    with pytest.raises(InputError, match=words):
        copies("GATT", at=slots)


# --- spacing


def test_spacing_has_a_pair_and_the_second_alone_at_its_own_coordinates_for_each_gap():
    design = spacing("GATT", "CCG", gaps=[3, 0], at=10)
    assert list(design.arms) == ["none", "GATT@10 + CCG@14", "GATT@10", "CCG@14", "GATT@10 + CCG@17", "CCG@17"]
    assert text(design, "GATT@10 + CCG@17") == "." * 10 + "GATT...CCG"
    assert rows(design) == [
        ("effect", {"gap": 0}, {"GATT@10 + CCG@14": 1, "none": -1}),
        ("interaction", {"gap": 0}, {"GATT@10 + CCG@14": 1, "GATT@10": -1, "CCG@14": -1, "none": 1}),
        ("GATT", {}, {"GATT@10": 1, "none": -1}),
        ("CCG", {"gap": 0}, {"CCG@14": 1, "none": -1}),
        ("effect", {"gap": 3}, {"GATT@10 + CCG@17": 1, "none": -1}),
        ("interaction", {"gap": 3}, {"GATT@10 + CCG@17": 1, "GATT@10": -1, "CCG@17": -1, "none": 1}),
        ("CCG", {"gap": 3}, {"CCG@17": 1, "none": -1}),
    ]
    assert design.factors == {"gap": (0, 3)}


def test_in_the_other_order_the_left_most_stays_where_it_is():
    design = spacing("GATT", "CCG", gaps=[2], at=10, orders=["AB", "BA"])
    pairs = {c.levels["order"]: next(iter(c.weights)) for c in design.contrasts if c.name == "effect"}
    assert text(design, pairs["AB"]) == "." * 10 + "GATT..CCG"
    assert text(design, pairs["BA"]) == "." * 10 + "CCG..GATT"
    singles = {(c.name, *sorted(c.levels.items())): next(iter(c.weights)) for c in design.contrasts}
    assert singles["GATT", ("gap", 2), ("order", "BA")] == "GATT@15"
    assert singles["CCG", ("order", "BA")] == "CCG@10"
    assert design.factors["order"] == ("AB", "BA")


def test_orientations_turn_the_first_and_the_second_pattern():
    design = spacing("GATT", "CCG", gaps=[2], at=0, strand=["++", "+-", "-+", "--"])
    pairs = {c.levels["orientation"]: next(iter(c.weights)) for c in design.contrasts if c.name == "effect"}
    made = {orientation: text(design, arm) for orientation, arm in pairs.items()}
    assert made == {"++": "GATT..CCG", "+-": "GATT..CGG", "-+": "AATC..CCG", "--": "AATC..CGG"}
    for contrast in design.contrasts:
        if contrast.name == "interaction":
            pair, one, two, none = contrast.weights
            assert none == "none"
            assert pair == f"{one} + {two}"


def test_two_sites_of_one_pattern_are_two_arms_and_the_moving_one_is_named_by_its_gap():
    design = spacing("TATC", "TATC", gaps=[0, 4], at=2)
    assert list(design.arms) == ["none", "TATC@2 + TATC@6", "TATC@2", "TATC@6", "TATC@2 + TATC@10", "TATC@10"]
    singles = [(dict(c.levels), next(iter(c.weights))) for c in design.contrasts if c.name == "TATC"]
    assert singles == [({}, "TATC@2"), ({"gap": 0}, "TATC@6"), ({"gap": 4}, "TATC@10")]


def test_two_sampled_sites_of_one_motif_have_draws_of_their_own_shared_by_pair_and_single():
    design = spacing(MATRIX, MATRIX, gaps=[4], at=2, sample=True)
    pair, first, second = (design.arms[arm].edits(root(0), 0, blank(64)) for arm in list(design.arms)[1:])
    assert np.array_equal(pair[0].letters, first[0].letters)
    assert np.array_equal(pair[1].letters, second[0].letters)
    assert not np.array_equal(first[0].letters, second[0].letters)


def test_a_negative_gap_is_fair_where_the_letters_agree():
    """UGCAUG twice with gap -2 is UGCAUGCAUG, the published double site."""
    design = spacing("UGCAUG", "UGCAUG", gaps=[-2], at=3)
    pair = next(iter(design.contrasts[0].weights))
    made = apply(Sequences.from_strings(["A" * 20]), design.arms[pair].edits(root(0), 0, blank(1))).to_strings()
    assert made == ["AAATGCATGCATGAAAAAAA"]


@pytest.mark.parametrize(
    ("first", "second", "gap", "more"),
    [
        ("UGCAUG", "UGCAUG", -1, {}),  # G on U
        ("UGCAUG", "UGCAUG", -6, {}),  # one place
        ("UGCAUG", "UGCAUG", -8, {}),  # the second would stand to the left of `at`
        ("GATTACA", "TTA", -5, {}),  # inside: the pair would be the first alone
        ("GATTACA", "RCC", -1, {}),  # letters that are drawn can't be known to agree
        ("GATTCC", "CCA", -2, {"orders": ["AB", "BA"]}),  # in the other order A meets G
        ("GATTCC", "CCA", -2, {"strand": ["+-"]}),
        ("GATTCC", "CCA", -2, {"scrambles": 2}),  # scrambles of both would disagree
    ],
)
def test_a_negative_gap_is_refused_where_letters_disagree_or_nothing_is_added(first, second, gap, more):
    with pytest.raises(InputError, match=rf"(`gaps` holds|with gap) {gap}"):
        spacing(first, second, gaps=[gap], at=10, **more)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"gaps": [5, 5, 7]}, "`gaps` holds 5 twice"),  # DES-03
        ({"gaps": []}, "`gaps` is empty"),
        ({"gaps": [1, "2", 3.0]}, "gaps='2'"),  # DES-07
        ({"at": 2.0}, "at=2.0"),
        ({"strand": ["+"]}, "`strand="),
        ({"strand": "++"}, "`strand="),
        ({"orders": None}, "`orders=None`"),
        ({"orders": ["AB", "AB"]}, "at most once"),
        ({"strand": []}, "`strand="),
        ({"orders": ["AB", "AB"]}, "`orders="),
        ({"orders": ["AC"]}, "`orders="),
    ],
)
def test_spacings_that_can_not_be_asked_are_refused_DES_03(more, words):
    with pytest.raises(InputError, match=words):
        spacing("GATT", "CCG", **({"gaps": [1, 2], "at": 10} | more))


def test_two_motifs_of_one_name_are_not_taken_for_one():
    """Else the arm of the one would silently be the arm of the other."""
    other = Motif("M", np.eye(4)[[0, 0, 0]])
    with pytest.raises(InputError, match="two different patterns make the arm 'M@1"):
        spacing(MATRIX, other, gaps=[3], at=10, orders=["AB", "BA"])


# --- interaction


def test_a_pair_has_four_arms_and_the_difference_in_differences():
    design = interaction(["GATT", "CCG"], at=[10, 30])
    assert list(design.arms) == ["none", "GATT@10", "CCG@30", "GATT@10 + CCG@30"]
    assert rows(design) == [
        ("effect", {}, {"GATT@10 + CCG@30": 1, "none": -1}),
        ("GATT", {}, {"GATT@10": 1, "none": -1}),
        ("CCG", {}, {"CCG@30": 1, "none": -1}),
        ("interaction", {}, {"GATT@10 + CCG@30": 1, "GATT@10": -1, "CCG@30": -1, "none": 1}),
    ]


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_interactions_are_the_moebius_terms_of_any_set_function(k, seed):
    """A random set function, its terms by the recursion m(S) = Y(S) − Σ m(T) over proper parts T of S."""
    patterns = ["AAA", "CCC", "GGG", "TTT", "ACG"][:k]
    design = interaction(patterns, at=[10 * i for i in range(k)])
    assert len(design.arms) == 2**k
    subsets = [part for size in range(k + 1) for part in combinations(range(k), size)]
    y = dict(zip(subsets, np.random.default_rng(seed).normal(size=2**k), strict=True))
    arm_of = {part: " + ".join(f"{patterns[i]}@{10 * i}" for i in part) or "none" for part in subsets}
    value = {arm: y[part] for part, arm in arm_of.items()}
    terms: dict[tuple[int, ...], float] = {}
    for part in subsets:
        terms[part] = y[part] - sum(terms[other] for other in subsets if set(other) < set(part))
    found = {c.name: sum(weight * value[arm] for arm, weight in c.weights.items()) for c in design.contrasts}
    expected = {"effect": y[tuple(range(k))] - y[()]}
    for part in subsets[1:]:
        names = "+".join(patterns[i] for i in part)
        expected[names if len(part) == 1 else "interaction" if k == 2 else f"interaction:{names}"] = terms[part]
    assert found.keys() == expected.keys()
    assert all(abs(found[name] - expected[name]) < 1e-12 for name in expected)


def test_one_pattern_twice_is_named_by_its_places():
    design = interaction(["GATT", "GATT"], at=[10, 30])
    assert [c.name for c in design.contrasts] == ["effect", "GATT@10", "GATT@30", "interaction"]


@pytest.mark.parametrize(
    ("patterns", "at", "words"),
    [
        ([], [], "`patterns` holds 0 patterns"),  # DES-08
        (["GATT"], [1], "`patterns` holds 1 pattern:"),
        (["A"] * 10, list(range(0, 100, 10)), "`patterns` holds 10 patterns"),
        ("GATT", [1, 2, 3, 4], "`patterns` is 'GATT'"),
        (5, [1, 2], "`patterns` is 5"),
        (["GATT", "CCG"], [1], "`at` holds 1 start for 2 patterns"),
        (["GATT", "CCG"], 10, "`at` holds 1 start for 2 patterns"),
        (["GATT", "CCG"], [1, 9.5], "9.5"),
        (["GATT", "CCG"], [10, 12], "GATT at 10 and CCG at 12 overlap"),
        (["GATT", "GATT"], [10, 10], "GATT at 10 and GATT at 10 overlap"),  # POS-05
    ],
)
def test_interactions_that_can_not_be_asked_are_refused_DES_08(patterns, at, words):
    with pytest.raises(InputError, match=words):
        interaction(patterns, at=at)


def test_all_weights_sum_to_0_for_every_number_of_patterns():
    for k, sample in product((2, 3, 4), (False, True)):
        design = interaction([MATRIX] * k, at=[5 * i for i in range(k)], sample=sample)
        assert all(abs(sum(c.weights.values())) < 1e-12 for c in design.contrasts)


def test_both_orders_are_compared_by_their_interactions():
    """A model in which A before B is worth 1 and B before A is worth 3: −2, whatever each does alone."""
    length, a, b = 40, sd.DNA.encode("GATTACA"), sd.DNA.encode("CCGG")

    def at(codes, word, start):
        return (codes[:, start : start + len(word)] == word).all(1)

    def model(codes):
        before = at(codes, a, 5) & at(codes, b, 5 + 7 + 2)
        after = at(codes, b, 5) & at(codes, a, 5 + 4 + 2)
        return before + 3.0 * after + 0.5 * at(codes, a, 5) + 0.25 * at(codes, b, 5) + 0.1 * (codes[:, 30] == 2)

    wrapped = sd.wrap(model, alphabet=sd.DNA, length=length, layout="codes")
    design = sd.spacing("GATTACA", "CCGG", gaps=[2, 9], at=5, orders=["AB", "BA"])
    table = sd.estimate(sd.run(design, wrapped, ["T" * length] * 30, rng=0), margin=0.1).table
    rows = table[table["contrast"] == "order asymmetry"]
    assert dict(zip(rows["gap"], rows["estimate"], strict=True)) == {2: -2.0, 9: 0.0}
    one_order = sd.spacing("GATTACA", "CCGG", gaps=[2, 9], at=5)
    assert "order asymmetry" not in {contrast.name for contrast in one_order.contrasts}


def test_the_orders_of_one_pattern_are_the_same_sequences():
    with pytest.warns(UserWarning, match="make the same edit"):
        design = sd.spacing("GATTACA", "GATTACA", gaps=[2], at=5, orders=["AB", "BA"])
    (contrast,) = (contrast for contrast in design.contrasts if contrast.name == "order asymmetry")
    assert contrast.identity == "both orders are the same sequences"


@pytest.mark.parametrize(
    ("design", "question"),
    [
        (lambda: copies("GATT", [3]), "What is the effect of 1 site of GATT?"),
        (lambda: copies("GATT", [3, 9]), "How does the effect of GATT change with the number of sites, from 1 to 2?"),
        (lambda: spacing("GATT", "GATT", [3], at=1), "How does the effect of two GATT sites depend on their gap?"),
        (
            lambda: spacing("GATT", "CCG", [3], at=1),
            "How does the joint effect of GATT and CCG depend on the gap between them?",
        ),
        (
            lambda: interaction(["GATT", "CCG", "TTT"], at=[1, 10, 20]),
            "Is the joint effect of GATT, CCG and TTT the sum of their single effects?",
        ),
    ],
)
def test_questions_count_sites_and_name_patterns(design, question):
    assert design().question == question
