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
    """One block for each name; in a file without names, one for each group of rows."""
    named = any(_NAMED.match(line.text) for line in lines)
    group = list[Line]()
    for line in lines:
        has_rows = any(is_letter_row(other) for other in group[-1:])
        if _NAMED.match(line.text) if named else has_rows and not is_letter_row(line):
            yield from _block(group, named)
            group = []
        group.append(line)
    yield from _block(group, named)


def _block(group: Sequence[Line], named: bool) -> Iterator[Block]:
    """The block of a motif; none before the first name, after the last rows, and for a matrix of another kind."""
    rows = _probabilities(group)
    names = [match[1] for line in group if (match := _NAMED.match(line.text))]
    if (named and not names) or (not named and not rows):
        return
    titles = [line for line in group if not (is_letter_row(line) or _COLUMN_NUMBERS.match(line.text))]
    texts = [line.text.strip(" \t\r#>") for line in titles if "matrix" not in line.text.lower()]
    name = " ".join((names or texts or [""])[0].split())
    yield Block(group[0], name or file_stem(group[0]), rows)


def _probabilities(lines: Sequence[Line]) -> list[Line]:
    """Rows of letters, without those of a matrix of enrichment scores or energies."""
    kept, wanted = list[Line](), True
    for line in lines:
        if is_letter_row(line):
            kept += [line] if wanted else []
        elif "matrix" in line.text.lower():
            wanted = not _OTHER_TABLE.search(line.text)
    return kept


def _motif(block: Block) -> Motif:
    if not block.body:
        raise missing_matrix(block, "four rows of probabilities are needed, with the letters A, C, G, T (or U)")
    table, alphabet = letter_table(block)
    return block.motif(table, alphabet, counts=True)
