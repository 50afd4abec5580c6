"""One site: arms, contrasts and levels by reasoning, and what is refused."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest
from blank import blank

import seqdo as sd
from seqdo.errors import InputError
from seqdo.experiments.catalog import EXPERIMENTS
from seqdo.experiments.embed import embed, kmers, mutants, orientation, positions
from seqdo.motifs.motif import Motif
from seqdo.sequences.stream import root

MATRIX = Motif("M", np.array([[0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4]]))
ACGT = "ACGT"


def rows(design):
    """(name, levels, weights) of each contrast."""
    return [(c.name, dict(c.levels), dict(c.weights)) for c in design.contrasts]


def written(design, arm, n=1):
    """{start: letters of each background} that an arm writes, KEEP as a dot."""
    edits = design.arms[arm].edits(root(0), 0, blank(n))
    spelled = {}
    for edit in edits:
        letters = np.broadcast_to(edit.letters, (n, edit.width))
        spelled[edit.start] = ["".join("ACGT?."[code] for code in row) for row in letters]
    return spelled


def test_embed_is_one_arm_beside_none_and_one_effect():
    design = embed("GATTACA", at=20)
    assert list(design.arms) == ["none", "GATTACA@20"]
    assert rows(design) == [("effect", {}, {"GATTACA@20": 1, "none": -1})]
    assert design.factors == {}
    assert written(design, "GATTACA@20") == {20: ["GATTACA"]}
    assert design.arms["none"].edits(root(0), 0, blank(5)) == []


def test_scrambles_add_one_specific_contrast_with_the_mean_of_distinct_rearrangements():
    design = embed("GATTACA", at=20, scrambles=4)
    controls = [f"GATTACA~{i}@20" for i in range(1, 5)]
    assert list(design.arms) == ["none", "GATTACA@20", *controls]
    assert rows(design)[1] == ("specific", {}, {"GATTACA@20": 1, **dict.fromkeys(controls, -0.25)})
    letters = {written(design, control)[20][0] for control in controls}
    assert len(letters) == 4
    assert all(sorted(text) == sorted("GATTACA") and text != "GATTACA" for text in letters)


def test_a_motif_is_written_as_its_consensus_unless_sampled():
    assert written(embed(MATRIX, at=3), "M@3", 50) == {3: ["AGT"] * 50}
    drawn = written(embed(MATRIX, at=3, sample=True), "M@3", 200)[3]
    assert {text[0] for text in drawn} == set("AC")
    assert {text[1] for text in drawn} == {"G"}
    assert {text[2] for text in drawn} == set("ACGT")


def test_n_and_dot_keep_the_letter_and_other_iupac_codes_are_drawn():
    assert written(embed("GANT.A", at=0), "GANT.A@0", 2) == {0: ["GA.T.A"] * 2}
    drawn = written(embed("GRN", at=0), "GRN@0", 200)[0]
    assert {text[0] for text in drawn} == {"G"}
    assert {text[1] for text in drawn} == set("AG")
    assert {text[2] for text in drawn} == {"."}


def test_positions_have_an_arm_and_an_effect_each_sorted_POS_06():
    design = positions("GATT", at=[30, 0, 7])
    assert list(design.arms) == ["none", "GATT@0", "GATT@7", "GATT@30"]
    assert rows(design) == [("effect", {"position": p}, {f"GATT@{p}": 1, "none": -1}) for p in (0, 7, 30)]
    assert design.factors == {"position": (0, 7, 30)}
    assert positions("GATT", at=np.arange(3)).factors == {"position": (0, 1, 2)}
    both = positions("GATT", at=[1, 2], scrambles=2)
    assert [c.name for c in both.contrasts] == ["effect"] * 2 + ["specific"] * 2
    assert rows(both)[3] == ("specific", {"position": 2}, {"GATT@2": 1, "GATT~1@2": -0.5, "GATT~2@2": -0.5})


def test_sampled_letters_are_the_same_at_every_position_of_a_background():
    design = positions(MATRIX, at=[0, 9], sample=True)
    first, second = written(design, "M@0", 300)[0], written(design, "M@9", 300)[9]
    assert first == second
    assert len(set(first)) == 8  # each of the 2 × 4 words has a probability of 0.05 or more


def test_orientation_writes_both_strands_and_asymmetry_is_their_difference():
    design = orientation("GATTACA", at=5)
    assert list(design.arms) == ["none", "GATTACA@5", "GATTACA(rc)@5"]
    assert written(design, "GATTACA(rc)@5") == {5: ["TGTAATC"]}
    assert rows(design) == [
        ("effect", {"orientation": "+"}, {"GATTACA@5": 1, "none": -1}),
        ("effect", {"orientation": "-"}, {"GATTACA(rc)@5": 1, "none": -1}),
        ("asymmetry", {}, {"GATTACA@5": 1, "GATTACA(rc)@5": -1}),
    ]
    assert design.factors == {"orientation": ("+", "-")}


def test_the_two_strands_of_a_sampled_motif_are_reverse_complements_background_by_background():
    design = orientation(MATRIX, at=5, sample=True)
    plus, minus = written(design, "M@5", 100)[5], written(design, "M(rc)@5", 100)[5]
    assert minus == [text[::-1].translate(str.maketrans("ACGT", "TGCA")) for text in plus]


@pytest.mark.parametrize("palindrome", ["CACGTG", "TGANTCA", Motif.from_string("CACGTG", name="E-box")])
def test_a_palindrome_has_one_orientation_and_an_asymmetry_of_0_by_construction_MOT_16(palindrome):
    design = orientation(palindrome, at=5)
    assert len(design.arms) == 2
    effect, asymmetry = design.contrasts
    assert effect.levels == {"orientation": "+"}
    assert dict(asymmetry.weights) == {}
    assert asymmetry.identity == "palindrome: both orientations are the same sequence"


def test_mutants_change_each_letter_to_the_three_others():
    design = mutants("GAN", at=4)
    singles = [(0, "A", "AA."), (0, "C", "CA."), (0, "T", "TA."), (1, "C", "GC."), (1, "G", "GG."), (1, "T", "GT.")]
    assert len(design.arms) == 2 + len(singles)
    effect, *changes = design.contrasts
    assert (effect.name, dict(effect.weights)) == ("effect", {"GAN@4": 1, "none": -1})
    for change, (place, letter, text) in zip(changes, singles, strict=True):
        assert change.name == "change"
        assert change.levels == {"place": place, "letter": letter}
        (mutant,) = (arm for arm, weight in change.weights.items() if weight == 1)
        assert change.weights == {mutant: 1, "GAN@4": -1}
        assert written(design, mutant) == {4: [text]}


def test_kmers_are_all_words_of_a_length_or_those_given():
    design = kmers(2, at=7)
    words = [a + b for a in ACGT for b in ACGT]
    assert list(design.arms) == ["none"] + [f"{word}@7" for word in words]
    assert rows(design) == [("effect", {"kmer": word}, {f"{word}@7": 1, "none": -1}) for word in words]
    assert design.factors == {"kmer": tuple(words)}
    assert kmers(["TT", "ACG"], at=7).factors == {"kmer": ("TT", "ACG")}
    assert kmers(np.int64(1), at=0, alphabet="rna").factors == {"kmer": tuple("ACGU")}


@pytest.mark.parametrize("wrong", [3.7, "17", True, None, np.float64(3)])
@pytest.mark.parametrize("experiment", [embed, orientation, mutants, kmers])
def test_a_place_that_is_no_whole_number_is_refused_with_its_type_POS_03(experiment, wrong):
    with pytest.raises(InputError, match=rf"at=.*{type(wrong).__name__}"):
        experiment(2 if experiment is kmers else "GATTACA", at=wrong)


def test_a_numpy_integer_is_a_place_POS_03():
    design = embed("GATTACA", at=np.int64(17))
    assert list(design.arms) == ["none", "GATTACA@17"]


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        ([3, 10, 10, 16], "`at` holds 10 twice"), ([], "`at` is empty"), ([-1, 3], "`at` holds -1"),
        ([3.7], "at=3.7"), ("17", "at='17'"), (17, "at=17"),
    ],
)  # fmt: skip
def test_starts_are_distinct_whole_numbers_from_0_POS_06(starts, words):
    with pytest.raises(InputError, match=words):
        positions("GATTACA", at=starts)


def test_kmers_at_several_places_are_at_one_of_them_the_same_for_all():
    design = kmers(["GAT", "CCC"], at=[3, 9, 20])
    (gat,), (ccc,) = (design.arms[arm].edits(root(0), 0, blank(300)) for arm in list(design.arms)[1:])
    assert np.array_equal(gat.start, ccc.start)
    # Of 300 draws of three equal places, each is drawn at most 140 times but once in 10^6.
    assert set(np.unique(gat.start)) == {3, 9, 20}
    assert np.bincount(gat.start).max() < 140
    for wrong, words in (("3", "at='3'"), ([], "`at` is empty"), ([-1], "`at` holds -1"), (2.5, "at=2.5")):
        with pytest.raises(InputError, match=words):
            kmers(["GAT"], at=wrong)


def test_kmers_on_both_strands_are_the_mean_of_both_and_one_of_each_pair():
    design = kmers(4, at=5, strand="both")
    words = design.factors["kmer"]
    assert len(words) == (4**4 + 4**2) // 2  # 4^(k/2) words are their own reverse complement
    other = {word: word[::-1].translate(str.maketrans("ACGT", "TGCA")) for word in words}
    assert all(other[word] == word or other[word] not in words for word in words)
    for _, levels, weights in rows(design):
        word = levels["kmer"]
        spelled = {written(design, arm)[5][0]: weight for arm, weight in weights.items() if arm != "none"}
        assert spelled == ({word: 1} if other[word] == word else {word: 0.5, other[word]: 0.5})
        assert weights["none"] == -1
    with pytest.raises(InputError, match="RNA has one strand"):
        kmers(4, at=5, strand="both", alphabet="rna")
    with pytest.raises(InputError, match="`strand='one'`"):
        kmers(4, at=5, strand="one")


def test_scrambles_of_both_strands_are_scrambled_on_both():
    design = kmers(["GATTACA"], at=5, strand="both", scrambles=2)
    ((_, _, weights),) = [row for row in rows(design) if row[0] == "specific"]
    spelled = {written(design, arm)[5][0]: weight for arm, weight in weights.items()}
    assert (spelled.pop("GATTACA"), spelled.pop("TGTAATC")) == (0.5, 0.5)
    assert sorted(spelled.values()) == [-0.25] * 4
    other = {word[::-1].translate(str.maketrans("ACGT", "TGCA")) for word in spelled}
    assert other == set(spelled)


def test_kmers_with_a_gap_keep_the_background_in_their_middle():
    design = kmers(2, at=5, gap=3, scrambles=1)
    assert len(design.factors["kmer"]) == 16
    assert written(design, "ANNNC@5") == {5: ["A...C"]}
    with pytest.raises(InputError, match="`gap=3` with a list"):
        kmers(["GAT"], at=5, gap=3)
    with pytest.raises(InputError, match="gap=-1"):
        kmers(2, at=5, gap=-1)


def test_scrambles_of_a_screen_of_all_words_are_words_of_the_screen_and_run_once():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # two arms with the same edit would warn
        design = kmers(4, at=5, scrambles=3)
    assert len(design.arms) == 1 + 4**4
    specific = {one.levels["kmer"]: one.weights for one in design.contrasts if one.name == "specific"}
    controls = {word: [name for name in weights if name != f"{word}@5"] for word, weights in specific.items()}
    assert all(
        sorted(name.removesuffix("@5")) == sorted(str(word)) for word, names in controls.items() for name in names
    )
    assert {len(names) for names in controls.values()} <= {1, 2, 3}
    one_letter = {letter * 4 for letter in "ACGT"}  # have no other order
    assert one_letter.isdisjoint(specific)
    assert {"AACG", "GATC", "AAAC"} <= set(specific)
    with pytest.raises(InputError, match="no order of its letters"):
        kmers(["GATC", "AAAA"], at=5, scrambles=3)


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        ([], "empty list of k-mers"), (["AC", "GT", "AC"], "k-mer AC is given twice"), ("GATTACA", "list of patterns"),
        (0, "k=0"), (-2, "k=-2"), (9, "k=9"), (12, "16,777,216 k-mers"), (True, "k=True"), (2.0, "`patterns` is 2.0"),
        (None, "`patterns` is None"), (MATRIX, "a list of patterns"),
    ],
)  # fmt: skip
def test_kmers_that_can_not_be_asked_are_refused_DES_04(patterns, words):
    with pytest.raises(InputError, match=words):
        kmers(patterns, at=5)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("GATXACA", "'X' at position 3"), ("", "empty"), ("  ", "empty"), (7, "int"), ("TU", "both T")],
)
def test_a_pattern_of_no_letters_or_strange_ones_is_refused_MOT_07(pattern, words):
    with pytest.raises(InputError, match=words):
        embed(pattern, at=5)


@pytest.mark.parametrize("scrambles", [-1, 2.5, True])
def test_a_number_of_scrambles_that_is_none_is_refused(scrambles):
    with pytest.raises(InputError, match=f"scrambles={scrambles}"):
        embed("GATTACA", at=5, scrambles=scrambles)


def test_words_whose_other_strand_is_no_word_of_the_list_all_stay():
    """Of halves of 1 and 2 letters about a gap, the other strand's are 2 and 1: no two of the 64 are the same."""
    design = kmers(3, at=5, gap=1, strand="both")
    assert len(design.factors["kmer"]) == 64
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(kmers(3, at=5, strand="both").factors["kmer"]) == 32


def test_scrambles_of_a_palindrome_stand_on_both_strands_too():
    design = kmers(["GATC"], at=3, strand="both", scrambles=2)
    ((_, _, weights),) = [row for row in rows(design) if row[0] == "specific"]
    spelled = {written(design, arm)[3][0]: weight for arm, weight in weights.items()}
    assert spelled.pop("GATC") == 1
    assert sum(spelled.values()) == -1
    other = {word: word[::-1].translate(str.maketrans("ACGT", "TGCA")) for word in spelled}
    assert all(spelled[other[word]] == weight for word, weight in spelled.items())
    assert any(other[word] != word for word in spelled)


def test_a_word_and_its_other_strand_are_not_both_asked_about_on_both_strands():
    with pytest.raises(InputError, match="`patterns` holds GATTAC and GTAATC: on both strands they are the same k-mer"):
        kmers(["GATTAC", "GTAATC"], at=3, strand="both")
    assert len(kmers(["GATTAC", "GTAATC"], at=3).factors["kmer"]) == 2


def test_motifs_of_a_database_that_read_the_same_are_one_named_by_all():
    def motif(name, letters):
        return Motif.from_counts(name, 7 * Motif.from_string(letters).matrix + 1)

    given = [motif("REB1", "TTACCC"), motif("NSI1", "GGGTAA"), motif("CBF1", "CACGTG"), motif("PHO4", "CACGTG")]
    one = kmers(given, at=3, scrambles=2)
    assert one.factors["kmer"] == ("REB1", "NSI1", "CBF1 / PHO4")
    both = kmers(given, at=3, strand="both")
    assert both.factors["kmer"] == ("REB1 / NSI1", "CBF1 / PHO4")
    assert {site.motif.text for arm in both.arms.values() for site in arm.sites} == {"TTACCC", "CACGTG"}
    for words in (["ANC", "A.C"], ["A.C", "ANC"]):
        with pytest.raises(InputError, match=r"and .*: on both strands they are the same"):
            kmers(words, at=3, strand="both")
        with pytest.warns(UserWarning, match="make the same edit"):
            assert len(kmers(words, at=3).factors["kmer"]) == 2
    for one_is_a_motif in (["TGTAATC", motif("GATTACA", "GATTACA")], [motif("GATTACA", "GATTACA"), "TGTAATC"]):
        assert len(kmers(one_is_a_motif, at=3, strand="both").factors["kmer"]) == 1


def test_a_motif_of_a_database_without_a_scramble_goes_without():
    given = [Motif.from_string("AAAAAA", "pa"), Motif.from_string("TTACCC", "REB1")]
    design = kmers(given, at=3, scrambles=2)
    assert [(each.name, each.levels["kmer"]) for each in design.contrasts] == [
        ("effect", "pa"), ("effect", "REB1"), ("specific", "REB1"),
    ]  # fmt: skip
    with pytest.raises(InputError, match="no order of its letters"):
        kmers(["AAAAAA", "TTACCC"], at=3, scrambles=2)


def test_both_strands_of_rna_motifs_are_refused_when_they_are_asked_for():
    with pytest.raises(InputError, match="RNA has one strand"):
        kmers([Motif.from_string("UUACCC", "one")], at=3, strand="both")


def test_one_start_is_a_start_however_it_is_given():
    assert list(kmers(["GAT"], at=[7]).arms) == list(kmers(["GAT"], at=np.array(7)).arms) == ["none", "GAT@7"]


@pytest.mark.parametrize(
    ("patterns", "at", "strand", "question"),
    [
        (["GAT"], 7, "+", "Does GAT have an effect at position 7?"),
        (["GAT", "CCC"], 7, "both", "Which of 2 k-mers have an effect at position 7, on either strand?"),
        (2, [9, 3, 5], "+", "Which of 16 k-mers have an effect at one of 3 positions (3 to 9)?"),
    ],
)
def test_the_question_of_a_screen_counts_kmers_and_positions(patterns, at, strand, question):
    assert kmers(patterns, at=at, strand=strand).question == question


# --- one word for one thing


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (lambda: sd.positions("GAT", starts=[3, 9]), lambda: sd.positions("GAT", at=[3, 9])),
        (lambda: sd.copies("GAT", slots=[3, 9]), lambda: sd.copies("GAT", at=[3, 9])),
        (lambda: sd.kmers(2, at=3, strands="one"), lambda: sd.kmers(2, at=3, strand="+")),
        (lambda: sd.kmers(2, at=3, strands="both"), lambda: sd.kmers(2, at=3, strand="both")),
        (
            lambda: sd.spacing("GAT", "CCG", [3], 2, orientations=["++", "+-"]),
            lambda: sd.spacing("GAT", "CCG", [3], 2, strand=["++", "+-"]),
        ),
        (lambda: sd.gc_scan("GAT", at=20, starts=[3]), lambda: sd.gc_scan("GAT", at=20, patch_at=[3])),
        (
            lambda: sd.gc_context("GAT", at=20, left=2, right=30),
            lambda: sd.gc_context("GAT", at=20, left_at=2, right_at=30),
        ),
    ],
)
def test_the_old_name_of_an_argument_works_for_one_release_with_a_warning(old, new):
    with pytest.warns(DeprecationWarning, match=r"`\w+` of `\w+` is now called `\w+`: write `\w+`") as warned:
        before = old()
    assert warned[0].filename == __file__
    now = new()
    assert (before.contrasts, list(before.arms), before.call) == (now.contrasts, list(now.arms), now.call)


def test_a_start_is_at_and_a_strand_is_strand_in_every_experiment():
    """No experiment calls a start or a strand anything else; ``start`` and ``stop`` are the ends of a span."""
    names = {name for row in EXPERIMENTS.values() for name in inspect.signature(row.function).parameters}
    assert not names & {"starts", "slots", "position", "strands", "orientations", "orientation", "left_start"}
    for name, row in EXPERIMENTS.items():
        parameters = inspect.signature(row.function).parameters
        assert "pattern" not in parameters or "at" in parameters, name


@pytest.mark.parametrize("experiment", [sd.embed, sd.positions, sd.kmers])
def test_a_strand_is_the_pattern_as_it_is_its_reverse_complement_or_their_mean(experiment):
    """GAT weighs 2 and its reverse complement ATC 5, on a background of A, where no other is formed."""
    model = sd.planted.additive({"GAT": 2.0, "ATC": 5.0}, length=20)
    pattern, at = (["GAT"], 8) if experiment is sd.kmers else ("GAT", [8] if experiment is sd.positions else 8)
    means = {}
    for strand in ("+", "-", "both"):
        design = experiment(pattern, at=at, strand=strand)
        table = sd.estimate(sd.run(design, model, ["A" * 20] * 3)).table
        means[strand] = table["estimate"].item()
    assert means == {"+": 2.0, "-": 5.0, "both": 3.5}
    with pytest.raises(InputError, match=r"`strand='\+-'`.*\"both\""):
        experiment(pattern, at=at, strand="+-")
    rna = ["GAU"] if experiment is sd.kmers else "GAU"
    with pytest.raises(InputError, match="one strand"):
        experiment(rna, at=at, strand="-")


def test_a_palindrome_is_written_once_for_both_strands_and_scrambles_are_on_both():
    assert len(sd.embed("GATC", at=3, strand="both").arms) == 2  # none and GATC
    design = sd.positions("GATTACA", at=[3], strand="both", scrambles=2)
    (specific,) = [each for each in design.contrasts if each.name == "specific"]
    strands = [design.arms[arm].sites[0].strand for arm in specific.weights]
    assert sorted(strands) == ["+", "+", "+", "-", "-", "-"]  # the pattern and two scrambles
