"""A motif from weighted k-mers: all are aligned to the k-mer of largest weight, and letters are counted by weight."""

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

Matrix = NDArray[np.float64]

LEAST = 2 / 3
"""Share of its letters in which a k-mer must match the anchor: 3 of 4, 4 of 5 and 6, 5 of 7, 6 of 8.

Of all k-mers with k from 4 to 8 at most 8.2 % match that much at some offset, whatever the anchor. With one match less
about half of all k-mers would pass for k = 4 and 6. A k-mer with k up to 3 has too few letters for a decision.
"""

EDGE = 0.25
"""Share of the total weight that must reach a column outside the anchor for the column to be kept.

The rest of the weight counts as a quarter of each letter. Hence a column below this share has at most 0.12 bits.
"""


def aligned(
    patterns: Sequence[str | Motif], weights: Sequence[float] | NDArray[np.floating], *, name: str | None = None,
    alphabet: Alphabet | None = None, both_strands: bool = False, least: float = LEAST,
) -> Motif:  # fmt: skip
    """Align weighted k-mers, without gaps, and count their letters by weight.

    The k-mer with the largest weight is the anchor. Each other k-mer of positive weight is placed where most of its
    letters match the anchor. Of equally good offsets the one nearest to 0 is taken, then the left one. A k-mer is left
    out if too few of its letters match, and the log counts these k-mers. At a column that a k-mer does not reach, its
    weight counts as a quarter of each letter. Hence a column that few k-mers reach has little information. All columns
    of the anchor are kept. A column outside the anchor is kept if k-mers with a quarter of the total weight reach it.

    Parameters
    ----------
    patterns : k-mers of any lengths; N or . do not count, and other IUPAC letters count in shares
    weights : effects or other numbers, one for each k-mer; only their ratios matter, and only positive ones count
    name : name of the motif; by default "motif of" and the letters of the anchor
    alphabet : ``sd.DNA`` or ``sd.RNA``, for k-mers without T and U
    both_strands : whether to align the reverse complement of a k-mer if more of its letters match; not for RNA
    least : share of the letters of the k-mer, or of the anchor if it has more letters, that must match

    Raises
    ------
    InputError
        No k-mer has a positive weight, the number of weights is not that of the k-mers, a weight is not finite, or
        ``both_strands`` is set for RNA.

    Examples
    --------
    >>> site = aligned(["GATTA", "GATTC", "ATTAC", "CCCCC"], [4.0, 2.0, 2.0, 1.0])
    >>> site.text, site.matrix[0].tolist(), site.matrix[-1].tolist()
    ('GATTAC', [0.0625, 0.0625, 0.8125, 0.0625], [0.1875, 0.4375, 0.1875, 0.1875])
    """
    weighted = _sorted(patterns, weights)
    anchor, largest = weighted[0]
    motif_alphabet = _alphabet([kmer for kmer, _ in weighted], alphabet, both_strands)
    placed = [(anchor.matrix, 0, 1.0)]
    for kmer, weight in weighted[1:]:
        share, offset, matrix = max(_overlaps(kmer.matrix, anchor.matrix, both_strands), key=_preference)
        if share >= least - 1e-9:
            placed.append((matrix, offset, weight / largest))
    logger.info("%s: %d of %d k-mers match it and are counted", anchor.text, len(placed), len(weighted))
    return Motif(name or f"motif of {anchor.text}", _summed(placed, anchor.width), motif_alphabet, axis=1)


def _sorted(
    patterns: Sequence[str | Motif], weights: Sequence[float] | NDArray[np.floating]
) -> list[tuple[Motif, float]]:
    """K-mers of positive weight, by decreasing weight, then by letters: the order of the arguments does not matter."""
    values = np.asarray(weights, np.float64)
    if isinstance(patterns, str) or values.shape != (len(patterns),):
        number = "one k-mer" if isinstance(patterns, str) else f"{len(patterns)} k-mers"
        raise InputError(
            f"{number} in `patterns` and `weights` of shape {values.shape}",
            "a list of k-mers and one weight for each k-mer are needed",
        )
    if not np.isfinite(values).all():
        raise InputError(
            f"`weights` contains {values[~np.isfinite(values)][0]}", "weights are finite",
            "Leave out k-mers without an effect",
        )  # fmt: skip
    motifs = [as_motif(pattern, sample=True) for pattern in patterns]
    weighted = [(motif, float(weight)) for motif, weight in zip(motifs, values, strict=True) if weight > 0]
    if not weighted:
        raise InputError(
            f"none of the {len(patterns)} `weights` is positive",
            "at least one positive weight is needed to build a motif",
            "For k-mers that lower the prediction, write weights=-effects",
        )
    return sorted(weighted, key=lambda pair: (-pair[1], pair[0].text))


def _alphabet(kmers: list[Motif], requested: Alphabet | None, both_strands: bool) -> Alphabet | None:
    """The alphabet of the k-mers, or the requested one. The two must agree."""
    own = alphabet_of_letters([(kmer.alphabet or DNA).letters[3] for kmer in kmers if kmer.alphabet], "patterns")
    if own and requested and own != requested:
        raise InputError(
            f"alphabet={requested!r} for `patterns` in {own!r}", "one alphabet is needed", f"Write alphabet=sd.{own!r}"
        )
    if both_strands and RNA in (own, requested):
        raise InputError("both_strands=True for RNA", "RNA has one strand", "Leave both_strands out")
    return DNA if both_strands else requested or own


def _overlaps(kmer: Matrix, anchor: Matrix, both_strands: bool) -> Iterator[tuple[float, int, Matrix]]:
    """For each offset: the share of letters that match, the offset, and the matrix of the k-mer in its orientation."""
    letters = max((kmer.sum(1) > 0).sum(), (anchor.sum(1) > 0).sum(), 1)
    for matrix in [kmer, kmer[::-1, ::-1]] if both_strands else [kmer]:
        products = matrix @ anchor.T
        # Letters that face each other at one offset lie on one diagonal.
        for offset in range(1 - len(kmer), len(anchor)):
            yield float(np.trace(products, offset)) / letters, offset, matrix


def _preference(overlap: tuple[float, int, Matrix]) -> tuple[float, int, int]:
    """Key of the best overlap: most matches, then the smallest offset, then the left one, then the strand as given.

    Shares are rounded, so that two sums that differ in the last bit count as equal.
    """
    share, offset, _ = overlap
    return round(share, 9), -abs(offset), -offset


def _summed(placed: list[tuple[Matrix, int, float]], width: int) -> Matrix:
    """Probabilities (columns, 4) from k-mers with their offsets and weights; the anchor is ``width`` columns wide."""
    before = -min(offset for _, offset, _ in placed)
    after = max(offset + len(matrix) for matrix, offset, _ in placed)
    counts = np.zeros((before + after, 4))
    for matrix, offset, weight in placed:
        counts[before + offset : before + offset + len(matrix)] += weight * matrix
    reached = counts.sum(1)
    total = sum(weight for _, _, weight in placed)
    kept = np.flatnonzero(reached >= EDGE * total)
    first, last = min([before, *kept]), max([before + width - 1, *kept])
    # A difference of rounding size counts as no missing weight. A column that no k-mer writes stays N.
    missing = np.where((reached > 0) & (total - reached > 1e-9 * total), total - reached, 0)
    filled = counts + missing[:, None] / 4
    return filled[first : last + 1] / total
