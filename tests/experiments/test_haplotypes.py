"""Haplotypes: all variants together do what the changed sequence does, and the interaction is what they do not add."""

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

COLUMNS = ["id", "chromosome", "position", "ref", "alt", "group"]
TEXT = "AAGATTAAAACCAAGATTAAAAGGCTA"


def table(*rows):
    return pd.DataFrame(rows, columns=COLUMNS[: len(rows[0])])


def written(design, arm):
    """The letters of an arm."""
    own = design.own_sequences
    return apply(own, design.arms[arm].edits(root(0), 0, own)).to_strings()


def probe(text=TEXT, name="s"):
    return sd.Sequences.from_strings([text], sd.DNA, [name])


def pair_model(weights, bonus, length):
    """Weights of letters at positions, and a bonus where two of them are there together."""
    (first, a), (second, b) = list(weights)

    def predict(x):
        there = x[:, "ACGT".index(a), first], x[:, "ACGT".index(b), second]
        return sum(w * each for w, each in zip(weights.values(), there, strict=True)) + bonus * there[0] * there[1]

    return sd.wrap(predict, alphabet=sd.DNA, length=length, outputs=["y"])


@pytest.mark.parametrize("bonus", [0.0, 3.0, -1.5])
def test_the_interaction_is_the_bonus_of_the_pair(bonus):
    """Two new letters add 1 and −0.5 alone; together they add 0.5 and the bonus."""
    model = pair_model({(4, "C"): 1.0, (20, "G"): -0.5}, bonus, len(TEXT))
    rows = table(("v", "s", 4, "T", "C"), ("w", "s", 20, "A", "G"))
    effects = sd.estimate(sd.run(sd.haplotypes(rows, probe()), model))
    assert effects.table.set_index("contrast")["estimate"].to_dict() == pytest.approx(
        {"haplotype": 0.5 + bonus, "sum of variants": 0.5, "interaction": bonus}, abs=1e-6
    )
    single = effects.single_variants
    assert single["estimate"].tolist() == pytest.approx([1.0, -0.5], abs=1e-6)
    assert single[["id", "chrom", "pos", "ref", "alt"]].values.tolist() == [
        ["v", "s", 5, "T", "C"], ["w", "s", 21, "A", "G"],
    ]  # fmt: skip
    assert single["interaction"].tolist() == pytest.approx([bonus] * 2, abs=1e-6)


def count(text):
    """A planted model by another way: +2 for each GATTA, −0.5 for each CC, overlapping ones too."""
    return 2.0 * len(re.findall("(?=GATTA)", text)) - 0.5 * len(re.findall("(?=CC)", text))


@st.composite
def questions(draw):
    """One or more sequences, and substitutions at different positions in groups; the first has two or more."""
    letters = st.text("ACGT", min_size=20, max_size=20)
    texts = draw(st.lists(letters, min_size=1, max_size=3))
    rows = []
    for number, text in enumerate(texts):
        places = draw(st.lists(st.integers(0, 19), min_size=1 + (number == 0), max_size=5, unique=True))
        for at in places:
            alt = draw(st.sampled_from([letter for letter in "ACGT" if letter != text[at]]))
            rows.append((f"v{number}.{at}", f"s{number}", at, text[at], alt, f"h{number}"))
    return texts, draw(st.permutations(rows))


@settings(max_examples=40, deadline=None)
@given(questions())
def test_joint_single_and_interaction_are_those_of_the_changed_letters(question):
    texts, rows = question
    sequences = sd.Sequences.from_strings(texts, sd.DNA, [f"s{i}" for i in range(len(texts))])
    model = sd.planted.additive({"GATTA": 2.0, "CC": -0.5}, length=20)
    effects = sd.estimate(sd.run(sd.haplotypes(table(*rows), sequences), model))
    changed = {}
    for number, text in enumerate(texts):
        own = [row for row in rows if row[1] == f"s{number}"]
        joint = list(text)
        for _, _, at, _, alt, _ in own:
            joint[at] = alt
        single = {row[0]: count(text[: row[2]] + row[4] + text[row[2] + 1 :]) - count(text) for row in own}
        changed[f"h{number}"] = count("".join(joint)) - count(text), single
    individual = effects.individual.pivot(index="background", columns="contrast", values="estimate")
    for name, (joint, single) in changed.items():
        assert individual.loc[name, "haplotype"] == pytest.approx(joint, abs=1e-5)
        assert individual.loc[name, "interaction"] == pytest.approx(joint - sum(single.values()), abs=1e-5)
    alone = effects.single_variants.set_index("id")["estimate"].to_dict()
    assert alone == pytest.approx({key: v for _, single in changed.values() for key, v in single.items()}, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.text("ACGT", min_size=40, max_size=60), st.sampled_from(["left", "right", "center"]), st.data())
def test_windows_of_indels_are_those_of_the_whole_changed_sequence(text, anchor, data):
    """Up to three indels with a base between each two of them; the window of the changed sequence by its flank."""
    rows, at = [], data.draw(st.integers(16, 20))
    for number in range(data.draw(st.integers(2, 3))):
        ref = text[at : at + data.draw(st.integers(1, 2))]
        alt = data.draw(st.text("ACGT", min_size=1, max_size=3).filter(lambda alt, ref=ref: alt != ref))
        rows.append((f"v{number}", "s", at, ref, alt))
        at += len(ref) + data.draw(st.integers(1, 2))
    changed = text
    for _, _, start, ref, alt in reversed(rows):
        changed = changed[:start] + alt + changed[start + len(ref) :]
    lost = len(text) - len(changed)
    left = {"left": 0, "right": lost, "center": abs(lost) // 2 * (1 if lost > 0 else -1)}[anchor]
    # The middle of the span is at 12; there is room for it on both sides.
    first = (rows[0][2] + rows[-1][2] + len(rows[-1][3])) // 2 - 12
    first = min(first, len(text) - 24 - max(0, *(_right(row, anchor) for row in rows), lost - left))
    pair = [text[first : first + 24]], [changed[first - left : first - left + 24]]
    if pair[0] == pair[1]:  # two indels in a repeat
        with pytest.raises(InputError, match="the same with both alleles"):
            sd.haplotypes(table(*rows), probe(text), length=24, anchor=anchor)
        return
    design = sd.haplotypes(table(*rows), probe(text), length=24, anchor=anchor)
    assert (design.own_sequences.to_strings(), written(design, "haplotype")) == pair


def _right(row, anchor):
    """Letters that enter at the right end for one variant alone."""
    lost = len(row[3]) - len(row[4])
    return {"left": lost, "right": 0, "center": lost - abs(lost) // 2 * (1 if lost > 0 else -1)}[anchor]


def test_groups_come_from_a_column_or_are_all_variants_of_a_sequence(tmp_path):
    rows = [("a", "s", 2, "G", "C", "x"), ("b", "s", 10, "C", "G", "y"), ("c", "s", 17, "T", "G", "x")]
    assert list(sd.haplotypes(table(*rows), probe()).own_sequences.names) == ["x", "y"]
    named = table(*rows).rename(columns={"group": "Sample"})
    assert list(sd.haplotypes(named, probe()).own_sequences.names) == ["s"]
    assert list(sd.haplotypes(named, probe(), group="Sample").own_sequences.names) == ["x", "y"]
    named.to_csv(tmp_path / "v.tsv", sep="\t", index=False)
    assert list(sd.haplotypes(tmp_path / "v.tsv", probe(), group="sample").own_sequences.names) == ["x", "y"]
    with pytest.raises(InputError, match="no column 'phase'"):
        sd.haplotypes(named, probe(), group="phase")


def test_windows_of_a_genome_take_all_variants_that_fit(tmp_path):
    """Windows of 10: positions 3, 8 and 12 span 10 bases, 13 begins the next; chromosomes are kept apart."""
    (tmp_path / "g.fa").write_text(f">chr1\n{TEXT}\n>chr2\n{TEXT}\n")
    other = {"A": "C", "C": "G", "G": "T", "T": "A"}
    rows = [(f"v{at}", "chr1", at, TEXT[at], other[TEXT[at]]) for at in (13, 3, 8, 12)]
    rows.append(("w", "chr2", 14, TEXT[14], other[TEXT[14]]))
    design = sd.haplotypes(table(*rows), tmp_path / "g.fa", length=10)
    assert list(design.own_sequences.names) == ["chr1:4-13", "chr1:14-14", "chr2:15-15"]
    together = design.rows.groupby("background", sort=False)["id"].agg(sorted).to_dict()
    assert together == {"chr1:4-13": ["v12", "v3", "v8"], "chr1:14-14": ["v13"], "chr2:15-15": ["w"]}
    assert (
        written(design, "haplotype")[0]
        == "".join(other[letter] if at in (3, 8, 12) else letter for at, letter in enumerate(TEXT))[3:13]
    )


def test_a_haplotype_of_one_variant_has_the_interaction_0():
    rows = table(("v", "s", 4, "T", "C", "one"), ("w", "s", 4, "T", "C", "two"), ("x", "s", 20, "A", "G", "two"))
    model = pair_model({(4, "C"): 1.0, (20, "G"): -0.5}, 3.0, len(TEXT))
    single = sd.estimate(sd.run(sd.haplotypes(rows, probe()), model)).individual
    found = single[single["contrast"] == "interaction"].set_index("background")["estimate"].to_dict()
    assert found == pytest.approx({"one": 0.0, "two": 3.0}, abs=1e-6)


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([("v", "s", 4, "T", "C"), ("w", "s", 4, "T", "G")], ["v", "w"]),
        ([("v", "s", 2, "GATT", "G"), ("w", "s", 4, "T", "G")], ["v", "w"]),
        ([("w", "s", 4, "T", "TA"), ("v", "s", 4, "T", "TCC")], ["v", "w"]),
        ([("a", "s", 10, "C", "A"), ("v", "s", 2, "GAT", "CCC"), ("w", "s", 4, "TT", "GG")], ["v", "w"]),
    ],
)
def test_overlapping_variants_of_one_haplotype_are_refused_with_their_names(rows, names):
    with pytest.raises(InputError, match="variants of one haplotype overlap") as error:
        sd.haplotypes(table(*rows), probe())
    pair = re.search(r"overlap \((.*) \(the table.* and (.*) \(the table", str(error.value))
    assert sorted(text.split()[0] for text in pair.groups()) == names


def test_variants_that_only_share_the_base_in_front_do_not_overlap():
    """GAT>G deletes AT after position 2, and the G at 2 is replaced: AAG ATT... becomes AAC T..."""
    rows = table(("v", "s", 2, "GAT", "G"), ("w", "s", 2, "G", "C"))
    assert written(sd.haplotypes(rows, probe(), length=12), "haplotype") == ["AACTAAAACCAA"]


def test_a_named_haplotype_with_an_unusable_row_is_left_out_as_a_whole():
    rows = [
        ("v", "s", 4, "T", "C", "good"), ("w", "s", 20, "A", "G", "good"),
        ("x", "s", 4, "T", "C", "bad"), ("y", "s", 20, "C", "G", "bad"),
        ("z", "s", 4, "T", "C", ""),
    ]  # fmt: skip
    with pytest.raises(InputError, match="3 of 5 variants"):
        sd.haplotypes(table(*rows), probe())
    with pytest.warns(UserWarning, match="another variant of the haplotype cannot be used \\(1\\)"):
        design = sd.haplotypes(table(*rows), probe(), bad="skip")
    assert list(design.own_sequences.names) == ["good"]
    assert design.rows["status"].tolist() == ["used", "used", "skipped", "skipped", "skipped"]
    assert "names no haplotype" in design.rows["reason"][4]


def test_a_haplotype_lies_on_one_sequence_and_in_one_window(tmp_path):
    (tmp_path / "g.fa").write_text(f">chr1\n{TEXT}\n>chr2\n{TEXT}\n")
    two = table(("v", "chr1", 4, "T", "C", "h"), ("w", "chr2", 20, "A", "G", "h"))
    with pytest.raises(InputError, match="on different sequences"):
        sd.haplotypes(two, tmp_path / "g.fa", length=10)
    far = table(("v", "chr1", 4, "T", "C", "h"), ("w", "chr1", 20, "A", "G", "h"))
    with pytest.raises(InputError, match="an allele ends outside the window"):
        sd.haplotypes(far, tmp_path / "g.fa", length=10)


def test_a_window_is_moved_so_that_insertions_fit():
    """From 4 to 21 and 2 letters more: 19 of 20. The middle would be 12, and the window end at 22; it must reach 23."""
    design = sd.haplotypes(table(("v", "s", 4, "T", "TCC"), ("w", "s", 20, "A", "G")), probe(), length=20)
    assert design.own_sequences.to_strings() == [TEXT[3:23]]
    assert written(design, "haplotype") == [TEXT[3:5] + "CC" + TEXT[5:20] + "G"]


def test_single_variants_are_no_haplotypes():
    rows = table(("v", "s", 4, "T", "C", "a"), ("w", "s", 20, "A", "G", "b"))
    with pytest.raises(InputError, match=r"no haplotype of several variants, but 2 of one variant.*sd\.variants"):
        sd.haplotypes(rows, probe())


def test_too_many_variants_of_one_haplotype_are_refused():
    text = "A" * 150
    rows = table(*((f"v{at}", "s", at, "A", "C") for at in range(101)))
    with pytest.raises(InputError, match="a haplotype of 101 variants"):
        sd.haplotypes(rows, probe(text))


def test_a_design_is_stored_and_comes_back_with_its_rows():
    rows = table(("v", "s", 4, "T", "TCC"), ("w", "s", 20, "A", "G"))
    design = sd.haplotypes(rows, probe(), length=20)
    again = from_record(to_record(design), design.own_sequences)
    for arm in design.arms:
        assert written(again, arm) == written(design, arm)
    pd.testing.assert_frame_equal(again.rows, design.rows)


def test_single_variants_of_another_experiment_are_refused():
    model = sd.planted.additive({"AT": 2.0}, length=4)
    effects = sd.estimate(sd.run(sd.embed("A", at=0), model, ["CTCC", "CATC"], rng=0))
    with pytest.raises(InputError, match=r"sd\.haplotypes"):
        _ = effects.single_variants


def test_single_effects_are_means_over_the_members_of_an_ensemble_for_each_output():
    """Members predict 1 and 3 times the letter at 4, and twice that in the second output."""

    def member(weight):
        return lambda x: np.stack([weight * x[:, 1, 4], 2 * weight * x[:, 1, 4]], 1)

    model = sd.wrap([member(1.0), member(3.0)], alphabet=sd.DNA, length=len(TEXT), outputs=["y", "z"])
    rows = table(("v", "s", 4, "T", "C"), ("w", "s", 20, "A", "G"))
    single = sd.estimate(sd.run(sd.haplotypes(rows, probe()), model)).single_variants
    assert single[["output", "id", "estimate"]].values.tolist() == [
        ["y", "v", 2.0], ["y", "w", 0.0], ["z", "v", 4.0], ["z", "w", 0.0],
    ]  # fmt: skip
