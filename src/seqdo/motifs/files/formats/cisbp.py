"""CIS-BP's format: a table with the columns Pos, A, C, G and T (or U), and a row for each position."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from seqdo.motifs.files.motif_lines import Block, Line, file_stem, numbers
from seqdo.motifs.files.motif_records import Record, attempts, missing_matrix
from seqdo.motifs.files.number_rows import letter_order
from seqdo.motifs.motif import Motif

_COLUMNS = re.compile(r"\s*(?:Pos(?:ition)?\s+)?([A-Z](?:\s+[A-Z]){3,})\s*$", re.IGNORECASE)
_FIELD = re.compile(r"\s*(TF Name|TF|Gene|Motif|Family|Species|DBID|>)\s*(\S.*)")
_EMPTY = "CIS-BP writes tables without rows for motifs that need a license of TRANSFAC. Leave these files out"


def is_cisbp(lines: Sequence[Line]) -> bool:
    """Whether these are the lines of a CIS-BP file: one of them is ``Pos A C G T``, with or without ``Pos``.

    Parameters
    ----------
    lines : the lines of a file
    """
    return any(_COLUMNS.match(line.text) for line in lines)


def cisbp_records(lines: Sequence[Line]) -> Iterator[Record]:
    """Motifs of a CIS-BP file: after ``Pos A C G T``, one row for each position.

    The name of a motif is its identifier and the name of its factor (``Motif`` and ``TF Name``), or its gene. A table
    without such lines, as CIS-BP's single files are, is named after the file.

    Parameters
    ----------
    lines : the lines of the file
    """
    return attempts(_blocks([line for line in lines if not line.comment]), _motif)


def _blocks(lines: Sequence[Line]) -> Iterator[Block]:
    """Each table: its line of columns as the head, its rows as the body, its name from the lines in front of it."""
    fields, block = dict[str, str](), None
    for line in lines:
        if _COLUMNS.match(line.text):
            if block:
                yield block
            names = [fields[key] for key in (">", "Motif", "TF Name") if key in fields] or [fields.get("Gene", "")]
            block = Block(line, " ".join(names) or file_stem(line), [])
            fields = {}
        elif match := _FIELD.match(line.text):
            fields[match[1]] = " ".join(match[2].split())
        elif block:
            block.body.append(line)
    if block:
        yield block


def _motif(block: Block) -> Motif:
    match = _COLUMNS.match(block.head.text)
    letters = match[1].upper().split() if match else []
    order, alphabet = letter_order(block, letters, "column")
    if not block.body:
        raise missing_matrix(block, "a row for each position is needed", _EMPTY)
    numbered = "pos" in block.head.text.lower()
    rows = [_row(block, line, position, numbered) for position, line in enumerate(block.body)]
    return block.motif(np.array(rows)[:, order], alphabet, counts=True)


def _row(block: Block, line: Line, position: int, numbered: bool) -> list[float]:
    """Four numbers of a row, without its own number."""
    row = numbers(line.text)
    if row is None or len(row) != 4 + numbered:
        raise line.refuse(
            f"{line.excerpt} as position {position} of motif {block.name}",
            f"a row is {'its number and ' if numbered else ''}four numbers",
        )
    first = (numbers(block.body[0].text) or row)[0]
    if numbered and row[0] != first + position:
        raise line.refuse(
            f"motif {block.name} has the number {row[0]:g} in its row {position + 1}",
            "positions are numbered without gaps",
        )
    return row[numbered:]
