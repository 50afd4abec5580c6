"""Occurrences: looked up among all words, they are those that a search of every place finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seqdo.effects.assay.occurrences import MANY, Words, find
from seqdo.motifs.kmers import kmers
from seqdo.sequences.alphabet import ALPHABETS, DNA, PAD
from seqdo.sequences.sequences import Sequences


def standing(text: str, words: set[str], width: int) -> list[int]:
    return [start for start in range(len(text) - width + 1) if text[start : start + width] in words]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["dna", "rna"]), st.sampled_from([None, True, False]), st.integers(2, 3))
def test_many_words_are_found_where_they_stand_in_the_text(seed, alphabet, both, k):
    rng = np.random.default_rng(seed)
    letters = ALPHABETS[alphabet]
    texts = ["".join(rng.choice(list(letters.letters), rng.integers(1, 14))) for _ in range(9)]
    words = kmers(k, letters)
    assert len(words) >= MANY
    pairs = dict(zip(letters.letters, reversed(letters.letters), strict=True))
    for word, found in zip(words, find(Sequences.from_strings(texts, letters), words, both), strict=True):
        read = {word}
        if both or (both is None and letters == DNA):
            read.add("".join(pairs[letter] for letter in reversed(word)))
        expected = [(row, start) for row, text in enumerate(texts) for start in standing(text, read, k)]
        assert list(zip(found.rows.tolist(), found.starts.tolist(), strict=True)) == expected


def test_words_of_different_kinds_are_found_side_by_side():
    texts = ["GATTACA", "CCTGTAATC", "CCCC", "GANTACA".replace("N", "C")]
    plain = kmers(2)
    asked = [*plain, "GANTACA", "GATTACA"]
    alone = {word: find(Sequences.from_strings(texts), [word])[0] for word in asked}
    for word, found in zip(asked, find(Sequences.from_strings(texts), asked), strict=True):
        assert (found.rows.tolist(), found.starts.tolist()) == (alone[word].rows.tolist(), alone[word].starts.tolist())
    assert alone["GANTACA"].rows.tolist() == [0, 1, 3]


def test_a_place_with_padding_or_without_letters_holds_no_word():
    codes = np.array([[0, 0, PAD, PAD], [0, 0, 0, 0]], np.uint8)
    found = Words.of(codes, 2)
    assert found.words.tolist() == [-1, -1, 0, 0, 0, 0]
    assert Words.of(codes, 6).words.tolist() == []
