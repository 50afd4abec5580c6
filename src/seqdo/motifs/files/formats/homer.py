"""HOMER's format: for each motif a header with a threshold, and a row of probabilities for each position."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from seqdo.motifs.files.motif_lines import Line, headed_blocks, numbers
from seqdo.motifs.files.motif_records import Record, attempts
from seqdo.motifs.files.number_rows import position_table, row_meaning


def is_homer(lines: Sequence[Line]) -> bool:
    """Whether these are the lines of a HOMER file: most headers are a consensus, a name and a threshold.

    Parameters
    ----------
    lines : the lines of a file
    """
    motifs = [block for block in headed_blocks(lines) if block.head.text.lstrip().startswith(">")]
    headers = [fields for block in motifs if len(fields := _fields(block.head)) >= 3 and numbers(fields[2])]
    rows = [row for block in motifs if block.body and (row := numbers(block.body[0].text)) and len(row) == 4]
    if 2 * len(headers) <= len(motifs) or 2 * len(rows) <= len(motifs):
        return False
    # Headers of other formats may have a number in this place. Then the shape must decide.
    consensus = all(re.fullmatch(r"[ACGTURYSWKMBDHVN.\-]*", fields[0], re.IGNORECASE) for fields in headers)
    return consensus or row_meaning(motifs) == "position"


def homer_records(lines: Sequence[Line]) -> Iterator[Record]:
    """Motifs of a HOMER file: after ``>consensus name threshold``, one row of A, C, G, T for each position.

    The name of a motif is the second field of its header. Rows are divided by their sum, as HOMER does.

    Parameters
    ----------
    lines : the lines of the file
    """
    motifs = [
        block._replace(name=_fields(block.head)[1]) if len(_fields(block.head)) > 1 else block
        for block in headed_blocks(lines)
    ]
    return attempts(motifs, lambda block: block.motif(position_table(block), None, counts=True))


def _fields(head: Line) -> list[str]:
    """Fields of a header. HOMER separates them by tabs; editors turn these into spaces."""
    text = head.text.strip().removeprefix(">")
    fields = [field.strip() for field in text.split("\t")] if "\t" in text else text.split()
    return fields if len(fields) < 2 or fields[1] else [fields[0], fields[0], *fields[2:]]
