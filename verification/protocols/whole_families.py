"""Families as a user asks for them: through wrap, run and estimate, on words of which some do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import seqdo as sd
from verification.protocol import Cell, Draws
from verification.protocols.whole_curves import Codes, Floats, estimated, gain_of

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
    rng, replicates, called, wrong = draws.rng(0), draws.replicates(40), 0, 0.0
    design = sd.kmers(WORD, at=AT)
    for _ in range(replicates):
        # The word that a background has already makes no difference there; its own gain is the same for all words.
        table = estimated(design, _answer(rng, np.zeros(4**WORD)), LENGTH, rng, 60).table
        called += bool((table["p_adjusted"] <= 0.05).any())
        wrong += bool((table["verdict"] == "present").any())
    yield Cell("4,096 words that do nothing: any found", called / replicates, 0.05, "at most", replicates)
    yield Cell("4,096 words that do nothing: any called present", wrong / replicates, 0.05, "at most", replicates)


def mixtures(draws: Draws) -> Iterator[Cell]:
    """Half of 64 words do something: of those found, few are none; of words as large as the margin, few are absent."""
    rng, replicates, false, absent = draws.rng(1), draws.replicates(200), 0.0, 0.0
    words = ["".join(letters) for letters in np.array(list("ACGT"))[rng.integers(0, 4, (64, WORD))]]
    words = sorted(set(words))
    codes = np.array([sd.DNA.encode(word) for word in words]).astype(np.int64) @ 4 ** np.arange(WORD)[::-1]
    for _ in range(replicates):
        for size, n in ((0.5, 100), (0.1, 300)):
            planted = np.zeros(4**WORD)
            planted[codes[::2] if size > 0.1 else codes] = size
            # A background's own word is one of the planted ones in a share of them: the truth is less by that.
            base = planted.mean()
            rows = estimated(sd.kmers(words, at=AT), _answer(rng, planted), LENGTH, rng, n).table
            truth = planted[codes] - base
            if size > 0.1:
                found = (rows["p_adjusted"] <= 0.05).to_numpy()
                false += (found & (np.abs(truth) < 0.01)).sum() / max(found.sum(), 1)
            else:
                absent += float(rows["verdict"].isin(["absent", "negligible"]).mean())
    yield Cell("half of 64 words do nothing: found ones that are none", false / replicates, 0.05, "at most", replicates)
    yield Cell("64 words as large as the margin: called smaller", absent / replicates, 0.05, "at most", replicates)


def asked(draws: Draws) -> Iterator[Cell]:
    """Both."""
    yield from nulls(draws)
    yield from mixtures(draws)
