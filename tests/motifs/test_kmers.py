"""All words of a length."""

from __future__ import annotations

import pytest

from seqdo.errors import InputError
from seqdo.motifs.kmers import kmers
from seqdo.sequences.alphabet import RNA


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


def test_a_gap_parts_every_word_in_its_middle():
    assert [word.replace("N", "") for word in kmers(5, gap=4)] == kmers(5)
    assert {(word[:2] + word[6:]).count("N") for word in kmers(5, gap=4)} == {0}
    with pytest.raises(InputError, match="k=1 with a gap of 3"):
        kmers(1, gap=3)


def test_too_many_kmers_are_counted_and_refused():
    with pytest.raises(InputError, match=r"k=9: 262,144 words.*list of the patterns"):
        kmers(9)


@pytest.mark.parametrize("k", [0, -1, 2.0, "6", True])
def test_a_k_that_is_no_length_is_refused(k):
    with pytest.raises(InputError, match="whole number from 1 to 8"):
        kmers(k)
