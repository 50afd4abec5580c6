"""Where a motif stands in sequences, against plain strings."""

from __future__ import annotations

import re

import numpy as np
import pytest

import seqdo as sd
from seqdo.motifs.matches import hits, strands
from seqdo.motifs.motif import Motif


@pytest.mark.parametrize(("pattern", "spelled"), [("GAT", "GAT"), ("GAN", "GA[ACGT]"), ("RTS", "[AG]T[CG]")])
def test_sites_are_those_of_regular_expressions_overlapping_ones_included(pattern, spelled, seed):
    texts = ["".join(row) for row in np.random.default_rng(seed).choice(list("GATC"), (50, 20))]
    found = hits(sd.Sequences.from_strings(texts).codes, Motif.from_string(pattern))
    assert found.shape == (50, 18)
    for text, row in zip(texts, found, strict=True):
        assert np.flatnonzero(row).tolist() == [match.start() for match in re.finditer(f"(?={spelled})", text)]


def test_a_motif_longer_than_the_sequences_stands_nowhere():
    assert hits(np.zeros((3, 4), np.uint8), Motif.from_string("AAAAA")).shape == (3, 0)


def test_strands_are_two_in_dna_and_one_in_rna_or_of_a_palindrome():
    site = Motif.from_string("GANC")
    assert [one.text for one in strands(site, sd.DNA)] == ["GANC", "GNTC"]
    assert strands(site, sd.RNA) == [site]
    palindrome = Motif.from_string("CACGTG")
    assert strands(palindrome, sd.DNA) == [palindrome]
