"""Families as a user asks for them: through wrap, run and estimate, on words of which some do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import seqdo as sd
from verification.asking import Codes, Floats, estimated, gain_of
from verification.protocol import Cell, Draws

LENGTH, AT, WORD = 30, 12, 6


def _answer(rng: np.random.Generator, planted: NDArray[np.float64]) -> Any:
    """What each word does: something planted, and a background's gain times a number of the word's, 0 on average."""
    gain = gain_of(rng, LENGTH, slice(AT, AT + WORD))
    own = rng.normal(size=4**WORD)
    place = 4 ** np.arange(WORD)[::-1]

    def answer(codes: Codes) -> Floats:
        word = codes[:, AT : AT + WORD].astype(np.int64) @ place
        return np.asarray(gain(codes) * (0.3 + own[word]) + planted[word])

    return answer


def nulls(draws: Draws) -> Iterator[Cell]:
    """4,096 words of which none does anything: is one called, at the level adjusted for the family?"""
    rng, replicates, called, wrong = draws.rng(0), draws.replicates(200), 0, 0.0
    design = sd.kmers(WORD, at=AT)
    for _ in range(replicates):
        # The word that a background has already makes no difference there; its own gain is the same for all words.
        table = estimated(design, _answer(rng, np.zeros(4**WORD)), LENGTH, rng, 60).table
        called += bool((table["p_adjusted"] <= 0.05).any())
        wrong += bool((table["verdict"] == "present").any())
    yield Cell("4,096 words that do nothing: any found", called / replicates, 0.05, "at most", replicates)
    yield Cell("4,096 words that do nothing: any called present", wrong / replicates, 0.05, "at most", replicates)


def mixtures(draws: Draws) -> Iterator[Cell]:
    """Half of 64 words do something: of those found, how many are none? A share of each run, on average."""
    rng, replicates, false = draws.rng(1), draws.replicates(200), 0.0
    words, codes = _words(rng)
    for _ in range(replicates):
        planted = np.zeros(4**WORD)
        planted[codes[::2]] = 0.5
        rows = estimated(sd.kmers(words, at=AT), _answer(rng, planted), LENGTH, rng, 100).table
        found = (rows["p_adjusted"] <= 0.05).to_numpy()
        false += (found & (planted[codes] == 0)).sum() / max(found.sum(), 1)
    # A mean of shares varies no more than a share of runs would: the band is wide enough.
    yield Cell("half of 64 words do nothing: found ones that are none", false / replicates, 0.05, "at most", replicates)


def margins(draws: Draws) -> Iterator[Cell]:
    """64 words as large as the margin, but for what a background's own word is worth: how many are called smaller?"""
    rng, replicates, absent = draws.rng(2), draws.replicates(200), 0.0
    words, codes = _words(rng)
    for _ in range(replicates):
        planted = np.zeros(4**WORD)
        planted[codes] = 0.1 / (1 - len(codes) / 4**WORD)
        rows = estimated(sd.kmers(words, at=AT), _answer(rng, planted), LENGTH, rng, 300).table
        absent += float(rows["verdict"].isin(["absent", "negligible"]).mean())
    yield Cell("64 words as large as the margin: called smaller", absent / replicates, 0.05, "at most", replicates)


def _words(rng: np.random.Generator) -> tuple[list[str], NDArray[np.int64]]:
    """Distinct words, and their numbers."""
    drawn = {"".join(letters) for letters in np.array(list("ACGT"))[rng.integers(0, 4, (64, WORD))]}
    words = sorted(drawn)
    return words, np.array([sd.DNA.encode(word) for word in words]).astype(np.int64) @ 4 ** np.arange(WORD)[::-1]


def asked(draws: Draws) -> Iterator[Cell]:
    """All three."""
    for part in (nulls, mixtures, margins):
        yield from part(draws)
