"""HOCOMOCO's formats: a header, and for each position a row of counts (.pcm) or of log-odds (.pwm)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.files.motif_lines import Block, Line, headed_blocks
from seqdo.motifs.files.motif_records import Record, attempts
from seqdo.motifs.files.number_rows import LOG_BASES, log_odds_error, position_table, row_meaning
from seqdo.motifs.motif import Motif

_TOLERANCE = 0.02
"""How far the sum of the four probabilities of a position may be from 1, as log-odds are rounded for print."""


def is_hocomoco(lines: Sequence[Line]) -> bool:
    """Whether these are the lines of a file of log-odds: a row for each position, with negative numbers.

    Counts (.pcm) have the form of Cluster-Buster's files, and are read as such.

    Parameters
    ----------
    lines : the lines of a file
    """
    motifs = headed_blocks(lines)
    return row_meaning(motifs) == "position" and _holds_log_odds(motifs)


def hocomoco_records(lines: Sequence[Line]) -> Iterator[Record]:
    """Motifs of a HOCOMOCO file: after ``>name``, one row of A, C, G, T for each position.

    Counts are divided by their sum. Log-odds s against equal letter frequencies become p = base**s / 4, if the four
    probabilities of each position then sum to 1; the base is e, 2 or 10, whichever fits. HOCOMOCO's pseudocount
    (the logarithm of the number of sites) is in its log-odds, so it remains in these probabilities.

    Parameters
    ----------
    lines : the lines of the file
    """
    motifs = headed_blocks(lines)
    if not _holds_log_odds(motifs):
        return attempts(motifs, lambda block: block.motif(position_table(block), None, counts=True))
    base = _base(motifs)
    return attempts(motifs, lambda block: _from_log_odds(block, base))


def _holds_log_odds(motifs: Sequence[Block]) -> bool:
    """Whether most motifs have a negative number. Log-odds that sum to 1 have one, unless all letters are equal."""
    tables = _tables(motifs)
    return 2 * sum(bool((table < 0).any()) for table in tables) > len(tables)


def _tables(motifs: Sequence[Block]) -> list[NDArray[np.float64]]:
    """The tables of those motifs that have one."""
    tables = []
    for block in motifs:
        try:
            tables.append(position_table(block))
        except InputError:
            continue  # the reader of the record reports it
    return tables


def _base(motifs: Sequence[Block]) -> float | None:
    """The base of the logarithm that fits most motifs; None if two bases fit as well, or none does."""
    fits = Counter[float]()
    for table in _tables(motifs):
        errors = {base: log_odds_error(table, base) for base in LOG_BASES}
        best, second = sorted(errors, key=lambda base: errors[base])[:2]
        # All letters nearly equal fit any base: such a motif does not decide.
        if errors[best] <= _TOLERANCE and errors[second] > max(10 * errors[best], 1e-6):
            fits[best] += 1
    return fits.most_common(1)[0][0] if fits else None


def _from_log_odds(block: Block, base: float | None) -> Motif:
    scores = position_table(block)
    if base is None or not log_odds_error(scores, base) <= _TOLERANCE:
        bases = "e, 2 or 10" if base is None else f"{base:.3g}"
        raise block.head.refuse(
            f"motif {block.name} has negative numbers, and they are not log-odds of equal letter frequencies",
            f"with s = log(p / 0.25) and the base {bases}, the four p of each position sum to 1",
            "Use the file of counts (.pcm). For a background b write sd.Motif(name, b * np.exp(scores))",
        )
    return block.built(lambda: Motif.from_pwm(block.name, scores, base=base, axis=1))
