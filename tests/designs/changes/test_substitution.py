"""A substitution: each letter at a place becomes another, and which one depends on the letter."""

from __future__ import annotations

import numpy as np
import pytest

import seqdo as sd
from seqdo.designs.changes.substitution import Substitution
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.edit import apply
from seqdo.sequences.stream import root


def written(change, texts, alphabet=None):
    given = sd.Sequences.from_strings(texts, alphabet)
    return apply(given, [change.edit(root(0), 0, given)]).to_strings()


def test_the_three_steps_make_the_three_other_letters_of_each():
    for letter in "ACGT":
        made = {written(Substitution(1, step), [f"A{letter}A"], DNA)[0] for step in (1, 2, 3)}
        assert made == {f"A{other}A" for other in "ACGT" if other != letter}


def test_each_sequence_gets_its_own_letter_in_its_own_alphabet():
    assert written(Substitution(2, 1), ["AAA", "AAC", "AAG", "AAU"], RNA) == ["AAC", "AAG", "AAU", "AAA"]


def test_letters_that_are_all_the_same_are_written_once_so_that_an_engine_sees_it():
    alike, mixed = (sd.Sequences.from_strings(texts) for texts in (["GAC", "GTC"], ["GAC", "ATC"]))
    assert Substitution(0, 1).edit(root(0), 0, alike).letters.shape == (1,)
    assert Substitution(0, 1).edit(root(0), 0, mixed).letters.shape == (2, 1)


@pytest.mark.parametrize(
    ("at", "step", "message"), [(-1, 1, "at=-1"), (0, 0, "step=0"), (0, 4, "same letter"), (0.5, 1, "whole number")]
)
def test_what_is_no_substitution_is_refused(at, step, message):
    with pytest.raises(InputError, match=message):
        Substitution(at, step)


def test_a_place_beyond_a_shorter_sequence_is_refused_and_padding_is_no_letter():
    with pytest.raises(InputError, match="step 2 at 3 would end at 4 of a sequence of length 3, in 1 of 2"):
        written(Substitution(3, 2), ["ACGT", "ACG"])


def test_it_writes_one_letter_at_one_place():
    change = Substitution(np.int64(7), 3)
    assert (change.starts, change.width, change.columns.tolist(), change.label) == ((7,), 1, [7], "step 3@7")
    assert change.writes == Substitution(7, 3).writes != Substitution(7, 2).writes
