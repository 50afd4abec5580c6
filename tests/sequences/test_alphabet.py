"""Letters, codes and what IUPAC letters stand for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqdo.sequences.alphabet import DNA, KEEP, ONE_HOT, PAD, RNA, complement


@given(st.text("ACGTacgt"))
def test_decode_undoes_encode_up_to_case(text):
    assert DNA.decode(DNA.encode(text)) == text.upper()
    assert RNA.decode(DNA.encode(text)) == text.upper().replace("T", "U")


@given(st.characters().filter(lambda letter: letter not in "ACGTacgt"))
def test_any_other_character_gets_255(letter):
    assert DNA.encode(f"A{letter}").tolist() == [0, 255]


def test_seq_03_t_is_no_letter_of_rna_nor_u_of_dna():
    assert RNA.encode("ATU").tolist() == [0, 255, 3]
    assert DNA.encode("ATU").tolist() == [0, 3, 255]


def test_padding_is_no_letter():
    assert DNA.decode(np.array([2, PAD, 0, PAD], np.uint8)) == "GA"
    assert ONE_HOT[PAD].tolist() == [0, 0, 0, 0]
    assert (ONE_HOT[:4] == np.eye(4)).all()


@pytest.mark.parametrize("alphabet", [DNA, RNA])
@pytest.mark.parametrize(
    ("letter", "bases"),
    [("R", "AG"), ("Y", "CT"), ("S", "CG"), ("W", "AT"), ("K", "GT"), ("M", "AC"), ("B", "CGT"), ("D", "AGT"),
     ("H", "ACT"), ("V", "ACG"), ("N", "ACGT"), ("A", "A"), ("X", "")],
)  # fmt: skip
def test_iupac_letters_stand_for_their_bases(alphabet, letter, bases):
    assert [DNA.letters[code] for code in alphabet.iupac(letter)] == list(bases)
    assert alphabet.iupac(letter.lower()) == alphabet.iupac(letter)


@pytest.mark.parametrize("letter", "RYSWKMBDHVN")
def test_the_complement_of_an_iupac_letter_has_the_complements_of_its_bases(letter):
    partner = dict(zip("RYSWKMBDHVN", "YRSWMKVHDBN", strict=True))[letter]
    assert sorted(3 - code for code in DNA.iupac(letter)) == sorted(DNA.iupac(partner))


def test_each_alphabet_has_its_own_fourth_letter():
    assert (DNA.iupac("T"), DNA.iupac("U"), RNA.iupac("T"), RNA.iupac("U")) == ((3,), (), (), (3,))
    assert (DNA.iupac("t"), DNA.iupac("u"), RNA.iupac("t"), RNA.iupac("u")) == ((3,), (), (), (3,))


def test_complement_pairs_letters_and_leaves_the_rest():
    assert DNA.decode(complement(DNA.encode("ACGT"))) == "TGCA"
    assert complement(np.array([PAD, KEEP], np.uint8)).tolist() == [PAD, KEEP]


def test_alphabets_show_by_name():
    assert (repr(DNA), repr(RNA)) == ("DNA", "RNA")
