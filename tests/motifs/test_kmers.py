"""All k-mers of a length, with and without a gap."""

from __future__ import annotations

import pytest

from seqdo.errors import InputError
from seqdo.motifs.kmers import kmers
from seqdo.sequences.alphabet import RNA


@pytest.mark.parametrize("k", [1, 3, 5])
def test_all_kmers_come_in_order_and_each_once(k):
    every = kmers(k)
    assert len(set(every)) == len(every) == 4**k
    assert every == sorted(every)
    assert {len(kmer) for kmer in every} == {k}


def test_kmers_of_rna_have_u():
    assert kmers(1, RNA) == ["A", "C", "G", "U"]


def test_a_kmers_index_is_its_number_in_base_4():
    assert kmers(4)[0 * 64 + 3 * 16 + 1 * 4 + 2] == "ATCG"


def test_a_gap_splits_every_kmer_in_its_middle():
    assert [kmer.replace("N", "") for kmer in kmers(5, gap=4)] == kmers(5)
    assert {(kmer[:2] + kmer[6:]).count("N") for kmer in kmers(5, gap=4)} == {0}
    with pytest.raises(InputError, match="k=1 with gap=3"):
        kmers(1, gap=3)


def test_too_many_kmers_are_counted_and_refused():
    with pytest.raises(InputError, match=r"k=9 gives 262,144 k-mers.*list of the patterns"):
        kmers(9)


@pytest.mark.parametrize("k", [0, -1, 2.0, "6", True])
def test_a_k_that_is_no_length_is_refused(k):
    with pytest.raises(InputError, match="whole number from 1 to 8"):
        kmers(k)
