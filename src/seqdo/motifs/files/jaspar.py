"""JASPAR's format: for each motif a header, and a row of counts for each letter."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqdo.motifs.files.motif_lines import Block, Line, blocks, numbers, with_unique_names
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, RNA, Alphabet


def jaspar_motifs(lines: Sequence[Line]) -> list[Motif]:
    """Motifs of a JASPAR file: after a line ``>identifier name``, four rows of counts.

    A row may start with its letter (``A [ 3 0 12 ]``), in upper or lower case, with or without brackets. Rows without
    letters have the order A, C, G, T. At each position the counts are divided by their sum. No pseudocount is added.

    Parameters
    ----------
    lines : the lines of the file

    Raises
    ------
    InputError
        The file is not a JASPAR file. The error names the file and the line.
    """
    if not lines[0].text.startswith(">"):
        raise lines[0].refuse(
            f"{lines[0].text.strip()[:40]!r}", "a JASPAR file starts with '>identifier name', a MEME file with "
            "'MEME version'", "For other formats write sd.Motif.from_counts(name, counts) for each motif",
        )  # fmt: skip
    motifs = []
    for block in blocks(lines, r">\s*(\S.*)"):
        table, alphabet = _table(block)
        motifs.append(block.motif(table, alphabet, counts=True))
    return with_unique_names(motifs, lines[0].file)


def _table(block: Block) -> tuple[NDArray[np.float64], Alphabet | None]:
    """Counts (width, 4), and the alphabet that the letters of the rows belong to."""
    if len(block.body) != 4:
        raise block.head.refuse(
            f"motif {block.name} has {len(block.body)} rows", "four rows are needed: A, C, G, T (or U)"
        )
    letters: list[str] = []
    rows: list[list[float]] = []
    for line in block.body:
        label = re.match(r"\s*([A-Za-z])(?=[\s\[|:])", line.text)
        row = numbers(line.text[label.end() if label else 0 :].strip(" \t[]|:"))
        if row is None:
            raise line.refuse(
                f"{line.text.strip()[:60]!r} in motif {block.name}", "a row of numbers is needed, like 'A [ 3 0 12 ]'"
            )
        if rows and len(row) != len(rows[0]):
            raise line.refuse(
                f"motif {block.name} has {len(row)} counts in this row and {len(rows[0])} in the first",
                "each row needs one count for each position",
            )
        letters += label[1].upper() if label else ""
        rows.append(row)
    if not letters:
        return np.array(rows).T, None
    if "".join(sorted(letters)) not in ("ACGT", "ACGU"):
        raise block.head.refuse(
            f"motif {block.name} has the rows {', '.join(letters)}", "one row for each of A, C, G, T (or U) is needed"
        )
    return np.array(rows)[np.argsort(letters)].T, RNA if "U" in letters else DNA
