"""Variants: every one does what it does to the letters, wherever it stands, and what can't be meant is refused."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqdo as sd
from seqdo.designs.record import from_record, to_record
from seqdo.errors import InputError
from seqdo.sequences.edit import apply
from seqdo.sequences.stream import root

COLUMNS = ["id", "chromosome", "position", "ref", "alt"]
WEIGHTS = {"GATTA": 2.0, "CC": -0.5}
CHROMOSOME = "ACGTTGCATTACGGATCCATGACCAGTTAGGCTA"  # 34 letters
SHORT = "TTACGGTACC"


def table(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def alleles(design):
    """The letters of both arms, by name."""
    own = design.own_sequences
    alt = apply(own, design.arms["alt"].edits(root(0), 0, own)).to_strings()
    return {name: pair for name, *pair in zip(own.names, own.to_strings(), alt, strict=True)}


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(f">chr1\n{CHROMOSOME[:20].lower()}\n{CHROMOSOME[20:]}\n>chr2\n{SHORT}\n>chrN\nACGTNNACGT\n")
    return path


def planted(text):
    """The planted model by another way: occurrences, overlapping ones too, by a regular expression."""
    return sum(weight * len(re.findall(f"(?={word})", text)) for word, weight in WEIGHTS.items())


@st.composite
def questions(draw):
    """Sequences of one length, and variants in them that change nothing but letters."""
    letters = st.text("ACGT", min_size=20, max_size=20)
    probes = draw(st.lists(letters, min_size=1, max_size=4))
    found = {}
    for number in range(draw(st.integers(1, 6))):
        row = draw(st.integers(0, len(probes) - 1))
        start = draw(st.integers(0, 19))
        ref = probes[row][start : start + draw(st.integers(1, 3))]
        alt = draw(st.text("ACGT", min_size=len(ref), max_size=len(ref)).filter(lambda alt, ref=ref: alt != ref))
        found[row, start, ref, alt] = (f"v{number}", f"p{row}", start, ref, alt)
    return probes, list(found.values())


@settings(max_examples=30, deadline=None)
@given(questions())
def test_every_effect_is_what_the_letters_do_to_the_planted_model(question):
    probes, rows = question
    sequences = sd.Sequences.from_strings(probes, sd.DNA, [f"p{i}" for i in range(len(probes))])
    design = sd.variants(table(*rows), sequences)
    model = sd.planted.additive(WEIGHTS, length=20)
    y = sd.run(design, model).y.values[0, :, :, 0]
    for (name, probe, start, ref, alt), found in zip(rows, y[:, 1] - y[:, 0], strict=True):
        text = probes[int(probe[1:])]
        changed = text[:start] + alt + text[start + len(ref) :]
        assert found == pytest.approx(planted(changed) - planted(text), abs=1e-5), name


def test_the_table_and_the_single_effects_are_those_of_the_planted_model():
    """GATTA is broken in one (−2), made in another (+2), and CC is broken in a third (+0.5): mean 1/6."""
    probes = sd.Sequences.from_strings(["AAGATTAAAA", "AAGCTTAAAA", "AACCAAAAAA"], sd.DNA, ["a", "b", "c"])
    rows = table(("broken", "a", 3, "A", "C"), ("made", "b", 3, "C", "A"), ("less", "c", 2, "C", "A"))
    model = sd.planted.additive(WEIGHTS, length=10)
    effects = sd.estimate(sd.run(sd.variants(rows, probes), model))
    assert effects.individual.set_index("background")["estimate"].to_dict() == pytest.approx(
        {"broken": -2.0, "made": 2.0, "less": 0.5}
    )
    assert effects.table["estimate"].tolist() == pytest.approx([1 / 6], abs=1e-6)
    assert effects.table["n"].tolist() == [3]


@pytest.mark.parametrize(
    ("position", "start"),
    [
        pytest.param(17, 12, id="centred: the first letter at 10 // 2"),
        pytest.param(2, 0, id="moved inside at the beginning"),
        pytest.param(0, 0, id="the first letter"),
        pytest.param(32, 24, id="moved inside at the end"),
        pytest.param(33, 24, id="the last letter"),
    ],
)
def test_windows_are_centred_or_moved_inside(genome, position, start):
    ref = CHROMOSOME[position]
    alt = "A" if ref != "A" else "C"
    design = sd.variants(table(("v", "chr1", position, ref, alt)), genome, length=10)
    window = CHROMOSOME[start : start + 10]
    own = position - start
    assert alleles(design) == {"v": [window, window[:own] + alt + window[own + 1 :]]}


def test_the_letters_to_the_right_of_an_indel_shift_and_the_length_stays(genome):
    """Chromosome 2 is TTACGGTACC and the length 6; windows by hand."""
    rows = table(
        ("insertion", "chr2", 4, "G", "GAA"),  # window from 4 − 3 = 1, TACGGT; after TACG AA two letters fall off
        ("deletion", "chr2", 3, "CG", "C"),  # window from 0, TTACGG; the T that is next on the right comes in
        ("at the end", "chr2", 6, "TA", "T"),  # window from 10 − 6 − 1 = 3, so that a letter is left to come in
        ("both", "chr2", 4, "GG", "CAT"),  # window from 1; one letter falls off
        ("letters", "chr2", 4, "GG", "CC"),
    )
    assert alleles(sd.variants(rows, genome, length=6)) == {
        "insertion": ["TACGGT", "TACGAA"],
        "deletion": ["TTACGG", "TTACGT"],
        "at the end": ["CGGTAC", "CGGTCC"],
        "both": ["TACGGT", "TACCAT"],
        "letters": ["TACGGT", "TACCCT"],
    }


@settings(max_examples=50, deadline=None)
@given(st.text("ACGT", min_size=30, max_size=60), st.data())
def test_indel_windows_are_those_of_the_whole_changed_sequence(text, data):
    """A window of the changed sequence, from the same start on; refused where that is what was there before."""
    start = data.draw(st.integers(0, len(text) - 8))
    ref = text[start : start + data.draw(st.integers(1, 4))]
    alt = data.draw(st.text("ACGT", min_size=1, max_size=4).filter(lambda alt: alt != ref))
    sequences = sd.Sequences.from_strings([text], sd.DNA, ["c"])
    changed = text[:start] + alt + text[start + len(ref) :]
    left = min(max(start - 10, 0), len(text) - 20 - max(len(ref) - len(alt), 0))
    windows = [text[left : left + 20], changed[left : left + 20]]
    if len(set(windows)) == 1:
        with pytest.raises(InputError, match="the same with both alleles"):
            sd.variants(table(("v", "c", start, ref, alt)), sequences, length=20)
        return
    (pair,) = alleles(sd.variants(table(("v", "c", start, ref, alt)), sequences, length=20)).values()
    assert pair == windows


def test_given_sequences_are_taken_whole_and_may_differ_in_length():
    probes = sd.Sequences.from_strings(["ACGUACG", "GGAA"], names=["a", "b"])
    rows = table(("1", "a", 6, "G", "A"), ("2", "b", 0, "G", "C"), ("3", "a", 1, "CG", "UA"))
    design = sd.variants(rows, probes)
    assert alleles(design) == {"1": ["ACGUACG", "ACGUACA"], "2": ["GGAA", "CGAA"], "3": ["ACGUACG", "AUAUACG"]}
    assert design.own_sequences.alphabet is sd.RNA


def test_a_design_is_stored_and_comes_back(genome):
    design = sd.variants(table(("v", "chr1", 9, "T", "TCCC"), ("w", "chr2", 4, "G", "T")), genome, length=10)
    assert alleles(from_record(to_record(design), design.own_sequences)) == alleles(design)


def shifted(by):
    """Three variants that are right where they are, said so many letters off; one of them is right there, too."""
    others = {"A": "C", "C": "G", "G": "T", "T": "A"}
    return table(*((f"v{at}", "chr1", at + by, CHROMOSOME[at], others[CHROMOSOME[at]]) for at in (6, 9, 12)))


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (1, ["v6 chr1:8 C>G", "the sequence has 'A'", "At position -1", "counts from 1 is called pos"]),
        (-1, ["v6 chr1:6 C>G", "the sequence has 'G'", "At position +1", "a VCF count from 1"]),
    ],
)
def test_pos_10_a_table_that_counts_otherwise_is_refused_with_what_would_fit(genome, by, words):
    """Two of three do not fit; one step further all three do, which is chance in 2 of 64 tables."""
    with pytest.raises(InputError) as error:
        sd.variants(shifted(by), genome, length=10)
    words = [*words, "2 of 3 variants", "positions here count from 1", "Off by one?", "right for 3 of 3 variants"]
    assert not [word for word in words if word not in str(error.value)], str(error.value)


def test_the_same_table_is_right_by_the_other_columns_name(genome):
    by_pos = shifted(1).rename(columns={"position": "pos"})
    assert alleles(sd.variants(by_pos, genome, length=10)) == alleles(sd.variants(shifted(0), genome, length=10))


@pytest.mark.parametrize(
    ("rows", "arguments", "words"),
    [
        pytest.param(
            [("v", "chrX", 0, "A", "C")],
            {},
            ["no sequence has the name 'chrX' (of 3)", "Did you mean 'chr"],
            id="unknown",
        ),
        pytest.param(
            [("v", "scaffold", 0, "A", "C")], {}, ["The first names are 'chr1', 'chr2'"], id="nothing like it"
        ),
        pytest.param([("v", "chr1", 3, "GGG", "C")], {}, ["same genome build"], id="other build"),
        pytest.param([("v", "chr1", 3, "U", "C")], {}, ["T for DNA and U for RNA"], id="RNA of DNA"),
        pytest.param([("v", "chr1", 40, "A", "C")], {}, ["v chr1:41 A>C", "the sequence ends at 34"], id="off the end"),
        pytest.param(
            [("v", "chr2", 0, "T", "C")],
            {"length": 11},
            ["chr2 has length 10", "a window of 11 positions is needed", "smaller"],
            id="short",
        ),
        pytest.param([("v", "chr2", 0, "TT", "T")], {"length": 10}, ["1 more on the right", "indels"], id="shortened"),
        pytest.param([("v", "chr1", 17, "C", "CAAAAAA")], {}, ["inside the window", "a larger length"], id="too long"),
        pytest.param(
            [("v", "chr1", 33, CHROMOSOME[33], CHROMOSOME[33] + "A")],
            {},
            ["chr1 ends at 34", 'Leave the variant out, or write indels="drop"'],
            id="insertion at the last letter",
        ),
        pytest.param(
            [("v", "chr1", 32, CHROMOSOME[32:], CHROMOSOME[32])],
            {},
            ["ends at 34", "Leave the variant out"],
            id="last deleted",
        ),
        pytest.param([("v", "chr1", 0, "A", "U")], {}, ["ALT 'U'", "DNA has no letter U"], id="RNA in DNA"),
        pytest.param(
            [("v", "chr1", 0, "A", "C")], {"length": None}, ["`length` is required", "read_fasta"], id="length"
        ),
        pytest.param([("v", "chr1", 0, "A", "C")], {"length": 0}, ["length=0"], id="length 0"),
        pytest.param([("v", "chr1", 0, "A", "C")], {"indels": "keep"}, ["`indels='keep'`"], id="indels"),
        pytest.param([("v", "chr1", 0, "A", "C")], {"unknown": "sample"}, ["`unknown='sample'`"], id="unknown word"),
        pytest.param([("v", "chr1", 0, "AC", "A")], {"indels": "drop"}, ["all 1 variants"], id="all dropped"),
        pytest.param([("v", "chrN", 0, "A", "C")], {}, ["1 of 1 variants", 'unknown="drop"'], id="N"),
    ],
)
def test_what_can_not_be_asked_is_refused(genome, rows, arguments, words):
    with pytest.raises(InputError) as error:
        sd.variants(table(*rows), genome, **{"length": 10} | arguments)
    assert not [word for word in words if word not in str(error.value)], str(error.value)


def test_indels_and_windows_with_unknown_letters_may_be_left_out(genome):
    rows = table(
        ("snv", "chr1", 3, "T", "C"), ("n", "chrN", 3, "T", "C"), ("indel", "chr1", 3, "T", "TA"),
        ("beside n", "chrN", 0, "A", "C"),
    )  # fmt: skip
    with pytest.warns(UserWarning, match=r"2 of 4 variants were left out.*insertions and deletions \(1\)") as caught:
        design = sd.variants(rows, genome, length=4, indels="drop", unknown="drop")
    assert list(alleles(design)) == ["snv", "beside n"]  # the window of "n" is from 1 to 5: CGTN
    assert [warning.filename for warning in caught] == [__file__]
    assert design.rows["status"].tolist() == ["used", "skipped", "skipped", "used"]


def test_given_sequences_have_no_letters_to_make_up_for_a_deletion():
    probes = sd.Sequences.from_strings(["ACGUACG", "GGAA"], names=["a", "b"])
    with pytest.raises(InputError, match=r'window of 7 positions is needed, and 1 more on the right.*indels="drop"'):
        sd.variants(table(("v", "a", 1, "CG", "C")), probes)
    # The change of one sequence may be longer than another sequence.
    both = sd.variants(table(("v", "a", 1, "C", "CU"), ("w", "b", 0, "G", "A")), probes)
    assert alleles(both) == {"v": ["ACGUACG", "ACUGUAC"], "w": ["GGAA", "AGAA"]}


@pytest.mark.parametrize(
    ("position", "ref", "alt", "length", "advice"),
    [
        (15, "AA", "A", 20, "Write a larger length"),
        (16, "A", "AA", 20, "Write a larger length"),
        (25, "AA", "A", 28, "Leave the variant out"),  # from 11 to 39: it ends at 40 with the letter that is taken out
        (9, "C", "CA", None, "Leave the variant out"),
    ],
)
def test_a_repeat_to_the_end_of_the_window_hides_a_change_of_its_length(position, ref, alt, length, advice):
    run = sd.Sequences.from_strings(["C" * 10 + "A" * 30], names=["c"])
    with pytest.raises(InputError, match=f"first v c:{position + 1} .*the same with both alleles.*{advice}"):
        sd.variants(table(("v", "c", position, ref, alt)), run, length=length)


def test_sequences_without_names_can_not_be_meant():
    with pytest.raises(InputError, match="without names"):
        sd.variants(table(("v", "a", 1, "C", "G")), ["ACGT"])


def test_many_variants_of_a_genome_take_their_windows_fast(tmp_path):
    """2,000 windows of 200 letters in well under the 2 s that a test may take."""
    rng = np.random.default_rng(0)
    text = "".join(rng.choice(list("ACGT"), 200_000))
    (tmp_path / "g.fa").write_text(">c\n" + "\n".join(text[i : i + 60] for i in range(0, len(text), 60)) + "\n")
    places = rng.choice(200_000, 2_000, replace=False).tolist()
    rows = table(*((f"v{at}", "c", at, text[at], "A" if text[at] != "A" else "C") for at in places))
    design = sd.variants(rows, tmp_path / "g.fa", length=200)
    assert design.own_sequences.codes.shape == (2_000, 200)


OTHER = {"A": "C", "C": "G", "G": "T", "T": "A"}


@pytest.fixture
def random_genome(tmp_path, seed):
    """A chromosome of 4,000 random letters in a file, and its letters."""
    text = "".join(np.random.default_rng(seed).choice(list("ACGT"), 4_000))
    (tmp_path / "random.fa").write_text(f">chr1\n{text}\n")
    return tmp_path / "random.fa", text


def substitutions(text, places):
    return [(f"v{at}", "chr1", at, text[at], OTHER[text[at]]) for at in places]


def test_rows_that_do_not_fit_the_genome_are_listed_together_or_skipped(random_genome):
    path, text = random_genome
    good = substitutions(text, range(1000, 1040))
    bad = {
        ("scaffold", "chrUn", 5, "A", "C"): "no sequence has the name 'chrUn'",
        ("beyond", "chr1", 4_000, "A", "C"): "beyond the end",
        ("mismatch", "chr1", 500, OTHER[text[500]], OTHER[OTHER[text[500]]]): "REF is not in the sequence",
        ("long", "chr1", 2_000, text[2_000:2_080], text[2_000]): "an allele ends outside the window",
        ("again", "chr1", 1_003, text[1_003], OTHER[text[1_003]]): "occurs in an earlier row",
        ("n", "chr1", 800, text[800], "N"): "contains N",
        ("rna", "chr1", 801, text[801], "U"): "ALT 'U' in sequences of DNA",
    }
    rows = table(*good, *bad)
    with pytest.raises(InputError) as error:
        sd.variants(rows, path, length=100)
    assert "7 of 47 variants" in str(error.value)
    assert not [name for name, *_ in bad if f"{name} " not in str(error.value)]
    with pytest.warns(UserWarning, match=r"7 of 47 variants cannot be used and were skipped"):
        design = sd.variants(rows, path, length=100, bad="skip")
    assert list(design.own_sequences.names) == [name for name, *_ in good]
    assert design.rows["background"].tolist()[:40] == list(design.own_sequences.names)
    assert design.rows["status"].tolist() == ["used"] * 40 + ["skipped"] * 7
    assert all(reason in text for reason, text in zip(bad.values(), design.rows["reason"][40:], strict=True))


@pytest.mark.parametrize(
    ("names", "chromosomes"),
    [
        (("chr1", "chrM"), ("1", "MT")),
        (("1", "MT"), ("chr1", "chrM")),
        (("Chr1", "M"), ("CHR1", "chrMT")),
    ],
)
def test_chromosomes_are_matched_with_and_without_chr_and_reported_once(tmp_path, names, chromosomes):
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{CHROMOSOME}\n" for name in names))
    rows = table(
        *((name, name, 5, CHROMOSOME[5], "A") for name in chromosomes), ("w", chromosomes[0], 9, CHROMOSOME[9], "A")
    )
    with pytest.warns(UserWarning, match=f"2 of 2 chromosomes.*such as '{chromosomes[0]}' with '{names[0]}'") as warned:
        design = sd.variants(rows, tmp_path / "g.fa", length=10)
    assert len(warned) == 1
    assert alleles(design)["w"][0] == CHROMOSOME[4:14]
    assert design.rows["chrom"].tolist() == [*chromosomes, chromosomes[0]], "in the words of the table"


def test_a_chromosome_that_two_sequences_could_be_is_refused_with_both(tmp_path):
    (tmp_path / "g.fa").write_text(f">chr1\n{CHROMOSOME}\n>CHR1\n{CHROMOSOME}\n")
    with pytest.raises(InputError, match="It can be 'CHR1' or 'chr1'"):
        sd.variants(table(("v", "1", 5, CHROMOSOME[5], "A")), tmp_path / "g.fa", length=10)
    exact = sd.variants(table(("v", "chr1", 5, CHROMOSOME[5], "A")), tmp_path / "g.fa", length=10)
    assert len(exact.own_sequences) == 1


def test_the_same_variant_under_two_names_of_its_chromosome_is_a_repeat(genome):
    rows = table(("v", "chr1", 5, CHROMOSOME[5], "A"), ("w", "1", 5, CHROMOSOME[5], "A"))
    with pytest.warns(UserWarning, match="earlier row"), pytest.warns(UserWarning, match="'1' with 'chr1'"):
        design = sd.variants(rows, genome, length=10, bad="skip")
    assert design.own_sequences.names == ("v",)


@pytest.mark.parametrize("wrong", [1, 3, 12])
def test_swapped_alleles_among_rows_that_fit_are_named_and_counted(random_genome, wrong):
    path, text = random_genome
    rows = substitutions(text, range(100, 2_500, 100))
    rows[:wrong] = [(name, chrom, at, alt, ref) for name, chrom, at, ref, alt in rows[:wrong]]
    with pytest.raises(InputError, match=rf"{wrong} of 24 variants.*REF and ALT are swapped") as error:
        sd.variants(table(*rows), path, length=100)
    assert f"REF and ALT are swapped in {wrong} rows" in error.value.fix
    assert "Off by one" not in str(error.value)
    with pytest.warns(UserWarning, match=rf"REF and ALT are swapped: the sequence has ALT there \({wrong}\)"):
        design = sd.variants(table(*rows), path, length=100, bad="skip")
    assert (design.rows["status"] == "used").sum() == 24 - wrong


def test_a_file_with_all_alleles_swapped_is_recognized(random_genome):
    """All five have ALT in the sequence: chance would do it in 1 of 243 tables."""
    path, text = random_genome
    rows = [(name, chrom, at, alt, ref) for name, chrom, at, ref, alt in substitutions(text, range(100, 600, 100))]
    with pytest.raises(InputError, match="REF and ALT are swapped"):
        sd.variants(table(*rows), path, length=100)


def test_one_swapped_row_alone_is_no_evidence_but_a_question(random_genome):
    path, text = random_genome
    with pytest.raises(InputError, match=r"Are REF and ALT swapped\?"):
        sd.variants(table(("v", "chr1", 500, OTHER[text[500]], text[500])), path, length=100)


@pytest.mark.parametrize(("shifted_rows", "step"), [(6, 1), (6, -1), (12, 1)])
def test_chance_matches_at_the_next_position_are_not_called_off_by_one(random_genome, shifted_rows, step):
    """24 variants of another build: none fits, and some have REF at the next position, as a quarter does by chance."""
    path, text = random_genome
    places = [at for at in range(50, 3_900, 7) if len(set(text[at - 1 : at + 2])) == 3][:24]
    rows = []
    for number, at in enumerate(places):
        free = next(letter for letter in "ACGT" if letter not in text[at - 1 : at + 2])
        ref = text[at + step] if number < shifted_rows else free
        rows.append((f"v{at}", "chr1", at, ref, free if ref != free else text[at - 1]))
    with pytest.raises(InputError, match="24 of 24 variants") as error:
        sd.variants(table(*rows), path, length=100)
    assert "Off by one" not in str(error.value)
    assert "swapped" not in str(error.value)
    assert "Is it the same genome build" in str(error.value)


@pytest.mark.parametrize("step", [1, -1])
def test_a_table_that_counts_from_another_number_is_recognized_among_other_errors(random_genome, step):
    path, text = random_genome
    rows = [
        (name, chrom, at + step, ref, alt) for name, chrom, at, ref, alt in substitutions(text, range(50, 2_000, 37))
    ]
    rows[0] = ("odd", "chr1", 3_000, OTHER[text[3_000]], OTHER[OTHER[text[3_000]]])
    with pytest.raises(InputError, match=re.escape(f"Off by one? At position {-step:+d} REF is right for")):
        sd.variants(table(*rows), path, length=100)


ANCHORS = ("left", "right", "center")


@settings(max_examples=80, deadline=None)
@given(st.text("ACGT", min_size=30, max_size=60), st.sampled_from(ANCHORS), st.data())
def test_anchored_windows_are_those_of_the_whole_changed_sequence(text, anchor, data):
    """Where the window of the changed sequence begins follows from the flank that stays.

    The change makes everything on its right end earlier by the letters lost. Left: the same start. Right: the same
    letters at the right end, hence a start that is earlier by all letters lost. Center: by half of them, toward 0.
    """
    start = data.draw(st.integers(0, len(text) - 8))
    ref = text[start : start + data.draw(st.integers(1, 6))]
    alt = data.draw(st.text("ACGT", min_size=1, max_size=6).filter(lambda alt: alt != ref))
    lost = len(ref) - len(alt)
    left = {"left": 0, "right": lost, "center": abs(lost) // 2 * (1 if lost > 0 else -1)}[anchor]
    changed = text[:start] + alt + text[start + len(ref) :]
    first = min(max(start - 10, left, 0), len(text) - 20 - max(lost - left, 0))
    pair = [text[first : first + 20], changed[first - left : first - left + 20]]
    sequences = sd.Sequences.from_strings([text], sd.DNA, ["c"])
    rows = table(("v", "c", start, ref, alt))
    # What is written must be whole inside both windows, and change something.
    shared = next((i for i, (a, b) in enumerate(zip(ref, alt, strict=False)) if a != b), min(len(ref), len(alt)))
    inside = first <= start and start + len(ref) <= first + 20
    inside &= first - left <= start + shared and start + len(alt) <= first - left + 20
    if not inside or pair[0] == pair[1]:
        with pytest.raises(InputError, match="outside the window" if not inside else "the same with both alleles"):
            sd.variants(rows, sequences, length=20, anchor=anchor)
        return
    assert alleles(sd.variants(rows, sequences, length=20, anchor=anchor)) == {"v": pair}


@pytest.mark.parametrize(
    ("anchor", "deletion", "insertion"),
    [("left", "ATTAGG", "TACGAA"), ("right", "GATTAG", "CGAAGT"), ("center", "ATTAGG", "ACGAAG")],
)
def test_each_anchor_by_hand(anchor, deletion, insertion):
    """GATTACGGTACC: ACG>AG at 4, in the window from 1, and G>GAA at 6, in the window from 3."""
    sequences = sd.Sequences.from_strings(["GATTACGGTACC"], sd.DNA, ["c"])
    rows = table(("d", "c", 4, "ACG", "AG"), ("i", "c", 6, "G", "GAA"))
    pairs = alleles(sd.variants(rows, sequences, length=6, anchor=anchor))
    assert pairs == {"d": ["ATTACG", deletion], "i": ["TACGGT", insertion]}


def test_another_anchor_is_refused():
    with pytest.raises(InputError, match="`anchor='middle'`"):
        sd.variants(
            table(("v", "c", 4, "A", "C")), sd.Sequences.from_strings(["GATTACGG"], names=["c"]), anchor="middle"
        )


def test_effects_join_the_table_of_the_user_after_saving_and_loading(random_genome, tmp_path):
    path, text = random_genome
    rows = [("chr1", at + 1, "." if at % 2 else f"rs{at}", text[at].lower(), OTHER[text[at]]) for at in (300, 601, 902)]
    users = pd.DataFrame(rows, columns=["#CHROM", "POS", "ID", "REF", "ALT"])
    users["beta"] = [0.1, 0.2, 0.3]
    model = sd.planted.additive({text[at]: 1.0 for at in (300,)}, length=50)
    outcomes = sd.run(sd.variants(users, path, length=50), model)
    outcomes.save(tmp_path / "o.nc")
    for each in (outcomes, sd.Outcomes.load(tmp_path / "o.nc")):
        single = sd.estimate(each).individual
        joined = users.merge(single, left_on=["#CHROM", "POS", "REF", "ALT"], right_on=["chrom", "pos", "ref", "alt"])
        assert joined["beta"].tolist() == [0.1, 0.2, 0.3]
        assert joined["id"].tolist() == ["rs300", ".", "rs902"]
        assert each.design.rows["status"].tolist() == ["used"] * 3


def test_other_experiments_have_no_columns_of_variants():
    model = sd.planted.additive({"AT": 2.0}, length=4)
    effects = sd.estimate(sd.run(sd.embed("A", at=0), model, ["CTCC", "CATC"], rng=0))
    assert "chrom" not in effects.individual
    assert effects.outcomes.design.rows is None


@pytest.mark.parametrize("pad", ["left", "right", "centre"])
def test_indels_in_sequences_of_several_lengths_reach_both_engines_alike(pad):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv1d(4, 6, 5, padding=2), torch.nn.ReLU(), torch.nn.MaxPool1d(4), torch.nn.Flatten(),
        torch.nn.Linear(6 * 10, 1),
    ).eval()  # fmt: skip
    model = sd.wrap(net, alphabet=sd.DNA, length=40, layout="NCL", pad=pad)
    probes = sd.Sequences.from_strings([CHROMOSOME, SHORT, CHROMOSOME[5:25]], sd.DNA, ["a", "b", "c"])
    rows = table(("v", "a", 2, "G", "GTTA"), ("w", "b", 6, "T", "TC"), ("x", "c", 3, CHROMOSOME[8], "A"))
    design = sd.variants(rows, probes)
    fast, full = (sd.run(design, model, engine=engine).y.values for engine in ("incremental", "full"))
    np.testing.assert_allclose(fast, full, atol=1e-5)
    texts = [text for pair in alleles(design).values() for text in pair]
    truth = model.predict(sd.Sequences.from_strings(texts, sd.DNA))[0, :, 0].reshape(3, 2)
    np.testing.assert_allclose(full[0, :, :, 0], truth, atol=1e-5)


def test_windows_with_n_are_skipped_like_other_rows(genome):
    rows = table(("snv", "chr1", 3, "T", "C"), ("n", "chrN", 3, "T", "C"))
    with pytest.warns(UserWarning, match=r"1 of 2 variants.*the window contains N or another unknown letter \(1\)"):
        design = sd.variants(rows, genome, length=4, bad="skip")
    assert design.rows["status"].tolist() == ["used", "skipped"]
