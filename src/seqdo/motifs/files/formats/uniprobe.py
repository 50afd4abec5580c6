"""UniPROBE's format: a line with the name, and a row for each letter (``A: 0.1 0.9``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from seqdo.motifs.files.motif_lines import Block, Line, file_stem
from seqdo.motifs.files.motif_records import Record, attempts, missing_matrix
from seqdo.motifs.files.number_rows import is_letter_row, letter_table
from seqdo.motifs.motif import Motif

_NAMED = re.compile(r"[#>\s]*(?:Motif|Protein|Gene|TF)\s*:\s*([^\t]*?)(?:\t|\s{2,}|\s+Seed k-mer|\s+Enrichment|$)")
_OTHER_TABLE = re.compile(r"(enrichment score|energy) matrix", re.IGNORECASE)
_COLUMN_NUMBERS = re.compile(r"\s*\w*(\s+\d+)+\s*$")


def is_uniprobe(lines: Sequence[Line]) -> bool:
    """Whether these are the lines of a UniPROBE file: rows that start with their letter, and no ``>name``.

    Parameters
    ----------
    lines : the lines of a file
    """
    rows = {line.text.split()[0][0].upper() for line in lines if is_letter_row(line)}
    return len(rows) >= 4 and not any(line.text.lstrip().startswith(">") for line in lines)


def uniprobe_records(lines: Sequence[Line]) -> Iterator[Record]:
    """Motifs of a UniPROBE file: four rows that start with their letter, after a line with the name.

    In a full output the matrix of probabilities is read. Those of enrichment scores and of energies are not.
    A matrix without a name, as YeTFaSCo and ScerTF write it, is named after the file.

    Parameters
    ----------
    lines : the lines of the file
    """
    return attempts(_blocks(lines), _motif)


def _blocks(lines: Sequence[Line]) -> Iterator[Block]:
    """One block for each group of rows, except those of scores and energies, and for each name without rows."""
    texts, rows = list[Line](), list[Line]()
    for line in (*lines, None):
        if line and is_letter_row(line):
            rows.append(line)
            continue
        if rows and not _of_another_kind(texts):
            yield Block((texts or rows)[0], _name(texts, rows[0]), rows)
            texts = []
        rows = []
        if (not line or _NAMED.match(line.text)) and any(_NAMED.match(text.text) for text in texts):
            yield Block(texts[0], _name(texts, texts[0]), [])
            texts = []
        texts += [line] if line else []


def _of_another_kind(texts: Sequence[Line]) -> bool:
    """Whether the last title of a matrix is not that of probabilities."""
    titles = [line.text for line in texts if "matrix" in line.text.lower()]
    return bool(titles and _OTHER_TABLE.search(titles[-1]))


def _name(texts: Sequence[Line], first: Line) -> str:
    """The name in the texts in front of a matrix: of a field for names, else the last line that is no title."""
    names = [match[1] for line in texts if (match := _NAMED.match(line.text))]
    titles = [line.text for line in texts if not _COLUMN_NUMBERS.match(line.text) and "matrix" not in line.text.lower()]
    name = (names or [title.strip(" \t\r#>") for title in titles] or [""])[-1]
    return " ".join(name.split()) or file_stem(first)


def _motif(block: Block) -> Motif:
    if not block.body:
        raise missing_matrix(block, "four rows of probabilities are needed, with the letters A, C, G, T (or U)")
    table, alphabet = letter_table(block)
    return block.motif(table, alphabet, counts=True)
