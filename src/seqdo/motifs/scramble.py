"""Controls made from a motif: scrambles of its positions, k-mers with the same GC, and mutants of single letters."""

from __future__ import annotations

from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from seqdo.caller_warning import warn_caller
from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.stream import Seed, root, stream

LIMITS = (0.5, 0.67, 0.84)
"""The largest agreement that a scramble may have with its motif. The later limits apply only if the earlier ones leave
too few scrambles."""

ENOUGH = 20
"""Number of scrambles up to which those of a later limit are added. Beyond it, only the least similar are used."""

# All orders of a motif are tried if there are at most _ENUMERATED. Otherwise batches of random orders are tried.
_ENUMERATED = 50_000
_BATCH = 4096
_BATCHES = 25

_LETTERS = np.eye(5)[:, :4]
"""One row for each letter, and a row of zeros for no letter."""


def scrambles(
    motif: Motif, count: int, rng: Seed = None, *, strands: bool | None = None, quiet: bool = False
) -> list[Motif]:
    """Draw distinct scrambles of a motif: its positions in another order, so that its composition is kept exactly.

    Positions that keep the letter of the background stay in place. Two scrambles with the same letters (``text``) count
    as one.

    A scramble must not resemble the motif. For plain letters, its *agreement* with the motif at one offset is the share
    of letters that match. For a matrix, agreement sums the dot products of the letter probabilities over the positions
    that overlap, and divides by the agreement of the motif with itself. The largest agreement over all offsets, and
    over both strands if there are two, is at most 0.5. If a motif has fewer than 20 such scrambles (or fewer than
    ``count``), the next best are added up to that number: first up to 0.67, then up to 0.84. Hence a scramble is never
    the motif or its reverse complement.

    Parameters
    ----------
    motif : Motif
        The motif as it will be written. If its consensus is embedded, pass ``motif.consensus()``.
    count : int
        Number of scrambles. If fewer exist, all of them are returned, and the log reports their number.
    rng : seed, SeedSequence or Generator
    strands : bool
        Whether a scramble must also differ from the reverse complement. By default yes, unless the alphabet is RNA.
    quiet : bool
        Whether to suppress the warning about few or similar scrambles.

    Returns
    -------
    list of Motif
        Named after the motif: ``GATTACA~1``, ``GATTACA~2``, ...

    Raises
    ------
    InputError
        Every order of the positions resembles the motif (one repeated letter, or very few letters).

    Examples
    --------
    >>> [control.name for control in scrambles(Motif.from_string("GATTACA"), 2, rng=0)]
    ['GATTACA~1', 'GATTACA~2']
    """
    if count < 0:
        raise InputError(f"count={count} scrambles of {motif.name}", "a number from 0 up is needed", "Write 20")
    if not motif.matrix.any():
        name = motif.name
        raise InputError(f"pattern {name} writes no letter", "a pattern needs letters to be scrambled")
    both = motif.alphabet != RNA if strands is None else strands
    generator = stream(root(rng), "scramble")
    orders, tiers = _candidates(motif, count, both, generator)
    # Sorting is stable: within a limit the order stays random, and every candidate has the same chance.
    shuffled = generator.permutation(len(orders))
    ranked = shuffled[np.argsort(tiers[shuffled], kind="stable")][:count]
    best = ranked[: max(int((tiers[ranked] == 0).sum()), min(count, ENOUGH))]
    if count and not len(best):
        name = motif.name
        raise InputError(
            f"pattern {name}: no order of its letters differs enough from it",
            f"a scramble may agree with the pattern in at most {LIMITS[-1]:.0%} of the letters",
            "Choose a control pattern yourself: swap(pattern, control)",
        )
    if not quiet:
        _log_shortage(motif, count, len(best), int(tiers[best].max(initial=0)))
    return [
        Motif(f"{motif.name}~{number}", motif.matrix[order], motif.alphabet, axis=1)
        for number, order in enumerate(orders[best], 1)
    ]


def matched(motif: Motif, count: int, rng: Seed = None) -> list[Motif]:
    """Draw distinct k-mers that share only the length and the number of G and C with a motif.

    Positions that keep the letter of the background stay in place. A k-mer agrees with the motif by at most 0.5, as
    defined in :func:`scrambles`. Scrambles of the motif are not among these k-mers, because their letters are its own.

    Parameters
    ----------
    motif : the motif, taken as its consensus
    count : number of k-mers; if fewer are found, all of them are returned, and the log reports their number
    rng : seed, SeedSequence or Generator

    Returns
    -------
    list of Motif
        Named ``GATTACA^1``, ``GATTACA^2``, ...

    Raises
    ------
    InputError
        The motif writes no letter.

    Examples
    --------
    >>> controls = matched(Motif.from_string("GATTACA"), 3, rng=0)
    >>> [control.name for control in controls], {sum(letter in "GC" for letter in control.text) for control in controls}
    (['GATTACA^1', 'GATTACA^2', 'GATTACA^3'], {2})
    """
    if count < 0:
        raise InputError(f"count={count} k-mers like {motif.name}", "a number from 0 up is needed", "Write 20")
    consensus = motif.consensus()
    written = np.flatnonzero(consensus.matrix.sum(1) > 0)
    if not len(written):
        name = motif.name
        raise InputError(f"pattern {name} writes no letter", "a k-mer of the same GC needs letters")
    letters = consensus.matrix[written].argmax(1)
    is_gc = np.isin(letters, (1, 2))
    generator = stream(root(rng), "matched words")  # the purpose is part of the seed, so this text never changes
    kmers = np.empty((0, len(written)), np.int64)
    for _ in range(_BATCHES):
        gc = generator.permuted(np.tile(is_gc, (_BATCH, 1)), axis=1)
        # C and G have the codes 1 and 2, A and T the codes 0 and 3.
        candidates = np.where(gc, generator.integers(1, 3, gc.shape), 3 * generator.integers(0, 2, gc.shape))
        other_letters = (np.sort(candidates, axis=1) != np.sort(letters)).any(1)
        rows = np.full((_BATCH, motif.width), 4)  # row 4 of _LETTERS: no letter
        rows[:, written] = candidates
        unlike = _agreement(consensus, _LETTERS, rows, motif.alphabet != RNA) <= LIMITS[0] + 1e-9
        kmers = np.unique(np.concatenate([kmers, candidates[other_letters & unlike]]), axis=0)
        if len(kmers) >= count:
            break
    kmers = kmers[generator.permutation(len(kmers))[:count]]
    if len(kmers) < min(count, ENOUGH):
        warn_caller(
            f"pattern {motif.name}: only {len(kmers)} of {count} k-mers with the same GC exist that differ enough from "
            "it. Its rank among them is coarse"
        )
    matrices = np.zeros((len(kmers), motif.width, 4))
    matrices[:, written] = np.eye(4)[kmers]
    return [
        Motif(f"{motif.name}^{number}", matrix, motif.alphabet, axis=1) for number, matrix in enumerate(matrices, 1)
    ]


def mutants(motif: Motif) -> list[tuple[int, str, Motif]]:
    """List all motifs in which one letter is replaced.

    At each position with a single likeliest letter, the other three letters replace it, one at a time. Positions where
    letters tie (IUPAC codes), and positions that keep the letter of the background, are not changed.

    Parameters
    ----------
    motif : the motif

    Returns
    -------
    list of (int, str, Motif)
        Position (0-based), new letter and mutant.

    Examples
    --------
    >>> changes = mutants(Motif.from_string("GAN"))
    >>> [(position, letter, mutant.text) for position, letter, mutant in changes[:3]]
    [(0, 'A', 'AAN'), (0, 'C', 'CAN'), (0, 'T', 'TAN')]
    >>> changes[2][2].name, len(changes)
    ('GAN:0G>T', 6)
    """
    letters = (motif.alphabet or DNA).letters
    changes = []
    for position, old in enumerate(motif.text):
        for code, new in enumerate(letters):
            if old in letters and new != old:
                matrix = motif.matrix.copy()
                matrix[position] = np.eye(4)[code]
                name = f"{motif.name}:{position}{old}>{new}"
                changes.append((position, new, Motif(name, matrix, motif.alphabet, axis=1)))
    return changes


def _candidates(
    motif: Motif, count: int, both: bool, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Orders of the positions, (m, width), no two with the same letters, and the index of the limit that each meets."""
    letters = np.array(list(motif.text))
    written = np.flatnonzero(motif.matrix.sum(1) > 0)
    kinds, kind_of = np.unique(letters[written], return_inverse=True)
    counts = np.bincount(kind_of, minlength=len(kinds))
    if factorial(len(written)) // prod(factorial(int(number)) for number in counts) <= _ENUMERATED:
        return _graded(motif, _arrangements(counts), kind_of, written, both)
    orders, tiers = np.empty((0, motif.width), np.int64), np.empty(0, np.int64)
    for _ in range(_BATCHES):
        batch = rng.permuted(np.tile(kind_of, (_BATCH, 1)), axis=1)
        batch_orders, batch_tiers = _graded(motif, batch, kind_of, written, both)
        orders, first = np.unique(np.concatenate([orders, batch_orders]), axis=0, return_index=True)
        tiers = np.concatenate([tiers, batch_tiers])[first]
        if (tiers == 0).sum() >= count:
            break
    return orders, tiers


def _arrangements(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """All distinct arrangements with this number of each letter, built letter by letter: (m, sum of counts)."""
    arrangements, left = np.empty((1, 0), np.int64), counts[None]
    for _ in range(int(counts.sum())):
        row, letter = np.nonzero(left)
        arrangements, left = np.column_stack([arrangements[row], letter]), left[row]
        left[np.arange(len(row)), letter] -= 1
    return arrangements


def _graded(
    motif: Motif,
    arrangements: NDArray[np.int64],
    kind_of: NDArray[np.int64],
    written: NDArray[np.int64],
    both: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Arrangements of letters as orders of the positions of the motif, and the index of the limit that each one meets.

    Arrangements that meet no limit are left out. In a matrix, several positions may have the same letter but other
    probabilities. They stay in their own order, so that the letters of a scramble identify it.
    """
    orders = np.tile(np.arange(motif.width), (len(arrangements), 1))
    by_letter = np.argsort(arrangements, axis=1, kind="stable")
    sources = np.empty_like(arrangements)
    np.put_along_axis(sources, by_letter, np.argsort(kind_of, kind="stable")[None], axis=1)
    orders[:, written] = written[sources]
    # Sums of products can exceed a limit by rounding alone.
    tiers = np.searchsorted(np.array(LIMITS) + 1e-9, _agreement(motif, motif.matrix, orders, both))
    return orders[tiers < len(LIMITS)], tiers[tiers < len(LIMITS)]


def _agreement(
    motif: Motif, rows: NDArray[np.float64], candidates: NDArray[np.int64], both: bool
) -> NDArray[np.float64]:
    """Largest agreement of each candidate with the motif, over all offsets and, for ``both``, over both strands.

    Position j of candidate i has the letter probabilities ``rows[candidates[i, j]]``. The result is a share of the
    agreement of the motif with itself.
    """
    width = motif.width
    targets = [motif.matrix] + ([motif.matrix[::-1, ::-1]] if both else [])
    largest = np.zeros(len(candidates))
    for target in targets:
        products = rows @ target.T
        for offset in range(1 - width, width):
            positions = np.arange(max(0, -offset), min(width, width - offset))
            largest = np.maximum(largest, products[candidates[:, positions], positions + offset].sum(1))
    return largest / float((motif.matrix**2).sum())


def _log_shortage(motif: Motif, count: int, number: int, tier: int) -> None:
    """Warn if there are fewer scrambles than requested, or if some met only a later limit."""
    few = number < min(count, ENOUGH)
    fewer = f"only {number} of {count} scrambles were found" if few else ""
    similar = (
        f"some scrambles agree with the pattern up to {LIMITS[tier]} (usually at most {LIMITS[0]})" if tier else ""
    )
    if fewer or similar:
        shortage = "; ".join(filter(None, [fewer, similar]))
        warn_caller(f"pattern {motif.name}: {shortage}. A longer pattern has more scrambles")
