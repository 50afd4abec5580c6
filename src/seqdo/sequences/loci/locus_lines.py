"""Lines of BED, narrowPeak, broadPeak, GTF and GFF files, read as loci."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from seqdo.sequences.files.content import CHROMOSOMES, Content, cells_of, is_comment, is_whole, plain_line, whole_number
from seqdo.sequences.loci.locus import Locus

STRANDS = {"+": "+", "-": "-", ".": ".", "?": ".", "": ".", "*": "."}
"""Strand as files write it to the strand of a locus."""


def lines_as_loci(lines: Iterable[bytes], content: Content) -> Iterator[Locus]:
    r"""The locus of each line; comments, ``track`` and ``browser`` lines and a header are left out.

    Parameters
    ----------
    lines : all lines of the file
    content : "BED", "narrowPeak" or "GTF"

    Examples
    --------
    >>> [locus.text for locus in lines_as_loci([b"chr1\t10\t20\tpeak\t0\t-\n"], "BED")]
    ['chr1:10-20(-)']
    >>> [locus.text for locus in lines_as_loci([b"chr1\tx\tgene\t11\t20\t.\t+\t.\tgene_id \"a\"\n"], "GTF")]
    ['chr1:10-20(+)']
    """
    first = True
    for number, line in enumerate(lines, start=1):
        if content == "GTF" and line.startswith(b"##FASTA"):
            return  # the letters of the genome may follow in a GFF
        text = plain_line(line)
        if not text or is_comment(text):
            continue
        # White space at the end of a line is an empty last cell only between tabs.
        cells = cells_of(line.decode("utf-8", "replace").strip("\ufeff\r\n") if "\t" in text else text)
        if first and cells[0].lower() in CHROMOSOMES and not any(map(is_whole, cells)):
            first = False
            continue
        first = False
        place = f"line {number}"
        yield _of_gtf(cells, place) if content == "GTF" else bed_locus(cells, place, peak=content == "narrowPeak")


def bed_locus(cells: list[str], place: str, peak: bool = False) -> Locus:
    """The locus of a row of a BED.

    Parameters
    ----------
    cells : chrom, start, end, and then name, score, strand, ... if there are any
    place : file and line, or the label of the row
    peak : the tenth column is the offset of the summit, -1 for none, as in a narrowPeak

    Examples
    --------
    >>> bed_locus(["chr1", "10", "20", "a", "0", "-"], "line 1").text
    'chr1:10-20(-)'
    """
    if len(cells) < 3:
        return _unread(place, cells, f"{len(cells)} columns; chrom, start and end are needed")
    start, stop = whole_number(cells[1]), whole_number(cells[2])
    if start is None or stop is None:
        return _unread(place, cells, f"start {cells[1]!r} and end {cells[2]!r} are not whole numbers")
    if not cells[0]:
        return _unread(place, cells, "there is no contig")
    name = cells[3] if len(cells) > 3 and cells[3] != "." else ""
    strand = cells[5] if len(cells) > 5 else "."
    locus = Locus(
        place, name, cells[0], start, stop, STRANDS.get(strand, "."), flaw=_flaw(start, stop, strand),
        written={} if strand in STRANDS else {"strand": strand},
    )  # fmt: skip
    if not peak or locus.flaw:
        return locus
    offset = whole_number(cells[9]) if len(cells) > 9 else None
    if offset is None:
        return replace(locus, flaw="column 10, the offset of the summit, is not a whole number")
    if offset >= stop - start or offset < -1:
        return replace(locus, flaw=f"the summit at offset {offset} is outside the peak of {stop - start} bp")
    return replace(locus, summit=start + offset if offset >= 0 else None)


def _unread(place: str, cells: Sequence[str], flaw: str, feature: str = "") -> Locus:
    """A row without a locus, with its cells as they are: chrom, start, end, name, score and strand, or fewer."""
    start, stop, name, _, strand = [*cells[1:6], "", "", "", "", ""][:5]
    written = {"start": start, "end": stop} | ({} if strand in STRANDS else {"strand": strand})
    name = "" if name == "." else name
    return Locus(place, name, cells[0], 0, 0, STRANDS.get(strand, "."), feature=feature, flaw=flaw, written=written)


def _of_gtf(cells: list[str], place: str) -> Locus:
    """The locus of a row of a GTF or GFF, whose positions count from 1 and include the end."""
    contig, feature = cells[0], cells[2] if len(cells) > 2 else ""
    if len(cells) not in (8, 9):
        return _unread(place, [contig, *cells[3:5]], f"{len(cells)} columns; a GTF has 9", feature)
    first, stop = whole_number(cells[3]), whole_number(cells[4])
    if first is None or stop is None:
        flaw = f"start {cells[3]!r} and end {cells[4]!r} are not whole numbers"
        return _unread(place, [contig, *cells[3:5], "", "", cells[6]], flaw, feature)
    start, strand = first - 1, cells[6]
    name = _gtf_name(cells[8] if len(cells) == 9 else "", feature)
    flaw = "the start is 0, and positions of a GTF count from 1" if start == -1 else _flaw(start, stop, strand)
    written = {} if strand in STRANDS else {"strand": strand}
    return Locus(place, name, contig, start, stop, STRANDS.get(strand, "."), None, feature, flaw, written)


def _gtf_name(attributes: str, feature: str) -> str:
    """The name that the attributes give to a feature: its ID (GFF3), or its own identifier (GTF); "" if none."""
    pairs = dict(re.findall(r'(\w+)(?: "|=)([^";]*)"?', attributes))
    own = pairs.get("ID") or pairs.get(f"{feature.lower()}_id")
    return str(own or (pairs.get("transcript_id") if feature == "mRNA" else "") or "")


def _flaw(start: int, stop: int, strand: str) -> str:
    if strand not in STRANDS:
        return f"strand {strand!r} is none of + - ."
    if start < 0:
        return f"the start {start} is below 0"
    return "" if start < stop else f"the end {stop} is not above the start {start}"
