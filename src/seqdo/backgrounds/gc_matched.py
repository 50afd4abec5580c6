"""Backgrounds with the GC content of real sequences: random letters, or sequences of a pool."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import Background, Endless, outline, part
from seqdo.backgrounds.independent import cumulative_sums, letters_at, padded
from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences, SequencesLike, fingerprint, gc_content, trimmed

TOLERANCE = 0.02
"""Largest difference in GC between a sequence and its match, where a user names none."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GCMatched(Endless):
    """Independent letters at the GC of the source sequences, which backgrounds cycle through."""

    sources: Sequences
    cumulative: NDArray[np.float64]  # (N, 4)

    def made_of(self, first: int, end: int) -> GCMatched:
        """Letters at the GC of some of the sources."""
        return replace(self, cumulative=self.cumulative[first:end], **part(self.sources[first:end], self.parameters))

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        source = rows % len(self.sources)
        u = rng.random((len(rows), self.longest))
        return padded(letters_at(u, self.cumulative[source][:, None]), self.sources.lengths[source])


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


def gc_matched(sequences: SequencesLike, pool: SequencesLike | None = None, tolerance: float = TOLERANCE) -> Background:
    """Backgrounds with the GC content of the sequences: background i is matched to sequence i mod N.

    Parameters
    ----------
    sequences : real sequences whose GC content is matched
    pool : sequences to draw from, with replacement
        Each background is then a sequence of the pool whose GC is within ``tolerance`` of its source's, all
        such sequences being equally likely. Without a pool letters are drawn independently: G and C with half
        the source's GC each, A and T (or U) with half the rest, at the source's length.
    tolerance : largest difference in GC between a source and its match in the pool, from 0 to 1

    Examples
    --------
    >>> gc_matched(["GGCC"], pool=["CGCG", "ATAT"]).sample(2, rng=0).to_strings()
    ['CGCG', 'CGCG']
    """
    sources = trimmed(sequences)
    if pool is None:
        return _letters_at_gc(sources)
    check_tolerance(tolerance)
    return _matched_pool(sources, trimmed(pool), tolerance)


def check_tolerance(tolerance: float) -> None:
    """Refuse a tolerance that is no difference in GC.

    Parameters
    ----------
    tolerance : as in :func:`gc_matched`
    """
    if not 0 <= tolerance <= 1:
        raise InputError(f"tolerance={tolerance}", "a difference in GC from 0 to 1 is needed", "Write tolerance=0.02")


def gc_range(gc: NDArray[np.float64], tolerance: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lowest and the highest GC content that matches each GC content.

    Parameters
    ----------
    gc : shares of G and C
    tolerance : as in :func:`gc_matched`
    """
    near = tolerance + 1e-9  # in doubles 0.7 + 0.1 is less than 0.8
    return gc - near, gc + near


def _letters_at_gc(sources: Sequences) -> GCMatched:
    """Letters with each sequence's GC, G as likely as C and A as T."""
    gc = gc_content(sources)[:, None]
    cumulative = cumulative_sums(np.concatenate([1 - gc, gc, gc, 1 - gc], 1) / 2)
    return GCMatched(sources=sources, cumulative=cumulative, in_turn=len(sources), **outline("gc matched", sources))


def _matched_pool(targets: Sequences, pool: Sequences, tolerance: float) -> Pool:
    """The pool's sequences whose GC is within the tolerance of each target's; a target without one is refused."""
    order = np.argsort(gc_content(pool), kind="stable")
    pooled, wanted = gc_content(pool)[order], gc_content(targets)
    lowest, highest = gc_range(wanted, tolerance)
    low, high = np.searchsorted(pooled, lowest, "left"), np.searchsorted(pooled, highest, "right")
    if (low == high).any():
        raise InputError(
            f"`pool` has no match for {int((low == high).sum())} of {len(targets)} sequences",
            f"each sequence needs a match in the pool whose GC differs by {tolerance:g} at most",
            "Pass a larger pool or a larger tolerance, or no pool to draw letters",
        )
    shown = {"tolerance": float(tolerance), "matched_to": fingerprint(targets)}
    return Pool(sources=pool[order], low=low, high=high, in_turn=len(targets), **outline("gc matched", pool, shown))
