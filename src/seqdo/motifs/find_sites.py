"""Finding sites: where a motif stands in real sequences, as a table of sites that do not overlap."""

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
    """Sites of a motif in sequences, on both strands of DNA, none of which overlaps another.

    Of hits that overlap (both strands of a palindrome, shifted hits of a repeat) the one with the better score stays,
    among equals the leftmost, and + before -; then the next best of those that overlap none that stays.

    Parameters
    ----------
    motif : IUPAC letters or a Motif; a regular expression (``TGA.{1,3}TCA``) for ``method="regex"``
    method :
        "consensus": every letter one that the motif takes; of a matrix any at least half as likely as the likeliest.
        The score is in bits: log2 of the probability of the letters over 1/4 each.
        "regex": what the expression matches from any start; all scores are 0.
        "fimo": matches of a matrix with p below ``threshold`` where letters are uniform, by memelite (an extra);
        the score is memelite's.
    threshold : the p-value of "fimo"

    Returns
    -------
    DataFrame with columns sequence (row, from 0), name, start, stop (0-based, half-open), strand, motif, score

    Raises
    ------
    InputError
        Another method; an expression that is none, or that matches no letters; letters of the other alphabet; a
        threshold that no match of the motif can reach.

    Examples
    --------
    >>> find_sites(["CCGATTACACC", "CCCCCCCCCCC", "TGTAATCGATT"], "GATTACA")[["sequence", "start", "stop", "strand"]]
       sequence  start  stop strand
    0         0      2     9      +
    1         2      0     7      -
    """
    if method not in METHODS:
        raise InputError(f"method={method!r}", f"one of {', '.join(METHODS)} is needed")
    given = trimmed(sequences)
    kept = _apart(METHODS[method](given, motif, threshold), given.codes.shape)
    rows, starts, stops, sides, scores = zip(*kept, strict=True) if kept else ((),) * 5
    names = np.array(labels(given), object)[list(rows)]
    columns = (
        np.array(rows, np.int64), names, np.array(starts, np.int64), np.array(stops, np.int64), list(sides),
        [getattr(motif, "name", motif)] * len(rows), np.array(scores, np.float64),
    )  # fmt: skip
    made = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    return made.astype({"name": str, "strand": str, "motif": str})  # also where nothing is found


def _consensus(sequences: Sequences, motif: str | Motif, threshold: float) -> list[Hit]:
    """Hits as :func:`seqdo.motifs.matches.hits` has them; there is no threshold to them."""
    asked, found = _in_the_letters_of(sequences, motif), list[Hit]()
    for one, strand in zip(strands(asked, sequences.alphabet or asked.alphabet), "+-", strict=False):
        bits = np.log2(np.where(one.matrix > 0, 4 * one.matrix, 1))
        rows, starts = np.nonzero(hits(sequences.codes, one))
        letters = sequences.codes[rows[:, None], starts[:, None] + np.arange(one.width)]
        scores = bits[np.arange(one.width), letters].sum(1).tolist()
        places = zip(rows.tolist(), starts.tolist(), scores, strict=True)
        found += [(row, start, start + one.width, strand, score) for row, start, score in places]
    return found


def _regex(sequences: Sequences, motif: str | Motif, threshold: float) -> list[Hit]:
    """Matches from every start, overlapping ones too, of the text and in DNA of its reverse complement."""
    if not isinstance(motif, str):
        raise InputError(f"a {type(motif).__name__} for method='regex'", "a regular expression (text) is needed")
    alphabet = sequences.alphabet or DNA
    strange = "T" if alphabet is RNA else "U"
    if strange in motif.upper():
        raise InputError(
            f"motif={motif!r} with {strange}", f"the sequences are {alphabet}", f"Write it in {alphabet.letters}"
        )
    try:
        expression = re.compile(motif, re.IGNORECASE)
    except re.error as error:
        raise InputError(f"motif={motif!r}", f"a regular expression is needed: {error}") from None
    if expression.match("") is not None:
        raise InputError(f"motif={motif!r}", "it matches where nothing stands; a site has at least one letter")
    found: list[Hit] = []
    for row, text in enumerate(sequences.to_strings()):
        found += [(row, start, stop, "+", 0.0) for start, stop in _spans(expression, text)]
    if sequences.alphabet is RNA:
        return found
    for row, length in enumerate(sequences.lengths.tolist()):
        other = complement(sequences.codes[row, :length])[::-1][None]
        (text,) = Sequences.from_codes(other, sequences.alphabet).to_strings()
        found += [(row, length - stop, length - start, "-", 0.0) for start, stop in _spans(expression, text)]
    return found


def _fimo(sequences: Sequences, motif: str | Motif, threshold: float) -> list[Hit]:
    """Hits of memelite's FIMO; those that reach beyond a sequence's end are none."""
    try:
        from memelite import fimo
    except ModuleNotFoundError:
        raise InputError('method="fimo"', "it needs memelite", "pip install 'seqdo[memelite]'") from None
    asked = _in_the_letters_of(sequences, motif)
    matrix = np.where(asked.matrix.sum(1, keepdims=True) > 0, asked.matrix, 0.25)
    rarest = float((np.isclose(matrix, matrix.max(1, keepdims=True)).sum(1) / 4).prod())
    number = isinstance(threshold, Real) and not isinstance(threshold, bool)
    if not number or not rarest < threshold < 1:
        raise InputError(
            f"threshold={threshold!r} for {asked}",
            f"a p-value below 1 and above {rarest:.2g}, that of the best match, is needed",
        )
    both = (sequences.alphabet or asked.alphabet) is not RNA
    one_hot = np.ascontiguousarray(np.moveaxis(ONE_HOT[sequences.codes], 2, 1), np.int8)
    (table,) = fimo({asked.name: matrix.T}, one_hot, threshold=threshold, reverse_complement=both)
    columns = [table[name].tolist() for name in ("sequence_name", "start", "end", "strand", "score")]
    return [hit for hit in zip(*columns, strict=True) if hit[2] <= sequences.lengths[hit[0]]]


METHODS: Mapping[str, Callable[[Sequences, str | Motif, float], list[Hit]]] = {
    "consensus": _consensus,
    "regex": _regex,
    "fimo": _fimo,
}
"""Ways to find sites by name: from sequences, the motif and a p-value to hits, overlapping ones too."""


def _in_the_letters_of(sequences: Sequences, motif: str | Motif) -> Motif:
    asked = motif if isinstance(motif, Motif) else Motif.from_string(motif)
    if None not in (sequences.alphabet, asked.alphabet) and sequences.alphabet is not asked.alphabet:
        raise InputError(f"{asked}, which is {asked.alphabet}, in {sequences.alphabet}", "one alphabet is needed")
    refuse_blank(asked)
    return asked


def _spans(expression: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """What is matched from each start from which anything is."""
    spans, found = list[tuple[int, int]](), expression.search(text)
    while found:
        spans += [found.span()] * (found.end() > found.start())
        found = expression.search(text, found.start() + 1)
    return spans


def _apart(found: list[Hit], shape: tuple[int, ...]) -> list[Hit]:
    """Hits that do not overlap, by row and start: the best of all, then the best of what is left."""
    taken, kept = np.zeros(shape, bool), list[Hit]()
    for hit in sorted(found, key=lambda hit: (-round(hit[4], 9), hit[1], hit[3])):
        row, start, stop = hit[:3]
        if not taken[row, start:stop].any():
            taken[row, start:stop] = True
            kept.append(hit)
    return sorted(kept)
