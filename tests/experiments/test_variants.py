"""Variants: every one does what it does to the letters, wherever it stands, and what can't be meant is refused."""

from __future__ import annotations

import logging
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
        (
            1,
            [
                "v6 at 7 of chr1 with REF 'C', but the sequence has 'A' there",
                "At position -1",
                "counts from 1 is called pos",
            ],
        ),
        (-1, ["v6 at 5 of chr1 with REF 'C', but the sequence has 'G' there", "At position +1", "a VCF count from 1"]),
    ],
)
def test_pos_10_a_table_that_counts_otherwise_is_refused_with_what_would_fit(genome, by, words):
    with pytest.raises(InputError) as error:
        sd.variants(shifted(by), genome, length=10)
    words = [
        *words,
        "(so for 2 of 3 variants)",
        "positions are 0-based here",
        "Off by one?",
        "for 2 of these 2 variants",
    ]
    assert not [word for word in words if word not in str(error.value)], str(error.value)


def test_the_same_table_is_right_by_the_other_columns_name(genome):
    by_pos = shifted(1).rename(columns={"position": "pos"})
    assert alleles(sd.variants(by_pos, genome, length=10)) == alleles(sd.variants(shifted(0), genome, length=10))


@pytest.mark.parametrize(
    ("rows", "arguments", "words"),
    [
        pytest.param([("v", "1", 0, "A", "C")], {}, ["'1'", "Did you mean 'chr1'?"], id="no chr"),
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
        pytest.param([("v", "chr1", 40, "A", "C")], {}, ["v at 40", "the sequence ends at 34"], id="off the end"),
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


def test_indels_and_windows_with_unknown_letters_may_be_left_out(genome, caplog):
    rows = table(
        ("snv", "chr1", 3, "T", "C"), ("n", "chrN", 3, "T", "C"), ("indel", "chr1", 3, "T", "TA"),
        ("beside n", "chrN", 0, "A", "C"),
    )  # fmt: skip
    with caplog.at_level(logging.WARNING):
        design = sd.variants(rows, genome, length=4, indels="drop", unknown="drop")
    assert list(alleles(design)) == ["snv", "beside n"]  # the window of "n" is from 1 to 5: CGTN
    assert "1 of 4 variants are insertions and deletions" in caplog.text


def test_given_sequences_have_no_letters_to_make_up_for_a_deletion():
    probes = sd.Sequences.from_strings(["ACGUACG", "GGAA"], names=["a", "b"])
    with pytest.raises(InputError, match=r'window of 7 positions is needed, and 1 more on the right.*indels="drop"'):
        sd.variants(table(("v", "a", 1, "CG", "C")), probes)
    assert alleles(sd.variants(table(("v", "a", 1, "C", "CU")), probes)) == {"v": ["ACGUACG", "ACUGUAC"]}
    with pytest.raises(InputError, match=r"v at 1 of a, which shifts 5 positions.*of variant w at 0 of b has length 4"):
        sd.variants(table(("v", "a", 1, "C", "CU"), ("w", "b", 0, "G", "A")), probes)


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
    with pytest.raises(InputError, match=f"variant v at {position} of c.*the same with both alleles.*{advice}"):
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
