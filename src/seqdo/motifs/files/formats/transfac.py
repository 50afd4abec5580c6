"""TRANSFAC's format: fields of two letters, and after P0 a row of counts for each position."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from seqdo.motifs.files.motif_lines import Block, Line, file_stem, numbers
from seqdo.motifs.files.motif_records import Record, attempts, missing_matrix
from seqdo.motifs.files.number_rows import letter_order
from seqdo.motifs.motif import Motif

_COLUMNS = re.compile(r"\s*P[O0]((?:\s+[A-Za-z]\b)+)")
_FIELD = re.compile(r"\s*(AC|ID|NA)\s+(\S.*)")


def is_transfac(lines: Sequence[Line]) -> bool:
    """Whether these are the lines of a TRANSFAC file: one of them is ``P0 A C G T``.

    Parameters
    ----------
    lines : the lines of a file
    """
    return any(_COLUMNS.match(line.text) for line in lines)


def transfac_records(lines: Sequence[Line]) -> Iterator[Record]:
    """Motifs of a TRANSFAC file, as TRANSFAC itself, JASPAR, RSAT and STAMP write it; ``//`` ends a motif.

    The name of a motif is its accession and identifier (AC and ID), or its name (NA) if it has neither. The IUPAC
    letter after the counts is not read. At each position the counts are divided by their sum.

    Parameters
    ----------
    lines : the lines of the file
    """
    return attempts(_blocks(lines), _motif)


def _blocks(lines: Sequence[Line]) -> Iterator[Block]:
    """The lines up to each ``//``, if they name a motif or have a matrix."""
    record = list[Line]()
    for line in (*lines, Line(lines[0].file, len(lines), "//")):
        if line.text.strip() != "//":
            record.append(line)
            continue
        named = next((part for part in record if _FIELD.match(part.text)), None)
        head = named or next((part for part in record if _COLUMNS.match(part.text)), None)
        if head:
            yield Block(head, _name(record), record)
        record = []


def _name(record: Sequence[Line]) -> str:
    fields = dict[str, str]()
    for line in record:
        if match := _FIELD.match(line.text):
            fields.setdefault(match[1], " ".join(match[2].split()))
    names = [fields[key] for key in ("AC", "ID") if key in fields] or [fields.get("NA", file_stem(record[0]))]
    return " ".join(dict.fromkeys(names))


def _motif(block: Block) -> Motif:
    starts = [number for number, line in enumerate(block.body) if re.match(r"\s*P[O0]\s", line.text)]
    if not starts:
        raise missing_matrix(block, "a line P0 and rows of counts are needed")
    if len(starts) > 1:
        raise block.body[starts[1]].refuse(
            f"motif {block.name} has a second matrix", "one matrix for each motif is needed", "Write // between motifs"
        )
    columns = _COLUMNS.match(block.body[starts[0]].text)
    order, alphabet = letter_order(block, columns[1].upper().split() if columns else [], "column")
    lines = block.body[starts[0] + 1 :]
    end = next((i for i, line in enumerate(lines) if re.match(r"\s*[A-Z]{2}(\s|$)", line.text)), len(lines))
    rows = [_row(block, line, position) for position, line in enumerate(lines[:end])]
    if not rows:
        raise missing_matrix(block, "rows of counts are needed")
    first = int(rows[0][0])
    for position, (line, row) in enumerate(zip(lines, rows, strict=False)):
        if row[0] != first + position:
            raise line.refuse(
                f"motif {block.name} has the number {row[0]:g} in its row {position + 1}",
                "positions are numbered without gaps",
            )
    return block.motif(np.array(rows)[:, 1:][:, order], alphabet, counts=True)


def _row(block: Block, line: Line, position: int) -> list[float]:
    """Five numbers of a row: its own, and four counts. An IUPAC letter may follow."""
    cells = line.text.split()
    row = numbers(" ".join(cells[:5]))
    if row is None or len(row) != 5 or not re.fullmatch(r"[A-Za-z]?", "".join(cells[5:])):
        raise line.refuse(
            f"{line.excerpt} as position {position} of motif {block.name}",
            "a row is its number, four counts, and perhaps a consensus letter",
        )
    return row
