"""What a file holds, recognized by its content and not by its name: letters, places on a genome, arrays, variants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from os import PathLike
from typing import Literal

from seqdo.errors import InputError
from seqdo.sequences.files.input_file import Lines

Content = Literal[
    "FASTA", "text", "BED", "narrowPeak", "GTF", "table", "HDF5", "npy", "npz", "Parquet", "2bit", "VCF", "FASTQ",
    "SAM", "BAM", "BCF", "bigBed", "bigWig", "CRAM", "bzip2", "xz",
    "regions",
]  # fmt: skip
"""FASTA and text hold letters; BED, narrowPeak, GTF (GFF too) and table hold loci."""

LOCI: frozenset[Content] = frozenset({"BED", "narrowPeak", "GTF", "table"})
ARRAYS: frozenset[Content] = frozenset({"HDF5", "npy", "npz", "Parquet"})

MAGIC: dict[bytes, Content] = {
    b"\x89HDF\r\n\x1a\n": "HDF5", b"\x93NUMPY": "npy", b"PK\x03\x04": "npz", b"PAR1": "Parquet",
    b"\x43\x27\x41\x1a": "2bit", b"\x1a\x41\x27\x43": "2bit", b"BAM\x01": "BAM", b"BCF\x02": "BCF", b"CRAM": "CRAM",
    b"\xeb\xf2\x89\x87": "bigBed", b"\x87\x89\xf2\xeb": "bigBed", b"\x26\xfc\x8f\x88": "bigWig",
    b"\x88\x8f\xfc\x26": "bigWig", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz",
}  # fmt: skip
"""First bytes of a file that is not text."""

CHROMOSOMES = ("chrom", "chromosome", "chr", "seqnames", "seqname", "contig")
STARTS = ("start", "chromstart", "chrom_start")
STOPS = ("end", "stop", "chromend", "chrom_end")
"""Columns that name a locus, in lower case."""

_ADVICE: dict[Content, tuple[str, str]] = {
    "2bit": ("a genome", 'Write sd.read_loci("peaks.bed", genome={path!r})'),
    "VCF": ("variants", "Write sd.read_variants({path!r})"),
    "FASTQ": ("reads with qualities", "Write it as FASTA first: seqtk seq -A {path}"),
    "SAM": ("alignments", "Write it as FASTA first: samtools fasta {path}"),
    "BAM": ("alignments", "Write it as FASTA first: samtools fasta {path}"),
    "CRAM": ("alignments", "Write it as FASTA first: samtools fasta {path}"),
    "BCF": ("variants", "Write it as VCF first: bcftools view -Ov {path}"),
    "regions": (
        "places on a genome, which may count from 0 or from 1",
        "Write them to a BED file: chrom, start (from 0) and end, with tabs between them",
    ),
    "bigBed": ("places on a genome", "Write it as BED first: bigBedToBed {path} peaks.bed"),
    "bigWig": ("a signal along a genome", "Pass the peaks of the signal as a BED file"),
    "bzip2": ("compressed data", "Unpack it first: bunzip2 {path}"),
    "xz": ("compressed data", "Unpack it first: unxz {path}"),
}
"""What a file holds that cannot be read as sequences or loci, and what to do."""


def content_of(lines: Lines) -> tuple[Content, Iterator[bytes]]:
    """What an open file holds, and all of its lines.

    Parameters
    ----------
    lines : the file, from its beginning
    """
    start = lines.peek(8)[:8]
    for magic, content in MAGIC.items():
        if start.startswith(magic):
            return content, iter(lines)
    return text_content(iter(lines))


def text_content(lines: Iterator[bytes]) -> tuple[Content, Iterator[bytes]]:
    r"""What text holds, by its first line that is no comment, and all of its lines.

    Parameters
    ----------
    lines : the text

    Examples
    --------
    >>> text_content(iter([b"track name=peaks\n", b"chr1\t10\t20\n"]))[0], text_content(iter([b"ACGT\n"]))[0]
    ('BED', 'text')
    """
    read: list[bytes] = []
    for line in lines:
        read.append(line)
        text = plain_line(line)
        if text.startswith(("##fileformat=VCF", "#CHROM\tPOS")):
            return "VCF", chain(read, lines)
        if text and not is_comment(text):
            return _content_of_line(text), chain(read, lines)
    return "text", chain(read, lines)


def plain_line(line: bytes) -> str:
    """A line without white space at its ends, and without the byte order mark that some editors write first.

    Parameters
    ----------
    line : as in the file
    """
    return line.decode("utf-8", "replace").strip("\ufeff \t\r\n")


def is_comment(text: str) -> bool:
    """Whether a line of a file of loci describes the file, or how a browser shows it.

    Parameters
    ----------
    text : the line
    """
    return text.startswith("#") or re.split(r"[\s=]", text, maxsplit=1)[0] in ("track", "browser")


def cells_of(text: str) -> list[str]:
    """Cells of a line, between tabs, or between any white space if there is no tab.

    Parameters
    ----------
    text : the line
    """
    return [cell.strip() for cell in text.split("\t")] if "\t" in text else text.split()


def whole_number(cell: str) -> int | None:
    """A cell as a whole number; None if it is none. 3.0 and 1e+06 count, because pandas and R write such cells.

    Parameters
    ----------
    cell : its text

    Examples
    --------
    >>> whole_number("30"), whole_number("1e+06"), whole_number("-1"), whole_number("2.5")
    (30, 1000000, -1, None)
    """
    if re.fullmatch(r"[+-]?\d+", cell):
        return int(cell)
    number = float(cell) if re.fullmatch(r"\d+(\.\d+)?([eE]\+?\d{1,2})?", cell) else 0.5
    return int(number) if number.is_integer() else None


def is_whole(cell: str) -> bool:
    """Whether a cell is a whole number.

    Parameters
    ----------
    cell : its text
    """
    return whole_number(cell) is not None


def refusal(content: Content, path: str | PathLike[str], needed: str = "letters are needed") -> InputError:
    """The error for a file that holds something else than what is needed, with what to write; a caller names the file.

    Parameters
    ----------
    content : what the file holds
    path : the file
    needed : the second part of the error
    """
    if content in LOCI:
        holds, fix = (
            "places on a genome",
            'Write sd.read_loci({path!r}, genome="hg38.fa"), or in a study genome: hg38.fa',
        )
    elif content in ARRAYS:
        holds, fix = "an array or a table", "Write sd.read_one_hot({path!r})"
    else:
        holds, fix = _ADVICE.get(content, ("letters", "Write sd.read_sequences({path!r})"))
    return InputError(f"`path` holds {holds} ({content})", needed, fix.format(path=str(path)))


def _content_of_line(text: str) -> Content:
    """What a text holds whose first line without a comment is this."""
    if text.startswith(">"):
        return "FASTA"
    if text.startswith("@"):
        return "SAM" if re.match(r"@(HD|SQ|RG|PG|CO)\t", text) else "FASTQ"
    if re.fullmatch(r"\S+:\d[\d,]*-\d[\d,]*(\([+-]\))?", text):
        return "regions"
    cells = cells_of(text)
    if len(cells) >= 3 and is_whole(cells[1]) and is_whole(cells[2]):
        return "narrowPeak" if _is_narrow_peak(cells) else "BED"
    if len(cells) in (8, 9) and is_whole(cells[3]) and is_whole(cells[4]) and cells[6] in ("+", "-", ".", "?"):
        return "GTF"
    if len(cells) >= 5 and is_whole(cells[1]) and re.fullmatch("[ACGTUNacgtun]+", cells[3]):
        return "VCF"
    if names_loci(re.split(r"[\t,;]", text)):
        return "table"
    if names_loci(cells[:3]):
        return "BED"  # a header between spaces, and rows in its order
    places = [cell for cell in cells[1:3] if is_whole(cell)]
    return (
        "BED" if "\t" in text and len(cells) >= 2 and places and not set(cells[0].upper()) <= set("ACGTUN") else "text"
    )


def names_loci(cells: Iterable[str]) -> bool:
    """Whether a header has columns for the contig, the start and the end of a locus.

    Parameters
    ----------
    cells : the header
    """
    names = {cell.strip().strip('"').lstrip("#").strip().lower() for cell in cells}
    return all(names & set(kind) for kind in (CHROMOSOMES, STARTS, STOPS))


def _is_narrow_peak(cells: list[str]) -> bool:
    """Whether a row has ten columns, numbers where a narrowPeak has them and the offset of a summit at the end."""
    numbers = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
    return len(cells) == 10 and is_whole(cells[9]) and all(re.fullmatch(numbers, cell) for cell in cells[6:9])
