"""All words of a length, and where a pattern occurs."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import dna_strings, patterns

from seqdo.errors import InputError
from seqdo.motifs.kmers import kmers, occurrences
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import RNA
from seqdo.sequences.sequence import Sequences

REGEX = {
    "R": "[AG]", "Y": "[CT]", "S": "[CG]", "W": "[AT]", "K": "[GT]", "M": "[AC]",
    "B": "[CGT]", "D": "[AGT]", "H": "[ACT]", "V": "[ACG]", "N": ".",
}  # fmt: skip


@pytest.mark.parametrize("k", [1, 3, 5])
def test_kmers_are_all_words_in_order_and_each_once(k):
    words = kmers(k)
    assert len(set(words)) == len(words) == 4**k
    assert words == sorted(words)
    assert {len(word) for word in words} == {k}


def test_kmers_of_rna_have_u():
    assert kmers(1, RNA) == ["A", "C", "G", "U"]


def test_a_kmers_index_is_its_number_in_base_4():
    assert kmers(4)[0 * 64 + 3 * 16 + 1 * 4 + 2] == "ATCG"


def test_too_many_kmers_are_counted_and_refused():
    with pytest.raises(InputError, match=r"k=9: 262,144 words.*list of the patterns"):
        kmers(9)


@pytest.mark.parametrize("k", [0, -1, 2.0, "6", True])
def test_a_k_that_is_no_length_is_refused(k):
    with pytest.raises(InputError, match="whole number from 1 to 8"):
        kmers(k)


@given(st.lists(dna_strings(), min_size=1, max_size=6), patterns(max_size=5))
def test_occurrences_are_those_of_a_regular_expression(strings, text):
    regex = re.compile(f"(?={''.join(REGEX.get(letter, letter) for letter in text)})")
    found = occurrences(Sequences.from_strings(strings), Motif.from_string(text))
    for row, string in zip(found, strings, strict=True):
        assert row.nonzero()[0].tolist() == [match.start() for match in regex.finditer(string)]


def test_padding_matches_nothing_not_even_n():
    found = occurrences(Sequences.from_strings(["AAAA", "AA"]), Motif.from_string("AN"))
    assert found.tolist() == [[True, True, True], [True, False, False]]


def test_a_pattern_longer_than_the_sequences_occurs_nowhere():
    assert occurrences(Sequences.from_strings(["ACG", "A"]), Motif.from_string("ACGT")).shape == (2, 0)


def test_a_letter_of_probability_0_does_not_match():
    motif = Motif("m", np.array([[0.99, 0.01, 0, 0]]))
    assert occurrences(Sequences.from_strings(["ACGT"]), motif).tolist() == [[True, True, False, False]]


def test_a_pattern_of_the_other_alphabet_is_refused():
    with pytest.raises(InputError, match="pattern UGU in rna letters"):
        occurrences(Sequences.from_strings(["TGT"]), Motif.from_string("UGU"))


def test_a_pattern_of_either_alphabet_fits_both():
    assert occurrences(Sequences.from_strings(["UGCA"]), Motif.from_string("GCA")).tolist() == [[False, True]]
