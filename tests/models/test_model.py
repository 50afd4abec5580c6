"""What a model refuses to read, and how a run that breaks is told."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo.errors import InputError, RunError
from seqdo.models.model import Model
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.sequences import Sequences


def model(pad=None, answer=lambda x: x[:, 0].sum(1), length=6) -> Model:
    return wrap(answer, alphabet=DNA, length=length, outputs=["y"], pad=pad, name="net")


def test_sequences_of_another_length_are_refused_with_both_lengths():
    with pytest.raises(InputError, match=r"the sequence has length 4, not `length=60`.*60 bp.*pad"):
        model(length=60).predict(Sequences.from_strings(["ACGT"]))
    with pytest.raises(InputError, match=r"1 of 2 sequences have length 8, more than `length=6`.*at most 6 bp.*Cut"):
        model(pad="left").predict(Sequences.from_strings(["ACGTACGT", "ACGT"]))


def test_wider_arrays_of_codes_are_cut_only_where_they_are_padding():
    codes = np.array([[0, 0, 1, 2, 3, 3, 4, 4]], np.uint8)
    assert model().arrange(Sequences.from_codes(codes)).tolist() == [[0, 0, 1, 2, 3, 3]]


@pytest.mark.parametrize(
    ("pad", "expected"),
    [
        ("left", [[4, 4, 4, 0, 1, 2], [4, 4, 0, 1, 2, 3]]),
        ("right", [[0, 1, 2, 4, 4, 4], [0, 1, 2, 3, 4, 4]]),
        ("centre", [[4, 0, 1, 2, 4, 4], [4, 0, 1, 2, 3, 4]]),
    ],
)
def test_padding_stands_left_right_or_around(pad, expected):
    assert model(pad=pad).arrange(Sequences.from_strings(["ACG", "ACGT"])).tolist() == expected


def test_the_other_alphabet_is_refused_and_letters_of_both_are_not():
    """SEQ-03."""
    with pytest.raises(InputError, match=r"sequences are RNA.*`alphabet=sd.DNA`.*reads DNA"):
        model().predict(Sequences.from_strings(["ACGUAC"]))
    with pytest.raises(InputError, match=r"sequences are RNA.*`alphabet=sd.DNA`.*reads DNA"):
        model().predict(Sequences.from_strings(["ACGCAC"], RNA))
    assert model().predict(Sequences.from_strings(["ACGCAC"])).ravel().tolist() == [2]


def test_no_sequences_give_no_answers():
    assert model().predict(Sequences.from_strings(["ACGTAC"])[:0]).shape == (1, 0, 1)


def test_a_batch_has_at_least_one_sequence():
    with pytest.raises(InputError, match="batch=0"):
        model().predict(Sequences.from_strings(["ACGTAC"]), batch=0)


@pytest.mark.parametrize(("value", "advice"), [(np.nan, "this sequence alone"), (np.inf, "float32")])
def test_an_answer_that_is_not_finite_is_named_with_its_row_and_sequence(value, advice):
    """MOD-05, MOD-06: at row 5 of the third batch of 2."""
    broken = model(answer=lambda x: np.where(x[:, 3].sum(1) == 6, value, x[:, 0].sum(1)))
    texts = ["ACGTAC"] * 5 + ["TTTTTT"]
    with pytest.raises(RunError) as raised:
        broken.predict(Sequences.from_strings(texts), batch=2)
    for word in ("net", str(value), "'y'", "sequence 5", "TTTTTT", advice):
        assert word in str(raised.value)


def test_a_member_that_raises_is_named_with_the_sequences_and_the_cause():
    """MOD-15, the model's part of it."""

    def boom(x):
        if x[:, 3].sum() == 12:
            raise ValueError("boom")
        return x[:, 0].sum(1)

    with pytest.raises(RunError, match=r"`net` failed on sequences 2 to 3: ValueError: boom") as raised:
        model(answer=boom).predict(Sequences.from_strings(["ACGTAC"] * 2 + ["TTTTTT"] * 2), batch=2)
    assert isinstance(raised.value.__cause__, ValueError)


def test_a_member_that_changes_its_shape_in_a_run_is_refused():
    shifty = model(answer=lambda x: x[:, 0, :2] if x[:, 3].sum() == 6 else x[:, 0].sum(1))
    with pytest.raises(RunError, match=r"\(1, 2\).*1 outputs"):
        shifty.predict(Sequences.from_strings(["TTTTTT"]))


def test_leaving_a_run_is_not_swallowed():
    """MOD-36: sys.exit in a model, or Ctrl-C, goes through."""

    def leaving(x):
        if x[:, 3].sum() == 6:
            raise SystemExit(0)
        return x[:, 0].sum(1)

    with pytest.raises(SystemExit):
        model(answer=leaving).predict(Sequences.from_strings(["TTTTTT"]))
