"""A motif from weighted words: they are aligned to the one of the largest weight, and letters are counted by weight."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif, as_motif
from seqdo.sequences.alphabet import DNA, RNA, Alphabet
from seqdo.sequences.sequences import alphabet_of_letters

logger = logging.getLogger(__name__)

LEAST = 2 / 3
"""Share of its letters in which a word has to match the anchor: 3 of 4, 4 of 5 and 6, 5 of 7, 6 of 8.

Of all words of 4 to 8 letters at most 8.2 % match that much at some offset, whatever the anchor; with one letter less
about half of those of 4 or 6 letters would. Words of 3 letters or fewer have too few to tell.
"""

EDGE = 0.25
"""Share of all weight that words have to bring to a column beyond the anchor for it to be kept.

The rest counts as a quarter of each letter, so that a column below it can't carry more than 0.12 bits.
"""


def aligned(
    patterns: Sequence[str | Motif], weights: Sequence[float] | NDArray[np.floating], *, name: str | None = None,
    alphabet: Alphabet | None = None, both_strands: bool = False, least: float = LEAST,
) -> Motif:  # fmt: skip
    """The motif that weighted words add up to.

    The word with the largest weight is the anchor. Every other word of positive weight is laid beside it, without
    gaps, where most letters match (of equal offsets the one nearest to 0, then the left one). A word that matches in
    fewer than ``least`` of its letters, or of the anchor's if those are more, is left out. Letters are then counted
    with the weights. A word says nothing of a column that it does not reach, and counts there as a quarter of each
    letter, so that a column that few words reach carries little information. All columns of the anchor are kept, and
    those beyond it that words with a quarter of all weight reach. The log says how many words were left out.

    Parameters
    ----------
    patterns : words, of any lengths; N or . says nothing of its column, and other IUPAC letters count in shares
    weights : effects, or any numbers of which only the ratios matter; words of weight 0 or less are left out
    name : "motif of" and the anchor's letters if it is not given
    alphabet : for words without T or U
    both_strands : align a word's reverse complement instead where more letters match; not for RNA
    least : share of letters that have to match

    Raises
    ------
    InputError
        No word of positive weight; not one finite weight for each word; both strands of RNA.

    Examples
    --------
    >>> site = aligned(["GATTA", "GATTC", "ATTAC", "CCCCC"], [4.0, 2.0, 2.0, 1.0])
    >>> site.text, site.matrix[0].tolist(), site.matrix[-1].tolist()
    ('GATTAC', [0.0625, 0.0625, 0.8125, 0.0625], [0.1875, 0.4375, 0.1875, 0.1875])
    """
    words = _sorted(patterns, weights)
    anchor, largest = words[0]
    spelling = _alphabet([word for word, _ in words], alphabet, both_strands)
    placed = [(anchor.matrix, 0, 1.0)]
    for word, weight in words[1:]:
        share, offset, matrix = max(_overlaps(word.matrix, anchor.matrix, both_strands), key=_preferred)
        if share >= least - 1e-9:
            placed.append((matrix, offset, weight / largest))
    logger.info("%s: %d of %d words match it and are counted", anchor.text, len(placed), len(words))
    return Motif(name or f"motif of {anchor.text}", _summed(placed, anchor.width), spelling, axis=1)


def _sorted(
    patterns: Sequence[str | Motif], weights: Sequence[float] | NDArray[np.floating]
) -> list[tuple[Motif, float]]:
    """The words of positive weight, the heaviest first; of equal weight by their letters, so that no order matters."""
    given = np.asarray(weights, np.float64)
    if isinstance(patterns, str) or given.shape != (len(patterns),):
        count = "one word" if isinstance(patterns, str) else f"{len(patterns)} words"
        raise InputError(
            f"{count} and weights of the shape {given.shape}", "a list of words, and a weight for each, are needed"
        )
    if not np.isfinite(given).all():
        raise InputError(
            f"weight {given[~np.isfinite(given)][0]}", "weights are finite", "Leave out words without an effect"
        )
    motifs = [as_motif(pattern, sample=True) for pattern in patterns]
    words = [(motif, float(weight)) for motif, weight in zip(motifs, given, strict=True) if weight > 0]
    if not words:
        raise InputError(
            f"{len(patterns)} words, none of positive weight", "a motif is made of words that weigh something",
            "For words that lower the answer, give -effects",
        )  # fmt: skip
    return sorted(words, key=lambda one: (-one[1], one[0].text))


def _alphabet(words: list[Motif], asked: Alphabet | None, both_strands: bool) -> Alphabet | None:
    """The alphabet of the words, or the one asked for; they have to agree."""
    own = alphabet_of_letters([(one.alphabet or DNA).letters[3] for one in words if one.alphabet])
    if own and asked and own != asked:
        raise InputError(f"alphabet={asked!r} of words in {own!r}", "one alphabet is needed", f"Write alphabet={own!r}")
    if both_strands and RNA in (own, asked):
        raise InputError("both_strands=True of RNA", "RNA has one strand", "Leave both_strands out")
    return DNA if both_strands else asked or own


def _overlaps(
    word: NDArray[np.float64], anchor: NDArray[np.float64], both: bool
) -> Iterator[tuple[float, int, NDArray[np.float64]]]:
    """Share of letters that match, start on the anchor, and the word as it lies there, at every offset."""
    letters = max((word.sum(1) > 0).sum(), (anchor.sum(1) > 0).sum(), 1)
    for matrix in [word, word[::-1, ::-1]] if both else [word]:
        products = matrix @ anchor.T
        for offset in range(1 - len(word), len(anchor)):
            yield float(np.trace(products, offset)) / letters, offset, matrix


def _preferred(overlap: tuple[float, int, NDArray[np.float64]]) -> tuple[float, int, int]:
    """Most matching letters, then the smallest offset, then the left one; the strand as given comes first."""
    share, offset, _ = overlap
    return round(share, 9), -abs(offset), -offset


def _summed(placed: list[tuple[NDArray[np.float64], int, float]], width: int) -> NDArray[np.float64]:
    """Probabilities (columns, 4): of the anchor's ``width`` columns and those beyond it that words bring weight to."""
    before = -min(offset for _, offset, _ in placed)
    after = max(offset + len(matrix) for matrix, offset, _ in placed)
    counts = np.zeros((before + after, 4))
    for matrix, offset, weight in placed:
        counts[before + offset : before + offset + len(matrix)] += weight * matrix
    held = counts.sum(1)
    total = sum(weight for _, _, weight in placed)
    kept = np.flatnonzero(held >= EDGE * total)
    first, last = min([before, *kept]), max([before + width - 1, *kept])
    # What is missing by rounding alone is nothing; and a column that no word writes keeps the background's letter.
    missing = np.where((held > 0) & (total - held > 1e-9 * total), total - held, 0)
    filled = counts + missing[:, None] / 4
    return filled[first : last + 1] / total
