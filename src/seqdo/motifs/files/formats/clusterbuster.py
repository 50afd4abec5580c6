"""The format of Cluster-Buster and cisTarget: for each motif a header, and a row of counts for each position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqdo.motifs.files.motif_lines import Line, headed_blocks
from seqdo.motifs.files.motif_records import Record, attempts
from seqdo.motifs.files.number_rows import position_table, row_meaning


def is_clusterbuster(lines: Sequence[Line]) -> bool:
    """Whether these are the lines of such a file: after ``>name``, a row of four numbers for each position.

    Parameters
    ----------
    lines : the lines of a file
    """
    return row_meaning(headed_blocks(lines)) == "position"


def clusterbuster_records(lines: Sequence[Line]) -> Iterator[Record]:
    """Motifs of a ``.cb`` file: after a line ``>name``, one row of A, C, G, T for each position.

    The numbers are counts or probabilities. Lines of weights and gaps (``# WEIGHT: 3.0``) are comments.

    Parameters
    ----------
    lines : the lines of the file
    """
    return attempts(headed_blocks(lines), lambda block: block.motif(position_table(block), None, counts=True))
