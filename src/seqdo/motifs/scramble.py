"""Controls made from a motif: scrambles of its places, words of the same GC, and mutants of single letters."""

from __future__ import annotations

import logging
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.stream import Seed, root, stream

logger = logging.getLogger(__name__)

LIMITS = (0.5, 0.67, 0.84)
"""The most a scramble may agree with its motif; the later ones only where the earlier leave too few."""

ENOUGH = 20
"""Scrambles up to which those of a later limit are taken: of more than that, only unlike ones are worth having."""

# A motif with no more orders than this has them all tried; for others, batches of random orders are.
_ENUMERATED = 50_000
_BATCH = 4096
_BATCHES = 25

_LETTERS = np.eye(5)[:, :4]
"""One row for each letter, and one for none."""


def scrambles(
    motif: Motif, count: int, rng: Seed = None, *, strands: bool | None = None, quiet: bool = False
) -> list[Motif]:
    """Distinct scrambles of a motif: its places in another order, so that its composition is kept exactly.

    Places that keep the background's letter stay where they are. A scramble is known by its letters
    (``text``): two with the same letters are one. The *agreement* of a scramble with the motif at an offset
    is the sum, over the places that overlap, of the dot products of their letter probabilities, as a share of
    the motif's agreement with itself: for plain letters, the share of the motif's letters found there. A
    scramble's largest agreement over all offsets, and over both strands if there are two, is at most 0.5.
    Where a motif has fewer than 20 such scrambles (or than were asked for), the next best are added up to that number:
    up to 0.67, then up to 0.84. So no scramble is ever the motif or its reverse complement.

    Parameters
    ----------
    motif : Motif
        As it will be written: for a matrix that is embedded as its consensus, give ``motif.consensus()``.
    count : int
        How many to make. Where fewer are found, those are returned, and the log says so.
    rng : seed, SeedSequence or Generator
    strands : bool
        Does the reverse complement count as the motif too? By default yes, unless the alphabet is RNA.
    quiet : bool
        Log nothing of scrambles that are few or alike.

    Returns
    -------
    list of Motif
        Named after the motif: ``GATTACA~1``, ``GATTACA~2``, ...

    Raises
    ------
    InputError
        No order of the places is unlike the motif (one letter repeated, or a motif of very few letters).

    Examples
    --------
    >>> [control.name for control in scrambles(Motif.from_string("GATTACA"), 2, rng=0)]
    ['GATTACA~1', 'GATTACA~2']
    """
    if count < 0:
        raise InputError(f"{count} scrambles of {motif.name}", "a number from 0 up is needed")
    if not motif.matrix.any():
        raise InputError(f"pattern {motif.name} writes no letter", "only letters can trade places")
    both = motif.alphabet != RNA if strands is None else strands
    generator = stream(root(rng), "scramble")
    orders, tiers = _candidates(motif, count, both, generator)
    shuffled = generator.permutation(len(orders))
    ranked = shuffled[np.argsort(tiers[shuffled], kind="stable")][:count]
    best = ranked[: max(int((tiers[ranked] == 0).sum()), min(count, ENOUGH))]
    if count and not len(best):
        raise InputError(
            f"pattern {motif.name}: no order of its places is unlike it (agreement at most {LIMITS[-1]})",
            "a scramble needs letters that can trade places",
            "Name a control pattern of your own: swap(pattern, control)",
        )
    if not quiet:
        _log_what_was_given(motif, count, len(best), int(tiers[best].max(initial=0)))
    return [
        Motif(f"{motif.name}~{number}", motif.matrix[order], motif.alphabet, axis=1)
        for number, order in enumerate(orders[best], 1)
    ]


def matched(motif: Motif, count: int, rng: Seed = None) -> list[Motif]:
    """Distinct words that share nothing with the motif but its length and its number of G and C.

    Places that keep the background's letter stay where they are. A word agrees with the motif no more than half, as a
    scramble does (:func:`scrambles`), and is none of its scrambles: it has other letters.

    Returns
    -------
    list of Motif
        Named ``GATTACA^1``, ``GATTACA^2``, ... As many as there are, if fewer than asked for; the log says so.

    Raises
    ------
    InputError
        A motif of which no place has one letter.

    Examples
    --------
    >>> words = matched(Motif.from_string("GATTACA"), 3, rng=0)
    >>> [word.name for word in words], {sum(letter in "GC" for letter in word.text) for word in words}
    (['GATTACA^1', 'GATTACA^2', 'GATTACA^3'], {2})
    """
    if count < 0:
        raise InputError(f"{count} words like {motif.name}", "a number from 0 up is needed", "Write 20")
    chosen = motif.consensus()
    written = np.flatnonzero(chosen.matrix.sum(1) > 0)
    if not len(written):
        raise InputError(f"pattern {motif.name} writes no letter", "a word of its GC needs letters", "Give letters")
    letters = chosen.matrix[written].argmax(1)
    strong = np.isin(letters, (1, 2))
    generator = stream(root(rng), "matched words")
    words = np.empty((0, len(written)), np.int64)
    for _ in range(_BATCHES):
        of_gc = generator.permuted(np.tile(strong, (_BATCH, 1)), axis=1)
        # A and T are 0 and 3, C and G are 1 and 2.
        drawn = np.where(of_gc, generator.integers(1, 3, of_gc.shape), 3 * generator.integers(0, 2, of_gc.shape))
        other = (np.sort(drawn, axis=1) != np.sort(letters)).any(1)
        found = np.full((_BATCH, motif.width), 4)  # the last row of LETTERS: no letter
        found[:, written] = drawn
        unlike = _agreement(chosen, _LETTERS, found, motif.alphabet != RNA) <= LIMITS[0] + 1e-9
        words = np.unique(np.concatenate([words, drawn[other & unlike]]), axis=0)
        if len(words) >= count:
            break
    words = words[generator.permutation(len(words))[:count]]
    if len(words) < min(count, ENOUGH):
        logger.warning("pattern %s: only %d of the %d words asked for were found", motif.name, len(words), count)
    made = np.zeros((len(words), motif.width, 4))
    made[:, written] = np.eye(4)[words]
    return [Motif(f"{motif.name}^{number}", matrix, motif.alphabet, axis=1) for number, matrix in enumerate(made, 1)]


def mutants(motif: Motif) -> list[tuple[int, str, Motif]]:
    """All motifs with one letter replaced: place (0-based), new letter, mutant.

    Each place with one likeliest letter is replaced in turn by the three others; all other places, and places
    where letters tie (IUPAC codes) or the background's letter is kept, stay as they are.

    Examples
    --------
    >>> changes = mutants(Motif.from_string("GAN"))
    >>> [(place, letter, mutant.text) for place, letter, mutant in changes[:3]]
    [(0, 'A', 'AAN'), (0, 'C', 'CAN'), (0, 'T', 'TAN')]
    >>> changes[2][2].name, len(changes)
    ('GAN:0G>T', 6)
    """
    letters = (motif.alphabet or DNA).letters
    made = []
    for place, old in enumerate(motif.text):
        for code, new in enumerate(letters):
            if old in letters and new != old:
                matrix = motif.matrix.copy()
                matrix[place] = np.eye(4)[code]
                made.append((place, new, Motif(f"{motif.name}:{place}{old}>{new}", matrix, motif.alphabet, axis=1)))
    return made


def _candidates(
    motif: Motif, count: int, both: bool, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Orders of the places, (m, width), distinct in letters, and the limit (its index) that each one meets."""
    letters = np.array(list(motif.text))
    written = np.flatnonzero(motif.matrix.sum(1) > 0)
    kinds, kind_of = np.unique(letters[written], return_inverse=True)
    counts = np.bincount(kind_of, minlength=len(kinds))
    if factorial(len(written)) // prod(factorial(int(number)) for number in counts) <= _ENUMERATED:
        return _graded(motif, _arrangements(counts), kind_of, written, both)
    orders, tiers = np.empty((0, motif.width), np.int64), np.empty(0, np.int64)
    for _ in range(_BATCHES):
        drawn = rng.permuted(np.tile(kind_of, (_BATCH, 1)), axis=1)
        more, their_tiers = _graded(motif, drawn, kind_of, written, both)
        orders, first = np.unique(np.concatenate([orders, more]), axis=0, return_index=True)
        tiers = np.concatenate([tiers, their_tiers])[first]
        if (tiers == 0).sum() >= count:
            break
    return orders, tiers


def _arrangements(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """All distinct words with so many of each letter, built letter by letter: (m, sum of counts)."""
    words, left = np.empty((1, 0), np.int64), counts[None]
    for _ in range(int(counts.sum())):
        row, letter = np.nonzero(left)
        words, left = np.column_stack([words[row], letter]), left[row]
        left[np.arange(len(row)), letter] -= 1
    return words


def _graded(
    motif: Motif, words: NDArray[np.int64], kind_of: NDArray[np.int64], written: NDArray[np.int64], both: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The words as orders of the motif's places, and the limit that each one meets; those that meet none left out.

    Places with the same letter but other probabilities (in a matrix) stay in their own order, so that a
    scramble's letters say all about it.
    """
    orders = np.tile(np.arange(motif.width), (len(words), 1))
    by_letter = np.argsort(words, axis=1, kind="stable")
    sources = np.empty_like(words)
    np.put_along_axis(sources, by_letter, np.argsort(kind_of, kind="stable")[None], axis=1)
    orders[:, written] = written[sources]
    tiers = np.searchsorted(np.array(LIMITS) + 1e-9, _agreement(motif, motif.matrix, orders, both))
    return orders[tiers < len(LIMITS)], tiers[tiers < len(LIMITS)]


def _agreement(
    motif: Motif, rows: NDArray[np.float64], words: NDArray[np.int64], both: bool
) -> NDArray[np.float64]:  # fmt: skip
    """Largest agreement of words, each place of which is one of ``rows``, with the motif over offsets and strands.

    As a share of the motif's own.
    """
    width = motif.width
    targets = [motif.matrix] + ([motif.matrix[::-1, ::-1]] if both else [])
    largest = np.zeros(len(words))
    for target in targets:
        products = rows @ target.T
        for offset in range(1 - width, width):
            places = np.arange(max(0, -offset), min(width, width - offset))
            largest = np.maximum(largest, products[words[:, places], places + offset].sum(1))
    return largest / float((motif.matrix**2).sum())


def _log_what_was_given(motif: Motif, asked: int, given: int, tier: int) -> None:
    few = given < min(asked, ENOUGH)
    fewer = f"only {given} of the {asked} scrambles asked for were found" if few else ""
    alike = f"some agree with it up to {LIMITS[tier]} (usually at most {LIMITS[0]})" if tier else ""
    if fewer or alike:
        logger.warning("pattern %s: %s", motif.name, "; ".join(filter(None, [fewer, alike])))
