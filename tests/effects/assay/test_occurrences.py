"""Occurrences: those from the index of k-mers are those that a search of every position finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seqdo.effects.assay.occurrences import MANY, KmerIndex, find
from seqdo.motifs.kmers import kmers
from seqdo.sequences.alphabet import ALPHABETS, DNA, PAD
from seqdo.sequences.sequences import Sequences


def starts_of(text: str, texts: set[str], width: int) -> list[int]:
    return [start for start in range(len(text) - width + 1) if text[start : start + width] in texts]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["dna", "rna"]), st.sampled_from([None, True, False]), st.integers(2, 3))
def test_many_kmers_are_found_where_they_stand_in_the_text(seed, alphabet, both, k):
    rng = np.random.default_rng(seed)
    letters = ALPHABETS[alphabet]
    texts = ["".join(rng.choice(list(letters.letters), rng.integers(1, 14))) for _ in range(9)]
    every = kmers(k, letters)
    assert len(every) >= MANY
    pairs = dict(zip(letters.letters, reversed(letters.letters), strict=True))
    for kmer, occurrences in zip(every, find(Sequences.from_strings(texts, letters), every, both), strict=True):
        read = {kmer}
        if both or (both is None and letters == DNA):
            read.add("".join(pairs[letter] for letter in reversed(kmer)))
        expected = [(row, start) for row, text in enumerate(texts) for start in starts_of(text, read, k)]
        assert list(zip(occurrences.rows.tolist(), occurrences.starts.tolist(), strict=True)) == expected


def test_patterns_of_different_kinds_are_found_side_by_side():
    texts = ["GATTACA", "CCTGTAATC", "CCCC", "GANTACA".replace("N", "C")]
    patterns = [*kmers(2), "GANTACA", "GATTACA"]
    alone = {pattern: find(Sequences.from_strings(texts), [pattern])[0] for pattern in patterns}
    for pattern, both in zip(patterns, find(Sequences.from_strings(texts), patterns), strict=True):
        assert (both.rows.tolist(), both.starts.tolist()) == (
            alone[pattern].rows.tolist(),
            alone[pattern].starts.tolist(),
        )
    assert alone["GANTACA"].rows.tolist() == [0, 1, 3]


def test_a_place_with_padding_holds_no_kmer():
    codes = np.array([[0, 0, PAD, PAD], [0, 0, 0, 0]], np.uint8)
    index = KmerIndex.of(codes, 2)
    assert index.kmers.tolist() == [-1, -1, 0, 0, 0, 0]
    assert KmerIndex.of(codes, 6).kmers.tolist() == []
