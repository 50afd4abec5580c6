"""Sequences carry their true lengths. Invalid input is refused, with the name of the sequence."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, PAD, RNA
from seqdo.sequences.sequences import Sequences, alphabet_of_letters, as_sequences, fingerprint, trimmed


@given(st.lists(st.text("ACGT", min_size=1, max_size=30), min_size=1, max_size=6))
def test_strings_and_codes_give_the_same_sequences(texts):
    block = Sequences.from_strings(texts, DNA)
    assert block.to_strings() == texts
    assert block.lengths.tolist() == [len(text) for text in texts]
    assert (block.codes != PAD).sum() == sum(len(text) for text in texts)
    again = Sequences.from_codes(block.codes, DNA)
    assert (again.lengths == block.lengths).all()
    assert again.to_strings() == texts


def test_seq_01_lower_case_is_read_as_upper_case():
    assert Sequences.from_strings(["acgT"]).to_strings() == ["ACGT"]


def test_t_or_u_decides_the_alphabet():
    assert alphabet_of_letters(["ACG", "ct"]) is DNA
    assert alphabet_of_letters(["ACG", "cu"]) is RNA
    assert alphabet_of_letters(["ACG"]) is None
    with pytest.raises(InputError, match="both T and U in `sequences`"):
        alphabet_of_letters(["ACT", "ACU"])


def test_seq_03_t_in_rna_is_refused_with_the_alphabet_that_has_it():
    with pytest.raises(InputError, match=r"'T' at position 3 of sequence 1.*alphabet=sd\.DNA"):
        Sequences.from_strings(["ACGA", "ACGT"], RNA)
    with pytest.raises(InputError, match=r"'u' at position 0 of sequence 0.*alphabet=sd\.RNA"):
        Sequences.from_strings(["uC"], DNA)


def test_seq_04_n_is_refused_with_count_share_and_what_to_do():
    with pytest.raises(InputError, match=r"'N' at position 3 of x; 4 such letters \(33\.33%\) in 1 of 2.*drop.*sample"):
        Sequences.from_strings(["ACGNNNNT", "ACGT"], names=["x", "y"])


def test_seq_05_a_gap_is_refused_with_its_place():
    with pytest.raises(InputError, match=r"'-' at position 2 of sequence 0.*no gaps"):
        Sequences.from_strings(["AC--GT"])


@pytest.mark.parametrize("letter", ["R", " ", "é", "1"])
def test_any_other_letter_is_refused_with_its_place(letter):
    with pytest.raises(InputError, match="at position 1 of sequence 1"):
        Sequences.from_strings(["ACG", f"A{letter}G"])


def test_seq_07_no_sequences_and_seq_08_an_empty_one_are_refused():
    with pytest.raises(InputError, match="no sequences in `strings`"):
        Sequences.from_strings([])
    with pytest.raises(InputError, match=r"b is empty \(length 0\)"):
        Sequences.from_strings(["A", ""], names=["a", "b"])


@pytest.mark.parametrize("wrong", [np.zeros((0, 5), int), np.zeros((0, 0), int)])
def test_seq_07_codes_without_a_row_are_refused(wrong):
    with pytest.raises(InputError, match="no sequences in `codes`"):
        Sequences.from_codes(wrong)


@pytest.mark.parametrize(("wrong", "row"), [([[0, 1], [PAD, PAD]], 1), ([[PAD]], 0), (np.zeros((2, 0), int), 0)])
def test_seq_08_codes_of_an_empty_row_are_refused_with_its_number(wrong, row):
    with pytest.raises(InputError, match=rf"sequence {row} is empty \(length 0\)"):
        Sequences.from_codes(np.array(wrong))


def test_names_are_one_to_a_sequence_and_unique():
    with pytest.raises(InputError, match=r"2 sequences named 'b' in `names`: names are unique.*Rename"):
        Sequences.from_strings(["A", "C", "G"], names=["a", "b", "b"])
    for names in (["a"], ["a", "b", "c", "d"], []):
        with pytest.raises(InputError, match=f"{len(names)} names for 3 sequences: each sequence needs one"):
            Sequences.from_strings(["A", "C", "G"], names=names)


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 3)), np.zeros(3, int), np.zeros((1, 4, 5), int), np.zeros((2, 3), bool)]
)
def test_codes_are_whole_numbers_in_two_dimensions(wrong):
    with pytest.raises(InputError, match="whole numbers 0-3"):
        Sequences.from_codes(wrong)


@pytest.mark.parametrize("wrong", [[[0, -1]], [[0, 5]], [[0, 300]]])
def test_codes_outside_letters_and_padding_are_refused(wrong):
    with pytest.raises(InputError, match=r"codes from .* in `codes`"):
        Sequences.from_codes(np.array(wrong))


@pytest.mark.parametrize("wrong", [[[4, 0]], [[0, 4, 1]], [[0, 1], [4, 1]]])
def test_padding_before_a_letter_is_refused(wrong):
    with pytest.raises(InputError, match="before a letter"):
        Sequences.from_codes(np.array(wrong))


def test_codes_are_a_copy():
    codes = np.zeros((1, 2), np.uint8)
    block = Sequences.from_codes(codes)
    codes[0, 0] = 3
    assert block.codes[0, 0] == 0


def test_rows_keep_lengths_names_and_alphabet():
    block = Sequences.from_strings(["ACGT", "A", "GG"], names=["a", "b", "c"])
    for rows in (slice(1, None), np.array([1, 2]), np.array([False, True, True])):
        part = block[rows]
        assert (part.names, part.to_strings(), part.lengths.tolist()) == (("b", "c"), ["A", "GG"], [1, 2])
        assert part.alphabet is DNA
    assert len(block) == 3


def test_as_sequences_takes_what_users_have():
    block = Sequences.from_strings(["ACGT"])
    assert as_sequences(block) is block
    for sequences in (["ACGT"], ("ACGT",), np.array(["ACGT"]), iter(["ACGT"]), np.array([[0, 1, 2, 3]])):
        assert as_sequences(sequences).to_strings() == ["ACGT"]


def test_seq_03_sequences_of_another_alphabet_are_refused_as_strings_are():
    """Codes alone would let the T pass as a U."""
    for sequences in (["ACG", "ACT"], Sequences.from_strings(["ACG", "ACT"])):
        with pytest.raises(InputError, match=r"'T' at position 2 of sequence 1.*alphabet RNA.*Write alphabet=sd\.DNA"):
            as_sequences(sequences, RNA)
    with pytest.raises(InputError, match=r"'U' at position 0 of x.*Write alphabet=sd\.RNA"):
        as_sequences(Sequences.from_strings(["U"], names=["x"]), DNA)


def test_sequences_without_t_and_u_take_the_requested_alphabet():
    names = ["a", "b"]
    for alphabet in (None, DNA, RNA):
        taken = as_sequences(Sequences.from_strings(["ACG", "GA"], alphabet, names), RNA)
        assert (taken.alphabet, taken.to_strings(), taken.names) == (RNA, ["ACG", "GA"], ("a", "b"))
    assert as_sequences(Sequences.from_codes(np.array([[3, 0]])), RNA).to_strings() == ["UA"]
    block = Sequences.from_strings(["ACGU"])
    assert as_sequences(block, RNA) is block


@pytest.mark.parametrize("wrong", [5, None, 2.5])
def test_an_object_that_is_no_collection_is_refused_with_advice(wrong):
    with pytest.raises(
        InputError, match=rf"type {type(wrong).__name__} as `sequences`.*list of sequences is needed.*read_fasta"
    ):
        as_sequences(wrong)


def test_an_empty_selection_of_sequences_is_refused():
    with pytest.raises(InputError, match="no sequences in `sequences`"):
        as_sequences(Sequences.from_strings(["ACGU"])[:0])


def test_one_string_is_not_a_list_of_letters():
    with pytest.raises(InputError, match=r"one string, 'ACGT', as `sequences`.*\[sequence\]"):
        as_sequences("ACGT")


def test_an_item_that_is_no_string_is_refused_by_its_number():
    with pytest.raises(InputError, match="sequence 1 is of type int"):
        as_sequences(["A", 5])


def test_sequences_print_as_a_line():
    assert repr(Sequences.from_strings(["ACGT", "GA"])) == "<2 sequences of 2 to 4 bp, DNA>"
    assert repr(Sequences.from_strings(["ACGU", "GACU"])) == "<2 sequences of 4 nt, RNA>"
    assert repr(Sequences.from_strings(["GA"])) == "<1 sequence of 2 positions>"
    assert repr(Sequences.from_strings(["GA"])[:0]) == "<no sequences>"


def test_the_sha256_is_of_lengths_and_codes_whatever_the_padding():
    expected = hashlib.sha256(bytes([2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]) + bytes([0, 1, 2])).hexdigest()
    for columns in (2, 5):
        codes = np.full((2, columns), PAD)
        codes[0, :2], codes[1, 0] = [0, 1], 2
        assert fingerprint(Sequences.from_codes(codes)) == {"number": 2, "sha256": expected}


def test_columns_of_padding_alone_are_trimmed():
    wide = Sequences.from_codes(np.array([[0, 1, 4, 4], [2, 4, 4, 4]]))
    assert trimmed(wide).codes.tolist() == [[0, 1], [2, 4]]
