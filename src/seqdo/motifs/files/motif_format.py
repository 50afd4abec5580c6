"""The formats of motif files: one row each, with how a file is recognized and read.

Biopython's readers were tried on files of each program, and are not used. They refuse the text output of DREME, MEME
without an ALPHABET line, TRANSFAC as JASPAR and RSAT write it, and rows of U. They return no motif for UniPROBE, round
MEME's probabilities to whole sites, take log-odds for counts, and end at the first bad record without its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.files.formats.cisbp import cisbp_records, is_cisbp
from seqdo.motifs.files.formats.clusterbuster import clusterbuster_records, is_clusterbuster
from seqdo.motifs.files.formats.hocomoco import hocomoco_records, is_hocomoco
from seqdo.motifs.files.formats.homer import homer_records, is_homer
from seqdo.motifs.files.formats.jaspar import is_jaspar, jaspar_records
from seqdo.motifs.files.formats.meme import is_meme, meme_records
from seqdo.motifs.files.formats.transfac import is_transfac, transfac_records
from seqdo.motifs.files.formats.uniprobe import is_uniprobe, uniprobe_records
from seqdo.motifs.files.motif_lines import Block, Line, headed_blocks, numbers
from seqdo.motifs.files.motif_records import Record
from seqdo.motifs.files.other_files import not_motifs
from seqdo.motifs.motif import Motif


class MotifFormat(NamedTuple):
    """A format of motif files.

    Attributes
    ----------
    name : the value of ``format``
    recognized : whether the lines of a file are of this format
    records : reads the motifs of such lines
    """

    name: str
    recognized: Callable[[Sequence[Line]], bool]
    records: Callable[[Sequence[Line]], Iterator[Record]]


FORMATS = (
    MotifFormat("meme", is_meme, meme_records),
    MotifFormat("transfac", is_transfac, transfac_records),
    MotifFormat("cisbp", is_cisbp, cisbp_records),
    MotifFormat("uniprobe", is_uniprobe, uniprobe_records),
    MotifFormat("homer", is_homer, homer_records),
    MotifFormat("jaspar", is_jaspar, jaspar_records),
    MotifFormat("hocomoco", is_hocomoco, hocomoco_records),
    MotifFormat("clusterbuster", is_clusterbuster, clusterbuster_records),
)
"""Tried in this order. Formats with labels come first; the last three differ only in what their rows are."""

_ACCEPTED = (
    "a JASPAR file starts with '>identifier name', a MEME file with 'MEME version'. "
    f"The formats are {', '.join(kind.name for kind in FORMATS)}"
)


def named_format(name: str) -> MotifFormat:
    """The format of this name.

    Parameters
    ----------
    name : as in the table; upper case and hyphens make no difference

    Raises
    ------
    InputError
        There is no such format.
    """
    names = {kind.name: kind for kind in FORMATS}
    plain = re.sub(r"[\W_]", "", name.lower()) if isinstance(name, str) else name
    if plain not in names:
        raise InputError(
            f"format={name!r}", f"the formats are {', '.join(names)}",
            "Leave `format` out: the content decides",
        )  # fmt: skip
    return names[plain]


def recognized_format(lines: Sequence[Line]) -> MotifFormat:
    """The format of a file, from its content.

    Parameters
    ----------
    lines : the lines of a file, at least one

    Raises
    ------
    InputError
        The lines are of no format, or their rows may be letters or positions.
    """
    for kind in FORMATS:
        if kind.recognized(lines):
            return kind
    for block in headed_blocks(lines):
        if block.body and all(numbers(line.text) for line in block.body):
            raise _unclear_rows(block)
    raise not_motifs(lines, _ACCEPTED)


def refuse_wrong_format(chosen: MotifFormat, lines: Sequence[Line]) -> None:
    """Refuse a file without a motif of the format that the caller named, if it is of another format.

    Parameters
    ----------
    chosen : the format
    lines : the lines of the file

    Raises
    ------
    InputError
        The file is of another format.
    """
    kinds = [kind.name for kind in FORMATS if kind.recognized(lines)]
    if kinds and chosen.name not in kinds:
        raise InputError(
            f"format={chosen.name!r}: the file {lines[0].file} holds no motifs of this format",
            "the format of the file is needed", f"The file looks like {kinds[0]}: leave `format` out",
        )  # fmt: skip


def _unclear_rows(block: Block) -> InputError:
    """The error for rows without labels that may be positions or letters, with both readings of a 4 x 4 table."""
    rows = [numbers(line.text) or [] for line in block.body]
    lengths = sorted({len(row) for row in rows})
    if (len(rows), lengths) != (4, [4]):
        sizes = " and ".join(str(length) for length in lengths)
        mixed = len(lengths) == 1 and 4 in (len(rows), lengths[0])
        return block.head.refuse(
            f"motif {block.name} has {len(rows)} rows of {sizes} numbers" + ", other motifs the reverse" * mixed,
            "four numbers for each position are needed, or four rows, one for each letter",
            "Write the motifs to two files, one for each kind" if mixed else "",
        )
    by_position, by_letter = (_reading(np.array(table)) for table in (rows, [*zip(*rows, strict=True)]))
    return block.head.refuse(
        f"motif {block.name} is a 4 x 4 table without letters, and reads {by_position} if each row is a position, "
        f"{by_letter} if each row is a letter",
        "labels, sums or a motif of another width must show what a row is",
        'Write format="clusterbuster" if each row is a position, format="jaspar" if each row is a letter',
    )


def _reading(table: NDArray[np.float64]) -> str:
    """A table (width, 4) of counts or log-odds as letters, and the numbers of its first position."""
    build = Motif.from_pwm if (table < 0).any() else Motif.from_counts
    first = ", ".join(f"{letter} {number:.4g}" for letter, number in zip("ACGT", table[0], strict=True))
    try:
        return f"{build('table', table, axis=1).text} (position 0: {first})"
    except InputError:
        return "no motif"
