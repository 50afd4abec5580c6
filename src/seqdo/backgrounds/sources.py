"""Backgrounds that are real sequences: as they are, in another order, shuffled, or picked from a pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.backgrounds.background import Background, Endless
from seqdo.backgrounds.shuffle import shuffle
from seqdo.errors import InputError
from seqdo.sequences.alphabet import PAD
from seqdo.sequences.sequences import Sequences, SequencesLike, as_sequences
from seqdo.sequences.stream import stream


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class InOrder(Background):
    """The sources as they come."""

    sources: Sequences

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        return self.sources[first : first + n]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Permuted(Background):
    """The sources in an order of the seed, the same whatever part of it is asked for.

    Attributes
    ----------
    scores : (N,), what the sources were chosen by; None if they were not chosen
    """

    sources: Sequences
    scores: NDArray[np.float64] | None = None

    def scores_of(self, first: int, n: int, seed: np.random.SeedSequence) -> NDArray[np.float64] | None:
        """What rows first to first + n of this seed were chosen by."""
        return None if self.scores is None else self.scores[self._order(seed)[first : first + n]]

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        return self.sources[self._order(seed)[first : first + n]]

    def _order(self, seed: np.random.SeedSequence) -> NDArray[np.int64]:
        return np.argsort(stream(seed, "background order").random(len(self.sources)), kind="stable")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Shuffled(Endless):
    """Shuffles of the sources in turn."""

    sources: Sequences
    k: int

    def made_of(self, first: int, end: int) -> Shuffled:
        """Shuffles of some of the sources."""
        return replace(self, **part(self.sources[first:end], self.parameters))

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        return shuffle(self.sources[rows % len(self.sources)], self.k, rng)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Pool(Endless):
    """Picks from a pool that is sorted by GC: for the i-th target from rows low[i] to high[i] of it."""

    sources: Sequences
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        target = rows % len(self.low)
        matches = self.high[target] - self.low[target]
        return self.sources[self.low[target] + (rng.random(len(rows)) * matches).astype(np.int64)]


def matched_pool(targets: Sequences, pool: Sequences, tolerance: float) -> Pool:
    """The pool's sequences whose GC is within the tolerance of each target's; a target without one is refused."""
    order = np.argsort(gc_content(pool), kind="stable")
    pooled, wanted = gc_content(pool)[order], gc_content(targets)
    near = tolerance + 1e-9  # in doubles 0.7 + 0.1 is less than 0.8
    low = np.searchsorted(pooled, wanted - near, "left")
    high = np.searchsorted(pooled, wanted + near, "right")
    if (low == high).any():
        raise InputError(
            f"a pool without a match for {int((low == high).sum())} of {len(targets)} sequences",
            f"each needs a pool sequence whose GC is within {tolerance:g} of its own",
            "Give a larger pool or a larger tolerance, or no pool (letters are then drawn)",
        )
    shown = {"tolerance": float(tolerance), "matched_to": fingerprint(targets)}
    return Pool(sources=pool[order], low=low, high=high, in_turn=len(targets), **outline("gc matched", pool, shown))


def between_quantiles(
    sources: Sequences, scores: ArrayLike, low: float, high: float
) -> tuple[Sequences, NDArray[np.float64]]:
    """The sequences whose score lies between two quantiles of all scores, both included; and their scores."""
    scored = np.asarray(scores, float)
    if scored.shape != (len(sources),):
        raise InputError(
            f"scores of shape {scored.shape} for {len(sources)} sequences", "one score for each sequence is needed"
        )
    if not np.isfinite(scored).all():
        raise InputError(f"{int((~np.isfinite(scored)).sum())} scores that are no number", "leave those sequences out")
    lowest, highest = np.quantile(scored, [low, high])
    kept = np.flatnonzero((scored >= lowest) & (scored <= highest))
    if not len(kept):
        raise InputError(
            f"quantile={(low, high)} of {len(sources)} scores", "no score lies between them", "Write a wider quantile"
        )
    return sources[kept], scored[kept]


def gc_content(sequences: Sequences) -> NDArray[np.float64]:
    """(n,) share of G and C in each sequence."""
    return np.asarray(((sequences.codes == 1) | (sequences.codes == 2)).sum(1) / sequences.lengths)


def sources_of(given: SequencesLike) -> Sequences:
    """The sequences that a background is made of, without columns that hold padding alone."""
    sources = as_sequences(given)
    return Sequences(sources.codes[:, : int(sources.lengths.max())], sources.lengths, sources.alphabet, sources.names)


def outline(
    name: str, sources: Sequences, parameters: Mapping[str, Any] | None = None, capacity: int | None = None
) -> dict[str, Any]:
    """What every background that is made of sequences says of itself."""
    return {
        "name": name, "alphabet": sources.alphabet, "capacity": capacity,
        "shortest": int(sources.lengths.min()), "longest": int(sources.lengths.max()),
        "parameters": {**(parameters or {}), "sources": fingerprint(sources)},
    }  # fmt: skip


def part(sources: Sequences, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What changes of a background that is made of these sources alone."""
    return {
        "sources": sources, "in_turn": len(sources), "parameters": {**parameters, "sources": fingerprint(sources)}
    }  # fmt: skip


def fingerprint(sources: Sequences) -> dict[str, Any]:
    """Number and sha256 of sequences: of their lengths (int64, little-endian), then their codes."""
    stored = sources.lengths.astype("<i8").tobytes() + sources.codes[sources.codes != PAD].tobytes()
    return {"number": len(sources), "sha256": sha256(stored).hexdigest()}
