"""Whole runs of families of k-mers, through wrap, run and estimate; some k-mers have no effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import seqdo as sd
from verification.letter_models import Codes, Floats, estimated, gain_of
from verification.protocol import Cell, Draws

LENGTH, AT, K = 30, 12, 6


def _model(rng: np.random.Generator, planted: NDArray[np.float64]) -> Any:
    """The effect of each k-mer: planted, plus a gain of the background (mean 0) times a number of the k-mer."""
    gain = gain_of(rng, LENGTH, slice(AT, AT + K))
    own = rng.normal(size=4**K)
    place = 4 ** np.arange(K)[::-1]

    def predict(codes: Codes) -> Floats:
        kmer = codes[:, AT : AT + K].astype(np.int64) @ place
        return np.asarray(gain(codes) * (0.3 + own[kmer]) + planted[kmer])

    return predict


def nulls(draws: Draws) -> Iterator[Cell]:
    """4,096 k-mers without effect: runs in which any of them is significant after correction."""
    rng, replicates, significant, present = draws.rng(0), draws.replicates(200), 0, 0.0
    design = sd.kmers(K, at=AT)
    for _ in range(replicates):
        # Writing the k-mer that a background already has changes nothing; the gain of a background is the same for all.
        table = estimated(design, _model(rng, np.zeros(4**K)), LENGTH, rng, 60).table
        significant += bool((table["p_adjusted"] <= 0.05).any())
        present += bool((table["verdict"] == "present").any())
    yield Cell("4,096 k-mers without effect: any significant", significant / replicates, 0.05, "at most", replicates)
    yield Cell("4,096 k-mers without effect: any present", present / replicates, 0.05, "at most", replicates)


def mixtures(draws: Draws) -> Iterator[Cell]:
    """Half of 64 k-mers have an effect: the mean share of discoveries without an effect."""
    rng, replicates, false = draws.rng(1), draws.replicates(200), 0.0
    kmers, codes = _kmers(rng)
    for _ in range(replicates):
        planted = np.zeros(4**K)
        planted[codes[::2]] = 0.5
        rows = estimated(sd.kmers(kmers, at=AT), _model(rng, planted), LENGTH, rng, 100).table
        discoveries = (rows["p_adjusted"] <= 0.05).to_numpy()
        false += (discoveries & (planted[codes] == 0)).sum() / max(discoveries.sum(), 1)
    # A mean of shares has at most the variance of a share of runs, so that the binomial band is wide enough.
    yield Cell("half of 64 k-mers without effect: false discoveries", false / replicates, 0.05, "at most", replicates)


def margins(draws: Draws) -> Iterator[Cell]:
    """64 k-mers with an effect as large as the margin: the share that is called absent or negligible.

    Planted effects are corrected for the effect of the k-mer that a background has before the edit.
    """
    rng, replicates, absent = draws.rng(2), draws.replicates(200), 0.0
    kmers, codes = _kmers(rng)
    for _ in range(replicates):
        planted = np.zeros(4**K)
        planted[codes] = 0.1 / (1 - len(codes) / 4**K)
        rows = estimated(sd.kmers(kmers, at=AT), _model(rng, planted), LENGTH, rng, 300).table
        absent += float(rows["verdict"].isin(["absent", "negligible"]).mean())
    yield Cell(
        "64 k-mers with effects as large as the margin: called absent or negligible",
        absent / replicates,
        0.05,
        "at most",
        replicates,
    )


def _kmers(rng: np.random.Generator) -> tuple[list[str], NDArray[np.int64]]:
    """Distinct k-mers, and their indices."""
    drawn = {"".join(letters) for letters in np.array(list("ACGT"))[rng.integers(0, 4, (64, K))]}
    kmers = sorted(drawn)
    return kmers, np.array([sd.DNA.encode(kmer) for kmer in kmers]).astype(np.int64) @ 4 ** np.arange(K)[::-1]


def families(draws: Draws) -> Iterator[Cell]:
    """All cells of this file."""
    for part in (nulls, mixtures, margins):
        yield from part(draws)
