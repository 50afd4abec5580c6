"""Search for sites: where a motif occurs in real sequences, as a table of sites that do not overlap."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from numbers import Real

import numpy as np
import pandas as pd

from seqdo.errors import InputError
from seqdo.motifs.matches import hits, refuse_blank, strands
from seqdo.motifs.motif import Motif
from seqdo.motifs.site_table import COLUMNS, labels
from seqdo.sequences.alphabet import DNA, ONE_HOT, RNA, complement
from seqdo.sequences.sequences import Sequences, SequencesLike, trimmed

Hit = tuple[int, int, int, str, float]
"""Row, start, stop, strand, score."""


def find_sites(
    sequences: SequencesLike, motif: str | Motif, *, method: str = "consensus", threshold: float = 1e-4
) -> pd.DataFrame:
    """Find the sites of a motif in sequences, on both strands of DNA. No two sites overlap.

    Matches overlap in a palindrome (both strands) or in a repeat (shifted matches). Of these the match with the best
    score is kept. Of equal scores the leftmost is kept, and + before -. Then the next best match that overlaps no kept
    match is kept, and so on.

    Parameters
    ----------
    sequences : Sequences, an array of codes, or strings
    motif : IUPAC letters or a Motif; a regular expression (``TGA.{1,3}TCA``) for ``method="regex"``
    method :
        "consensus": every letter is one that the motif allows. A matrix allows each letter that is at least half as
        likely as the likeliest letter. The score is in bits: log2 of the probability of the letters over 1/4 each.
        "regex": every match of the expression, from any start. All scores are 0.
        "fimo": matches of a matrix with p below ``threshold`` if letters are uniform, by memelite (an optional
        package). The score is that of memelite.
    threshold : the p-value for "fimo"

    Returns
    -------
    DataFrame with columns sequence (row, from 0), name, start, stop (0-based, half-open), strand, motif, score

    Raises
    ------
    InputError
        ``method`` is not one of these, the expression is invalid or matches the empty string, the motif and the
        sequences have different alphabets, or no match can reach ``threshold``.

    Examples
    --------
    >>> find_sites(["CCGATTACACC", "CCCCCCCCCCC", "TGTAATCGATT"], "GATTACA")[["sequence", "start", "stop", "strand"]]
       sequence  start  stop strand
    0         0      2     9      +
    1         2      0     7      -
    """
    if method not in METHODS:
        raise InputError(f"method={method!r}", f"one of {', '.join(METHODS)} is needed")
    searched = trimmed(sequences)
    kept = _without_overlap(METHODS[method](searched, motif, threshold), searched.codes.shape)
    rows, starts, stops, sides, scores = zip(*kept, strict=True) if kept else ((),) * 5
    names = np.array(labels(searched), object)[list(rows)]
    columns = (
        np.array(rows, np.int64), names, np.array(starts, np.int64), np.array(stops, np.int64), list(sides),
        [getattr(motif, "name", motif)] * len(rows), np.array(scores, np.float64),
    )  # fmt: skip
    sites = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    # An empty column has no text to infer its type from.
    return sites.astype({"name": str, "strand": str, "motif": str})


def _consensus(sequences: Sequences, motif: str | Motif, threshold: float) -> list[Hit]:
    """Matches as in :func:`seqdo.motifs.matches.hits`. The threshold has no effect."""
    searched, matches = _searchable(sequences, motif), list[Hit]()
    for orientation, strand in zip(strands(searched, sequences.alphabet or searched.alphabet), "+-", strict=False):
        width = orientation.width
        bits = np.log2(np.where(orientation.matrix > 0, 4 * orientation.matrix, 1))
        rows, starts = np.nonzero(hits(sequences.codes, orientation))
        letters = sequences.codes[rows[:, None], starts[:, None] + np.arange(width)]
        scores = bits[np.arange(width), letters].sum(1).tolist()
        places = zip(rows.tolist(), starts.tolist(), scores, strict=True)
        matches += [(row, start, start + width, strand, score) for row, start, score in places]
    return matches


def _regex(sequences: Sequences, motif: str | Motif, threshold: float) -> list[Hit]:
    """Matches from every start, overlapping ones included; in DNA also on the reverse complement of the sequences."""
    expression = _expression(sequences, motif)
    matches: list[Hit] = []
    for row, text in enumerate(sequences.to_strings()):
        matches += [(row, start, stop, "+", 0.0) for start, stop in _spans(expression, text)]
    if sequences.alphabet is RNA:
        return matches
    for row, length in enumerate(sequences.lengths.tolist()):
        reverse = complement(sequences.codes[row, :length])[::-1][None]
        (text,) = Sequences.from_codes(reverse, sequences.alphabet).to_strings()
        matches += [(row, length - stop, length - start, "-", 0.0) for start, stop in _spans(expression, text)]
    return matches


def _expression(sequences: Sequences, motif: str | Motif) -> re.Pattern[str]:
    """The regular expression, in the letters of the sequences."""
    if not isinstance(motif, str):
        raise InputError(
            f"a {type(motif).__name__} as `motif` for method='regex'", "a regular expression (text) is needed"
        )
    alphabet = sequences.alphabet or DNA
    other = "T" if alphabet is RNA else "U"
    if other in motif.upper():
        raise InputError(
            f"motif={motif!r} with {other}", f"the sequences are {alphabet}", f"Write it in {alphabet.letters}"
        )
    try:
        expression = re.compile(motif, re.IGNORECASE)
    except re.error as error:
        raise InputError(f"motif={motif!r}", f"a regular expression is needed ({error})") from None
    if expression.match("") is not None:
        raise InputError(f"motif={motif!r} matches the empty string", "a site has at least one letter")
    return expression


def _fimo(sequences: Sequences, motif: str | Motif, threshold: float) -> list[Hit]:
    """Matches by FIMO of memelite, without those that reach beyond the end of a sequence."""
    try:
        from memelite import fimo
    except ModuleNotFoundError:
        raise InputError(
            "`memelite` is not installed", 'this package is needed for method="fimo"',
            "Write pip install 'seqdo[memelite]'",
        ) from None  # fmt: skip
    searched = _searchable(sequences, motif)
    matrix = np.where(searched.matrix.sum(1, keepdims=True) > 0, searched.matrix, 0.25)
    # p of the best match: the share of all sequences of this width that have a likeliest letter at each position.
    rarest = float((np.isclose(matrix, matrix.max(1, keepdims=True)).sum(1) / 4).prod())
    number = isinstance(threshold, Real) and not isinstance(threshold, bool)
    if not number or not rarest < threshold < 1:
        raise InputError(
            f"threshold={threshold!r} for {searched}",
            f"a p-value below 1 and above {rarest:.2g} (the p-value of the best match) is needed",
        )
    both = (sequences.alphabet or searched.alphabet) is not RNA
    one_hot = np.ascontiguousarray(np.moveaxis(ONE_HOT[sequences.codes], 2, 1), np.int8)
    (table,) = fimo({searched.name: matrix.T}, one_hot, threshold=threshold, reverse_complement=both)
    columns = [table[name].tolist() for name in ("sequence_name", "start", "end", "strand", "score")]
    # Padding is zeros in one-hot, and a few zeros can score as well as letters do.
    return [hit for hit in zip(*columns, strict=True) if hit[2] <= sequences.lengths[hit[0]]]


METHODS: Mapping[str, Callable[[Sequences, str | Motif, float], list[Hit]]] = {
    "consensus": _consensus,
    "regex": _regex,
    "fimo": _fimo,
}
"""Methods of search by name. Each takes sequences, the motif and a p-value, and returns all hits."""


def _searchable(sequences: Sequences, motif: str | Motif) -> Motif:
    """The motif, if it can be searched for in these sequences."""
    searched = motif if isinstance(motif, Motif) else Motif.from_string(motif)
    if None not in (sequences.alphabet, searched.alphabet) and sequences.alphabet is not searched.alphabet:
        raise InputError(
            f"`motif` {searched} is {searched.alphabet} and `sequences` are {sequences.alphabet}",
            "one alphabet is needed",
        )
    refuse_blank(searched)
    return searched


def _spans(expression: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """Start and stop of the match from each start that has a match."""
    spans, match = list[tuple[int, int]](), expression.search(text)
    while match:
        # An expression such as (?=GA) or \b matches no letter.
        spans += [match.span()] * (match.end() > match.start())
        match = expression.search(text, match.start() + 1)
    return spans


def _without_overlap(all_hits: list[Hit], shape: tuple[int, ...]) -> list[Hit]:
    """Hits that do not overlap, by row and start: the best of all, then the best of those that remain, and so on."""
    taken, kept = np.zeros(shape, bool), list[Hit]()
    # Scores are rounded, so that two sums that differ in the last bit count as equal.
    for hit in sorted(all_hits, key=lambda hit: (-round(hit[4], 9), hit[1], hit[3])):
        row, start, stop = hit[:3]
        if not taken[row, start:stop].any():
            taken[row, start:stop] = True
            kept.append(hit)
    return sorted(kept)
