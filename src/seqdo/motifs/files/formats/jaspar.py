"""JASPAR's format: for each motif a header, and a row of counts for each letter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqdo.motifs.files.motif_lines import Block, Line, headed_blocks
from seqdo.motifs.files.motif_records import Record, attempts
from seqdo.motifs.files.number_rows import is_letter_row, letter_table, row_meaning
from seqdo.motifs.motif import Motif


def is_jaspar(lines: Sequence[Line]) -> bool:
    """Whether these are the lines of a JASPAR file: after ``>name``, a row of numbers for each letter.

    Parameters
    ----------
    lines : the lines of a file
    """
    motifs = headed_blocks(lines)
    labeled = any(is_letter_row(line) or "[" in line.text for block in motifs for line in block.body)
    if labeled:
        return any(block.head.text.lstrip().startswith(">") for block in motifs)
    return row_meaning(motifs) == "letter"


def jaspar_records(lines: Sequence[Line]) -> Iterator[Record]:
    """Motifs of a JASPAR file: after a line ``>identifier name``, four rows of counts.

    A row may start with its letter (``A [ 3 0 12 ]``), in upper or lower case, with or without brackets. Rows without
    letters have the order A, C, G, T. At each position the counts are divided by their sum. No pseudocount is added.

    Parameters
    ----------
    lines : the lines of the file
    """
    return attempts(headed_blocks(lines), _motif)


def _motif(block: Block) -> Motif:
    table, alphabet = letter_table(block)
    return block.motif(table, alphabet, counts=True)
