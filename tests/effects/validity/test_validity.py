"""Validity: each result from sequences and predictions whose distance is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from seqdo.effects.validity.realism import UNGIVEN
from seqdo.effects.validity.validity import validity
from seqdo.models.reference import Reference
from seqdo.sequences.sequences import Sequences


def letters(seed, n, length, gc=0.5):
    rng = np.random.default_rng(seed)
    return Sequences.from_codes(rng.choice(4, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2], size=(n, length)))


def real(sequences, predictions=None):
    predictions = np.arange(len(sequences)) if predictions is None else predictions
    return Reference.measure(sequences, np.asarray(predictions, float)[:, None], ["y0"], "held-out sequences")


def results(outcomes):
    table = validity(outcomes)
    assert list(table.columns) == ["check", "value", "threshold", "result", "advice"]
    assert not table["advice"].str.contains("nan").any()
    return table.set_index("check")


def test_without_a_reference_one_row_says_unknown_and_what_to_give(make):
    table = validity(make(np.zeros((1, 30, 2, 1))))
    assert table["result"].tolist() == ["not checked"]
    assert "real held-out sequences" in table["advice"][0]


def test_backgrounds_and_predictions_like_the_real_ones_are_all_green(make, seed):
    """2,000 sequences on either side: distances are of sampling, less than a third of each threshold."""
    ours, theirs = letters(seed, 2000, 40), letters(seed + 1, 2000, 40)
    rng = np.random.default_rng(seed)
    y, y_real = rng.normal(size=(1, 2000, 2, 1)), rng.normal(size=2000)
    table = results(make(y, backgrounds=ours, reference=real(theirs, y_real)))
    assert table["result"].drop(UNGIVEN).eq("pass").all(), table
    assert len(table) == 9
    assert table.loc[["unedited predictions: y0", "edited predictions: y0"], "value"].between(0.005, 0.045).all()


@pytest.mark.parametrize(("gc", "result"), [(0.5, "pass"), (0.56, "caution"), (0.75, "fail")])
def test_gc_is_counted_in_sds_of_real_sequences(make, seed, gc, result):
    """The SD of GC in 40 random letters is sqrt(.25/40) = 0.079: .06 and .25 are 0.76 and 3.2 of it."""
    ours = letters(seed, 2000, 40, gc)
    row = results(make(np.zeros((1, 2000, 2, 1)), backgrounds=ours, reference=real(letters(seed + 1, 2000, 40)))).loc[
        "GC"
    ]
    assert row["result"] == result
    assert row["value"] == pytest.approx(abs(gc - 0.5) / (0.25 / 40) ** 0.5, abs=0.15)


def test_real_sequences_of_one_gc_give_no_sd_to_count_in(make):
    theirs = real(Sequences.from_strings(["ACGT", "GTAC"]))
    same, other = (Sequences.from_strings([text] * 5) for text in ("AACC", "AAAC"))
    y = np.zeros((1, 5, 2, 1))
    assert results(make(y, backgrounds=same, reference=theirs)).loc["GC", "result"] == "pass"
    assert results(make(y, backgrounds=other, reference=theirs)).loc["GC", "result"] == "not checked"


@pytest.mark.parametrize("k", [1, 2, 3])
def test_kmer_divergence_is_that_of_scipy_in_bits(make, seed, k):
    ours, theirs = letters(seed, 300, 30, 0.2), letters(seed + 1, 300, 30, 0.8)

    def counted(sequences):
        texts = sequences.to_strings()
        words = ["".join("ACGT"[i // 4**j % 4] for j in range(k)) for i in range(4**k)]
        return [sum(text[i : i + k] == word for text in texts for i in range(30 - k + 1)) for word in words]

    table = results(make(np.zeros((1, 300, 2, 1)), backgrounds=ours, reference=real(theirs)))
    row = table.loc["letters" if k == 1 else f"{k}-mers"]
    assert row["value"] == pytest.approx(jensenshannon(counted(ours), counted(theirs), base=2) ** 2, rel=1e-6)
    assert row["result"] == "fail"


def test_divergence_is_1_bit_for_spectra_that_share_nothing_and_0_for_the_same(make):
    a, t = (Sequences.from_strings([letter * 10] * 5) for letter in "AC")
    y = np.zeros((1, 5, 2, 1))
    for ours, bits in ((t, 1.0), (a, 0.0)):
        table = results(make(y, backgrounds=ours, reference=real(a)))
        assert table.loc[["letters", "2-mers", "3-mers"], "value"].tolist() == pytest.approx([bits] * 3)


def test_lengths_are_compared_by_range_and_by_mix(make):
    """Real: 10, 10, 12, 14. Backgrounds: 12, 12, 14, 20, so 1 of 4 out of range; total variation 1/2."""
    theirs = Sequences.from_strings(["A" * n for n in (10, 10, 12, 14)])
    ours = Sequences.from_strings(["A" * n for n in (12, 12, 14, 20)])
    table = results(make(np.zeros((1, 4, 2, 1)), backgrounds=ours, reference=real(theirs)))
    assert table.loc["length range", ["value", "result"]].tolist() == [0.25, "caution"]
    assert table.loc["length mix", ["value", "result"]].tolist() == [0.5, "caution"]


def test_backgrounds_of_no_real_length_are_red(make, seed):
    table = results(
        make(np.zeros((1, 50, 2, 1)), backgrounds=letters(seed, 50, 30), reference=real(letters(seed, 50, 40)))
    )
    assert table.loc["length range", ["value", "result"]].tolist() == [1.0, "fail"]


def test_shares_outside_the_real_range_are_of_the_members_mean_and_apart_for_edited_arms(make):
    """Real predictions 0 ... 100 have the 1 % and 99 % quantiles 1 and 99."""
    theirs = real(Sequences.from_strings(["ACGT"] * 101), np.arange(101))
    y = np.full((2, 10, 3, 1), 50.0)
    y[0, :2, 0], y[1, :2, 0] = 300, -200  # members are outside, their mean is 50
    y[:, :3, 0] += np.array([0, 0, 60])[:, None]  # one of ten unedited ones is outside
    y[:, :, 1] = 99.5
    y[:, :6, 2] = 0.5
    ours = Sequences.from_strings(["ACGT"] * 10)
    table = results(make(y, backgrounds=ours, reference=theirs))
    assert table.loc["unedited predictions: y0", ["value", "result"]].tolist() == [0.1, "pass"]
    assert table.loc["edited predictions: y0", ["value", "result"]].tolist() == [0.8, "caution"]


def test_a_constant_model_is_inside_its_reference_stored_to_six_digits(make):
    ours = Sequences.from_strings(["ACGT"] * 10)
    stored = Reference.from_json(real(ours, np.full(10, 1 / 3)).to_json())
    table = results(make(np.full((1, 10, 2, 1), 1 / 3), backgrounds=ours, reference=stored))
    assert table.loc["unedited predictions: y0", "value"] == 0


def test_an_output_that_the_reference_lacks_is_unknown(make):
    ours = Sequences.from_strings(["ACGT"] * 10)
    table = results(make(np.zeros((1, 10, 2, 1)), outputs=["other"], backgrounds=ours, reference=real(ours)))
    assert table.loc["unedited predictions: other", "result"] == "not checked"


def test_backgrounds_of_two_letters_have_no_3_mers_to_compare(make):
    ours = Sequences.from_strings(["AC"] * 10)
    table = results(
        make(np.zeros((1, 10, 2, 1)), backgrounds=ours, reference=real(Sequences.from_strings(["ACGT"] * 5)))
    )
    assert "2-mers" in table.index
    assert "3-mers" not in table.index
